//! A training that is killed or interrupted, and resumed: the same bytes, or one line that says why not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use voidgrad::train::TrainerState;

use super::files::{count, end, endless, start};
use super::{command, names, printed, refusal, workplace, xtask};

/// Two controls' worth of state and a moving average; 201 records each, so that a checkpoint after every piece is hundreds of writes.
const TRAINING: [&str; 13] = [
    "train",
    "--quiet",
    "--estimator",
    "reinforce",
    "--estimator",
    "reinforce-ema",
    "--estimator",
    "rebar",
    "--iterations",
    "2000",
    "--repeats",
    "3",
    "--seed=11",
];

/// What is the same every time.
const REPRODUCIBLE: [&str; 4] = ["config.toml", "metrics.csv", "report.html", "summary.json"];

fn bytes(directory: &Path) -> Vec<Vec<u8>> {
    REPRODUCIBLE.iter().map(|file| fs::read(directory.join(file)).unwrap()).collect()
}

#[track_caller]
pub(super) fn assert_same(found: &Path, expected: &Path) {
    for file in REPRODUCIBLE {
        let [found, expected] = [found, expected].map(|directory| fs::read(directory.join(file)).unwrap());
        assert!(found == expected, "{file} is not the same");
    }
}

/// The files of a training's checkpoints, none if there is no directory.
pub(super) fn checkpoints(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.join(".results.voidgrad/checkpoints")).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

pub(super) fn has(paths: &[PathBuf], extension: &str) -> bool {
    paths.iter().any(|path| path.extension().is_some_and(|other| other == extension))
}

fn is_resumable(place: &Path) -> bool {
    has(&checkpoints(place), "toml")
}

/// Waits until the checkpoints are as they should be, or the process has ended.
fn until(child: &mut Child, place: &Path, is_reached: impl Fn(&[PathBuf]) -> bool) {
    while !is_reached(&checkpoints(place)) && child.try_wait().unwrap().is_none() {}
}

/// A training whose checkpoints are left behind by a kill, at a time when at least one run has written one.
fn killed(place: &Path, more: &[&str]) {
    let arguments = [&TRAINING[..], &["--checkpoint", "0", "--out", "results"], more].concat();
    let mut child = start(&arguments, place);
    until(&mut child, place, |paths| has(paths, "safetensors"));
    end(child);
    assert!(is_resumable(place));
}

/// The trainings that are killed: with two parameters of a control, with networks, whose records take so long that their runs are short, without a control, and with a control that
/// is learned by recursive least squares.
const KILLED: [&[&str]; 5] = [
    &["--estimator=rebar", "--iterations=100", "--repeats=3"],
    &["--estimator=relax", "--iterations=40", "--repeats=1"],
    &["--estimator=relax-linear", "--iterations=60", "--repeats=1", "--dim=2"],
    &["--estimator=reinforce-ema", "--iterations=1000", "--repeats=3"],
    &["--control-optimiser=least-squares", "--estimator=relax-linear", "--iterations=60", "--repeats=1"],
];

/// The moments at which a process is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// As soon as there is something to resume.
    Begun,
    /// When a run has a checkpoint and a file is seen that is being written.
    Writing,
    /// When a run has ended.
    Ended,
    /// At any time.
    Random,
}

/// What the kills came upon.
#[derive(Debug, Default)]
struct Tally {
    before_a_checkpoint: u32,
    in_a_write: u32,
    in_a_run: u32,
    after_a_run: u32,
    before_the_beginning: u32,
    after_the_end: u32,
    kills: u32,
}

impl Tally {
    fn count(&mut self, place: &Path) {
        let paths = checkpoints(place);
        self.kills += 1;
        self.in_a_write += u32::from(has(&paths, "half"));
        let place = match () {
            () if place.join("results").exists() => &mut self.after_the_end,
            () if !has(&paths, "toml") => &mut self.before_the_beginning,
            () if !has(&paths, "safetensors") => &mut self.before_a_checkpoint,
            () if paths.iter().any(|path| has_ended(path)) => &mut self.after_a_run,
            () => &mut self.in_a_run,
        };
        *place += 1;
    }

    /// Whether every moment that matters was come upon.
    fn has_all(&self) -> bool {
        [self.before_a_checkpoint, self.in_a_write, self.in_a_run, self.after_a_run].iter().all(|&n| n > 0)
    }
}

/// The arguments of a training.
fn trained<'a>(training: &[&'a str], out: &'a str) -> Vec<&'a str> {
    [&["train", "--quiet", "--seed=11", "--out", out], training].concat()
}

/// Begins a training in `place`, or goes on with it, and kills it.
fn kill(training: &[&str], place: &Path, moment: Moment, delay: Duration) {
    let again = vec!["train", "--quiet", "--resume", "results"];
    let mut arguments = if is_resumable(place) { again } else { trained(training, "results") };
    arguments.push("--checkpoint=0");
    let mut child = start(&arguments, place);
    match moment {
        Moment::Begun => until(&mut child, place, |paths| has(paths, "toml")),
        Moment::Writing => {
            until(&mut child, place, |paths| has(paths, "half") && has(paths, "safetensors"));
        }
        Moment::Ended => until(&mut child, place, |paths| paths.iter().any(|path| has_ended(path))),
        Moment::Random => std::thread::sleep(delay),
    }
    end(child);
}

#[test]
fn a_training_that_is_killed_at_any_moment_is_resumed_to_the_byte() {
    let whole = workplace("resumed");
    let lengths = KILLED.map(|training| {
        let started = Instant::now();
        printed(&trained(training, whole.join(training[0]).to_str().unwrap()));
        started.elapsed()
    });
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let mut tally = Tally::default();
    // `VOIDGRAD_RESUMES=50` for a long test.
    let wanted = count("VOIDGRAD_RESUMES", 12);
    let mut round = 0;
    // Where the disk is quick a file is in work for some ten microseconds, so not every kill on sight finds one.
    while tally.kills < wanted || !tally.has_all() {
        assert!(tally.kills < wanted + 300, "no kill came in a write: {tally:?}");
        for (number, training) in KILLED.iter().enumerate() {
            let place = workplace("resumed-trial");
            let [first, last] = match (round + number) % 2 {
                0 => [Moment::Begun, Moment::Random],
                _ => [Moment::Random, Moment::Ended],
            };
            for moment in [first, Moment::Writing, last] {
                kill(training, &place, moment, lengths[number].mul_f64(random.random_range(0.0..0.8)));
                tally.count(&place);
            }
            finish(training, &place);
            assert_same(&place.join("results"), &whole.join(training[0]));
            assert_eq!(names(&place), ["results"]);
        }
        round += 1;
    }
    println!("{tally:?}");
}

/// Whether a checkpoint is that of a run that has ended.
fn has_ended(path: &Path) -> bool {
    let state = fs::read(path).ok().and_then(|bytes| TrainerState::from_safetensors(&bytes).ok());
    state.is_some_and(|state| state.extra("train/reinforce").is_ok())
}

/// Lets a training come to its end, which may not have begun when it was killed.
fn finish(training: &[&str], place: &Path) {
    if !is_resumable(place) && !place.join("results").exists() {
        printed(&trained(training, place.join("results").to_str().unwrap()));
        return;
    }
    let output = command(&["train", "--quiet", "--resume", "results"]).current_dir(place).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    // It may have been killed when its results were in place already.
    let is_complete = output.status.code() == Some(2) && complaint.contains("its training is complete");
    assert!(output.status.success() || is_complete && place.join("results").exists(), "{complaint}");
}

#[test]
fn a_divergence_after_a_resumption_is_the_same() {
    let place = workplace("resumed-divergence");
    // The gradient of rebar's variance overflows, the others go on.
    let more = ["--target", "1e130"];
    let whole = xtask(&[&TRAINING[..], &more, &["--out", place.join("whole").to_str().unwrap()]].concat());
    killed(&place, &more);
    let resumed = command(&["train", "-q", "--resume", "results"]).current_dir(&place).output().unwrap();
    assert_eq!((whole.status.code(), resumed.status.code()), (Some(1), Some(1)));
    assert_same(&place.join("results"), &place.join("whole"));
}

#[test]
fn threads_change_no_byte() {
    let place = workplace("resumed-threads");
    for threads in ["1", "4"] {
        let out = place.join(threads);
        printed(&[&TRAINING[..], &["--threads", threads, "--out", out.to_str().unwrap()]].concat());
        let timing = fs::read_to_string(out.join("timing.json")).unwrap();
        assert!(timing.contains(&format!("\"threads\": {threads}")), "{timing}");
    }
    assert!(bytes(&place.join("1")) == bytes(&place.join("4")));
    for file in REPRODUCIBLE {
        let text = fs::read_to_string(place.join("1").join(file)).unwrap();
        assert!(!text.contains("seconds") && !text.contains("time per step"), "{file} has times");
    }
}

/// The refusal of `--resume results` in `place`.
#[track_caller]
fn refused(place: &Path, more: &[&str]) -> String {
    let out = place.join("results");
    refusal(&[&["train", "--resume", out.to_str().unwrap()], more].concat())
}

#[test]
fn a_checkpoint_that_is_not_whole_is_refused() {
    let place = workplace("resumed-damaged");
    killed(&place, &[]);
    let paths = checkpoints(&place);
    let path =
        paths.iter().find(|path| path.extension().is_some_and(|other| other == "safetensors")).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let whole = fs::read(path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    // The length of the header, the header, the numbers, the last byte.
    for at in [0, 9, 200, whole.len() / 2, whole.len() - 100, whole.len() - 1] {
        fs::write(path, flipped(at)).unwrap();
        let line = refused(&place, &[]);
        assert!(line.starts_with("error: cannot resume from ") && line.contains(name), "{at}: {line}");
    }
    for bytes in [&whole[..whole.len() - 1], &whole[..100], &[], b"something else"] {
        fs::write(path, bytes).unwrap();
        assert!(refused(&place, &[]).contains(name));
    }
    let altered = |name: &str, value: f64| {
        let mut state = TrainerState::from_safetensors(&whole).unwrap();
        state.extras.insert(name.to_owned(), vec![value]).unwrap();
        state.to_safetensors().unwrap()
    };
    fs::write(path, altered("train/version", 9.0)).unwrap();
    assert!(refused(&place, &[]).contains("it is of version 9, and this command reads version 1"));
    fs::write(path, altered("train/seconds", 9.0)).unwrap();
    assert!(refused(&place, &[]).contains("damaged"));
    let mut state = TrainerState::from_safetensors(&whole).unwrap();
    state.version = 7;
    fs::write(path, state.to_safetensors().unwrap()).unwrap();
    assert!(refused(&place, &[]).contains("version 7"));
    // The checkpoint of one run under the name of another.
    let other = path.with_file_name("reinforce-2.safetensors");
    assert_ne!(&other, path);
    let before = fs::read(&other).ok();
    fs::write(path, &whole).unwrap();
    fs::copy(path, &other).unwrap();
    assert!(refused(&place, &[]).contains("reinforce-2.safetensors: it belongs to another run"));
    match before {
        Some(before) => fs::write(&other, before).unwrap(),
        None => fs::remove_file(&other).unwrap(),
    }
    finish(&TRAINING[1..], &place);
}

#[test]
fn a_configuration_that_has_changed_is_refused() {
    let place = workplace("resumed-changed");
    killed(&place, &[]);
    let file = place.join(".results.voidgrad/checkpoints/config.toml");
    let whole = fs::read_to_string(&file).unwrap();
    for (from, to, words) in [
        ("iterations = 2000", "iterations = 2001", "the configuration beside it has changed"),
        ("seed = 11", "seed = 12", "the configuration beside it has changed"),
        ("seed = 11", "seed = ", "config.toml: line "),
        ("seed = 11", "sed = 11", "config.toml: unknown option sed = 11"),
    ] {
        assert!(whole.contains(from), "{whole}");
        fs::write(&file, whole.replace(from, to)).unwrap();
        let line = refused(&place, &[]);
        assert!(line.contains(words), "{line}");
    }
    // What a kill leaves is for nobody but --resume and --force.
    fs::write(&file, &whole).unwrap();
    let out = place.join("results");
    let line = refusal(&[&TRAINING[..], &["--out", out.to_str().unwrap()]].concat());
    assert!(line.contains("--resume") && line.contains("--force"), "{line}");
    printed(&[&TRAINING[..], &["--force", "--out", out.to_str().unwrap()]].concat());
    assert_eq!(names(&place), ["results"]);
}

#[test]
fn what_cannot_be_resumed_is_refused() {
    let place = workplace("resumed-not");
    let line = refused(&place, &[]);
    assert!(line.contains("no training to resume: there is none"), "{line}");
    assert!(names(&place).is_empty());
    let out = place.join("results");
    printed(&[&super::TINY[..], &["--estimator", "reinforce", "--out", out.to_str().unwrap()]].concat());
    let line = refused(&place, &[]);
    assert!(line.contains("no training to resume: its training is complete"), "{line}");
    for (option, value) in [
        ("--estimator", "rebar"),
        ("--evaluations", "2"),
        ("--target", "0.4"),
        ("--dim", "2"),
        ("--theta0", "0.4"),
        ("--iterations", "7"),
        ("--batch", "2"),
        ("--learning-rate", "0.1"),
        ("--control-optimiser", "adam"),
        ("--control-learning-rate", "0.1"),
        ("--seed", "7"),
        ("--repeats", "7"),
        ("--out", "elsewhere"),
        ("--config", "no-such-file.toml"),
    ] {
        let line = refused(&place, &[option, value]);
        assert!(
            line.contains(option) && line.contains("--resume") && line.contains("cannot be used"),
            "{line}"
        );
    }
}

#[test]
fn a_directory_is_resumed_by_one_process_alone() {
    let place = workplace("resumed-twice");
    let first = endless(&place, "results");
    let line = refused(&place, &["--force"]);
    assert!(line.contains(&format!("is being written by process {}", first.id())), "{line}");
    end(first);
}

#[test]
fn results_that_stand_in_the_way_are_kept() {
    let place = workplace("resumed-foreign");
    killed(&place, &[]);
    let out = place.join("results");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("summary.json"), "mine").unwrap();
    assert!(refused(&place, &[]).contains("--force"));
    fs::write(out.join("notes.txt"), "mine").unwrap();
    assert!(refused(&place, &["--force"]).contains("notes.txt"));
    fs::remove_file(out.join("notes.txt")).unwrap();
    printed(&["train", "-q", "--force", "--resume", out.to_str().unwrap()]);
    assert_eq!(names(&place), ["results"]);
}

#[test]
fn without_a_name_a_directory_with_checkpoints_is_passed_over() {
    let place = workplace("resumed-default");
    let arguments = [&TRAINING[1..], &["--checkpoint=0"]].concat();
    let mut child = start(&[&["train"], &arguments[..]].concat(), &place);
    let config = place.join("out/.train.voidgrad/checkpoints/config.toml");
    while !config.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let tiny = ["train", "--iterations", "5", "--repeats", "1", "--estimator", "reinforce"];
    let output = command(&tiny).current_dir(&place).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{complaint}");
    assert!(
        complaint.contains("out/train has checkpoints") && complaint.contains("--resume out/train"),
        "{complaint}"
    );
    assert_eq!(names(&place.join("out")), [".train.voidgrad", "train-2"]);
}

#[test]
fn checkpoints_are_kept_for_other_tools_where_that_is_asked_for() {
    let place = workplace("resumed-kept");
    let out = place.join("results");
    let arguments = [&TRAINING[..], &["--keep-checkpoints", "--out", out.to_str().unwrap()]].concat();
    printed(&arguments);
    assert_eq!(names(&place), ["results"]);
    let kept = out.join("checkpoints");
    assert_eq!(names(&kept).len(), 9);
    let state = TrainerState::from_safetensors(&fs::read(kept.join("rebar-1.safetensors")).unwrap()).unwrap();
    assert_eq!((state.iteration, state.run, state.seed), (2000, 1, 11));
    let phi = state.blocks.iter().find(|block| block.name == "phi").unwrap();
    assert_eq!(phi.parameters.len(), 2);
    // They are results, which --force replaces; anything else among them is not.
    printed(&[&arguments[..], &["--force"]].concat());
    fs::write(kept.join("notes.txt"), "mine").unwrap();
    let line = refusal(&[&arguments[..], &["--force"]].concat());
    assert!(line.contains("checkpoints/notes.txt"), "{line}");
}

#[cfg(unix)]
#[test]
fn what_ctrl_c_has_left_is_resumed_and_replaced() {
    let place = workplace("resumed-interrupted");
    let whole = place.join("whole");
    let long = ["--iterations=200000", "--repeats=4", "--estimator=reinforce", "--seed=11", "--threads=2"];
    let arguments = [&["train"], &long[..], &["--checkpoint=0.05"]].concat();
    printed(&[&arguments[..], &["-q", "--out", whole.to_str().unwrap()]].concat());
    let mut child = start(&[&arguments[..], &["--out", "results"]].concat(), &place);
    // Two threads begin a third run once one of the first two is complete; its last checkpoint is there a moment before that.
    let runs = |paths: &[PathBuf]| {
        paths
            .iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
            .count()
    };
    until(&mut child, &place, |paths| runs(paths) > 2);
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{complaint}");
    let line = complaint.lines().last().unwrap();
    assert!(line.ends_with("are kept in results; cargo xtask train --resume results goes on"), "{line}");
    assert_eq!(names(&place), [".results.voidgrad", "results", "whole"]);
    let resumed = command(&["train", "--resume", "results"]).current_dir(&place).output().unwrap();
    let complaint = String::from_utf8(resumed.stderr).unwrap();
    assert!(resumed.status.success(), "{complaint}");
    let line = complaint.lines().next().unwrap();
    assert!(
        line.contains("4 × 200,000 steps each, going on at ") && !line.contains(" 0 of 4 runs"),
        "{line}"
    );
    assert_eq!(names(&place), ["results", "whole"]);
    assert_same(&place.join("results"), &whole);
}

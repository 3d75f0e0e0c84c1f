//! What stands where results go: nothing is lost, nothing is overwritten unasked.

use std::fs;
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::{TINY, command, names, printed, refusal, workplace, xtask};

const FILES: [&str; 5] = ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"];

/// How often something is tried that needs luck to fail: `VOIDGRAD_KILLS=200 VOIDGRAD_PAIRS=20` for a long test.
pub(super) fn count(variable: &str, default: u32) -> u32 {
    std::env::var(variable).map_or(default, |count| count.parse().unwrap())
}

pub(super) fn start(arguments: &[&str], directory: &Path) -> Child {
    command(arguments).current_dir(directory).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The seed of the results in a directory, all files of which are whole.
#[track_caller]
fn seed_of_whole_results(directory: &Path) -> u64 {
    assert_eq!(names(directory), FILES);
    let summary: Value = serde_json::from_slice(&fs::read(directory.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["runs"].as_array().unwrap().len(), 2);
    let metrics = fs::read_to_string(directory.join("metrics.csv")).unwrap();
    // A header, and 21 states of two runs.
    assert!(metrics.lines().count() == 43 && metrics.ends_with('\n'), "{metrics}");
    assert!(fs::read_to_string(directory.join("report.html")).unwrap().ends_with("</html>\n"));
    summary["seed"].as_u64().unwrap()
}

fn train<'a>(seed: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&TINY[..], &["--estimator", "reinforce", "--seed", seed], more].concat()
}

/// A training that goes on until it is ended; its destination is reserved.
pub(super) fn endless(directory: &Path, out: &str) -> Child {
    let child =
        start(&["train", "--estimator", "reinforce", "--iterations", "4294967295", "--out", out], directory);
    let owner = directory.join(format!(".{out}.voidgrad")).join("owner");
    while !owner.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

pub(super) fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn message(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn of_two_runs_into_one_directory_the_second_is_refused_at_once() {
    let place = workplace("second");
    let first = endless(&place, "results");
    // The first goes on for hours, so an answer is one before its end.
    for more in [&[][..], &["--force"]] {
        let line =
            refusal(&train("1", &[&["--out", place.join("results").to_str().unwrap()], more].concat()));
        let owner = format!("is being written by process {}", first.id());
        assert!(line.contains(&owner) && line.contains("--out"), "{line}");
    }
    end(first);
    // A killed run reserves nothing; its checkpoints are not discarded unasked.
    let out = place.join("results");
    let line = refusal(&train("5", &["--out", out.to_str().unwrap()]));
    assert!(line.contains("checkpoints") && line.contains("--resume"), "{line}");
    printed(&train("5", &["--out", out.to_str().unwrap(), "--force"]));
    assert_eq!(seed_of_whole_results(&place.join("results")), 5);
    assert_eq!(names(&place), ["results"]);
}

#[test]
fn of_two_runs_at_once_no_result_is_lost() {
    for pair in 0..count("VOIDGRAD_PAIRS", 3) {
        let place = workplace("pair");
        let named = pair % 2 == 0;
        let out: &[&str] = if named { &["--out", "out/train"] } else { &[] };
        let children = ["1", "2"].map(|seed| start(&train(seed, out), &place));
        let outputs = children.map(|child| child.wait_with_output().unwrap());
        let mut expected: Vec<u64> =
            (1..).zip(&outputs).filter(|(_, output)| output.status.success()).map(|(seed, _)| seed).collect();
        for output in &outputs {
            let (code, line) = (output.status.code().unwrap(), message(output));
            assert!(code == 0 || code == 2 && line.contains("out/train"), "{line}");
        }
        // Without a name there is room for both.
        assert_eq!(expected.len(), if named { 1 } else { 2 }, "{outputs:?}");
        let mut found: Vec<u64> = names(&place.join("out"))
            .iter()
            .map(|name| seed_of_whole_results(&place.join("out").join(name)))
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_run_that_is_killed_leaves_whole_results_or_none_and_stops_nobody() {
    let mut random = ChaCha8Rng::seed_from_u64(15);
    let place = workplace("kills");
    // The first call may build the program; the shortest tells how long a run lives.
    let lengths = ["one", "two", "three", "four"].map(|name| {
        let started = Instant::now();
        printed(&train("1", &["--out", place.join(name).to_str().unwrap()]));
        fs::remove_dir_all(place.join(name)).unwrap();
        started.elapsed()
    });
    let length = lengths.into_iter().min().unwrap();
    let (mut finished, mut killed) = (0, 0);
    for kill in 0..count("VOIDGRAD_KILLS", 10) {
        let name = format!("results-{kill}");
        let path = place.join(&name);
        let forced = kill % 2 == 1;
        if forced {
            printed(&train("7", &["--out", path.to_str().unwrap()]));
        }
        let more: &[&str] = if forced { &["--out", &name, "--force"] } else { &["--out", &name] };
        let mut child = start(&train("8", more), &place);
        // The first one at once, so that one comes before the end however fast the machine is.
        std::thread::sleep(length.mul_f64(if kill == 0 { 0.0 } else { random.random_range(0.0..1.2) }));
        child.kill().unwrap();
        let succeeded = child.wait().unwrap().success();
        if succeeded {
            finished += 1;
        } else {
            killed += 1;
        }

        if !path.exists() {
            assert!(!succeeded, "{name} is lost");
            if !forced {
                printed(&train("9", &["--out", path.to_str().unwrap(), "--force"]));
                assert_eq!(seed_of_whole_results(&path), 9);
                continue;
            }
        }
        // It may have been killed between the two steps of a replacement: the next run puts the old results back.
        let output = xtask(&train("9", &["--out", path.to_str().unwrap()]));
        if output.status.success() {
            assert!(!succeeded && !forced, "{name} was overwritten");
            assert_eq!(seed_of_whole_results(&path), 9);
            continue;
        }
        let line = message(&output);
        assert!(line.contains("exists") || line.contains("checkpoints") && !succeeded, "{line}");
        let found = seed_of_whole_results(&path);
        assert!(found == 8 || forced && !succeeded && found == 7, "{name} has the results of seed {found}");
    }
    println!("{killed} runs were killed, {finished} had finished");
    assert!(killed > 0, "the kills come too late");
    // Everything else is cleared away, but for checkpoints.
    for name in names(&place).iter().filter(|name| name.starts_with('.')) {
        assert_eq!(names(&place.join(name)), ["checkpoints"]);
    }
}

#[test]
fn what_is_in_the_way_is_known_before_the_run() {
    let place = workplace("in-the-way");
    fs::write(place.join("file"), "mine").unwrap();
    fs::create_dir(place.join("there")).unwrap();
    fs::create_dir_all(place.join("forced/summary.json")).unwrap();
    fs::create_dir(place.join("foreign")).unwrap();
    fs::write(place.join("foreign/notes.txt"), "mine").unwrap();
    let before = names(&place);
    // A run to its end would take hours.
    let long = ["train", "--iterations", "4294967295", "--quiet"];
    for (out, more, words) in [
        ("file", &[][..], &["not a directory"][..]),
        ("file", &["--force"], &["not a directory"]),
        ("file/results", &[], &["file"]),
        ("file/deep/results", &[], &["file"]),
        ("there", &[], &["exists", "--force"]),
        ("forced", &["--force"], &["summary.json", "not a file"]),
        ("foreign", &["--force"], &["notes.txt"]),
    ] {
        let out = place.join(out);
        let line = refusal(&[&long[..], &["--out", out.to_str().unwrap()], more].concat());
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
    assert_eq!(names(&place), before);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_are_refused_and_others_are_followed() {
    use std::os::unix::fs::symlink;
    let place = workplace("links");
    symlink("nowhere", place.join("dangling")).unwrap();
    symlink("loop", place.join("loop")).unwrap();
    for link in ["dangling", "loop", "dangling/results", "loop/results"] {
        let out = place.join(link);
        for more in [&[][..], &["--force"]] {
            let line = refusal(
                &[&["train", "--iterations", "4294967295", "--out", out.to_str().unwrap()], more].concat(),
            );
            assert!(line.contains(link.split('/').next().unwrap()), "{line}");
        }
    }
    assert_eq!(names(&place), ["dangling", "loop"]);

    symlink("real", place.join("link")).unwrap();
    printed(&train("1", &["--out", place.join("real").to_str().unwrap()]));
    printed(&train("2", &["--force", "--out", place.join("link").to_str().unwrap()]));
    assert!(place.join("link").is_symlink());
    assert_eq!(seed_of_whole_results(&place.join("real")), 2);
    assert_eq!(names(&place), ["dangling", "link", "loop", "real"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written_is_known_before_the_run() {
    // Nobody can make a directory there, not even root.
    for out in ["/proc/results", "/sys/results", "/sys/deep/results"] {
        let line = refusal(&["train", "--iterations", "4294967295", "--out", out]);
        assert!(line.contains(&out[..4]), "{line}");
    }
}

#[test]
fn a_directory_that_somebody_makes_during_the_run_stays_and_so_do_the_results() {
    let place = workplace("meanwhile");
    let arguments =
        ["train", "--iterations", "300000", "--repeats", "1", "--estimator", "reinforce", "--out", "results"];
    let child = start(&arguments, &place);
    while !place.join(".results.voidgrad/owner").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    fs::create_dir(place.join("results")).unwrap();
    let output = child.wait_with_output().unwrap();
    let complaint = message(&output);
    let line = complaint.lines().last().unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}");
    assert!(line.contains("results-kept"), "{line}");
    assert_eq!(
        (names(&place.join("results")).len(), names(&place)),
        (0, vec!["results".to_owned(), "results-kept".to_owned()])
    );
    assert_eq!(names(&place.join("results-kept")), FILES);
    // What was measured is printed, too.
    assert!(String::from_utf8(output.stdout).unwrap().contains("reinforce"));
}

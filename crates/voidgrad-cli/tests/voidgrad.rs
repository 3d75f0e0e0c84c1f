//! `voidgrad` as a program: a project of one's own, the shell's scripts, pages for man, and a short training.

mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use program::{call, command, names, printed, refusal, workplace};

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_voidgrad");
const NAME: &str = "voidgrad";

/// A call in a folder of its own.
fn call_in(folder: &Path, arguments: &[&str]) -> Output {
    command(arguments).current_dir(folder).output().unwrap()
}

/// The one line that bad arguments are refused with.
#[track_caller]
fn refused_in(folder: &Path, arguments: &[&str]) -> String {
    let output = call_in(folder, arguments);
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{arguments:?}: {line}");
    assert!(output.stdout.is_empty());
    line
}

#[test]
fn help_fits_a_hundred_columns() {
    for arguments in [&["--help"][..], &["new", "--help"], &["train", "--help"]] {
        program::assert_help_fits(arguments);
    }
}

#[test]
fn a_project_is_written_once_and_whole() {
    let place = workplace("new");
    let output = call_in(&place, &["new", "own-one"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(names(&place), ["own-one"]);
    assert_eq!(names(&place.join("own-one")), [".gitignore", "Cargo.toml", "README.md", "src"]);
    // What is there already is refused: a folder, an empty folder, a file, a link that leads nowhere.
    let manifest = fs::read(place.join("own-one/Cargo.toml")).unwrap();
    fs::create_dir(place.join("empty")).unwrap();
    fs::write(place.join("file"), "mine").unwrap();
    let mut taken = vec!["own-one", "empty", "file"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", place.join("link")).unwrap();
        taken.push("link");
    }
    for name in &taken {
        let line = refused_in(&place, &["new", name]);
        assert!(line.contains(name) && line.contains("already"), "{line}");
    }
    assert_eq!(fs::read(place.join("own-one/Cargo.toml")).unwrap(), manifest);
    assert_eq!(fs::read_to_string(place.join("file")).unwrap(), "mine");
    taken.sort_unstable();
    assert_eq!(names(&place), taken);
}

#[test]
fn a_name_or_a_library_that_cannot_be_used_is_refused_and_nothing_is_written() {
    let place = workplace("new-refused");
    for name in ["up/..", "a/b", "", "Upper", "fn", "voidgrad"] {
        let line = refused_in(&place, &["new", name]);
        assert!(line.contains(&format!("{name:?}")), "{line}");
    }
    let here = env!("CARGO_MANIFEST_DIR");
    for (path, reason) in [("no/such", "Cargo.toml"), (here, "it is that of voidgrad-cli")] {
        let line = refused_in(&place, &["new", "own", "--path", path]);
        assert!(line.contains(path) && line.contains(reason), "{line}");
    }
    refused_in(&place, &["new"]);
    assert_eq!(names(&place), Vec::<String>::new());
}

#[test]
fn a_short_training_leaves_its_files() {
    let place = workplace("voidgrad-train");
    let arguments =
        ["train", "--iterations", "20", "--repeats", "1", "--estimator", "rloo", "--out", "results"];
    let output = call_in(&place, &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(names(&place.join("results")).contains(&"report.html".to_owned()));
    refusal(&["train", "--iterations", "0"]);
    refusal(&["bench"]);
}

#[cfg(feature = "logs")]
#[test]
fn the_metrics_of_a_training_become_event_files() {
    let place = workplace("voidgrad-events");
    let arguments =
        ["train", "--iterations", "20", "--repeats", "2", "--estimator", "rloo", "--out", "results"];
    assert!(call_in(&place, &arguments).status.success());
    let written = call_in(&place, &["events", "results", "runs"]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    assert_eq!(names(&place.join("runs")), ["rloo-0", "rloo-1"]);
    let file = fs::read(place.join("runs/rloo-1/events.out.tfevents.0.voidgrad")).unwrap();
    // As files of TensorFlow begin, and with a column of the table.
    assert!(file.starts_with(b"\x18\0\0\0\0\0\0\0\xa3\x7fK\""));
    assert!(file.windows(5).any(|part| part == b"theta"));
    for (results, runs, reason) in
        [("results", "runs", "already"), ("nothing", "other", "metrics.csv"), ("results", "..", "no name")]
    {
        let line = refused_in(&place, &["events", results, runs]);
        assert!(line.contains(reason) || line.contains("already"), "{line}");
    }
    assert_eq!(names(&place), ["results", "runs"]);
}

#[cfg(not(feature = "models"))]
#[test]
fn a_program_without_the_models_says_how_to_get_them() {
    let place = workplace("voidgrad-without");
    let line = refused_in(&place, &["train", "--problem", "vae"]);
    assert!(line.contains("--features models"), "{line}");
    assert_eq!(names(&place), Vec::<String>::new());
}

#[cfg(feature = "shell")]
mod shell {
    use super::*;

    const COMMANDS: [&str; 7] = ["train", "variance", "compare", "expand", "new", "completions", "man"];

    #[test]
    fn every_shell_has_a_script_that_knows_all_commands() {
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            let script = printed(&["completions", shell]);
            for word in COMMANDS.iter().chain(&["control-learning-rate", "path"]) {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
        let line = refusal(&["completions", "tcsh"]);
        assert!(line.contains("tcsh"), "{line}");
    }

    /// bash reads its script, and offers what begins as it was typed. Skipped where there is no bash.
    #[test]
    fn bash_completes_a_command() {
        let script = printed(&["completions", "bash"]);
        let asked = "COMP_WORDS=(voidgrad comp); COMP_CWORD=1; _voidgrad voidgrad comp voidgrad; echo \"${COMPREPLY[*]}\"";
        match Command::new("bash").args(["--norc", "-c", &format!("{script}\n{asked}")]).output() {
            Ok(output) if output.status.success() => {
                let offered = String::from_utf8(output.stdout).unwrap();
                assert_eq!(offered.split_whitespace().collect::<Vec<_>>(), ["compare", "completions"]);
            }
            Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
            Err(_) => eprintln!("skipped: there is no bash"),
        }
    }

    #[test]
    fn every_command_has_a_page_and_other_files_stay() {
        let place = workplace("man");
        let output = call_in(&place, &["man", "pages"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut expected = COMMANDS.map(|command| format!("voidgrad-{command}.1")).to_vec();
        expected.push("voidgrad.1".to_owned());
        expected.extend(cfg!(feature = "logs").then(|| "voidgrad-events.1".to_owned()));
        expected.sort();
        assert_eq!(names(&place.join("pages")), expected);
        let train = fs::read_to_string(place.join("pages/voidgrad-train.1")).unwrap();
        assert!(train.contains(".TH VOIDGRAD-TRAIN 1") && train.contains("iterations"), "{train}");
        assert!(train.contains("voidgrad train"), "the synopsis has the whole command");
        // Pages are replaced, and nothing else is.
        assert!(call_in(&place, &["man", "pages"]).status.success());
        fs::write(place.join("pages/voidgrad-train.1"), "mine").unwrap();
        let line = refused_in(&place, &["man", "pages"]);
        assert!(line.contains("voidgrad-train.1"), "{line}");
        assert_eq!(fs::read_to_string(place.join("pages/voidgrad-train.1")).unwrap(), "mine");
        assert_eq!(call(&["man"]).status.code(), Some(2));
    }
}

//! `cargo xtask bench` is a program of its own, and nobody has to know. (So are `expand` and the models of `vae`, except in these tests, which have them built in.)
//!
//! Here cargo is a script, because the real one would build the program with other features than the tests have, and the
//! library with it. What is left to the real one is that the packages are there.

use std::process::{Command, Output};

use serde_json::Value;

use super::{command, xtask};

/// Exit code, output and complaint.
fn result(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn all_commands_are_listed_in_a_line_each() {
    let (code, text, complaint) = result(xtask(&["--help"]));
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    for command in ["train", "variance", "compare", "expand", "bench"] {
        let is_entry = |line: &&str| line.starts_with("  ") && line.trim_start().starts_with(command);
        let found: Vec<&str> = text.lines().filter(is_entry).collect();
        assert!(found.len() == 1 && found[0].trim().len() > command.len() + 20, "{command}: {text}");
    }
}

#[test]
fn the_packages_have_one_program_each_of_their_name() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version=1", "--offline"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in ["xtask", "xtask-bench"] {
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages.iter().find(|package| package["name"] == name).expect(name);
        let targets = package["targets"].as_array().unwrap();
        let programs: Vec<&Value> = targets
            .iter()
            .filter(|target| target["kind"][0] == "bin")
            .map(|target| &target["name"])
            .collect();
        assert_eq!(programs, [name]);
    }
}

#[test]
fn a_cargo_that_cannot_be_run_is_a_failure_of_one_line() {
    let output = command(&["bench", "--help"]).env("CARGO", "/no/such/cargo").output().unwrap();
    let (code, text, complaint) = result(output);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(complaint.starts_with("error: cannot run /no/such/cargo: "), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

#[cfg(unix)]
mod script {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::super::{command, workplace};
    use super::result;

    /// A cargo that does `what` with its arguments.
    fn cargo(place: &Path, what: &str) -> PathBuf {
        let cargo = place.join("cargo");
        fs::write(&cargo, format!("#!/bin/sh\n{what}\n")).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        cargo
    }

    /// What cargo is called with.
    fn lines(arguments: &[&str]) -> Vec<String> {
        let cargo = cargo(&workplace("hand-over"), "for argument; do echo \"<$argument>\"; done");
        let (code, text, complaint) = result(command(arguments).env("CARGO", cargo).output().unwrap());
        assert_eq!((code, complaint.as_str()), (Some(0), ""));
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn cargo_runs_the_package_quietly_with_the_arguments_as_they_are() {
        let manifest = concat!("<", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml>");
        for (arguments, package, given) in [
            (
                &["bench", "--case", "a b", "", "--", "-h"][..],
                "<xtask-bench>",
                &["--case", "a b", "", "--", "-h"][..],
            ),
            (&["bench"], "<xtask-bench>", &[]),
            (&["bench", "--help"], "<xtask-bench>", &["--help"]),
            (&["help", "bench"], "<xtask-bench>", &["--help"]),
        ] {
            let mut expected: Vec<String> =
                ["<run>", "<--package>", package, "<--manifest-path>", manifest].map(str::to_owned).to_vec();
            // The profile is that of xtask.
            if !cfg!(debug_assertions) {
                expected.push("<--release>".to_owned());
            }
            // The standard error of this test is no terminal.
            expected.extend(["<--quiet>", "<-->"].map(str::to_owned));
            expected.extend(given.iter().map(|argument| format!("<{argument}>")));
            assert_eq!(lines(arguments), expected);
        }
    }

    #[test]
    fn the_exit_code_and_all_that_is_printed_are_passed_on() {
        let place = workplace("hand-over-code");
        for code in [0, 1, 2, 101, 130] {
            let cargo = cargo(&place, &format!("echo result; echo complaint >&2; exit {code}"));
            let output = command(&["bench"]).env("CARGO", cargo).output().unwrap();
            assert_eq!(result(output), (Some(code), "result\n".to_owned(), "complaint\n".to_owned()));
        }
        let cargo = cargo(&place, "kill -KILL $$");
        let (code, _, complaint) = result(command(&["bench"]).env("CARGO", cargo).output().unwrap());
        assert_eq!((code, complaint.lines().count()), (Some(1), 1), "{complaint}");
        assert!(complaint.starts_with("error: xtask-bench ended with signal: 9"), "{complaint}");
    }

    /// Interrupts xtask and its cargo, as a terminal does: all programs of the group.
    fn interrupted(name: &str, what: &str) -> (Option<i32>, String, String) {
        let place = workplace(name);
        let cargo = cargo(&place, &format!("{what}\necho > ready\nwhile :; do sleep 0.02; done"));
        let mut command = command(&["bench"]);
        command.env("CARGO", cargo).current_dir(&place).process_group(0);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while !place.join("ready").exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let group = format!("-{}", child.id());
        assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
        result(child.wait_with_output().unwrap())
    }

    #[test]
    fn ctrl_c_is_for_the_program_which_says_once_what_is_kept() {
        let end = interrupted("hand-over-kept", "trap 'echo \"interrupted: kept\" >&2; exit 130' INT");
        assert_eq!(end, (Some(130), String::new(), "interrupted: kept\n".to_owned()));
    }

    #[test]
    fn ctrl_c_during_the_build_ends_both() {
        // Cargo has no handler of its own: it ends by the signal.
        let end = interrupted("hand-over-build", "");
        assert_eq!(end, (Some(130), String::new(), "interrupted\n".to_owned()));
    }
}

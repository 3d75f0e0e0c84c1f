//! `cargo xtask bench` and `expand` are programs of their own, and nobody has to know.

use std::process::{Command, Output};

use super::{PROGRAMS, xtask};

/// `xtask` itself, which has cargo build and run the program, in the directory of this test.
fn handing_over(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAMS.join("xtask"));
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.env("CARGO", env!("CARGO")).env("CARGO_TARGET_DIR", PROGRAMS.parent().unwrap());
    command
}

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
        let line = |line: &&str| line.trim_start().starts_with(command) && line.starts_with("  ");
        let found: Vec<&str> = text.lines().filter(line).collect();
        assert!(found.len() == 1 && found[0].trim().len() > command.len() + 20, "{command}: {text}");
    }
}

#[test]
fn a_program_gets_its_arguments_and_gives_its_output_and_exit_code() {
    for arguments in [
        &["expand", "--help"][..],
        &["bench", "--help"],
        &["expand", "no_such_function"],
        // Behind the hyphens this is the name of a function, and there is none of this name.
        &["expand", "--", "--help"],
        &["bench", "--case", "no-such-case"],
    ] {
        let own = result(xtask(arguments));
        assert_eq!(result(handing_over(arguments).output().unwrap()), own, "{arguments:?}");
        let is_help = arguments.ends_with(&["--help"]) && arguments.len() == 2;
        assert_eq!(own.0, Some(if is_help { 0 } else { 2 }), "{arguments:?}: {own:?}");
        assert_eq!((is_help, is_help), (own.2.is_empty(), own.1.contains("Usage: cargo xtask")), "{own:?}");
    }
    let help = result(xtask(&["bench", "--help"]));
    assert_eq!(result(handing_over(&["help", "bench"]).output().unwrap()), help);
}

#[test]
fn a_cargo_that_cannot_be_run_is_a_failure_of_one_line() {
    let mut command = handing_over(&["bench", "--help"]);
    let (code, text, complaint) = result(command.env("CARGO", "/no/such/cargo").output().unwrap());
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(complaint.starts_with("error: cannot run /no/such/cargo: "), "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

/// A terminal tells every program of the group.
#[cfg(unix)]
#[test]
fn ctrl_c_is_for_the_program_which_says_once_what_is_kept() {
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;
    use std::time::Duration;

    let place = super::workplace("interrupted-bench");
    let mut command = handing_over(&["bench", "--out", "results"]);
    command.current_dir(&place).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    while !place.join(".results.voidgrad/owner").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // The first case takes seconds.
    std::thread::sleep(Duration::from_millis(300));
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let (code, text, complaint) = result(child.wait_with_output().unwrap());
    assert_eq!((code, text.as_str()), (Some(130), ""), "{complaint}");
    let said: Vec<&str> = complaint.lines().filter(|line| line.contains("interrupted")).collect();
    assert_eq!(said, ["interrupted: nothing was complete, and nothing is written"], "{complaint}");
    assert!(super::names(&place).is_empty(), "{:?}", super::names(&place));
}

//! `cargo xtask bench` as a program.

#[path = "../../../crates/voidgrad-cli/tests/program/mod.rs"]
mod program;

use std::fs;
#[cfg(unix)]
use std::path::{Path, PathBuf};

use serde_json::Value;

use program::{assert_help_fits, call as xtask, command, keys, names, refusal, workplace};

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_xtask-bench");
const NAME: &str = "cargo xtask bench";

/// The bench with the least work: one case, for an instant.
const BRIEF: [&str; 5] = ["--quick", "--case", "rebar", "--implementation", "hand-written"];

#[test]
fn bench_prints_a_row_for_each_implementation_and_keeps_it_as_json() {
    let place = workplace("bench");
    let file = place.join("times.json");
    let out = place.join("results");
    let (path, directory) = (file.to_str().unwrap(), out.to_str().unwrap());
    let arguments = ["--quick", "--case", "rebar", "--json", path, "--out", directory];
    let output = xtask(&arguments);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        (names(&place), names(&out)),
        (
            vec!["results".to_owned(), "times.json".to_owned()],
            vec!["bench.json".to_owned(), "bench.svg".to_owned()],
        )
    );
    let results: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert!(results["cpu"].is_string() && results["quick"] == true, "{results}");
    let levels = ["avx512", "avx2", "sse2", "neon", "scalar"];
    assert!(levels.contains(&results["lanes"].as_str().unwrap()), "{results}");
    let rows = results["rows"].as_array().unwrap();
    for scalar in ["f64", "f32"] {
        for implementation in ["generated", "scalar", "hand-written", "num-dual"] {
            let row = rows
                .iter()
                .find(|row| row["scalar"] == scalar && row["implementation"] == implementation)
                .unwrap_or_else(|| panic!("{implementation} in {scalar}: {results}"));
            let mut found = keys(row);
            found.sort_unstable();
            let expected = ["case", "implementation", "median", "p10", "p90", "scalar", "threads", "unit"];
            assert_eq!(found, expected);
            assert_eq!(
                (&row["case"], &row["unit"], &row["threads"]),
                (&"rebar".into(), &"ns/sample".into(), &1.into())
            );
            let [p10, median, p90] = ["p10", "median", "p90"].map(|key| row[key].as_f64().unwrap());
            assert!(0.0 < p10 && p10 <= median && median <= p90, "{row}");
            let line = text
                .lines()
                .find(|line| line.contains(scalar) && line.contains(&format!(" {implementation} ")));
            assert!(
                line.is_some_and(|line| line.starts_with("rebar")),
                "{implementation} in {scalar}:\n{text}"
            );
        }
    }
    let picture = fs::read_to_string(out.join("bench.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("rebar f32, generated"));
}

#[test]
fn bench_refuses_what_it_does_not_know_and_what_it_may_not_write() {
    let place = workplace("bench-refusals");
    let directory = place.to_str().unwrap();
    let missing = place.join("no-such-directory").join("times.json");
    for arguments in [
        &["--case", "no-such-case"][..],
        &["--scalar", "f16"],
        &["--implementation", "by-magic"],
        &["--force"],
        &["--python", "python3"],
        &["--json", directory],
        &["--json", missing.to_str().unwrap()],
        &["--out", directory],
    ] {
        refusal(&[&BRIEF[..], arguments].concat());
    }
    let line = refusal(&["--case", "no-such-case"]);
    assert!(line.contains("no-such-case") && line.contains("relax-wide"), "{line}");
    assert!(names(&place).is_empty(), "nothing is left behind");
}

#[test]
fn bench_needs_a_python_for_its_peers() {
    let line = refusal(&[&BRIEF[..], &["--peers", "--python", "/no/such/python"]].concat());
    assert!(line.contains("/no/such/python"), "{line}");
}

/// A Python that is a script for `sh`, which begins with how it answers a look for a package.
#[cfg(unix)]
fn python(place: &str, look: &str, peer: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let python = workplace(place).join("python");
    fs::write(&python, format!("#!/bin/sh\nif [ \"$1\" = -c ]; then {look}; fi\n{peer}\n")).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    python
}

/// The bench with that Python: what was printed, and the lines about what was left out.
#[cfg(unix)]
fn bench_with(python: &Path) -> (String, Vec<String>, Value) {
    let file = python.with_file_name("times.json");
    let path = file.to_str().unwrap();
    let output =
        xtask(&[&BRIEF[..], &["--json", path, "--peers", "--python", python.to_str().unwrap()]].concat());
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    let results: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let rows = results["rows"].as_array().unwrap();
    assert!(rows.len() == 2 && rows.iter().all(|row| row["implementation"] == "hand-written"), "{results}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("hand-written") && !text.contains("jax"), "{text}");
    let left_out = notes.lines().filter(|line| line.contains("left out")).map(str::to_owned).collect();
    (text, left_out, results)
}

#[cfg(unix)]
#[test]
fn bench_leaves_out_a_peer_whose_package_is_missing() {
    let (_, left_out, _) = bench_with(&python("bench-python", "exit 3", ""));
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    assert!(
        left_out[0].contains("no jax: jax is left out")
            && left_out[1].contains("no torch: pytorch is left out")
    );
}

#[cfg(unix)]
#[test]
fn bench_leaves_out_a_peer_that_does_not_start_with_its_last_line_of_error() {
    let peer = "echo 'Traceback (most recent call last):' >&2; echo 'OSError: libtorch.so: no such file' >&2; echo >&2; exit 1";
    let (_, left_out, results) = bench_with(&python("bench-broken", "exit 0", peer));
    // Once, and not for every case.
    assert_eq!(
        left_out,
        ["jax", "pytorch"].map(|name| format!("{name} is left out: OSError: libtorch.so: no such file"))
    );
    assert_eq!(results["left_out"].as_array().unwrap().len(), 2);
    assert_eq!(results["left_out"][1]["reason"], "OSError: libtorch.so: no such file");
}

#[cfg(unix)]
#[test]
fn bench_leaves_out_a_peer_that_stops_on_the_way() {
    let peer = "read line; echo '{\"ready\": true}'; read line; echo 'RuntimeError: out of luck' >&2; exit 1";
    let (_, left_out, _) = bench_with(&python("bench-stops", "exit 0", peer));
    assert_eq!(left_out.len(), 4, "two numbers each: {left_out:?}");
    for line in &left_out {
        assert!(
            line.ends_with(" is left out: RuntimeError: out of luck") && line.contains("of rebar f"),
            "{line}"
        );
    }
    let silent = python("bench-silent", "exit 0", "exit 7");
    let (_, left_out, _) = bench_with(&silent);
    assert!(left_out[0].contains("stopped without a word") && left_out[0].contains('7'), "{left_out:?}");
}

#[test]
fn bench_replaces_a_file_only_if_it_is_asked_to() {
    let file = workplace("bench-file").join("times.json");
    fs::write(&file, "mine").unwrap();
    let path = file.to_str().unwrap();
    let line = refusal(&[&BRIEF[..], &["--json", path]].concat());
    assert!(line.contains("exists; --force"), "{line}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert!(xtask(&[&BRIEF[..], &["--json", path, "--force"]].concat()).status.success());
    assert!(fs::read_to_string(&file).unwrap().starts_with('{'));
    assert_eq!(names(file.parent().unwrap()), ["times.json"]);
}

#[test]
fn help_fits_a_hundred_columns() {
    assert_help_fits(&["--help"]);
    assert_help_fits(&["-h"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_before_the_first_case_is_complete_leaves_nothing() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let place = workplace("bench-interrupted");
    let mut command = command(&["--out", "results"]);
    command.current_dir(&place).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    while !place.join(".results.voidgrad/owner").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // All rounds of the first case take seconds.
    std::thread::sleep(Duration::from_millis(300));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{complaint}");
    let line = complaint.lines().last().unwrap();
    assert_eq!(line, "interrupted: nothing was complete, and nothing is written");
    assert!(names(&place).is_empty(), "{:?}", names(&place));
}

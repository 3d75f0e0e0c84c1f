//! How a command ends: exit codes, what is kept, and what is said of it.

use std::fs;
#[cfg(unix)]
use std::io::{BufRead, BufReader};
#[cfg(unix)]
use std::process::{Child, Command, Stdio};
#[cfg(unix)]
use std::time::Duration;

use serde_json::Value;

#[cfg(unix)]
use super::command;
use super::{TINY, names, of_bernoulli, workplace, xtask};

#[test]
fn runs_that_diverge_are_kept_and_those_of_the_others_too() {
    let out = workplace("some-diverge").join("results");
    // ĝ of REINFORCE is of the size of 1e260, a number; the square in the gradient of a variance is none.
    let output = xtask(&[
        "train",
        "--iterations",
        "20",
        "--repeats",
        "2",
        "--target",
        "1e130",
        "--estimator",
        "reinforce",
        "--estimator",
        "rebar",
        "--out",
        out.to_str().unwrap(),
    ]);
    let [table, complaint] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    let line = complaint.lines().last().unwrap();
    assert!(line.starts_with("error: every run of rebar diverged") && line.contains("results"), "{line}");
    assert_eq!(names(&out), ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"]);
    let row = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(row("rebar").contains("2 diverged") && !row("reinforce").contains("diverged"), "{table}");
    let summary: Value = serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    for run in summary["runs"].as_array().unwrap() {
        assert_eq!(run["diverged"], run["estimator"] == "rebar", "{run}");
        assert_eq!(run["message"].is_string(), run["estimator"] == "rebar", "{run}");
    }
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("rebar run 1 diverged"));
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(
        metrics.lines().any(|line| line.starts_with("rebar,0,") && line.contains(",diverged,")),
        "{metrics}"
    );
}

/// A target of 1e160 makes f(b) larger than any number.
#[test]
fn a_divergence_is_never_a_bad_argument() {
    for method in of_bernoulli() {
        let out = workplace("all-diverge").join("results");
        let arguments = ["--target", "1e160", "--estimator", method.name, "--out", out.to_str().unwrap()];
        let output = xtask(&[&TINY[..], &arguments].concat());
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{}: {complaint}", method.name);
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        assert!(complaint.contains(&format!("every run of {} diverged", method.name)), "{complaint}");
        // JSON has no NaN and no infinity: to read it is the test.
        let summary: Value = serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
        assert!(summary["runs"].as_array().unwrap().iter().all(|run| run["diverged"] == true), "{summary}");
    }
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[cfg(unix)]
fn start(place: &std::path::Path, arguments: &[&str]) -> Child {
    let mut command = command(arguments);
    let child = command.current_dir(place).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !place.join("deep/er/.results.voidgrad/owner").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_nothing_but_checkpoints_if_nothing_is_complete() {
    for command in ["train", "compare"] {
        let place = workplace("interrupted");
        let long = if command == "train" { "--iterations" } else { "--samples" };
        let child =
            start(&place, &[command, long, "1000000000", "--out", "deep/er/results", "--estimator", "relax"]);
        std::thread::sleep(Duration::from_millis(300));
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{complaint}");
        let line = complaint.lines().last().unwrap();
        if command == "compare" {
            assert_eq!(line, "interrupted: nothing was complete, and nothing is written");
            assert!(names(&place).is_empty(), "{:?}", names(&place));
        } else {
            assert_eq!(
                line,
                "interrupted: no run was complete, and nothing is written; \
                 cargo xtask train --resume deep/er/results goes on"
            );
            assert_eq!(names(&place.join("deep/er")), [".results.voidgrad"]);
            assert_eq!(names(&place.join("deep/er/.results.voidgrad")), ["checkpoints"]);
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_runs_that_are_complete() {
    let place = workplace("interrupted-later");
    let arguments = [
        "train",
        "--iterations",
        "400",
        "--repeats",
        "50000",
        "--estimator",
        "reinforce",
        "--out",
        "deep/er/results",
    ];
    let mut child = start(&place, &arguments);
    // Progress without a terminal is lines; after the first that tells of complete runs it is interrupted.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let progress =
        lines.find(|line| line.contains(" of 50000 runs after ") && !line.contains(", 0 of")).unwrap();
    assert!(progress.contains(" %, "), "{progress}");
    interrupt(&child);
    let complaint: Vec<String> = lines.collect();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{complaint:?}");
    let line = complaint.last().unwrap();
    let complete: usize =
        line.strip_prefix("interrupted: ").unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(
        line.ends_with(
            "of 50,000 runs were complete and are kept in deep/er/results; \
             cargo xtask train --resume deep/er/results goes on"
        ),
        "{line}"
    );
    let out = place.join("deep/er/results");
    assert_eq!(
        (names(&out), names(out.parent().unwrap())),
        (
            ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"]
                .map(str::to_owned)
                .to_vec(),
            vec![".results.voidgrad".to_owned(), "results".to_owned()],
        )
    );
    let summary: Value = serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(
        (summary["runs"].as_array().unwrap().len(), &summary["interrupted"]),
        (complete, &true.into())
    );
    assert!(complete > 0);
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("This training was interrupted."));
}

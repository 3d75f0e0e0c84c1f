//! `cargo xtask train --problem subset`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::files::{end, start};
use super::{command, names, printed, refusal, summary, workplace};

const TRAINING: [&str; 9] = [
    "train",
    "--problem=subset",
    "--quiet",
    "--features=10",
    "--chosen=3",
    "--repeats=2",
    "--iterations=100",
    "--estimator=rloo",
    "--estimator=reinforce-ema",
];

/// What is the same every time.
const REPRODUCIBLE: [&str; 3] = ["config.toml", "metrics.csv", "summary.json"];

#[track_caller]
fn assert_same(found: &Path, expected: &Path) {
    for file in REPRODUCIBLE {
        let [found, expected] = [found, expected].map(|directory| fs::read(directory.join(file)).unwrap());
        assert!(found == expected, "{file} is not the same");
    }
}

#[test]
fn a_training_leaves_whole_files() {
    let place = workplace("subset");
    let out = place.join("results");
    printed(&[&TRAINING[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(names(&out), ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"]);
    let summary = summary(&out);
    assert_eq!(summary["optimum_features"].as_array().unwrap().len(), 3);
    let optimum = summary["optimum"].as_f64().unwrap();
    let runs = summary["runs"].as_array().unwrap();
    let ways: Vec<&str> = runs.iter().map(|run| run["estimator"].as_str().unwrap()).collect();
    assert_eq!(ways, ["reinforce-ema", "reinforce-ema", "rloo", "rloo", "bernoulli", "bernoulli"]);
    for run in runs {
        // A value of f at each of 101 records.
        let evaluations = if run["estimator"] == "reinforce-ema" { 100 } else { 1_000 };
        assert_eq!(run["evaluations"], evaluations + 101, "{run}");
        let excess = run["excess"].as_f64().unwrap();
        assert_eq!(excess, run["best"].as_f64().unwrap() - optimum, "{run}");
        assert_eq!(run["found"].as_bool().unwrap(), run["features"] == summary["optimum_features"]);
        assert!(excess >= 0.0, "{run}");
        if run["estimator"] != "bernoulli" {
            assert_eq!(run["features"].as_array().unwrap().len(), 3);
        }
    }
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert_eq!(report.matches("role=\"img\"").count(), 2);
    assert!(report.trim_end().ends_with("</html>") && !report.contains("NaN"));
}

#[test]
fn threads_and_the_configuration_change_no_byte() {
    let place = workplace("subset-threads");
    let [one, three, again] = ["one", "three", "again"].map(|name| place.join(name));
    for (threads, out) in [("1", &one), ("3", &three)] {
        printed(&[&TRAINING[..], &["--threads", threads, "--out", out.to_str().unwrap()]].concat());
    }
    let file = one.join("config.toml");
    printed(&["train", "--quiet", "--config", file.to_str().unwrap(), "--out", again.to_str().unwrap()]);
    assert_same(&three, &one);
    assert_same(&again, &one);
}

#[test]
fn a_training_that_is_killed_is_resumed_to_the_byte() {
    let place = workplace("subset-killed");
    let training =
        TRAINING.map(|argument| if argument == "--iterations=100" { "--iterations=3000" } else { argument });
    let whole = place.join("whole");
    printed(&[&training[..], &["--out", whole.to_str().unwrap()]].concat());
    let child = start(&[&training[..], &["--out", "killed", "--checkpoint=0"]].concat(), &place);
    let checkpoints = place.join(".killed.voidgrad/checkpoints");
    while !checkpoints.join("reinforce-ema-0.safetensors").exists() {
        assert!(!place.join("killed").exists(), "the kill did not come in time");
        std::thread::sleep(Duration::from_millis(1));
    }
    end(child);
    let resumed = command(&["train", "-q", "--resume", "killed"]).current_dir(&place).output().unwrap();
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    assert_same(&place.join("killed"), &whole);
}

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    let subset = ["train", "--problem", "subset", "--out", "never"];
    for (arguments, words) in [
        (&["--features", "3", "--chosen", "4"][..], &["--chosen 4", "--features 3"][..]),
        (&["--chosen", "0"], &["--chosen", "from 1 to 100"]),
        (&["--features", "101"], &["--features", "from 2 to 100"]),
        (&["--noise=-1"], &["--noise -1", "from 0 to 1,000"]),
        (&["--correlation", "1"], &["--correlation 1", "0.99"]),
        (&["--penalty", "0"], &["--penalty", "greater than 0"]),
        (&["--learning-rate", "1e300"], &["--learning-rate", "1,000,000"]),
        (&["--estimator", "disarm"], &["disarm is not for --problem subset", "rloo", "enumerate"]),
        (&["--estimator", "exact"], &["exact is not for --problem subset", "enumerate"]),
        (
            &["--estimator", "enumerate", "--features", "60", "--chosen", "20"],
            &["enumerate", "60", "at most"],
        ),
        (&["--evaluations", "1"], &["rloo", "evaluations = 1"]),
        (&["--auto-costs", "seconds"], &["--auto-costs"]),
        (&["--target", "0.4"], &["--target has no meaning for --problem subset; it is for quadratic"]),
        (&["--vertices", "40"], &["--vertices has no meaning for --problem subset; it is for max-cut"]),
    ] {
        let line = refusal(&[&subset[..], arguments].concat());
        assert!(words.iter().all(|word| line.contains(word)), "{arguments:?}: {line}");
    }
    for option in ["--problem=subset", "--features=4", "--penalty=4"] {
        let line = refusal(&["train", "--resume", "results", option]);
        assert!(line.contains("--resume") && line.contains("cannot be used"), "{line}");
    }
}

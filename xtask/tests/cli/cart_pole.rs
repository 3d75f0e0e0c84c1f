//! `cargo xtask train --problem cart-pole`.

use std::fs;
use std::time::Duration;

use super::files::{end, start};
use super::{command, names, printed, refusal, summary, workplace};

const TRAINING: [&str; 8] = [
    "train",
    "--problem=cart-pole",
    "--quiet",
    "--iterations=20",
    "--repeats=2",
    "--baseline=zero",
    "--baseline=leave-one-out",
    "--seed=3",
];

const REPRODUCIBLE: [&str; 3] = ["config.toml", "metrics.csv", "summary.json"];

#[test]
fn a_training_leaves_whole_files() {
    let place = workplace("cart-pole");
    let out = place.join("results");
    printed(&[&TRAINING[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(names(&out), ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"]);
    let summary = summary(&out);
    assert_eq!((&summary["problem"], &summary["interrupted"]), (&"cart-pole".into(), &false.into()));
    let runs = summary["runs"].as_array().unwrap();
    let baselines: Vec<&str> = runs.iter().map(|run| run["estimator"].as_str().unwrap()).collect();
    assert_eq!(baselines, ["zero", "zero", "leave-one-out", "leave-one-out"]);
    assert!(runs.iter().all(|run| run["episodes"] == 160 && run["solved_at"].is_null()), "{summary}");
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert_eq!(metrics.lines().count(), 1 + 4 * 20);
    assert!(metrics.lines().all(|line| line.split(',').count() == 6), "{metrics}");
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert_eq!(report.matches("role=\"img\"").count(), 1);
    assert!(report.trim_end().ends_with("</html>") && !report.contains("NaN"));
}

#[test]
fn threads_and_interruptions_change_no_byte() {
    let place = workplace("cart-pole-threads");
    for threads in ["1", "3"] {
        let out = place.join(threads);
        printed(&[&TRAINING[..], &["--threads", threads, "--out", out.to_str().unwrap()]].concat());
    }
    let file = place.join("1/config.toml");
    let again = place.join("again");
    printed(&["train", "--quiet", "--config", file.to_str().unwrap(), "--out", again.to_str().unwrap()]);
    let child = start(&[&TRAINING[..], &["--out", "killed", "--checkpoint=0"]].concat(), &place);
    let checkpoints = place.join(".killed.voidgrad/checkpoints");
    while !checkpoints.join("zero-0.safetensors").exists() && !place.join("killed").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    end(child);
    if !place.join("killed").exists() {
        let resumed = command(&["train", "-q", "--resume", "killed"]).current_dir(&place).output().unwrap();
        assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    }
    for file in REPRODUCIBLE {
        let first = fs::read(place.join("1").join(file)).unwrap();
        for other in ["3", "again", "killed"] {
            assert!(
                fs::read(place.join(other).join(file)).unwrap() == first,
                "{other}: {file} is not the same"
            );
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    let place = workplace("cart-pole-bad");
    let cart_pole = ["train", "--problem", "cart-pole", "--out", "never"];
    for (arguments, words) in [
        (&["--batch", "1"][..], &["--batch 1", "leave-one-out"][..]),
        (&["--batch", "1001"], &["--batch 1001", "1,000"]),
        (&["--iterations", "2000000"], &["--iterations 2000000", "10,000,000"]),
        (&["--learning-rate", "1e300"], &["--learning-rate", "1,000,000"]),
        (&["--baseline", "median"], &["median", "leave-one-out"]),
        (&["--estimator", "rloo"], &["--estimator has no meaning for --problem cart-pole"]),
        (&["--evaluations", "4"], &["--evaluations has no meaning"]),
        (&["--target", "0.4"], &["--target has no meaning"]),
    ] {
        let line = refusal(&[&cart_pole[..], arguments].concat());
        assert!(words.iter().all(|word| line.contains(word)), "{arguments:?}: {line}");
    }
    let line = refusal(&["train", "--baseline", "zero"]);
    assert!(line.contains("--baseline") && line.contains("it is for cart-pole, bandit"), "{line}");
    let line = refusal(&["train", "--resume", "results", "--baseline=zero"]);
    assert!(line.contains("--resume") && line.contains("cannot be used"), "{line}");
    assert_eq!(names(&place), [""; 0]);
}

//! `cargo xtask train --problem bandit`.

use std::fs;

use super::{command, names, printed, refusal, summary, workplace};

const TRAINING: [&str; 7] = [
    "train",
    "--problem=bandit",
    "--quiet",
    "--iterations=300",
    "--repeats=2",
    "--arms=4",
    "--baseline=leave-one-out",
];

#[test]
fn a_training_leaves_whole_files_that_do_not_depend_on_threads() {
    let place = workplace("bandit");
    for threads in ["1", "3"] {
        let out = place.join(threads);
        printed(&[&TRAINING[..], &["--threads", threads, "--out", out.to_str().unwrap()]].concat());
    }
    let first = place.join("1");
    let config = first.join("config.toml");
    let again = command(&["train", "-q", "--out", "again", "--config", config.to_str().unwrap()])
        .current_dir(&place)
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(names(&first), ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"]);
    for file in ["config.toml", "metrics.csv", "summary.json"] {
        let whole = fs::read(first.join(file)).unwrap();
        for other in ["3", "again"] {
            assert!(fs::read(place.join(other).join(file)).unwrap() == whole, "{other}: {file}");
        }
    }
    let summary = summary(&first);
    assert_eq!((&summary["problem"], &summary["interrupted"]), (&"bandit".into(), &false.into()));
    for run in summary["runs"].as_array().unwrap() {
        let number = |key: &str| run[key].as_f64().unwrap();
        assert!(
            number("expected_reward") <= number("optimum") && number("gradient_deviation") < 4.0,
            "{run}"
        );
    }
    let metrics = fs::read_to_string(first.join("metrics.csv")).unwrap();
    assert_eq!(metrics.lines().count(), 1 + 2 * 101);
    let report = fs::read_to_string(first.join("report.html")).unwrap();
    assert!(report.trim_end().ends_with("</html>") && !report.contains("NaN"));
}

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    let bandit = ["train", "--problem", "bandit", "--out", "never"];
    for (arguments, words) in [
        (&["--arms", "1"][..], &["from 2 to 10,000"][..]),
        (&["--arms", "10000", "--batch", "101"], &["--batch 101", "10000 arms", "1,000,000"]),
        (&["--batch", "1"], &["--batch 1", "leave-one-out"]),
        (&["--learning-rate", "1e300"], &["--learning-rate", "1,000,000"]),
        (&["--estimator", "rloo"], &["--estimator has no meaning for --problem bandit"]),
    ] {
        let line = refusal(&[&bandit[..], arguments].concat());
        assert!(words.iter().all(|word| line.contains(word)), "{arguments:?}: {line}");
    }
    let line = refusal(&["train", "--problem=cart-pole", "--arms", "3"]);
    assert!(line.contains("--arms has no meaning") && line.contains("it is for bandit"), "{line}");
}

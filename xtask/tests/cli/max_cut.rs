//! `cargo xtask train --problem max-cut`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::files::{end, start};
use super::{command, names, printed, refusal, summary, workplace};

const TRAINING: [&str; 13] = [
    "train",
    "--problem=max-cut",
    "--quiet",
    "--vertices=60",
    "--degree=6",
    "--restarts=10",
    "--iterations=60",
    "--repeats=2",
    "--evaluations=5",
    "--estimator=exact",
    "--estimator=rloo",
    "--estimator=reinforce-ema",
    "--seed=3",
];

/// What is the same every time. The report shows seconds.
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
    let place = workplace("max-cut");
    let out = place.join("results");
    printed(&[&TRAINING[..], &["--best-known=150", "--out", out.to_str().unwrap()]].concat());
    assert_eq!(names(&out), ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"]);
    let summary = summary(&out);
    assert_eq!((&summary["best_known"], &summary["interrupted"]), (&150.0.into(), &false.into()));
    let runs = summary["runs"].as_array().unwrap();
    let ways: Vec<&str> = runs.iter().map(|run| run["estimator"].as_str().unwrap()).collect();
    let expected = ["exact", "reinforce-ema", "rloo", "pbil", "local-search", "simulated-annealing"];
    assert_eq!(ways, expected.map(|name| [name, name]).concat());
    for run in runs {
        assert_eq!(run["partition"].as_str().unwrap().len(), 60);
        // 60 steps of 10, and for ways with probabilities a rounding of every restart at 61 records.
        let restarts = run["restarts"].as_u64().unwrap();
        let records = if run["estimator"].as_str().unwrap().contains('-') { 0 } else { 61 };
        let expected = match run["estimator"].as_str().unwrap() {
            "reinforce-ema" => 600 + 61 * 10,
            "rloo" => 600 + 61 * 2,
            // The best sample is its cut.
            "pbil" => 600,
            _ => 600 + records * restarts,
        };
        assert_eq!(run["evaluations"], expected, "{run}");
    }
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert!(metrics.lines().all(|line| line.split(',').count() == 8), "{metrics}");
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert_eq!(report.matches("role=\"img\"").count(), 7);
    assert!(report.trim_end().ends_with("</html>") && !report.contains("NaN"));
}

#[test]
fn threads_change_no_byte() {
    let place = workplace("max-cut-threads");
    for threads in ["1", "3"] {
        let out = place.join(threads);
        printed(&[&TRAINING[..], &["--threads", threads, "--out", out.to_str().unwrap()]].concat());
    }
    assert_same(&place.join("1"), &place.join("3"));
}

#[test]
fn the_configuration_gives_the_same_results() {
    let place = workplace("max-cut-config");
    let (first, second) = (place.join("first"), place.join("second"));
    printed(&[&TRAINING[..], &["--out", first.to_str().unwrap()]].concat());
    let file = first.join("config.toml");
    printed(&["train", "--quiet", "--config", file.to_str().unwrap(), "--out", second.to_str().unwrap()]);
    assert_same(&second, &first);
}

/// A checkpoint at every piece, and a kill at several moments, until the training is complete.
#[test]
fn a_training_that_is_killed_is_resumed_to_the_byte() {
    let place = workplace("max-cut-killed");
    let more = ["--restarts=10", "--evaluations=10", "--vertices=100", "--iterations=120", "--repeats=2"];
    let training = [&TRAINING[..3], &more].concat();
    let whole = place.join("whole");
    printed(&[&training[..], &["--out", whole.to_str().unwrap()]].concat());
    let checkpoints = place.join(".results.voidgrad/checkpoints");
    let mut kills = 0;
    for delay in (10..).step_by(50) {
        let resume = ["train", "--quiet", "--resume", "results", "--checkpoint=0"];
        let begin = [&training[..], &["--out", "results", "--checkpoint=0"]].concat();
        let arguments = if checkpoints.join("config.toml").exists() { &resume[..] } else { &begin };
        let mut child = start(arguments, &place);
        for _ in 0..delay {
            std::thread::sleep(Duration::from_millis(1));
            if child.try_wait().unwrap().is_some() {
                break;
            }
        }
        let is_complete = child.try_wait().unwrap().is_some();
        end(child);
        kills += u32::from(!is_complete && checkpoints.join("config.toml").exists());
        if place.join("results").exists() {
            break;
        }
    }
    assert!(kills > 0, "no kill came in time");
    if checkpoints.exists() {
        let resumed = command(&["train", "-q", "--resume", "results"]).current_dir(&place).output().unwrap();
        // It may have been killed when its results were in place already.
        assert!(resumed.status.success() || resumed.status.code() == Some(2));
    }
    assert_same(&place.join("results"), &whole);
}

#[test]
fn a_graph_that_has_changed_is_not_resumed() {
    let place = workplace("max-cut-changed");
    let graph = place.join("graph.txt");
    fs::write(&graph, "4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n").unwrap();
    let endless = ["train", "--problem=max-cut", "-q", "--graph", "graph.txt", "--checkpoint=0"];
    let endless = [&endless[..], &["--iterations=100000000", "--restarts=1", "--out", "results"]].concat();
    let child = start(&endless, &place);
    let checkpoints = place.join(".results.voidgrad/checkpoints");
    while !checkpoints.join("exact-0.safetensors").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    end(child);
    fs::write(&graph, "4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 2\n").unwrap();
    let output = command(&["train", "-q", "--resume", "results"]).current_dir(&place).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("it belongs to another run"), "{complaint}");
    fs::remove_file(&graph).unwrap();
    let output = command(&["train", "-q", "--resume", "results"]).current_dir(&place).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && complaint.contains("graph.txt: cannot be read"),
        "{complaint}"
    );
}

#[test]
fn what_makes_no_sense_is_refused_in_one_line() {
    let place = workplace("max-cut-bad");
    let graph = place.join("graph.txt");
    fs::write(&graph, "3 2\n1 2 1\n1 4 1\n").unwrap();
    let path = graph.to_str().unwrap();
    let missing = place.join("missing.txt");
    let max_cut = ["train", "--problem", "max-cut", "--out", "never"];
    for (arguments, words) in [
        (&["--graph", path][..], &["graph.txt: line 3: vertex 4 is not from 1 to 3"][..]),
        (&["--graph", missing.to_str().unwrap()], &["missing.txt", "cannot be read"]),
        (&["--graph", path, "--vertices", "20"], &["--graph", "cannot be used"]),
        (&["--target", "0.4"], &["--target has no meaning for --problem max-cut; it is for quadratic"]),
        (&["--dim", "4"], &["--dim"]),
        (&["--batch", "4"], &["--batch"]),
        (&["--generate", "ring"], &["ring", "torus"]),
        (&["--generate", "torus", "--vertices", "20"], &["--vertices 20", "a square"]),
        (&["--generate", "torus", "--degree", "4"], &["--degree 4", "torus"]),
        (&["--generate", "regular", "--vertices", "21", "--degree", "3"], &["must be even"]),
        (&["--vertices", "10", "--degree", "3"], &["a quarter"]),
        (&["--vertices", "1000000", "--restarts", "100"], &["--restarts 100", "20,000,000"]),
        (&["--temperature", "0"], &["greater than 0"]),
        (&["--temperature", "1e300"], &["--temperature", "1,000,000"]),
        (&["--learning-rate", "1e300"], &["--learning-rate", "1,000,000"]),
        (&["--estimator", "rebar"], &["rebar needs more than values of f", "exact", "rloo"]),
        (&["--estimator", "enumerate"], &["enumerate", "20"]),
        (&["--estimator", "exact", "--evaluations", "4"], &["--evaluations"]),
        (&["--evaluations", "1"], &["rloo"]),
        (&["--estimator", "no-such"], &["exact", "rloo"]),
    ] {
        let line = refusal(&[&max_cut[..], arguments].concat());
        assert!(words.iter().all(|word| line.contains(word)), "{arguments:?}: {line}");
    }
    for arguments in [&["--graph", path][..], &["--restarts", "5"], &["--best-known", "5"]] {
        let line = refusal(&[&["train", "--out", "never"], arguments].concat());
        assert!(line.contains(arguments[0]) && line.contains("it is for max-cut"), "{line}");
    }
    assert!(refusal(&["train", "--estimator", "exact"]).contains("exact"));
    assert!(refusal(&["train", "--problem", "min-cut"]).contains("quadratic, max-cut"));
    for option in ["--problem=max-cut", "--graph=x", "--restarts=4", "--best-known=4"] {
        let line = refusal(&["train", "--resume", "results", option]);
        assert!(line.contains("--resume") && line.contains("cannot be used"), "{line}");
    }
    let file = place.join("bad.toml");
    fs::write(&file, "problem = \"max-cut\"\ntarget = 0.5").unwrap();
    let line = refusal(&["train", "--config", file.to_str().unwrap()]);
    assert!(line.contains("--target has no meaning"), "{line}");
    assert_eq!(names(&place), ["bad.toml", "graph.txt"]);
}

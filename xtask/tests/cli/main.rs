//! `cargo xtask train | variance | compare` as a program: exit codes, messages, and the files that it leaves behind.

mod arguments;
mod bandit;
mod cart_pole;
mod compare;
mod config;
mod ends;
mod estimators;
mod files;
mod hand_over;
mod learned;
mod max_cut;
#[path = "../../../crates/voidgrad-cli/tests/program/mod.rs"]
mod program;
mod resume;
mod subset;
mod vae;

use std::fs;
use std::path::Path;

use serde_json::Value;

use program::{call as xtask, command, keys, names, printed, refusal, workplace};

/// The summary among the results of a training.
fn summary(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap()
}

/// The estimators of Bernoulli variables.
fn of_bernoulli() -> impl Iterator<Item = &'static voidgrad::estimators::Method> {
    use voidgrad::estimators::Listed as _;
    voidgrad::Bernoulli::estimators().iter().map(|row| row.method)
}
/// The program, and what users type.
const PROGRAM: &str = env!("CARGO_BIN_EXE_xtask");
const NAME: &str = "cargo xtask";

/// The cells of a row; `"w2[0,1]"` is one.
fn cells(line: &str) -> usize {
    1 + line.split('"').step_by(2).map(|outside| outside.matches(',').count()).sum::<usize>()
}

#[test]
fn bad_arguments_are_refused_in_one_line() {
    for arguments in [
        &["train", "--iterations", "0"][..],
        &["train", "--batch", "0"],
        &["train", "--dim", "-1"],
        &["train", "--theta0", "1"],
        &["train", "--theta0", "NaN"],
        &["train", "--learning-rate", "-0.1"],
        &["train", "--no-such-option"],
        &["train", "--out", ""],
        &["variance", "--estimator", "rebar", "--theta", "0", "--target", "0.499"],
        &["variance", "--estimator", "rebar", "--theta", "0.5", "--target", "inf"],
        &["variance", "--estimator", "rebar", "--theta", "0.5", "--target", "0.4", "--lambda", "0"],
        &["variance", "--estimator", "rebar", "--theta", "0.5"],
        &["no-such-command"],
        &[],
    ] {
        refusal(arguments);
    }
    let line = refusal(&["variance", "--estimator", "rebar", "--theta", "1.2", "--target", "0.4"]);
    assert!(line.contains("1.2") && line.contains("(0, 1)"), "the value and what is allowed: {line}");
}

#[test]
fn an_unknown_estimator_is_answered_with_the_known_ones() {
    for command in ["train", "variance"] {
        let line = refusal(&[command, "--estimator", "relaxed", "--theta", "0.5", "--target", "0.4"]);
        if command == "variance" {
            assert!(line.contains("relaxed"), "{line}");
        }
    }
    let line = refusal(&["train", "--estimator", "relaxed"]);
    for method in of_bernoulli() {
        assert!(line.contains(method.name), "{line}");
    }
}

#[test]
fn variance_answers_as_the_reference_for_every_row() {
    let file: Value =
        serde_json::from_str(include_str!("../../../crates/voidgrad/fixtures/toy_variance.json")).unwrap();
    let mut checked = 0;
    for row in file["rows"].as_array().unwrap() {
        let estimator = row["estimator"].as_str().unwrap();
        if !["reinforce", "rebar"].contains(&estimator) {
            continue;
        }
        let [theta, target] = ["theta", "target"].map(|key| row[key].to_string());
        let mut arguments =
            vec!["variance", "--json", "--estimator", estimator, "--theta", &theta, "--target", &target];
        let [lambda, eta] = ["lambda_", "eta"].map(|key| row[key].to_string());
        if estimator == "rebar" {
            arguments.extend(["--lambda", &lambda, "--eta", &eta]);
        }
        let answer: Value = serde_json::from_str(&printed(&arguments)).unwrap();
        let expected = row["variance_logit"].as_f64().unwrap();
        // The accuracy that is promised.
        assert!((answer["variance"].as_f64().unwrap() / expected - 1.0).abs() < 1e-6, "{row}: {answer}");
        let method = if estimator == "rebar" { "quadrature" } else { "enumeration" };
        assert_eq!((&answer["method"], &answer["variance_standard_error"]), (&method.into(), &0.0.into()));
        let [exact, mean] = ["gradient_exact", "gradient_mean"].map(|key| answer[key].as_f64().unwrap());
        assert!((exact - mean).abs() < 1e-7 * expected.sqrt(), "{answer}");
        checked += 1;
    }
    assert_eq!(checked, 30);
}

#[test]
fn variance_says_by_which_method_it_was_computed() {
    let expected = [
        "biased",
        "estimator",
        "evaluations",
        "gradient_exact",
        "gradient_mean",
        "gradient_standard_error",
        "method",
        "samples",
        "terms",
        "variance",
        "variance_standard_error",
    ];
    for (estimator, dim, method) in [
        ("relax-linear", "1", "quadrature"),
        ("reinforce", "3", "enumeration"),
        ("rebar", "3", "monte-carlo"),
        ("arm", "2", "enumeration"),
        ("gumbel", "1", "monte-carlo"),
    ] {
        let arguments = ["variance", "--json", "--theta", "0.4", "--target", "0.499", "--samples", "500"];
        let answer: Value = serde_json::from_str(&printed(
            &[&arguments[..], &["--estimator", estimator, "--dim", dim]].concat(),
        ))
        .unwrap();
        let mut found = keys(&answer);
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!((&answer["estimator"], &answer["method"]), (&estimator.into(), &method.into()));
        let samples = if method == "monte-carlo" { 500 } else { 0 };
        assert_eq!(answer["samples"], samples);
    }
}

const TINY: [&str; 6] = ["train", "--iterations", "20", "--repeats", "2", "--quiet"];

#[test]
fn train_leaves_whole_files_and_nothing_else() {
    let place = workplace("train");
    let out = place.join("results");
    assert_eq!(printed(&[&TINY[..], &["--seed", "7", "--out", out.to_str().unwrap()]].concat()), "");
    assert_eq!(names(&place), ["results"]);
    assert_eq!(names(&out), ["config.toml", "metrics.csv", "report.html", "summary.json", "timing.json"]);

    let summary = summary(&out);
    for key in ["target", "dim", "iterations", "seed", "repeats", "runs"] {
        assert!(keys(&summary).contains(&key), "{key}");
    }
    assert_eq!((&summary["seed"], &summary["iterations"]), (&7.into(), &20.into()));
    let runs = summary["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2 * 5);
    for run in runs {
        for key in [
            "estimator",
            "repeat",
            "loss",
            "gradient_exact",
            "gradient_mean",
            "variance",
            "evaluations",
            "biased",
            "diverged",
            "control",
        ] {
            assert!(keys(run).contains(&key), "{key}");
        }
        assert_eq!((run["theta"].as_array().unwrap().len(), &run["diverged"]), (1, &false.into()));
    }
    let rebar = runs.iter().find(|run| run["estimator"] == "rebar").unwrap();
    assert_eq!(keys(&rebar["control"]), ["eta", "lambda"]);

    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let header = metrics.lines().next().unwrap();
    assert!(
        header.starts_with("estimator,repeat,iteration,theta,loss,variance,gradient_exact,gradient_mean,"),
        "{header}"
    );
    // What is plotted, and none of the weights of the networks.
    assert!(header.ends_with(",gradient_mean,samples,evaluations,status,eta,lambda"), "{header}");
    assert!(metrics.lines().all(|line| cells(line) == cells(header)));

    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("<svg") && report.trim_end().ends_with("</html>"));
    for outside in ["src=\"http", "href=\"http", "<script"] {
        assert!(!report.contains(outside), "the report is one file: {outside}");
    }
}

#[test]
fn the_same_seed_gives_the_same_files_for_every_number_of_threads() {
    let place = workplace("threads");
    for threads in ["1", "3"] {
        let out = place.join(threads);
        let mut command = command(&TINY);
        command.args(["--seed", "3", "--dim", "2", "--estimator", "relax-linear", "--estimator", "rebar"]);
        let status = command.arg("--out").arg(&out).env("RAYON_NUM_THREADS", threads).status().unwrap();
        assert!(status.success());
    }
    for file in ["config.toml", "metrics.csv", "report.html", "summary.json"] {
        let [one, three] = ["1", "3"].map(|threads| fs::read(place.join(threads).join(file)).unwrap());
        assert!(one == three, "{file}");
    }
}

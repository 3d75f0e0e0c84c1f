//! `cargo xtask train --problem vae`: its files, a training that is killed, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files::{end, start};
use super::resume::{assert_same, checkpoints, has};
use super::{keys, names, printed, refusal, summary, workplace, xtask};

/// A short training that is measured with few samples.
const SHORT: [&str; 8] =
    ["train", "--problem=vae", "--quiet", "--batch=5", "--samples=2", "--seed=3", "--repeats=1", "--out"];

fn train(out: &Path, more: &[&str]) {
    printed(&[&SHORT[..], &[out.to_str().unwrap()], more].concat());
}

/// Holds that the file of options of a training gives the same files again.
fn is_made_again_by_its_options(out: &Path, place: &Path) {
    let (again, config) = (place.join("again"), out.join("config.toml"));
    printed(&["train", "--quiet", "--config", config.to_str().unwrap(), "--out", again.to_str().unwrap()]);
    assert_same(&again, out);
}

/// Kills a training on two threads after its first checkpoint, resumes it, and holds it to one on a single thread that was not killed. Returns its directory.
fn killed_and_resumed(place: &Path, training: &[&str]) -> PathBuf {
    let whole = place.join("whole");
    train(&whole, &[training, &["--threads=1"]].concat());
    let arguments = [&SHORT[..], &["results"], training, &["--checkpoint=0", "--threads=2"]].concat();
    let mut child = start(&arguments, place);
    while !has(&checkpoints(place), "safetensors") && child.try_wait().unwrap().is_none() {}
    end(child);
    let out = place.join("results");
    if !out.exists() {
        printed(&["train", "--quiet", "--resume", out.to_str().unwrap()]);
    }
    assert_same(&out, &whole);
    out
}

/// The estimators of a training's `summary.json`, which have all finished with numbers.
fn runs_of(summary: &Value) -> &[Value] {
    let runs = summary["runs"].as_array().unwrap();
    for run in runs {
        assert_eq!(run["diverged"], false, "{run}");
        assert!(run["variance_logit"].as_f64().unwrap() > 0.0, "{run}");
        let control = keys(&run["control"]);
        let relaxes =
            ["rebar", "rebar-coupled", "relax", "relax-loo"].contains(&run["estimator"].as_str().unwrap());
        assert_eq!(["eta", "lambda"].iter().all(|name| control.contains(name)), relaxes, "{run}");
    }
    runs
}

/// The lower bounds of a run.
fn bounds_of(run: &Value) -> [f64; 3] {
    ["train_elbo", "test_elbo", "test_importance_bound"].map(|key| run[key].as_f64().unwrap())
}

#[test]
fn a_model_leaves_whole_files() {
    let place = workplace("vae");
    let out = place.join("results");
    train(&out, &["--estimator=rloo", "--estimator=relax", "--iterations=1"]);
    assert_eq!(names(&place), ["results"]);
    let files = ["config.toml", "metrics.csv", "report.html", "seconds.svg", "summary.json", "timing.json"];
    assert_eq!(names(&out), files);

    let summary = summary(&out);
    assert_eq!(
        (&summary["latents"], &summary["train_rows"], &summary["test_rows"]),
        (&32.into(), &1500.into(), &297.into())
    );
    assert_eq!(runs_of(&summary).len(), 2);
    for run in runs_of(&summary) {
        // With small weights, an image is worth 64 bits.
        assert!(bounds_of(run).iter().all(|bound| (-60.0..-30.0).contains(bound)), "{run}");
    }
    let timing: Value = serde_json::from_slice(&fs::read(out.join("timing.json")).unwrap()).unwrap();
    assert!(timing["runs"].as_array().unwrap().iter().all(|run| run["step_ms"].as_f64().unwrap() > 0.0));
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("data:image/png;base64,") && report.contains("src=\"seconds.svg\""));
    for outside in ["src=\"http", "href=\"http", "<script"] {
        assert!(!report.contains(outside), "{outside}");
    }
}

/// The option for a file of 40 images of 16 pixels, which is made: a run is evaluated on all images.
fn few_images(place: &Path) -> String {
    let images = place.join("images.csv");
    let image = |i: usize| {
        let pixels: Vec<String> = (0..16).map(|j| (255 * ((7 * i + j * j) % 5 / 3)).to_string()).collect();
        format!("{i},{}\n", pixels.join(","))
    };
    fs::write(&images, (0..40).map(image).collect::<String>()).unwrap();
    format!("--data={}", images.display())
}

/// All kinds: values alone, gradients of f, a moving average, controls with and without data, common noise, several samples.
#[test]
fn every_kind_of_estimator_trains_a_model() {
    let place = workplace("vae-kinds");
    let out = place.join("results");
    let estimators = [
        "reinforce-ema",
        "rloo",
        "disarm",
        "double-cv",
        "muprop",
        "rebar",
        "rebar-coupled",
        "relax",
        "relax-loo",
        "relax-perceptron",
        "gumbel",
    ];
    let asked: Vec<String> = estimators.iter().map(|name| format!("--estimator={name}")).collect();
    let data = few_images(&place);
    let asked: Vec<&str> = asked.iter().map(String::as_str).chain(["--iterations=1", &data]).collect();
    train(&out, &asked);
    let summary = summary(&out);
    assert_eq!(runs_of(&summary).len(), estimators.len());
    for run in runs_of(&summary) {
        // With small weights, an image is worth 16 bits.
        assert!(bounds_of(run).iter().all(|bound| (-20.0..-5.0).contains(bound)), "{run}");
    }
}

/// Images of 3 × 2 pixels, the nonlinear model, and all that a file of options has to say about them.
#[test]
fn images_of_a_file_are_trained_on() {
    let place = workplace("vae-data");
    let (train_images, test_images, out) =
        (place.join("train.idx"), place.join("test.csv"), place.join("results"));
    let pixels = (0..60_u8).map(|i| i.wrapping_mul(83));
    let head = [0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 3, 0, 0, 0, 2];
    fs::write(&train_images, head.into_iter().chain(pixels).collect::<Vec<u8>>()).unwrap();
    fs::write(&test_images, "label,a,b,c,d,e,f\n3,0,255,0,255,0,255\n4,9,8,7,200,201,202\n").unwrap();
    let data = format!("--data={}", train_images.display());
    let test = format!("--test-data={}", test_images.display());
    let options =
        ["--model=nonlinear", "--latents=3", "--estimator=relax", "--estimator=exact", "--iterations=2"];
    train(&out, &[&[&data[..], &test], &options[..]].concat());
    let found = summary(&out);
    let expected = [("train_rows", 10), ("test_rows", 2), ("pixels", 6), ("latents", 3)];
    assert!(expected.iter().all(|(key, value)| found[key] == *value), "{found}");
    assert_eq!((&found["data"], &found["model"]), (&"train.idx".into(), &"nonlinear".into()));
    assert!(found["runs"].as_array().unwrap().iter().all(|run| run["diverged"] == false));
    is_made_again_by_its_options(&out, &place);
    fs::write(&test_images, "1,2\n").unwrap();
    let line = refusal(&["train", "--problem=vae", &data, &test]);
    assert!(line.ends_with("test.csv: its images have 2 pixels, and those to train on have 6\n"), "{line}");
}

#[test]
fn a_model_that_is_killed_and_resumed_is_the_one_that_was_not() {
    let place = workplace("vae-killed");
    let data = few_images(&place);
    let training = [
        &*data,
        "--iterations=12",
        "--estimator=relax",
        "--estimator=reinforce-ema",
        "--control-optimiser=adam",
        "--control-optimiser=replay",
        "--latents=10",
    ];
    let out = killed_and_resumed(&place, &training);
    let found = summary(&out);
    let rows: Vec<&str> =
        found["runs"].as_array().unwrap().iter().map(|run| run["estimator"].as_str().unwrap()).collect();
    assert_eq!(rows, ["reinforce-ema", "relax", "relax+replay"]);
}

#[test]
fn the_sum_over_all_states_has_no_variance() {
    let place = workplace("vae-exact");
    let out = place.join("results");
    train(&out, &["--iterations=1", "--latents=10", "--estimator=exact"]);
    let run = &summary(&out)["runs"][0];
    assert_eq!(
        (&run["estimator"], &run["variance_logit"], &run["evaluations"]),
        (&"exact".into(), &0.0.into(), &1024.into())
    );
    is_made_again_by_its_options(&out, &place);
}

/// Two layers of 3 variables: 64 states, and estimators with a memory in each layer.
#[test]
fn a_model_with_two_layers_is_resumed_and_leaves_whole_files() {
    let place = workplace("vae-layers");
    let data = few_images(&place);
    let training = [
        &*data,
        "--model=two-stochastic",
        "--latents=3",
        "--iterations=4",
        "--estimator=exact",
        "--estimator=reinforce-ema",
        "--estimator=mixed",
        "--estimator=local-expectation",
    ];
    let out = killed_and_resumed(&place, &training);
    let found = summary(&out);
    assert_eq!((&found["layers"], &found["latents"]), (&2.into(), &3.into()));
    let rows: Vec<(&str, u64)> = found["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["estimator"].as_str().unwrap(), run["evaluations"].as_u64().unwrap()))
        .collect();
    // Those of the first layer times those of the second.
    assert_eq!(rows, [("reinforce-ema", 1), ("mixed", 4), ("local-expectation", 16), ("exact", 64)]);
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("Two layers of bits") && !report.contains("closed form"));
    is_made_again_by_its_options(&out, &place);
}

#[test]
fn a_model_is_trained_on_a_bound_of_several_samples() {
    let place = workplace("vae-bound");
    let out = place.join("results");
    let estimators = ["--estimator=vimco", "--estimator=local-disarm", "--estimator=local-arms"];
    let data = few_images(&place);
    train(&out, &[&[&*data, "--bound=3", "--latents=4", "--iterations=2"][..], &estimators].concat());
    let found = summary(&out);
    assert_eq!(found["bound"], 3);
    let runs = found["runs"].as_array().unwrap();
    let rows: Vec<(&str, u64)> = runs
        .iter()
        .map(|run| (run["estimator"].as_str().unwrap(), run["evaluations"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [("vimco", 3), ("local-disarm", 6), ("local-arms", 9)]);
    for run in runs {
        let [elbo, bound] = ["train_elbo", "train_bound"].map(|key| run[key].as_f64().unwrap());
        // As above.
        assert!((-20.0..-5.0).contains(&bound) && bound > elbo, "{run}");
        assert!(run["variance_logit"].as_f64().unwrap() > 0.0, "{run}");
    }
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("train bound of 3, nats") && report.contains("normalised importance weights"));
    is_made_again_by_its_options(&out, &place);
}

#[test]
fn estimators_are_compared_with_the_exact_training() {
    let place = workplace("vae-compare");
    let out = place.join("results");
    let data = few_images(&place);
    let arguments = [
        "compare",
        "--problem=vae",
        &*data,
        "--quiet",
        "--latents=2",
        "--batch=5",
        "--iterations=3",
        "--samples=4",
        "--control-optimiser=adam",
        "--control-optimiser=replay",
    ];
    let estimators = ["rloo", "rebar", "enumerate", "straight-through", "relax-linear"]
        .map(|name| format!("--estimator={name}"));
    let estimators: Vec<&str> = estimators.iter().map(String::as_str).collect();
    printed(&[&arguments[..], &estimators, &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(names(&out), ["compare.csv", "compare.json", "compare.svg"]);
    let found: Value = serde_json::from_slice(&fs::read(out.join("compare.json")).unwrap()).unwrap();
    assert_eq!((&found["reference"], &found["same_evaluations"]), (&"exact".into(), &15.into()));
    assert_eq!(found["left_out"][0]["estimator"], "relax-linear");
    let rows = found["estimators"].as_array().unwrap();
    let last = rows.last().unwrap();
    assert_eq!(
        (rows.len(), &last["estimator"], &last["biased"]),
        (5, &"straight-through".into(), &true.into())
    );
    let gaps: Vec<f64> = rows[..4].iter().map(|row| row["gap_same_evaluations"].as_f64().unwrap()).collect();
    assert!(gaps.is_sorted(), "{gaps:?}");
    let exact = rows.iter().find(|row| row["estimator"] == "exact").unwrap();
    assert_eq!((&exact["gap_same_steps"], &exact["evaluations"]), (&0.0.into(), &4.into()));
    assert!(found["verdict"].as_str().unwrap().starts_with("Use "), "{found}");

    let line = refusal(&["compare", "--problem=vae", "--theta=0.3"]);
    assert!(
        line.contains("--theta has no meaning for --problem vae; it is for quadratic, linear, toy"),
        "{line}"
    );
    let line = refusal(&["compare", "--latents=3"]);
    assert!(line.contains("--latents has no meaning for --problem quadratic; it is for vae"), "{line}");
    let line = refusal(&["compare", "--problem=vae", "--estimator=enumerate", "--latents=13"]);
    assert!(line.contains("exact: it evaluates f 8,192 times"), "{line}");
}

#[test]
fn a_model_that_there_is_not_is_refused_in_one_line() {
    for (more, words) in [
        (&["--latents=0"][..], "--latents"),
        (
            &["--latents=400000"],
            "--latents 400000: with images of 64 pixels a matrix has more than 20,000,000 entries",
        ),
        (
            &["--samples=10000", "--latents=2001"],
            "--samples 10000: 5 times as many with 2,001 latent variables",
        ),
        (&["--model=cubic"], "no model has the name cubic; known: linear, nonlinear, two-stochastic"),
        (
            &["--model=two-stochastic", "--estimator=relax"],
            "relax: it needs more of f than values; with two layers there are the estimators that need values of f alone",
        ),
        (&["--model=two-stochastic", "--estimator=relax-basis"], "relax-basis: it has a control"),
        (&["--model=two-stochastic", "--estimator=straight-through"], "straight-through: it needs more of f"),
        (&["--model=two-stochastic", "--estimator=auto"], "auto: it chooses for one layer"),
        (
            &["--model=two-stochastic", "--estimator=exact", "--latents=7"],
            "exact: it evaluates f 16,384 times for an image of 7 latent variables in each of two layers",
        ),
        (&["--model=two-stochastic", "--control-optimiser=replay"], "has two layers without controls"),
        (&["--model=two-stochastic", "--latents=5000"], "--latents 5000: "),
        (&["--bound=1"], "--bound"),
        (
            &["--bound=5", "--estimator=rloo"],
            "--bound 5: rloo has the gradient of E[f], and not that of the bound; there are vimco, local-disarm, local-arms",
        ),
        (&["--bound=5", "--estimator=exact"], "--bound 5: exact has the gradient of E[f]"),
        (&["--estimator=vimco"], "--estimator vimco has the gradient of a bound of several samples"),
        (&["--bound=5", "--model=two-stochastic"], "--bound 5: it is for one layer of latent variables"),
        (&["--bound=5", "--evaluations=2"], "--bound 5: its estimators have K from it"),
        (&["--bound=5", "--control-optimiser=replay"], "--bound 5: its estimators have no control"),
        (&["--bound=10000", "--batch=10000"], "--batch 10000: vimco evaluates f 10,000 times"),
        (&["--data=mnist.csv"], "--data mnist.csv: cannot be read"),
        (&["--test-data=mnist.csv"], "--test-data needs --data"),
        (&["--control-optimiser=gauss-newton"], "gauss-newton learns the control of one distribution"),
        (&["--control-optimiser=least-squares"], "for vae there are adam and replay"),
        (&["--dim=3"], "--dim has no meaning for --problem vae"),
        (&["--estimator=exact"], "exact: it evaluates f 4,294,967,296 times"),
        (&["--estimator=relax-linear"], "relax-linear: "),
        (&["--estimator=rebar", "--evaluations=2"], "rebar: it takes"),
        (&["--estimator=rloo", "--evaluations=1"], "rloo: "),
        (
            &["--batch=1000000", "--estimator=local-expectation"],
            "--batch 1000000: local-expectation evaluates f",
        ),
    ] {
        let line = refusal(&[&["train", "--problem=vae"], more].concat());
        assert!(line.contains(words), "{line}");
    }
    for problem in ["quadratic", "max-cut", "subset"] {
        let line = refusal(&["train", "--problem", problem, "--estimator=vimco"]);
        assert!(line.contains("which --problem vae trains on with --bound K"), "{line}");
    }
    let line = refusal(&["compare", "--problem=vae", "--bound=5"]);
    assert!(line.contains("--bound"), "{line}");
    let line = refusal(&["train", "--latents=32"]);
    assert!(line.contains("--latents has no meaning for --problem quadratic; it is for vae"), "{line}");
}

#[test]
fn a_model_that_diverges_says_so_and_keeps_its_files() {
    let out = workplace("vae-diverged").join("results");
    let arguments = [
        &SHORT[..],
        &[
            out.to_str().unwrap(),
            "--estimator=rebar",
            "--learning-rate=1e307",
            "--iterations=3",
            "--latents=10",
        ],
    ];
    let output = xtask(&arguments.concat());
    assert_eq!(output.status.code(), Some(1));
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(line.contains("every run of rebar diverged"), "{line}");
    let run = &summary(&out)["runs"][0];
    assert_eq!(
        (&run["diverged"], &run["diverged_at"], &run["test_elbo"]),
        (&true.into(), &1.into(), &Value::Null)
    );
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("rebar run 0 diverged"));
}

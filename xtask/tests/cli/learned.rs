//! `cargo xtask train --control-optimiser gauss-newton` and `least-squares`, and the steps that runs take to the goal.

use std::fs;

use super::{printed, refusal, summary, workplace};

/// The exact gradient takes 276 steps; of 140 runs the slowest took 503. Estimators without parameters train along.
#[test]
fn least_squares_need_few_steps_and_say_how_many() {
    let place = workplace("least-squares");
    let out = place.join("out");
    printed(&[
        "train",
        "--estimator=relax-linear",
        "--estimator=reinforce",
        "--control-optimiser=gauss-newton",
        "--control-optimiser=adam",
        "--iterations=552",
        "--repeats=2",
        "--quiet",
        "--out",
        out.to_str().unwrap(),
    ]);
    let found = summary(&out);
    assert_eq!(found["control_optimisers"].as_array().unwrap(), &["adam", "gauss-newton"]);
    let steps = |estimator: &str| -> Vec<Option<u64>> {
        let runs = found["runs"].as_array().unwrap().iter();
        runs.filter(|run| run["estimator"] == estimator).map(|run| run["steps_to"].as_u64()).collect()
    };
    assert!(
        steps("relax-linear+gauss-newton")
            .iter()
            .all(|steps| steps.is_some_and(|steps| (276..552).contains(&steps)))
    );
    assert_eq!([steps("reinforce"), steps("relax-linear")], [[None, None]; 2]);
    let configuration = fs::read_to_string(out.join("config.toml")).unwrap();
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("2 of 2 runs have θ within 0.1 of its goal"), "{report}");
    assert!(report.contains("the one with the best constant control has a variance of 0: with one variable"));
    assert!(configuration.contains("control-optimiser = [\"adam\", \"gauss-newton\"]"));
}

/// A control that is linear in all its parameters needs no more by recursive least squares: of 140 runs the slowest took 418. What is not asked for by name is left out if it has no linear parameter.
#[test]
fn recursive_least_squares_need_as_few() {
    let place = workplace("recursive");
    let train = |name: &str, more: &[&str]| {
        let out = place.join(name);
        let options = ["train", "--control-optimiser=least-squares", "--repeats=2", "--quiet", "--out"];
        printed(&[&options[..], &[out.to_str().unwrap()], more].concat());
        let report = fs::read_to_string(out.join("report.html")).unwrap();
        (summary(&out), report)
    };
    let (found, report) = train("basis", &["--estimator=relax-basis", "--iterations=552"]);
    for run in found["runs"].as_array().unwrap() {
        assert_eq!(run["estimator"], "relax-basis+least-squares");
        assert!(run["steps_to"].as_u64().is_some_and(|steps| (276..552).contains(&steps)), "{run}");
    }
    assert!(report.contains("by least squares on its linear parameters"), "{report}");
    let (found, _) = train("default", &["--iterations=5"]);
    let mut names: Vec<&str> =
        found["runs"].as_array().unwrap().iter().map(|run| run["estimator"].as_str().unwrap()).collect();
    names.dedup();
    assert_eq!(names, ["reinforce", "rebar+least-squares", "relax-linear+least-squares"]);
}

/// Without options, the first experiment has RELAX with a control that is learned quickly, and its configuration names it; two variables have the four estimators alone.
#[test]
fn the_first_experiment_ends_with_a_control_that_is_learned_quickly() {
    let place = workplace("first-experiment");
    let names = |name: &str, more: &[&str]| -> Vec<String> {
        let out = place.join(name);
        let options = ["train", "--iterations=5", "--repeats=1", "--quiet", "--out"];
        printed(&[&options[..], &[out.to_str().unwrap()], more].concat());
        let found = summary(&out);
        let runs = found["runs"].as_array().unwrap().iter();
        runs.map(|run| run["estimator"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["reinforce", "rebar", "relax", "relax-linear", "relax-linear+gauss-newton"];
    assert_eq!(names("default", &[]), all);
    let configuration = place.join("default").join("config.toml");
    assert_eq!(names("again", &["--config", configuration.to_str().unwrap()]), all);
    assert_eq!(names("two", &["--dim=2"]), all[..4]);
    let error = refusal(&["train", "--estimator=relax+least-squares"]);
    assert!(error.contains("the control of relax is not learned by least-squares"), "{error}");
    let error = refusal(&["train", "--problem=max-cut", "--estimator=relax+replay"]);
    assert!(error.contains("--estimator relax+replay is for --problem quadratic"), "{error}");
}

/// θ after a step is in no file, so the first one is found from trainings that end earlier.
#[test]
fn steps_to_is_the_first_step_after_which_theta_is_close() {
    let place = workplace("steps-to");
    let train = |iterations: u64| -> (Option<u64>, f64) {
        let out = place.join(iterations.to_string());
        let iterations = format!("--iterations={iterations}");
        let options = ["--estimator=enumerate", "--learning-rate=0.05", "--repeats=1", "--quiet", "--out"];
        printed(&[&["train", &iterations][..], &options, &[out.to_str().unwrap()]].concat());
        let run = &summary(&out)["runs"][0];
        (run["steps_to"].as_u64(), run["theta"][0].as_f64().unwrap())
    };
    let first = train(200).0.unwrap();
    let (before, at) = (train(first - 1), train(first));
    assert!(before.0.is_none() && before.1 >= 0.1);
    assert!(at.0 == Some(first) && at.1 < 0.1);
}

#[test]
fn what_can_not_be_learned_by_least_squares_is_refused_in_one_line() {
    for (arguments, words) in [
        (
            &["--control-optimiser", "newton"][..],
            &["'newton'", "adam, gauss-newton, least-squares, replay"][..],
        ),
        (
            &["--control-optimiser", "gauss-newton", "--estimator", "relax-coupled"],
            &["gauss-newton", "coupled"],
        ),
        (
            &["--control-optimiser", "least-squares", "--estimator", "relax"],
            &["--estimator relax: ", "0 parameters that enter it linearly"],
        ),
        (
            &["--problem", "max-cut", "--control-optimiser", "gauss-newton"],
            &["--control-optimiser", "max-cut"],
        ),
    ] {
        let line = refusal(&[&["train"], arguments].concat());
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
}

//! `cargo xtask variance` and `train` know every estimator of the list.

use std::fs;

use serde_json::Value;

use voidgrad::estimators::{Count, Method};

use super::{TINY, keys, of_bernoulli, printed, refusal, workplace};

fn answer(arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(&[&["variance", "--json"], arguments].concat())).unwrap()
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} is a number in {value}"))
}

/// What is promised: 1e-9, of the number, or of a unit where it is 0 up to rounding.
#[track_caller]
fn agrees(answer: &Value, key: &str, expected: f64, unit: f64) {
    let error = (number(answer, key) - expected).abs();
    assert!(error <= 1e-9 * expected.abs() || error <= 1e-20 * unit, "{answer}: {key} is not {expected:e}");
}

#[test]
fn rloo_and_disarm_have_the_variances_of_the_reference_for_every_row() {
    let file: Value =
        serde_json::from_str(include_str!("../../../crates/voidgrad/fixtures/toy_variance.json")).unwrap();
    let mut checked = 0;
    for row in file["rows"].as_array().unwrap() {
        let estimator = row["estimator"].as_str().unwrap();
        if !["rloo", "disarm"].contains(&estimator) {
            continue;
        }
        let [theta, target] = ["theta", "target"].map(|key| row[key].to_string());
        let answer =
            answer(&["--estimator", estimator, "--theta", &theta, "--target", &target, "--evaluations", "2"]);
        agrees(&answer, "variance", number(row, "variance_logit"), 1.0);
        assert_eq!((&answer["evaluations"], &answer["biased"]), (&2.into(), &false.into()));
        assert_eq!((&answer["samples"], &answer["variance_standard_error"]), (&0.into(), &0.0.into()));
        checked += 1;
    }
    assert_eq!(checked, 12);
}

/// The mean and the variance of RLOO's ĝ with two samples for one variable, by the sum over both.
fn rloo(theta: f64, target: f64) -> (f64, f64) {
    let f = |b: f64| (b - target) * (b - target);
    let states = [(0.0, 1.0 - theta), (1.0, theta)];
    let mut moments = (0.0, 0.0);
    for (b, p) in states {
        for (other, q) in states {
            let estimate = 0.5 * (f(b) - f(other)) * (b - other);
            moments.0 += p * q * estimate;
            moments.1 += p * q * estimate * estimate;
        }
    }
    (moments.0, moments.1 - moments.0 * moments.0)
}

/// The same for `DisARM`: the samples of u and of 1 - u differ for u in an interval of the width 2·min(θ, 1 - θ), and then
/// `ĝ = ½·(f(1) - f(0))·σ(|a|)`, where `σ(|a|)` is the larger one of θ and 1 - θ.
fn disarm(theta: f64, target: f64) -> (f64, f64) {
    let difference = (1.0 - target) * (1.0 - target) - target * target;
    let estimate = 0.5 * difference * theta.max(1.0 - theta);
    let p = 2.0 * theta.min(1.0 - theta);
    (p * estimate, p * (1.0 - p) * estimate * estimate)
}

#[test]
fn rloo_and_disarm_have_the_variance_of_a_sum_for_any_probability_and_target() {
    for theta in ["1e-7", "0.013", "0.31", "0.5", "0.74", "0.9999"] {
        for target in ["0.499", "-3.7", "0.5", "12.25"] {
            let [p, t] = [theta, target].map(|text| text.parse().unwrap());
            for (estimator, (mean, variance)) in [("rloo", rloo(p, t)), ("disarm", disarm(p, t))] {
                let answer = answer(&["--estimator", estimator, "--theta", theta, "--target", target]);
                // The size of f, whose rounding is left where its two values are equal.
                let unit = 1.0 + t * t;
                agrees(&answer, "variance", variance, unit * unit);
                agrees(&answer, "gradient_mean", mean, unit * 1e5);
            }
        }
    }
}

#[test]
fn variance_knows_every_estimator_and_says_what_it_is() {
    for method in of_bernoulli() {
        let answer = answer(&[
            "--estimator",
            method.name,
            "--theta",
            "0.3",
            "--target",
            "0.45",
            "--dim",
            "3",
            "--samples",
            "300",
        ]);
        let expected = match method.cost.f {
            Count::Fixed(count) => count,
            Count::K | Count::KOrVariablesAndOne | Count::KOrStates => 2,
            Count::TimesK(times) => 2 * times,
            // That of the candidate in use.
            Count::Varies => answer["evaluations"].as_u64().unwrap(),
            Count::VariablesAndOne => 4,
            Count::FourTimesVariables => 12,
            Count::States => 8,
            other => panic!("{}: {other:?}", method.name),
        };
        assert_eq!(
            (&answer["estimator"], &answer["biased"]),
            (&method.name.into(), &method.is_biased().into())
        );
        assert_eq!(answer["evaluations"], expected, "{answer}");
        let spread = if answer["method"] == "monte-carlo" { number(&answer, "variance").sqrt() } else { 0.0 };
        let error = (number(&answer, "gradient_mean") - number(&answer, "gradient_exact")).abs();
        // 300 samples of three coordinates: six standard errors of a mean over all of them, were they one and the same.
        let unbiased = error <= 6.0 * spread / 300_f64.sqrt() + 1e-12;
        assert!(unbiased || method.is_biased(), "{answer}");
    }
}

#[test]
fn evaluations_are_what_is_asked_for_where_there_is_a_choice() {
    let point = ["--theta", "0.3", "--target", "0.45", "--evaluations", "6"];
    let mut asked = 0;
    for method in of_bernoulli() {
        // Of one variable with two states.
        let expected = match method.cost.f {
            Count::K => 6,
            Count::TimesK(times) => 6 * times,
            Count::KOrVariablesAndOne | Count::KOrStates => 2,
            _ => continue,
        };
        let answer = answer(&[&point[..], &["--estimator", method.name, "--samples", "100"]].concat());
        assert_eq!(answer["evaluations"], expected, "{answer}");
        asked += 1;
    }
    assert!(asked >= 8, "{asked}");
    // With three pairs a third of the variance of one.
    let [one, three] = ["2", "6"].map(|k| {
        let k = ["--estimator", "disarm", "--theta", "0.3", "--target", "0.45", "--evaluations", k];
        number(&answer(&k), "variance")
    });
    assert!((one / three / 3.0 - 1.0).abs() < 1e-9, "{one} {three}");
}

#[test]
fn evaluations_that_make_no_sense_are_refused() {
    // The library's tests hold what an estimator says of K to what it takes.
    let of = |method: &Method| match method.cost.f {
        Count::Varies => vec![],
        _ if !method.cost.has_choice() => vec!["2"],
        _ if method.parameters.starts_with("K, even") => vec!["0", "1", "3"],
        _ if method.parameters.starts_with("K ≥ 2") || method.parameters.starts_with("K from 2") => {
            vec!["0", "1"]
        }
        _ => vec!["0"],
    };
    let of_table = of_bernoulli().flat_map(|method| of(method).into_iter().map(|k| (method.name, k)));
    let senseless: Vec<(&str, &str)> = of_table.chain([("rloo", "two"), ("rloo", "10000000")]).collect();
    assert!(senseless.len() >= 30 && senseless.contains(&("disarm", "3")), "{senseless:?}");
    for (estimator, k) in senseless {
        let place = workplace("evaluations");
        let out = place.join("out");
        let choice = ["--estimator", estimator, "--evaluations", k];
        let point = ["variance", "--theta", "0.5", "--target", "0.4"];
        let train = [&TINY[..], &["--out", out.to_str().unwrap()]].concat();
        for command in [&point[..], &train] {
            let line = refusal(&[command, &choice].concat());
            assert!(line.contains(k) || line.contains(estimator), "{line}");
        }
        assert!(!out.exists());
    }
    let line = refusal(&[
        "variance",
        "--estimator",
        "enumerate",
        "--dim",
        "21",
        "--theta",
        "0.5",
        "--target",
        "0.4",
    ]);
    assert!(line.contains("21") && line.contains("20"), "{line}");
}

#[test]
fn train_trains_every_estimator_and_marks_those_with_a_bias() {
    let place = workplace("all");
    let out = place.join("results");
    let mut arguments = ["train", "--iterations", "20", "--repeats", "1", "--dim", "2"].to_vec();
    arguments.extend(["--out", out.to_str().unwrap()]);
    let names = of_bernoulli().map(|method| method.name);
    arguments.extend(names.flat_map(|name| ["--estimator", name]));
    let output = super::xtask(&arguments);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{table}");
    let summary: Value = serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    for method in of_bernoulli() {
        let runs = summary["runs"].as_array().unwrap();
        let run = runs.iter().find(|run| run["estimator"] == method.name).unwrap();
        assert!(keys(run).contains(&"evaluations") && run["evaluations"].as_u64().unwrap() > 0);
        assert_eq!((&run["biased"], &run["diverged"]), (&method.is_biased().into(), &false.into()), "{run}");
        let marked = format!("{} (biased)", method.name);
        assert_eq!(table.contains(&marked), method.is_biased(), "{table}");
        assert_eq!(report.contains(&marked), method.is_biased(), "{}", method.name);
    }
}

#[test]
fn standard_errors_are_those_of_what_they_stand_beside() {
    let point =
        ["--estimator", "rebar", "--theta", "0.3", "--target", "0.45", "--dim", "3", "--lambda", "0.7"];
    let sampled =
        |samples: &str, seed: &str| answer(&[&point[..], &["--samples", samples, "--seed", seed]].concat());
    let long = sampled("200000", "0");
    let (mut gradient, mut variance) = (0, 0);
    for seed in 1..=40 {
        let answer = sampled("500", &seed.to_string());
        let far = |key: &str, error: &str, exact: f64| {
            (number(&answer, key) - exact).abs() > 1.5 * number(&answer, error)
        };
        gradient +=
            u32::from(far("gradient_mean", "gradient_standard_error", number(&answer, "gradient_exact")));
        variance += u32::from(far("variance", "variance_standard_error", number(&long, "variance")));
    }
    // A normal variable is beyond 1.5 standard deviations with probability 0.134, so 5.3 of 40 are. None of 40 has probability
    // 0.003, more than 14 have 0.0003. Errors that are twice too large would leave 0.1 of 40, twice too small ones 18.
    for count in [gradient, variance] {
        assert!((1..=14).contains(&count), "{gradient} {variance}");
    }
}

#[test]
fn too_few_samples_have_no_standard_error() {
    let point = ["--estimator", "rebar", "--theta", "0.3", "--target", "0.45", "--dim", "3"];
    for (samples, has_one) in [("2", false), ("3", false), ("4", true)] {
        let arguments = [&point[..], &["--samples", samples]].concat();
        assert_eq!(answer(&arguments)["variance_standard_error"].is_number(), has_one);
        let text = printed(&[&["variance"], &arguments[..]].concat());
        let variance = text.lines().last().unwrap();
        assert_eq!(variance.contains('±'), has_one, "{text}");
        assert_eq!(variance.contains("too few samples"), !has_one, "{text}");
        assert!(!text.contains("± 0\n"), "{text}");
    }
}

#[test]
fn what_is_too_expensive_to_be_exact_is_sampled_and_says_so() {
    let variance = |estimator: &str, dim: &str| {
        answer(&["--estimator", estimator, "--theta", "0.3", "--target", "0.45", "--dim", dim])
    };
    let exact = variance("reinforce", "10");
    assert_eq!((&exact["method"], &exact["terms"]), (&"enumeration".into(), &1024.into()));
    // 2^20 terms of 21 evaluations of 20 variables each would take minutes here.
    let sampled = variance("local-expectation", "20");
    assert_eq!((&sampled["method"], &sampled["terms"]), (&"monte-carlo".into(), &Value::Null));
    assert!(number(&sampled, "samples") >= 4.0);

    let out = workplace("expensive").join("results");
    let table = String::from_utf8(
        super::xtask(&[
            "train",
            "--dim",
            "10000",
            "--iterations",
            "1",
            "--repeats",
            "1",
            "--estimator",
            "reinforce",
            "--out",
            out.to_str().unwrap(),
        ])
        .stdout,
    )
    .unwrap();
    // 2^19 in units of one variable: 52 samples of 10,000.
    assert!(table.contains("from 52 samples"), "{table}");
    let summary: Value = serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["runs"][0]["samples"], 52);
}

/// f is a sum of one function for each variable, so a constant is all that does not leave 0. In signs its M weights are `(1 - 2t)/(2M)`, and at θ = ½
/// the score is ±½, so the best constant leaves `¼·(1 - 2t)²/(4M)·(1 - 1/M)`.
#[test]
fn floors_are_beside_the_variance() {
    let point = ["--estimator", "reinforce", "--theta", "0.5", "--target", "0.3", "--floor"];
    for (dim, expected) in [("1", 0.0), ("2", 0.16 / 64.0), ("10", 0.16 / 160.0 * 0.9)] {
        let arguments = [&point[..], &["--dim", dim]].concat();
        let answer = answer(&arguments);
        agrees(&answer, "floor_constant", expected, 1e-10);
        agrees(&answer, "floor_additive", 0.0, 1e-10);
        agrees(&answer, "floor_pairwise", 0.0, 1e-10);
        assert!(number(&answer, "floor_constant") <= number(&answer, "variance"), "{answer}");
        let text = printed(&[&["variance"], &arguments[..]].concat());
        let floors: Vec<&str> = text.lines().filter(|line| line.starts_with("floor")).collect();
        let found = format!("{:.10e} with the best constant", number(&answer, "floor_constant"));
        assert!(floors.len() == 3 && floors[0].contains(&found), "{text}");
        assert!(answer["floor_in_use"].is_null() && answer["floor_in_use_standard_error"].is_null());
    }
    assert!(!keys(&answer(&point[..6])).contains(&"floor_constant"));
}

/// By coefficients, there are floors for any number of variables: 300,000 of them, as above.
#[test]
fn floors_have_no_limit_of_variables() {
    let arguments = ["--estimator", "reinforce", "--theta", "0.5", "--target", "0.3", "--floor"];
    let answer = answer(&[&arguments[..], &["--dim", "300000", "--samples", "10"]].concat());
    agrees(&answer, "floor_constant", 0.16 / 16.0 / 3e5 * (1.0 - 1.0 / 3e5), 1e-10);
    agrees(&answer, "floor_pairwise", 0.0, 1e-10);
}

/// The control of one variable can be a constant, whose variance is 0 and exact; with three it leaves something, known from samples.
#[test]
fn the_floor_of_the_control_in_use_is_beside_the_others() {
    let point = ["--estimator", "rebar", "--theta", "0.4", "--target", "0.3", "--floor", "--samples", "2000"];
    let one = answer(&point);
    assert!(number(&one, "floor_in_use") < 1e-3 * number(&one, "variance"), "{one}");
    assert_eq!(number(&one, "floor_in_use_standard_error"), 0.0);
    let arguments = [&point[..], &["--dim", "3"]].concat();
    let three = answer(&arguments);
    let [floor, error, variance] =
        ["floor_in_use", "floor_in_use_standard_error", "variance"].map(|key| number(&three, key));
    assert!(0.0 < error && error < 0.1 * floor && floor < variance, "{three}");
    let text = printed(&[&["variance"], &arguments[..]].concat());
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("floor") && last.contains(" ± ") && last.contains("control of rebar"), "{text}");
    let line = refusal(&[&["variance"], &point[..7], &["--dim", "0"]].concat());
    assert!(line.contains("--dim"), "{line}");
}

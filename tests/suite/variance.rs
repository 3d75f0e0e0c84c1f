//! Exact variances against the reference file, and against a plain quadrature over both noises.

use serde_json::Value;
use voidgrad::controls::{Constant, Rebar, Zero};
use voidgrad::toy::MeanQuadratic;
use voidgrad::{Bernoulli, Control, variance};
use voidgrad_tests::by_hand::sigmoid;
use voidgrad_tests::noise::nodes;

/// The file's own accuracy is 1e-7.
const REFERENCE: f64 = 1e-6;

fn rows(estimator: &str) -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../crates/voidgrad/fixtures/toy_variance.json")).unwrap();
    let rows = file["rows"].as_array().unwrap();
    rows.iter().filter(|row| row["estimator"] == estimator).cloned().collect()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} is a number in {row}"))
}

/// Holds `control` against a row. A variance that is 0 in exact arithmetic comes with a relative error of f², 1e-30.
fn agrees(row: &Value, control: &impl Control) {
    let bernoulli = Bernoulli::from_probabilities(&[number(row, "theta")]).unwrap();
    let objective = MeanQuadratic { target: number(row, "target") };
    let moments = variance::quadrature(&bernoulli, &objective, control).unwrap();
    let expected = number(row, "variance_logit");
    let error = (moments.variance - expected).abs();
    assert!(error <= REFERENCE * expected + 1e-30, "{row}: {}", moments.variance);
    let gradient = objective.gradient(&bernoulli)[0];
    // The mean is as exact as a fraction of the standard deviation.
    let error = (moments.mean[0] - gradient).abs();
    assert!(error <= 1e-7 * expected.sqrt() + 1e-12 * gradient.abs(), "{row}: {}", moments.mean[0]);
}

#[test]
fn reinforce_is_as_in_the_reference() {
    let rows = rows("reinforce");
    assert_eq!(rows.len(), 6);
    for row in rows {
        agrees(&row, &Zero);
        // For a constant control there is a second way: the sum over both states.
        let bernoulli = Bernoulli::from_probabilities(&[number(&row, "theta")]).unwrap();
        let objective = MeanQuadratic { target: number(&row, "target") };
        let moments = variance::enumerate(&bernoulli, &objective, &Zero).unwrap();
        let expected = number(&row, "variance_logit");
        assert!((moments.variance / expected - 1.0).abs() < 1e-12);
    }
}

#[test]
fn rebar_is_as_in_the_reference() {
    let rows = rows("rebar");
    assert_eq!(rows.len(), 24);
    for row in rows {
        let [eta, lambda, target] = ["eta", "lambda_", "target"].map(|key| number(&row, key));
        agrees(&row, &Rebar::new(eta, lambda, target).unwrap());
    }
}

#[test]
fn the_best_constant_has_no_variance_as_in_the_reference() {
    let rows = rows("constant-control");
    assert_eq!(rows.len(), 6);
    for row in rows {
        let [theta, target] = ["theta", "target"].map(|key| number(&row, key));
        let constant = (1.0 - theta) * (1.0 - target).powi(2) + theta * target.powi(2);
        assert!((constant / number(&row, "constant") - 1.0).abs() < 1e-14);
        agrees(&row, &Constant::new(constant).unwrap());
    }
}

#[test]
fn gradients_are_as_in_the_reference() {
    let rows = rows("exact");
    assert_eq!(rows.len(), 6);
    for row in rows {
        let bernoulli = Bernoulli::from_probabilities(&[number(&row, "theta")]).unwrap();
        let gradient = MeanQuadratic { target: number(&row, "target") }.gradient(&bernoulli)[0];
        // 1 - 2t loses the digits of t: 3 of them where t = 0.499.
        assert!((gradient / number(&row, "gradient_logit") - 1.0).abs() < 1e-12);
        let theta = number(&row, "theta");
        let by_theta = gradient / (theta * (1.0 - theta));
        assert!((by_theta / number(&row, "gradient_theta") - 1.0).abs() < 1e-12);
    }
}

/// Mean and variance of REBAR's estimator by the sum over b and a two-dimensional Gauss–Legendre rule over the noises, with every formula written
/// out once more. Panels of width 1 leave an error of 1e-13: the nearest pole of the integrands is π/2 from the axis.
fn by_plain_quadrature(theta: f64, target: f64, eta: f64, lambda: f64) -> (f64, f64) {
    let a = (theta / (1.0 - theta)).ln();
    let c = |z: f64| eta * (sigmoid(z / lambda) - target).powi(2);
    let c_z = |z: f64| {
        let (s, other) = (sigmoid(z / lambda), sigmoid(-z / lambda));
        eta * 2.0 * (s - target) * s * other / lambda
    };
    let (mut first, mut second) = (0.0, 0.0);
    for (b, p, score) in [(1.0_f64, theta, 1.0 - theta), (0.0, 1.0 - theta, -theta)] {
        let nodes = nodes(a, b == 1.0, &[], 1.0);
        let f = (b - target).powi(2);
        // ∂/∂a of z̃ = ln(1 + v·e^a) - ln(1 - v), or of -ln(1 + v·e^-a) + ln(1 - v).
        let z_a =
            |v: f64| if b == 1.0 { v / (v + (1.0 - theta) / theta) } else { v / (v + theta / (1.0 - theta)) };
        let by_u: Vec<f64> = nodes.iter().map(|u| c_z(u.z)).collect();
        for v in &nodes {
            let by_v = (f - c(v.z)) * score - c_z(v.z) * z_a(v.v);
            for (u, by_u) in nodes.iter().zip(&by_u) {
                let estimate = by_v + by_u;
                first += p * u.weight * v.weight * estimate;
                second += p * u.weight * v.weight * estimate * estimate;
            }
        }
    }
    (first, second - first * first)
}

#[test]
fn rebar_is_as_by_a_plain_quadrature_at_settings_of_our_own() {
    let thetas = [1e-6, 1e-4, 0.037, 0.31, 0.5, 0.77, 0.9991, 1.0 - 1e-6];
    let settings = [(0.499, 1.0, 0.5), (0.1, -0.7, 0.05), (0.83, 0.4, 5.0), (0.45, 2.5, 0.21)];
    for theta in thetas {
        for (target, eta, lambda) in settings {
            let bernoulli = Bernoulli::from_probabilities(&[theta]).unwrap();
            let control = Rebar::new(eta, lambda, target).unwrap();
            let moments = variance::quadrature(&bernoulli, &MeanQuadratic { target }, &control).unwrap();
            let (mean, expected) = by_plain_quadrature(theta, target, eta, lambda);
            let text = format!("θ = {theta}, t = {target}, η = {eta}, λ = {lambda}");
            // 1e-7 is promised; the difference of two raw moments is no worse here, where the variance is no small part of them.
            assert!(
                (moments.variance / expected - 1.0).abs() < 2e-7,
                "{text}: {} {expected}",
                moments.variance
            );
            let gradient = (1.0 - 2.0 * target) * theta * (1.0 - theta);
            let deviation = expected.sqrt();
            assert!((moments.mean[0] - gradient).abs() < 1e-7 * deviation, "{text}: {}", moments.mean[0]);
            assert!((mean - gradient).abs() < 1e-7 * deviation, "{text}: the plain quadrature has {mean}");
        }
    }
}

#[test]
fn for_the_first_experiment_rebar_is_best_where_it_is_reinforce() {
    let objective = MeanQuadratic { target: 0.499 };
    let bernoulli = Bernoulli::from_probabilities(&[0.5]).unwrap();
    let variance = |eta: f64, lambda: f64| {
        let control = Rebar::new(eta, lambda, 0.499).unwrap();
        variance::quadrature(&bernoulli, &objective, &control).unwrap().variance
    };
    for lambda in [0.05, 0.2, 0.5, 1.0, 2.0, 5.0] {
        let least = variance(0.0, lambda);
        for eta in [-1.0, -0.1, -0.01, 0.01, 0.1, 1.0] {
            assert!(variance(eta, lambda) > least, "λ = {lambda}, η = {eta}");
        }
    }
}

use rayon::ThreadPoolBuilder;
use serde_json::Value;

use super::nodes::nodes;
use super::{Tolerance, VarianceError, enumerate, moments, monte_carlo, quadrature, quadrature_within};
use crate::bernoulli::{Bernoulli, logit};
use crate::control::Control;
use crate::controls::by_hand;
use crate::controls::{Constant, Rebar, Relax, RelaxLinear, Zero};
use crate::estimator::AnyEstimator;
use crate::estimators::{Disarm, Rloo};
use crate::noise::Stream;
use crate::toy::MeanQuadratic;

fn one(theta: f64) -> Bernoulli {
    Bernoulli::from_probabilities(&[theta]).unwrap()
}

#[test]
fn the_reference_is_reproduced() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/toy_variance.json");
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut rows = 0;
    for row in reference["rows"].as_array().unwrap() {
        let number = |name: &str| row[name].as_f64().unwrap();
        let (bernoulli, f) = (one(number("theta")), MeanQuadratic { target: number("target") });
        let estimator: AnyEstimator = match row["estimator"].as_str().unwrap() {
            "reinforce" => Box::new(Zero),
            "rloo" => Box::new(Rloo::new(row["samples"].as_u64().unwrap()).unwrap()),
            "disarm" => Box::new(Disarm::new(2).unwrap()),
            "rebar" => Box::new(Rebar::new(number("eta"), number("lambda_"), f.target).unwrap()),
            "constant-control" => Box::new(Constant::new(number("constant")).unwrap()),
            "exact" => {
                assert!((f.gradient(&bernoulli)[0] - number("gradient_logit")).abs() < 1e-15);
                continue;
            }
            other => panic!("what is {other}?"),
        };
        let moments = moments(&bernoulli, &f, &estimator).unwrap();
        let expected = number("variance_logit");
        // REBAR's rows are accurate to 1e-7, and so is the quadrature; the others are formulas, and leave rounding only.
        let accuracy = if row["estimator"] == "rebar" { 2e-7 } else { 1e-9 };
        assert!((moments.variance - expected).abs() <= accuracy * expected + 1e-25, "{row}: {moments:?}");
        assert!((moments.mean[0] - f.gradient(&bernoulli)[0]).abs() < 1e-9);
        rows += 1;
    }
    assert_eq!(rows, 48);
}

/// The moments by a rule that does not adapt: `rule` gives the points `|z|` and weights for each b.
fn by_rule(
    bernoulli: &Bernoulli,
    f: MeanQuadratic,
    control: &impl Control,
    rule: impl Fn(bool) -> Vec<(f64, f64)>,
) -> [f64; 2] {
    let a = bernoulli.logits()[0];
    let [(p_0, mean_0, variance_0), (p_1, mean_1, variance_1)] = [false, true].map(|b| {
        let value = f.value(&[f64::from(u8::from(b))]);
        let (sign, p) = (if b { 1.0 } else { -1.0 }, logit::ln_p(b, a).exp());
        let score = sign * logit::ln_p(!b, a).exp();
        let points: Vec<[f64; 3]> = rule(b)
            .into_iter()
            .map(|(y, weight)| {
                let mut c_z = [0.0];
                let c = control.value_and_d_z(&[sign * y], &mut c_z);
                let tilde = (value - c) * score + c_z[0] * p * (-y).exp_m1();
                [weight * logit::density_given(sign * y, a, b), tilde, c_z[0]]
            })
            .collect();
        let mean = |part: usize| points.iter().map(|point| point[0] * point[part]).sum::<f64>();
        let (tilde, free) = (mean(1), mean(2));
        let variance: f64 =
            points.iter().map(|[w, x, y]| w * ((x - tilde).powi(2) + (y - free).powi(2))).sum();
        (p, tilde + free, variance)
    });
    let mean = p_0 * mean_0 + p_1 * mean_1;
    [mean, p_0 * variance_0 + p_1 * variance_1 + p_0 * p_1 * (mean_1 - mean_0).powi(2)]
}

// The reference is the trapezoidal rule in `t`, `|z| = e^t`: everything is analytic there and decays at both
// ends, so it converges geometrically.
#[test]
fn rebar_is_exact_for_small_and_large_probabilities_and_temperatures() {
    const STEP: f64 = 1.0 / 256.0;
    let trapezoids =
        |_: bool| (-12_000..1_200).map(|i| f64::from(i) * STEP).map(|t| (t.exp(), STEP * t.exp()));
    let f = MeanQuadratic { target: 0.499 };
    for theta in [1e-6, 1e-3, 0.3, 0.5, 0.999, 1.0 - 1e-6] {
        for lambda in [0.05, 0.5, 5.0] {
            for eta in [1.0, -0.3] {
                let control = Rebar::new(eta, lambda, f.target).unwrap();
                let moments = quadrature(&one(theta), &f, &control).unwrap();
                let [mean, variance] = by_rule(&one(theta), f, &control, |b| trapezoids(b).collect());
                assert!((moments.variance / variance - 1.0).abs() < 1e-7, "{theta} {lambda} {eta}");
                assert!((moments.mean[0] - mean).abs() < 1e-7 * variance.sqrt());
            }
        }
    }
}

// The reference knows where the kinks are and has a rule for each piece between them.
#[test]
fn kinks_are_found_wherever_they_are() {
    let f = MeanQuadratic { target: 0.499 };
    for row in 0..25 {
        let control = Relax::draw(0.5, f.target, &mut Stream::new(17, 0, row)).unwrap();
        let kinks = by_hand::kinks(control.phi().as_slice(), true);
        let pieces = |b: bool| {
            let sign = if b { 1.0 } else { -1.0 };
            let mut ends: Vec<f64> = kinks.iter().map(|z| sign * z).filter(|&z| z > 0.0).collect();
            ends.extend((0..=24).map(|i| 50.0 * f64::from(i).powi(3) / f64::from(24_u32.pow(3))));
            ends.sort_by(f64::total_cmp);
            ends.windows(2).flat_map(|ends| nodes(ends[0], ends[1])).collect()
        };
        for theta in [0.03, 0.5, 0.9] {
            let moments = quadrature(&one(theta), &f, &control).unwrap();
            let [mean, variance] = by_rule(&one(theta), f, &control, pieces);
            assert!((moments.variance / variance - 1.0).abs() < 1e-7, "{row} {theta}");
            assert!((mean - f.gradient(&one(theta))[0]).abs() < 1e-9, "the reference, {row} {theta}: {mean}");
            assert!((moments.mean[0] - mean).abs() < 1e-7 * variance.sqrt());
        }
    }
}

// A jump of ∂c/∂z closer to a panel's end than its outermost node is seen by no node.
#[test]
fn a_kink_beside_a_breakpoint_is_found() {
    use nalgebra::{SMatrix, SVector};
    let f = MeanQuadratic { target: 0.499 };
    for offset in [1e-9, 1e-6, 1e-4, 1e-3, 2e-3] {
        for at in [0.03, 0.6, 2.0, 5.0, 1.0, 0.3] {
            let unit = |value: f64| SVector::from_fn(|i, _| if i == 0 { value } else { 0.0 });
            let zero = SVector::zeros();
            let identity = SMatrix::identity();
            let control = RelaxLinear::new(
                0.5,
                unit(1.0),
                unit(-at - offset),
                identity,
                zero,
                unit(1.0),
                0.0,
                f.target,
            )
            .unwrap();
            let moments = quadrature(&one(0.6), &f, &control).unwrap();
            let gradient = f.gradient(&one(0.6))[0];
            assert!((moments.mean[0] - gradient).abs() < 1e-7 * moments.variance.sqrt(), "{at} + {offset}");
        }
    }
}

// For a constant c* + δ, ĝ is the gradient less δ times the score, so Var = δ²θ(1-θ).
#[test]
fn variances_that_almost_vanish_keep_their_digits() {
    for theta in [1e-6, 0.05, 0.5, 0.999_f64] {
        let f = |b: &[f64]| (b[0] - 0.499).powi(2);
        let best = (1.0 - theta) * f(&[1.0]) + theta * f(&[0.0]);
        for delta in [1e-2, 1e-4, 1e-6] {
            let control = Constant::new(best + delta).unwrap();
            let variance = quadrature(&one(theta), &f, &control).unwrap().variance;
            let expected = (control.baseline() - best).powi(2) * theta * (1.0 - theta);
            // c* itself is known to 1e-16 only, a part of 1e-16/δ of the distance to it.
            assert!((variance / expected - 1.0).abs() < 1e-15 / delta * 2.0 + 1e-12, "{theta} {delta}");
        }
        assert!(quadrature(&one(theta), &f, &Constant::new(best).unwrap()).unwrap().variance < 1e-30);
    }
}

#[test]
fn rebar_is_best_without_its_control_on_the_toy_problem() {
    let f = MeanQuadratic { target: 0.499 };
    for lambda in [0.05, 0.2, 0.5, 1.0, 2.0, 5.0] {
        let variance =
            |eta: f64| quadrature(&one(0.5), &f, &Rebar::new(eta, lambda, 0.499).unwrap()).unwrap().variance;
        for eta in [-1.0, -0.3, -0.1, 0.1, 0.3, 1.0] {
            assert!(variance(eta) > variance(0.0), "{lambda} {eta}");
        }
    }
}

#[test]
fn extreme_logits_are_no_error() {
    let f = MeanQuadratic { target: 0.499 };
    for a in [-700.0, -300.0, -40.0, 40.0, 300.0, 700.0] {
        let bernoulli = Bernoulli::from_logits(&[a]).unwrap();
        let reinforce = quadrature(&bernoulli, &f, &Zero).unwrap().variance;
        // (f(b)·score)² weighted by p(b), of which the rare b is all that counts.
        let rare = f.value(&[f64::from(u8::from(a < 0.0))]).powi(2) * (-a.abs()).exp();
        assert!((reinforce / rare - 1.0).abs() < 1e-7, "{a}: {reinforce} {rare}");
        assert!(quadrature(&bernoulli, &f, &Rebar::new(1.0, 0.5, 0.499).unwrap()).is_ok());
    }
}

#[test]
fn enumeration_is_quadrature_for_one_variable() {
    let f = MeanQuadratic { target: 0.2 };
    for control in [0.0, 0.4].map(|baseline| Constant::new(baseline).unwrap()) {
        let sum = enumerate(&one(0.3), &f, &control).unwrap();
        let integral = quadrature(&one(0.3), &f, &control).unwrap();
        assert!((sum.mean[0] - integral.mean[0]).abs() < 1e-15);
        assert!((sum.variance / integral.variance - 1.0).abs() < 1e-12);
    }
}

#[test]
fn enumeration_refuses_what_it_cannot_do() {
    let f = MeanQuadratic { target: 0.2 };
    let rebar = Rebar::new(1.0, 0.5, 0.2).unwrap();
    assert!(matches!(enumerate(&one(0.3), &f, &rebar), Err(VarianceError::UsesNoise { .. })));
    let many = Bernoulli::from_logits(&[0.0; 21]).unwrap();
    let error = enumerate(&many, &f, &Zero).unwrap_err();
    assert_eq!(error, VarianceError::TooManyVariables { found: 21, allowed: 20 });
    assert!(matches!(quadrature(&many, &f, &Zero), Err(VarianceError::TooManyVariables { allowed: 1, .. })));
}

#[test]
fn samples_agree_with_enumeration() {
    let bernoulli = Bernoulli::from_logits(&[-1.0, 0.0, 0.5, 2.0]).unwrap();
    let f = |b: &[f64]| b[0] + b[1] * b[2] - 2.0 * b[3];
    let expected = enumerate(&bernoulli, &f, &Zero).unwrap();
    let sampled = monte_carlo(&bernoulli, &f, &Zero, 100_000, 5).unwrap();
    // False alarm in 6e-5 of all seeds.
    assert!((sampled.variance - expected.variance).abs() < 4.0 * sampled.standard_error);
    assert!(sampled.standard_error < 0.01 * expected.variance);
}

// The standard error says how far off a variance is: over 200 seeds, the mean of its squared score is 1 ± 0.1.
#[test]
fn the_standard_error_is_one() {
    let f = MeanQuadratic { target: 0.499 };
    let control = Rebar::new(1.0, 0.5, 0.499).unwrap();
    let expected = quadrature(&one(0.4), &f, &control).unwrap().variance;
    let scores = (0..200).map(|seed| {
        let sampled = monte_carlo(&one(0.4), &f, &control, 2_000, seed).unwrap();
        ((sampled.variance - expected) / sampled.standard_error).powi(2)
    });
    let mean = scores.sum::<f64>() / 200.0;
    // Four standard deviations of the mean of 200 χ² variables: false alarm in about 1e-4 of all choices of
    // seeds.
    assert!((mean - 1.0).abs() < 0.4, "{mean}");
}

#[test]
fn samples_do_not_depend_on_the_number_of_threads() {
    let f = MeanQuadratic { target: 0.499 };
    let control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 0)).unwrap();
    let bernoulli = Bernoulli::from_logits(&[0.3, -1.0, 0.9]).unwrap();
    let with = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| monte_carlo(&bernoulli, &f, &control, 5_000, 3).unwrap())
    };
    let (single, many) = (with(1), with(7));
    assert_eq!(single.variance.to_bits(), many.variance.to_bits());
    assert_eq!(single, many);
    assert!(monte_carlo(&bernoulli, &f, &control, 1, 3).is_err());
}

#[test]
fn values_that_are_not_finite_are_errors() {
    let broken = |b: &[f64]| if b[0] > 0.5 { f64::NAN } else { 1.0 };
    assert!(matches!(quadrature(&one(0.5), &broken, &Zero), Err(VarianceError::NotFinite { .. })));
    assert!(matches!(enumerate(&one(0.5), &broken, &Zero), Err(VarianceError::NotFinite { .. })));
    assert!(matches!(monte_carlo(&one(0.5), &broken, &Zero, 100, 0), Err(VarianceError::Estimate(_))));
}

#[test]
fn a_tolerance_out_of_reach_is_an_error() {
    let (f, control) = (MeanQuadratic { target: 0.2 }, Rebar::new(1.0, 0.01, 0.2).unwrap());
    let few = Tolerance { panels: 10, ..Tolerance::default() };
    let error = quadrature_within(&one(0.5), &f, &control, few).unwrap_err();
    assert!(matches!(error, VarianceError::NotConverged { .. }), "{error}");
}

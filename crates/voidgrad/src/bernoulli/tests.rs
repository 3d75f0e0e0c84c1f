use super::{Bernoulli, logit, probability};
use crate::distribution::Distribution as _;
use crate::quadrature::integrate;
use crate::variance::Tolerance;

const LOGITS: [f64; 9] = [-700.0, -36.0, -13.8, -1.0, 0.0, 0.3, 13.8, 36.0, 700.0];
/// One unit in the last place from 0 (of numbers around 1) and from 1, and what is between.
const NOISE: [f64; 6] = [f64::EPSILON / 2.0, 1e-9, 0.2, 0.5, 0.8, 1.0 - f64::EPSILON / 2.0];

#[test]
fn the_threshold_of_z_tilde_is_b() {
    for a in LOGITS {
        for v in NOISE {
            for b in [false, true] {
                let z_tilde = logit::g_tilde(v, a, b);
                assert!(z_tilde.is_finite() && logit::threshold(z_tilde) == b, "a = {a}, v = {v}: {z_tilde}");
            }
        }
    }
}

// The cumulative distribution of the logistic, conditioned on b, takes z̃ back to v.
#[test]
fn z_tilde_has_the_distribution_of_z_given_b() {
    for a in [-3.0, -0.4, 0.0, 1.0, 4.0_f64] {
        for v in [0.01, 0.3, 0.9] {
            let p_1 = 1.0 / (1.0 + (-a).exp());
            let cumulative = |z: f64| 1.0 / (1.0 + (a - z).exp());
            let up = (cumulative(logit::g_tilde(v, a, true)) - (1.0 - p_1)) / p_1;
            assert!((up - v).abs() < 1e-14, "{up} {v}");
            // Where b = 0, z̃ falls as v grows.
            let down = cumulative(logit::g_tilde(v, a, false)) / (1.0 - p_1);
            assert!((down - (1.0 - v)).abs() < 1e-14, "{down} {v}");
        }
    }
}

#[test]
fn both_parameterisations_are_the_same_functions() {
    for theta in [0.01, 0.3, 0.5, 0.9_f64] {
        let a = (theta / (1.0 - theta)).ln();
        let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-14 * (1.0 + x.abs()), "{x} {y}");
        for v in [0.01, 0.5, 0.7] {
            close(logit::g(v, a), probability::g(v, theta));
            for b in [false, true] {
                close(logit::g_tilde(v, a, b), probability::g_tilde(v, theta, b));
                close(logit::ln_p(b, a), probability::ln_p(b, theta));
                for z in [-2.0, -0.0, 0.0, 3.0] {
                    close(logit::density_given(z, a, b), probability::density_given(z, theta, b));
                }
            }
        }
        // The density of a logistic variable, with the odds r.
        let (r, z) = (theta / (1.0 - theta), 0.7_f64);
        close(probability::density(z, theta), r * (-z).exp() / (1.0 + r * (-z).exp()).powi(2));
    }
}

#[test]
fn densities_given_b_have_mass_1_where_b_is() {
    for a in LOGITS {
        for b in [false, true] {
            let sign = if b { 1.0 } else { -1.0 };
            let peak = (sign * a).max(0.0);
            let mut ends = vec![0.0, 1.0, 10.0, peak - 30.0, peak - 1.0, peak + 1.0, peak + 60.0];
            ends.retain(|&end| end >= 0.0);
            ends.sort_by(f64::total_cmp);
            ends.dedup();
            let tolerance = Tolerance { relative: 1e-12, ..Tolerance::default() };
            // At z = 0 itself the density is on the side of 1; the nodes never fall on it.
            let mass = integrate(|y| logit::density_given(sign * y, a, b), &ends, tolerance).value;
            assert!((mass - 1.0).abs() < 1e-11, "a = {a}, b = {b}: {mass}");
            assert_eq!(logit::density_given(-sign, a, b), 0.0);
        }
    }
}

#[test]
fn what_is_no_probability_is_refused() {
    for theta in [0.0, 1.0, -0.1, 1.2, f64::NAN, f64::INFINITY] {
        assert!(Bernoulli::from_probabilities(&[0.5, theta]).is_err());
    }
    assert!(Bernoulli::from_logits(&[0.0, f64::INFINITY]).is_err());
    let error = Bernoulli::from_logits(&[]).unwrap_err();
    assert_eq!(error.to_string(), "number of variables = 0 is not at least 1");
}

#[test]
fn logits_survive_where_probabilities_round() {
    let bernoulli = Bernoulli::from_logits(&[-700.0, 40.0]).unwrap();
    assert_eq!(bernoulli.logits(), [-700.0, 40.0]);
    let tiny = Bernoulli::from_probabilities(&[1e-300]).unwrap();
    assert!((tiny.logits()[0] - 1e-300_f64.ln()).abs() < 1e-12);
}

#[test]
fn many_that_are_set_at_once_are_as_each_alone() {
    for count in [1, 7, 8, 15, 16, 17, 40] {
        let logits: Vec<f64> = (0..3 * count).map(|i| 9.0 * (1.3 * i as f64).sin()).collect();
        let mut all = vec![Bernoulli::from_logits(&vec![0.5; count]).unwrap(); 3];
        Bernoulli::set_all(&mut all, &logits).unwrap();
        for (one, logits) in all.iter().zip(logits.chunks(count)) {
            assert_eq!(*one, Bernoulli::from_logits(logits).unwrap());
        }
        let mut refused = logits.clone();
        refused[count] = f64::NAN;
        assert!(Bernoulli::set_all(&mut all, &refused).is_err());
        assert_eq!(all[1], Bernoulli::from_logits(&logits[count..2 * count]).unwrap());
    }
}

#[test]
fn z_tilde_and_its_derivative_have_the_bits_of_both() {
    for a in [-800.0, -700.0, -40.0, -1.3, 0.0, 0.7, 36.0, 700.0, 700.5, 1e300] {
        for v in (1..200).map(|i| f64::from(i) / 200.0).chain([5e-324, 1e-300, 1.0 - 0.5 * f64::EPSILON]) {
            for b in [false, true] {
                let expected = (logit::g_tilde(v, a, b), logit::g_tilde::d_a(v, a, b));
                assert_eq!(logit::g_tilde_and_d_a(v, a, b), expected, "v = {v}, a = {a}, {b}");
            }
        }
    }
}

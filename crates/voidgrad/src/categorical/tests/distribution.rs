use super::super::{Categorical, CategoricalError, row::Row};
use super::{LOGITS, NOISE, logit, one_variable, unit};
use crate::bernoulli;
use crate::controls::Zero;
use crate::distribution::Distribution as _;
use crate::estimator::Estimator as _;
use crate::quadrature::integrate;
use crate::variance::Tolerance;

/// What `|a| ≤ 700` is allowed by the conditioning of `e^a`: 1400 units in the last place, and a few operations.
const CONDITIONED: f64 = 4e-13;

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs(), "{found:e}, expected {expected:e}");
}

#[test]
fn probabilities_and_their_complements_are_exact_far_out() {
    for a in LOGITS {
        let row = Row::new(&a);
        for k in 0..3 {
            // θ_k = 1/(1 + Σ_{j≠k} e^(a_j - a_k)); the sum alone is (1 - θ_k)/θ_k.
            let odds: f64 = (0..3).filter(|j| *j != k).map(|j| (a[j] - a[k]).exp()).sum();
            let found = row.at(k);
            let expected = if odds.is_finite() { 1.0 / (1.0 + odds) } else { 0.0 };
            // Below the normal numbers only their spacing is left.
            assert!((found.theta - expected).abs() <= 1e-15 * expected + f64::MIN_POSITIVE, "{a:?} {k}");
            if odds < 1e300 {
                close(found.rest, odds / (1.0 + odds), 1e-15);
                close(found.ln_theta, -odds.ln_1p(), 1e-15);
            }
            assert!(found.ln_theta.is_finite() && found.ln_theta <= 0.0);
        }
    }
}

#[test]
fn the_functions_of_arrays_agree_with_the_distribution() {
    for a in LOGITS {
        let categorical = one_variable(a);
        for b in 0..3 {
            close(logit::ln_p(unit(b), a), categorical.ln_probabilities()[b], CONDITIONED);
            assert_eq!(categorical.ln_p(&unit(b)).unwrap(), categorical.ln_probabilities()[b]);
            let score = logit::ln_p::d_a(unit(b), a);
            for (k, score) in score.into_iter().enumerate() {
                let expected =
                    if k == b { categorical.complements()[k] } else { -categorical.probabilities()[k] };
                assert!((score - expected).abs() <= CONDITIONED * expected.abs() + f64::MIN_POSITIVE);
            }
        }
    }
}

#[test]
fn the_argmax_of_z_has_the_probabilities_of_the_softmax() {
    use crate::noise::Stream;
    let a = [0.3, -1.2, 0.8];
    let categorical = Categorical::from_logits(&[a, a].concat(), 3).unwrap();
    // A control takes as many numbers again for z̃.
    let (mut stream, mut noise, mut b) = (Stream::new(31, 0, 0), [0.0; 12], [0.0; 6]);
    let samples = 200_000;
    let mut counts = [[0_u32; 3]; 3];
    for _ in 0..samples {
        stream.fill_open01(&mut noise);
        Zero.ask(&categorical, &noise, &mut b);
        let states = categorical.indices(&b).unwrap();
        counts[states[0]][states[1]] += 1;
    }
    let theta = categorical.probabilities();
    for (i, row) in counts.iter().enumerate() {
        for (j, &count) in row.iter().enumerate() {
            let p = theta[i] * theta[j];
            let deviation =
                (f64::from(count) - p * f64::from(samples)) / (f64::from(samples) * p * (1.0 - p)).sqrt();
            // Each of the nine is that far off with a probability of 2e-9.
            assert!(deviation.abs() < 6.0, "{deviation}");
        }
    }
}

// With -ln u = E: z_1 - z_0 = a_1 - a_0 + ln(E_0/E_1), and E_0/(E_0 + E_1) is uniform; the same for z̃.
#[test]
fn two_states_are_a_bernoulli_variable() {
    for a in [[0.0, 0.0], [0.4, -0.9], [-2.0, 5.0], [700.0, 0.0], [-20.0, 20.0]] {
        let logit_of_1 = a[1] - a[0];
        let units = [[1.0, 0.0], [0.0, 1.0]];
        for b in [false, true] {
            close(logit::ln_p(units[usize::from(b)], a), bernoulli::logit::ln_p(b, logit_of_1), CONDITIONED);
            let score = logit::ln_p::d_a(units[usize::from(b)], a);
            let expected = bernoulli::logit::ln_p::d_a(b, logit_of_1);
            close(score[1], expected, CONDITIONED);
            close(score[0], -expected, CONDITIONED);
        }
        for noise in [[0.3, 0.6], [0.9, 0.01], [0.5, 0.99]] {
            let exponential = noise.map(|u: f64| -u.ln());
            let uniform = exponential[0] / (exponential[0] + exponential[1]);
            let z = [0, 1].map(|k| logit::g(noise[k], units[k], a));
            let expected = bernoulli::logit::g(uniform, logit_of_1);
            assert!((z[1] - z[0] - expected).abs() < 1e-13 * (1.0 + expected.abs()));
            for b in [false, true] {
                let drawn = usize::from(b);
                // Where b = 0 the Bernoulli z̃ falls as v grows.
                let v = exponential[1 - drawn] / (exponential[0] + exponential[1]);
                let z_tilde =
                    [0, 1].map(|k| logit::g_tilde(noise[k], noise[drawn], units[k], units[drawn], a));
                let expected = bernoulli::logit::g_tilde(v, logit_of_1, b);
                assert!((z_tilde[1] - z_tilde[0] - expected).abs() < 1e-13 * (1.0 + expected.abs()));
            }
        }
    }
}

/// `∫∫ e^(f(x, y)) dx dy` over a square that holds all but 1e-13 of Gumbel variables around numbers in [-4, 0].
fn mass(f: impl Fn(f64, f64) -> f64, diagonal: bool) -> f64 {
    let tolerance = Tolerance { relative: 1e-10, absolute: 1e-13, ..Tolerance::default() };
    let inner = |x: f64| {
        let mut ends = vec![-9.0, -4.0, 0.0, 4.0, 31.0];
        if diagonal {
            ends.push(x);
            ends.sort_by(f64::total_cmp);
        }
        integrate(|y| f(x, y).exp(), &ends, tolerance).value
    };
    integrate(inner, &[-9.0, -4.0, 0.0, 4.0, 31.0], tolerance).value
}

#[test]
fn the_densities_have_mass_1_and_that_of_z_has_p_of_b_where_the_argmax_is_b() {
    for a in [[0.0, 0.0], [0.5, -1.5]] {
        // 1e-9: the tolerance of the two integrals.
        close(mass(|x, y| logit::ln_density([x, y], a), false), 1.0, 1e-9);
        for b in [[1.0, 0.0], [0.0, 1.0]] {
            close(mass(|x, y| logit::ln_density_given([x, y], a, b), true), 1.0, 1e-9);
            let here =
                |x, y| if (x < y) == (b[1] > 0.5) { logit::ln_density([x, y], a) } else { f64::NEG_INFINITY };
            close(mass(here, true), logit::ln_p(b, a).exp(), 1e-9);
        }
    }
}

#[test]
fn what_is_no_categorical_variable_is_refused() {
    for value in [f64::NAN, f64::INFINITY] {
        assert!(matches!(Categorical::from_logits(&[0.0, value], 2), Err(CategoricalError::Value(_))));
    }
    for theta in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(Categorical::from_probabilities(&[1.0 - theta, theta], 2).is_err());
    }
    for (found, states) in [(0, 2), (3, 2), (2, 1), (4, 0), (2, 3)] {
        assert!(Categorical::from_logits(&vec![0.0; found], states).is_err(), "{found} {states}");
    }
    let error = Categorical::from_logits(&[1.0], 1).unwrap_err();
    assert_eq!(error.to_string(), "number of states = 1 is not at least 2");
    let mut categorical = Categorical::from_logits(&[0.0; 4], 2).unwrap();
    assert!(
        categorical.set_parameters(&[1.0; 2]).is_err() && categorical.set_parameters(&[f64::NAN; 4]).is_err()
    );
    assert_eq!(categorical, Categorical::from_logits(&[0.0; 4], 2).unwrap());
    for b in [&[1.0, 0.0][..], &[1.0, 0.0, 1.0, 1.0], &[1.0, 0.0, 0.0, 0.0], &[1.0, 0.0, f64::NAN, 1.0]] {
        assert!(categorical.ln_p(b).is_err(), "{b:?}");
    }
    let error = categorical.ln_p(&[1.0, 0.0, 0.5, 0.5]).unwrap_err();
    assert_eq!(error.to_string(), "the row [0.5, 0.5] of variable 1 is not one-hot");
}

#[test]
fn logits_may_be_any_finite_numbers() {
    let a = [f64::MAX, -f64::MAX, 0.0];
    let categorical = one_variable(a);
    assert_eq!(categorical.probabilities(), [1.0, 0.0, 0.0]);
    for u in NOISE {
        let [mut of_control, mut of_one_number] = [[0.0; 3]; 2];
        Zero.ask(&categorical, &[u; 6], &mut of_control);
        categorical.sample(&[u], &mut of_one_number);
        assert_eq!([&of_control[..], &of_one_number], [unit(0); 2], "{u}");
    }
    assert!(categorical.ln_probabilities().iter().all(|ln_theta| ln_theta.is_finite()));
}

#[test]
fn probabilities_come_back() {
    let theta = [0.2, 0.3, 0.5, 1e-300, 1.0 - 1e-9, 1e-9];
    let categorical = Categorical::from_probabilities(&theta, 3).unwrap();
    for (found, expected) in categorical.probabilities().iter().zip(theta) {
        // The logarithm of 1e-300 is known to 6e-14.
        close(*found, expected, 1e-13);
    }
}

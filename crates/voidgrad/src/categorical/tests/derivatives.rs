use super::super::row;
use super::{LOGITS, logit, one_variable, unit};

const STEP: f64 = 1e-5;
/// Truncation `STEP²` = 1e-10 and rounding 1e-16/STEP = 1e-11, times values of up to 10.
const DIFFERENCES: f64 = 2e-9;
const A: [f64; 3] = [0.3, -1.2, 0.8];

fn difference(f: impl Fn([f64; 3]) -> f64, i: usize) -> f64 {
    let at = |offset: f64| {
        let mut moved = A;
        moved[i] += offset;
        f(moved)
    };
    (at(STEP) - at(-STEP)) / (2.0 * STEP)
}

#[test]
fn derivatives_by_the_logits_are_finite_differences() {
    let close =
        |found: f64, expected: f64| assert!((found - expected).abs() < DIFFERENCES, "{found} {expected}");
    for i in 0..3 {
        for k in 0..3 {
            close(logit::ln_p::d_a(unit(k), A)[i], difference(|a| logit::ln_p(unit(k), a), i));
            close(logit::g::d_a(0.3, unit(k), A)[i], difference(|a| logit::g(0.3, unit(k), a), i));
            for b in 0..3 {
                let v_b = if k == b { 0.3 } else { 0.6 };
                let found = logit::g_tilde::d_a(0.3, v_b, unit(k), unit(b), A)[i];
                close(found, difference(|a| logit::g_tilde(0.3, v_b, unit(k), unit(b), a), i));
            }
        }
    }
}

// What the macro makes of the formula, against the closed form that the estimators use.
#[test]
fn the_closed_form_through_the_softmax_is_the_derivative_that_the_macro_writes() {
    for a in LOGITS {
        let categorical = one_variable(a);
        let (theta, rest) = (categorical.probabilities(), categorical.complements());
        let jacobian: [[f64; 3]; 3] = std::array::from_fn(|k| logit::ln_p::d_a(unit(k), a));
        for x in [[1.0, 0.0, 0.0], [0.7, -0.2, 1.9], [1e150, -1e150, 1e140], [1e-150, 0.0, 3e-150]] {
            let (mut pulled, mut centred) = (x, x);
            row::pull_back(theta, rest, &mut pulled);
            row::centre(theta, rest, &mut centred);
            for j in 0..3 {
                let column: [f64; 3] = std::array::from_fn(|k| jacobian[k][j]);
                for (found, weights) in [(pulled[j], column), (centred[j], jacobian[j])] {
                    let terms: [f64; 3] = std::array::from_fn(|k| weights[k] * x[k]);
                    let expected: f64 = terms.iter().sum();
                    // Relative to the terms, whose sum may cancel; 4e-13 is the conditioning of e^a.
                    let size: f64 = terms.iter().map(|term| term.abs()).sum();
                    assert!(
                        (found - expected).abs() <= 4e-13 * size,
                        "{a:?} {x:?} {j}: {found:e} {expected:e}"
                    );
                }
            }
        }
    }
}

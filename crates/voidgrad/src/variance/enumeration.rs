//! Exact moments by the sum over all states.

use super::{Moments, Technique, VarianceError};
use crate::bernoulli::{Bernoulli, LARGEST_ENUMERATION, logit};
use crate::control::Control;
use crate::error::EstimateError;
use crate::estimator::suits;
use crate::objective::{Objective, Points};

/// Exact moments of the estimator with a control that is a constant c, by the sum over the `2ᴹ` states; then
/// `ĝ_m = (f(b) - c)·∂/∂a_m ln p(b)` depends on b alone.
///
/// Whether the control is a constant is judged by its values at a few points, each coordinate alone among them.
///
/// ```
/// use voidgrad::controls::Zero;
/// use voidgrad::{Bernoulli, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.5, 0.5])?;
/// let moments = variance::enumerate(&bernoulli, &|b: &[f64]| b[0], &Zero)?;
/// assert_eq!(moments.mean, [0.25, 0.0]);
/// // ĝ = (½, ±½) with probability ½, else 0.
/// assert_eq!(moments.variance, (0.0625 + 0.125) / 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if M exceeds [`LARGEST_ENUMERATION`], if the control depends on z, if the objective fails, or if a moment is NaN or
/// infinite.
pub fn enumerate(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
) -> Result<Moments, VarianceError> {
    let variables = bernoulli.len();
    if variables > LARGEST_ENUMERATION {
        return Err(VarianceError::TooManyVariables { found: variables, allowed: LARGEST_ENUMERATION });
    }
    suits(control, variables).map_err(EstimateError::from)?;
    let c = constant(variables, control)?;
    let f = values(bernoulli, objective)?;
    let mut mean = vec![0.0; variables];
    for_each_state(bernoulli, |state, p, scores| {
        let advantage = f[state] - c;
        for (mean, score) in mean.iter_mut().zip(scores) {
            *mean += p * advantage * score;
        }
    });
    let mut variance = 0.0;
    for_each_state(bernoulli, |state, p, scores| {
        let advantage = f[state] - c;
        let squares: f64 =
            mean.iter().zip(scores).map(|(mean, score)| (advantage * score - mean).powi(2)).sum();
        variance += p * squares;
    });
    variance /= variables as f64;
    Moments { mean, variance, technique: Technique::Enumeration }.finite()
}

/// f at all states; bit m of a state's number is `b_m`.
pub(super) fn values(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
) -> Result<Vec<f64>, VarianceError> {
    let variables = bernoulli.len();
    let mut f = vec![0.0; 1 << variables];
    let mut rows = vec![0.0; f.len().min(BLOCK) * variables];
    for (block, f) in f.chunks_mut(BLOCK).enumerate() {
        let rows = &mut rows[..f.len() * variables];
        for (i, b) in rows.chunks_exact_mut(variables).enumerate() {
            let state = block * BLOCK + i;
            b.iter_mut().enumerate().for_each(|(m, b)| *b = f64::from(u8::from(state >> m & 1 == 1)));
        }
        objective.values(Points::rows(rows, variables), f).map_err(EstimateError::Failed)?;
    }
    Ok(f)
}

/// States whose f is evaluated together.
const BLOCK: usize = 1024;

/// Calls `visit` with its number, p(b) and `∂/∂a ln p(b)` for every state.
fn for_each_state(bernoulli: &Bernoulli, mut visit: impl FnMut(usize, f64, &[f64])) {
    let logits = bernoulli.logits();
    let mut scores = vec![0.0; logits.len()];
    for state in 0..1_usize << logits.len() {
        let mut ln_p = 0.0;
        for (m, &a) in logits.iter().enumerate() {
            let is_one = state >> m & 1 == 1;
            scores[m] = logit::ln_p::d_a(is_one, a);
            ln_p += logit::ln_p(is_one, a);
        }
        visit(state, ln_p.exp(), &scores);
    }
}

/// The value of a control that is constant; a control that is not shows it at one of these points.
fn constant(variables: usize, control: &(impl Control + ?Sized)) -> Result<f64, VarianceError> {
    let mut z = vec![0.0; variables];
    let first = control.value(&z);
    for m in 0..variables {
        for value in [-30.0, -3.0, -0.3, -0.03, 0.03, 0.3, 3.0, 30.0] {
            z[m] = value;
            let second = control.value(&z);
            // A NaN is different from everything, so it is refused here, too.
            if !(second - first).eq(&0.0) {
                return Err(VarianceError::UsesNoise { first, second });
            }
        }
        z[m] = 0.7;
    }
    Ok(first)
}

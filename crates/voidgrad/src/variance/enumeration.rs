//! Exact moments by the sum over all states.

use super::VarianceError;
use crate::bernoulli::{Bernoulli, logit};
use crate::control::Control;
use crate::estimator::{EstimateError, suits};
use crate::objective::Objective;

/// The largest M that [`enumerate`] takes: a million states.
pub const LARGEST_ENUMERATION: usize = 20;

/// Exact moments where the control is a constant c, by the sum over the `2ᴹ` states; then
/// `ĝ_m = (f(b) - c)·∂/∂a_m ln p(b)` depends on b alone.
///
/// Whether the control is a constant is judged by its values at a few points, each coordinate alone among them.
///
/// ```
/// use voidgrad::{Bernoulli, Zero, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.5, 0.5])?;
/// let moments = variance::enumerate(&bernoulli, &|b: &[f64]| b[0], &Zero)?;
/// assert_eq!(moments.mean, [0.25, 0.0]);
/// // ĝ = (½, ±½) with probability ½, else 0.
/// assert_eq!(moments.variance, (0.0625 + 0.125) / 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where M exceeds [`LARGEST_ENUMERATION`], where the control depends on z, or where a moment is NaN or
/// infinite.
pub fn enumerate(
    bernoulli: &Bernoulli,
    objective: &(impl Objective + ?Sized),
    control: &(impl Control + ?Sized),
) -> Result<VectorMoments, VarianceError> {
    let variables = bernoulli.len();
    if variables > LARGEST_ENUMERATION {
        return Err(VarianceError::TooManyVariables { found: variables, allowed: LARGEST_ENUMERATION });
    }
    suits(control, variables).map_err(EstimateError::from)?;
    let c = constant(variables, control)?;
    let mut mean = vec![0.0; variables];
    for_each_state(bernoulli, |b, p, scores| {
        let advantage = objective.value(b) - c;
        for (mean, score) in mean.iter_mut().zip(scores) {
            *mean += p * advantage * score;
        }
    });
    let mut variance = 0.0;
    for_each_state(bernoulli, |b, p, scores| {
        let advantage = objective.value(b) - c;
        let squares: f64 =
            mean.iter().zip(scores).map(|(mean, score)| (advantage * score - mean).powi(2)).sum();
        variance += p * squares;
    });
    variance /= variables as f64;
    VectorMoments { mean, variance }.finite()
}

/// The moments of an estimator of M coordinates.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorMoments {
    /// `E[ĝ]`, M entries.
    pub mean: Vec<f64>,
    /// `(1/M) Σ_m Var[ĝ_m]`.
    pub variance: f64,
}

impl VectorMoments {
    /// The moments, where all of them are finite.
    pub(super) fn finite(self) -> Result<Self, VarianceError> {
        let variance = self.variance;
        match self.mean.iter().copied().chain([variance]).find(|value| !value.is_finite()) {
            Some(mean) => Err(VarianceError::NotFinite { mean, variance }),
            None => Ok(self),
        }
    }
}

/// Calls `visit` with b, p(b) and `∂/∂a ln p(b)` for every state.
fn for_each_state(bernoulli: &Bernoulli, mut visit: impl FnMut(&[f64], f64, &[f64])) {
    let logits = bernoulli.logits();
    let (mut b, mut scores) = (vec![0.0; logits.len()], vec![0.0; logits.len()]);
    for state in 0..1_u32 << logits.len() {
        let mut ln_p = 0.0;
        for (m, &a) in logits.iter().enumerate() {
            let is_one = state >> m & 1 == 1;
            b[m] = f64::from(u8::from(is_one));
            scores[m] = logit::ln_p::d_a(is_one, a);
            ln_p += logit::ln_p(is_one, a);
        }
        visit(&b, ln_p.exp(), &scores);
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

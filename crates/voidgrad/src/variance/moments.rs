//! Exact moments of an estimator, by the way that suits it.

use super::{Tolerance, VarianceError, enumerate, one_variable, over_rule};
use crate::bernoulli::Bernoulli;
use crate::error::ObjectiveError;
use crate::estimator::{Coupling, Estimator};
use crate::objective::{Differentiable, Flips, Objective, Points};

/// The moments of an estimator of Bernoulli variables without samples: by quadrature or by a finite sum over its noise.
///
/// With one variable that is every estimator of the [table](crate::estimators::Listed) but ARMS, RELAX over several
/// samples and Concrete; with more of them, those that have a
/// [`rule`](Estimator::rule), as long as it has no more than [`LARGEST_RULE`](super::LARGEST_RULE) nodes. [`moments_of_categorical`](super::moments_of_categorical) and
/// [`moments_of_gaussian`](super::moments_of_gaussian) are for one variable of these distributions, [`over_rule`] is for all.
///
/// ```
/// use voidgrad::estimators::Rloo;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, variance};
/// // State 1 has a probability at which no number in (0, 1) leads to it.
/// let bernoulli = Bernoulli::from_probabilities(&[1e-200])?;
/// let moments = variance::moments(&bernoulli, &MeanQuadratic { target: 0.25 }, &Rloo::new(2)?)?;
/// // Both samples are 0, or once in 5e199 times one is 1; then ĝ = ½·(f(1) - f(0)) = ¼.
/// assert!((moments.variance / (2e-200 * 0.0625) - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if there is no such way, if it would take too long, if an estimate fails, or if a moment is NaN or infinite.
pub fn moments(
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
    estimator: &(impl Estimator + ?Sized),
) -> Result<Moments, VarianceError> {
    match (estimator.control(), estimator.coupling()) {
        (Some(control), Some(coupling)) if bernoulli.len() == 1 || coupling == Coupling::Common => {
            one_variable::moments(bernoulli, objective, control, coupling, Tolerance::default())
        }
        (Some(control), Some(_)) => enumerate(bernoulli, objective, control),
        _ => match over_rule(bernoulli, objective, estimator) {
            Err(VarianceError::OutOfReach) if estimator.treats_states_alike() => {
                mirrored(bernoulli, objective, estimator)
            }
            moments => moments,
        },
    }
}

/// The moments of an estimator.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// `E[ĝ]`, an entry for each parameter of the distribution.
    pub mean: Vec<f64>,
    /// `(1/M) Σ_m Var[ĝ_m]`.
    pub variance: f64,
    /// How they were computed.
    pub technique: Technique,
}

impl Moments {
    /// The moments, if all of them are finite.
    pub(super) fn finite(self) -> Result<Self, VarianceError> {
        let variance = self.variance;
        match self.mean.iter().copied().chain([variance]).find(|value| !value.is_finite()) {
            Some(mean) => Err(VarianceError::NotFinite { mean, variance }),
            None => Ok(self),
        }
    }
}

/// A way to moments without samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Technique {
    /// Integrals over the noise, to a relative error of 1e-7.
    Quadrature,
    /// A finite sum over states, or over noise that stands for all of it: exact to rounding.
    Enumeration,
}

/// The moments by way of 1 - b wherever 1 is the rarer state: numbers close to 0 are finer than those close to 1, so that
/// states are within reach that were not. The estimator has to treat both states alike.
fn mirrored(
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
    estimator: &(impl Estimator + ?Sized),
) -> Result<Moments, VarianceError> {
    let logits: Vec<f64> = bernoulli.logits().iter().map(|a| a.abs()).collect();
    let flipped: Vec<bool> = bernoulli.logits().iter().map(|&a| a < 0.0).collect();
    let mirrored = Bernoulli::from_logits(&logits).map_err(|_| VarianceError::OutOfReach)?;
    let mut exact = over_rule(&mirrored, &Mirrored { objective, flipped: &flipped }, estimator)?;
    for (mean, _) in exact.mean.iter_mut().zip(flipped).filter(|(_, flipped)| *flipped) {
        *mean = -*mean;
    }
    Ok(exact)
}

/// An objective with 0 and 1 exchanged in some variables.
struct Mirrored<'a> {
    objective: &'a dyn Objective,
    flipped: &'a [bool],
}

impl Mirrored<'_> {
    fn state(&self, x: &[f64]) -> Vec<f64> {
        x.iter().zip(self.flipped).map(|(x, flipped)| if *flipped { 1.0 - x } else { *x }).collect()
    }
}

impl Objective for Mirrored<'_> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        for (b, f) in points.iter().zip(f) {
            *f = self.objective.value(&self.state(b))?;
        }
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        self.objective.differentiable().map(|_| self as &dyn Differentiable)
    }

    fn flips(&self) -> Option<&dyn Flips> {
        self.objective.flips().map(|_| self as &dyn Flips)
    }
}

impl Flips for Mirrored<'_> {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        let Some(known) = self.objective.flips() else {
            flips.fill(f64::NAN);
            return f64::NAN;
        };
        known.value_and_flips(&self.state(b), flips)
    }
}

impl Differentiable for Mirrored<'_> {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let Some(differentiable) = self.objective.differentiable() else {
            gradient.fill(f64::NAN);
            return f64::NAN;
        };
        let value = differentiable.value_and_gradient(&self.state(x), gradient);
        for (gradient, _) in gradient.iter_mut().zip(self.flipped).filter(|(_, flipped)| **flipped) {
            *gradient = -*gradient;
        }
        value
    }
}

//! Objectives made of closures.

use super::{Differentiable, Objective, Points};
use crate::error::ObjectiveError;

impl<F: Fn(&[f64]) -> f64 + ?Sized> Objective for F {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, self);
        Ok(())
    }
}

/// An objective that depends on the example: a closure of its number, from 0, and of b.
///
/// ```
/// use voidgrad::Objective;
/// use voidgrad::objective::{PerExample, Points};
/// let target = [0.25, 0.75];
/// let f = PerExample(|n: usize, b: &[f64]| (b[0] - target[n]).powi(2));
/// let mut values = [0.0; 2];
/// f.values(Points::new(&[1.0, 1.0], 1)?.of_examples(0, 1), &mut values)?;
/// assert_eq!(values, [0.5625, 0.0625]);
/// # Ok::<(), voidgrad::error::ObjectiveError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PerExample<F>(pub F);

impl<F: Fn(usize, &[f64]) -> f64> Objective for PerExample<F> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        for (i, (b, f)) in points.iter().zip(f).enumerate() {
            *f = (self.0)(points.example(i), b);
        }
        Ok(())
    }
}

/// An objective that takes all points at once, and may fail: a closure of the points that fills their values.
///
/// ```
/// use voidgrad::Bernoulli;
/// use voidgrad::error::{EstimateError, ObjectiveError};
/// use voidgrad::estimators::Rloo;
/// use voidgrad::objective::{Batched, Points};
/// use voidgrad::{Round, Stream};
///
/// // A simulator on another machine.
/// let simulate = |_: &[f64]| -> Result<Vec<f64>, std::io::Error> { Err(std::io::ErrorKind::TimedOut.into()) };
/// let f = Batched(|points: Points<'_>, f: &mut [f64]| -> Result<(), ObjectiveError> {
///     f.copy_from_slice(&simulate(points.as_slice())?);
///     Ok(())
/// });
///
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut round = Round::new();
/// round.draw(&Rloo::new(2)?, &bernoulli, &mut Stream::new(0, 0, 0));
/// let EstimateError::Failed(error) = round.evaluate(&f).unwrap_err() else { unreachable!() };
/// assert!(error.downcast_ref::<std::io::Error>().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Batched<F>(pub F);

impl<F: Fn(Points<'_>, &mut [f64]) -> Result<(), ObjectiveError>> Objective for Batched<F> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        (self.0)(points, f)
    }
}

/// An objective made of two closures, one for f and one for f with ∇f.
///
/// A function that was differentiated by the macro goes into the second.
///
/// ```
/// use voidgrad::objective::{Differentiable, Smooth};
/// use voidgrad::{Objective, differentiate};
///
/// #[differentiate(wrt(x))]
/// fn f(x: [f64; 2]) -> f64 {
///     (x[0] - 0.3) * (x[1] + 2.0 * x[0])
/// }
///
/// let objective = Smooth::new(
///     |b: &[f64]| f([b[0], b[1]]),
///     |x: &[f64], gradient: &mut [f64]| {
///         gradient.copy_from_slice(&f::d_x([x[0], x[1]]));
///         f([x[0], x[1]])
///     },
/// );
/// let mut gradient = [0.0; 2];
/// let value = objective.differentiable().unwrap().value_and_gradient(&[0.5, 0.0], &mut gradient);
/// assert_eq!((value, gradient), (0.2, [1.4, 0.2]));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Smooth<F, G> {
    f: F,
    value_and_gradient: G,
}

impl<F: Fn(&[f64]) -> f64, G: Fn(&[f64], &mut [f64]) -> f64> Smooth<F, G> {
    /// The objective f; the second closure writes `∇f(x)` and returns `f(x)`.
    pub fn new(f: F, value_and_gradient: G) -> Self {
        Self { f, value_and_gradient }
    }
}

impl<F: Fn(&[f64]) -> f64, G: Fn(&[f64], &mut [f64]) -> f64> Objective for Smooth<F, G> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, &self.f);
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl<F: Fn(&[f64]) -> f64, G: Fn(&[f64], &mut [f64]) -> f64> Differentiable for Smooth<F, G> {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        (self.value_and_gradient)(x, gradient)
    }
}

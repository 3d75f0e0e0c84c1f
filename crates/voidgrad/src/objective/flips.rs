//! Objectives that know how each single bit changes them.

use super::{Objective, Points};
use crate::error::ObjectiveError;

/// An objective that gives all M differences `f(b with b_m flipped) - f(b)` for little more than one value, such as a cut of a graph: each edge counts in two of them.
///
/// [`LocalExpectationByFlips`](crate::estimators::LocalExpectationByFlips) then has the estimate of M + 1 evaluations for one.
///
/// ```
/// use voidgrad::error::ObjectiveError;
/// use voidgrad::objective::{Flips, Points};
/// use voidgrad::Objective;
///
/// /// How far the number of ones is from a target, squared.
/// struct Count(f64);
///
/// impl Objective for Count {
///     fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
///         points.iter().zip(f).for_each(|(b, f)| *f = (b.iter().sum::<f64>() - self.0).powi(2));
///         Ok(())
///     }
///
///     fn flips(&self) -> Option<&dyn Flips> {
///         Some(self)
///     }
/// }
///
/// impl Flips for Count {
///     fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
///         let distance = b.iter().sum::<f64>() - self.0;
///         for (flip, b) in flips.iter_mut().zip(b) {
///             let step = 1.0 - 2.0 * b;
///             *flip = step * (2.0 * distance + step);
///         }
///         distance.powi(2)
///     }
/// }
///
/// let mut flips = [0.0; 3];
/// assert_eq!(Count(1.0).value_and_flips(&[1.0, 1.0, 0.0], &mut flips), 1.0);
/// assert_eq!(flips, [-1.0, -1.0, 3.0]);
/// ```
pub trait Flips: Objective {
    /// Writes `f(b with b_m flipped) - f(b)`, as many entries as b has, and returns `f(b)`.
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64;

    /// Writes f and the flips of every point.
    ///
    /// # Errors
    /// Returns the objective's own error.
    fn values_and_flips(
        &self,
        points: Points<'_>,
        f: &mut [f64],
        flips: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        let rows = points.iter().zip(flips.chunks_exact_mut(points.dimension()));
        rows.zip(f).for_each(|((b, flips), f)| *f = self.value_and_flips(b, flips));
        Ok(())
    }
}

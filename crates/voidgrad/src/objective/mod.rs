//! What is averaged over b: values at points, and gradients if there are any.

mod evaluate;
mod flips;
mod functions;
mod multilinear;
mod of_example;
mod points;
mod want;

pub(crate) use evaluate::{check, check_gradients, fill};
pub use evaluate::{evaluate, evaluate_with_flips, evaluate_with_gradients};
pub use flips::Flips;
pub use functions::{Batched, PerExample, Smooth};
pub use multilinear::{Multilinear, MultilinearError};
pub use points::Points;
pub use want::Want;

use crate::error::ObjectiveError;

/// An objective `f: {0, 1}ᴹ → R`; it need not be differentiable, nor even known but by its values.
///
/// Any `Fn(&[f64]) -> f64` is one. [`PerExample`] is one that depends on the example, and [`Batched`] one that takes all points at
/// once and may fail.
///
/// ```
/// use voidgrad::Objective;
/// let parity = |b: &[f64]| b.iter().sum::<f64>() % 2.0;
/// assert_eq!(parity.value(&[1.0, 1.0, 1.0])?, 1.0);
/// # Ok::<(), voidgrad::error::ObjectiveError>(())
/// ```
pub trait Objective {
    /// Writes f of every point, one value each.
    ///
    /// # Errors
    /// Returns the objective's own error; callers get it back unchanged, in [`EstimateError::Failed`](crate::error::EstimateError::Failed).
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError>;

    /// `f(b)` of one point.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    fn value(&self, b: &[f64]) -> Result<f64, ObjectiveError> {
        let mut f = [f64::NAN];
        self.values(Points::rows(b, b.len()), &mut f)?;
        Ok(f[0])
    }

    /// f with its gradient, if it has one.
    fn differentiable(&self) -> Option<&dyn Differentiable> {
        None
    }

    /// f with its flips, if it knows them for little more than a value.
    fn flips(&self) -> Option<&dyn Flips> {
        None
    }
}

/// An objective that is a smooth function of a relaxed b, any numbers from 0 to 1 (or beyond), and its gradient there.
pub trait Differentiable: Objective {
    /// Writes `∇f(x)`, as many entries as x has, and returns `f(x)`.
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64;

    /// Writes f and `∇f` of every point.
    ///
    /// # Errors
    /// Returns the objective's own error.
    fn values_and_gradients(
        &self,
        points: Points<'_>,
        f: &mut [f64],
        gradients: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        let rows = points.iter().zip(gradients.chunks_exact_mut(points.dimension()));
        rows.zip(f).for_each(|((x, gradient), f)| *f = self.value_and_gradient(x, gradient));
        Ok(())
    }

    /// f of example n of a plate, a function of x alone, if f depends on the example; nothing unless this method says otherwise.
    ///
    /// A control that is made of f, such as [`Relaxed`](crate::controls::Relaxed), takes its derivatives from f of the example, which has a second
    /// derivative if f has one. An estimator that wants gradients does not need it, since the points of [`values_and_gradients`](Self::values_and_gradients) say their
    /// examples.
    fn of_example(&self, example: usize) -> Option<Box<dyn Differentiable + '_>> {
        let _ = example;
        None
    }

    /// f with products of its second derivative, if it has them.
    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        None
    }
}

/// An objective whose second derivative is known by its products with vectors.
///
/// ```
/// use voidgrad::objective::TwiceDifferentiable;
/// use voidgrad::toy::MeanQuadratic;
/// let mut product = [0.0; 2];
/// MeanQuadratic { target: 0.25 }.hessian_product(&[0.5, 0.0], &[1.0, -3.0], &mut product);
/// // f is the mean of two squares.
/// assert_eq!(product, [1.0, -3.0]);
/// ```
pub trait TwiceDifferentiable: Differentiable {
    /// Writes `H(x)·ẋ` with `H = ∂²f/∂x∂x`, as many entries as x has.
    fn hessian_product(&self, x: &[f64], x_dot: &[f64], product: &mut [f64]);
}

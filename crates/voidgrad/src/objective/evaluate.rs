//! Values of f that are checked before an estimator sees them.

use super::{Objective, Points};
use crate::error::{EstimateError, are_finite};

/// Writes f of every point.
///
/// # Errors
/// Returns [`EstimateError::Failed`] if the objective fails, and [`EstimateError::Objective`] if a value is NaN or infinite.
pub fn evaluate(
    objective: &(impl Objective + ?Sized),
    points: Points<'_>,
    f: &mut [f64],
) -> Result<(), EstimateError> {
    objective.values(points, f).map_err(EstimateError::Failed)?;
    check(points, f)
}

/// Writes f and `∇f` of every point.
///
/// # Errors
/// As [`evaluate`]; also returns an error if the objective has no gradient, or if an entry of one is NaN or infinite.
pub fn evaluate_with_gradients(
    objective: &(impl Objective + ?Sized),
    points: Points<'_>,
    f: &mut [f64],
    gradients: &mut [f64],
) -> Result<(), EstimateError> {
    let differentiable = objective.differentiable().ok_or(EstimateError::NoGradient)?;
    differentiable.values_and_gradients(points, f, gradients).map_err(EstimateError::Failed)?;
    check_gradients(points, gradients)?;
    check(points, f)
}

/// Refuses values that are NaN or infinite.
pub(crate) fn check(points: Points<'_>, f: &[f64]) -> Result<(), EstimateError> {
    match f.iter().position(|f| !f.is_finite()) {
        Some(i) => Err(EstimateError::Objective { value: f[i], b: points.row(i).to_vec() }),
        None => Ok(()),
    }
}

/// Refuses gradients with an entry that is NaN or infinite.
pub(crate) fn check_gradients(points: Points<'_>, gradients: &[f64]) -> Result<(), EstimateError> {
    if are_finite(gradients) {
        return Ok(());
    }
    let first = gradients.iter().position(|slope| !slope.is_finite()).unwrap_or(0);
    let b = points.row(first / points.dimension()).to_vec();
    Err(EstimateError::Objective { value: gradients[first], b })
}

/// Writes f of every point, and `∇f` of those at which it is wanted.
pub(crate) fn fill(
    objective: &(impl Objective + ?Sized),
    points: Points<'_>,
    wants_gradient: impl Fn(usize) -> bool,
    f: &mut [f64],
    gradients: &mut [f64],
) -> Result<(), EstimateError> {
    let count = points.len();
    if gradients.is_empty() {
        return evaluate(objective, points, f);
    }
    if (0..count).all(&wants_gradient) {
        return evaluate_with_gradients(objective, points, f, gradients);
    }
    let gradients = gradients.chunks_exact_mut(points.dimension());
    for (k, (f, gradient)) in f.chunks_exact_mut(1).zip(gradients).enumerate() {
        let point = points.point(k);
        if wants_gradient(k) {
            evaluate_with_gradients(objective, point, f, gradient)?;
        } else {
            evaluate(objective, point, f)?;
        }
    }
    Ok(())
}

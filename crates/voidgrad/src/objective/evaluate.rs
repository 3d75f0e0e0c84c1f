//! Values of f that are checked before an estimator sees them.

use super::{Objective, Points, Want};
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

/// Writes f of every point, and how each single bit changes it.
///
/// # Errors
/// As [`evaluate`]; also returns an error if the objective does not know its flips, or if one is NaN or infinite.
pub fn evaluate_with_flips(
    objective: &(impl Objective + ?Sized),
    points: Points<'_>,
    f: &mut [f64],
    flips: &mut [f64],
) -> Result<(), EstimateError> {
    let known = objective.flips().ok_or(EstimateError::NoFlips)?;
    known.values_and_flips(points, f, flips).map_err(EstimateError::Failed)?;
    check_gradients(points, flips)?;
    check(points, f)
}

/// Refuses values that are NaN or infinite.
pub(crate) fn check(points: Points<'_>, f: &[f64]) -> Result<(), EstimateError> {
    match f.iter().position(|f| !f.is_finite()) {
        Some(i) => Err(EstimateError::Objective { value: f[i], b: points.row(i).to_vec() }),
        None => Ok(()),
    }
}

/// Refuses gradients or flips with an entry that is NaN or infinite.
pub(crate) fn check_gradients(points: Points<'_>, gradients: &[f64]) -> Result<(), EstimateError> {
    if are_finite(gradients) {
        return Ok(());
    }
    let first = gradients.iter().position(|slope| !slope.is_finite()).unwrap_or(0);
    let b = points.row(first / points.dimension()).to_vec();
    Err(EstimateError::Objective { value: gradients[first], b })
}

/// Writes f of every point, and into `slopes` the gradient or the flips of those at which they are wanted.
pub(crate) fn fill(
    objective: &(impl Objective + ?Sized),
    points: Points<'_>,
    want: impl Fn(usize) -> Want,
    f: &mut [f64],
    slopes: &mut [f64],
) -> Result<(), EstimateError> {
    if slopes.is_empty() {
        return evaluate(objective, points, f);
    }
    let evaluate = |want: Want, points: Points<'_>, f: &mut [f64], slopes: &mut [f64]| match want {
        Want::Value => evaluate(objective, points, f),
        Want::Gradient => evaluate_with_gradients(objective, points, f, slopes),
        Want::Flips => evaluate_with_flips(objective, points, f, slopes),
    };
    let first = want(0);
    if (1..points.len()).all(|k| want(k) == first) {
        return evaluate(first, points, f, slopes);
    }
    let slopes = slopes.chunks_exact_mut(points.dimension());
    for (k, (f, slopes)) in f.chunks_exact_mut(1).zip(slopes).enumerate() {
        evaluate(want(k), points.point(k), f, slopes)?;
    }
    Ok(())
}

//! What natural gradients of all distributions share.

use crate::error::{DistributionError, InvalidParameter, all_finite, same_length};

/// An information below this counts as this: a gradient divided by it is still a number.
pub(crate) const LEAST_INFORMATION: f64 = 1e-290;

/// Refuses arguments of which no natural gradient can be made.
pub(crate) fn check(
    gradient: &[f64],
    damping: f64,
    natural: &[f64],
    parameters: usize,
) -> Result<(), DistributionError> {
    same_length("gradient", gradient.len(), parameters)?;
    same_length("natural gradient", natural.len(), parameters)?;
    all_finite("gradient", gradient)?;
    if damping >= 0.0 && damping.is_finite() {
        return Ok(());
    }
    Err(InvalidParameter { name: "damping", value: damping, allowed: "a number in [0, ∞)" }.into())
}

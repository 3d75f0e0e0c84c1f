//! The variables that experiments start from.

use voidgrad::Bernoulli;

use voidgrad_kit::error::Error;

/// `dimension` variables of probability `theta`.
///
/// # Errors
/// Returns an error if `theta` is not a probability.
pub(crate) fn identical(theta: f64, dimension: u64) -> Result<Bernoulli, Error> {
    Bernoulli::from_probabilities(&vec![theta; size(dimension)?]).map_err(Error::arguments)
}

/// A count as the length of an array.
///
/// # Errors
/// Returns an error if this machine has no such arrays.
pub(crate) fn size(count: u64) -> Result<usize, Error> {
    usize::try_from(count).map_err(Error::arguments)
}

//! Who watches a training.

use super::Average;
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution;
use crate::estimator::Estimator;

/// Something that watches [`train`](super::train): any `FnMut(&Step<'_, D>)`.
///
/// It is called with the start, as iteration 0, and after every step that it wants to see, the last one included; it decides
/// itself what to keep.
pub trait Observer<D: Distribution = Bernoulli> {
    /// Sees one state.
    fn observe(&mut self, step: &Step<'_, D>);

    /// The iteration that it wants to see after `iteration`: the next one, unless said otherwise. A loop that is not looked at is faster.
    fn next(&self, iteration: u64) -> u64 {
        iteration + 1
    }
}

impl<D: Distribution, F: FnMut(&Step<'_, D>) + ?Sized> Observer<D> for F {
    fn observe(&mut self, step: &Step<'_, D>) {
        self(step);
    }
}

/// A state of [`train`](super::train).
#[derive(Clone, Copy)]
pub struct Step<'a, D: Distribution = Bernoulli> {
    /// Steps made so far.
    pub iteration: u64,
    /// The variables.
    pub distribution: &'a D,
    /// The estimator.
    pub estimator: &'a dyn Estimator<D>,
    /// The mean of the estimates that the last step followed, made before it; none at the start.
    pub average: Option<&'a Average>,
}

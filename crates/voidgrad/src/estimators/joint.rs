//! The states of all categorical variables together, for estimators that go without enumeration of f, but not of the probabilities.

use voidgrad_real::logaddexp;

use super::Enumerate;
use crate::categorical::Categorical;
use crate::error::EstimateError;
use crate::estimator::Estimator;

/// A logarithm of 0 that is a number.
pub(super) const LN_ZERO: f64 = f64::MIN / 2.0;

/// The `ln p` of each of the `Kᴹ` states; the last variable changes fastest.
pub(super) struct Joint<'c> {
    categorical: &'c Categorical,
    pub(super) ln_p: Vec<f64>,
}

impl<'c> Joint<'c> {
    pub(super) fn new(categorical: &'c Categorical) -> Self {
        let mut ln_p = vec![0.0];
        for ln_theta in categorical.ln_probabilities().chunks_exact(categorical.states()) {
            ln_p = ln_p
                .iter()
                .flat_map(|p| ln_theta.iter().map(move |theta| (p + theta).max(LN_ZERO)))
                .collect();
        }
        Self { categorical, ln_p }
    }

    /// The number of states that an estimator of K of them evaluates.
    pub(super) fn count(categorical: &Categorical, samples: usize) -> usize {
        let states = categorical.joint_states().and_then(|states| usize::try_from(states).ok());
        states.map_or(samples, |states| states.min(samples))
    }

    /// Refuses more states than are enumerated.
    pub(super) fn suits(categorical: &Categorical) -> Result<(), EstimateError> {
        Enumerate.suits(categorical)
    }

    /// Writes a state, one-hot.
    pub(super) fn write(&self, state: usize, b: &mut [f64]) {
        let (mut rest, states) = (state, self.categorical.states());
        b.fill(0.0);
        for row in b.chunks_exact_mut(states).rev() {
            row[rest % states] = 1.0;
            rest /= states;
        }
    }

    /// The number of a state.
    pub(super) fn number(&self, b: &[f64]) -> usize {
        let states = self.categorical.states();
        let rows = b.chunks_exact(states).map(|row| row.iter().position(|b| *b == 1.0).unwrap_or(0));
        rows.fold(0, |number, k| number * states + k)
    }

    /// `ln Σ p` over some states.
    pub(super) fn ln_sum(&self, states: impl Iterator<Item = usize> + Clone) -> f64 {
        let largest = self.largest(states.clone());
        let sum: f64 = states.map(|state| (self.ln_p[state] - largest).exp()).sum();
        if sum > 0.0 { largest + sum.ln() } else { LN_ZERO }
    }

    fn largest(&self, states: impl Iterator<Item = usize>) -> f64 {
        states.map(|state| self.ln_p[state]).fold(LN_ZERO, f64::max)
    }

    /// Some states, each with the end of its share of (0, 1) among them.
    pub(super) fn shares(
        &self,
        states: impl Iterator<Item = usize> + Clone,
    ) -> impl Iterator<Item = (usize, f64)> {
        let largest = self.largest(states.clone());
        let share = move |state: usize| (self.ln_p[state] - largest).exp();
        let total: f64 = states.clone().map(share).sum();
        states.scan(0.0, move |end, state| {
            *end += share(state);
            Some((state, *end / total))
        })
    }

    /// The one of these states that a uniform number draws.
    pub(super) fn draw(&self, u: f64, states: impl Iterator<Item = usize> + Clone) -> usize {
        let mut drawn = 0;
        for (state, end) in self.shares(states) {
            drawn = state;
            if u < end {
                break;
            }
        }
        drawn
    }
}

/// What is left of 1 when some of K states have been drawn: `ln` of the sum over the states outside, and of the K those that are not in the set, for each of the 2ᴷ sets, bit by bit.
pub(super) fn ln_left(ln_p: &[f64], ln_outside: f64) -> Vec<f64> {
    let full = (1_usize << ln_p.len()) - 1;
    let mut left = vec![ln_outside; full + 1];
    for set in (0..full).rev() {
        let missing = (!set).trailing_zeros() as usize;
        left[set] = logaddexp(left[set | 1 << missing], ln_p[missing]);
    }
    left
}

//! Rankings.
//!
//! [`PlackettLuce`] is a distribution of orders of n items, or of the first k places of such an order: rankings of documents, tours, orders in which something is done, and samples without replacement.

mod distribution;
mod enumeration;
mod sum;
#[cfg(test)]
pub(crate) mod tests;

use thiserror::Error;
use voidgrad_real::sigmoid;

use crate::error::{DistributionError, InvalidParameter, ShapeMismatch, all_finite};

pub use enumeration::LARGEST_ENUMERATION;

/// The first k places of an order of n items: `p(b) = ∏_r e^(a_(b_r)) / Σ_i e^(a_i)`, where the sum is over the items that are not among the first r - 1.
///
/// A sample b has k entries, the numbers of the items from 0 to n - 1, the first place first. Parameterised by the logits `a`, n numbers; the same number added to all of them changes nothing.
/// With k = n it is a permutation; the set of the first k items is a sample without replacement.
///
/// Entropy and divergence have no closed form; the mean of `-ln p(b)` over samples estimates the entropy.
///
/// ```
/// use voidgrad::{Distribution, PlackettLuce};
/// // Three items with weights 2, 3 and 1.
/// let rankings = PlackettLuce::from_logits(&[2.0_f64.ln(), 3.0_f64.ln(), 0.0], 2)?;
/// // First 1, with probability 3/6, and then 0, with probability 2/3.
/// assert!((rankings.ln_p(&[1.0, 0.0])? - (1.0_f64 / 3.0).ln()).abs() < 1e-15);
/// let mut b = [0.0; 2];
/// rankings.sample(&[0.3, 0.1, 0.9], &mut b);
/// assert_eq!(b, [1.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: Plackett 1975; Luce 1959. Samples are made by an exponential number for each item, Yellott 1977.
#[derive(Debug, Clone, PartialEq)]
pub struct PlackettLuce {
    places: usize,
    logits: Vec<f64>,
    /// `a - max a`.
    below: Vec<f64>,
    /// The items from the largest logit to the smallest.
    order: Vec<usize>,
}

impl PlackettLuce {
    /// The first `places`, k, of an order of items with these n logits.
    ///
    /// # Errors
    /// Returns an error if a logit is NaN or infinite, if there is none, or if k is 0 or more than n.
    ///
    /// ```
    /// # use voidgrad::PlackettLuce;
    /// let error = PlackettLuce::from_logits(&[0.0; 3], 4).unwrap_err();
    /// assert_eq!(error.to_string(), "4 places are not 1 to 3, of 3 items");
    /// ```
    pub fn from_logits(logits: &[f64], places: usize) -> Result<Self, PlackettLuceError> {
        let items = logits.len();
        if items == 0 {
            let allowed = "at least 1";
            return Err(InvalidParameter { name: "number of items", value: 0.0, allowed }.into());
        }
        if places == 0 || places > items {
            return Err(PlackettLuceError::Places { places, items });
        }
        let (logits_of_none, below) = (vec![0.0; items], vec![0.0; items]);
        let mut rankings = Self { places, logits: logits_of_none, below, order: (0..items).collect() };
        rankings.assign(logits)?;
        Ok(rankings)
    }

    /// Gives the items other logits; if they are refused, nothing has changed.
    fn assign(&mut self, logits: &[f64]) -> Result<(), DistributionError> {
        if logits.len() != self.items() {
            let (found, expected) = (logits.len(), self.items());
            return Err(ShapeMismatch { name: "logits", found, expected }.into());
        }
        all_finite("logit", logits)?;
        self.logits.copy_from_slice(logits);
        // Of equal ones the first.
        self.order.sort_unstable_by(|&i, &j| logits[j].total_cmp(&logits[i]).then(i.cmp(&j)));
        let most = logits[self.order[0]];
        for (below, a) in self.below.iter_mut().zip(logits) {
            *below = (a - most).max(f64::MIN);
        }
        Ok(())
    }

    /// n.
    #[must_use]
    pub fn items(&self) -> usize {
        self.logits.len()
    }

    /// k.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places
    }

    /// `a`, n entries.
    #[must_use]
    pub fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// The probability that item i comes before item j in the whole order, `σ(a_i - a_j)`.
    ///
    /// # Panics
    /// Panics if there is no such item.
    #[must_use]
    pub fn probability_before(&self, i: usize, j: usize) -> f64 {
        sigmoid((self.below[i] - self.below[j]).clamp(f64::MIN, f64::MAX))
    }
}

/// Rankings that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum PlackettLuceError {
    /// A value outside its domain.
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// The wrong number of entries.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// No place, or more than there are items.
    #[error("{places} places are not 1 to {items}, of {items} items")]
    Places {
        /// k.
        places: usize,
        /// n.
        items: usize,
    },
}

impl From<DistributionError> for PlackettLuceError {
    fn from(error: DistributionError) -> Self {
        match error {
            DistributionError::Value(error) => error.into(),
            DistributionError::Shape(error) => error.into(),
        }
    }
}

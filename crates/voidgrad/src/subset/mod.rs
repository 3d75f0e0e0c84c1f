//! Subsets of k of n elements.
//!
//! [`Subset`] is the distribution of n independent Bernoulli variables given that exactly k of them are 1. In statistics it is the conditional Poisson
//! distribution, in machine learning the k-subset distribution. It chooses features, neighbours in a graph, or the k best of n, where independent variables would need a
//! penalty on their number.
//!
//! The elements are visited one after the other. Whether the next one is chosen depends on the earlier ones only through the number that is left to choose, so all sums over the
//! `C(n, k)` subsets are sums over `n·(k + 1)` states.

mod covariance;
mod distribution;
mod enumeration;
mod step;
#[cfg(test)]
pub(crate) mod tests;

pub use enumeration::LARGEST_ENUMERATION;

use thiserror::Error;

use crate::error::{DistributionError, InvalidParameter, ShapeMismatch, all_finite};
use step::Step;

/// The largest `n·(k + 1)`, the number of states, each of which takes 16 bytes.
pub const LARGEST_TABLE: usize = 1 << 26;

/// A subset b of k of n elements, as n entries of 0 and 1: `p(b) = e^(Σ_m a_m·b_m)/Z` where `Σ_m b_m = k`, and 0 elsewhere.
///
/// Parameterised by the logits `a`, n numbers; the same number added to all of them changes nothing. The probability that m is chosen,
/// `θ_m = E[b_m]`, is exact: [`marginals`](Self::marginals). To set logits takes `O(n·k)` operations, to sample `O(n)`.
///
/// ```
/// use voidgrad::{Distribution, Subset};
/// // One of {0, 1}, {0, 2} and {1, 2}, with weights 2·3, 2·1 and 3·1.
/// let subset = Subset::from_logits(&[2.0_f64.ln(), 3.0_f64.ln(), 0.0], 2)?;
/// assert!((subset.ln_p(&[1.0, 1.0, 0.0])? - (6.0_f64 / 11.0).ln()).abs() < 1e-15);
/// assert!((subset.marginals()[2] - 5.0 / 11.0).abs() < 1e-15);
/// let mut b = [0.0; 3];
/// subset.sample(&[0.1, 0.5, 0.5], &mut b);
/// assert_eq!(b, [0.0, 1.0, 1.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: Chen, Dempster and Liu 1994; Ahmed et al. 2023, section 3.
#[derive(Debug, Clone, PartialEq)]
pub struct Subset {
    size: usize,
    logits: Vec<f64>,
    /// The k largest logits, as 0 and 1.
    mode: Vec<f64>,
    /// What each logit is above or below the k-th largest; never negative.
    distances: Vec<f64>,
    /// n rows of k + 1: the choice of an element if so many are left to choose.
    steps: Vec<Step>,
    theta: Vec<f64>,
    /// `1 - θ`.
    rest: Vec<f64>,
    /// The logarithm of 1 over the probability of the mode.
    ln_sum: f64,
}

impl Subset {
    /// Subsets of `size` elements, k, with these n logits.
    ///
    /// # Errors
    /// Returns an error if a logit is NaN or infinite, if there is none, if k is 0 or more than n, or if `n·(k + 1)` exceeds [`LARGEST_TABLE`].
    ///
    /// ```
    /// # use voidgrad::Subset;
    /// let error = Subset::from_logits(&[0.0; 3], 4).unwrap_err();
    /// assert_eq!(error.to_string(), "a subset of 4 elements is not one of 1 to 3, of 3 elements");
    /// ```
    pub fn from_logits(logits: &[f64], size: usize) -> Result<Self, SubsetError> {
        let elements = logits.len();
        if elements == 0 {
            let allowed = "at least 1";
            return Err(InvalidParameter { name: "number of elements", value: 0.0, allowed }.into());
        }
        if size == 0 || size > elements {
            return Err(SubsetError::Size { size, elements });
        }
        let states = (size + 1).checked_mul(elements).filter(|states| *states <= LARGEST_TABLE);
        let states = states.ok_or(SubsetError::TooLarge { size, elements, allowed: LARGEST_TABLE })?;
        let zeros = || vec![0.0; elements];
        let (mode, distances, theta, rest) = (zeros(), zeros(), zeros(), zeros());
        let steps = vec![Step::FORCED; states];
        let mut subset = Self { size, logits: zeros(), mode, distances, steps, theta, rest, ln_sum: 0.0 };
        subset.assign(logits)?;
        Ok(subset)
    }

    /// Gives the elements other logits; if they are refused, nothing has changed.
    fn assign(&mut self, logits: &[f64]) -> Result<(), DistributionError> {
        if logits.len() != self.len() {
            return Err(ShapeMismatch { name: "logits", found: logits.len(), expected: self.len() }.into());
        }
        all_finite("logit", logits)?;
        self.logits.copy_from_slice(logits);
        self.measure();
        self.set_steps();
        let (mut theta, mut rest) = (std::mem::take(&mut self.theta), std::mem::take(&mut self.rest));
        theta.fill(0.0);
        rest.fill(0.0);
        self.for_each_state(|m, left, mass| {
            let step = self.step(m, left);
            theta[m] += mass * step.chosen();
            rest[m] += mass * step.passed();
        });
        for probability in theta.iter_mut().chain(&mut rest) {
            // A sum of probabilities may round to more than 1.
            *probability = probability.min(1.0);
        }
        (self.theta, self.rest) = (theta, rest);
        Ok(())
    }

    /// Sets the mode, and the distances of the logits from the least of it.
    ///
    /// The probability of b is that of the mode, times `e^-distance` for every element in which they differ. No such factor is larger than 1, and a number that is added to all logits is in none.
    fn measure(&mut self) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        // Of equal ones the first.
        order.sort_unstable_by(|&i, &j| self.logits[j].total_cmp(&self.logits[i]).then(i.cmp(&j)));
        self.mode.fill(0.0);
        for &m in &order[..self.size] {
            self.mode[m] = 1.0;
        }
        let least = self.logits[order[self.size - 1]];
        for (distance, a) in self.distances.iter_mut().zip(&self.logits) {
            *distance = (a - least).abs().min(f64::MAX);
        }
    }

    /// Sets the steps, from the last element to the first, by sums over the elements after each, and the sum over all subsets.
    fn set_steps(&mut self) {
        let (elements, width) = (self.len(), self.size + 1);
        // A sum of as many is still a number. Beyond, all probabilities are 0 already.
        let farthest = f64::MAX / 4.0 / elements as f64;
        // By the number that is left to choose: the logarithm of the sum over the ways to choose them, each relative to the mode.
        let mut sums = vec![f64::NEG_INFINITY; width];
        sums[0] = 0.0;
        for m in (0..elements).rev() {
            let distance = self.distances[m].min(farthest);
            let (to_choose, to_pass) = if self.mode[m] == 1.0 { (0.0, distance) } else { (distance, 0.0) };
            for left in (0..=self.size.min(elements - m)).rev() {
                let chosen = if left == 0 { f64::NEG_INFINITY } else { sums[left - 1] - to_choose };
                let passed = sums[left] - to_pass;
                let step = Step::new(chosen - passed);
                sums[left] = chosen.max(passed) - (-step.rarer()).ln_1p();
                self.steps[m * width + left] = step;
            }
        }
        self.ln_sum = sums[self.size];
    }

    /// The choice of m if so many are left to choose.
    fn step(&self, m: usize, left: usize) -> &Step {
        &self.steps[m * (self.size + 1) + left]
    }

    /// Calls `visit` with every state that is reached: an element, how many are left to choose, and the probability of that.
    fn for_each_state(&self, mut visit: impl FnMut(usize, usize, f64)) {
        let mut masses = vec![0.0; self.size + 1];
        masses[self.size] = 1.0;
        for m in 0..self.len() {
            let mut moved = 0.0;
            for left in (0..=self.size).rev() {
                let mass = masses[left];
                if mass > 0.0 {
                    visit(m, left, mass);
                }
                let step = self.step(m, left);
                masses[left] = mass * step.passed() + moved;
                moved = mass * step.chosen();
            }
        }
    }

    /// n.
    #[must_use]
    pub fn len(&self) -> usize {
        self.logits.len()
    }

    /// Whether there is no element: never, the constructor refuses that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.logits.is_empty()
    }

    /// k.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// `a`, n entries.
    #[must_use]
    pub fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// `θ_m = E[b_m]`, the probability that m is chosen, n entries; their sum is k.
    #[must_use]
    pub fn marginals(&self) -> &[f64] {
        &self.theta
    }

    /// `1 - θ`, n entries, exact if θ rounds to 1.
    #[must_use]
    pub fn complements(&self) -> &[f64] {
        &self.rest
    }
}

/// Subsets that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum SubsetError {
    /// A value outside its domain.
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// The wrong number of entries.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// No element, or more than there are.
    #[error("a subset of {size} elements is not one of 1 to {elements}, of {elements} elements")]
    Size {
        /// k.
        size: usize,
        /// n.
        elements: usize,
    },
    /// More states than memory should hold.
    #[error("subsets of {size} of {elements} elements have more than {allowed} states n·(k + 1)")]
    TooLarge {
        /// k.
        size: usize,
        /// n.
        elements: usize,
        /// What would have been accepted.
        allowed: usize,
    },
}

impl From<DistributionError> for SubsetError {
    fn from(error: DistributionError) -> Self {
        match error {
            DistributionError::Value(error) => error.into(),
            DistributionError::Shape(error) => error.into(),
        }
    }
}

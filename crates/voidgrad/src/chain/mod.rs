//! Markov chains of states.
//!
//! [`Chain`] is a sequence of states, each of which depends on the one before it: latent segmentations, tags of words, options of a policy. Sums over the `K^T` sequences of T states are sums
//! over `T·K²` steps, so marginals, entropy and divergence are exact.

mod distribution;
mod enumeration;
mod paths;
#[cfg(test)]
pub(crate) mod tests;

use thiserror::Error;

use crate::categorical::{Categorical, CategoricalError};
use crate::error::{DistributionError, InvalidParameter, ShapeMismatch};

/// A chain of T states `s_1 → s_2 → …`, K states each: `p(b) = p(s_1)·∏_t p(s_t|s_{t-1})`.
///
/// A sample b is one-hot, T rows of K entries. The parameters are logits of rows, each a softmax: K logits of the first state, and then a matrix of K × K for each further state, or one for
/// all of them. Row i of a matrix belongs to the state i that comes before.
///
/// ```
/// use voidgrad::{Chain, Distribution};
/// // The first state is 0 or 1 with equal probabilities; after 0 comes 0 with probability ¾, after 1 comes 1 with probability ½.
/// let logits = [0.0, 0.0, 3.0_f64.ln(), 0.0, 0.0, 0.0];
/// let chain = Chain::homogeneous(&logits, 2, 3)?;
/// assert!((chain.ln_p(&[1.0, 0.0, 1.0, 0.0, 0.0, 1.0])? - (0.5_f64 * 0.75 * 0.25).ln()).abs() < 1e-15);
/// // The probabilities of the states at each place: ½ and ½, then ⅝ and ⅜.
/// assert!((chain.marginals()[2] - 0.625).abs() < 1e-15);
/// let mut b = [0.0; 6];
/// chain.sample(&[0.2, 0.9, 0.1], &mut b);
/// assert!(chain.ln_p(&b).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: Rabiner 1989, section II (the chain); Cover and Thomas 2006, theorem 4.2.1 and equation 2.67 (entropy and divergence by the chain rule).
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    length: usize,
    /// Whether all steps have the same matrix.
    is_homogeneous: bool,
    /// The row of the first state, and the rows of the matrices.
    rows: Categorical,
    /// `p(s_t = k)`, T rows of K entries.
    marginals: Vec<f64>,
}

impl Chain {
    /// A chain of `length` states, T, with a matrix for each step: `K + (T - 1)·K²` logits, those of the first state first.
    ///
    /// # Errors
    /// Returns an error if a logit is NaN or infinite, if there are fewer than 2 states, if the length is 0, or if there are more or fewer logits.
    ///
    /// ```
    /// # use voidgrad::Chain;
    /// let error = Chain::from_logits(&[0.0; 9], 2, 3).unwrap_err();
    /// assert_eq!(error.to_string(), "logits of the chain has 9 entries where 10 are needed");
    /// ```
    pub fn from_logits(logits: &[f64], states: usize, length: usize) -> Result<Self, ChainError> {
        Self::new(logits, states, length, false)
    }

    /// A chain of `length` states, T, with one matrix for all steps: `K + K²` logits, those of the first state first.
    ///
    /// # Errors
    /// As [`from_logits`](Self::from_logits).
    pub fn homogeneous(logits: &[f64], states: usize, length: usize) -> Result<Self, ChainError> {
        Self::new(logits, states, length, true)
    }

    fn new(logits: &[f64], states: usize, length: usize, is_homogeneous: bool) -> Result<Self, ChainError> {
        let allowed = "at least 1";
        if length == 0 {
            return Err(InvalidParameter { name: "length of a chain", value: 0.0, allowed }.into());
        }
        let matrices = if is_homogeneous { 1 } else { length - 1 };
        let expected = states.saturating_mul(states).saturating_mul(matrices).saturating_add(states);
        if logits.len() != expected && states >= 2 {
            let found = logits.len();
            return Err(ShapeMismatch { name: "logits of the chain", found, expected }.into());
        }
        let rows = Categorical::from_logits(logits, states)?;
        let entries = length.checked_mul(states).filter(|entries| *entries <= LARGEST);
        let entries = entries.ok_or(ChainError::TooLong { states, length, allowed: LARGEST })?;
        let mut chain = Self { length, is_homogeneous, rows, marginals: vec![0.0; entries] };
        chain.set_marginals();
        Ok(chain)
    }

    /// From the first place to the last.
    fn set_marginals(&mut self) {
        let states = self.states();
        let theta = self.rows.probabilities();
        let mut marginals = std::mem::take(&mut self.marginals);
        marginals.fill(0.0);
        marginals[..states].copy_from_slice(&theta[..states]);
        for t in 1..self.length {
            let (before, now) = marginals[(t - 1) * states..].split_at_mut(states);
            for (state, mass) in before.iter().enumerate() {
                let row = &theta[self.row(t, state) * states..][..states];
                now.iter_mut().zip(row).for_each(|(now, theta)| *now += mass * theta);
            }
            // A sum of probabilities may round to more than 1.
            now[..states].iter_mut().for_each(|now| *now = now.min(1.0));
        }
        self.marginals = marginals;
    }

    /// The number of the row that the state at place t is drawn from, after `before`.
    fn row(&self, t: usize, before: usize) -> usize {
        match t {
            0 => 0,
            _ if self.is_homogeneous => 1 + before,
            _ => 1 + (t - 1) * self.states() + before,
        }
    }

    /// K.
    #[must_use]
    pub fn states(&self) -> usize {
        self.rows.states()
    }

    /// T, the number of places.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no place: never, the constructors refuse that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether all steps have the same matrix.
    #[must_use]
    pub fn is_homogeneous(&self) -> bool {
        self.is_homogeneous
    }

    /// The logits, K of the first state and K × K of each matrix.
    #[must_use]
    pub fn logits(&self) -> &[f64] {
        self.rows.logits()
    }

    /// The probabilities of the rows, as many as there are logits.
    #[must_use]
    pub fn probabilities(&self) -> &[f64] {
        self.rows.probabilities()
    }

    /// `E[b]`, the probability of each state at each place, T rows of K entries.
    #[must_use]
    pub fn marginals(&self) -> &[f64] {
        &self.marginals
    }
}

/// The largest `T·K`, the number of entries of a sample.
const LARGEST: usize = 1 << 26;

/// Chains that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A value outside its domain.
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// The wrong number of entries.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// More entries than memory should hold.
    #[error("a chain of {length} places with {states} states has more than {allowed} entries")]
    TooLong {
        /// K.
        states: usize,
        /// T.
        length: usize,
        /// What would have been accepted.
        allowed: usize,
    },
}

impl From<CategoricalError> for ChainError {
    fn from(error: CategoricalError) -> Self {
        match error {
            CategoricalError::Value(error) => error.into(),
            CategoricalError::Shape(error) => error.into(),
            // The number of logits has been checked, unless there are too few states.
            CategoricalError::Rows { found, states } => {
                ShapeMismatch { name: "logits of the chain", found, expected: states }.into()
            }
        }
    }
}

impl From<DistributionError> for ChainError {
    fn from(error: DistributionError) -> Self {
        match error {
            DistributionError::Value(error) => error.into(),
            DistributionError::Shape(error) => error.into(),
        }
    }
}

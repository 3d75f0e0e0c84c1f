//! M independent categorical variables with K states each.
//!
//! [`Categorical`] is the distribution. The functions of one state are in [`logit`], by the logits of its variable,
//! and in [`state`], by its log-probability. States are one-hot wherever a function of them is averaged: a flat
//! vector of M rows of K entries, row by row, with one 1 in each row and 0 elsewhere. So a function that is defined
//! between the states, as REBAR's control is, takes the same argument as one that is not.

mod distribution;
mod divergence;
mod enumeration;
pub mod logit;
mod natural;
pub(crate) mod relaxation;
pub(crate) mod row;
pub mod state;
#[cfg(test)]
mod tests;

pub use enumeration::LARGEST_ENUMERATION;
pub(crate) use enumeration::write_states;

use thiserror::Error;

use crate::error::{DistributionError, InvalidParameter, SampleError, ShapeMismatch, finite, same_length};
use row::Row;

/// `b_m ~ Categorical(softmax(a_m))`, independent, `m = 1..M`, with K states each.
///
/// Parameterised by the logits `a`, M rows of K entries; a row is defined up to a constant.
/// [`from_probabilities`](Self::from_probabilities) converts. All vectors are flat, row by row.
///
/// ```
/// use voidgrad::{Categorical, Distribution};
/// let categorical = Categorical::from_probabilities(&[0.2, 0.3, 0.5, 0.9, 0.05, 0.05], 3)?;
/// assert_eq!((categorical.variables(), categorical.states()), (2, 3));
/// let mut b = [0.0; 6];
/// categorical.sample(&[0.9, 0.02], &mut b);
/// assert_eq!(b, [0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
/// assert!((categorical.ln_p(&b)? - (0.5_f64 * 0.05).ln()).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: Maddison, Mnih and Teh 2017; Jang, Gu and Poole 2017.
#[derive(Debug, Clone, PartialEq)]
pub struct Categorical {
    states: usize,
    logits: Vec<f64>,
    theta: Vec<f64>,
    /// `1 - θ`.
    rest: Vec<f64>,
    ln_theta: Vec<f64>,
    /// The states of each variable, from the least to the most probable.
    order: Vec<usize>,
}

impl Categorical {
    /// The variables with these logits, M rows of `states` entries.
    ///
    /// # Errors
    /// Returns an error if a logit is NaN or infinite, if there are fewer than 2 states, no variable, or a row that is not full.
    ///
    /// ```
    /// # use voidgrad::Categorical;
    /// let error = Categorical::from_logits(&[0.0; 7], 3).unwrap_err();
    /// assert_eq!(error.to_string(), "7 entries are not rows of 3, one for each variable");
    /// ```
    pub fn from_logits(logits: &[f64], states: usize) -> Result<Self, CategoricalError> {
        let zeros = || vec![0.0; logits.len()];
        let (theta, rest, ln_theta) = (zeros(), zeros(), zeros());
        rows(logits.len(), states)?;
        let order = (0..logits.len()).map(|i| i % states).collect();
        let mut categorical = Self { states, logits: zeros(), theta, rest, ln_theta, order };
        categorical.assign(logits)?;
        Ok(categorical)
    }

    /// The variables with these probabilities, M rows of `states` entries.
    ///
    /// # Errors
    /// As [`from_logits`](Self::from_logits); also where a probability is not in (0, 1), or where those of a variable
    /// add up to something that differs from 1 by more than 1e-9.
    ///
    /// ```
    /// # use voidgrad::Categorical;
    /// let error = Categorical::from_probabilities(&[0.5, 0.25], 2).unwrap_err();
    /// assert_eq!(error.to_string(), "sum of probabilities = 0.75 is not 1");
    /// ```
    pub fn from_probabilities(probabilities: &[f64], states: usize) -> Result<Self, CategoricalError> {
        rows(probabilities.len(), states)?;
        if let Some(&value) = probabilities.iter().find(|&&theta| !(theta > 0.0 && theta < 1.0)) {
            return Err(InvalidParameter { name: "probability", value, allowed: "a number in (0, 1)" }.into());
        }
        for row in probabilities.chunks_exact(states) {
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > 1e-9 {
                return Err(
                    InvalidParameter { name: "sum of probabilities", value: sum, allowed: "1" }.into()
                );
            }
        }
        let logits: Vec<f64> = probabilities.iter().map(|theta| theta.ln()).collect();
        Self::from_logits(&logits, states)
    }

    /// Gives the variables other logits, M × K entries; where they are refused, nothing has changed.
    fn assign(&mut self, logits: &[f64]) -> Result<(), DistributionError> {
        if logits.len() != self.len() {
            return Err(ShapeMismatch { name: "logits", found: logits.len(), expected: self.len() }.into());
        }
        logits.iter().try_for_each(|&logit| finite("logit", logit).map(drop))?;
        self.logits.copy_from_slice(logits);
        for start in (0..logits.len()).step_by(self.states) {
            let row = Row::new(&logits[start..start + self.states]);
            for k in 0..self.states {
                let probability = row.at(k);
                self.theta[start + k] = probability.theta;
                self.rest[start + k] = probability.rest;
                self.ln_theta[start + k] = probability.ln_theta;
            }
            // By logits: probabilities that round to 0 would be equal. Equal ones in the order of their numbers.
            let order = &mut self.order[start..start + self.states];
            order.sort_unstable_by(|&i, &j| logits[start + i].total_cmp(&logits[start + j]).then(i.cmp(&j)));
        }
        Ok(())
    }

    /// M.
    #[must_use]
    pub fn variables(&self) -> usize {
        self.logits.len() / self.states
    }

    /// K.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states
    }

    /// M × K, the length of all flat vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.logits.len()
    }

    /// Whether there is no variable: never, the constructors refuse that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.logits.is_empty()
    }

    /// `a`, M × K entries.
    #[must_use]
    pub fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// `θ = softmax(a)`, M × K entries; an entry more than 745 below the largest of its row rounds to 0.
    #[must_use]
    pub fn probabilities(&self) -> &[f64] {
        &self.theta
    }

    /// `1 - θ`, M × K entries, exact where θ rounds to 1.
    #[must_use]
    pub fn complements(&self) -> &[f64] {
        &self.rest
    }

    /// `ln θ`, M × K entries, exact where θ rounds to 0 or 1.
    #[must_use]
    pub fn ln_probabilities(&self) -> &[f64] {
        &self.ln_theta
    }

    /// Writes b, one-hot: the argmax of `z_k = ln θ_k - ln(-ln u_k)` in every row (Gumbel-max), with M × K numbers u. REBAR and RELAX make
    /// b of z; [`Distribution::sample`](crate::Distribution::sample) takes fewer numbers.
    pub(crate) fn argmax_of_z(&self, u: &[f64], b: &mut [f64]) {
        let rows = u.chunks_exact(self.states).zip(self.ln_theta.chunks_exact(self.states));
        for (b, (u, ln_theta)) in b.chunks_exact_mut(self.states).zip(rows) {
            b.iter_mut()
                .zip(u.iter().zip(ln_theta))
                .for_each(|(z, (&u, &ln_theta))| *z = state::g(u, ln_theta));
            let drawn = logit::argmax(b);
            b.fill(0.0);
            b[drawn] = 1.0;
        }
    }

    /// The states of the variables as numbers from 0 to K - 1, M entries.
    ///
    /// ```
    /// # use voidgrad::Categorical;
    /// let categorical = Categorical::from_logits(&[0.0; 4], 2)?;
    /// assert_eq!(categorical.indices(&[0.0, 1.0, 1.0, 0.0])?, [1, 0]);
    /// assert!(categorical.indices(&[0.5, 0.5, 1.0, 0.0]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if b does not have M rows of K entries, with one 1 in each and 0 elsewhere.
    pub fn indices(&self, b: &[f64]) -> Result<Vec<usize>, SampleError> {
        same_length("b", b.len(), self.len())?;
        check_one_hot(b, self.states)?;
        Ok(b.chunks_exact(self.states).map(logit::argmax).collect())
    }
}

/// Refuses rows that are not one 1 and 0 elsewhere.
pub(crate) fn check_one_hot(b: &[f64], states: usize) -> Result<(), SampleError> {
    let is_one_hot = |row: &[f64]| {
        let k = logit::argmax(row);
        row.iter().enumerate().all(|(i, &b)| b == if i == k { 1.0 } else { 0.0 })
    };
    match b.chunks_exact(states).enumerate().find(|(_, row)| !is_one_hot(row)) {
        Some((variable, row)) => Err(SampleError::NotOneHot { variable, row: row.to_vec() }),
        None => Ok(()),
    }
}

/// Categorical variables that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum CategoricalError {
    /// A value outside its domain.
    #[error(transparent)]
    Value(#[from] InvalidParameter),
    /// The wrong number of entries.
    #[error(transparent)]
    Shape(#[from] ShapeMismatch),
    /// A number of entries that is no multiple of the number of states.
    #[error("{found} entries are not rows of {states}, one for each variable")]
    Rows {
        /// How many entries there are.
        found: usize,
        /// K.
        states: usize,
    },
}

impl From<DistributionError> for CategoricalError {
    fn from(error: DistributionError) -> Self {
        match error {
            DistributionError::Value(error) => error.into(),
            DistributionError::Shape(error) => error.into(),
        }
    }
}

/// Refuses what is not at least one row of at least two states.
fn rows(found: usize, states: usize) -> Result<(), CategoricalError> {
    if states < 2 {
        let value = states as f64;
        return Err(InvalidParameter { name: "number of states", value, allowed: "at least 2" }.into());
    }
    if found == 0 {
        return Err(
            InvalidParameter { name: "number of variables", value: 0.0, allowed: "at least 1" }.into()
        );
    }
    if found.is_multiple_of(states) { Ok(()) } else { Err(CategoricalError::Rows { found, states }) }
}

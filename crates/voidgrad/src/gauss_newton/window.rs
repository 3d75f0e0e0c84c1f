//! The last evaluations of f.

use std::collections::VecDeque;

use super::GaussNewtonError;
use crate::error::same_length;

/// Logits, b and f(b) of the last evaluations, the oldest first.
#[derive(Debug, Clone)]
pub(super) struct Window {
    variables: usize,
    most: usize,
    /// `2M + 1` numbers each.
    evaluations: VecDeque<Vec<f64>>,
}

impl Window {
    /// At most so many evaluations, of M variables.
    pub(super) fn new(variables: usize, most: usize) -> Self {
        Self { variables, most, evaluations: VecDeque::with_capacity(most) }
    }

    /// M.
    pub(super) fn variables(&self) -> usize {
        self.variables
    }

    pub(super) fn len(&self) -> usize {
        self.evaluations.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.evaluations.is_empty()
    }

    /// Adds an evaluation, in the place of the oldest if there are so many.
    pub(super) fn push(&mut self, logits: &[f64], b: &[f64], f: f64) {
        let oldest = if self.len() == self.most {
            self.evaluations.pop_front().unwrap_or_default()
        } else {
            Vec::new()
        };
        let mut evaluation = oldest;
        evaluation.clear();
        evaluation.extend(logits.iter().chain(b).chain([&f]));
        self.evaluations.push_back(evaluation);
    }

    /// Logits, b and f of an evaluation; 0 is the newest.
    pub(super) fn newest(&self, back: usize) -> (&[f64], &[f64], f64) {
        let evaluation = &self.evaluations[self.len() - 1 - back];
        let (logits, rest) = evaluation.split_at(self.variables);
        (logits, &rest[..self.variables], rest[self.variables])
    }

    /// All numbers, one evaluation after the other.
    pub(super) fn flat(&self) -> Vec<f64> {
        self.evaluations.iter().flatten().copied().collect()
    }

    /// The window of such numbers.
    ///
    /// # Errors
    /// Returns an error if they are not those of whole evaluations, if they are too many, or if one is none of an evaluation.
    pub(super) fn from_flat(
        variables: usize,
        most: usize,
        numbers: &[f64],
    ) -> Result<Self, GaussNewtonError> {
        let each = 2 * variables + 1;
        let count = (numbers.len() / each).min(most);
        same_length("window", numbers.len(), count * each)?;
        let refused = |value, allowed| Err(GaussNewtonError::State { name: "window", value, allowed });
        for evaluation in numbers.chunks_exact(each) {
            if let Some(value) = evaluation.iter().find(|number| !number.is_finite()) {
                return refused(*value, "a finite number");
            }
            if let Some(b) = evaluation[variables..2 * variables].iter().find(|b| **b != 0.0 && **b != 1.0) {
                return refused(*b, "0 or 1");
            }
        }
        let evaluations = numbers.chunks_exact(each).map(<[f64]>::to_vec).collect();
        Ok(Self { variables, most, evaluations })
    }
}

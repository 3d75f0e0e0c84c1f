//! The last evaluations of f.

use std::collections::VecDeque;

use super::LearningError;
use crate::error::same_length;

/// Logits, b and f(b) of the last rounds, the oldest first. A round is some rows, each an evaluation.
#[derive(Debug, Clone)]
pub(super) struct Window {
    variables: usize,
    rows: usize,
    most: usize,
    rounds: VecDeque<Evaluations>,
}

/// The evaluations of a round: N·M logits, N·M entries of b, and N values of f.
#[derive(Debug, Clone)]
pub(super) struct Evaluations(Vec<f64>);

impl Evaluations {
    fn split(&self, rows: usize, variables: usize) -> [&[f64]; 3] {
        let (logits, rest) = self.0.split_at(rows * variables);
        let (b, f) = rest.split_at(rows * variables);
        [logits, b, f]
    }
}

impl Window {
    /// At most so many rounds of N rows, of M variables.
    pub(super) fn new((rows, variables): (usize, usize), most: usize) -> Self {
        Self { variables, rows, most, rounds: VecDeque::new() }
    }

    /// M.
    pub(super) fn variables(&self) -> usize {
        self.variables
    }

    /// N.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many rounds there are.
    pub(super) fn len(&self) -> usize {
        self.rounds.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rounds.is_empty()
    }

    /// Adds a round, in the place of the oldest if there are so many.
    ///
    /// # Errors
    /// Returns an error if a length is wrong; then nothing has changed.
    pub(super) fn push(&mut self, logits: &[f64], b: &[f64], f: &[f64]) -> Result<(), LearningError> {
        let entries = self.rows * self.variables;
        same_length("logits", logits.len(), entries)?;
        same_length("b", b.len(), entries)?;
        same_length("values of f", f.len(), self.rows)?;
        let oldest = if self.len() == self.most { self.rounds.pop_front() } else { None };
        let mut numbers = oldest.map_or_else(Vec::new, |Evaluations(numbers)| numbers);
        numbers.clear();
        numbers.extend(logits.iter().chain(b).chain(f));
        self.rounds.push_back(Evaluations(numbers));
        Ok(())
    }

    /// Logits, b and f of a round; 0 is the newest. Nothing if there is none.
    pub(super) fn newest(&self, back: usize) -> [&[f64]; 3] {
        let round = self.rounds.iter().rev().nth(back);
        round.map_or([&[]; 3], |round| round.split(self.rows, self.variables))
    }

    /// All numbers, one round after the other.
    pub(super) fn flat(&self) -> Vec<f64> {
        self.rounds.iter().flat_map(|Evaluations(numbers)| numbers).copied().collect()
    }

    /// Takes such numbers.
    ///
    /// # Errors
    /// Returns an error if they are not those of whole rounds, if they are too many, or if one is none of an evaluation; then nothing has changed.
    pub(super) fn restore(&mut self, numbers: &[f64]) -> Result<(), LearningError> {
        let each = self.rows * (2 * self.variables + 1);
        let count = (numbers.len() / each).min(self.most);
        same_length("window", numbers.len(), count * each)?;
        let refused = |value, allowed| Err(LearningError::State { name: "window", value, allowed });
        if let Some(value) = numbers.iter().find(|number| !number.is_finite()) {
            return refused(*value, "a finite number");
        }
        let rounds: VecDeque<Evaluations> =
            numbers.chunks_exact(each).map(|round| Evaluations(round.to_vec())).collect();
        for round in &rounds {
            let [_, b, _] = round.split(self.rows, self.variables);
            if let Some(b) = b.iter().find(|b| **b != 0.0 && **b != 1.0) {
                return refused(*b, "0 or 1");
            }
        }
        self.rounds = rounds;
        Ok(())
    }
}

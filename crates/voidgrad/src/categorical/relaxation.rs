//! The relaxed states `softmax(z/λ)`.

use super::row::{self, Row};

/// `s = softmax(y)`, `y = z/λ`, in every row of K entries.
///
/// Source: Maddison, Mnih and Teh 2017; Jang, Gu and Poole 2017, equation 2.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relaxation {
    states: usize,
    /// `(z - max z)/λ`: the softmax does not see the difference, and nothing overflows.
    pub(crate) y: Vec<f64>,
    pub(crate) s: Vec<f64>,
    /// `1 - s`.
    rest: Vec<f64>,
}

impl Relaxation {
    /// Of rows of so many states.
    pub(crate) fn new(z: &[f64], states: usize, lambda: f64) -> Self {
        let mut relaxation = Self::default();
        relaxation.update(z, states, lambda);
        relaxation
    }

    /// Makes another in this memory.
    pub(crate) fn update(&mut self, z: &[f64], states: usize, lambda: f64) {
        self.states = states;
        for values in [&mut self.y, &mut self.s, &mut self.rest] {
            values.resize(z.len(), 0.0);
        }
        for start in (0..z.len()).step_by(states) {
            let row = start..start + states;
            let largest = z[row.clone()].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for i in row.clone() {
                self.y[i] = ((z[i] - largest) / lambda).max(f64::MIN / 2.0);
            }
            let softmax = Row::new(&self.y[row.clone()]);
            for i in row {
                let probability = softmax.at(i - start);
                (self.s[i], self.rest[i]) = (probability.theta, probability.rest);
            }
        }
    }

    /// Takes the mean `Σ_k s_k x_k` out of every row.
    pub(crate) fn centre(&self, x: &mut [f64]) {
        let rows = self.s.chunks_exact(self.states).zip(self.rest.chunks_exact(self.states));
        for (x, (s, rest)) in x.chunks_exact_mut(self.states).zip(rows) {
            row::centre(s, rest, x);
        }
    }
}

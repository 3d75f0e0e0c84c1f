//! The relaxed states `softmax(z/λ)`, and the relaxed bits `σ(z/λ)`.

use super::row::{self, Row};
use voidgrad_real::sigmoid;

/// `s = softmax(y)`, `y = z/λ`, in every row of K entries; with K = 1 `s = σ(y)`, the relaxed bits of Bernoulli variables: the softmax of
/// (y, 0) without its second entry.
///
/// Source: Maddison, Mnih and Teh 2017; Jang, Gu and Poole 2017, equation 2.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relaxation {
    states: usize,
    /// `(z - max z)/λ`: the softmax does not see the difference, and nothing overflows. Of bits `z/λ`.
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
        if states == 1 {
            for (i, z) in z.iter().enumerate() {
                let y = (z / lambda).clamp(f64::MIN / 2.0, f64::MAX / 2.0);
                (self.y[i], self.s[i], self.rest[i]) = (y, sigmoid(y), sigmoid(-y));
            }
            return;
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

    /// Takes the mean `Σ_k s_k x_k` out of every row; of bits, `x·(1 - s)` is left.
    pub(crate) fn centre(&self, x: &mut [f64]) {
        if self.states == 1 {
            x.iter_mut().zip(&self.rest).for_each(|(x, rest)| *x *= rest);
            return;
        }
        let rows = self.s.chunks_exact(self.states).zip(self.rest.chunks_exact(self.states));
        for (x, (s, rest)) in x.chunks_exact_mut(self.states).zip(rows) {
            row::centre(s, rest, x);
        }
    }
}

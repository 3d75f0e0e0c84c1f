//! Categorical variables as Bernoulli variables, by breaking sticks, which `DisARM` and ARMS share.
//!
//! The states of a variable stand in an order. At each state but the last there is a bit, 1 with the probability of the state given that none before it was drawn. The first 1 draws
//! its state; if there is none, the last one is drawn.

use voidgrad_real::logaddexp;

use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;

/// The order of the states of each variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The least probable first: no bit is 1 with a probability above ½.
    Ascending,
    /// The most probable first.
    Descending,
}

impl Order {
    /// The states of a variable.
    pub(super) fn states(self, categorical: &Categorical, m: usize) -> impl Iterator<Item = usize> {
        let order = categorical.order(m);
        (0..order.len()).map(move |i| order[if self == Self::Ascending { i } else { order.len() - 1 - i }])
    }

    /// The bits, one less than states for each variable, in the order of the states.
    pub(super) fn bits(self, categorical: &Categorical) -> Bernoulli {
        let states = categorical.states();
        let mut bits = vec![0.0; categorical.variables() * (states - 1)];
        for (m, bits) in bits.chunks_exact_mut(states - 1).enumerate() {
            let logits = &categorical.logits()[m * states..(m + 1) * states];
            for (to, k) in bits.iter_mut().zip(self.states(categorical, m)) {
                *to = logits[k];
            }
            // What comes after a state, from the end.
            let mut rest = self.states(categorical, m).last().map_or(0.0, |last| logits[last]);
            for bit in bits.iter_mut().rev() {
                let own = *bit;
                *bit = (own - rest).clamp(f64::MIN / 2.0, f64::MAX / 2.0);
                rest = logaddexp(rest, own);
            }
        }
        Bernoulli::from_logits(&bits).expect("there are two states or more, and no logit is infinite")
    }

    /// Writes the states that bits draw, one-hot.
    pub(super) fn draw(self, categorical: &Categorical, bits: &[f64], b: &mut [f64]) {
        let states = categorical.states();
        b.fill(0.0);
        let rows = b.chunks_exact_mut(states).zip(bits.chunks_exact(states - 1));
        for (m, (b, bits)) in rows.enumerate() {
            let first = bits.iter().position(|bit| *bit == 1.0).unwrap_or(states - 1);
            if let Some(k) = self.states(categorical, m).nth(first) {
                b[k] = 1.0;
            }
        }
    }
}

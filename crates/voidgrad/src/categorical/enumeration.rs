//! Sums over all states.

use super::Categorical;
use crate::estimator::EstimateError;
use crate::objective::{Objective, evaluate};

/// The largest number of states, `Kᴹ`, that are enumerated.
pub const LARGEST_ENUMERATION: usize = 1 << 20;

impl Categorical {
    /// `Kᴹ`, where it is at most [`LARGEST_ENUMERATION`].
    #[must_use]
    pub fn joint_states(&self) -> Option<usize> {
        let mut count = 1_usize;
        for _ in 0..self.variables() {
            count = count.checked_mul(self.states()).filter(|&count| count <= LARGEST_ENUMERATION)?;
        }
        Some(count)
    }

    /// Calls `visit` with b (one-hot), the states as numbers, and `p(b)`, for each of the `Kᴹ` states; the last
    /// variable changes fastest.
    pub(crate) fn for_each_state<E>(
        &self,
        mut visit: impl FnMut(&[f64], &[usize], f64) -> Result<(), E>,
    ) -> Result<(), E> {
        let (variables, states) = (self.variables(), self.states());
        let mut at = vec![0; variables];
        let mut b = vec![0.0; self.len()];
        (0..variables).for_each(|m| b[m * states] = 1.0);
        loop {
            let ln_p: f64 = at.iter().enumerate().map(|(m, k)| self.ln_probabilities()[m * states + k]).sum();
            visit(&b, &at, ln_p.exp())?;
            // The next state, as an odometer counts.
            let mut m = variables;
            loop {
                let Some(previous) = m.checked_sub(1) else { return Ok(()) };
                m = previous;
                b[m * states + at[m]] = 0.0;
                at[m] = (at[m] + 1) % states;
                b[m * states + at[m]] = 1.0;
                if at[m] != 0 {
                    break;
                }
            }
        }
    }
}

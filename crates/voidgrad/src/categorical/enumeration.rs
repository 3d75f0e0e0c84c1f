//! All states, one after the other.

use super::Categorical;

/// The largest number of states of all variables together, `Kᴹ`, that are enumerated.
pub const LARGEST_ENUMERATION: u64 = 1 << 20;

impl Categorical {
    /// `Kᴹ`; `None` where that is more than a number holds.
    ///
    /// ```
    /// # use voidgrad::Categorical;
    /// assert_eq!(Categorical::from_logits(&[0.0; 12], 3)?.joint_states(), Some(81));
    /// # Ok::<(), voidgrad::categorical::CategoricalError>(())
    /// ```
    #[must_use]
    pub fn joint_states(&self) -> Option<u64> {
        let variables = u32::try_from(self.variables()).ok()?;
        (self.states() as u64).checked_pow(variables)
    }

    /// Calls `visit` with b, one-hot, for each of the `Kᴹ` states; the last variable changes fastest. `b` is memory.
    pub(crate) fn for_each_state<E>(
        &self,
        b: &mut Vec<f64>,
        mut visit: impl FnMut(&[f64]) -> Result<(), E>,
    ) -> Result<(), E> {
        b.clear();
        b.resize(self.len(), 0.0);
        b.iter_mut().step_by(self.states()).for_each(|first| *first = 1.0);
        loop {
            visit(b)?;
            // The next state, as an odometer counts.
            let turned = b.chunks_exact_mut(self.states()).rev().any(|row| {
                row.rotate_right(1);
                row[0] == 0.0
            });
            if !turned {
                return Ok(());
            }
        }
    }
}

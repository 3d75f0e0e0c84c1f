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

    /// Writes each of the `Kᴹ` states, one-hot, row by row; the last variable changes fastest.
    pub(crate) fn write_states(&self, rows: &mut [f64]) {
        write_states(self.states(), self.variables(), rows);
    }
}

/// Writes each of the states of so many variables, one-hot, row by row; the last variable changes fastest.
pub(crate) fn write_states(states: usize, variables: usize, rows: &mut [f64]) {
    for (number, row) in rows.chunks_exact_mut(states * variables).enumerate() {
        row.fill(0.0);
        let mut rest = number;
        for variable in row.chunks_exact_mut(states).rev() {
            variable[rest % states] = 1.0;
            rest /= states;
        }
    }
}

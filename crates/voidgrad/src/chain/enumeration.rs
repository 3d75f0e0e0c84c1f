//! All sequences, one after the other.

use super::Chain;
use crate::categorical;

impl Chain {
    /// `K^T`, the number of sequences; `None` if that is more than a number holds.
    ///
    /// ```
    /// # use voidgrad::Chain;
    /// assert_eq!(Chain::homogeneous(&[0.0; 12], 3, 4)?.sequences(), Some(81));
    /// # Ok::<(), voidgrad::chain::ChainError>(())
    /// ```
    #[must_use]
    pub fn sequences(&self) -> Option<u64> {
        (self.states() as u64).checked_pow(u32::try_from(self.length).ok()?)
    }

    /// Writes each of the `K^T` sequences, one-hot, row by row; the last state changes fastest.
    pub(crate) fn write_sequences(&self, rows: &mut [f64]) {
        categorical::write_states(self.states(), self.length, rows);
    }
}

//! The coordinates of one sample, each quantity a row.

use super::chunk::Number;
use crate::lanes::MOST_LANES;

/// Rows of as many numbers as there are coordinates, and some more to make lanes full.
pub(super) struct Cells<'a, T> {
    /// How many coordinates there are.
    pub(super) count: usize,
    /// Logits.
    pub(super) a: &'a mut [T],
    pub(super) z: &'a mut [T],
    /// b as 0 and 1.
    pub(super) b: &'a mut [T],
    pub(super) z_tilde: &'a mut [T],
    /// `∂z̃/∂a`, b held fixed.
    pub(super) z_tilde_a: &'a mut [T],
    /// `∂/∂a ln p(b)`
    pub(super) score: &'a mut [T],
    /// `ĝ`, and before it a part of it.
    pub(super) g: &'a mut [T],
}

/// How many rows there are.
const ROWS: usize = 7;

impl<'a, T: Number> Cells<'a, T> {
    /// Rows for `count` coordinates in this memory.
    pub(super) fn new(count: usize, buffer: &'a mut Vec<T>) -> Self {
        let length = count.next_multiple_of(MOST_LANES);
        buffer.clear();
        buffer.resize(ROWS * length, T::default());
        let mut rows = buffer.chunks_exact_mut(length);
        let mut row = || rows.next().unwrap_or_default();
        Self { count, a: row(), z: row(), b: row(), z_tilde: row(), z_tilde_a: row(), score: row(), g: row() }
    }
}

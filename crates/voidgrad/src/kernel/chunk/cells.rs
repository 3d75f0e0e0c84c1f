//! The coordinates of one sample, each quantity a row.

use super::Number;
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
    /// `Σ ĝ` over the samples so far.
    pub(super) gradient: &'a mut [T],
    /// `Σ ĝ²` over the samples so far.
    pub(super) square: &'a mut [T],
}

/// How many rows there are.
const ROWS: usize = 9;

impl<'a, T: Number> Cells<'a, T> {
    /// Rows for `count` coordinates in this memory, with sums of 0.
    pub(super) fn new(count: usize, buffer: &'a mut Vec<T>) -> Self {
        let length = count.next_multiple_of(MOST_LANES);
        buffer.clear();
        buffer.resize(ROWS * length, T::default());
        let mut rows = buffer.chunks_exact_mut(length);
        let mut row = || rows.next().unwrap_or_default();
        let (a, z, b, z_tilde, z_tilde_a) = (row(), row(), row(), row(), row());
        Self { count, a, z, b, z_tilde, z_tilde_a, score: row(), g: row(), gradient: row(), square: row() }
    }
}

//! Numbers that nalgebra takes as entries, and what generated code builds arrays with.

use nalgebra::{ClosedAddAssign, ClosedMulAssign, ClosedSubAssign, DMatrix, DVector, SMatrix, SVector};
use num_traits::{One, Zero};

use voidgrad_real::Real;

/// A [`Real`] that can be an entry of nalgebra's matrices: `f32` and `f64`, but no SIMD lanes.
///
/// Generated functions of a signature with matrices ask for this; the others for [`Real`] alone.
pub trait Scalar:
    Real<Mask = bool> + nalgebra::Scalar + Zero + One + ClosedAddAssign + ClosedSubAssign + ClosedMulAssign
{
}

impl<R> Scalar for R where
    R: Real<Mask = bool>
        + nalgebra::Scalar
        + Zero
        + One
        + ClosedAddAssign
        + ClosedSubAssign
        + ClosedMulAssign
{
}

/// The vector with these entries.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn vector<R: Scalar, const N: usize>(entry: impl Fn(usize) -> R) -> SVector<R, N> {
    // A loop over zeros compiles to fewer moves than `from_fn`, which writes through `MaybeUninit`.
    let mut vector = SVector::zeros();
    for i in 0..N {
        vector[i] = entry(i);
    }
    vector
}

/// The matrix with these entries, by row and column.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn matrix<R: Scalar, const ROWS: usize, const COLUMNS: usize>(
    entry: impl Fn(usize, usize) -> R,
) -> SMatrix<R, ROWS, COLUMNS> {
    let mut matrix = SMatrix::zeros();
    for column in 0..COLUMNS {
        for row in 0..ROWS {
            matrix[(row, column)] = entry(row, column);
        }
    }
    matrix
}

/// The vector with these `n` entries.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn dvector<R: Scalar>(n: usize, entry: impl Fn(usize) -> R) -> DVector<R> {
    DVector::from_fn(n, |i, _| entry(i))
}

/// The matrix of this size with these entries, by row and column.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn dmatrix<R: Scalar>(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> R) -> DMatrix<R> {
    DMatrix::from_fn(rows, columns, entry)
}

/// Compares two lengths that an annotated function needs to be equal.
///
/// # Panics
/// Panics if they differ, with both in the message.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn same_length(left: &str, a: usize, right: &str, b: usize) {
    assert!(a == b, "the shapes do not fit: {left} ({a}) and {right} ({b}) must be the same number");
}

/// The array with these entries.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn array<const N: usize, R>(entry: impl Fn(usize) -> R) -> [R; N] {
    core::array::from_fn(entry)
}

/// The sum of `n` terms, from the first to the last, starting at `zero`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn sum<R: Real>(n: usize, zero: R, term: impl Fn(usize) -> R) -> R {
    (0..n).fold(zero, |sum, i| sum + term(i))
}

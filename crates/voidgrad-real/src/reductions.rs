//! The field's functions of many numbers.

use crate::Real;

/// `ln Σ_i e^(x_i)` without overflow; `-∞` of entries that are all `-∞`.
///
/// ```
/// assert_eq!(voidgrad_real::log_sum_exp(&[1000.0, 1000.0]), 1000.0 + 2.0_f64.ln());
/// ```
#[inline(always)]
pub fn log_sum_exp<R: Real, const N: usize>(x: &[R; N]) -> R {
    const { assert!(N > 0, "the array has no entries, and so no number to make constants from") };
    log_sum_exp_of(N, x[0].constant(0.0), |i| x[i])
}

/// `σ_i(x) = e^(x_i)/Σ_j e^(x_j)` without overflow: the probabilities of a categorical variable from its logits.
///
/// ```
/// assert_eq!(voidgrad_real::softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
/// ```
#[inline(always)]
pub fn softmax<R: Real, const N: usize>(x: &[R; N]) -> [R; N] {
    const { assert!(N > 0, "the array has no entries, and so no probabilities") };
    let largest = x.iter().skip(1).fold(x[0], |largest, x| largest.max(*x));
    let weights: [R; N] = core::array::from_fn(|i| (x[i] - largest).exp());
    let sum = weights.iter().skip(1).fold(weights[0], |sum, weight| sum + *weight);
    weights.map(|weight| weight / sum)
}

/// [`log_sum_exp()`] of `n` entries; `zero` is any number, to make constants from.
#[inline(always)]
pub fn log_sum_exp_of<R: Real>(n: usize, zero: R, entry: impl Fn(usize) -> R) -> R {
    let lowest = zero.constant(f64::NEG_INFINITY);
    let largest = (0..n).fold(lowest, |largest, i| largest.max(entry(i)));
    // -∞ - -∞ is no number.
    let shift = R::select(largest.is_eq(lowest), zero.constant(0.0), largest);
    let sum = (0..n).fold(zero.constant(0.0), |sum, i| sum + (entry(i) - shift).exp());
    shift + sum.ln()
}

/// The namesake of [`log_sum_exp()`] among the types.
#[allow(non_camel_case_types)]
#[derive(Debug, Clone, Copy)]
pub enum log_sum_exp {}

/// The namesake of [`softmax()`] among the types.
#[allow(non_camel_case_types)]
#[derive(Debug, Clone, Copy)]
pub enum softmax {}

//! The field's functions as functions: what an annotated function calls by name.

use crate::Real;

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($($argument:ident),+);)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub fn $name<R: Real>($($argument: R),+) -> R {
                functions!(@call $name($($argument),+))
            }

            /// The function's namesake among the types. Generated code names it to make sure that a call in an
            /// annotated function means this function and not another of the same name.
            #[allow(non_camel_case_types)]
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}
        )*
    };
    (@call $name:ident($first:ident $(, $rest:ident)*)) => { R::$name($first $(, $rest)*) };
}

functions! {
    /// The logistic function `σ(x) = 1/(1 + e^-x)`.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::sigmoid(0.0), 0.5);
    /// assert!(voidgrad_real::sigmoid(-740.0) > 0.0);
    /// ```
    sigmoid(x);
    /// The log-odds `ln(p/(1 - p))` of a probability `p`, the inverse of [`sigmoid()`].
    ///
    /// ```
    /// assert_eq!(voidgrad_real::logit(0.5), 0.0);
    /// ```
    logit(p);
    /// `ln(1 + e^x)`, the integral of [`sigmoid()`].
    ///
    /// ```
    /// assert_eq!(voidgrad_real::softplus(1000.0), 1000.0);
    /// ```
    softplus(x);
    /// `ln σ(x) = -softplus(-x)`.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::log_sigmoid(-1000.0), -1000.0);
    /// ```
    log_sigmoid(x);
    /// `max(x, 0)`; its derivative at 0 is 0.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::relu(-2.0), 0.0);
    /// ```
    relu(x);
    /// `ln(1 - e^x)` for `x < 0`.
    ///
    /// ```
    /// assert!((voidgrad_real::log1mexp(-1e-300) - (1e-300_f64).ln()).abs() < 1e-12);
    /// ```
    log1mexp(x);
    /// `ln(e^x + e^y)`.
    ///
    /// ```
    /// assert_eq!(voidgrad_real::logaddexp(1000.0, 0.0), 1000.0);
    /// ```
    logaddexp(x, y);
}

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

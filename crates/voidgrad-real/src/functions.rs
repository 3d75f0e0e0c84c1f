//! The field's functions of one number and of two, as functions: what an annotated function calls by name.

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

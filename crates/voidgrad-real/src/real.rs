//! The trait itself: what a number must be able to do, and lists of its functions for those that implement it.
//!
//! A new function is a method here and its name in one of the lists; no other file of this crate has to name it. Only one with arithmetic of its own is in
//! `arithmetic/` instead.

use core::fmt::Debug;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// The answer of a comparison of two [`Real`]s: `bool` for one number, a lane mask for many.
///
/// ```
/// use voidgrad_real::Real;
/// let mask = 1.0_f64.is_lt(2.0) & !3.0_f64.is_lt(2.0);
/// assert_eq!(f64::select(mask, 10.0, 20.0), 10.0);
/// ```
pub trait Mask: Copy + Debug + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {}

impl Mask for bool {}

/// Methods of the trait that have no default.
macro_rules! methods {
    ($(
        $(#[$doc:meta])* $name:ident($($argument:ident),*) $(as $called:ident)? {$($bounds:tt)*};
    )*) => {
        $(
            $(#[$doc])*
            #[must_use]
            fn $name(self $(, $argument: Self)*) -> Self;
        )*
    };
}

/// A real number: a scalar, or several side by side.
///
/// The methods carry the names of `f64`'s where `f64` has them and mean the same; those of the field
/// (`sigmoid`, `softplus`, …) are in their stable forms. Branches are taken by [`select`](Self::select), which
/// reads both of its values, and constants are made from a value at hand ([`constant`](Self::constant)), since
/// a vector that proves its instruction set by a token can't be made from nothing.
///
/// ```
/// use voidgrad_real::Real;
/// fn swish<R: Real>(x: R) -> R { x * x.sigmoid() }
/// assert!((swish(2.0_f64) - 2.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-15);
/// assert!((swish(2.0_f32) - 2.0 / (1.0 + (-2.0_f32).exp())).abs() < 1e-6);
/// ```
pub trait Real:
    Copy
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// What a comparison answers.
    type Mask: Mask;

    /// `value`, in the type (and the width) of `self`.
    #[must_use]
    fn constant(self, value: f64) -> Self;
    /// `on_true` where `mask` holds, else `on_false`; both have been computed.
    #[must_use]
    fn select(mask: Self::Mask, on_true: Self, on_false: Self) -> Self;
    /// A mask that is `value` everywhere.
    #[must_use]
    fn mask(self, value: bool) -> Self::Mask;

    /// `self < other`; false where either is NaN.
    fn is_lt(self, other: Self) -> Self::Mask;
    /// `self <= other`; false where either is NaN.
    fn is_le(self, other: Self) -> Self::Mask;
    /// `self > other`; false where either is NaN.
    fn is_gt(self, other: Self) -> Self::Mask;
    /// `self >= other`; false where either is NaN.
    fn is_ge(self, other: Self) -> Self::Mask;
    /// `self == other`; false where either is NaN.
    fn is_eq(self, other: Self) -> Self::Mask;
    /// `self != other`; true where either is NaN.
    fn is_ne(self, other: Self) -> Self::Mask;

    /// `self^n`.
    #[must_use]
    fn powi(self, n: i32) -> Self;
    /// `self^y`.
    #[must_use]
    fn powf(self, y: Self) -> Self;
    /// `self·a + b`, fused where the machine fuses it.
    #[must_use]
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The larger of the two; the other one where one is NaN.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller of the two; the other one where one is NaN.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// `√(self² + other²)` without overflow on the way.
    #[must_use]
    fn hypot(self, other: Self) -> Self;
    /// The angle of the point `(other, self)`.
    #[must_use]
    fn atan2(self, other: Self) -> Self;
    /// `|self|` with the sign of `sign`.
    #[must_use]
    fn copysign(self, sign: Self) -> Self;

    /// `√self`.
    #[must_use]
    fn sqrt(self) -> Self;
    /// The cube root.
    #[must_use]
    fn cbrt(self) -> Self;
    /// `1/self`.
    #[must_use]
    fn recip(self) -> Self;
    /// `|self|`.
    #[must_use]
    fn abs(self) -> Self;
    /// 1 with the sign of `self`, also for ±0; NaN for NaN.
    #[must_use]
    fn signum(self) -> Self;
    /// The largest integer that is not larger.
    #[must_use]
    fn floor(self) -> Self;
    /// The smallest integer that is not smaller.
    #[must_use]
    fn ceil(self) -> Self;
    /// The nearest integer, halves away from zero.
    #[must_use]
    fn round(self) -> Self;
    /// The integer part.
    #[must_use]
    fn trunc(self) -> Self;

    /// `e^self`.
    #[must_use]
    fn exp(self) -> Self;
    /// `2^self`.
    #[must_use]
    fn exp2(self) -> Self;
    /// `e^self - 1`, exact near 0.
    #[must_use]
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;
    /// `ln(1 + self)`, exact near 0.
    #[must_use]
    fn ln_1p(self) -> Self;
    /// The logarithm to base 2.
    #[must_use]
    fn log2(self) -> Self;
    /// The logarithm to base 10.
    #[must_use]
    fn log10(self) -> Self;

    /// The sine.
    #[must_use]
    fn sin(self) -> Self;
    /// The cosine.
    #[must_use]
    fn cos(self) -> Self;
    /// The tangent.
    #[must_use]
    fn tan(self) -> Self;
    /// The arc sine.
    #[must_use]
    fn asin(self) -> Self;
    /// The arc cosine.
    #[must_use]
    fn acos(self) -> Self;
    /// The arc tangent.
    #[must_use]
    fn atan(self) -> Self;
    /// The hyperbolic sine.
    #[must_use]
    fn sinh(self) -> Self;
    /// The hyperbolic cosine.
    #[must_use]
    fn cosh(self) -> Self;
    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;
    /// The inverse hyperbolic sine.
    #[must_use]
    fn asinh(self) -> Self;
    /// The inverse hyperbolic cosine.
    #[must_use]
    fn acosh(self) -> Self;
    /// The inverse hyperbolic tangent.
    #[must_use]
    fn atanh(self) -> Self;

    crate::of_the_field!([methods]);

    /// `ln σ(self)`.
    #[must_use]
    #[inline(always)]
    fn log_sigmoid(self) -> Self {
        -(-self).softplus()
    }
    /// `max(self, 0)`.
    #[must_use]
    #[inline(always)]
    fn relu(self) -> Self {
        self.max(self.constant(0.0))
    }
    /// `ln(1 + self/d)`.
    #[must_use]
    #[inline(always)]
    fn ln_1p_ratio(self, d: Self) -> Self {
        (self / d).ln_1p()
    }
    /// `self/(d·(self + d))`, minus the derivative of [`ln_1p_ratio`](Self::ln_1p_ratio) with respect to `d`.
    #[must_use]
    #[inline(always)]
    fn d_ln_1p_ratio(self, d: Self) -> Self {
        self / d / (self + d)
    }
    /// `1 - self²`, exact also near ±1.
    #[must_use]
    #[inline(always)]
    fn one_minus_square(self) -> Self {
        let one = self.constant(1.0);
        (one - self) * (one + self)
    }
    /// `self/√(self² + other²)`, the derivative of [`hypot`](Self::hypot); 0 where both are 0.
    #[must_use]
    #[inline(always)]
    fn d_hypot(self, other: Self) -> Self {
        let (norm, zero) = (self.hypot(other), self.constant(0.0));
        Self::select(norm.is_ne(zero), self / norm, zero)
    }
}

// Each list calls a macro with its functions, after what is given to the macro first. The macro may be another list, which adds its own.
//
// In braces are the bounds of lanes, if they are not equal to the scalar: how many steps from one number to the next they may be from the true value (`truth`) and
// from the scalar's (`scalar`). A sum that cancels has its bound in steps of the largest of its arguments and its value (`of_largest`). With `either_zero`, either of
// two zeros may be the value. The tests of lanes iterate the lists; for `truth` they need rows in the workspace's `tests/fixtures/lanes.json`.

/// Functions that `f64` has, and that no vector has instructions for: vectors compute one lane after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! one_by_one {
    ([$($then:tt)+] $($first:tt)*) => {
        $($then)+! {
            $($first)*
            cbrt(); sin(); cos(); tan(); asin(); acos(); atan(); sinh(); cosh(); asinh(); acosh(); atanh();
            powf(y); hypot(other); atan2(other);
        }
    };
}

/// Functions that `f64` has, and that vectors compute by the algorithms of `lanes/`.
#[doc(hidden)]
#[macro_export]
macro_rules! by_algorithms {
    ([$($then:tt)+] $($first:tt)*) => {
        $($then)+! {
            $($first)*
            exp() { truth: 2, scalar: 2 };
            exp2() { truth: 2, scalar: 2 };
            exp_m1() { truth: 2, scalar: 3 };
            ln() { truth: 2, scalar: 2 };
            ln_1p() { truth: 2, scalar: 2 };
            log2() { truth: 3, scalar: 3 };
            log10() { truth: 3, scalar: 4 };
            tanh() { truth: 2, scalar: 3 };
        }
    };
}

/// The other functions that `f64` has.
#[doc(hidden)]
#[macro_export]
macro_rules! of_floats {
    ([$($then:tt)+] $($first:tt)*) => {
        $($then)+! {
            $($first)*
            max(other) { either_zero }; min(other) { either_zero }; copysign(sign);
            sqrt(); recip(); abs(); signum(); floor(); ceil(); round(); trunc();
        }
    };
}

/// Functions that the trait makes of others.
#[doc(hidden)]
#[macro_export]
macro_rules! of_others {
    ([$($then:tt)+] $($first:tt)*) => {
        $($then)+! {
            $($first)*
            log_sigmoid() { truth: 2, scalar: 4 }; relu() { either_zero }; ln_1p_ratio(d) { scalar: 2 };
            d_ln_1p_ratio(d); one_minus_square(); d_hypot(other);
        }
    };
}

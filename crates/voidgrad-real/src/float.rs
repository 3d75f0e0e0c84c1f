//! [`Real`] for the machine's own numbers.

use crate::Real;
use crate::real::{of_floats, one_by_one};

macro_rules! forward {
    ($($method:ident($($argument:ident),*)),*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $argument: Self)*) -> Self {
                Self::$method(self $(, $argument)*)
            }
        )*
    };
}

macro_rules! compare {
    ($($method:ident $operator:tt),* $(,)?) => {
        $(
            #[inline(always)]
            fn $method(self, other: Self) -> bool {
                self $operator other
            }
        )*
    };
}

macro_rules! float {
    ($float:ident) => {
        impl Real for $float {
            type Mask = bool;

            #[inline(always)]
            #[allow(clippy::cast_possible_truncation)] // the nearest f32 is what is asked for
            fn constant(self, value: f64) -> Self {
                value as $float
            }

            #[inline(always)]
            fn select(mask: bool, on_true: Self, on_false: Self) -> Self {
                if mask { on_true } else { on_false }
            }

            #[inline(always)]
            fn mask(self, value: bool) -> bool {
                value
            }

            compare!(is_lt <, is_le <=, is_gt >, is_ge >=);

            #[inline(always)]
            #[allow(clippy::float_cmp)] // the user's own `==`
            fn is_eq(self, other: Self) -> bool {
                self == other
            }

            #[inline(always)]
            #[allow(clippy::float_cmp)] // the user's own `!=`
            fn is_ne(self, other: Self) -> bool {
                self != other
            }

            one_by_one!([forward]);
            of_floats!([forward]);

            #[inline(always)]
            fn powi(self, n: i32) -> Self {
                Self::powi(self, n)
            }

            // Without the machine's FMA, the fused form is a call into a slow library routine.
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                if cfg!(target_feature = "fma") { Self::mul_add(self, a, b) } else { self * a + b }
            }

            // The three have e^-|x| and 1/(1 + e^-|x|) in common, so that a function that calls them computes both once.
            #[inline(always)]
            fn sigmoid(self) -> Self {
                let e = (-Self::abs(self)).exp();
                let rate = 1.0 / (1.0 + e);
                if self >= 0.0 { rate } else { e * rate }
            }

            #[inline(always)]
            fn d_sigmoid(self) -> Self {
                let e = (-Self::abs(self)).exp();
                let rate = 1.0 / (1.0 + e);
                e * rate * rate
            }

            #[inline(always)]
            fn d2_sigmoid(self) -> Self {
                let e = (-Self::abs(self)).exp();
                let rate = 1.0 / (1.0 + e);
                // tanh(x/2) is (1 - e)/(1 + e), but close to 0 the difference has no digits left. Few arguments are that
                // small, and a call that is marked so does not delay the others.
                let tanh = if e <= 0.75 { (1.0 - e) * rate } else { cold::$float(0.5 * Self::abs(self)) };
                -Self::copysign(e * rate * rate * tanh, self)
            }

            #[inline]
            fn sech2(self) -> Self {
                // Through e^-|x|, cosh² can't overflow while the quotient is still a number.
                let e = (-2.0 * Self::abs(self)).exp();
                let denominator = 1.0 + e;
                4.0 * e / (denominator * denominator)
            }

            #[inline]
            fn logit(self) -> Self {
                // 2x - 1 has no rounding error here, so nothing is lost near ½, where the logit is 0.
                if self > 0.25 && self < 0.75 {
                    Self::ln_1p((2.0 * self - 1.0) / (1.0 - self))
                } else {
                    Self::ln(self / (1.0 - self))
                }
            }

            #[inline]
            fn softplus(self) -> Self {
                // A NaN survives in the second term; `max` alone would drop it.
                Self::max(self, 0.0) + Self::ln_1p((-Self::abs(self)).exp())
            }

            #[inline]
            fn log1mexp(self) -> Self {
                if self > -core::$float::consts::LN_2 {
                    Self::ln(-Self::exp_m1(self))
                } else {
                    Self::ln_1p(-Self::exp(self))
                }
            }

            #[inline]
            fn logaddexp(self, other: Self) -> Self {
                // The difference of two equal infinities is no number, so the larger one is left alone.
                let (larger, smaller) = if self > other { (self, other) } else { (other, self) };
                if larger == smaller {
                    larger + core::$float::consts::LN_2
                } else {
                    larger + Self::ln_1p(Self::exp(smaller - larger))
                }
            }
        }
    };
}

/// `tanh` where it is seldom needed.
mod cold {
    #[cold]
    pub(super) fn f32(x: f32) -> f32 {
        x.tanh()
    }

    #[cold]
    pub(super) fn f64(x: f64) -> f64 {
        x.tanh()
    }
}

float!(f32);
float!(f64);

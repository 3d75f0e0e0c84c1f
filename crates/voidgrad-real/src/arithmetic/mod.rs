//! Functions that `f64` does not have, with arithmetic of their own: each is a line of the list, and a file.
//!
//! A file has `scalar`, the form for `f32` and `f64`, and `lanes`, the form for vectors of both. If users call the function by name, it is there, too.

pub(crate) mod d2_sigmoid;
pub(crate) mod d_sigmoid;
pub(crate) mod log1mexp;
pub(crate) mod logaddexp;
pub(crate) mod logit;
pub(crate) mod sech2;
pub(crate) mod sigmoid;
pub(crate) mod softplus;

/// The functions, as the lists of `real.rs` have them: what [`Real`](crate::Real) says of the method, its name and arguments, `as function` if users call it
/// by name, and its bounds.
#[doc(hidden)]
#[macro_export]
macro_rules! of_the_field {
    ([$($then:tt)+] $($first:tt)*) => {
        $($then)+! {
            $($first)*
            /// `σ(self) = 1/(1 + e^-self)`, exact in both tails.
            sigmoid() as function { truth: 2, scalar: 4 };
            /// `ln(self/(1 - self))`, exact near ½.
            logit() as function { truth: 2, scalar: 4 };
            /// `ln(1 + e^self)` without overflow.
            softplus() as function { truth: 2, scalar: 4 };
            /// `ln(1 - e^self)` for `self < 0`, exact at both ends.
            log1mexp() as function { truth: 3, scalar: 4 };
            /// `ln(e^self + e^other)` without overflow.
            logaddexp(other) as function { of_largest: 3 };
            /// `σ'(self) = σ(self)·σ(-self)`.
            d_sigmoid() { truth: 6, scalar: 8 };
            /// `σ''(self) = -tanh(self/2)·σ'(self)`, exact also near 0, where it is 0.
            d2_sigmoid() { truth: 8, scalar: 12 };
            /// `1/cosh²(self)`, the derivative of `tanh`.
            sech2() { truth: 7, scalar: 9 };
        }
    };
}

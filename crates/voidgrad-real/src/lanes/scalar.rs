//! A scalar is one lane.

use super::{GeneratorState, Lanes, uniform};
use crate::Real;

macro_rules! scalar {
    ($float:ident, $fill:ident, $fill_signed:ident, $bound:literal) => {
        impl Lanes for $float {
            type Element = Self;
            type Narrow = Self;

            const LANES: usize = 1;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn splat(self, value: Self) -> Self {
                value
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn load(self, from: &[Self]) -> Self {
                from[0]
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn store(self, to: &mut [Self]) {
                to[0] = self;
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn sum(self) -> Self {
                self
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn narrow(self) -> Self {
                self
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn first(self) -> Self {
                self
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn interleave(self, other: Self) -> (Self, Self) {
                (self, other)
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn sigmoid_quick(self) -> Self {
                both(self, $bound).0
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn d_sigmoid_quick(self) -> Self {
                let (of_x, of_minus_x) = both(self, $bound);
                of_x * of_minus_x
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn d2_sigmoid_quick(self) -> Self {
                let (of_x, of_minus_x) = both(self, $bound);
                of_x * of_minus_x * (of_minus_x - of_x)
            }

            fn fill_open01(self, state: &mut GeneratorState, to: &mut [Self]) {
                uniform::$fill(state, to);
            }

            fn fill_signed(self, state: &mut GeneratorState, to: &mut [Self]) {
                uniform::$fill_signed(state, to);
            }
        }
    };
}

scalar!(f32, fill_f32, fill_signed_f32, 80.0);
scalar!(f64, fill_f64, fill_signed_f64, 700.0);

/// σ(x) and σ(-x), from one exponential; x is at least -`bound`, beyond which e^-x is no number.
#[cfg_attr(not(debug_assertions), inline(always))]
fn both<T: Real>(x: T, bound: f64) -> (T, T) {
    let least = x.constant(-bound);
    let e = (-T::select(x.is_lt(least), least, x)).exp();
    let of_x = (x.constant(1.0) + e).recip();
    (of_x, e * of_x)
}

//! A scalar is one lane.

use super::{GeneratorState, Lanes, uniform};

macro_rules! scalar {
    ($float:ident, $fill:ident) => {
        impl Lanes for $float {
            type Element = Self;

            const LANES: usize = 1;

            #[inline(always)]
            fn splat(self, value: Self) -> Self {
                value
            }

            #[inline(always)]
            fn load(self, from: &[Self]) -> Self {
                from[0]
            }

            #[inline(always)]
            fn store(self, to: &mut [Self]) {
                to[0] = self;
            }

            #[inline(always)]
            fn sum(self) -> Self {
                self
            }

            fn fill_open01(self, state: &mut GeneratorState, to: &mut [Self]) {
                uniform::$fill(state, to);
            }
        }
    };
}

scalar!(f32, fill_f32);
scalar!(f64, fill_f64);

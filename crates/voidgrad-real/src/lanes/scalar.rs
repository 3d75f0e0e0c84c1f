//! A scalar is one lane.

use super::Lanes;

macro_rules! scalar {
    ($float:ident) => {
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
        }
    };
}

scalar!(f32);
scalar!(f64);

//! [`Real`] for the machine's own numbers.

use crate::Real;

macro_rules! forward {
    ($($method:ident($($argument:ident),*) $({$($bounds:tt)*})?;)*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $argument: Self)*) -> Self {
                Self::$method(self $(, $argument)*)
            }
        )*
    };
}

macro_rules! scalars {
    ($(
        $(#[$doc:meta])* $method:ident($($argument:ident),*) $(as $called:ident)? {$($bounds:tt)*};
    )*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $argument: Self)*) -> Self {
                crate::arithmetic::$method::scalar(self $(, $argument)*)
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

            crate::one_by_one!([forward]);
            crate::by_algorithms!([forward]);
            crate::of_floats!([forward]);

            #[inline(always)]
            fn powi(self, n: i32) -> Self {
                Self::powi(self, n)
            }

            // Without the machine's FMA, the fused form is a call into a slow library routine.
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                if cfg!(target_feature = "fma") { Self::mul_add(self, a, b) } else { self * a + b }
            }

            crate::of_the_field!([scalars]);
        }
    };
}

float!(f32);
float!(f64);

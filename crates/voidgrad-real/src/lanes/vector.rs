//! [`Real`](crate::Real) for a vector, written once for both widths.

use fearless_simd::Level;

/// The number and its mask: `$name` around the vector `$vector` of `$lanes` numbers `$float`.
macro_rules! vector {
    (
        $(#[$doc:meta])* $name:ident($vector:ident),
        $(#[$mask_doc:meta])* $mask_name:ident($mask:ident),
        $bits:ident, $float:ident, $lanes:literal, $constants:ident
    ) => {
        $crate::by_algorithms!(
            [$crate::of_the_field] [$crate::of_others] [$crate::of_floats] [$crate::lanes::vector::accurate]
            $(#[$doc])* $name($vector);
        );

        $(#[$mask_doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $mask_name<S: Simd>(pub(super) $mask<S>);

        impl<S: Simd> $name<S> {
            /// `value` in every lane, from the token that proves the instruction set.
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[must_use]
            pub fn splat_with(simd: S, value: $float) -> Self {
                Self($vector::splat(simd, value))
            }

            /// The lanes as an array.
            #[cfg_attr(not(debug_assertions), inline(always))]
            #[must_use]
            pub fn to_array(self) -> [$float; $lanes] {
                self.0.into()
            }

            /// `function` of each lane, one after the other.
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn each(self, function: impl Fn($float) -> $float) -> Self {
                let mut lanes = self.to_array();
                for lane in &mut lanes {
                    *lane = function(*lane);
                }
                Self($vector::simd_from(self.0.simd, lanes))
            }

            /// `function` of each pair of lanes, one after the other.
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn each2(self, other: Self, function: impl Fn($float, $float) -> $float) -> Self {
                let mut lanes = self.to_array();
                for (lane, other) in lanes.iter_mut().zip(other.to_array()) {
                    *lane = function(*lane, other);
                }
                Self($vector::simd_from(self.0.simd, lanes))
            }
        }

        vector!(@operators $name: Add add, Sub sub, Mul mul, Div div);

        impl<S: Simd> Neg for $name<S> {
            type Output = Self;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        vector!(@operators $mask_name: BitAnd bitand, BitOr bitor);

        impl<S: Simd> Not for $mask_name<S> {
            type Output = Self;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn not(self) -> Self {
                Self(!self.0)
            }
        }

        impl<S: Simd> Mask for $mask_name<S> {}

        impl<S: Simd> Real for $name<S> {
            type Mask = $mask_name<S>;

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[allow(clippy::cast_possible_truncation)] // the nearest f32 is what is asked for
            fn constant(self, value: f64) -> Self {
                self.splat(value as $float)
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn select(mask: Self::Mask, on_true: Self, on_false: Self) -> Self {
                Self(mask.0.select(on_true.0, on_false.0))
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn mask(self, value: bool) -> Self::Mask {
                $mask_name($mask::splat(self.0.simd, value))
            }

            vector!(@compare $mask_name: is_lt simd_lt, is_le simd_le, is_gt simd_gt, is_ge simd_ge, is_eq simd_eq, is_ne simd_ne);

            // The same products in the same order as the scalar's.
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn powi(self, n: i32) -> Self {
                let (mut power, mut square, mut left) = (self.constant(1.0), self, n.unsigned_abs());
                loop {
                    if left & 1 == 1 {
                        power = power * square;
                    }
                    left >>= 1;
                    if left == 0 {
                        break;
                    }
                    square = square * square;
                }
                if n < 0 { power.recip() } else { power }
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn mul_add(self, a: Self, b: Self) -> Self {
                Self(self.0.mul_add(a.0, b.0))
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn max(self, other: Self) -> Self {
                Self(self.0.max_precise(other.0))
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn min(self, other: Self) -> Self {
                Self(self.0.min_precise(other.0))
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn copysign(self, sign: Self) -> Self {
                Self(self.0.copysign(sign.0))
            }

            vector!(@forward sqrt, abs, floor, ceil, round, trunc);

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn recip(self) -> Self {
                self.constant(1.0) / self
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn signum(self) -> Self {
                Self::select(self.is_eq(self), self.constant(1.0).copysign(self), self)
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn relu(self) -> Self {
                let zero = self.constant(0.0);
                if SECOND_WINS { Self(self.0.max(zero.0)) } else { self.max(zero) }
            }

            $crate::one_by_one!([vector] @each $float:);
            $crate::by_algorithms!([vector] @lanes algorithms:);
            $crate::of_the_field!([vector] @arithmetic);
        }

        impl<S: Simd> Wide for $name<S> {
            type Bits = $bits<S>;

            const MANTISSA: u32 = $float::MANTISSA_DIGITS - 1;
            const BIAS: u32 = ($float::MAX_EXP - 1).cast_unsigned();
            const MIN_POSITIVE: f64 = $float::MIN_POSITIVE as f64;
            const LN_2: [f64; 2] = $constants::LN_2;
            const LOG10_2: [f64; 2] = $constants::LOG10_2;
            const EXP_DOMAIN: [f64; 2] = $constants::EXP_DOMAIN;
            const EXP2_DOMAIN: [f64; 2] = $constants::EXP2_DOMAIN;
            const EXP_M1_FLOOR: f64 = $constants::EXP_M1_FLOOR;

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn is_fused(self) -> bool {
                is_fused(self.0.simd.level())
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn to_bits(self) -> Self::Bits {
                self.0.bitcast()
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn from_bits(bits: Self::Bits) -> Self {
                Self(bits.bitcast())
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            #[allow(clippy::cast_possible_truncation)] // a constant of this width
            fn bits(self, value: u64) -> Self::Bits {
                $bits::splat(self.0.simd, value as _)
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn at_least(self, bound: f64) -> Self {
                let bound = self.constant(bound);
                if SECOND_WINS { Self(bound.0.max(self.0)) } else { Self::select(self.is_lt(bound), bound, self) }
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn at_most(self, bound: f64) -> Self {
                let bound = self.constant(bound);
                if SECOND_WINS { Self(bound.0.min(self.0)) } else { Self::select(self.is_gt(bound), bound, self) }
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn exp_series(self) -> Self {
                polynomial(self, &$constants::EXP_SERIES)
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn exp2_series(self) -> Self {
                polynomial(self, &$constants::EXP2_SERIES)
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn atanh_series(self) -> Self {
                polynomial(self, &$constants::ATANH_SERIES)
            }
        }
    };
    (@operators $name:ident: $($trait:ident $method:ident),*) => {
        $(
            impl<S: Simd> $trait for $name<S> {
                type Output = Self;

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn $method(self, other: Self) -> Self {
                    Self(self.0.$method(other.0))
                }
            }
        )*
    };
    (@compare $mask:ident: $($method:ident $inner:ident),*) => {
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $method(self, other: Self) -> Self::Mask {
                $mask(self.0.$inner(other.0))
            }
        )*
    };
    (@forward $($method:ident),*) => {
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $method(self) -> Self {
                Self(self.0.$method())
            }
        )*
    };
    (@lanes $module:ident: $($method:ident() $({$($bounds:tt)*})?;)*) => {
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $method(self) -> Self {
                $module::$method(self)
            }
        )*
    };
    (@arithmetic $(
        $(#[$doc:meta])* $method:ident($($argument:ident),*) $(as $called:ident)? {$($bounds:tt)*};
    )*) => {
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $method(self $(, $argument: Self)*) -> Self {
                $crate::arithmetic::$method::lanes(self $(, $argument)*)
            }
        )*
    };
    (@each $float:ident: $($method:ident($($other:ident)?);)*) => {
        $(
            vector!(@one $float $method $($other)?);
        )*
    };
    (@one $float:ident $method:ident) => {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn $method(self) -> Self {
            self.each(<$float as Real>::$method)
        }
    };
    (@one $float:ident $method:ident $other:ident) => {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn $method(self, $other: Self) -> Self {
            self.each2($other, <$float as Real>::$method)
        }
    };
}

/// The number, with the bounds of the lists in its documentation.
macro_rules! accurate {
    (
        $(#[$doc:meta])* $name:ident($vector:ident);
        $(
            $(#[$method_doc:meta])* $method:ident($($argument:ident),*) $(as $called:ident)? $({$($bounds:tt)*})?;
        )*
    ) => {
        $(#[$doc])*
        ///
        /// # Accuracy
        ///
        /// The distance to the true value, in steps from one number to the next, is at most as follows for every number, with
        /// infinities, NaN, signed zeros and subnormal numbers as the scalar has them:
        ///
        /// | function | steps |
        /// |---|---|
        $($(#[doc = $crate::lanes::vector::row!($method $($bounds)*)])?)*
        ///
        /// `powi` multiplies as the scalar does. All other functions are equal to the scalar's; those that no
        /// instruction computes (`sin`, `powf`, `hypot`, …) are the scalar's, one lane after the other.
        ///
        /// Instruction sets with fused multiplication and addition (AVX2, AVX-512, NEON) give the same bits, and those without
        /// (SSE) others. Of a signalling NaN, which no arithmetic makes, and a number, `max` and `min` may answer either.
        #[derive(Debug, Clone, Copy)]
        pub struct $name<S: Simd>(pub(super) $vector<S>);
    };
}

/// A row of the documentation's table.
macro_rules! row {
    ($name:ident truth: $steps:literal, scalar: $of_scalar:literal) => {
        concat!("| `", stringify!($name), "` | ", $steps, " |")
    };
    ($name:ident scalar: $steps:literal) => {
        concat!("| `", stringify!($name), "` | ", $steps, " from the scalar's value |")
    };
    ($name:ident of_largest: $steps:literal) => {
        concat!("| `", stringify!($name), "` | ", $steps, " of the largest of its arguments and its value |")
    };
    ($name:ident either_zero) => {
        concat!("| `", stringify!($name), "` | 0; of two zeros, it may answer either |")
    };
}

/// The methods of `Lanes` that are the same for every vector.
macro_rules! lane_methods {
    ($vector:ident, $float:ident, $lanes:literal) => {
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn splat(self, value: $float) -> Self {
            Self::splat_with(self.0.simd, value)
        }

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn load(self, from: &[$float]) -> Self {
            Self($vector::from_slice(self.0.simd, &from[..$lanes]))
        }

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn store(self, to: &mut [$float]) {
            self.0.store_slice(&mut to[..$lanes]);
        }

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn first(self) -> $float {
            self.to_array()[0]
        }

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn interleave(self, other: Self) -> (Self, Self) {
            let (low, high) = self.0.interleave(other.0);
            (Self(low), Self(high))
        }

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ln_ratio(self, q: Self) -> Self {
            ln::ln_ratio(self, q)
        }

        #[cfg_attr(not(debug_assertions), inline(always))]
        fn ln_1p_over_and_recip(self, q: Self) -> (Self, Self) {
            ln::ln_1p_over_and_recip(self, q)
        }

        vector!(@lanes quick: sigmoid_quick(); d_sigmoid_quick(); d2_sigmoid_quick(););
    };
}

/// On x86, `max` and `min` answer their second operand where one of the two is NaN; elsewhere it depends.
pub(super) const SECOND_WINS: bool = cfg!(any(target_arch = "x86", target_arch = "x86_64"));

/// Whether `mul_add` rounds once.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn is_fused(level: Level) -> bool {
    match level {
        #[cfg(target_arch = "aarch64")]
        Level::Neon(_) => true,
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Level::Avx2(_) | Level::Avx512(_) => true,
        _ => false,
    }
}

pub(super) use {accurate, lane_methods, row, vector};

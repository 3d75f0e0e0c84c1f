//! Several numbers side by side.

#[cfg(feature = "lanes")]
pub(crate) mod exp;
#[cfg(feature = "lanes")]
mod f32x16;
#[cfg(feature = "lanes")]
mod f64x2;
#[cfg(feature = "lanes")]
mod f64x8;
#[cfg(feature = "lanes")]
pub(crate) mod ln;
mod pair;
#[cfg(feature = "lanes")]
mod quick;
mod scalar;
#[cfg(feature = "lanes")]
mod tanh;
mod uniform;
#[cfg(feature = "lanes")]
mod vector;
#[cfg(feature = "lanes")]
pub(crate) mod wide;

#[cfg(feature = "lanes")]
pub use f32x16::{F32x16, Mask32x16};
#[cfg(feature = "lanes")]
pub use f64x2::{F64x2, Mask64x2};
#[cfg(feature = "lanes")]
pub use f64x8::{F64x8, Mask64x8};

pub use pair::{Pair, PairMask};
pub use uniform::GeneratorState;

/// The functions of the list `by_algorithms`, by their names.
#[cfg(feature = "lanes")]
mod algorithms {
    pub(super) use super::exp::{exp, exp_m1, exp2};
    pub(super) use super::ln::{ln, ln_1p, log2, log10};
    pub(super) use super::tanh::tanh;
}

use crate::Real;

/// A [`Real`] that is [`LANES`](Self::LANES) numbers side by side; a scalar has one lane.
///
/// What is written once over lanes runs on `f64` and `f32`, and on vectors of them.
///
/// ```
/// use voidgrad_real::Lanes;
/// /// Σ x², `L::LANES` terms at a time.
/// fn norm<L: Lanes>(zero: L, x: &[L::Element]) -> L::Element {
///     let chunks = x.chunks_exact(L::LANES);
///     let tail = chunks.remainder().iter().fold(L::Element::default(), |sum, x| sum + *x * *x);
///     chunks.map(|chunk| zero.load(chunk)).fold(zero, |sum, x| sum + x * x).sum() + tail
/// }
/// assert_eq!(norm(0.0_f64, &[3.0, 4.0]), 25.0);
/// ```
pub trait Lanes: Real {
    /// The number of one lane: `f32` or `f64`.
    type Element: Element;

    /// The fewest lanes that the same instructions work on, for a number that stands alone.
    type Narrow: Lanes<Element = Self::Element>;

    /// How many numbers there are.
    const LANES: usize;

    /// How many registers of the instruction set they fill.
    const REGISTERS: usize = 1;

    /// `value` in every lane.
    #[must_use]
    fn splat(self, value: Self::Element) -> Self;

    /// The first `LANES` numbers of a slice, which must have as many.
    #[must_use]
    fn load(self, from: &[Self::Element]) -> Self;

    /// Writes the lanes to the first `LANES` numbers of a slice, which must have as many.
    fn store(self, to: &mut [Self::Element]);

    /// The sum over the lanes, in an order that is the same on every machine: halves are added until one number is left.
    fn sum(self) -> Self::Element;

    /// The first lanes.
    #[must_use]
    fn narrow(self) -> Self::Narrow;

    /// The number in the first lane.
    #[must_use]
    fn first(self) -> Self::Element;

    /// The lanes of both in turns, `a₀ b₀ a₁ b₁ …`, as two values of them.
    #[must_use]
    fn interleave(self, other: Self) -> (Self, Self);

    /// Fills a slice with uniform numbers of the open interval (0, 1) from eight xoshiro256++ generators, word w of
    /// generator g in `state[w][g]`. The numbers are the same, bit for bit, for every vector and for the scalar.
    ///
    /// One step of all generators gives a group of 8 `f64`s, `(k + ½)/2⁵²` with k the upper 52 bits of a generator's
    /// output, or of 16 `f32`s, `(k + ½)/2²³` with k the upper 23 bits of its lower half, then of its upper half. Where the length is
    /// not a multiple of a group, the end of the last group is dropped. A generator whose four words are all 0 stays there.
    fn fill_open01(self, state: &mut GeneratorState, to: &mut [Self::Element]);

    /// Fills a slice likewise with uniform numbers from -1 to 1: a generator's output as an integer with a sign, divided by 2⁶³, or each half of it divided by 2³¹, and rounded
    /// to the nearest number. The size of a number near 0 keeps all of its digits, so events are as rare as they should be down to a probability of 2⁻⁶³ or 2⁻³¹.
    fn fill_signed(self, state: &mut GeneratorState, to: &mut [Self::Element]);

    /// `ln(self/q)` of positive, finite numbers that are not subnormal and whose quotient is not either: one division, and an
    /// error of at most 4 units in the last place of the logarithm.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ln_ratio(self, q: Self) -> Self {
        // The difference has no error where it is that small.
        let difference = self - q;
        let close = difference.abs().is_le(q * q.constant(0.5));
        Self::select(close, (difference / q).ln_1p(), (self / q).ln())
    }

    /// `ln((1 + self)/q)` and `1/(1 + self)`, for `self` from 0 and q in (0, 1]: one division for both. The errors are at most 4 units in
    /// the last place of the logarithm and 3ε of the reciprocal, where ε is the distance from 1 to the next number, if 1 - q has no
    /// rounding error. The product of `(1 + self)²` with 4 must not overflow, and q and its quotient by `1 + self` are not subnormal.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ln_1p_over_and_recip(self, q: Self) -> (Self, Self) {
        let one = self.constant(1.0);
        // A sum of two numbers that are not negative: nothing cancels.
        (((self + (one - q)) / q).ln_1p(), one / (one + self))
    }

    /// `σ(self)` for sums over many samples, with half the operations of three functions that keep the digits of each value.
    ///
    /// The relative error is at most (2 + |x|)ε at x: on lanes, e^-x is 2^(-x·log₂e), and the product is rounded once. Where e^|x|
    /// comes near the largest number, beyond |x| = 700 (80 in `f32`), the value may stand still, below 1e-304 (2e-35) where
    /// it should go to 0. NaN gives NaN.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sigmoid_quick(self) -> Self {
        self.sigmoid()
    }

    /// `σ'(self)` likewise, with a relative error of at most (3 + |x|)ε.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn d_sigmoid_quick(self) -> Self {
        self.d_sigmoid()
    }

    /// `σ''(self)` likewise, with an error of at most (2 + |x|)ε of `σ'(self)`, which close to 0, where σ'' vanishes, is more than
    /// a part of itself.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn d2_sigmoid_quick(self) -> Self {
        self.d2_sigmoid()
    }

    /// `self + term` where `mask` holds, else `self`: one masked instruction where there is one.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add_where(self, mask: Self::Mask, term: Self) -> Self {
        Self::select(mask, self + term, self)
    }

    /// `self + a·b` where `mask` holds, else `self`.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add_product_where(self, mask: Self::Mask, a: Self, b: Self) -> Self {
        Self::select(mask, a.mul_add(b, self), self)
    }

    /// 1 where `mask` holds, else 0.
    #[must_use]
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn indicator(self, mask: Self::Mask) -> Self {
        Self::select(mask, self.constant(1.0), self.constant(0.0))
    }
}

/// One number: `f32` or `f64`.
pub trait Element:
    Lanes<Element = Self, Mask = bool> + Default + PartialOrd + Into<f64> + Send + Sync
{
}

impl<T: Lanes<Element = T, Mask = bool> + Default + PartialOrd + Into<f64> + Send + Sync> Element for T {}

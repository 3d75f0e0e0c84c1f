//! Two vectors as one: where each operation waits for the one before, the second vector fills the time.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::{GeneratorState, Lanes};
use crate::{Mask, Real};

/// The lanes of two vectors, the first one's first. Every operation is done on both.
///
/// ```
/// use voidgrad_real::{Lanes, Pair, Real};
/// let pair = Pair::new(0.0_f64, 0.0).load(&[1.0, 2.0]).exp();
/// let mut lanes = [0.0; 2];
/// pair.store(&mut lanes);
/// assert_eq!(lanes, [1.0_f64.exp(), 2.0_f64.exp()]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Pair<V>(V, V);

/// The answers of a comparison of two [`Pair`]s.
#[derive(Debug, Clone, Copy)]
pub struct PairMask<M>(M, M);

impl<V> Pair<V> {
    /// Two vectors side by side.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn new(first: V, second: V) -> Self {
        Self(first, second)
    }
}

macro_rules! operators {
    ($name:ident, $bound:ident: $($trait:ident $method:ident),*) => {
        $(
            impl<V: $bound> $trait for $name<V> {
                type Output = Self;

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn $method(self, other: Self) -> Self {
                    Self(self.0.$method(other.0), self.1.$method(other.1))
                }
            }
        )*
    };
}

operators!(Pair, Real: Add add, Sub sub, Mul mul, Div div);
operators!(PairMask, Mask: BitAnd bitand, BitOr bitor);

impl<V: Real> Neg for Pair<V> {
    type Output = Self;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }
}

impl<M: Mask> Not for PairMask<M> {
    type Output = Self;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn not(self) -> Self {
        Self(!self.0, !self.1)
    }
}

impl<M: Mask> Mask for PairMask<M> {}

macro_rules! both {
    ($(
        $(#[$doc:meta])* $method:ident($($argument:ident),*) $(as $called:ident)? $({$($bounds:tt)*})?;
    )*) => {
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $method(self $(, $argument: Self)*) -> Self {
                Self(self.0.$method($($argument.0),*), self.1.$method($($argument.1),*))
            }
        )*
    };
}

macro_rules! compare {
    ($($method:ident),*) => {
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $method(self, other: Self) -> Self::Mask {
                PairMask(self.0.$method(other.0), self.1.$method(other.1))
            }
        )*
    };
}

impl<V: Real> Real for Pair<V> {
    type Mask = PairMask<V::Mask>;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn constant(self, value: f64) -> Self {
        let value = self.0.constant(value);
        Self(value, value)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn select(mask: Self::Mask, on_true: Self, on_false: Self) -> Self {
        Self(V::select(mask.0, on_true.0, on_false.0), V::select(mask.1, on_true.1, on_false.1))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn mask(self, value: bool) -> Self::Mask {
        let mask = self.0.mask(value);
        PairMask(mask, mask)
    }

    compare!(is_lt, is_le, is_gt, is_ge, is_eq, is_ne);

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn powi(self, n: i32) -> Self {
        Self(self.0.powi(n), self.1.powi(n))
    }

    both!(mul_add(a, b););
    crate::one_by_one!([both]);
    crate::by_algorithms!([both]);
    crate::of_floats!([both]);
    crate::of_the_field!([both]);
    crate::of_others!([both]);
}

impl<V: Lanes> Lanes for Pair<V> {
    type Element = V::Element;
    type Narrow = V::Narrow;

    const LANES: usize = 2 * V::LANES;
    const REGISTERS: usize = 2 * V::REGISTERS;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn splat(self, value: V::Element) -> Self {
        let value = self.0.splat(value);
        Self(value, value)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn load(self, from: &[V::Element]) -> Self {
        Self(self.0.load(&from[..V::LANES]), self.1.load(&from[V::LANES..]))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn store(self, to: &mut [V::Element]) {
        self.0.store(&mut to[..V::LANES]);
        self.1.store(&mut to[V::LANES..]);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sum(self) -> V::Element {
        (self.0 + self.1).sum()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn narrow(self) -> V::Narrow {
        self.0.narrow()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn first(self) -> V::Element {
        self.0.first()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn interleave(self, other: Self) -> (Self, Self) {
        let ((first, second), (third, fourth)) = (self.0.interleave(other.0), self.1.interleave(other.1));
        (Self(first, second), Self(third, fourth))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_open01(self, state: &mut GeneratorState, to: &mut [V::Element]) {
        self.0.fill_open01(state, to);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn fill_signed(self, state: &mut GeneratorState, to: &mut [V::Element]) {
        self.0.fill_signed(state, to);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ln_1p_over_and_recip(self, q: Self) -> (Self, Self) {
        let (first_ln, first_recip) = self.0.ln_1p_over_and_recip(q.0);
        let (second_ln, second_recip) = self.1.ln_1p_over_and_recip(q.1);
        (Self(first_ln, second_ln), Self(first_recip, second_recip))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add_where(self, mask: Self::Mask, term: Self) -> Self {
        Self(self.0.add_where(mask.0, term.0), self.1.add_where(mask.1, term.1))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add_product_where(self, mask: Self::Mask, a: Self, b: Self) -> Self {
        Self(self.0.add_product_where(mask.0, a.0, b.0), self.1.add_product_where(mask.1, a.1, b.1))
    }

    both!(ln_ratio(q); sigmoid_quick(); d_sigmoid_quick(); d2_sigmoid_quick(););
}

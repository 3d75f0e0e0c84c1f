//! A group of samples side by side, each quantity a row of lanes for each variable.

use voidgrad_real::{Element, Lanes};

use super::Number;
use super::array_samples::aligned;
use super::conditional;
use super::lane_sums::lane_numbers;
use super::variables::Variables;
use crate::kernel::transpose::{to_rows, to_samples};
use crate::kernel::{add_row, g_hat, pathwise, row, set_row};

/// How many rows of lanes a variable has.
pub(super) const ROWS: usize = 9;

/// Samples side by side: `count` rows of lanes each.
pub(super) struct Group<'a, T> {
    /// How many variables there are.
    pub(super) count: usize,
    pub(super) z: &'a mut [T],
    pub(super) z_tilde: &'a mut [T],
    /// `∂z̃/∂a`, b held fixed.
    z_tilde_a: &'a mut [T],
    /// `∂c/∂z` at z.
    pub(super) c_z: &'a mut [T],
    /// `∂c/∂z` at z̃.
    pub(super) c_z_tilde: &'a mut [T],
    /// What weighs `∂²c/∂z∂φ` at z in the variance's gradient.
    pub(super) z_dot: &'a mut [T],
    /// What weighs it at z̃.
    pub(super) z_tilde_dot: &'a mut [T],
    /// `Σ ĝ` over the groups so far.
    pub(super) gradient: &'a mut [T],
    /// `Σ ĝ²` over the groups so far.
    pub(super) square: &'a mut [T],
}

/// Which samples of a block are a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) first: usize,
    /// How many lanes have a sample, at least one; the others repeat the first, whose values are as good as any.
    pub(super) live: usize,
}

impl Place {
    /// The value where a lane has a sample, else 0.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn mask<R: Lanes>(self, hand: R, value: R) -> R {
        if self.live == R::LANES {
            return value;
        }
        let is_live = lane_numbers(hand).is_lt(hand.constant(self.live as f64));
        R::select(is_live, value, hand.constant(0.0))
    }
}

impl<'a, T: Number> Group<'a, T> {
    /// Rows for so many variables in this memory, with sums of 0.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn new<R: Lanes<Element = T>>(count: usize, memory: &'a mut Vec<T>) -> Self {
        let length = count * R::LANES;
        let (z, rest) = aligned(memory, ROWS * length).split_at_mut(length);
        let (z_tilde, rest) = rest.split_at_mut(length);
        let (z_tilde_a, rest) = rest.split_at_mut(length);
        let (c_z, rest) = rest.split_at_mut(length);
        let (c_z_tilde, rest) = rest.split_at_mut(length);
        let (z_dot, rest) = rest.split_at_mut(length);
        let (z_tilde_dot, rest) = rest.split_at_mut(length);
        let (gradient, square) = rest.split_at_mut(length);
        gradient.fill(T::default());
        square.fill(T::default());
        Self { count, z, z_tilde, z_tilde_a, c_z, c_z_tilde, z_dot, z_tilde_dot, gradient, square }
    }
}

impl<T: Element> Group<'_, T> {
    /// Makes z, z̃ and `∂z̃/∂a` of u and v of the group's samples, which stand one after the other.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn draw<R: Lanes<Element = T>>(
        &mut self,
        hand: R,
        variables: &Variables<'_, T>,
        place: Place,
        [u, v]: [&[T]; 2],
    ) {
        let zero = hand.constant(0.0);
        for (rows, noise) in [(&mut *self.z, u), (&mut *self.z_tilde, v)] {
            to_rows(hand, self.count, (&noise[place.first * self.count..], place.live), rows);
        }
        // Two loops, since z̃ waits for z, and the processor looks ahead no further than two rows.
        for m in 0..self.count {
            set_row(self.z, m, conditional::z(hand.splat(variables.a[m]), row(hand, self.z, m)));
        }
        for m in 0..self.count {
            let b = row(hand, self.z, m).is_ge(zero);
            let [down, up] = variables.odds.map(
                #[inline(always)]
                |odds| hand.splat(odds[m]),
            );
            let (tilde, slope) = conditional::z_tilde(b, row(hand, self.z_tilde, m), R::select(b, up, down));
            set_row(self.z_tilde, m, tilde);
            set_row(self.z_tilde_a, m, slope);
        }
    }

    /// f of one variable, from its values at the states 0 and 1; 0 where there is no sample.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn choose<R: Lanes<Element = T>>(&self, hand: R, place: Place, f: [f64; 2]) -> R {
        let b = row(hand, self.z, 0).is_ge(hand.constant(0.0));
        place.mask(hand, R::select(b, hand.constant(f[1]), hand.constant(f[0])))
    }

    /// Writes b as 0 and 1, one sample after the other, as many as there are lanes.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn states<R: Lanes<Element = T>>(&self, hand: R, states: &mut [T]) {
        to_samples(
            hand,
            self.count,
            self.z,
            #[inline(always)]
            |z: R| hand.indicator(z.is_ge(hand.constant(0.0))),
            states,
        );
    }

    /// Adds ĝ and ĝ² of the samples to their sums, and writes ż at z and at z̃; returns c̄. `advantage` is `f - c`, and `mean` is what
    /// a part of z weighs in c, 1 over the number of parts.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn gradients<R: Lanes<Element = T>>(
        &mut self,
        hand: R,
        variables: &Variables<'_, T>,
        (advantage, mean): (R, R),
        place: Place,
    ) -> R {
        let zero = hand.constant(0.0);
        let slope = hand.constant(2.0 / self.count as f64) * mean;
        let mut along = zero;
        for m in 0..self.count {
            let b = row(hand, self.z, m).is_ge(zero);
            let [of_zero, of_one] = variables.scores.map(
                #[inline(always)]
                |scores| hand.splat(scores[m]),
            );
            let score = R::select(b, of_one, of_zero);
            let z_tilde_a = row(hand, self.z_tilde_a, m);
            let c_z_tilde = row(hand, self.c_z_tilde, m);
            let path = pathwise(row(hand, self.c_z, m), c_z_tilde, z_tilde_a);
            let g = place.mask(hand, g_hat(advantage, score, mean * path));
            add_row(hand, self.gradient, m, g);
            set_row(self.square, m, g.mul_add(g, row(hand, self.square, m)));
            along = g.mul_add(score, along);
            let z_dot = slope * g;
            set_row(self.z_dot, m, z_dot);
            set_row(self.z_tilde_dot, m, -(z_dot * z_tilde_a));
        }
        -(slope * along)
    }
}

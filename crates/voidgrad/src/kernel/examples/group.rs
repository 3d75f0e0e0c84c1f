//! Examples side by side: what ĝ is made of, on lanes.

use voidgrad_real::{Element, Lanes, Real};

use crate::kernel::chunk::{conditional, lane_numbers};
use crate::kernel::transpose::{to_rows, to_samples};
use crate::kernel::{CHUNK, ExampleKernel, aligned, g_hat, pathwise, row, set_row, weights};
use crate::lanes::{Float, MOST_LANES};

/// What the noise of an example is noise of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// z, whose sign is b.
    Noise,
    /// z given b, as z̃ is: both are drawn anew.
    Sample,
}

/// What is told of the examples, but f.
#[derive(Clone, Copy)]
pub(super) struct Told<'a, T> {
    /// The number of the first.
    pub(super) first: usize,
    pub(super) logits: &'a [T],
    /// b.
    pub(super) points: &'a [T],
    /// u and then v of each example.
    pub(super) noise: &'a [f64],
    pub(super) given: Given,
}

impl<T: Float> Told<'_, T> {
    /// Whether lanes can compute with these logits: `e^a` and its products with numbers up to 2⁵⁴ are finite.
    pub(super) fn fits(self) -> bool {
        let largest = if size_of::<T>() < size_of::<f64>() { 45.0 } else { 650.0 };
        self.logits.iter().all(|a| Into::<f64>::into(*a).abs() <= largest)
    }

    /// Chunks of these examples of Z variables.
    pub(super) fn chunks(self, z: usize) -> impl Iterator<Item = Self> {
        let Self { logits, noise, points, given, .. } = self;
        let parts = logits
            .chunks(CHUNK * z)
            .zip(noise.chunks(2 * CHUNK * z))
            .zip(points.chunks(CHUNK * z))
            .enumerate();
        parts.map(move |(number, ((logits, noise), points))| Self {
            first: number * CHUNK,
            logits,
            points,
            noise,
            given,
        })
    }
}

/// Which examples are side by side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The first of them.
    pub(super) first: usize,
    /// How many lanes have an example, at least one; the others repeat the first.
    pub(super) live: usize,
}

impl Place {
    /// The groups of so many examples.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn all(examples: usize, lanes: usize) -> impl Iterator<Item = Self> {
        (0..examples).step_by(lanes).map(move |first| Self { first, live: lanes.min(examples - first) })
    }

    /// Writes the arguments of the examples as rows of lanes, one argument after the other.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn load_each<R: Lanes<Element: Element>, C: ExampleKernel<E>, const E: usize>(
        self,
        hand: R,
        control: &C,
        first: usize,
        each: &mut [R::Element],
        apart: &mut Vec<R::Element>,
    ) {
        let mut from = 0;
        for (argument, entries) in control.layout().each.iter().enumerate() {
            let rows = &control.rows_of(argument)[(first + self.first) * entries..][..self.live * entries];
            let apart = aligned(apart, rows.len());
            let zero = R::Element::default();
            apart.iter_mut().zip(rows).for_each(|(to, number)| *to = zero.constant(*number));
            to_rows(hand, *entries, (apart, self.live), &mut each[from..][..entries * R::LANES]);
            from += entries * R::LANES;
        }
    }

    /// One number for each lane.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn load<R: Lanes>(self, hand: R, numbers: &[R::Element]) -> R {
        let mut own = [R::Element::default(); MOST_LANES];
        own[..self.live].copy_from_slice(&numbers[self.first..][..self.live]);
        hand.load(&own)
    }
}

/// How many rows of lanes a variable has in a [`Group`].
pub(super) const ROWS: usize = 9;

/// Examples side by side: a row of lanes for each variable.
pub(super) struct Group<'a, T> {
    pub(super) z: &'a mut [T],
    pub(super) z_tilde: &'a mut [T],
    /// `∂z̃/∂a`, b held fixed.
    z_tilde_a: &'a mut [T],
    /// `∂/∂a ln p(b)`.
    score: &'a mut [T],
    /// `∂c/∂z` at z and at z̃, or their derivatives along φ̇.
    pub(super) c_z: &'a mut [T],
    pub(super) c_z_tilde: &'a mut [T],
    /// What weighs `∂²c/∂z∂φ` at z and at z̃ in the sums of φ.
    pub(super) z_dot: &'a mut [T],
    pub(super) z_tilde_dot: &'a mut [T],
    /// ĝ, or what takes its place.
    gradient: &'a mut [T],
}

impl<'a, T: Element> Group<'a, T> {
    /// In this memory, [`ROWS`] times the length of a row for each variable.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn new(memory: &'a mut [T]) -> Self {
        let length = memory.len() / ROWS;
        let (z, rest) = memory.split_at_mut(length);
        let (z_tilde, rest) = rest.split_at_mut(length);
        let (z_tilde_a, rest) = rest.split_at_mut(length);
        let (score, rest) = rest.split_at_mut(length);
        let (c_z, rest) = rest.split_at_mut(length);
        let (c_z_tilde, rest) = rest.split_at_mut(length);
        let (z_dot, rest) = rest.split_at_mut(length);
        let (z_tilde_dot, gradient) = rest.split_at_mut(length);
        Self { z, z_tilde, z_tilde_a, score, c_z, c_z_tilde, z_dot, z_tilde_dot, gradient }
    }

    /// Makes z, z̃ and their derivatives of the logits and the noise, given b.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn draw<R: Lanes<Element = T>>(
        &mut self,
        hand: R,
        told: Told<'_, T>,
        place: Place,
        apart: &mut Vec<T>,
    ) {
        let Place { first, live } = place;
        let count = self.z.len() / R::LANES;
        let own = first * count..(first + live) * count;
        // The memory of what is made later holds the logits and b until then.
        to_rows(hand, count, (&told.logits[own.clone()], live), self.c_z);
        to_rows(hand, count, (&told.points[own], live), self.c_z_tilde);
        let noise = &told.noise[2 * first * count..][..2 * live * count];
        for (part, rows) in [&mut *self.z, &mut *self.z_tilde].into_iter().enumerate() {
            let apart = aligned(apart, live * count);
            for (to, example) in apart.chunks_exact_mut(count).zip(noise.chunks_exact(2 * count)) {
                let numbers = to.iter_mut().zip(&example[part * count..]);
                numbers.for_each(|(to, number)| *to = inside(T::default().constant(*number)));
            }
            to_rows(hand, count, (apart, live), rows);
        }
        let (zero, one) = (hand.constant(0.0), hand.constant(1.0));
        if told.given == Given::Noise {
            for m in 0..count {
                let (a, u) = (row(hand, self.c_z, m), row(hand, self.z, m));
                set_row(self.z, m, conditional::z(a, u));
            }
        }
        for m in 0..count {
            let is_one = row(hand, self.c_z_tilde, m).is_gt(zero);
            let a = row(hand, self.c_z, m);
            let odds = R::select(is_one, a, -a).exp();
            if told.given == Given::Sample {
                let (z, _) = conditional::z_tilde(is_one, row(hand, self.z, m), odds);
                set_row(self.z, m, z);
            }
            let (tilde, slope) = conditional::z_tilde(is_one, row(hand, self.z_tilde, m), odds);
            set_row(self.z_tilde, m, tilde);
            set_row(self.z_tilde_a, m, slope);
            // σ(-a) if b = 1, and -σ(a) if b = 0.
            let size = one / (one + odds);
            set_row(self.score, m, R::select(is_one, size, -size));
        }
    }

    /// Makes `ĝ` of the `advantage` `f - c`; or the derivative of ĝ along φ̇, if the advantage is `-ċ` and `∂c/∂z` are the derivatives of those.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn make_gradient<R: Lanes<Element = T>>(&mut self, hand: R, advantage: R) {
        for m in 0..self.z.len() / R::LANES {
            let (score, z_tilde_a) = (row(hand, self.score, m), row(hand, self.z_tilde_a, m));
            let path = pathwise(row(hand, self.c_z, m), row(hand, self.c_z_tilde, m), z_tilde_a);
            set_row(self.gradient, m, g_hat(advantage, score, path));
        }
    }

    /// Takes `w` of the examples in the place of `ĝ`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn load_gradient<R: Lanes<Element = T>>(&mut self, hand: R, place: Place, w: &[T]) {
        let count = self.z.len() / R::LANES;
        to_rows(hand, count, (&w[place.first * count..][..place.live * count], place.live), self.gradient);
    }

    /// Writes `ĝ` of the examples, one after the other.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn store_gradient<R: Lanes<Element = T>>(
        &self,
        hand: R,
        place: Place,
        gradient: &mut [T],
        apart: &mut Vec<T>,
    ) {
        let count = self.z.len() / R::LANES;
        let own = &mut gradient[place.first * count..][..place.live * count];
        if place.live == R::LANES {
            to_samples(hand, count, self.gradient, |g| g, own);
        } else {
            let apart = aligned(apart, self.z.len());
            to_samples(hand, count, self.gradient, |g| g, apart);
            own.copy_from_slice(&apart[..own.len()]);
        }
    }

    /// Makes ż at z and at z̃ of `scale·ĝ`; returns c̄.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn make_weights<R: Lanes<Element = T>>(&mut self, hand: R, place: Place, scale: f64) -> R {
        let scale = hand.constant(scale);
        let is_live = lane_numbers(hand).is_lt(hand.constant(place.live as f64));
        let mut c_bar = hand.constant(0.0);
        for m in 0..self.z.len() / R::LANES {
            let (score, z_tilde_a) = (row(hand, self.score, m), row(hand, self.z_tilde_a, m));
            // Lanes without an example have the weight 0.
            let scaled = R::select(is_live, scale * row(hand, self.gradient, m), hand.constant(0.0));
            let weights = weights(scaled, score, z_tilde_a);
            set_row(self.z_dot, m, weights.z_dot);
            set_row(self.z_tilde_dot, m, weights.z_tilde_dot);
            c_bar = c_bar + weights.c_bar;
        }
        c_bar
    }
}

/// A number of the noise, which an `f32` may round to 1.
#[cfg_attr(not(debug_assertions), inline(always))]
fn inside<T: Element>(number: T) -> T {
    let largest = T::default().constant(1.0 - 1.0 / (1_u64 << 24) as f64);
    if number < T::default().constant(1.0) { number } else { largest }
}

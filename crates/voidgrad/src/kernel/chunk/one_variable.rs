//! Batches of one variable: lanes of samples.

use voidgrad_real::{Element, Lanes, Pair, sigmoid};

use super::conditional;
use super::lane_sums::{LaneSums, lane_numbers};
use super::{Chunk, Number};
use crate::kernel::{Kernel, Weights, g_hat, pathwise, weights};
use crate::lanes::{Dispatch, Work};
use crate::noise::BlockStream;

/// How many samples are drawn together: their rows stay in the first cache.
pub(crate) const BLOCK: usize = 256;

/// Adds the samples of a chunk; `f` are its values at the states 0 and 1.
pub(super) fn add<T: Number, C: Kernel>(
    control: &C,
    chunk: &mut Chunk<'_>,
    instructions: impl Dispatch<T>,
    f: [f64; 2],
    rows: &mut Vec<T>,
    sums: &mut LaneSums<T>,
) {
    let numbers = control.numbers::<T>();
    let variable = Variable::new(chunk.logits[0], f);
    rows.resize(3 * BLOCK, T::default());
    let mut remaining = chunk.samples;
    while remaining > 0 {
        let count = remaining.min(BLOCK);
        let stream = &mut chunk.stream;
        let block = Block::<C, T> { numbers: &numbers, variable: &variable, stream, count, rows, sums };
        instructions.run(block);
        remaining -= count;
    }
}

/// The variable, and what depends on it alone.
#[derive(Debug, Clone, Copy)]
struct Variable {
    /// The logit.
    a: f64,
    /// `e^-a` and `e^a`: `(1 - θ)/θ` and `θ/(1 - θ)`.
    odds: [f64; 2],
    /// `∂/∂a ln p(b)` at the states 0 and 1: `-σ(a)` and `σ(-a)`.
    scores: [f64; 2],
    /// f at the states 0 and 1.
    f: [f64; 2],
}

impl Variable {
    fn new(a: f64, f: [f64; 2]) -> Self {
        Self { a, odds: [(-a).exp(), a.exp()], scores: [-sigmoid(a), sigmoid(-a)], f }
    }
}

/// Samples of one variable from their noise to the sums, in three phases: z, then z̃, then the control forwards and backwards. What a phase
/// computes of one vector is a short chain, so that the next vectors fill the time in which it waits.
struct Block<'c, C: Kernel, T: Element> {
    numbers: &'c C::Numbers<T>,
    variable: &'c Variable,
    stream: &'c mut BlockStream,
    count: usize,
    /// z, z̃ and `∂z̃/∂a`.
    rows: &'c mut [T],
    sums: &'c mut LaneSums<T>,
}

impl<C: Kernel, T: Element> Work<T> for Block<'_, C, T> {
    type Output = ();

    const LARGE: bool = !C::PAIRS;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { numbers, variable, stream, count, rows, sums } = self;
        // Whole pairs.
        let whole = count.next_multiple_of(2 * R::LANES);
        let (z, rest) = rows.split_at_mut(BLOCK);
        let (z_tilde, z_tilde_a) = rest.split_at_mut(BLOCK);
        let (z, z_tilde, z_tilde_a) = (&mut z[..whole], &mut z_tilde[..whole], &mut z_tilde_a[..whole]);
        let mut rows = Rows { count, z, z_tilde, z_tilde_a };
        draw(hand, variable, stream, &mut rows);
        if C::PAIRS && R::REGISTERS == 1 {
            pass::<C, Pair<R>>(Pair::new(hand, hand), numbers, variable, &rows, sums);
        } else {
            pass::<C, R>(hand, numbers, variable, &rows, sums);
        }
    }
}

/// What is drawn, each quantity a row; behind the last of `count` samples come some more to make lanes full.
struct Rows<'a, T> {
    count: usize,
    z: &'a mut [T],
    z_tilde: &'a mut [T],
    /// `∂z̃/∂a`, b held fixed.
    z_tilde_a: &'a mut [T],
}

/// z, z̃ and `∂z̃/∂a`.
///
/// With `w = e^a` where `b = 1` and `e^-a` where `b = 0`, the library's `z̃` is
/// `±(ln(1 + v·w) - ln(1 - v)) = ±ln((1 + v·w)/(1 - v))`, and `∂z̃/∂a` is `v·w/(1 + v·w)`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn draw<R: Lanes>(hand: R, variable: &Variable, stream: &mut BlockStream, rows: &mut Rows<'_, R::Element>) {
    let Rows { count, ref mut z, ref mut z_tilde, ref mut z_tilde_a } = *rows;
    let zero = hand.constant(0.0);
    // Lanes behind the last sample repeat the first, whose values are as good as any.
    stream.fill(hand, &mut z[..count]);
    let first = z[0];
    z[count..].fill(first);
    stream.fill(hand, &mut z_tilde[..count]);
    let first = z_tilde[0];
    z_tilde[count..].fill(first);
    let a = hand.constant(variable.a);
    for z in z.chunks_exact_mut(R::LANES) {
        conditional::z(a, hand.load(z)).store(z);
    }
    let [down, up] = variable.odds.map(|odds| hand.constant(odds));
    let rows = z.chunks_exact(R::LANES).zip(z_tilde.chunks_exact_mut(R::LANES));
    for ((z, z_tilde), z_tilde_a) in rows.zip(z_tilde_a.chunks_exact_mut(R::LANES)) {
        let (v, b) = (hand.load(z_tilde), hand.load(z).is_ge(zero));
        let (tilde, slope) = conditional::z_tilde(b, v, R::select(b, up, down));
        tilde.store(z_tilde);
        slope.store(z_tilde_a);
    }
}

/// The control at each sample: `ĝ`, and the sums.
#[cfg_attr(not(debug_assertions), inline(always))]
fn pass<C: Kernel, R: Lanes<Element: Element>>(
    hand: R,
    kernel_numbers: &C::Numbers<R::Element>,
    variable: &Variable,
    rows: &Rows<'_, R::Element>,
    sums: &mut LaneSums<R::Element>,
) {
    let zero = hand;
    let mut phi_bar = C::sums(zero);
    sums.load(hand, phi_bar.as_mut());
    let [mut gradient, mut square, mut f_sum] = sums.moments.each_ref().map(|lanes| hand.load(lanes));
    let [score_of_zero, score_of_one] = variable.scores.map(|score| hand.constant(score));
    let [f_of_zero, f_of_one] = variable.f.map(|f| hand.constant(f));
    let lane = lane_numbers(hand);
    let mut left = hand.constant(rows.count as f64);
    let (two, lanes) = (hand.constant(2.0), hand.constant(R::LANES as f64));
    let z_tilde_a = rows.z_tilde_a.chunks_exact(R::LANES);
    let rows = rows.z.chunks_exact(R::LANES).zip(rows.z_tilde.chunks_exact(R::LANES));
    for ((z, z_tilde), z_tilde_a) in rows.zip(z_tilde_a) {
        let (z, z_tilde, z_tilde_a) = (hand.load(z), hand.load(z_tilde), hand.load(z_tilde_a));
        let (c_z, (c_tilde, c_z_tilde), residuals) = C::forward(kernel_numbers, z, z_tilde);
        let b = z.is_ge(zero);
        let score = R::select(b, score_of_one, score_of_zero);
        let live = lane.is_lt(left);
        left = left - lanes;
        let f = R::select(live, R::select(b, f_of_one, f_of_zero), zero);
        let estimate = g_hat(f - c_tilde, score, pathwise(c_z, c_z_tilde, z_tilde_a));
        let estimate = R::select(live, estimate, zero);
        f_sum = f_sum + f;
        gradient = gradient + estimate;
        square = estimate.mul_add(estimate, square);
        let Weights { z_dot, z_tilde_dot, c_bar } = weights(two * estimate, score, z_tilde_a);
        C::backward(kernel_numbers, &residuals, (z, z_dot), (z_tilde, z_tilde_dot), c_bar, &mut phi_bar);
    }
    sums.store(phi_bar.as_ref());
    for (lanes, sum) in sums.moments.iter_mut().zip([gradient, square, f_sum]) {
        sum.store(lanes);
    }
}

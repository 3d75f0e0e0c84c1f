//! Batches of many variables: lanes of the coordinates of one sample.

use voidgrad_real::{Element, Lanes};

use super::cells::Cells;
use super::conditional;
use super::lane_sums::{LaneSums, lane_numbers};
use super::{Chunk, Number};
use crate::kernel::{Kernel, g_hat, pathwise};
use crate::lanes::{Dispatch, Work};
use crate::noise::BlockStream;

/// Adds the samples of a chunk; nothing where a value of f is not finite.
///
/// `ĝ` takes the mean of c over all coordinates, and the backward pass takes all of `ĝ`, so each sample is gone over twice. The
/// second pass goes forward once more: residuals of so many coordinates would cost more to store than to make.
pub(super) fn add<T: Number, C: Kernel>(
    control: &C,
    chunk: &mut Chunk<'_>,
    instructions: impl Dispatch<T>,
    rows: &mut Vec<T>,
    sums: &mut LaneSums<T>,
) -> Option<()> {
    let numbers = control.numbers::<T>();
    let logits = chunk.logits;
    let cells = &mut Cells::new(logits.len(), rows);
    cells.a.iter_mut().zip(logits).for_each(|(cell, a)| *cell = cell.constant(*a));
    for _ in 0..chunk.samples {
        instructions.run(Draw { stream: &mut chunk.stream, cells });
        let f = value(chunk, &cells.b[..cells.count])?;
        chunk.sums.f += f;
        instructions.run(Sample::<C, T> { numbers: &numbers, cells, f, sums });
    }
    let Cells { gradient, square, .. } = cells;
    chunk.sums.gradient.iter_mut().zip(gradient.iter()).for_each(|(sum, cell)| *sum = (*cell).into());
    chunk.sums.square.iter_mut().zip(square.iter()).for_each(|(sum, cell)| *sum = (*cell).into());
    Some(())
}

/// `f(b)`, in the precision of the lanes; nothing where it is not finite there.
fn value<T: Number>(chunk: &mut Chunk<'_>, states: &[T]) -> Option<f64> {
    let mut f = [T::default()];
    T::values(chunk.values, states, &mut chunk.memory.doubles, &mut f);
    Some(f[0].into()).filter(|value| value.is_finite())
}

/// Draws u and v, and from them z, b, z̃ and their derivatives, in the formulas of [`one_variable`](super::one_variable).
struct Draw<'c, 'a, T> {
    stream: &'c mut BlockStream,
    cells: &'c mut Cells<'a, T>,
}

impl<T: Element> Work<T> for Draw<'_, '_, T> {
    type Output = ();

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Cells { a, z, b, z_tilde, z_tilde_a, score, count, .. } = self.cells;
        let (zero, one) = (hand.constant(0.0), hand.constant(1.0));
        // Cells behind the last one repeat the first, whose values are as good as any.
        for noise in [&mut *z, &mut *z_tilde] {
            self.stream.fill(hand, &mut noise[..*count]);
            let first = noise[0];
            noise[*count..].fill(first);
        }
        // Two loops, since z̃ waits for z, and the processor looks ahead no further than a few rounds.
        for i in (0..*count).step_by(R::LANES) {
            let sample = conditional::z(hand.load(&a[i..]), hand.load(&z[i..]));
            sample.store(&mut z[i..]);
            hand.indicator(sample.is_ge(zero)).store(&mut b[i..]);
        }
        for i in (0..*count).step_by(R::LANES) {
            let (a, v) = (hand.load(&a[i..]), hand.load(&z_tilde[i..]));
            let is_one = hand.load(&z[i..]).is_ge(zero);
            // w is e^a or e^-a, and the score σ(-a) or -σ(a).
            let w = R::select(is_one, a, -a).exp();
            let (tilde, slope) = conditional::z_tilde(is_one, v, w);
            tilde.store(&mut z_tilde[i..]);
            slope.store(&mut z_tilde_a[i..]);
            (R::select(is_one, one, -one) / (one + w)).store(&mut score[i..]);
        }
    }
}

/// A sample after f, whose `ĝ` and derivative are added to the sums.
struct Sample<'c, 'a, C: Kernel, T: Element> {
    numbers: &'c C::Numbers<T>,
    cells: &'c mut Cells<'a, T>,
    f: f64,
    sums: &'c mut LaneSums<T>,
}

impl<C: Kernel, T: Element> Work<T> for Sample<'_, '_, C, T> {
    type Output = ();

    const LARGE: bool = !C::PAIRS;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Self { numbers, cells, f, sums } = self;
        // c is the mean over the coordinates.
        let mean = 1.0 / cells.count as f64;
        let c: f64 = forward::<C, R>(hand, numbers, cells).sum().into();
        let along: f64 = gradients(hand, cells, [f - mean * c, mean]).sum().into();
        let weights = [2.0 * mean * mean, -2.0 * mean * mean * along];
        backward::<C, R>(hand, numbers, cells, weights, sums);
    }
}

/// Which lanes have a coordinate, of those from `first` on.
#[cfg_attr(not(debug_assertions), inline(always))]
fn live<R: Lanes>(hand: R, count: usize, first: usize) -> R::Mask {
    lane_numbers(hand).is_lt(hand.constant((count - first) as f64))
}

/// The forward pass: writes the part of `ĝ_m` that takes neither f nor c, `∂c/∂z_m - ∂c/∂z̃_m·∂z̃_m/∂a_m`, to `g`, and returns
/// `Σ_m c(z̃_m)`, lane by lane.
#[cfg_attr(not(debug_assertions), inline(always))]
fn forward<C: Kernel, R: Lanes<Element: Element>>(
    hand: R,
    numbers: &C::Numbers<R::Element>,
    cells: &mut Cells<'_, R::Element>,
) -> R {
    let Cells { z, z_tilde, z_tilde_a, g, count, .. } = cells;
    let mut sum = hand;
    for i in (0..*count).step_by(R::LANES) {
        let (c_z, (c, c_z_tilde), _) = C::forward(numbers, hand.load(&z[i..]), hand.load(&z_tilde[i..]));
        sum = sum + R::select(live(hand, *count, i), c, hand);
        pathwise(c_z, c_z_tilde, hand.load(&z_tilde_a[i..])).store(&mut g[i..]);
    }
    sum
}

/// Makes `ĝ_m` of `f - c`, of what a coordinate weighs in c, and of the rest in `g`; writes it there, and adds it to the sums. Returns
/// `Σ_m ĝ_m·∂/∂a_m ln p(b_m)`, lane by lane.
#[cfg_attr(not(debug_assertions), inline(always))]
fn gradients<R: Lanes<Element: Element>>(
    hand: R,
    cells: &mut Cells<'_, R::Element>,
    [advantage, mean]: [f64; 2],
) -> R {
    let Cells { score, g, gradient, square, count, .. } = cells;
    let (advantage, mean) = (hand.constant(advantage), hand.constant(mean));
    let mut along = hand;
    for i in (0..*count).step_by(R::LANES) {
        let score = hand.load(&score[i..]);
        let value = g_hat(advantage, score, mean * hand.load(&g[i..]));
        let value = R::select(live(hand, *count, i), value, hand);
        value.store(&mut g[i..]);
        (hand.load(&gradient[i..]) + value).store(&mut gradient[i..]);
        value.mul_add(value, hand.load(&square[i..])).store(&mut square[i..]);
        along = value.mul_add(score, along);
    }
    along
}

/// Forward once more, and back to the sums of φ: the weights are that of `ĝ`, which is in `g`, and `c̄`.
#[cfg_attr(not(debug_assertions), inline(always))]
fn backward<C: Kernel, R: Lanes<Element: Element>>(
    hand: R,
    numbers: &C::Numbers<R::Element>,
    cells: &Cells<'_, R::Element>,
    [slope, c_bar]: [f64; 2],
    sums: &mut LaneSums<R::Element>,
) {
    let Cells { z, z_tilde, z_tilde_a, g, count, .. } = cells;
    let mut phi_bar = C::sums(hand);
    sums.load(hand, phi_bar.as_mut());
    let (slope, c_bar) = (hand.constant(slope), hand.constant(c_bar));
    for i in (0..*count).step_by(R::LANES) {
        let (z, z_tilde) = (hand.load(&z[i..]), hand.load(&z_tilde[i..]));
        let (_, _, residuals) = C::forward(numbers, z, z_tilde);
        // Beyond the last coordinate ĝ is 0.
        let z_dot = slope * hand.load(&g[i..]);
        let z_tilde_dot = -(z_dot * hand.load(&z_tilde_a[i..]));
        let c_bar = R::select(live(hand, *count, i), c_bar, hand);
        C::backward(numbers, &residuals, (z, z_dot), (z_tilde, z_tilde_dot), c_bar, &mut phi_bar);
    }
    sums.store(phi_bar.as_ref());
}

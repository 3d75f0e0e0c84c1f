//! Batches of many variables: lanes of the coordinates of one sample.

use voidgrad_real::{Element, Lanes};

use super::cells::Cells;
use super::chunk::{Chunk, Number};
use super::conditional;
use super::lane_sums::{LaneSums, lane_numbers};
use crate::estimator::EstimateError;
use crate::kernel::Kernel;
use crate::lanes::Work;
use crate::noise::BlockStream;

/// Adds the samples of a chunk.
///
/// `ĝ` takes the mean of c over all coordinates, and the way back takes all of `ĝ`, so each sample is gone over twice. The
/// second pass goes forward once more: residuals of so many coordinates would cost more to store than to make.
///
/// # Errors
/// Where a value of the objective is NaN or infinite.
pub(super) fn add<T: Number, C: Kernel>(
    control: &C,
    chunk: &mut Chunk<'_>,
    rows: &mut Vec<T>,
    sums: &mut LaneSums<T>,
) -> Result<(), EstimateError> {
    let numbers = control.numbers::<T>();
    let logits = chunk.bernoulli.logits();
    let cells = &mut Cells::new(logits.len(), rows);
    cells.a.iter_mut().zip(logits).for_each(|(cell, a)| *cell = cell.constant(*a));
    // c is the mean over the coordinates.
    let mean = 1.0 / logits.len() as f64;
    for _ in 0..chunk.samples {
        T::on_lanes(chunk.instructions, Draw { stream: &mut chunk.stream, cells });
        let f = value(chunk, &cells.b[..cells.count])?;
        chunk.sums.f += f;
        let c = mean * T::on_lanes(chunk.instructions, Forward::<C, T> { numbers: &numbers, cells });
        let advantage = f - c;
        let mut c_bar = 0.0;
        for m in 0..logits.len() {
            let (score, rest): (f64, f64) = (cells.score[m].into(), cells.g[m].into());
            let g = advantage * score + mean * rest;
            chunk.sums.gradient[m] += g;
            chunk.sums.square[m] += g * g;
            c_bar -= 2.0 * mean * g * score;
            cells.g[m] = T::default().constant(g);
        }
        let (slope, c_bar) = (2.0 * mean * mean, mean * c_bar);
        T::on_lanes(chunk.instructions, Backward::<C, T> { numbers: &numbers, cells, slope, c_bar, sums });
    }
    Ok(())
}

/// `f(b)`, in the precision of the lanes.
fn value<T: Number>(chunk: &mut Chunk<'_>, states: &[T]) -> Result<f64, EstimateError> {
    let mut f = [T::default()];
    T::values(chunk.values, states, &mut chunk.memory.doubles, &mut f);
    let value = f[0].into();
    if value.is_finite() {
        return Ok(value);
    }
    Err(EstimateError::Objective { value, b: states.iter().map(|state| (*state).into()).collect() })
}

/// Draws u and v, and from them z, b, z̃ and their derivatives, in the formulas of [`samples`](super::samples).
struct Draw<'c, 'a, T> {
    stream: &'c mut BlockStream,
    cells: &'c mut Cells<'a, T>,
}

impl<T: Element> Work<T> for Draw<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Cells { a, z, b, z_tilde, z_tilde_a, score, count, .. } = self.cells;
        let (zero, one) = (hand.constant(0.0), hand.constant(1.0));
        // Cells behind the last one repeat the first, whose values are as good as any.
        for noise in [&mut *z, &mut *z_tilde] {
            self.stream.fill(hand, &mut noise[..*count]);
            let first = noise[0];
            noise[*count..].fill(first);
        }
        for i in (0..*count).step_by(R::LANES) {
            let (a, u, v) = (hand.load(&a[i..]), hand.load(&z[i..]), hand.load(&z_tilde[i..]));
            let sample = a + u.ln_ratio(one - u);
            let is_one = sample.is_ge(zero);
            let (tilde, slope) = conditional::z_tilde(is_one, v, R::select(is_one, a, -a).exp());
            sample.store(&mut z[i..]);
            hand.indicator(is_one).store(&mut b[i..]);
            tilde.store(&mut z_tilde[i..]);
            slope.store(&mut z_tilde_a[i..]);
            // σ(-a) or -σ(a).
            let size = R::select(is_one, -a, a).sigmoid();
            R::select(is_one, size, -size).store(&mut score[i..]);
        }
    }
}

/// The way forward: adds up c at z̃, and writes the part of `ĝ_m` that takes neither f nor c, `∂c/∂z_m - ∂c/∂z̃_m·∂z̃_m/∂a_m`,
/// to `g`.
struct Forward<'c, 'a, C: Kernel, T: Element> {
    numbers: &'c C::Numbers<T>,
    cells: &'c mut Cells<'a, T>,
}

impl<C: Kernel, T: Element> Work<T> for Forward<'_, '_, C, T> {
    /// `Σ_m c(z̃_m)`
    type Output = f64;

    const LARGE: bool = !C::PAIRS;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) -> f64 {
        let Cells { z, z_tilde, z_tilde_a, g, count, .. } = self.cells;
        let mut sum = hand;
        let lane = lane_numbers(hand);
        for i in (0..*count).step_by(R::LANES) {
            let (c_z, (c, c_z_tilde), _) =
                C::forward(self.numbers, hand.load(&z[i..]), hand.load(&z_tilde[i..]));
            sum = sum + R::select(lane.is_lt(hand.constant((*count - i) as f64)), c, hand);
            (c_z - c_z_tilde * hand.load(&z_tilde_a[i..])).store(&mut g[i..]);
        }
        sum.sum().into()
    }
}

/// Forward once more, and back to the sums of φ: `g` holds `ĝ`, and the weights are `slope·ĝ` and `c̄`.
struct Backward<'c, 'a, C: Kernel, T: Element> {
    numbers: &'c C::Numbers<T>,
    cells: &'c mut Cells<'a, T>,
    slope: f64,
    c_bar: f64,
    sums: &'c mut LaneSums<T>,
}

impl<C: Kernel, T: Element> Work<T> for Backward<'_, '_, C, T> {
    type Output = ();

    const LARGE: bool = !C::PAIRS;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) {
        let Cells { z, z_tilde, z_tilde_a, g, count, .. } = self.cells;
        let mut phi_bar = C::sums(hand);
        self.sums.load(hand, phi_bar.as_mut());
        let (slope, c_bar) = (hand.constant(self.slope), hand.constant(self.c_bar));
        let lane = lane_numbers(hand);
        for i in (0..*count).step_by(R::LANES) {
            let (z, z_tilde) = (hand.load(&z[i..]), hand.load(&z_tilde[i..]));
            let (_, _, residuals) = C::forward(self.numbers, z, z_tilde);
            let live = lane.is_lt(hand.constant((*count - i) as f64));
            let z_dot = R::select(live, slope * hand.load(&g[i..]), hand);
            let z_tilde_dot = -(z_dot * hand.load(&z_tilde_a[i..]));
            let c_bar = R::select(live, c_bar, hand);
            let (here, there) = ((z, z_dot), (z_tilde, z_tilde_dot));
            C::backward(self.numbers, &residuals, here, there, c_bar, &mut phi_bar);
        }
        self.sums.store(phi_bar.as_ref());
    }
}

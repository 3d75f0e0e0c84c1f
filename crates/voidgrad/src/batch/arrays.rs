//! The samples of a chunk through a control's kernel over arrays: lanes of samples, each quantity rows of lanes.

use voidgrad_real::{Element, Lanes, Pair};

use super::chunk::{Buffers, Chunk, Number, Precision};
use super::fused::guarded;
use super::lane_sums::lane_numbers;
use super::one_by_one;
use super::samples::BLOCK;
use crate::control::Control;
use crate::estimator::EstimateError;
use crate::kernel::{ArrayKernel, add_row, row, set_row};
use crate::lanes::{MOST_LANES, Work};

/// More numbers than this are not kept in rows of lanes.
const LARGEST: usize = 1 << 23;

/// Adds the samples of a chunk, on lanes of samples: what `#[control]` makes of [`Control::add_chunk`] for a control that has an
/// [`ArrayKernel`].
///
/// A control of one z at M > 1 is the mean over the coordinates; the way back then goes forward once more at each of them, since what
/// it would keep of all of them is more than what it computes. As in [`fused`](super::fused()), sums that are not finite, and logits
/// out of range, are estimated one sample after the other.
///
/// # Errors
/// Where a value of the objective is NaN or infinite, or where a gradient is so as the control is written.
pub fn arrays<C: Control + ArrayKernel>(control: &C, chunk: &mut Chunk<'_>) -> Result<(), EstimateError> {
    let rows = ROWS * chunk.bernoulli.len() + control.rows() + control.parameters();
    if rows.saturating_mul(MOST_LANES) > LARGEST {
        return one_by_one(control, chunk);
    }
    guarded(control, chunk, |chunk| match chunk.precision {
        Precision::Double => run::<f64, C>(control, chunk),
        Precision::Single => run::<f32, C>(control, chunk),
    })
}

fn run<T: Number, C: Control + ArrayKernel>(control: &C, chunk: &mut Chunk<'_>) -> Result<(), EstimateError> {
    let Buffers { mut rows, mut sums, mut numbers } = std::mem::take(T::buffers(chunk.memory));
    numbers.clear();
    control.numbers(&mut numbers);
    let instructions = chunk.instructions;
    let work = Samples { control, numbers: &numbers, chunk: &mut *chunk, rows: &mut rows, sums: &mut sums };
    let outcome = T::on_lanes(instructions, work);
    *T::buffers(chunk.memory) = Buffers { rows, sums, numbers };
    control.chain(&mut chunk.sums.variance_gradient);
    outcome
}

/// How many arrays of M rows there are, at most.
const ROWS: usize = 13;

/// The samples of a chunk.
struct Samples<'c, 'k, C, T> {
    control: &'c C,
    numbers: &'c [T],
    chunk: &'c mut Chunk<'k>,
    rows: &'c mut Vec<T>,
    sums: &'c mut Vec<T>,
}

impl<T: Number, C: Control + ArrayKernel> Work<T> for Samples<'_, '_, C, T> {
    type Output = Result<(), EstimateError>;

    #[inline(always)]
    fn on<R: Lanes<Element = T>>(self, hand: R) -> Self::Output {
        // A weight that is spread over the lanes is then read once for two vectors.
        if R::REGISTERS == 1 && R::LANES > 1 { add(self, Pair::new(hand, hand)) } else { add(self, hand) }
    }
}

/// Rows of lanes, taken from one piece of memory.
struct Memory<'m, T>(&'m mut [T]);

impl<'m, T> Memory<'m, T> {
    #[inline(always)]
    fn take(&mut self, count: usize) -> &'m mut [T] {
        let (taken, rest) = std::mem::take(&mut self.0).split_at_mut(count);
        self.0 = rest;
        taken
    }
}

#[inline(always)]
fn add<T: Number, C: Control + ArrayKernel, R: Lanes<Element = T>>(
    work: Samples<'_, '_, C, T>,
    hand: R,
) -> Result<(), EstimateError> {
    let Samples { control, numbers, chunk, rows, sums } = work;
    let variables = chunk.bernoulli.len();
    let entries = control.dimension().unwrap_or(1);
    let parts = variables / entries;
    // One variable draws the noise of a block of samples together.
    let block = if variables == 1 { BLOCK.max(R::LANES) } else { R::LANES };
    let array = variables * R::LANES;
    let kernel_rows = control.rows() * R::LANES;
    rows.clear();
    rows.resize(2 * variables * block + 11 * array + variables + R::LANES + kernel_rows, T::default());
    let mut memory = Memory(rows);
    let [u, v] = [(); 2].map(
        #[inline(always)]
        |()| memory.take(variables * block),
    );
    let [z, z_tilde, z_tilde_a, score, c_z, c_z_tilde, z_dot, z_tilde_dot, gradient, square, states] =
        [(); 11].map(
            #[inline(always)]
            |()| memory.take(array),
        );
    let (noise, f, kernel) = (memory.take(variables), memory.take(R::LANES), memory.take(kernel_rows));
    sums.clear();
    sums.resize(control.parameters() * R::LANES, T::default());
    let (mean, scale) = (hand.constant(1.0 / parts as f64), hand.constant(2.0 / variables as f64));
    let lane = lane_numbers(hand);
    let mut f_sum = hand;
    let mut remaining = chunk.samples;
    while remaining > 0 {
        let count = remaining.min(block);
        draw_noise(hand, chunk, noise, [&mut *u, &mut *v], count);
        for first in (0..count).step_by(R::LANES) {
            let live = (count - first).min(R::LANES);
            for m in 0..variables {
                let at = (first + m) * if variables == 1 { 1 } else { R::LANES };
                let a = hand.constant(chunk.bernoulli.logits()[m]);
                let (u, v) = (hand.load(&u[at..]), hand.load(&v[at..]));
                let drawn = Drawn::new(hand, a, u, v);
                set_row(z, m, drawn.z);
                set_row(z_tilde, m, drawn.z_tilde);
                set_row(z_tilde_a, m, drawn.z_tilde_a);
                set_row(score, m, drawn.score);
                // b of one sample after the other, as f reads it.
                for (lane, z) in z[m * R::LANES..][..R::LANES].iter().enumerate() {
                    let is_one = *z >= T::default();
                    states[lane * variables + m] = T::default().constant(f64::from(u8::from(is_one)));
                }
            }
            T::values(chunk.values, &states[..live * variables], &mut chunk.memory.doubles, &mut f[..live]);
            if let Some(index) = f[..live].iter().position(|f| !Into::<f64>::into(*f).is_finite()) {
                let b =
                    states[index * variables..][..variables].iter().map(|state| (*state).into()).collect();
                return Err(EstimateError::Objective { value: f[index].into(), b });
            }
            let mut c = hand;
            for part in 0..parts {
                let [from, to] = [part, part + 1].map(|part| part * entries * R::LANES);
                let slopes = [&mut c_z[from..to], &mut c_z_tilde[from..to]];
                let at = [&z[from..to], &z_tilde[from..to]];
                c = c + control.forward(hand, numbers, at, slopes, kernel);
            }
            let is_live = lane.is_lt(hand.constant(live as f64));
            let value = R::select(is_live, hand.load(f), hand);
            f_sum = f_sum + value;
            let advantage = value - mean * c;
            let mut c_bar = hand;
            for m in 0..variables {
                let (z_tilde_a, score) = (row(hand, z_tilde_a, m), row(hand, score, m));
                let slope = row(hand, c_z, m) - row(hand, c_z_tilde, m) * z_tilde_a;
                let g = R::select(is_live, advantage * score + mean * slope, hand);
                add_row(hand, gradient, m, g);
                add_row(hand, square, m, g * g);
                let weight = scale * g;
                c_bar = c_bar - weight * score;
                set_row(z_dot, m, mean * weight);
                set_row(z_tilde_dot, m, -(mean * weight * z_tilde_a));
            }
            let c_bar = mean * c_bar;
            for part in 0..parts {
                let [from, to] = [part, part + 1].map(|part| part * entries * R::LANES);
                let at = [&z[from..to], &z_tilde[from..to]];
                if parts > 1 {
                    let slopes = [&mut c_z[from..to], &mut c_z_tilde[from..to]];
                    let _ = control.forward(hand, numbers, at, slopes, kernel);
                }
                let dots = [&z_dot[from..to], &z_tilde_dot[from..to]];
                control.backward(hand, numbers, at, dots, c_bar, kernel, sums);
            }
        }
        remaining -= count;
    }
    chunk.sums.f = f_sum.sum().into();
    for (totals, rows) in [
        (&mut chunk.sums.gradient, &*gradient),
        (&mut chunk.sums.square, &*square),
        (&mut chunk.sums.variance_gradient, &**sums),
    ] {
        for (i, total) in totals.iter_mut().enumerate() {
            *total = row(hand, rows, i).sum().into();
        }
    }
    Ok(())
}

/// Fills rows with u and v of so many samples, in the order in which one sample after the other takes them. Lanes behind the last
/// sample repeat the first, whose values are as good as any.
#[inline(always)]
fn draw_noise<T: Element, R: Lanes<Element = T>>(
    hand: R,
    chunk: &mut Chunk<'_>,
    noise: &mut [T],
    [u, v]: [&mut [T]; 2],
    count: usize,
) {
    if let [_] = noise {
        for rows in [u, v] {
            chunk.stream.fill(hand, &mut rows[..count]);
            let first = rows[0];
            rows[count..].fill(first);
        }
        return;
    }
    for sample in 0..count {
        for rows in [&mut *u, &mut *v] {
            chunk.stream.fill(hand, noise);
            for (row, number) in rows.chunks_exact_mut(R::LANES).zip(&*noise) {
                row[sample] = *number;
            }
        }
    }
    for rows in [u, v] {
        for row in rows.chunks_exact_mut(R::LANES) {
            let first = row[0];
            row[count..].fill(first);
        }
    }
}

/// What is drawn of one variable, in the formulas of [`coordinates`](super::coordinates).
struct Drawn<R> {
    z: R,
    z_tilde: R,
    /// `∂z̃/∂a`, b held fixed.
    z_tilde_a: R,
    /// `∂/∂a ln p(b)`
    score: R,
}

impl<R: Lanes> Drawn<R> {
    #[inline(always)]
    fn new(hand: R, a: R, u: R, v: R) -> Self {
        let (zero, one) = (hand.constant(0.0), hand.constant(1.0));
        let z = a + u.ln_ratio(one - u);
        let is_one = z.is_ge(zero);
        let growth = v * R::select(is_one, a, -a).exp();
        let (size, rate) = (one + growth).ln_ratio_and_recip(one - v);
        // σ(-a) or -σ(a).
        let chance = R::select(is_one, -a, a).sigmoid();
        Self {
            z,
            z_tilde: R::select(is_one, size, -size),
            z_tilde_a: growth * rate,
            score: R::select(is_one, chance, -chance),
        }
    }
}

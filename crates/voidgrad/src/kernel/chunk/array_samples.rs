//! The samples of a chunk through a control's kernel over arrays: lanes of samples.

use voidgrad_real::{Element, Lanes};

use super::fused::guarded;
use super::group::{Group, Place};
use super::one_variable::BLOCK;
use super::variables::Variables;
use super::{Buffers, Chunk, Number, Precision, group};
use crate::error::are_finite;
use crate::kernel::{ArrayKernel, row};
#[cfg(test)]
use crate::lanes::Scalars;
use crate::lanes::{Dispatch, MOST_LANES, Work};

/// The most rows of lanes that a chunk may need, of at most 64 bytes each. Beyond, samples are estimated one by one.
const MOST_ROWS: usize = 1 << 18;

/// Adds the samples of a chunk, on lanes: what `#[control]` makes of [`BatchControl::chunk`](crate::BatchControl::chunk) for a control that has an
/// [`ArrayKernel`].
///
/// A control of all of z goes forward and back once, with M rows of lanes; of a control of one z, the samples' coordinates take turns.
/// The result is false in the cases of [`fused`](super::fused()), and if the arrays would need too much memory.
pub fn arrays<C: ArrayKernel>(control: &C, chunk: &mut Chunk<'_>) -> bool {
    let rows = group::ROWS * chunk.logits.len() + chunk.sums.variance_gradient.len();
    if rows.saturating_add(control.rows()) > MOST_ROWS {
        return false;
    }
    let instructions = chunk.instructions;
    guarded(chunk, |chunk| match chunk.precision {
        Precision::Double => run::<f64, C>(control, chunk, instructions),
        Precision::Single => run::<f32, C>(control, chunk, instructions),
    })
}

/// [`arrays`] in `f64`, one number at a time, and compiled for nothing else.
#[cfg(test)]
pub(crate) fn arrays_in_scalars<C: ArrayKernel>(control: &C, chunk: &mut Chunk<'_>) -> bool {
    guarded(chunk, |chunk| run::<f64, C>(control, chunk, Scalars))
}

/// Nothing where a value of f is not finite.
fn run<T: Number, C: ArrayKernel>(
    control: &C,
    chunk: &mut Chunk<'_>,
    instructions: impl Dispatch<T>,
) -> Option<()> {
    let mut states = None;
    if chunk.logits.len() == 1 {
        let mut f = [0.0; 2];
        (chunk.values)(&[0.0, 1.0], &mut f);
        if !are_finite(&f) {
            // It depends on the states that are drawn whether that is an error.
            return None;
        }
        states = Some(f);
    }
    let mut buffers = std::mem::take(T::buffers(chunk.memory));
    buffers.shared[1].clear();
    control.numbers(&mut buffers.shared[1]);
    let outcome = instructions.run(Samples { control, chunk, states, buffers: &mut buffers });
    *T::buffers(chunk.memory) = buffers;
    control.chain(&mut chunk.sums.variance_gradient);
    outcome
}

/// All samples of a chunk, group by group.
struct Samples<'c, 'a, C, T> {
    control: &'c C,
    chunk: &'c mut Chunk<'a>,
    /// f at the states 0 and 1 of one variable.
    states: Option<[f64; 2]>,
    buffers: &'c mut Buffers<T>,
}

impl<T: Number, C: ArrayKernel> Work<T> for Samples<'_, '_, C, T> {
    type Output = Option<()>;

    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = T>>(self, hand: R) -> Self::Output {
        let Self { control, chunk, states, buffers } = self;
        let Buffers { rows, sums, kept, shared: [variables, numbers], noise: [u, v], states: drawn } =
            buffers;
        let count = chunk.logits.len();
        let variables = Variables::new(hand, chunk.logits, variables);
        let mut group = Group::new::<R>(count, rows);
        let kept = aligned(kept, control.rows() * R::LANES);
        let sums = aligned(sums, chunk.sums.variance_gradient.len() * R::LANES);
        sums.fill(T::default());
        // One variable draws the noise of a block of samples together.
        let block = if count == 1 { BLOCK } else { R::LANES };
        for noise in [&mut *u, &mut *v] {
            noise.resize(block * count, T::default());
        }
        drawn.resize(R::LANES * count, T::default());
        let parts = Parts { control, numbers, length: chunk.part };
        let mut left = chunk.samples;
        while left > 0 {
            let samples = left.min(block);
            // A sample's u, then its v; one variable's u of all samples of the block, then their v.
            let together = if count == 1 { samples } else { count };
            let noise = u.chunks_exact_mut(together).zip(v.chunks_exact_mut(together));
            for (u, v) in noise.take(samples * count / together) {
                chunk.stream.fill(hand, u);
                chunk.stream.fill(hand, v);
            }
            for first in (0..samples).step_by(R::LANES) {
                let place = Place { first, live: R::LANES.min(samples - first) };
                group.draw(hand, &variables, place, [u, v]);
                let f = match states {
                    Some(f) => group.choose(hand, place, f),
                    None => {
                        group.states(hand, drawn);
                        value(hand, chunk, place, &drawn[..place.live * count])?
                    }
                };
                chunk.sums.f += f.sum().into();
                parts.add(hand, &variables, &mut group, (place, f), kept, sums);
            }
            left -= samples;
        }
        for (m, (gradient, square)) in chunk.sums.gradient.iter_mut().zip(&mut chunk.sums.square).enumerate()
        {
            *gradient = row(hand, group.gradient, m).sum().into();
            *square = row(hand, group.square, m).sum().into();
        }
        for (n, sum) in chunk.sums.variance_gradient.iter_mut().enumerate() {
            *sum = row(hand, sums, n).sum().into();
        }
        Some(())
    }
}

/// So many numbers from the beginning of a cache line: rows of lanes that straddle two are slower by a quarter. They are what was left there.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn aligned<T: Element>(buffer: &mut Vec<T>, length: usize) -> &mut [T] {
    if buffer.len() < length + MOST_LANES {
        buffer.resize(length + MOST_LANES, T::default());
    }
    // The offset may not be known, and then makes no difference to the values.
    let start = buffer.as_ptr().align_offset(64).min(MOST_LANES);
    &mut buffer[start..][..length]
}

/// `f(b)` of a group's samples, in the precision of the lanes, 0 where there is no sample; nothing where one is not finite.
#[cfg_attr(not(debug_assertions), inline(always))]
fn value<R: Lanes<Element: Number>>(
    hand: R,
    chunk: &mut Chunk<'_>,
    place: Place,
    states: &[R::Element],
) -> Option<R> {
    let mut f = [R::Element::default(); MOST_LANES];
    R::Element::values(chunk.values, states, &mut chunk.memory.doubles, &mut f[..place.live]);
    let are_finite = f[..place.live].iter().all(|f| Into::<f64>::into(*f).is_finite());
    are_finite.then(|| hand.load(&f))
}

/// A control at the parts of z: all of it, or one coordinate after the other.
struct Parts<'c, C, T> {
    control: &'c C,
    numbers: &'c [T],
    /// How many coordinates a part has.
    length: usize,
}

impl<C: ArrayKernel, T: Element> Parts<'_, C, T> {
    /// Adds a group of samples with their values of f.
    ///
    /// `ĝ` takes the mean of c over all parts, and the backward pass takes all of `ĝ`, so several parts are gone over twice, and
    /// forward again in between: what the forward pass keeps is kept for one part.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add<R: Lanes<Element = T>>(
        &self,
        hand: R,
        variables: &Variables<'_, T>,
        group: &mut Group<'_, T>,
        (place, f): (Place, R),
        kept: &mut [T],
        sums: &mut [T],
    ) {
        let parts = group.count / self.length;
        let mut c = hand;
        let mut c_bar = hand;
        // One call of each pass, since each is all of its code.
        for step in 0..if parts == 1 { 1 } else { 2 * parts } {
            let part = (step % parts) * self.length * R::LANES;
            let part = part..part + self.length * R::LANES;
            let z = [&group.z[part.clone()], &group.z_tilde[part.clone()]];
            let c_z = [&mut group.c_z[part.clone()], &mut group.c_z_tilde[part.clone()]];
            let c_part = self.control.forward(hand, self.numbers, z, c_z, kept);
            if step < parts {
                c = c + c_part;
            }
            if step + 1 == parts {
                let mean = hand.constant(1.0 / parts as f64);
                c_bar = group.gradients(hand, variables, (f - mean * c, mean), place);
            }
            if parts == 1 || step >= parts {
                let z = [&group.z[part.clone()], &group.z_tilde[part.clone()]];
                let z_dot = [&group.z_dot[part.clone()], &group.z_tilde_dot[part]];
                self.control.backward(hand, self.numbers, z, z_dot, c_bar, kept, sums);
            }
        }
    }
}

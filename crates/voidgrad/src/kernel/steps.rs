//! Steps of a training of one Bernoulli variable as plain data, and the loop that makes them, within one choice of instructions.

use voidgrad_real::Lanes;

use super::ahead::{Ahead, Sample};
use super::{Kernel, Weights, g_hat, pathwise, weights};
use crate::lanes::{Instructions, OnLanes, Work};
use crate::noise::Stream;
use crate::optimise::{Adam, LARGEST};

/// `e^±a` and its products with numbers up to 2⁵⁴ are finite for all logits up to this.
const LARGEST_LOGIT: f64 = 650.0;

/// Steps of one sample each, of one variable and a control with a [`Kernel`]. Whoever trains fills it in, and [`steps`] runs it.
pub struct Steps<'a> {
    /// How many steps are wanted.
    pub(crate) wanted: u64,
    /// The source of their noise, behind what is drawn ahead.
    pub(crate) stream: &'a mut Stream,
    /// What is known of them.
    pub(crate) ahead: &'a mut Ahead,
    pub(crate) state: State<'a>,
    /// Whether the next step has to be made in another way.
    pub(crate) is_stopped: bool,
}

/// What a step reads, what it moves, and what the last one found.
pub(crate) struct State<'a> {
    /// `f(b)`; NaN if it can't be had.
    pub(crate) f: &'a dyn Fn(f64) -> f64,
    /// The logit, one entry.
    pub(crate) parameters: &'a mut [f64],
    /// φ.
    pub(crate) phi: &'a mut [f64],
    /// The optimiser of the logit, and that of φ.
    pub(crate) optimisers: [&'a mut Adam; 2],
    /// `f(b)` and `ĝ` of the last step.
    pub(crate) found: (f64, f64),
    /// `2·ĝ·∂ĝ/∂φ` of the last step.
    pub(crate) variance_gradient: &'a mut [f64],
}

/// Makes as many of the steps as it can, and returns how many: what `#[control]` makes of [`Control::steps`](crate::Control::steps) for a
/// control that has a [`Kernel`].
///
/// The numbers are those of [`sample`](super::sample) up to rounding. It stops before a step whose logit is far out, or in which anything is not
/// finite or has a square that is not; nothing of that step has moved then, and the caller makes it from the same noise.
pub fn steps<C: Kernel>(control: &mut C, steps: &mut Steps<'_>, set_phi: impl Fn(&mut C, &[f64])) -> usize {
    let Steps { wanted, stream, ahead, state, is_stopped } = steps;
    let count = ahead.draw(stream, *wanted);
    let made = f64::on_lanes(Instructions::Best, &mut Loop { control, count, ahead, state, set_phi });
    *is_stopped = made < count;
    made
}

struct Loop<'l, 's, C, F> {
    control: &'l mut C,
    /// How many steps have their noise.
    count: usize,
    ahead: &'l mut Ahead,
    state: &'l mut State<'s>,
    set_phi: F,
}

/// The sample fills one lane: that is less work than the same in scalars, whose masks are bytes and whose exponentials are
/// calls. One reference fits into a register, and a processor does not wait for its copy.
impl<C: Kernel, F: Fn(&mut C, &[f64])> Work<f64> for &mut Loop<'_, '_, C, F> {
    type Output = usize;

    /// Four registers for one number would be no gain.
    const LARGE: bool = true;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = f64>>(self, hand: R) -> usize {
        let Loop { control, count, ahead, state, set_phi } = self;
        let narrow = hand.narrow();
        ahead.prepare(hand, [&*state.optimisers[0], &*state.optimisers[1]]);
        let mut sample = ahead.sample(narrow, state.parameters[0]);
        let (first, last) = (ahead.made(), ahead.made() + *count);
        let mut step = first;
        while step < last {
            let Some(next) = quick((hand, narrow), &**control, state, sample, ahead, step) else { break };
            sample = next;
            step += 1;
            set_phi(control, state.phi);
        }
        if step > first {
            ahead.keep(step, sample);
        }
        step - first
    }
}

/// A step with this sample, and the sample of the next; or none, and nothing moved, if the step has to be made in another way.
///
/// The next sample needs no more than the logit, which moves as soon as `ĝ` is known: what it waits for is computed beside the backward pass.
#[cfg_attr(not(debug_assertions), inline(always))]
fn quick<C: Kernel, R: Lanes<Element = f64>, N: Lanes<Element = f64>>(
    (hand, narrow): (R, N),
    control: &C,
    state: &mut State<'_>,
    sample: Sample,
    ahead: &Ahead,
    step: usize,
) -> Option<Sample> {
    let a = state.parameters[0];
    let [descent, control_descent] = &mut state.optimisers;
    let [rates, control_rates] = ahead.rates([&**descent, &**control_descent], step);
    if a.abs() > LARGEST_LOGIT || !descent.is_plain() || !control_descent.is_plain() {
        return None;
    }
    let Sample { b, z, z_tilde, z_tilde_a, score } = sample;
    let f_b = (state.f)(b);
    let [z, z_tilde, z_tilde_a, score] =
        [narrow.constant(z), narrow.constant(z_tilde), narrow.constant(z_tilde_a), narrow.constant(score)];
    let numbers = control.numbers::<f64>();
    let (c_z, (c_tilde, c_z_tilde), residuals) = C::forward(&numbers, z, z_tilde);
    let estimated = g_hat(narrow.constant(f_b) - c_tilde, score, pathwise(c_z, c_z_tilde, z_tilde_a));
    let gradient = estimated.first();
    let moved = descent.entry(&rates, a, gradient);
    let Weights { z_dot, z_tilde_dot, c_bar } = weights(narrow.constant(2.0) * estimated, score, z_tilde_a);
    // To -0 everything is added without a change, and without an addition.
    let mut sums = C::sums(narrow.constant(-0.0));
    C::backward(&numbers, &residuals, (z, z_dot), (z_tilde, z_tilde_dot), c_bar, &mut sums);
    let variance_gradient = &mut *state.variance_gradient;
    C::first(&sums, variance_gradient);
    control.chain(&numbers, variance_gradient);
    let next = ahead.draw_sample(narrow, moved.0, step + 1);
    if !((gradient.abs() <= LARGEST) & f_b.is_finite() & are_moderate(hand, variance_gradient)) {
        return None;
    }
    state.found = (f_b, gradient);
    descent.keep(&rates, moved, state.parameters);
    control_descent.step_on(hand, &control_rates, state.phi, variance_gradient);
    Some(next)
}

/// Whether no value is larger than [`LARGEST`], NaN among them: by the sum of their squares.
#[cfg_attr(not(debug_assertions), inline(always))]
fn are_moderate<R: Lanes<Element = f64>>(hand: R, values: &[f64]) -> bool {
    let square = |x: R| x * x;
    let sum = match values.len().checked_sub(R::LANES) {
        Some(last) => {
            let mut sum = square(hand.load(&values[last..]));
            for i in (0..last).step_by(R::LANES) {
                sum = sum + square(hand.load(&values[i..]));
            }
            sum.sum()
        }
        None => values.iter().fold(0.0, |sum, x| sum + x * x),
    };
    sum <= LARGEST * LARGEST
}

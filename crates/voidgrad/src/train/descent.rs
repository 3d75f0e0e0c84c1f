//! The steps of one Bernoulli variable and a control with a kernel, within one choice of instructions.

use voidgrad_real::Lanes;

use super::{Run, Settings, TrainError};
use crate::batch::conditional::size_and_slope;
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::Estimate;
use crate::kernel::{Drawn, Kernel};
use crate::lanes::{Instructions, OnLanes, Work};
use crate::optimise::{Adam, LARGEST, RatesAhead as Schedule};

/// Steps whose noise is drawn together.
const BLOCK: usize = 64;
/// `e^±a` and its products with numbers up to 2⁵⁴ are finite for all logits up to this.
const LARGEST_LOGIT: f64 = 650.0;

/// Makes all steps of a training of one variable, of one sample each: what `#[control]` makes of [`Control::descend`] for a
/// control that has a [`Kernel`]. There is none for other trainings, nor for learning rates by which a parameter could leave the
/// finite numbers.
///
/// The numbers are those of [`Control::sample`] but for rounding. A step whose logit is far out, or in which anything is not
/// finite or has a square that is not, is made as every estimator makes it, from the same noise.
pub fn descend<C: Kernel + Control + Send + Sync>(
    control: &mut C,
    run: &mut Run<'_, Bernoulli>,
) -> Option<Result<(), TrainError>> {
    let Settings { iterations, batch, learning_rate, control_learning_rate, .. } = run.settings;
    // With less than half a unit in the last place of the largest number, no parameter gets beyond it.
    let farthest = Adam::FARTHEST * learning_rate.max(control_learning_rate) * iterations as f64;
    let is_mine = run.distribution.len() == 1 && batch == 1 && farthest < 0.25 * f64::EPSILON * f64::MAX;
    is_mine.then(|| f64::on_lanes(Instructions::Best, Descent { control, run }))
}

struct Descent<'r, 'a, C> {
    control: &'r mut C,
    run: &'r mut Run<'a, Bernoulli>,
}

/// The sample fills one lane: that is less work than the same in scalars, whose masks are bytes and whose exponentials are
/// calls.
impl<C: Kernel + Control + Send + Sync> Work<f64> for Descent<'_, '_, C> {
    type Output = Result<(), TrainError>;

    /// Four registers for one number would be no gain.
    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = f64>>(self, hand: R) -> Result<(), TrainError> {
        let Self { control, run } = self;
        let mut block = Block {
            pairs: [0.5; 2 * (BLOCK + 1)],
            logits: [0.0; BLOCK + 1],
            schedule: Schedule::new(),
            control_schedule: Schedule::new(),
        };
        while run.iteration < run.settings.iterations {
            let left = run.settings.iterations - run.iteration;
            let steps = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            block.draw(hand, run, steps);
            let mut sample = Sample::draw(hand.narrow(), run.parameters[0], &block, 0);
            for step in 0..steps {
                match quick((hand, hand.narrow()), control, run, sample, &block, step)? {
                    Some(next) => sample = next,
                    None => {
                        run.average.clear();
                        run.estimate(control, &block.pairs[2 * step..][..2])?;
                        run.step(control)?;
                        sample = Sample::draw(hand.narrow(), run.parameters[0], &block, step + 1);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The noise of some steps, and a pair behind it that no step is made of.
struct Block {
    /// u and v of one step after the other.
    pairs: [f64; 2 * (BLOCK + 1)],
    /// `ln(u/(1 - u))`
    logits: [f64; BLOCK + 1],
    /// What the two optimisers take at each step.
    schedule: Schedule<BLOCK>,
    control_schedule: Schedule<BLOCK>,
}

impl Block {
    #[inline(always)]
    fn draw<R: Lanes<Element = f64>>(&mut self, hand: R, run: &mut Run<'_, Bernoulli>, steps: usize) {
        run.stream.fill_open01(&mut self.pairs[..2 * steps]);
        for (logit, pair) in self.logits.iter_mut().zip(self.pairs.chunks_exact(2)) {
            *logit = pair[0];
        }
        for logits in self.logits[..BLOCK].chunks_exact_mut(R::LANES) {
            let u = hand.load(logits);
            u.ln_ratio(hand.constant(1.0) - u).store(logits);
        }
        self.schedule.fill(hand, &run.descent);
        self.control_schedule.fill(hand, &run.control_descent);
    }
}

/// A sample before f.
#[derive(Clone, Copy)]
struct Sample {
    b: f64,
    z: f64,
    z_tilde: f64,
    z_tilde_a: f64,
    score: f64,
}

impl Sample {
    #[inline(always)]
    fn draw<R: Lanes<Element = f64>>(hand: R, a: f64, block: &Block, step: usize) -> Self {
        let one = hand.constant(1.0);
        let z = a + block.logits[step];
        let (b, sign) = if z >= 0.0 { (1.0, 1.0) } else { (0.0, -1.0) };
        // w is e^a where b = 1 and e^-a where b = 0; then ∂/∂a ln p(b) is ±1/(1 + w).
        let v = hand.constant(block.pairs[2 * step + 1]);
        let w = hand.constant(sign * a).exp();
        let (size, slope) = size_and_slope(v, w);
        let score = one / (one + w);
        Self { b, z, z_tilde: sign * size.first(), z_tilde_a: slope.first(), score: sign * score.first() }
    }
}

/// A step with this sample, and the sample of the next; or none, and nothing moved, where the step has to be made in another way.
///
/// The next sample needs no more than the logit, which moves as soon as `ĝ` is known: what it waits for is computed beside the way back.
#[inline(always)]
fn quick<C: Kernel + Control + Send + Sync, R: Lanes<Element = f64>, N: Lanes<Element = f64>>(
    (hand, narrow): (R, N),
    control: &mut C,
    run: &mut Run<'_, Bernoulli>,
    sample: Sample,
    block: &Block,
    step: usize,
) -> Result<Option<Sample>, TrainError> {
    let a = run.parameters[0];
    let rates = block.schedule.rates(&run.descent, step);
    let control_rates = block.control_schedule.rates(&run.control_descent, step);
    if a.abs() > LARGEST_LOGIT || !run.descent.is_plain() || !run.control_descent.is_plain() {
        return Ok(None);
    }
    let Sample { b, z, z_tilde, z_tilde_a, score } = sample;
    let f_b = run.objective.value(&[b]);
    let drawn = Drawn { f: f_b, z, z_tilde, z_tilde_a, score };
    let [z, z_tilde, z_tilde_a, score] =
        [narrow.constant(z), narrow.constant(z_tilde), narrow.constant(z_tilde_a), narrow.constant(score)];
    let numbers = control.numbers::<f64>();
    let (c_z, (c_tilde, c_z_tilde), residuals) = C::forward(&numbers, z, z_tilde);
    let estimated = (narrow.constant(f_b) - c_tilde).mul_add(score, (-c_z_tilde).mul_add(z_tilde_a, c_z));
    let gradient = estimated.first();
    let moved = run.descent.entry(&rates, a, gradient);
    let z_dot = narrow.constant(2.0) * estimated;
    // To -0 everything is added without a change, and without an addition.
    let mut sums = C::sums(narrow.constant(-0.0));
    C::backward(
        &numbers,
        &residuals,
        (z, z_dot),
        (z_tilde, -(z_dot * z_tilde_a)),
        -(z_dot * score),
        &mut sums,
    );
    let average = &mut run.average;
    let variance_gradient = average.variance_gradient.as_mut_slice();
    C::first(&sums, variance_gradient);
    control.chain(&numbers, variance_gradient);
    let next = Sample::draw(narrow, moved.0, block, step + 1);
    if !((gradient.abs() <= LARGEST) & f_b.is_finite() & are_moderate(hand, variance_gradient)) {
        return Ok(None);
    }
    (average.gradient[0], average.last.gradient[0]) = (gradient, gradient);
    (average.f, average.last.f) = (f_b, f_b);
    average.last.memory.of(|| Estimate::new(1)).keep(&drawn, b, gradient);
    run.descent.keep(&rates, moved, &mut run.parameters);
    if let Err(error) = run.distribution.set_parameters(&run.parameters) {
        return Err(run.diverged(control, error.into()));
    }
    run.control_descent.step_on(hand, &control_rates, run.phi.as_mut_slice(), variance_gradient);
    if let Err(error) = control.set_phi(run.phi.as_view()) {
        return Err(run.diverged(control, error.into()));
    }
    run.advance(control);
    Ok(Some(next))
}

/// Whether no value is larger than [`LARGEST`], NaN among them: by the sum of their squares.
#[inline(always)]
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

//! The steps of one Bernoulli variable and a control with a kernel, within one choice of instructions.

use voidgrad_real::Lanes;

use super::{Average, Run, TrainError};
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::Estimate;
use crate::kernel::{Drawn, Kernel};
use crate::lanes::{Instructions, OnLanes, Work};

/// Samples whose noise is drawn together; a larger batch is no work for this loop.
const BLOCK: usize = 64;
/// `e^±a` and its products with numbers up to 2⁵⁴ are finite for all logits up to this.
const LARGEST_LOGIT: f64 = 650.0;

/// Makes all steps of a training of one variable, where the batch is small: what `#[control]` makes of [`Control::descend`]
/// for a control that has a [`Kernel`].
///
/// The numbers are those of [`Control::sample`] but for rounding. A step whose logit is far out, or in which anything is not
/// finite, is made as every estimator makes it, from the same noise.
pub fn descend<C: Kernel + Control + Send + Sync>(
    control: &mut C,
    run: &mut Run<'_, Bernoulli>,
) -> Option<Result<(), TrainError>> {
    let is_mine = run.distribution.len() == 1 && run.settings.batch <= BLOCK;
    is_mine.then(|| f64::on_lanes(Instructions::Best, Descent { control, run }))
}

struct Descent<'r, 'a, C> {
    control: &'r mut C,
    run: &'r mut Run<'a, Bernoulli>,
}

/// One sample fills one lane: that is less work than the same in scalars, whose masks are bytes and whose exponentials are
/// calls.
impl<C: Kernel + Control + Send + Sync> Work<f64> for Descent<'_, '_, C> {
    type Output = Result<(), TrainError>;

    /// Four registers for one number would be no gain.
    const LARGE: bool = true;

    #[inline(always)]
    fn on<R: Lanes<Element = f64>>(self, hand: R) -> Result<(), TrainError> {
        let Self { control, run } = self;
        let batch = run.settings.batch;
        let mut noise = Noise { pairs: [0.0; 2 * BLOCK], logits: [0.0; BLOCK] };
        while run.iteration < run.settings.iterations {
            let left = run.settings.iterations - run.iteration;
            let steps = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK / batch);
            noise.draw(hand, run, steps * batch);
            for step in 0..steps {
                let samples = step * batch..(step + 1) * batch;
                if !quick(hand, control, run, &noise, samples.clone())? {
                    run.average.clear();
                    for pair in noise.pairs[2 * samples.start..2 * samples.end].chunks_exact(2) {
                        run.estimate(control, pair)?;
                    }
                    run.step(control)?;
                }
            }
        }
        Ok(())
    }
}

/// The noise of some samples.
struct Noise {
    /// u and v of one sample after the other.
    pairs: [f64; 2 * BLOCK],
    /// `ln(u/(1 - u))`
    logits: [f64; BLOCK],
}

impl Noise {
    #[inline(always)]
    fn draw<R: Lanes<Element = f64>>(&mut self, hand: R, run: &mut Run<'_, Bernoulli>, samples: usize) {
        run.stream.fill_open01(&mut self.pairs[..2 * samples]);
        for (u, pair) in self.logits[..samples].iter_mut().zip(self.pairs.chunks_exact(2)) {
            *u = pair[0];
        }
        let whole = samples.next_multiple_of(R::LANES);
        // Behind the last sample come numbers that are in the interval too.
        self.logits[samples..whole].fill(0.5);
        for logits in self.logits[..whole].chunks_exact_mut(R::LANES) {
            let u = hand.load(logits);
            u.ln_ratio(hand.constant(1.0) - u).store(logits);
        }
    }
}

/// A step; or none, and nothing moved, where it has to be made in another way.
#[inline(always)]
fn quick<C: Kernel + Control + Send + Sync, R: Lanes<Element = f64>>(
    hand: R,
    control: &mut C,
    run: &mut Run<'_, Bernoulli>,
    noise: &Noise,
    samples: std::ops::Range<usize>,
) -> Result<bool, TrainError> {
    let a = run.parameters[0];
    if !(a.abs() <= LARGEST_LOGIT) {
        return Ok(false);
    }
    let (rates, control_rates) = (run.descent.rates(), run.control_descent.rates());
    let (zero, one, two) = (hand.constant(0.0), hand.constant(1.0), hand.constant(2.0));
    let numbers = control.numbers::<f64>();
    let mut sums = C::sums(zero);
    let (mut gradients, mut f_sum) = (0.0, 0.0);
    let estimate = run.average.last.memory.of(|| Estimate::new(1));
    let (mut last_gradient, mut last_f) = (0.0, 0.0);
    for sample in samples.clone() {
        let z = a + noise.logits[sample];
        let (b, sign) = if z >= 0.0 { (1.0, 1.0) } else { (0.0, -1.0) };
        let f = run.objective.value(&[b]);
        // w is e^a where b = 1 and e^-a where b = 0; then ∂/∂a ln p(b) is ±1/(1 + w).
        let v = hand.constant(noise.pairs[2 * sample + 1]);
        let w = hand.constant(sign * a).exp();
        let sign = hand.constant(sign);
        let score = sign / (one + w);
        let growth = v * w;
        let (size, rate) = (one + growth).ln_ratio_and_recip(one - v);
        let (z_tilde, z_tilde_a) = (sign * size, growth * rate);
        let z = hand.constant(z);
        let (c_z, (c_tilde, c_z_tilde), residuals) = C::forward(&numbers, z, z_tilde);
        let gradient = (hand.constant(f) - c_tilde).mul_add(score, (-c_z_tilde).mul_add(z_tilde_a, c_z));
        let z_dot = two * gradient;
        C::backward(
            &numbers,
            &residuals,
            (z, z_dot),
            (z_tilde, -(z_dot * z_tilde_a)),
            -(z_dot * score),
            &mut sums,
        );
        let drawn = Drawn {
            f,
            z: z.first(),
            z_tilde: z_tilde.first(),
            z_tilde_a: z_tilde_a.first(),
            score: score.first(),
        };
        (last_gradient, last_f) = (gradient.first(), f);
        estimate.keep(&drawn, b, last_gradient);
        gradients += last_gradient;
        f_sum += f;
    }
    let variance_gradient = run.average.variance_gradient.as_mut_slice();
    for (entry, sum) in variance_gradient.iter_mut().zip(sums.as_ref()) {
        *entry = sum.first();
    }
    control.chain(&numbers, variance_gradient);
    if samples.len() > 1 {
        let count = samples.len() as f64;
        variance_gradient.iter_mut().for_each(
            #[inline(always)]
            |entry| *entry /= count,
        );
        gradients /= count;
        f_sum /= count;
    }
    let mut is_finite = gradients.is_finite() & f_sum.is_finite();
    for entry in &*variance_gradient {
        is_finite &= entry.is_finite();
    }
    if !is_finite {
        return Ok(false);
    }
    let Average { gradient, variance_gradient, f, last, .. } = &mut run.average;
    (gradient[0], *f) = (gradients, f_sum);
    (last.gradient[0], last.f) = (last_gradient, last_f);
    run.descent.step_on(0.0, &rates, &mut run.parameters, gradient.as_slice());
    run.distribution.set_parameters(&run.parameters)?;
    run.control_descent.step_on(hand, &control_rates, run.phi.as_mut_slice(), variance_gradient.as_slice());
    control.set_phi(run.phi.as_view())?;
    run.advance(control);
    Ok(true)
}

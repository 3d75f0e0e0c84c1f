//! Adam.

mod ahead;
mod large;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use ahead::RatesAhead;

use voidgrad_real::{Lanes, Real};

use super::{
    Optimiser, OptimiserState, OptimiserStateError, StepError, check_gradient, check_parameters,
    learning_rate,
};
use crate::error::{InvalidParameter, are_finite, positive, same_length};
use crate::lanes::{Instructions, OnLanes, Work};
use crate::tasks;

/// Adam with bias correction:
/// `m ← β₁m + (1 - β₁)g`, `s ← β₂s + (1 - β₂)g²`, `x ← x - α·m̂/(√ŝ + ε)`, where
/// `m̂ = m/(1 - β₁ᵗ)` and `ŝ = s/(1 - β₂ᵗ)`.
///
/// `β = (0.9, 0.999)` and `ε = 1e-8` unless [`with_moments`](Self::with_moments) says otherwise. Source:
/// Kingma and Ba 2015, algorithm 1; ε stands where `PyTorch` has it.
///
/// Every finite gradient is followed, also one whose square is larger than an `f64` holds.
///
/// Its [state](Optimiser::state) is of the kind `adam`: the numbers `learning_rate`, `beta1`, `beta2`, `epsilon`, `beta1_power` for
/// `β₁ᵗ`, `beta2_power` for `β₂ᵗ` and `is_large`, and the arrays `m` and `s`. If `is_large` is 1, because squares of gradients
/// were too large for an `f64`, the arrays are `m/2` and `√s/2`.
///
/// ```
/// use voidgrad::optimise::{Adam, Optimiser};
/// let mut x = [1.0, 1.0];
/// // The first step has the length α, whatever the scale of the gradient.
/// Adam::new(2, 0.01)?.step(&mut x, &[3.0, -4e300])?;
/// assert!((x[0] - 0.99).abs() < 1e-9 && (x[1] - 1.01).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    /// `β₁ᵗ` and `β₂ᵗ`.
    decay1: f64,
    decay2: f64,
    /// m and s, apart, so that the loop over them runs on vectors.
    first: Vec<f64>,
    second: Vec<f64>,
    /// Whether they are m/2 and √s/2 instead: so they are while squares of gradients are too large.
    is_large: bool,
}

/// Gradients up to this have squares that can be added up, and more than that: 2⁵⁰⁰.
pub(crate) const LARGEST: f64 = f64::from_bits((1023 + 500) << 52);

impl Adam {
    /// Adam for so many parameters, with the learning rate α.
    ///
    /// # Errors
    /// Returns an error if α is not a positive number.
    pub fn new(parameters: usize, learning_rate: f64) -> Result<Self, InvalidParameter> {
        Ok(Self {
            learning_rate: positive("learning rate", learning_rate)?,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            decay1: 1.0,
            decay2: 1.0,
            first: vec![0.0; parameters],
            second: vec![0.0; parameters],
            is_large: false,
        })
    }

    /// `Σ_i ŝ_i`, the mean of the squared norms of gradients that the second moments remember; nothing if they are too large to be squared.
    pub(super) fn mean_square(&self) -> Option<f64> {
        let weight = 1.0 - self.decay2;
        (!self.is_large && weight > 0.0).then(|| self.second.iter().sum::<f64>() / weight)
    }

    /// Forgets all gradients.
    pub(super) fn forget(&mut self) {
        (self.decay1, self.decay2, self.is_large) = (1.0, 1.0, false);
        self.first.fill(0.0);
        self.second.fill(0.0);
    }

    /// The same with other decay rates and another ε.
    ///
    /// # Errors
    /// Returns an error if a decay rate is not in [0, 1), or ε is not a positive number.
    pub fn with_moments(self, beta1: f64, beta2: f64, epsilon: f64) -> Result<Self, InvalidParameter> {
        let (beta1, beta2) = (decay("β₁", beta1)?, decay("β₂", beta2)?);
        Ok(Self { beta1, beta2, epsilon: positive("ε", epsilon)?, ..self })
    }
}

impl Optimiser for Adam {
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError> {
        same_length("gradient", gradient.len(), parameters.len())?;
        same_length("parameters", parameters.len(), self.first.len())?;
        // NaN is not among them.
        let are_plain = |share: &[f64]| share.iter().fold(true, |fit, g| fit & (g.abs() <= LARGEST));
        let are_plain = if gradient.len() <= SHARE {
            are_plain(gradient)
        } else {
            let shares = gradient.chunks(SHARE).map(|share| move || are_plain(share));
            tasks::results(shares).into_iter().all(|plain| plain)
        };
        if !are_plain {
            check_gradient(gradient)?;
        }
        let rates = self.rates();
        let are_finite = if self.is_large || !are_plain {
            self.step_large(&rates, parameters, gradient);
            are_finite(parameters)
        } else {
            self.step_in_shares(&rates, parameters, gradient)
        };
        if are_finite { Ok(()) } else { check_parameters(parameters, self.learning_rate) }
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, rate: f64) -> Result<(), InvalidParameter> {
        self.learning_rate = learning_rate(rate)?;
        Ok(())
    }

    fn state(&self) -> OptimiserState {
        self.as_state()
    }

    fn restore(&mut self, state: &OptimiserState) -> Result<(), OptimiserStateError> {
        self.set_state(state)
    }

    fn is_certain(&self, parameters: &[f64], gradient: &[f64]) -> bool {
        self.is_certain_of(parameters, gradient)
    }
}

impl Adam {
    /// What all entries share in the next step.
    #[inline]
    fn rates(&self) -> Rates {
        let (decay1, decay2) = (normal(self.decay1 * self.beta1), normal(self.decay2 * self.beta2));
        let step = self.learning_rate / (1.0 - decay1);
        let scale = (1.0 - decay2).sqrt().recip();
        Rates { beta1: self.beta1, beta2: self.beta2, epsilon: self.epsilon, decay1, decay2, step, scale }
    }

    /// [`step`](Optimiser::step) without its checks, on all cores; whether all parameters are finite then.
    fn step_in_shares(&mut self, rates: &Rates, parameters: &mut [f64], gradient: &[f64]) -> bool {
        (self.decay1, self.decay2) = (rates.decay1, rates.decay2);
        // Few parameters are no work for lanes. No product is fused with a sum, so the bits are the same.
        let instructions = if parameters.len() < 8 { Instructions::Scalar } else { Instructions::Best };
        let moved = |share: Share<'_>| f64::on_lanes(instructions, Move { rates, share });
        let Self { first, second, .. } = self;
        if parameters.len() <= SHARE {
            return moved(Share { parameters, gradient, first, second });
        }
        let shares = (parameters.chunks_mut(SHARE).zip(gradient.chunks(SHARE)))
            .zip(first.chunks_mut(SHARE).zip(second.chunks_mut(SHARE)));
        let moved = tasks::results(shares.map(|((parameters, gradient), (first, second))| {
            move || moved(Share { parameters, gradient, first, second })
        }));
        moved.into_iter().all(|are_finite| are_finite)
    }

    /// Whether [`entry`](Self::entry) and [`step_on`](Self::step_on) can make the next step, for a gradient without an entry
    /// larger than [`LARGEST`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_large
    }

    /// The most that a step moves a parameter, in learning rates.
    ///
    /// By Cauchy and Schwarz, `|m| ≤ (1 - β₁)/√((1 - β₂)(1 - β₁²/β₂))·√s`, which is 7.3·√s, if the decay rates are those of
    /// [`new`](Self::new); their corrections make it less.
    pub(crate) const FARTHEST: f64 = 8.0;

    /// x, m and s of a single parameter after the next step, which [`keep`](Self::keep) makes.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn entry(&self, rates: &Rates, x: f64, g: f64) -> (f64, f64, f64) {
        rates.entry(x, g, self.first[0], self.second[0])
    }

    /// The step of a single parameter.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn keep(&mut self, rates: &Rates, (x, m, s): (f64, f64, f64), parameters: &mut [f64]) {
        (self.decay1, self.decay2) = (rates.decay1, rates.decay2);
        (parameters[0], self.first[0], self.second[0]) = (x, m, s);
    }

    /// [`step`](Optimiser::step) on the lanes that the caller is compiled for, without its checks: see
    /// [`is_plain`](Self::is_plain).
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn step_on<R: Lanes<Element = f64>>(
        &mut self,
        hand: R,
        rates: &Rates,
        parameters: &mut [f64],
        gradient: &[f64],
    ) {
        assert_eq!(parameters.len(), gradient.len(), "as many parameters as derivatives");
        assert_eq!(parameters.len(), self.first.len(), "as many parameters as Adam was made for");
        (self.decay1, self.decay2) = (rates.decay1, rates.decay2);
        Share { parameters, gradient, first: &mut self.first, second: &mut self.second }.step_on(hand, rates);
    }
}

/// Entries that are worth a task.
const SHARE: usize = 1 << 14;

/// Some of the parameters, with their derivatives and moments.
struct Share<'a> {
    parameters: &'a mut [f64],
    gradient: &'a [f64],
    first: &'a mut [f64],
    second: &'a mut [f64],
}

impl Share<'_> {
    /// Their step; whether all of them are finite then.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn step_on<R: Lanes<Element = f64>>(self, hand: R, rates: &Rates) -> bool {
        let Self { parameters, gradient, first, second } = self;
        let count = parameters.len();
        let (gradient, first, second) = (&gradient[..count], &mut first[..count], &mut second[..count]);
        let Some(last) = count.checked_sub(R::LANES) else {
            for i in 0..count {
                (parameters[i], first[i], second[i]) =
                    rates.entry(parameters[i], gradient[i], first[i], second[i]);
            }
            return are_finite(parameters);
        };
        // What is left behind the whole vectors is a vector that overlaps the last of them: it is read before that one is
        // written, and so comes out the same.
        let tail = rates.entry(
            hand.load(&parameters[last..]),
            hand.load(&gradient[last..]),
            hand.load(&first[last..]),
            hand.load(&second[last..]),
        );
        // 0, or NaN where a parameter is not finite.
        let zero = hand.constant(0.0);
        let mut product = tail.0 * zero;
        for i in (0..last).step_by(R::LANES) {
            let (x, m, s) = rates.entry(
                hand.load(&parameters[i..]),
                hand.load(&gradient[i..]),
                hand.load(&first[i..]),
                hand.load(&second[i..]),
            );
            product = product + x * zero;
            x.store(&mut parameters[i..]);
            m.store(&mut first[i..]);
            s.store(&mut second[i..]);
        }
        let (x, m, s) = tail;
        x.store(&mut parameters[last..]);
        m.store(&mut first[last..]);
        s.store(&mut second[last..]);
        product.sum() == 0.0
    }
}

/// What all entries share in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    /// `β₁ᵗ` and `β₂ᵗ`.
    decay1: f64,
    decay2: f64,
    /// `α/(1 - β₁ᵗ)`
    step: f64,
    /// `1/√(1 - β₂ᵗ)`
    scale: f64,
}

/// A step of some parameters.
struct Move<'a> {
    rates: &'a Rates,
    share: Share<'a>,
}

impl Work<f64> for Move<'_> {
    type Output = bool;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = f64>>(self, hand: R) -> bool {
        self.share.step_on(hand, self.rates)
    }
}

impl Rates {
    /// x, m and s after the step.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn entry<R: Real>(&self, x: R, g: R, m: R, s: R) -> (R, R, R) {
        let Self { beta1, beta2, epsilon, step, scale, .. } = *self;
        let m = normal(x.constant(beta1) * m + x.constant(1.0 - beta1) * g);
        let s = normal(x.constant(beta2) * s + x.constant(1.0 - beta2) * g * g);
        (x - x.constant(step) * m / (s.sqrt() * x.constant(scale) + x.constant(epsilon)), m, s)
    }
}

/// `x`, and 0 where it is subnormal: powers of the decay rates become so, and moments of a derivative that stays 0. No step can see
/// it, and a processor takes a hundred times as long for it.
#[cfg_attr(not(debug_assertions), inline(always))]
fn normal<R: Real>(x: R) -> R {
    R::select(x.abs().is_lt(x.constant(f64::MIN_POSITIVE)), x.constant(0.0), x)
}

fn decay(name: &'static str, value: f64) -> Result<f64, InvalidParameter> {
    if (0.0..1.0).contains(&value) {
        Ok(value)
    } else {
        Err(InvalidParameter { name, value, allowed: "a number in [0, 1)" })
    }
}

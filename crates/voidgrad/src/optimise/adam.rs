//! Adam.

use voidgrad_real::{Lanes, Real};

use super::Optimiser;
use crate::error::{InvalidParameter, positive};
use crate::lanes::{Instructions, OnLanes, Work};

/// Adam with bias correction:
/// `m ← β₁m + (1 - β₁)g`, `s ← β₂s + (1 - β₂)g²`, `x ← x - α·m̂/(√ŝ + ε)`, where
/// `m̂ = m/(1 - β₁ᵗ)` and `ŝ = s/(1 - β₂ᵗ)`.
///
/// `β = (0.9, 0.999)` and `ε = 1e-8` unless [`with_moments`](Self::with_moments) says otherwise. Source:
/// Kingma and Ba 2015, algorithm 1; ε stands where `PyTorch` has it.
///
/// ```
/// use voidgrad::{Adam, Optimiser};
/// let mut x = [1.0, 1.0];
/// // The first step has the length α, whatever the scale of the gradient.
/// Adam::new(2, 0.01)?.step(&mut x, &[3.0, -4e6]);
/// assert!((x[0] - 0.99).abs() < 1e-9 && (x[1] - 1.01).abs() < 1e-9);
/// # Ok::<(), voidgrad::InvalidParameter>(())
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
}

impl Adam {
    /// Adam for so many parameters, with the learning rate α.
    ///
    /// # Errors
    /// Where α is not a positive number.
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
        })
    }

    /// The same with other decay rates and another ε.
    ///
    /// # Errors
    /// Where a decay rate is not in [0, 1), or ε is not a positive number.
    pub fn with_moments(self, beta1: f64, beta2: f64, epsilon: f64) -> Result<Self, InvalidParameter> {
        let (beta1, beta2) = (decay("β₁", beta1)?, decay("β₂", beta2)?);
        Ok(Self { beta1, beta2, epsilon: positive("ε", epsilon)?, ..self })
    }
}

impl Optimiser for Adam {
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        let rates = self.rates();
        // Few parameters are no work for lanes. No product is fused with a sum, so the bits are the same.
        let instructions = if parameters.len() < 8 { Instructions::Scalar } else { Instructions::Best };
        f64::on_lanes(instructions, Move { adam: self, rates, parameters, gradient });
    }
}

impl Adam {
    /// What all entries share in the next step.
    #[inline]
    fn rates(&self) -> Rates {
        let (decay1, decay2) = (self.decay1 * self.beta1, self.decay2 * self.beta2);
        let step = self.learning_rate / (1.0 - decay1);
        let scale = (1.0 - decay2).sqrt().recip();
        Rates { beta1: self.beta1, beta2: self.beta2, epsilon: self.epsilon, decay1, decay2, step, scale }
    }

    /// x, m and s of a single parameter after the next step, which [`keep`](Self::keep) makes.
    #[inline(always)]
    pub(crate) fn entry(&self, rates: &Rates, x: f64, g: f64) -> (f64, f64, f64) {
        rates.entry(x, g, self.first[0], self.second[0])
    }

    /// The step of a single parameter.
    #[inline(always)]
    pub(crate) fn keep(&mut self, rates: &Rates, (x, m, s): (f64, f64, f64), parameters: &mut [f64]) {
        (self.decay1, self.decay2) = (rates.decay1, rates.decay2);
        (parameters[0], self.first[0], self.second[0]) = (x, m, s);
    }

    /// [`step`](Optimiser::step) on the lanes that the caller is compiled for.
    #[inline(always)]
    pub(crate) fn step_on<R: Lanes<Element = f64>>(
        &mut self,
        hand: R,
        rates: &Rates,
        parameters: &mut [f64],
        gradient: &[f64],
    ) {
        let count = parameters.len();
        assert_eq!(count, gradient.len(), "as many parameters as derivatives");
        assert_eq!(count, self.first.len(), "as many parameters as Adam was made for");
        (self.decay1, self.decay2) = (rates.decay1, rates.decay2);
        let (first, second) = (&mut self.first[..count], &mut self.second[..count]);
        let Some(last) = count.checked_sub(R::LANES) else {
            for i in 0..count {
                (parameters[i], first[i], second[i]) =
                    rates.entry(parameters[i], gradient[i], first[i], second[i]);
            }
            return;
        };
        // What is left behind the whole vectors is a vector that overlaps the last of them: it is read before that one is
        // written, and so comes out the same.
        let tail = rates.entry(
            hand.load(&parameters[last..]),
            hand.load(&gradient[last..]),
            hand.load(&first[last..]),
            hand.load(&second[last..]),
        );
        for i in (0..last).step_by(R::LANES) {
            let (x, m, s) = rates.entry(
                hand.load(&parameters[i..]),
                hand.load(&gradient[i..]),
                hand.load(&first[i..]),
                hand.load(&second[i..]),
            );
            x.store(&mut parameters[i..]);
            m.store(&mut first[i..]);
            s.store(&mut second[i..]);
        }
        let (x, m, s) = tail;
        x.store(&mut parameters[last..]);
        m.store(&mut first[last..]);
        s.store(&mut second[last..]);
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

/// What all entries share in each of the next steps, made for all of them together: a step would wait for its two divisions and
/// its root.
pub(crate) struct Schedule<const STEPS: usize> {
    decays1: [f64; STEPS],
    decays2: [f64; STEPS],
    steps: [f64; STEPS],
    scales: [f64; STEPS],
}

impl<const STEPS: usize> Schedule<STEPS> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        let zeros = [0.0; STEPS];
        Self { decays1: zeros, decays2: zeros, steps: zeros, scales: zeros }
    }

    /// The next steps of `adam`; `STEPS` is a multiple of the lanes.
    #[inline(always)]
    pub(crate) fn fill<R: Lanes<Element = f64>>(&mut self, hand: R, adam: &Adam) {
        let (mut decay1, mut decay2) = (adam.decay1, adam.decay2);
        for i in 0..STEPS {
            decay1 *= adam.beta1;
            decay2 *= adam.beta2;
            (self.decays1[i], self.decays2[i]) = (decay1, decay2);
        }
        let (one, rate) = (hand.constant(1.0), hand.constant(adam.learning_rate));
        for i in (0..STEPS).step_by(R::LANES) {
            (rate / (one - hand.load(&self.decays1[i..]))).store(&mut self.steps[i..]);
            (one - hand.load(&self.decays2[i..])).sqrt().recip().store(&mut self.scales[i..]);
        }
    }

    /// Those of step `i`.
    #[inline(always)]
    pub(crate) fn rates(&self, adam: &Adam, i: usize) -> Rates {
        let Adam { beta1, beta2, epsilon, .. } = *adam;
        let (decay1, decay2) = (self.decays1[i], self.decays2[i]);
        Rates { beta1, beta2, epsilon, decay1, decay2, step: self.steps[i], scale: self.scales[i] }
    }
}

/// A step.
struct Move<'a> {
    adam: &'a mut Adam,
    rates: Rates,
    parameters: &'a mut [f64],
    gradient: &'a [f64],
}

impl Work<f64> for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn on<R: Lanes<Element = f64>>(self, hand: R) {
        let Self { adam, rates, parameters, gradient } = self;
        adam.step_on(hand, &rates, parameters, gradient);
    }
}

impl Rates {
    /// x, m and s after the step.
    #[inline(always)]
    fn entry<R: Real>(&self, x: R, g: R, m: R, s: R) -> (R, R, R) {
        let Self { beta1, beta2, epsilon, step, scale, .. } = *self;
        let m = normal(x.constant(beta1) * m + x.constant(1.0 - beta1) * g);
        let s = normal(x.constant(beta2) * s + x.constant(1.0 - beta2) * g * g);
        (x - x.constant(step) * m / (s.sqrt() * x.constant(scale) + x.constant(epsilon)), m, s)
    }
}

/// `x`, and 0 where it is subnormal: where a derivative stays 0, its moments decay until they are, which no step can see
/// and which makes processors slow.
#[inline(always)]
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

#[cfg(test)]
mod tests {
    use super::*;

    // By hand from algorithm 1, two steps with different gradients: ε = 0.5 makes its place visible.
    #[test]
    fn two_steps_are_those_of_the_algorithm() {
        let mut x = [0.0];
        let mut adam = Adam::new(1, 0.1).unwrap().with_moments(0.5, 0.75, 0.5).unwrap();
        adam.step(&mut x, &[2.0]);
        let first = -0.1 * 2.0 / (2.0 + 0.5);
        assert!((x[0] - first).abs() < 1e-16);
        adam.step(&mut x, &[-1.0]);
        // m = ½·1 - ½ = 0, so the second step is none.
        assert!((x[0] - first).abs() < 1e-16);
        adam.step(&mut x, &[1.0]);
        let (m, s) = (0.5, 0.75 * (0.75 * 1.0 + 0.25) + 0.25);
        let third = -0.1 * (m / 0.875) / (f64::sqrt(s / (1.0 - 0.421_875)) + 0.5);
        assert!((x[0] - first - third).abs() < 1e-16);
    }

    // Nine parameters are two vectors that overlap, one parameter is scalar.
    #[test]
    fn lanes_take_the_same_step_as_scalars_bit_by_bit() {
        let gradients =
            |t: i32| [1.0, -2.5, 0.0, 1e-160, 3e5, -0.125, 7.0, 1e-300, 0.3].map(|g| g / f64::from(t));
        let (mut all, mut x) = (Adam::new(9, 0.01).unwrap(), [0.5; 9]);
        let mut single = vec![Adam::new(1, 0.01).unwrap(); 9];
        let mut y = [0.5; 9];
        for t in 1..200 {
            all.step(&mut x, &gradients(t));
            for (i, adam) in single.iter_mut().enumerate() {
                adam.step(&mut y[i..=i], &gradients(t)[i..=i]);
            }
        }
        assert_eq!(x.map(f64::to_bits), y.map(f64::to_bits));
    }

    struct Fill<'a>(&'a mut Schedule<16>, &'a Adam);

    impl Work<f64> for Fill<'_> {
        type Output = ();

        #[inline(always)]
        fn on<R: Lanes<Element = f64>>(self, hand: R) {
            self.0.fill(hand, self.1);
        }
    }

    #[test]
    fn rates_made_together_are_those_of_each_step_bit_by_bit() {
        let mut adam = Adam::new(1, 0.03).unwrap().with_moments(0.8, 0.99, 1e-6).unwrap();
        (0..5).for_each(|_| adam.step(&mut [0.0], &[1.0]));
        let mut schedule = Schedule::<16>::new();
        f64::on_lanes(Instructions::Best, Fill(&mut schedule, &adam));
        for i in 0..16 {
            let (made, own) = (schedule.rates(&adam, i), adam.rates());
            assert_eq!(made, own, "step {i}");
            adam.step(&mut [0.0], &[1.0]);
        }
    }

    #[test]
    fn moments_that_nothing_feeds_end_at_zero() {
        let mut adam = Adam::new(1, 0.01).unwrap();
        adam.step(&mut [0.0], &[1.0]);
        (0..10_000).for_each(|_| adam.step(&mut [0.0], &[0.0]));
        assert_eq!(adam.first, [0.0]);
        assert!(adam.second[0] > 0.0);
    }

    #[test]
    fn rates_outside_their_domain_are_refused() {
        assert!(Adam::new(1, f64::NAN).is_err() && Adam::new(1, 0.0).is_err());
        assert!(Adam::new(1, 0.1).unwrap().with_moments(1.0, 0.9, 1e-8).is_err());
        assert!(Adam::new(1, 0.1).unwrap().with_moments(0.9, f64::NAN, 1e-8).is_err());
        assert!(Adam::new(1, 0.1).unwrap().with_moments(0.9, 0.9, 0.0).is_err());
    }
}

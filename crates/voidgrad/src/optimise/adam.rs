//! Adam.

use super::Optimiser;
use crate::error::{InvalidParameter, positive};

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
    moments: Vec<[f64; 2]>,
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
            moments: vec![[0.0; 2]; parameters],
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
        assert_eq!(parameters.len(), gradient.len(), "as many parameters as derivatives");
        assert_eq!(parameters.len(), self.moments.len(), "as many parameters as Adam was made for");
        self.decay1 *= self.beta1;
        self.decay2 *= self.beta2;
        let step = self.learning_rate / (1.0 - self.decay1);
        let scale = (1.0 - self.decay2).sqrt().recip();
        for ((x, &g), [m, s]) in parameters.iter_mut().zip(gradient).zip(&mut self.moments) {
            *m = self.beta1 * *m + (1.0 - self.beta1) * g;
            *s = self.beta2 * *s + (1.0 - self.beta2) * g * g;
            *x -= step * *m / (s.sqrt() * scale + self.epsilon);
        }
    }
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

    #[test]
    fn rates_outside_their_domain_are_refused() {
        assert!(Adam::new(1, f64::NAN).is_err() && Adam::new(1, 0.0).is_err());
        assert!(Adam::new(1, 0.1).unwrap().with_moments(1.0, 0.9, 1e-8).is_err());
        assert!(Adam::new(1, 0.1).unwrap().with_moments(0.9, f64::NAN, 1e-8).is_err());
        assert!(Adam::new(1, 0.1).unwrap().with_moments(0.9, 0.9, 0.0).is_err());
    }
}

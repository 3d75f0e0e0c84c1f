//! What is averaged over b, and the toy problem of the REBAR and RELAX papers.

use voidgrad_macros::differentiate;
use voidgrad_real::sigmoid;

use crate::bernoulli::Bernoulli;

/// An objective `f: {0, 1}ᴹ → R`; it need not be differentiable, nor even known but by its values.
///
/// Any `Fn(&[f64]) -> f64` is one; b comes as 0 and 1.
///
/// ```
/// use voidgrad::Objective;
/// let parity = |b: &[f64]| b.iter().sum::<f64>() % 2.0;
/// assert_eq!(parity.value(&[1.0, 1.0, 1.0]), 1.0);
/// ```
pub trait Objective {
    /// `f(b)`.
    fn value(&self, b: &[f64]) -> f64;

    /// `f` of many samples: b comes row by row, a sample a row, and each has its entry in `f`.
    ///
    /// # Panics
    /// Where `variables` is 0.
    fn values(&self, variables: usize, b: &[f64], f: &mut [f64]) {
        b.chunks_exact(variables).zip(f).for_each(|(b, f)| *f = self.value(b));
    }
}

impl<F: Fn(&[f64]) -> f64 + ?Sized> Objective for F {
    fn value(&self, b: &[f64]) -> f64 {
        self(b)
    }
}

/// `(b - t)²`, the toy problem (RELAX, Grathwohl et al. 2018, section 5.1); b may be relaxed to any number.
///
/// ```
/// assert_eq!(voidgrad::quadratic(1.0, 0.25), 0.5625);
/// ```
#[must_use]
#[differentiate(wrt(b), order = 2)]
pub fn quadratic(b: f64, target: f64) -> f64 {
    (b - target) * (b - target)
}

/// `f(b) = (1/M) Σ_m (b_m - t)²`, with its exact expectation and gradient.
///
/// ```
/// use voidgrad::{Bernoulli, MeanQuadratic, Objective};
/// let objective = MeanQuadratic { target: 0.25 };
/// assert_eq!(objective.value(&[1.0, 0.0]), (0.5625 + 0.0625) / 2.0);
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// assert_eq!(objective.expectation(&bernoulli), (0.5625 + 0.0625) / 2.0);
/// assert_eq!(objective.gradient(&bernoulli), [0.5 * 0.25]);
/// # Ok::<(), voidgrad::InvalidParameter>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanQuadratic {
    /// t.
    pub target: f64,
}

impl MeanQuadratic {
    /// `E[f(b)] = (1/M) Σ_m θ_m·(1 - t)² + (1 - θ_m)·t²`.
    #[must_use]
    pub fn expectation(&self, bernoulli: &Bernoulli) -> f64 {
        let [at_0, at_1] = [0.0, 1.0].map(|b| quadratic(b, self.target));
        let logits = bernoulli.logits();
        logits.iter().map(|&a| sigmoid(a) * at_1 + sigmoid(-a) * at_0).sum::<f64>() / logits.len() as f64
    }

    /// `∂/∂a_m E[f(b)] = (1/M)·(1 - 2t)·θ_m·(1 - θ_m)`, with respect to the logits, M entries.
    #[must_use]
    pub fn gradient(&self, bernoulli: &Bernoulli) -> Vec<f64> {
        let logits = bernoulli.logits();
        let slope = (1.0 - 2.0 * self.target) / logits.len() as f64;
        logits.iter().map(|&a| slope * sigmoid(a) * sigmoid(-a)).collect()
    }
}

impl Objective for MeanQuadratic {
    fn value(&self, b: &[f64]) -> f64 {
        b.iter().map(|&b| quadratic(b, self.target)).sum::<f64>() / b.len() as f64
    }

    fn values(&self, variables: usize, b: &[f64], f: &mut [f64]) {
        if variables == 1 {
            // The mean of one number takes no division, and the loop no rows.
            b.iter().zip(f).for_each(|(b, f)| *f = quadratic(*b, self.target));
        } else {
            b.chunks_exact(variables).zip(f).for_each(|(b, f)| *f = self.value(b));
        }
    }
}

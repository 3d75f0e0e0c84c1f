//! The toy problem of the REBAR and RELAX papers.

use voidgrad_macros::differentiate;
use voidgrad_real::sigmoid;

use crate::bernoulli::Bernoulli;
use crate::error::ObjectiveError;
use crate::objective::{
    Differentiable, Flips, Multilinear, MultilinearError, Objective, Points, TwiceDifferentiable,
};

/// `(b - t)²`, the toy problem (RELAX, Grathwohl et al. 2018, section 5.1); b may be relaxed to any number.
///
/// ```
/// assert_eq!(voidgrad::toy::quadratic(1.0, 0.25), 0.5625);
/// ```
#[must_use]
#[differentiate(wrt(b), order = 2)]
pub fn quadratic(b: f64, target: f64) -> f64 {
    (b - target) * (b - target)
}

/// `f(b) = (1/M) Σ_m (b_m - t)²`, with its exact expectation and gradient.
///
/// ```
/// use voidgrad::Bernoulli;
/// use voidgrad::toy::MeanQuadratic;
/// let objective = MeanQuadratic { target: 0.25 };
/// assert_eq!(objective.value(&[1.0, 0.0]), (0.5625 + 0.0625) / 2.0);
/// let bernoulli = Bernoulli::from_probabilities(&[0.5])?;
/// assert_eq!(objective.expectation(&bernoulli), (0.5625 + 0.0625) / 2.0);
/// assert_eq!(objective.gradient(&bernoulli), [0.5 * 0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
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

impl MeanQuadratic {
    /// The function that has the same values at all bits, with coefficients: `t² + ((1 - 2t)/M)·Σ_m b_m`.
    ///
    /// ```
    /// use voidgrad::toy::MeanQuadratic;
    /// let objective = MeanQuadratic { target: 0.25 };
    /// assert_eq!(objective.multilinear(2)?.value(&[1.0, 0.0]), objective.value(&[1.0, 0.0]));
    /// # Ok::<(), voidgrad::objective::MultilinearError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there are no variables, or if a coefficient is NaN or infinite.
    pub fn multilinear(&self, variables: usize) -> Result<Multilinear, MultilinearError> {
        let slope = (1.0 - 2.0 * self.target) / variables as f64;
        Multilinear::new(self.target * self.target, &vec![slope; variables], &[])
    }

    /// `f(x)`, x relaxed or not.
    #[must_use]
    pub fn value(&self, x: &[f64]) -> f64 {
        // Sums side by side do not wait for each other.
        let (chunks, rest) = x.as_chunks::<8>();
        let mut sums = [0.0; 8];
        for chunk in chunks {
            for (sum, &x) in sums.iter_mut().zip(chunk) {
                *sum += quadratic(x, self.target);
            }
        }
        let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
        let whole = ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
        rest.iter().fold(whole, |sum, &x| sum + quadratic(x, self.target)) / x.len() as f64
    }
}

impl Objective for MeanQuadratic {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        if points.dimension() == 1 {
            // The mean of one number takes no division, and the loop no rows.
            points.as_slice().iter().zip(f).for_each(|(b, f)| *f = quadratic(*b, self.target));
        } else {
            points.fill(f, |b| self.value(b));
        }
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn flips(&self) -> Option<&dyn Flips> {
        Some(self)
    }
}

impl Flips for MeanQuadratic {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        for (&entry, flip) in b.iter().zip(flips) {
            *flip = (quadratic(1.0 - entry, self.target) - quadratic(entry, self.target)) / b.len() as f64;
        }
        self.value(b)
    }
}

impl Differentiable for MeanQuadratic {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        for (&entry, gradient) in x.iter().zip(gradient) {
            *gradient = quadratic::d_b(entry, self.target) / x.len() as f64;
        }
        self.value(x)
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        Some(self)
    }
}

impl TwiceDifferentiable for MeanQuadratic {
    fn hessian_product(&self, x: &[f64], x_dot: &[f64], product: &mut [f64]) {
        for ((&entry, x_dot), product) in x.iter().zip(x_dot).zip(product) {
            *product = quadratic::d_b_d_b(entry, self.target) * x_dot / x.len() as f64;
        }
    }
}

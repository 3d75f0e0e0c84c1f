//! The trait of distributions.

use super::{Gaussian, check, divergence, g, ln_p};
use crate::distribution::divergence::saturated;
use crate::distribution::{ClosedForms, Distribution};
use crate::error::{DistributionError, SampleError, ShapeMismatch, same_length};

/// The parameters are `(μ, ln σ)`, 2M numbers, and a sample x takes as many uniform numbers as there are variables, or one more:
/// two for two variables, by [`box_muller`](super::box_muller).
impl Distribution for Gaussian {
    fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        if parameters.len() != self.parameters.len() {
            let (found, expected) = (parameters.len(), self.parameters.len());
            return Err(ShapeMismatch { name: "parameters", found, expected }.into());
        }
        check(parameters)?;
        self.parameters.copy_from_slice(parameters);
        Ok(())
    }

    fn dimension(&self) -> usize {
        self.len()
    }

    fn uniforms(&self) -> usize {
        self.len().next_multiple_of(2)
    }

    fn sample(&self, u: &[f64], x: &mut [f64]) {
        assert_eq!((u.len(), x.len()), (self.uniforms(), self.len()), "two numbers for two variables");
        Self::epsilon(u, x);
        for ((x, &mu), &ln_sigma) in x.iter_mut().zip(self.mu()).zip(self.ln_sigma()) {
            *x = g(*x, mu, ln_sigma);
        }
    }

    fn score(&self, x: &[f64], score: &mut [f64]) {
        assert_eq!((x.len(), score.len()), (self.len(), 2 * self.len()), "two parameters for each variable");
        score.fill(0.0);
        self.add_score(1.0, x, score);
    }

    fn add_score(&self, weight: f64, x: &[f64], gradient: &mut [f64]) {
        assert_eq!(
            (x.len(), gradient.len()),
            (self.len(), 2 * self.len()),
            "two parameters for each variable"
        );
        for (m, (&mu, &ln_sigma)) in self.mu().iter().zip(self.ln_sigma()).enumerate() {
            gradient[m] += weight * ln_p::d_mu(x[m], mu, ln_sigma);
            gradient[self.len() + m] += weight * ln_p::d_ln_sigma(x[m], mu, ln_sigma);
        }
    }

    /// Within 6 units in the last place of the largest of its three terms, for each variable.
    fn ln_p(&self, x: &[f64]) -> Result<f64, SampleError> {
        same_length("x", x.len(), self.len())?;
        if let Some(index) = x.iter().position(|x| !x.is_finite()) {
            return Err(SampleError::Entry { index, value: x[index], allowed: "a finite number".into() });
        }
        let variables = x.iter().zip(self.variables());
        Ok(saturated(variables.map(|(&x, (mu, ln_sigma))| divergence::ln_p(x, mu, ln_sigma)).sum()))
    }

    /// μ.
    fn mode(&self, x: &mut [f64]) {
        x.copy_from_slice(self.mu());
    }
}

impl ClosedForms for Gaussian {
    /// μ.
    fn mean(&self, mean: &mut [f64]) {
        mean.copy_from_slice(self.mu());
    }

    /// `Σ_m ln σ_m + ½·ln 2πe`; it is negative if σ is small.
    fn entropy(&self) -> f64 {
        saturated(self.ln_sigma().iter().map(|&ln_sigma| divergence::entropy(ln_sigma)).sum())
    }

    /// 0 for μ and 1 for ln σ.
    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]) {
        assert_eq!(gradient.len(), 2 * self.len(), "two parameters for each variable");
        let entries = gradient[self.len()..].iter_mut().zip(self.ln_sigma());
        entries.for_each(|(sum, &ln_sigma)| *sum += weight * divergence::entropy::d_ln_sigma(ln_sigma));
    }

    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        Ok(saturated(
            self.variables().zip(other.variables()).map(|(of, other)| divergence::kl(of, other)).sum(),
        ))
    }

    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch> {
        self.add(weight, other, divergence::kl_gradient, gradient)
    }

    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        self.add(weight, other, divergence::kl_gradient_of_other, gradient)
    }
}

impl Gaussian {
    /// `(μ, ln σ)` of every variable.
    fn variables(&self) -> impl Iterator<Item = (f64, f64)> {
        self.mu().iter().copied().zip(self.ln_sigma().iter().copied())
    }

    /// Adds `weight` times the derivatives by μ and ln σ of every variable.
    fn add(
        &self,
        weight: f64,
        other: &Self,
        derivatives: impl Fn((f64, f64), (f64, f64)) -> [f64; 2],
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        same_length("the other distribution", other.len(), self.len())?;
        assert_eq!(gradient.len(), 2 * self.len(), "two parameters for each variable");
        let (by_mu, by_ln_sigma) = gradient.split_at_mut(self.len());
        let sums = by_mu.iter_mut().zip(by_ln_sigma);
        for ((by_mu, by_ln_sigma), (of, other)) in sums.zip(self.variables().zip(other.variables())) {
            let [of_mu, of_ln_sigma] = derivatives(of, other);
            *by_mu += weight * of_mu;
            *by_ln_sigma += weight * of_ln_sigma;
        }
        Ok(())
    }
}

//! M independent Gaussian variables.
//!
//! The one continuous distribution here: for it the reparameterisation gives a gradient wherever `∇f` is known, and
//! [LAX](crate::estimators::Lax) where f is a black box.

mod distribution;
pub mod divergence;
#[cfg(test)]
mod tests;

use std::f64::consts::TAU;

use crate::error::{DistributionError, InvalidParameter, ShapeMismatch, finite, positive};
use voidgrad_macros::differentiate;

/// `x_m ~ N(μ_m, σ_m²)`, independent, `m = 1..M`.
///
/// Parameterised by the means and the logarithms of the standard deviations, in this order:
/// `(μ_1, …, μ_M, ln σ_1, …, ln σ_M)`, 2M parameters.
///
/// ```
/// use voidgrad::{Distribution, Gaussian};
/// let gaussian = Gaussian::new(&[1.0, -1.0], &[0.5, 2.0])?;
/// assert_eq!(gaussian.parameters(), [1.0, -1.0, 0.5_f64.ln(), 2.0_f64.ln()]);
/// let mut x = [0.0; 2];
/// gaussian.sample(&[(-0.5_f64).exp(), 0.25], &mut x);
/// // ε = (cos(π/2), sin(π/2))
/// assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 1.0).abs() < 1e-15);
/// # Ok::<(), voidgrad::error::DistributionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    /// μ, and then ln σ.
    parameters: Vec<f64>,
}

/// The reparameterisation `x = g(ε, μ, ln σ) = μ + σ·ε` of `ε ~ N(0, 1)`.
///
/// ```
/// use voidgrad::gaussian::g;
/// assert_eq!(g(-0.5, 2.0, 0.0), 1.5);
/// assert_eq!((g::d_mu(-0.5, 2.0, 0.0), g::d_ln_sigma(-0.5, 2.0, 0.0)), (1.0, -0.5));
/// ```
#[must_use]
#[differentiate(wrt(mu, ln_sigma))]
pub fn g(epsilon: f64, mu: f64, ln_sigma: f64) -> f64 {
    mu + ln_sigma.exp() * epsilon
}

/// The logarithm of the density, `ln p(x) = -½·((x - μ)/σ)² - ln σ - ½·ln 2π`.
///
/// ```
/// use voidgrad::gaussian::ln_p;
/// assert_eq!(ln_p(3.0, 3.0, 0.0), -0.5 * std::f64::consts::TAU.ln());
/// // The score: ε/σ and ε² - 1.
/// assert_eq!((ln_p::d_mu(1.5, 2.0, 0.0), ln_p::d_ln_sigma(1.5, 2.0, 0.0)), (-0.5, -0.75));
/// ```
#[must_use]
#[differentiate(wrt(mu, ln_sigma))]
pub fn ln_p(x: f64, mu: f64, ln_sigma: f64) -> f64 {
    let epsilon = (x - mu) * (-ln_sigma).exp();
    -0.5 * (epsilon * epsilon) - ln_sigma - 0.5 * TAU.ln()
}

/// Two independent numbers `ε ~ N(0, 1)` of two uniform ones: `√(-2 ln u₁)·(cos 2πu₂, sin 2πu₂)`.
///
/// Source: Box and Muller 1958.
///
/// ```
/// use voidgrad::gaussian::box_muller;
/// let [cosine, sine] = box_muller((-0.5_f64).exp(), 0.125);
/// assert!((cosine - 0.5_f64.sqrt()).abs() < 1e-15 && (sine - cosine).abs() < 1e-15);
/// ```
#[must_use]
pub fn box_muller(u_1: f64, u_2: f64) -> [f64; 2] {
    let (radius, angle) = ((-2.0 * u_1.ln()).sqrt(), TAU * u_2);
    [radius * angle.cos(), radius * angle.sin()]
}

impl Gaussian {
    /// The variables with these means and standard deviations, M entries each.
    ///
    /// # Errors
    /// Returns an error if there is none or another number of the one than of the other, if a mean is NaN or infinite, or if a standard
    /// deviation is not positive and finite.
    ///
    /// ```
    /// # use voidgrad::Gaussian;
    /// let error = Gaussian::new(&[0.0], &[-1.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "sigma = -1 is not a number in (0, ∞)");
    /// ```
    pub fn new(mu: &[f64], sigma: &[f64]) -> Result<Self, DistributionError> {
        if sigma.len() != mu.len() {
            return Err(ShapeMismatch { name: "sigma", found: sigma.len(), expected: mu.len() }.into());
        }
        sigma.iter().try_for_each(|&sigma| positive("sigma", sigma).map(drop))?;
        let parameters: Vec<f64> = mu.iter().copied().chain(sigma.iter().map(|sigma| sigma.ln())).collect();
        Self::from_parameters(&parameters)
    }

    /// The variables with these parameters, `(μ, ln σ)`, 2M entries.
    ///
    /// # Errors
    /// Returns an error if there is none or an odd number of them, or if one is NaN or infinite.
    pub fn from_parameters(parameters: &[f64]) -> Result<Self, DistributionError> {
        if parameters.is_empty() {
            return Err(
                InvalidParameter { name: "number of variables", value: 0.0, allowed: "at least 1" }.into()
            );
        }
        if !parameters.len().is_multiple_of(2) {
            let (found, expected) = (parameters.len(), parameters.len() + 1);
            return Err(ShapeMismatch { name: "parameters", found, expected }.into());
        }
        check(parameters)?;
        Ok(Self { parameters: parameters.to_vec() })
    }

    /// M.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parameters.len() / 2
    }

    /// Whether there is no variable: never, the constructors refuse that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// μ, M entries.
    #[must_use]
    pub fn mu(&self) -> &[f64] {
        &self.parameters[..self.len()]
    }

    /// ln σ, M entries.
    #[must_use]
    pub fn ln_sigma(&self) -> &[f64] {
        &self.parameters[self.len()..]
    }

    /// Writes ε, M entries, made of 2 uniform numbers for every two variables.
    pub(crate) fn epsilon(u: &[f64], epsilon: &mut [f64]) {
        for (epsilon, u) in epsilon.chunks_mut(2).zip(u.chunks_exact(2)) {
            let pair = box_muller(u[0], u[1]);
            // Of the last pair there may be one variable only.
            epsilon.copy_from_slice(&pair[..epsilon.len()]);
        }
    }
}

/// Refuses what is not finite.
fn check(parameters: &[f64]) -> Result<(), InvalidParameter> {
    parameters.iter().try_for_each(|&parameter| finite("parameter", parameter).map(drop))
}

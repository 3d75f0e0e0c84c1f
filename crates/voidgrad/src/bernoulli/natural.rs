//! The natural gradient.

use super::Bernoulli;
use crate::distribution::divergence::saturated;
use crate::distribution::natural::{LEAST_INFORMATION, check};
use crate::error::DistributionError;

impl Bernoulli {
    /// Writes the natural gradient `(F + δ)⁻¹·g`, M entries, of a gradient g by the logits: `g_m/(θ_m·(1 - θ_m) + δ)`.
    ///
    /// `F = diag(θ_m·(1 - θ_m))` is the Fisher information of the logits, the covariance of the score. With the damping δ = 0, the natural gradient of `E[f]` is its derivative by θ. A step along it does not
    /// depend on how the variables are parameterised, up to second order in its length. δ bounds what the noise of an estimate becomes if θ is close to 0 or 1: by 1/δ.
    ///
    /// It can stand between an estimate `ĝ` and the step of an optimiser. An unbiased `ĝ` gives an unbiased natural gradient.
    ///
    /// ```
    /// use voidgrad::estimators::Rloo;
    /// use voidgrad::optimise::{Optimiser, Sgd};
    /// use voidgrad::{Bernoulli, Distribution, Round, Stream};
    /// let mut bernoulli = Bernoulli::from_probabilities(&[0.5, 0.9])?;
    /// let f = |b: &[f64]| b[0] + 3.0 * b[1];
    /// let (mut estimator, mut sgd) = (Rloo::new(4)?, Sgd::new(0.05)?);
    /// let (mut stream, mut round, mut natural) = (Stream::new(1, 0, 0), Round::new(), [0.0; 2]);
    /// for _ in 0..200 {
    ///     round.draw(&estimator, &bernoulli, &mut stream)?;
    ///     round.evaluate(&f)?;
    ///     round.tell(&mut estimator, &bernoulli)?;
    ///     bernoulli.natural_gradient(round.gradient(), 0.02, &mut natural)?;
    ///     let mut logits = bernoulli.logits().to_vec();
    ///     sgd.step(&mut logits, &natural)?;
    ///     bernoulli.set_parameters(&logits)?;
    /// }
    /// assert!(bernoulli.probabilities().iter().all(|theta| *theta < 0.05));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// `F + δ` below 10⁻²⁹⁰ counts as 10⁻²⁹⁰, and an entry beyond the largest `f64` is the largest `f64`.
    ///
    /// # Errors
    /// Returns an error if `gradient` or `natural` do not have M entries, if an entry of the gradient is NaN or infinite, or if the damping is negative, NaN or infinite.
    ///
    /// Source: Amari 1998, Natural gradient works efficiently in learning.
    pub fn natural_gradient(
        &self,
        gradient: &[f64],
        damping: f64,
        natural: &mut [f64],
    ) -> Result<(), DistributionError> {
        check(gradient, damping, natural, self.len())?;
        let variables = self.theta.iter().zip(&self.rest).zip(gradient);
        for (natural, ((theta, rest), gradient)) in natural.iter_mut().zip(variables) {
            let information = theta * rest + damping;
            *natural = saturated(gradient / information.max(LEAST_INFORMATION));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::*;
    use crate::distribution::Distribution;

    /// F is the sum of outer products of scores over all eight states, and the gradient any vector.
    #[test]
    fn it_is_the_inverse_of_the_information_times_the_gradient() {
        let bernoulli = Bernoulli::from_probabilities(&[0.1, 0.5, 0.7]).unwrap();
        let mut information = DMatrix::zeros(3, 3);
        for state in 0..8_u32 {
            let b: Vec<f64> = (0..3).map(|m| f64::from(state >> m & 1)).collect();
            let mut score = DVector::zeros(3);
            bernoulli.score(&b, score.as_mut_slice());
            information.ger(bernoulli.ln_p(&b).unwrap().exp(), &score, &score, 1.0);
        }
        let gradient = DVector::from_vec(vec![0.3, -2.0, 1.0]);
        for damping in [0.0, 0.02, 3.0] {
            let damped: DMatrix<f64> = &information + damping * DMatrix::identity(3, 3);
            let expected = damped.lu().solve(&gradient).unwrap();
            let mut natural = [0.0; 3];
            bernoulli.natural_gradient(gradient.as_slice(), damping, &mut natural).unwrap();
            // A condition below 3, and sums of eight terms.
            assert!((DVector::from_column_slice(&natural) - &expected).norm() < 1e-14 * expected.norm());
        }
    }

    #[test]
    fn it_is_finite_wherever_the_probabilities_are() {
        let bernoulli = Bernoulli::from_logits(&[-1e308, -700.0, 0.0, 40.0, 1e308]).unwrap();
        for damping in [0.0, 1e-300, 0.02, 1e308] {
            for size in [0.0, 1e-300, 1.0, f64::MAX] {
                let mut natural = [f64::NAN; 5];
                bernoulli.natural_gradient(&[size, -size, size, -size, size], damping, &mut natural).unwrap();
                assert!(natural.iter().all(|n| n.is_finite()) && natural[0] >= 0.0 && natural[1] <= 0.0);
            }
        }
        let mut natural = [7.0; 5];
        for (gradient, damping) in
            [(&[1.0; 4][..], 0.0), (&[f64::NAN; 5], 0.0), (&[1.0; 5], -1.0), (&[1.0; 5], f64::INFINITY)]
        {
            assert!(bernoulli.natural_gradient(gradient, damping, &mut natural).is_err());
        }
        assert!(bernoulli.natural_gradient(&[1.0; 5], 0.0, &mut natural[..4]).is_err());
        assert_eq!(natural, [7.0; 5]);
    }
}

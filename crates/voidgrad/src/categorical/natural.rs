//! The natural gradient.

use super::Categorical;
use crate::distribution::divergence::saturated;
use crate::distribution::natural::{LEAST_INFORMATION, check};
use crate::error::DistributionError;

impl Categorical {
    /// Writes the natural gradient `(F + δ)⁺·g`, M × K entries, of a gradient g by the logits.
    ///
    /// `F = diag(θ) - θθᵀ`, for the θ of one variable, is the Fisher information of its K logits, the covariance of the score. A constant that is added to all logits of a variable changes nothing, so F is singular
    /// along it. What g has in this direction is left out, and the natural gradient has nothing in it: for δ = 0 it is the pseudo-inverse `F⁺·g`. In closed form, with `g̃ = g - mean(g)`,
    ///
    /// `n_k = (g̃_k - r·θ_k)/(θ_k + δ)`, with `r = (Σ_j g̃_j/(θ_j + δ))/(Σ_j θ_j/(θ_j + δ))`.
    ///
    /// δ bounds what the noise of an estimate becomes if θ is close to 0: by 1/δ. It can stand between an estimate `ĝ` and the step of an optimiser, as
    /// [`Bernoulli::natural_gradient`](crate::Bernoulli::natural_gradient) does.
    ///
    /// ```
    /// use voidgrad::Categorical;
    /// let categorical = Categorical::from_probabilities(&[0.5, 0.25, 0.25], 3)?;
    /// // The gradient of E[f] for f = (1, 2, 4) is θ·(f - E[f]), and the natural one f - mean(f).
    /// let gradient = [0.5 * (1.0 - 2.0), 0.25 * (2.0 - 2.0), 0.25 * (4.0 - 2.0)];
    /// let mut natural = [0.0; 3];
    /// categorical.natural_gradient(&gradient, 0.0, &mut natural)?;
    /// let expected = [1.0 - 7.0 / 3.0, 2.0 - 7.0 / 3.0, 4.0 - 7.0 / 3.0];
    /// assert!(natural.iter().zip(expected).all(|(n, expected)| (n - expected).abs() < 1e-14));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// `θ + δ` below 10⁻²⁹⁰ counts as 10⁻²⁹⁰, and an entry beyond the largest `f64` is the largest `f64`.
    ///
    /// # Errors
    /// Returns an error if `gradient` or `natural` do not have M × K entries, if an entry of the gradient is NaN or infinite, or if the damping is negative, NaN or infinite.
    ///
    /// Source: Amari 1998, Natural gradient works efficiently in learning; the inverse by Sherman and Morrison 1950.
    pub fn natural_gradient(
        &self,
        gradient: &[f64],
        damping: f64,
        natural: &mut [f64],
    ) -> Result<(), DistributionError> {
        check(gradient, damping, natural, self.len())?;
        let variables = gradient.chunks_exact(self.states).zip(self.theta.chunks_exact(self.states));
        for (natural, (gradient, theta)) in natural.chunks_exact_mut(self.states).zip(variables) {
            // Of a gradient of size 1, no sum is too large.
            let size = gradient.iter().fold(0.0, |size: f64, g| size.max(g.abs()));
            if size == 0.0 {
                natural.fill(0.0);
                continue;
            }
            let mean = gradient.iter().map(|g| g / size).sum::<f64>() / gradient.len() as f64;
            let information = |theta: &f64| (theta + damping).max(LEAST_INFORMATION);
            let (mut sum, mut weights) = (0.0, 0.0);
            for (g, theta) in gradient.iter().zip(theta) {
                sum += (g / size - mean) / information(theta);
                weights += theta / information(theta);
            }
            let common = sum / weights;
            for (natural, (g, theta)) in natural.iter_mut().zip(gradient.iter().zip(theta)) {
                let entry = (g / size - mean) / information(theta) - common * (theta / information(theta));
                *natural = saturated(size * entry);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::*;
    use crate::distribution::Distribution;

    /// F of two variables with three states each: the sum of outer products of scores over all nine states. Its pseudo-inverse is by singular values.
    #[test]
    fn it_is_the_pseudo_inverse_of_the_information_times_the_gradient() {
        let categorical = Categorical::from_probabilities(&[0.1, 0.3, 0.6, 0.5, 0.25, 0.25], 3).unwrap();
        let mut information = DMatrix::zeros(6, 6);
        for state in 0..9 {
            let mut b = [0.0; 6];
            b[state % 3] = 1.0;
            b[3 + state / 3] = 1.0;
            let mut score = DVector::zeros(6);
            categorical.score(&b, score.as_mut_slice());
            information.ger(categorical.ln_p(&b).unwrap().exp(), &score, &score, 1.0);
        }
        // Not orthogonal to the constants, as no gradient by logits is.
        let gradient = DVector::from_vec(vec![0.3, -2.0, 1.0, 0.5, 0.25, -4.0]);
        let mut orthogonal = gradient.clone();
        for mut row in [0, 3].map(|start| start..start + 3) {
            let mean = orthogonal.as_slice()[row.clone()].iter().sum::<f64>() / 3.0;
            row.by_ref().for_each(|i| orthogonal[i] -= mean);
        }
        for damping in [0.0, 0.02, 3.0] {
            let damped: DMatrix<f64> = &information + damping * DMatrix::identity(6, 6);
            // The two singular values of the constants are δ; those for δ = 0 are rounding.
            let expected = damped.svd(true, true).solve(&orthogonal, 1e-12).unwrap();
            let mut natural = [0.0; 6];
            categorical.natural_gradient(gradient.as_slice(), damping, &mut natural).unwrap();
            // A condition of some ten.
            let error = (DVector::from_column_slice(&natural) - &expected).norm();
            assert!(error < 1e-13 * expected.norm(), "{natural:?} instead of {expected}");
        }
    }

    #[test]
    fn two_states_are_a_bernoulli_variable() {
        let logits = [0.4, -0.8];
        let two = Categorical::from_logits(&logits, 2).unwrap();
        let one = crate::bernoulli::Bernoulli::from_logits(&[1.2]).unwrap();
        let (mut of_two, mut of_one) = ([0.0; 2], [0.0]);
        two.natural_gradient(&[0.7, -0.7], 0.0, &mut of_two).unwrap();
        one.natural_gradient(&[0.7], 0.0, &mut of_one).unwrap();
        // The logit of one is the difference of the logits of two. A few roundings.
        assert!((of_two[0] - of_two[1] - of_one[0]).abs() < 1e-14);
    }

    #[test]
    fn it_is_finite_wherever_the_probabilities_are() {
        let logits = [0.0, -1e308, 1e308, 0.0, -700.0, -710.0, 3.0, -50.0, -745.0, 0.0, 0.0, 0.0];
        let categorical = Categorical::from_logits(&logits, 3).unwrap();
        for damping in [0.0, 1e-300, 0.02, 1e308] {
            for size in [0.0, 1e-300, 1.0, f64::MAX] {
                for direction in [[1.0, -1.0, 0.5], [1.0, 1.0, -1.0], [0.0, 1.0, 1.0]] {
                    let gradient: Vec<f64> = direction.iter().cycle().take(12).map(|d| size * d).collect();
                    let mut natural = [f64::NAN; 12];
                    categorical.natural_gradient(&gradient, damping, &mut natural).unwrap();
                    assert!(natural.iter().all(|n| n.is_finite()), "{natural:?}");
                }
            }
        }
        let mut natural = [7.0; 12];
        for (gradient, damping) in
            [(&[1.0; 11][..], 0.0), (&[f64::NAN; 12], 0.0), (&[1.0; 12], -1.0), (&[1.0; 12], f64::NAN)]
        {
            assert!(categorical.natural_gradient(gradient, damping, &mut natural).is_err());
        }
        assert_eq!(natural, [7.0; 12]);
    }
}

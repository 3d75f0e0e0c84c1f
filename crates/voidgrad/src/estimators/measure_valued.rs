//! Measure-valued derivatives: differences of f between two distributions of one variable.

use std::f64::consts::TAU;

use super::{Bias, Cost, Count, Method, Needs};
use crate::distribution::Distribution as _;
use crate::estimator::{Answer, Estimator, Told};
use crate::gaussian::{Gaussian, box_muller};

/// The derivative of a density is a difference of two densities, and that of an expectation a difference of two expectations, for each variable m in its turn, the others being as they were drawn:
///
/// - `∂/∂μ_m`: `ĝ = (f(x_m = μ_m + σ_m·W) - f(x_m = μ_m - σ_m·W))/(σ_m·√(2π))`, W with the density `w·e^(-w²/2)`,
/// - `∂/∂ln σ_m`: `ĝ = f(x_m = μ_m + σ_m·D) - f(x_m = μ_m + σ_m·N)`, D with the density `d²·e^(-d²/2)/√(2π)` of the double-sided Maxwell distribution, N normal.
///
/// Both terms of a difference share their noise: `N = U·D`, U uniform. f need not be continuous. An estimate takes 4M evaluations.
///
/// For Bernoulli variables, the two distributions are the two states, and the estimator is [`LocalExpectation`](super::LocalExpectation).
///
/// Source: Mohamed, Rosca, Figurnov and Mnih 2020, section 6 and table 1; the coupling of D and N is that of Heidergott, Vázquez-Abad and Volk-Makarewicz 2008.
///
/// ```
/// use voidgrad::estimators::MeasureValued;
/// use voidgrad::{Gaussian, Round};
/// let gaussian = Gaussian::new(&[0.5], &[2.0])?;
/// let mut round = Round::new();
/// round.estimate(&MeasureValued, &gaussian, &|x: &[f64]| 3.0 * x[0], &[0.5; 7])?;
/// // W = √(2 ln 2).
/// let w = (2.0 * 2.0_f64.ln()).sqrt();
/// assert!((round.gradient()[0] - 6.0 * w / std::f64::consts::TAU.sqrt()).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureValued;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "measure-valued",
    title: "measure-valued derivatives",
    formula: "∂/∂μ_m: ĝ = (f(x_m = μ_m + σ_m·W) - f(x_m = μ_m - σ_m·W))/(σ_m·√(2π)); ∂/∂ln σ_m: ĝ = f(x_m = μ_m + σ_m·D) - f(x_m = μ_m + σ_m·N); W: Rayleigh, D: double-sided Maxwell, N: normal",
    source: "Mohamed et al. 2020, section 6",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::FourTimesVariables),
    parameters: "",
};

/// Points for each variable.
const POINTS: usize = 4;
/// Uniform numbers for each variable, beside those of the sample.
const NUMBERS: usize = 5;

/// By how many σ a variable is away from μ at its four points.
fn distances(u: &[f64]) -> [f64; POINTS] {
    let w = (-2.0 * u[0].ln()).sqrt();
    let [n, side] = box_muller(u[1], u[2]);
    let d = (-2.0 * u[3].ln() + n * n).sqrt().copysign(side);
    [w, -w, d, u[4] * d]
}

impl Estimator<Gaussian> for MeasureValued {
    fn ask(&self, gaussian: &Gaussian, noise: &[f64], points: &mut [f64]) {
        let (of_sample, own) = noise.split_at(gaussian.uniforms());
        let mut x = vec![0.0; gaussian.len()];
        gaussian.sample(of_sample, &mut x);
        let rows = points.chunks_exact_mut(POINTS * gaussian.len());
        for (m, (u, rows)) in own.chunks_exact(NUMBERS).zip(rows).enumerate() {
            let (mu, sigma) = (gaussian.mu()[m], gaussian.ln_sigma()[m].exp());
            for (distance, row) in distances(u).into_iter().zip(rows.chunks_exact_mut(gaussian.len())) {
                row.copy_from_slice(&x);
                row[m] = mu + sigma * distance;
            }
        }
    }

    fn answer(&self, gaussian: &Gaussian, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, .. } = answer;
        let (by_mu, by_ln_sigma) = gradient.split_at_mut(gaussian.len());
        weights.fill(0.0);
        for (m, (f, weights)) in
            told.values.chunks_exact(POINTS).zip(weights.chunks_exact_mut(POINTS)).enumerate()
        {
            // The point with a normal number is a sample.
            weights[3] = 1.0 / gaussian.len() as f64;
            by_mu[m] = (f[0] - f[1]) / TAU.sqrt() * (-gaussian.ln_sigma()[m]).exp();
            by_ln_sigma[m] = f[2] - f[3];
        }
    }

    fn evaluations(&self, gaussian: &Gaussian) -> u64 {
        (POINTS * gaussian.len()) as u64
    }

    fn noise(&self, gaussian: &Gaussian) -> usize {
        gaussian.uniforms() + NUMBERS * gaussian.len()
    }
}

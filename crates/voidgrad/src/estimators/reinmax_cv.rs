//! ReinMax-CV: `ReinMax` with the difference of two relaxed Jacobians.

use std::f64::consts::LN_2;

use super::reinmax_rao::{DRAWS, Rows, log_odds};
use super::{Bias, Cost, Method, Needs, ReinMax, ReinMaxRao};
use crate::bernoulli::{Bernoulli, logit};
use crate::categorical::{Categorical, state};
use crate::error::{InvalidParameter, finite};
use crate::estimator::{Answer, Estimator, Told, Want};
use voidgrad_real::sigmoid;

/// `ĝ = ĝ_ReinMax + η·(1/R Σ_r J(x_r) - J(x))·∇f(b)/λ`, with the Jacobian `J(π) = diag(π) - π·πᵀ` of the softmax. **Biased**.
///
/// `x = softmax(z/λ)` of Gumbel variables around `ln π₁`, `π₁ = (θ + b)/2`, with noise of its own; `x_r` are made of R draws of them given that the largest is that of the state b, as in [`ReinMaxRao`].
///
/// The two Jacobians do not have the same mean, because `π₁` does not always draw b. So the term is no control variate in the sense of the word: it moves the mean. For a cubic function of 20 bits, and for one of 8 variables with three states
/// (20,000 estimates, λ from 0.5 to 1.3, η of 1 and 1.5), the variance is 1.1 to 6.7 times that of [`ReinMax`], and the bias 0.45 to 3.3 times. [`ReinMaxRao`] has 0.4 to 1.5 times the variance there, and 1.6 to 8 times the bias.
///
/// Source: Wang and Bui 2026, "Beyond `ReinMax`", equation 18, as two published implementations quote it: with the 2 of `ReinMax`, which the equation lacks.
///
/// ```
/// use voidgrad::estimators::ReinMaxCv;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, Round};
/// let (bernoulli, f) = (Bernoulli::from_logits(&[0.0])?, MeanQuadratic { target: 0.5 });
/// let mut round = Round::new();
/// round.estimate(&ReinMaxCv::new(1.0, 0.0, 1)?, &bernoulli, &f, &[0.75, 0.5, 0.5])?;
/// // With η = 0 it is ReinMax.
/// assert_eq!(round.gradient(), [0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReinMaxCv {
    given: ReinMaxRao,
    eta: f64,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "reinmax-cv",
    title: "ReinMax-CV",
    formula: "ĝ = ReinMax + η·(E[J(softmax(z̃/λ))] - J(softmax(z/λ)))·∇f(b)/λ, z around ln((θ + b)/2), and the mean over 10 draws z̃ of it with the largest entry at the drawn state",
    source: "Wang and Bui 2026, equation 18",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: Cost::ONE,
    parameters: "the temperature λ and the coefficient η",
};

impl ReinMaxCv {
    /// At the temperature λ, with the coefficient η and R draws of z̃.
    ///
    /// # Errors
    /// Returns an error if λ is not positive and finite, if η is NaN or infinite, or if R is 0 or more than a million.
    pub fn new(lambda: f64, eta: f64, draws: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { given: ReinMaxRao::new(lambda, draws)?, eta: finite("eta", eta)? })
    }

    /// As the list has it, with 10 draws.
    pub(super) fn of_list(lambda: f64, eta: f64) -> Result<Self, InvalidParameter> {
        Self::new(lambda, eta, DRAWS)
    }
}

/// The sample's uniform numbers, then those of all z̃, then those of z.
impl Estimator for ReinMaxCv {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        self.given.ask(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let (lambda, variables) = (self.given.lambda(), bernoulli.len());
        let (of_draws, of_z) = told.noise[variables..].split_at(self.given.noise_of_draws(variables));
        let Answer { gradient, weights, phi_bar, memory } = answer;
        ReinMax.answer(bernoulli, told, Answer { gradient: &mut *gradient, weights, phi_bar, memory });
        for (m, gradient) in gradient.iter_mut().enumerate() {
            let b = told.points[m] == 1.0;
            let y = logit::g(of_z[m], log_odds(bernoulli, m, b)) / lambda;
            let slope = sigmoid(y) * sigmoid(-y) / lambda;
            *gradient +=
                self.eta * told.gradients[m] * (self.given.mean_slope(bernoulli, m, b, of_draws) - slope);
        }
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.given.noise(bernoulli) + bernoulli.len()
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }
}

impl Estimator<Categorical> for ReinMaxCv {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        self.given.ask(categorical, noise, points);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let noise = &told.noise[categorical.variables()..];
        let (of_draws, of_z) = noise.split_at(self.given.noise_of_draws(categorical.len()));
        let Answer { gradient, weights, phi_bar, memory } = answer;
        ReinMax.answer(
            categorical,
            told,
            Answer { gradient: &mut *gradient, weights, phi_bar, memory: &mut *memory },
        );
        let rows = memory.of(Rows::default);
        let slopes = told.gradients;
        self.given.add_mean((categorical, told.points), of_draws, (self.eta, slopes), rows, gradient);
        rows.z.clear();
        // ln((1 + θ)/2) of the drawn state, and ln(θ/2) of another one.
        let ln_pi = categorical.ln_probabilities().iter().zip(categorical.probabilities()).zip(told.points);
        let ln_pi =
            ln_pi.map(|((ln_theta, theta), &b)| if b == 1.0 { theta.ln_1p() } else { *ln_theta } - LN_2);
        rows.z.extend(of_z.iter().zip(ln_pi).map(|(&u, ln_pi)| state::g(u, ln_pi)));
        rows.add(categorical.states(), self.given.lambda(), (-self.eta, slopes), gradient);
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        self.given.noise(categorical) + categorical.len()
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }
}

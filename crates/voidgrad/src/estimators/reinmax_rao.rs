//! ReinMax-Rao: `ReinMax` with a mean over relaxed samples in the place of the state that was drawn.

use std::f64::consts::LN_2;

use super::{Bias, Cost, Method, Needs};
use crate::bernoulli::{Bernoulli, logit};
use crate::categorical::relaxation::Relaxation;
use crate::categorical::{Categorical, state};
use crate::distribution::Distribution as _;
use crate::error::{InvalidParameter, positive};
use crate::estimator::{Answer, Estimator, Told, Want};
use voidgrad_real::{sigmoid, softplus};

/// `ĝ = 2/R Σ_r J(x_r)·∇f(b)/λ - ½·J(θ)·∇f(b)`, with the Jacobian `J(π) = diag(π) - π·πᵀ` of the softmax. **Biased**.
///
/// [`ReinMax`](super::ReinMax) has `2·J(π₁)·∇f(b)` in the place of the mean, with `π₁ = (θ + b)/2`. Here `x_r = softmax(z̃_r/λ)`, and `z̃_r` are R draws of Gumbel variables around `ln π₁` of which the largest is known to be that of the state
/// b. Such a Jacobian depends less on which state was drawn, so the variance is smaller and the bias larger. Of a bit, `J(x)` is `x(1 - x)`, and z̃ a logistic variable around `ln(π₁/(1 - π₁))` with the sign that b has.
///
/// Source: Wang and Bui 2026, "Beyond `ReinMax`". The mean over samples given the state is that of Paulus, Maddison and Krause 2021, "Rao-Blackwellizing the straight-through Gumbel-softmax gradient estimator".
///
/// ```
/// use voidgrad::estimators::ReinMaxRao;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, Round};
/// let (bernoulli, f) = (Bernoulli::from_logits(&[0.0])?, MeanQuadratic { target: 0.5 });
/// let mut round = Round::new();
/// round.estimate(&ReinMaxRao::new(1.0, 1)?, &bernoulli, &f, &[0.75, 0.5])?;
/// // b = 1 and π₁ = ¾: z̃ = ln(1 + ½·3) - ln ½ = ln 5, so x = 5/6; ∇f(1) = 1.
/// assert!((round.gradient()[0] - (2.0 * 5.0 / 36.0 - 0.5 * 0.25)).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReinMaxRao {
    lambda: f64,
    draws: usize,
}

/// The draws of z̃ that the list takes.
pub(super) const DRAWS: u64 = 10;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "reinmax-rao",
    title: "ReinMax-Rao",
    formula: "ĝ = 2·E[J(softmax(z̃/λ))]·∇f(b)/λ - ½·J(θ)·∇f(b), the mean over 10 draws of z̃ around ln((θ + b)/2) with its largest entry at the drawn state; J(π) = diag(π) - π·πᵀ",
    source: "Wang and Bui 2026; Paulus, Maddison and Krause 2021",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: Cost::ONE,
    parameters: "the temperature λ",
};

impl ReinMaxRao {
    /// At the temperature λ, with R draws of z̃.
    ///
    /// # Errors
    /// Returns an error if λ is not positive and finite, or if R is 0 or more than a million.
    pub fn new(lambda: f64, draws: u64) -> Result<Self, InvalidParameter> {
        let lambda = positive("lambda", lambda)?;
        match usize::try_from(draws) {
            Ok(draws) if (1..=1_000_000).contains(&draws) => Ok(Self { lambda, draws }),
            _ => Err(InvalidParameter { name: "draws", value: draws as f64, allowed: "from 1 to 1000000" }),
        }
    }

    /// As the list has it, with 10 draws.
    pub(super) fn of_list(lambda: f64) -> Result<Self, InvalidParameter> {
        Self::new(lambda, DRAWS)
    }
}

/// The log-odds of `π₁ = (θ + b)/2` of a bit: `ln((1 + θ)/(1 - θ))`, or `ln(θ/(2 - θ))`.
pub(super) fn log_odds(bernoulli: &Bernoulli, m: usize, b: bool) -> f64 {
    let a = bernoulli.logits()[m];
    if b {
        bernoulli.probabilities()[m].ln_1p() + softplus(a)
    } else {
        -softplus(-a) - bernoulli.complements()[m].ln_1p()
    }
}

impl ReinMaxRao {
    /// λ.
    pub(super) fn lambda(self) -> f64 {
        self.lambda
    }

    /// The mean of `x(1 - x)/λ` of the variable m, over the draws of z̃ that these uniform numbers make, one row of all variables for each.
    pub(super) fn mean_slope(self, bernoulli: &Bernoulli, m: usize, b: bool, noise: &[f64]) -> f64 {
        let odds = log_odds(bernoulli, m, b);
        let draws = noise.iter().skip(m).step_by(bernoulli.len());
        let slope = |&v: &f64| {
            let y = logit::g_tilde(v, odds, b) / self.lambda;
            sigmoid(y) * sigmoid(-y)
        };
        draws.map(slope).sum::<f64>() / self.draws as f64 / self.lambda
    }

    /// The uniform numbers of all draws of z̃.
    pub(super) fn noise_of_draws(self, entries: usize) -> usize {
        self.draws * entries
    }

    /// Adds `weight/R Σ_r J(x_r)·∇f/λ`, over the draws of z̃ that these uniform numbers make.
    pub(super) fn add_mean(
        self,
        (categorical, b): (&Categorical, &[f64]),
        noise: &[f64],
        (weight, slopes): (f64, &[f64]),
        rows: &mut Rows,
        gradient: &mut [f64],
    ) {
        let states = categorical.states();
        for noise in noise.chunks_exact(categorical.len()) {
            rows.z.clear();
            let each = categorical.ln_probabilities().chunks_exact(states).zip(b.chunks_exact(states));
            for ((ln_theta, b), v) in each.zip(noise.chunks_exact(states)) {
                let k = b.iter().position(|&b| b == 1.0).unwrap_or(0);
                let drawn = state::g_tilde_drawn(v[k]);
                rows.z.extend((0..states).map(|i| {
                    // Of a state that was not drawn, π₁ is θ/2.
                    if i == k { drawn } else { state::g_tilde_other(v[i], drawn, ln_theta[i] - LN_2) }
                }));
            }
            rows.add(states, self.lambda, (weight / self.draws as f64, slopes), gradient);
        }
    }
}

impl Estimator for ReinMaxRao {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        bernoulli.sample(&noise[..bernoulli.len()], points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let noise = &told.noise[bernoulli.len()..];
        let (theta, rest) = (bernoulli.probabilities(), bernoulli.complements());
        for (m, gradient) in answer.gradient.iter_mut().enumerate() {
            let mean = self.mean_slope(bernoulli, m, told.points[m] == 1.0, noise);
            *gradient = told.gradients[m] * (2.0 * mean - 0.5 * (theta[m] * rest[m]));
        }
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        bernoulli.len() + self.noise_of_draws(bernoulli.len())
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }
}

/// Gumbel variables and their softmax, and the product of its Jacobian with ∇f.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) z: Vec<f64>,
    relaxation: Relaxation,
    product: Vec<f64>,
}

impl Rows {
    /// Adds `weight·J(softmax(z/λ))·∇f/λ`.
    pub(super) fn add(
        &mut self,
        states: usize,
        lambda: f64,
        (weight, slopes): (f64, &[f64]),
        gradient: &mut [f64],
    ) {
        self.relaxation.update(&self.z, states, lambda);
        self.product.clear();
        self.product.extend_from_slice(slopes);
        self.relaxation.centre(&mut self.product);
        for ((gradient, product), s) in gradient.iter_mut().zip(&self.product).zip(&self.relaxation.s) {
            *gradient += weight / lambda * (s * product);
        }
    }
}

impl Estimator<Categorical> for ReinMaxRao {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        categorical.sample(&noise[..categorical.variables()], points);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let rows = memory.of(Rows::default);
        let noise = &told.noise[categorical.variables()..];
        self.add_mean((categorical, told.points), noise, (2.0, told.gradients), rows, gradient);
        rows.z.clear();
        rows.z.extend_from_slice(categorical.ln_probabilities());
        rows.add(categorical.states(), 1.0, (-0.5, told.gradients), gradient);
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        categorical.variables() + self.noise_of_draws(categorical.len())
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }
}

//! Gapped straight-through: the softmax of logits that have been moved so that they would have drawn the sample, by a gap.

use super::{Bias, Cost, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::categorical::relaxation::Relaxation;
use crate::distribution::Distribution as _;
use crate::error::{InvalidParameter, positive};
use crate::estimator::{Answer, Estimator, Told, Want};
use crate::noise::Rule;
use voidgrad_real::sigmoid;

/// `ĝ = ∂x/∂a·∇f(b)` of `x = softmax(ã/τ)`, where the logits ã are those of the distribution, moved as little as is needed for the drawn state to be the largest by a gap of 1: that of the drawn state k
/// becomes `ã_k = max a`, those of the others `ã_j = min(a_j, max a - 1)`. What they have been moved by counts as a constant. So `ĝ_i = x_i·(∇f_i - Σ_j x_j ∇f_j)/τ`, and of a bit
/// `ĝ = ∇f(b)·x(1 - x)/τ` with the x of two states. **Biased**.
///
/// The sample itself is what f is evaluated at, as with [`StraightThrough`](super::StraightThrough), and the state that was drawn is what the softmax is close to, as with the straight-through version of
/// [`Gumbel`](super::Gumbel), without its noise.
///
/// Source: Fan, Chi, Rudnicky and Ramadge 2022, section 4, with the gap 1.
///
/// ```
/// use voidgrad::estimators::Gapped;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Bernoulli, Round};
/// let (bernoulli, f) = (Bernoulli::from_logits(&[0.0])?, MeanQuadratic { target: 0.5 });
/// let mut round = Round::new();
/// round.estimate(&Gapped::new(1.0)?, &bernoulli, &f, &[0.75])?;
/// // Two equal logits are a gap of 1 apart.
/// let x = 1.0 / (1.0 + (-1.0_f64).exp());
/// assert!((round.gradient()[0] - x * (1.0 - x)).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gapped {
    temperature: f64,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "gapped-straight-through",
    title: "gapped straight-through",
    formula: "ĝ_i = x_i·(∇f_i - Σ_j x_j ∇f_j)/τ at b, x = softmax(ã/τ); ã: the logits, with that of the drawn state raised to the largest, and the others at least 1 below it",
    source: "Fan et al. 2022, section 4",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: Cost::ONE,
    parameters: "the temperature τ",
};

/// How far the other logits are below that of the drawn state, or more.
const GAP: f64 = 1.0;

impl Gapped {
    /// With the temperature τ.
    ///
    /// # Errors
    /// Returns an error if it is not positive and finite.
    pub fn new(temperature: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { temperature: positive("lambda", temperature)? })
    }
}

/// The logits of a row as they are moved.
fn moved(a: f64, largest: f64, is_drawn: bool) -> f64 {
    if is_drawn { largest } else { a.min(largest - GAP) }
}

impl Estimator for Gapped {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        bernoulli.sample(noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let slopes = told.gradients.iter().zip(told.points);
        for ((gradient, (slope, &b)), &a) in answer.gradient.iter_mut().zip(slopes).zip(bernoulli.logits()) {
            // By how much the drawn state is above the other one, whose logit is 0 or a.
            let is_likely = (a > 0.0) == (b == 1.0);
            let y = if is_likely { a.abs().max(GAP) } else { GAP } / self.temperature;
            *gradient = slope * (sigmoid(y) * sigmoid(-y) / self.temperature);
        }
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}

/// The moved logits, and their softmax.
#[derive(Default)]
struct Rows {
    moved: Vec<f64>,
    relaxation: Relaxation,
}

impl Estimator<Categorical> for Gapped {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        categorical.sample(noise, points);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let Rows { moved: all, relaxation } = memory.of(Rows::default);
        let states = categorical.states();
        all.clear();
        for (a, b) in
            categorical.ln_probabilities().chunks_exact(states).zip(told.points.chunks_exact(states))
        {
            let largest = a.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            all.extend(a.iter().zip(b).map(|(a, b)| moved(*a, largest, *b == 1.0)));
        }
        relaxation.update(all, states, self.temperature);
        gradient.copy_from_slice(told.gradients);
        relaxation.centre(gradient);
        gradient.iter_mut().zip(&relaxation.s).for_each(|(gradient, x)| *gradient *= x / self.temperature);
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn rule(&self, categorical: &Categorical) -> Option<Rule> {
        categorical.rule()
    }
}

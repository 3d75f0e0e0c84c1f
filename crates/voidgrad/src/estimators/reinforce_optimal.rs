//! REINFORCE with the baseline of least variance for every coordinate.

use super::{Bias, Draw, Estimator, Method, Needs, Rule};
use crate::distribution::Distribution;
use crate::error::InvalidParameter;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};

/// `ĝ_m = (f(b) - c_m)·s_m` with the score `s = ∂/∂a ln p(b)` and `c_m = E[f·s_m²]/E[s_m²]`, the constant with which
/// coordinate m has the least variance; both expectations as moving averages.
///
/// For one Bernoulli variable it is `c* = (1 - θ)·f(1) + θ·f(0)`, which leaves no variance. The averages move in
/// [`Estimator::advance`] and depend on earlier samples only, so `ĝ` stays unbiased. Before the first they are 0.
///
/// Source: Greensmith, Bartlett and Baxter 2004, theorem 8; by coordinate, Peters and Schaal 2008, section 3.2.
///
/// ```
/// use voidgrad::estimators::{Draw, Estimator, ReinforceOptimal};
/// use voidgrad::{Bernoulli, Uniforms};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let f = |b: &[f64]| 2.0 + b[0];
/// let mut estimator = ReinforceOptimal::new(0.9)?;
/// let mut draw = Draw::new(&bernoulli);
/// draw.update(&estimator, &bernoulli, &f, Uniforms::new(&[0.25])?)?;
/// Estimator::<Bernoulli>::advance(&mut estimator, &draw);
/// assert_eq!(estimator.baselines(), [2.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReinforceOptimal {
    decay: f64,
    /// `c_m`; empty before the first estimate.
    baselines: Vec<f64>,
    /// The roots of the sums of `s_m²`, each weighted by `decay` to the power of its age: the sums themselves would be 0
    /// where scores are below 1e-154.
    roots: Vec<f64>,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "reinforce-optimal",
    title: "REINFORCE, optimal baselines",
    formula: "ĝ_m = (f(b) - c_m)·s_m, c_m moving averages of f·s_m² over s_m², s = ∂/∂a ln p(b)",
    source: "Greensmith, Bartlett and Baxter 2004, theorem 8; Peters and Schaal 2008, section 3.2",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: "1",
    parameters: "the decay of the averages, 0.99 unless given",
    bernoulli: Some(|_, _| Ok(Box::new(ReinforceOptimal::new(0.99)?))),
    categorical: Some(|_, _, _| Ok(Box::new(ReinforceOptimal::new(0.99)?))),
    gaussian: Some(|_, _, _| Ok(Box::new(ReinforceOptimal::new(0.99)?))),
};

impl ReinforceOptimal {
    /// REINFORCE whose averages forget by this factor an estimate.
    ///
    /// # Errors
    /// Where it is not in [0, 1).
    pub fn new(decay: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { decay: super::decay(decay)?, baselines: Vec::new(), roots: Vec::new() })
    }

    /// `c_m`; none before the first estimate.
    #[must_use]
    pub fn baselines(&self) -> &[f64] {
        &self.baselines
    }
}

/// b and its score.
#[derive(Default)]
struct Sample {
    b: Vec<f64>,
    score: Vec<f64>,
}

impl<D: Distribution> Estimator<D> for ReinforceOptimal {
    fn estimate(
        &self,
        distribution: &D,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f, memory } = draw;
        let Sample { b, score } = memory.of(Sample::default);
        b.resize(distribution.dimension(), 0.0);
        score.resize(gradient.len(), 0.0);
        distribution.draw(&noise, b);
        *f = evaluate(objective, b)?;
        distribution.score(b, score);
        for (m, (gradient, score)) in gradient.iter_mut().zip(score).enumerate() {
            *gradient = (*f - self.baselines.get(m).copied().unwrap_or(0.0)) * *score;
        }
        Ok(())
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        distribution.rule()
    }

    fn advance(&mut self, draw: &Draw) {
        let Some(Sample { score, .. }) = draw.memory.get() else { return };
        self.baselines.resize(score.len(), 0.0);
        self.roots.resize(score.len(), 0.0);
        for ((c, root), score) in self.baselines.iter_mut().zip(&mut self.roots).zip(score) {
            *root = (self.decay.sqrt() * *root).hypot(*score);
            // A score of 0 before any other says nothing.
            if *root > 0.0 {
                *c = super::towards(*c, draw.f, (score / *root).powi(2));
            }
        }
    }
}

//! REINFORCE with the baseline of least variance for every coordinate.

use super::{Bias, Cost, Method, Needs};
use crate::distribution::Distribution;
use crate::error::{InvalidParameter, ShapeMismatch};
use crate::estimator::{Answer, Estimator, Learned, Told, learned};
use crate::noise::Rule;

/// `ĝ_m = (f(b) - c_m)·s_m` with the score `s = ∂/∂a ln p(b)` and `c_m = E[f·s_m²]/E[s_m²]`, the constant with which
/// coordinate m has the least variance; both expectations as moving averages.
///
/// For one Bernoulli variable it is `c* = (1 - θ)·f(1) + θ·f(0)`, which leaves no variance. The averages move when
/// the estimator is [told](Estimator::tell), and depend on earlier samples only, so `ĝ` stays unbiased. Before the first they are 0. On a
/// plate they move once for each example, in their order.
///
/// Source: Greensmith, Bartlett and Baxter 2004, theorem 8; by coordinate, Peters and Schaal 2008, section 3.2.
///
/// ```
/// use voidgrad::estimators::ReinforceOptimal;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut estimator = ReinforceOptimal::new(0.9)?;
/// let mut round = Round::new();
/// round.ask(&estimator, &bernoulli, &[0.25])?;
/// round.evaluate(&|b: &[f64]| 2.0 + b[0])?;
/// round.tell(&mut estimator, &bernoulli)?;
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
    /// Memory for a score.
    score: Vec<f64>,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "reinforce-optimal",
    title: "REINFORCE, optimal baselines",
    formula: "ĝ_m = (f(b) - c_m)·s_m, c_m moving averages of f·s_m² over s_m², s = ∂/∂a ln p(b)",
    source: "Greensmith, Bartlett and Baxter 2004, theorem 8; Peters and Schaal 2008, section 3.2",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::ONE,
    parameters: "the decay of the averages, 0.99 unless given",
};

impl ReinforceOptimal {
    /// REINFORCE whose averages forget by this factor an estimate.
    ///
    /// # Errors
    /// Returns an error if it is not in [0, 1).
    pub fn new(decay: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { decay: super::decay(decay)?, baselines: Vec::new(), roots: Vec::new(), score: Vec::new() })
    }

    /// `c_m`; none before the first estimate.
    #[must_use]
    pub fn baselines(&self) -> &[f64] {
        &self.baselines
    }
}

impl<D: Distribution> Estimator<D> for ReinforceOptimal {
    fn ask(&self, distribution: &D, noise: &[f64], points: &mut [f64]) {
        distribution.sample(noise, points);
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn answer(&self, distribution: &D, told: Told<'_>, answer: Answer<'_>) {
        distribution.score(told.points, answer.gradient);
        for (m, gradient) in answer.gradient.iter_mut().enumerate() {
            *gradient *= told.values[0] - self.baselines.get(m).copied().unwrap_or(0.0);
        }
    }

    fn learn(&mut self, distribution: &D, told: Told<'_>) {
        let Self { decay, baselines, roots, score } = self;
        for values in [&mut *baselines, &mut *roots, &mut *score] {
            values.resize(distribution.parameters().len(), 0.0);
        }
        distribution.score(told.points, score);
        for ((c, root), score) in baselines.iter_mut().zip(roots).zip(score) {
            *root = (decay.sqrt() * *root).hypot(*score);
            // A score of 0 before any other says nothing.
            if *root > 0.0 {
                *c = super::towards(*c, told.values[0], (*score / *root).powi(2));
            }
        }
    }

    fn state(&self) -> Learned {
        vec![("baselines".into(), self.baselines.clone()), ("roots".into(), self.roots.clone())]
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        let baselines = learned(state, "baselines", None)?;
        let roots = learned(state, "roots", Some(baselines.len()))?;
        (self.baselines, self.roots) = (baselines.to_vec(), roots.to_vec());
        Ok(())
    }

    fn rule(&self, distribution: &D) -> Option<Rule> {
        distribution.rule()
    }
}

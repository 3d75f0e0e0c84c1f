//! The mean of REINFORCE at a sample and at its reflection.

use voidgrad::error::EstimateError;
use voidgrad::estimators::Method;
use voidgrad::estimators::rule::Node;
use voidgrad::estimators::{Bias, Needs};
use voidgrad::noise::Rule;
use voidgrad::objective::evaluate;
use voidgrad::{Bernoulli, Distribution as _, Estimator, Objective, Round};

/// `ĝ = ½·(f(b)·(b - θ) + f(b')·(b' - θ))`, b of u and b' of 1 - u.
struct Reflected;

pub(in crate::estimators) const METHOD: Method = Method {
    name: "reflected",
    title: "REINFORCE, reflected",
    formula: "ĝ = ½·(f(b)·(b - θ) + f(b')·(b' - θ)), b of u and b' of 1 - u",
    source: "Hammersley and Morton 1956",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: "2",
    parameters: "",
    bernoulli: Some(|_, _| Ok(Box::new(Reflected))),
    categorical: None,
    gaussian: None,
};

impl Estimator for Reflected {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let (mut b, mut score) = (vec![0.0; bernoulli.len()], vec![0.0; bernoulli.len()]);
        let reflected: Vec<f64> = noise.iter().map(|u| 1.0 - u).collect();
        draw.gradient.fill(0.0);
        draw.f = 0.0;
        for u in [&*noise, &reflected] {
            bernoulli.draw(u, &mut b);
            let f = evaluate(objective, &b)?;
            bernoulli.score(&b, &mut score);
            draw.f += 0.5 * f;
            draw.gradient.iter_mut().zip(&score).for_each(|(gradient, score)| *gradient += 0.5 * f * score);
        }
        Ok(())
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2
    }

    /// Nothing changes but at θ and at 1 - θ.
    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        let nodes = bernoulli.probabilities().into_iter().map(|theta| {
            let (low, high) = (theta.min(1.0 - theta), theta.max(1.0 - theta));
            let piece = |from: f64, to: f64| Node { u: f64::midpoint(from, to), weight: to - from };
            vec![piece(0.0, low), piece(low, high), piece(high, 1.0)]
        });
        Some(Rule::new(nodes.collect()))
    }
}

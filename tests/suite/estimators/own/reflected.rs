//! The mean of REINFORCE at a sample and at its reflection.

use voidgrad::estimator::{Answer, Told};
use voidgrad::estimators::{Bias, Cost, Count, Method, Needs};
use voidgrad::noise::{Node, Rule};
use voidgrad::{Bernoulli, Distribution as _, Estimator};

/// `ĝ = ½·(f(b)·(b - θ) + f(b')·(b' - θ))`, b of u and b' of 1 - u.
pub(in crate::estimators) struct Reflected;

pub(in crate::estimators) const METHOD: Method = Method {
    name: "reflected",
    title: "REINFORCE, reflected",
    formula: "ĝ = ½·(f(b)·(b - θ) + f(b')·(b' - θ)), b of u and b' of 1 - u",
    source: "Hammersley and Morton 1956",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::Fixed(2)),
    parameters: "",
};

impl Estimator for Reflected {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let (b, reflected) = points.split_at_mut(bernoulli.len());
        bernoulli.sample(noise, b);
        bernoulli.sample(&noise.iter().map(|u| 1.0 - u).collect::<Vec<f64>>(), reflected);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        for (b, f) in told.points.chunks_exact(bernoulli.len()).zip(told.values) {
            bernoulli.add_score(0.5 * f, b, answer.gradient);
        }
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2
    }

    /// Nothing changes but at θ and at 1 - θ.
    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        let nodes = bernoulli.probabilities().iter().map(|theta| {
            let (low, high) = (theta.min(1.0 - theta), theta.max(1.0 - theta));
            let piece = |from: f64, to: f64| Node { u: f64::midpoint(from, to), weight: to - from };
            vec![piece(0.0, low), piece(low, high), piece(high, 1.0)]
        });
        Some(Rule::new(nodes.collect()))
    }
}

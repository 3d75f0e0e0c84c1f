//! Rao-Blackwellisation: the sum over the most probable states, and a sample of the others.

use super::joint::Joint;
use super::{Bias, Cost, Count, Method, Needs};
use crate::categorical::Categorical;
use crate::distribution::Distribution as _;
use crate::error::{EstimateError, InvalidParameter};
use crate::estimator::{Answer, Estimator, Told};
use crate::noise::{Node, Rule};

/// The K - 1 most probable states C, and one sample b of the others:
///
/// `ĝ = Σ_{s∈C} p(s)·(f(s) - c)·∂/∂a ln p(s) + (1 - p(C))·(f(b) - c)·∂/∂a ln p(b)`, `c = Σ_{s∈C} p(s)·f(s)/p(C)`.
///
/// The baseline c does not depend on the sample. It is 0 in the paper, whose gradient of the sample may be any that is unbiased. As little is left to chance as p leaves outside of C.
///
/// If there are no more than K states, each is evaluated, and `ĝ` is the gradient. Several variables are one, whose states are their combinations: at most
/// [`LARGEST_ENUMERATION`](crate::categorical::LARGEST_ENUMERATION) of them. An estimate takes the time in which their probabilities are sorted.
///
/// Source: Liu, Regier, Tripuraneni, Jordan and `McAuliffe` 2019, section 3.
///
/// ```
/// use voidgrad::estimators::{Rloo, RaoBlackwell};
/// use voidgrad::{Categorical, variance};
/// let variable = Categorical::from_logits(&[3.0, 2.0, 0.0, -1.0, -1.0], 5)?;
/// let f = |b: &[f64]| b[0] - 2.0 * b[1] + b[3];
/// let rao_blackwell = variance::over_rule(&variable, &f, &RaoBlackwell::new(3)?)?;
/// let rloo = variance::over_rule(&variable, &f, &Rloo::new(3)?)?;
/// assert!((rao_blackwell.mean[0] - rloo.mean[0]).abs() < 1e-14);
/// assert!(rao_blackwell.variance < 0.02 * rloo.variance);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaoBlackwell {
    samples: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "rao-blackwell",
    title: "Rao-Blackwellisation",
    formula: "ĝ = Σ_s p(s)·(f(s) - c)·∂/∂a ln p(s) over the K - 1 most probable states + (1 - Σ_s p(s))·(f(b) - c)·∂/∂a ln p(b), b one of the others, c the mean of f(s)",
    source: "Liu et al. 2019, section 3",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::KOrStates),
    parameters: "K ≥ 2, 2 unless given; no more than there are states",
};

impl RaoBlackwell {
    /// K evaluations.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }

    /// All states, the most probable first, and how many of them are evaluated for certain.
    fn sorted(self, joint: &Joint<'_>) -> (Vec<usize>, usize) {
        let mut states: Vec<usize> = (0..joint.ln_p.len()).collect();
        states.sort_by(|&i, &j| joint.ln_p[j].total_cmp(&joint.ln_p[i]));
        let certain = if states.len() <= self.samples { states.len() } else { self.samples - 1 };
        (states, certain)
    }
}

impl Estimator<Categorical> for RaoBlackwell {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        let joint = Joint::new(categorical);
        let (states, certain) = self.sorted(&joint);
        for (i, b) in points.chunks_exact_mut(categorical.len()).enumerate() {
            // From the least probable, because numbers close to 0 are finer.
            let rare = states[certain..].iter().rev().copied();
            let state = if i < certain { states[i] } else { joint.draw(noise[0], rare) };
            joint.write(state, b);
        }
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, .. } = answer;
        let joint = Joint::new(categorical);
        let (states, certain) = self.sorted(&joint);
        for (weight, state) in weights[..certain].iter_mut().zip(&states) {
            *weight = joint.ln_p[*state].exp();
        }
        if let [weight] = &mut weights[certain..] {
            *weight = joint.ln_sum(states[certain..].iter().copied()).exp();
        }
        let total: f64 = weights.iter().sum();
        for weight in &mut *weights {
            *weight /= total;
        }
        // Differences before means, so that a large constant in f costs no digits.
        let first = told.values[0];
        let known = weights[..certain].iter().zip(told.values);
        let baseline = known.map(|(weight, f)| weight * (f - first)).sum::<f64>()
            / weights[..certain].iter().sum::<f64>();
        let rows = told.points.chunks_exact(categorical.len());
        for ((b, f), weight) in rows.zip(told.values).zip(&*weights) {
            categorical.add_score(weight * ((f - first) - baseline), b, gradient);
        }
    }

    fn evaluations(&self, categorical: &Categorical) -> u64 {
        Joint::count(categorical, self.samples) as u64
    }

    fn noise(&self, _: &Categorical) -> usize {
        1
    }

    fn suits(&self, categorical: &Categorical) -> Result<(), EstimateError> {
        Joint::suits(categorical)
    }

    fn rule(&self, categorical: &Categorical) -> Option<Rule> {
        Joint::suits(categorical).ok()?;
        let joint = Joint::new(categorical);
        let (states, certain) = self.sorted(&joint);
        let mut start = 0.0;
        let mut nodes: Vec<Node> = joint
            .shares(states[certain..].iter().rev().copied())
            .map(|(_, end)| {
                let node = Node { u: f64::midpoint(start, end.min(1.0)), weight: end - start };
                start = end;
                node
            })
            .collect();
        if nodes.is_empty() {
            nodes.push(Node { u: 0.5, weight: 1.0 });
        }
        Some(Rule::new(vec![nodes]))
    }
}

//! The unordered set estimator: different states, drawn without replacement.

use voidgrad_real::logaddexp;

use super::joint::{Joint, LN_ZERO, ln_left};
use super::{Bias, Cost, Count, Method, Needs};
use crate::categorical::Categorical;
use crate::distribution::Distribution as _;
use crate::error::{EstimateError, InvalidParameter};
use crate::estimator::{Answer, Estimator, Told};
use crate::noise::{Node, Rule};

/// K different states S, drawn one after the other without replacement, and then taken as a set:
///
/// `ĝ = Σ_{s∈S} w_s·(f(s) - Σ_{t∈S} w_st·f(t))·∂/∂a ln p(s)`, `w_s = p(s)·P(S|s)/P(S)`, `w_st = p(t)·P(S|s, t)/P(S|s)`, `w_ss = p(s)`.
///
/// `P(S)` is the probability of the set, the sum over all orders; `P(S|s)` that of the rest of the set after s was drawn, `P(S|s, t)` after s and t were. So `w_s` is the probability that s
/// was the first, given the set. The `w_s` add up to 1, as the `w_st` do for each s, and the inner sum, the built-in baseline, has the mean `E[f]` given that s was the first. It is computed from
/// differences of values.
///
/// No state is evaluated twice. If there are no more than K states, each is evaluated, and `ĝ` is the gradient. Several variables are one, whose states are their combinations: at most
/// [`LARGEST_ENUMERATION`](crate::categorical::LARGEST_ENUMERATION) of them. An estimate takes time in proportion to their number times K, and to `2ᴷ·K`.
///
/// Source: Kool, van Hoof and Welling 2020, section 4 (the estimator, and the one with the built-in baseline).
///
/// ```
/// use voidgrad::estimators::{Enumerate, UnorderedSet};
/// use voidgrad::{Categorical, Round};
/// let variable = Categorical::from_logits(&[0.0, 0.5, 1.0], 3)?;
/// let f = |b: &[f64]| b[0] - 2.0 * b[1];
/// let (mut round, mut exact) = (Round::new(), Round::new());
/// // Two of three states.
/// round.estimate(&UnorderedSet::new(2)?, &variable, &f, &[0.2, 0.9])?;
/// assert_eq!(round.points().len(), 2);
/// // All of them.
/// round.estimate(&UnorderedSet::new(4)?, &variable, &f, &[0.2, 0.9, 0.5])?;
/// exact.estimate(&Enumerate, &variable, &f, &[])?;
/// assert!((round.gradient()[0] - exact.gradient()[0]).abs() < 1e-15);
/// assert_eq!(UnorderedSet::new(17).unwrap_err().to_string(), "evaluations = 17 is not from 2 to 16");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnorderedSet {
    samples: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "unordered-set",
    title: "unordered set",
    formula: "ĝ = Σ_s w_s·(f(s) - Σ_t w_st·f(t))·∂/∂a ln p(s) over K different states, w_s the probability that s was drawn first, given the set",
    source: "Kool, van Hoof and Welling 2020, section 4",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::KOrStates),
    parameters: "K from 2 to 16, 2 unless given; no more than there are states",
};

/// As many combinations of draws have a rule.
const FEW: u64 = 1000;

impl UnorderedSet {
    /// K states.
    ///
    /// # Errors
    /// Returns an error if K is less than 2 or above 16.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        let allowed = "from 2 to 16";
        match usize::try_from(samples) {
            Ok(samples @ 2..=16) => Ok(Self { samples }),
            _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
        }
    }

    fn count(self, categorical: &Categorical) -> usize {
        Joint::count(categorical, self.samples)
    }
}

impl Estimator<Categorical> for UnorderedSet {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        let joint = Joint::new(categorical);
        let mut drawn: Vec<usize> = Vec::with_capacity(noise.len());
        for (u, b) in noise.iter().zip(points.chunks_exact_mut(categorical.len())) {
            let state = joint.draw(*u, (0..joint.ln_p.len()).filter(|state| !drawn.contains(state)));
            joint.write(state, b);
            drawn.push(state);
        }
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, .. } = answer;
        let joint = Joint::new(categorical);
        let samples = || told.points.chunks_exact(categorical.len());
        let set: Vec<usize> = samples().map(|b| joint.number(b)).collect();
        let ln_p: Vec<f64> = set.iter().map(|state| joint.ln_p[*state]).collect();
        let outside = (0..joint.ln_p.len()).filter(|state| !set.contains(state));
        let left = ln_left(&ln_p, joint.ln_sum(outside));
        // The probability of the rest of the set, after those in each part of it were drawn.
        let full = left.len() - 1;
        let mut rest = vec![LN_ZERO; full + 1];
        rest[full] = 0.0;
        for part in (0..full).rev() {
            for (s, ln_p) in ln_p.iter().enumerate().filter(|(s, _)| part >> s & 1 == 0) {
                rest[part] = logaddexp(rest[part], ln_p - left[part] + rest[part | 1 << s]);
            }
        }
        for (s, weight) in weights.iter_mut().enumerate() {
            *weight = (ln_p[s] + rest[1 << s] - rest[0]).exp();
        }
        let total: f64 = weights.iter().sum();
        for weight in &mut *weights {
            *weight /= total;
        }
        for (s, b) in samples().enumerate() {
            let others = (0..set.len()).filter(|t| *t != s);
            let advantage: f64 = others
                .map(|t| {
                    let weight = (ln_p[t] + rest[1 << s | 1 << t] - rest[1 << s]).exp();
                    weight * (told.values[s] - told.values[t])
                })
                .sum();
            categorical.add_score(weights[s] * advantage, b, gradient);
        }
    }

    fn evaluations(&self, categorical: &Categorical) -> u64 {
        self.count(categorical) as u64
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        self.count(categorical)
    }

    fn suits(&self, categorical: &Categorical) -> Result<(), EstimateError> {
        Joint::suits(categorical)
    }

    /// The pieces of each number between all ends of shares that any of the draws before it can lead to.
    fn rule(&self, categorical: &Categorical) -> Option<Rule> {
        let (states, count) = (categorical.joint_states()?, self.count(categorical));
        (0..count).try_fold(1, |paths: u64, _| paths.checked_mul(states)).filter(|paths| *paths <= FEW)?;
        let joint = Joint::new(categorical);
        let mut drawn = vec![Vec::new()];
        let mut nodes = Vec::new();
        for _ in 0..count {
            let (mut ends, mut longer) = (vec![0.0, 1.0], Vec::new());
            for set in &drawn {
                for (state, end) in joint.shares((0..joint.ln_p.len()).filter(|state| !set.contains(state))) {
                    ends.push(end.min(1.0));
                    longer.push([&set[..], &[state]].concat());
                }
            }
            ends.sort_unstable_by(f64::total_cmp);
            let pieces = ends.windows(2).filter(|ends| ends[0] < ends[1]);
            nodes.push(
                pieces
                    .map(|ends| Node { u: f64::midpoint(ends[0], ends[1]), weight: ends[1] - ends[0] })
                    .filter(|node| node.u < 1.0)
                    .collect(),
            );
            drawn = longer;
        }
        Some(Rule::new(nodes))
    }
}

//! Enumeration: the gradient itself, by the sum over all states.

use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::{self, Bernoulli};
use crate::categorical::{self, Categorical, row};
use crate::chain::Chain;
use crate::distribution::Distribution;
use crate::error::EstimateError;
use crate::estimator::{Answer, Estimator, Told};
use crate::noise::Rule;
use crate::plackett_luce::{self, PlackettLuce};
use crate::subset::{self, Subset};
use voidgrad_real::sigmoid;

/// `∂/∂a_m E[f(b)] = θ_m(1 - θ_m)·(E[f|b_m = 1] - E[f|b_m = 0])`, exact, from the values of f at all `2ᴹ` states; for
/// categorical variables `∂/∂a_mk E[f(b)] = θ_mk·(E[f|b_m = k] - E[f])`, from the values at all `Kᴹ` states; for subsets
/// `∂/∂a_m E[f(b)] = Σ_b p(b)·(f(b) - E[f])·b_m`, from the values at all `C(n, k)` of them; for chains and rankings
/// `Σ_b p(b)·(f(b) - E[f])·∂/∂a ln p(b)`, from the values at all `K^T` sequences and all `n!/(n - k)!` rankings.
///
/// ```
/// use voidgrad::estimators::Enumerate;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0, 0.0])?;
/// let mut round = Round::new();
/// round.estimate(&Enumerate, &bernoulli, &|b: &[f64]| b[0] * b[1], &[])?;
/// assert_eq!(round.gradient(), [0.125, 0.125]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enumerate;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "enumerate",
    title: "enumeration",
    formula: "ĝ_m = θ_m(1 - θ_m)·(E[f|b_m = 1] - E[f|b_m = 0]), by the sum over all states; categorical, Kᴹ states: ĝ_mk = θ_mk·(E[f|b_m = k] - Σ_j θ_mj·E[f|b_m = j]); k-subsets, C(n, k) of them: ĝ_m = Σ_b p(b)·f(b)·(b_m - θ_m); chains and rankings, K^T and n!/(n - k)! of them: ĝ = Σ_b p(b)·f(b)·∂ln p(b)/∂a",
    source: "the definition",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::States),
    parameters: "",
};

/// The values of f at all states, and what is left of them while variables are summed out.
#[derive(Default)]
struct Table {
    all: Vec<f64>,
    rest: Vec<f64>,
}

impl Estimator for Enumerate {
    fn ask(&self, bernoulli: &Bernoulli, _: &[f64], points: &mut [f64]) {
        for (state, b) in points.chunks_exact_mut(bernoulli.len()).enumerate() {
            for (m, b) in b.iter_mut().enumerate() {
                *b = f64::from(u8::from(state >> m & 1 == 1));
            }
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, memory, .. } = answer;
        let Table { rest, .. } = memory.of(Table::default);
        let (logits, all) = (bernoulli.logits(), told.values);
        for (m, gradient) in gradient.iter_mut().enumerate() {
            // Differences before means, so that a large constant in f costs no digits.
            rest.clear();
            let pairs = (0..all.len()).filter(|state| state >> m & 1 == 0);
            rest.extend(pairs.map(|state| all[state | 1 << m] - all[state]));
            for &a in logits[..m].iter().chain(&logits[m + 1..]) {
                sum_out(rest, sigmoid(-a), sigmoid(a));
            }
            *gradient = rest[0] * (sigmoid(logits[m]) * sigmoid(-logits[m]));
        }
        weights[0] = 1.0;
        for (m, &a) in logits.iter().enumerate() {
            spread(weights, 1 << m, &[sigmoid(-a), sigmoid(a)]);
        }
    }

    fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        u32::try_from(bernoulli.len()).ok().and_then(|m| 1_u64.checked_shl(m)).unwrap_or(u64::MAX)
    }

    fn noise(&self, _: &Bernoulli) -> usize {
        0
    }

    fn suits(&self, bernoulli: &Bernoulli) -> Result<(), EstimateError> {
        let (found, allowed) = (bernoulli.len(), bernoulli::LARGEST_ENUMERATION);
        if found > allowed { Err(EstimateError::TooManyVariables { found, allowed }) } else { Ok(()) }
    }

    fn rule(&self, _: &Bernoulli) -> Option<Rule> {
        Some(Rule::new(Vec::new()))
    }
}

/// Makes the probabilities of the first `count` combinations of states those of `count` times as many as `theta` has: one more
/// variable, whose digit is slower than those before it.
fn spread(weights: &mut [f64], count: usize, theta: &[f64]) {
    for (k, theta) in theta.iter().enumerate().rev() {
        for i in 0..count {
            weights[k * count + i] = weights[i] * theta;
        }
    }
}

/// The expectation over the variable that is the last digit of the state.
fn sum_out(table: &mut Vec<f64>, p_0: f64, p_1: f64) {
    for i in 0..table.len() / 2 {
        table[i] = p_0 * table[2 * i] + p_1 * table[2 * i + 1];
    }
    table.truncate(table.len() / 2);
}

impl Estimator<Categorical> for Enumerate {
    fn ask(&self, categorical: &Categorical, _: &[f64], points: &mut [f64]) {
        categorical.write_states(points);
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, memory, .. } = answer;
        let Table { all, rest } = memory.of(Table::default);
        // Differences before means, so that a large constant in f costs no digits.
        all.clear();
        all.extend(told.values.iter().map(|value| value - told.values[0]));
        let states = categorical.states();
        let probabilities = categorical.probabilities();
        let thetas = || probabilities.chunks_exact(states);
        let complements = categorical.complements().chunks_exact(states);
        let rows = gradient.chunks_exact_mut(states).zip(thetas().zip(complements));
        // From the last variable to the first: `all` has lost those after it, `rest` those before it as well.
        for (m, (gradient, (theta, complement))) in rows.enumerate().rev() {
            rest.clone_from(all);
            thetas().take(m).for_each(|theta| sum_out_first(rest, theta));
            gradient.copy_from_slice(rest);
            row::centre(theta, complement, gradient);
            gradient.iter_mut().zip(theta).for_each(|(gradient, theta)| *gradient *= theta);
            sum_out_last(all, theta);
        }
        // The last variable has the fastest digit.
        weights[0] = 1.0;
        let mut count = 1;
        for theta in thetas().rev() {
            spread(weights, count, theta);
            count *= states;
        }
    }

    fn evaluations(&self, categorical: &Categorical) -> u64 {
        categorical.joint_states().unwrap_or(u64::MAX)
    }

    fn noise(&self, _: &Categorical) -> usize {
        0
    }

    fn suits(&self, categorical: &Categorical) -> Result<(), EstimateError> {
        match categorical.joint_states() {
            Some(states) if states <= categorical::LARGEST_ENUMERATION => Ok(()),
            _ => {
                let allowed = categorical::LARGEST_ENUMERATION.ilog(categorical.states() as u64) as usize;
                Err(EstimateError::TooManyVariables { found: categorical.variables(), allowed })
            }
        }
    }

    fn rule(&self, _: &Categorical) -> Option<Rule> {
        Some(Rule::new(Vec::new()))
    }
}

/// The expectation over the variable with the slowest digit of the state.
fn sum_out_first(table: &mut Vec<f64>, theta: &[f64]) {
    let stride = table.len() / theta.len();
    for i in 0..stride {
        table[i] = theta.iter().enumerate().map(|(k, theta)| theta * table[k * stride + i]).sum();
    }
    table.truncate(stride);
}

/// The expectation over the variable with the fastest digit of the state.
fn sum_out_last(table: &mut Vec<f64>, theta: &[f64]) {
    let states = theta.len();
    let length = table.len() / states;
    for i in 0..length {
        table[i] = theta.iter().enumerate().map(|(k, theta)| theta * table[i * states + k]).sum();
    }
    table.truncate(length);
}

impl Estimator<Subset> for Enumerate {
    fn ask(&self, subset: &Subset, _: &[f64], points: &mut [f64]) {
        subset.write_states(points);
    }

    fn answer(&self, subset: &Subset, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, memory, .. } = answer;
        let Table { all, .. } = memory.of(Table::default);
        let states = || told.points.chunks_exact(subset.len());
        for (weight, b) in weights.iter_mut().zip(states()) {
            *weight = subset.p(b);
        }
        // Differences before means, so that a large constant in f costs no digits.
        all.clear();
        all.extend(told.values.iter().map(|value| value - told.values[0]));
        let mean: f64 = weights.iter().zip(&*all).map(|(weight, f)| weight * f).sum();
        all.iter_mut().zip(&*weights).for_each(|(f, weight)| *f = weight * (*f - mean));
        for (m, gradient) in gradient.iter_mut().enumerate() {
            // The sums over the subsets with m and over those without have the sum 0.
            let is_rare = subset.marginals()[m] < subset.complements()[m];
            let rarer = if is_rare { 1.0 } else { 0.0 };
            let sum: f64 = states().zip(&*all).filter(|(b, _)| b[m] == rarer).map(|(_, f)| f).sum();
            *gradient = if is_rare { sum } else { -sum };
        }
    }

    fn evaluations(&self, subset: &Subset) -> u64 {
        subset.states().unwrap_or(u64::MAX)
    }

    fn noise(&self, _: &Subset) -> usize {
        0
    }

    fn suits(&self, subset: &Subset) -> Result<(), EstimateError> {
        match subset.states() {
            Some(states) if states <= subset::LARGEST_ENUMERATION => Ok(()),
            _ => {
                let (found, allowed) = (subset.len(), subset.most_enumerated());
                Err(EstimateError::TooManyVariables { found, allowed })
            }
        }
    }

    fn rule(&self, _: &Subset) -> Option<Rule> {
        Some(Rule::new(Vec::new()))
    }
}

/// The sum over all states of the score, times p, times what f is above its mean.
fn sum_scores<D: Distribution>(
    distribution: &D,
    p: impl Fn(&[f64]) -> f64,
    told: Told<'_>,
    Answer { gradient, weights, .. }: Answer<'_>,
) {
    let states = || told.points.chunks_exact(distribution.dimension());
    for (weight, b) in weights.iter_mut().zip(states()) {
        *weight = p(b);
    }
    // Differences before means, so that a large constant in f costs no digits.
    let first = told.values[0];
    let differences = || told.values.iter().map(|value| value - first).zip(&*weights);
    let mean: f64 = differences().map(|(f, weight)| weight * f).sum();
    for ((f, weight), b) in differences().zip(states()) {
        distribution.add_score(weight * (f - mean), b, gradient);
    }
}

impl Estimator<Chain> for Enumerate {
    fn ask(&self, chain: &Chain, _: &[f64], points: &mut [f64]) {
        chain.write_sequences(points);
    }

    fn answer(&self, chain: &Chain, told: Told<'_>, answer: Answer<'_>) {
        sum_scores(chain, |b| chain.p(b), told, answer);
    }

    fn evaluations(&self, chain: &Chain) -> u64 {
        chain.sequences().unwrap_or(u64::MAX)
    }

    fn noise(&self, _: &Chain) -> usize {
        0
    }

    fn suits(&self, chain: &Chain) -> Result<(), EstimateError> {
        match chain.sequences() {
            Some(sequences) if sequences <= categorical::LARGEST_ENUMERATION => Ok(()),
            _ => {
                let allowed = categorical::LARGEST_ENUMERATION.ilog(chain.states() as u64) as usize;
                Err(EstimateError::TooManyVariables { found: chain.len(), allowed })
            }
        }
    }

    fn rule(&self, _: &Chain) -> Option<Rule> {
        Some(Rule::new(Vec::new()))
    }
}

impl Estimator<PlackettLuce> for Enumerate {
    fn ask(&self, rankings: &PlackettLuce, _: &[f64], points: &mut [f64]) {
        rankings.write_rankings(points);
    }

    fn answer(&self, rankings: &PlackettLuce, told: Told<'_>, answer: Answer<'_>) {
        sum_scores(rankings, |b| rankings.p(b), told, answer);
    }

    fn evaluations(&self, rankings: &PlackettLuce) -> u64 {
        rankings.rankings().unwrap_or(u64::MAX)
    }

    fn noise(&self, _: &PlackettLuce) -> usize {
        0
    }

    fn suits(&self, rankings: &PlackettLuce) -> Result<(), EstimateError> {
        match rankings.rankings() {
            Some(count) if count <= plackett_luce::LARGEST_ENUMERATION => Ok(()),
            _ => {
                let (found, allowed) = (rankings.items(), rankings.most_enumerated());
                Err(EstimateError::TooManyVariables { found, allowed })
            }
        }
    }

    fn rule(&self, _: &PlackettLuce) -> Option<Rule> {
        Some(Rule::new(Vec::new()))
    }
}

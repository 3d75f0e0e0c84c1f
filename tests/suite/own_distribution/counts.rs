//! Counts of successes that depend on each other.

use voidgrad::error::{DistributionError, InvalidParameter, SampleError, ShapeMismatch};
use voidgrad::noise::{Node, Rule};
use voidgrad::{ClosedForms, Distribution};

/// M independent counts from 0 to n of the Conway–Maxwell-binomial distribution, `p(b) ∝ C(n, b)^ν·e^(ab)`.
///
/// With ν = 1 it is the binomial distribution, and a is its logit. A larger ν moves the counts to the middle, a smaller one to 0 and n. It is an exponential
/// family with the statistics `T(b) = (b, ln C(n, b))`, so the score is `T(b) - E[T]`, and every other derivative is a covariance of T.
///
/// Source: Kadane 2016, "Sums of Possibly Associated Bernoulli Variables: The Conway–Maxwell-Binomial Distribution", Bayesian Analysis 11.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counts {
    /// `a_0, ν_0, a_1, ν_1, …`.
    parameters: Vec<f64>,
    /// `T(b)` for each b from 0 to n.
    statistics: Vec<[f64; 2]>,
    /// What follows from the parameters, for each variable.
    variables: Vec<Variable>,
}

#[derive(Debug, Clone, PartialEq)]
struct Variable {
    /// `(a, ν)`.
    a: [f64; 2],
    /// `ln Σ_b C(n, b)^ν·e^(ab)`.
    ln_sum: f64,
    /// `p(b)` for each b from 0 to n, and their sums up to b.
    p: Vec<f64>,
    sums: Vec<f64>,
    /// `E[T]`, and the covariances of T.
    mean: [f64; 2],
    covariance: [[f64; 2]; 2],
}

/// Beyond this, `a·n` would say nothing but which state is certain, and some way beyond it would overflow.
const LARGEST: f64 = 1e6;

impl Counts {
    /// Counts from 0 to n with these `(a, ν)`.
    pub(super) fn new(n: usize, parameters: &[[f64; 2]]) -> Result<Self, DistributionError> {
        let mut ln_choose = 0.0;
        let statistics = (0..=n)
            .map(|b| {
                if b > 0 {
                    ln_choose += ((n + 1 - b) as f64 / b as f64).ln();
                }
                [b as f64, ln_choose]
            })
            .collect();
        let mut counts =
            Self { parameters: vec![0.0; 2 * parameters.len()], statistics, variables: Vec::new() };
        counts.set_parameters(parameters.as_flattened())?;
        Ok(counts)
    }

    /// `T(b)`.
    fn statistics(&self, b: f64) -> [f64; 2] {
        self.statistics[self.statistics.partition_point(|t| t[0] < b)]
    }

    /// The variables of both, if they have the same states.
    fn with<'a>(
        &'a self,
        other: &'a Self,
    ) -> Result<impl Iterator<Item = (&'a Variable, &'a Variable)>, ShapeMismatch> {
        let counts = [
            ("variables", self.variables.len(), other.variables.len()),
            ("states", self.statistics.len(), other.statistics.len()),
        ];
        match counts.into_iter().find(|(_, expected, found)| expected != found) {
            Some((name, expected, found)) => Err(ShapeMismatch { name, found, expected }),
            None => Ok(self.variables.iter().zip(&other.variables)),
        }
    }
}

impl Variable {
    fn new(a: [f64; 2], statistics: &[[f64; 2]]) -> Self {
        let logits: Vec<f64> = statistics.iter().map(|&t| dot(a, t)).collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let ln_sum = largest + logits.iter().map(|logit| (logit - largest).exp()).sum::<f64>().ln();
        let p: Vec<f64> = logits.iter().map(|logit| (logit - ln_sum).exp()).collect();
        let sums = p
            .iter()
            .scan(0.0, |sum, p| {
                *sum += p;
                Some(*sum)
            })
            .collect();
        let expectation =
            |of: &dyn Fn([f64; 2]) -> f64| -> f64 { p.iter().zip(statistics).map(|(p, &t)| p * of(t)).sum() };
        let mean = [0, 1].map(|i| expectation(&|t| t[i]));
        let covariance =
            [0, 1].map(|i| [0, 1].map(|j| expectation(&|t| (t[i] - mean[i]) * (t[j] - mean[j]))));
        Self { a, ln_sum, p, sums, mean, covariance }
    }

    /// The covariances of T with `direction·T`.
    fn covariances(&self, direction: [f64; 2]) -> [f64; 2] {
        self.covariance.map(|row| dot(row, direction))
    }

    /// Rounding can make it negative, which it is not.
    fn kl(&self, other: &Self) -> f64 {
        (dot(minus(self.a, other.a), self.mean) - self.ln_sum + other.ln_sum).max(0.0)
    }
}

impl Distribution for Counts {
    fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    fn set_parameters(&mut self, parameters: &[f64]) -> Result<(), DistributionError> {
        let (found, expected) = (parameters.len(), self.parameters.len());
        if found != expected {
            return Err(ShapeMismatch { name: "parameters", found, expected }.into());
        }
        if let Some(&value) = parameters.iter().find(|value| value.is_nan() || value.abs() > LARGEST) {
            return Err(
                InvalidParameter { name: "a or ν", value, allowed: "a number from -1e6 to 1e6" }.into()
            );
        }
        self.parameters.copy_from_slice(parameters);
        self.variables =
            parameters.as_chunks().0.iter().map(|&a| Variable::new(a, &self.statistics)).collect();
        Ok(())
    }

    fn dimension(&self) -> usize {
        self.variables.len()
    }

    fn uniforms(&self) -> usize {
        self.variables.len()
    }

    fn sample(&self, u: &[f64], b: &mut [f64]) {
        assert_eq!((u.len(), b.len()), (self.uniforms(), self.dimension()), "one number for each variable");
        for ((b, u), Variable { sums, .. }) in b.iter_mut().zip(u).zip(&self.variables) {
            // The last sum may be rounded to less than 1.
            *b = sums.partition_point(|sum| sum <= u).min(sums.len() - 1) as f64;
        }
    }

    fn ln_p(&self, b: &[f64]) -> Result<f64, SampleError> {
        let (found, expected) = (b.len(), self.dimension());
        if found != expected {
            return Err(ShapeMismatch { name: "b", found, expected }.into());
        }
        let n = self.statistics.len() - 1;
        let is_state = |b: f64| b >= 0.0 && b <= n as f64 && b.fract() == 0.0;
        if let Some(index) = b.iter().position(|&b| !is_state(b)) {
            let allowed = format!("an integer from 0 to {n}").into();
            return Err(SampleError::Entry { index, value: b[index], allowed });
        }
        let terms = b.iter().zip(&self.variables);
        Ok(terms.map(|(&b, Variable { a, ln_sum, .. })| dot(*a, self.statistics(b)) - ln_sum).sum())
    }

    fn mode(&self, b: &mut [f64]) {
        assert_eq!(b.len(), self.dimension(), "one entry for each variable");
        for (b, Variable { p, .. }) in b.iter_mut().zip(&self.variables) {
            *b = (1..p.len()).fold(0, |best, state| if p[state] > p[best] { state } else { best }) as f64;
        }
    }

    /// The middle of the numbers that lead to each state.
    fn rule(&self) -> Option<Rule> {
        let nodes = self.variables.iter().map(|Variable { p, sums, .. }| {
            p.iter().zip(sums).map(|(&weight, sum)| Node { u: sum - 0.5 * weight, weight }).collect()
        });
        Some(Rule::new(nodes.collect()))
    }

    fn score(&self, b: &[f64], score: &mut [f64]) {
        assert_eq!(b.len(), self.dimension(), "one entry for each variable");
        score.fill(0.0);
        let terms = b.iter().zip(&self.variables);
        add(1.0, terms.map(|(&b, variable)| minus(self.statistics(b), variable.mean)), score);
    }
}

impl ClosedForms for Counts {
    fn mean(&self, mean: &mut [f64]) {
        assert_eq!(mean.len(), self.dimension(), "one entry for each variable");
        mean.iter_mut().zip(&self.variables).for_each(|(to, Variable { mean, .. })| *to = mean[0]);
    }

    /// `ln Σ - (a, ν)·E[T]`.
    fn entropy(&self) -> f64 {
        self.variables.iter().map(|Variable { a, ln_sum, mean, .. }| ln_sum - dot(*a, *mean)).sum()
    }

    fn add_entropy_gradient(&self, weight: f64, gradient: &mut [f64]) {
        add(-weight, self.variables.iter().map(|variable| variable.covariances(variable.a)), gradient);
    }

    fn kl(&self, other: &Self) -> Result<f64, ShapeMismatch> {
        Ok(self.with(other)?.map(|(variable, other)| variable.kl(other)).sum())
    }

    fn add_kl_gradient(&self, weight: f64, other: &Self, gradient: &mut [f64]) -> Result<(), ShapeMismatch> {
        let derivatives =
            self.with(other)?.map(|(variable, other)| variable.covariances(minus(variable.a, other.a)));
        add(weight, derivatives, gradient);
        Ok(())
    }

    fn add_kl_gradient_of_other(
        &self,
        weight: f64,
        other: &Self,
        gradient: &mut [f64],
    ) -> Result<(), ShapeMismatch> {
        add(weight, self.with(other)?.map(|(variable, other)| minus(other.mean, variable.mean)), gradient);
        Ok(())
    }
}

/// Adds `weight` times the derivatives by `(a, ν)` of every variable.
fn add(weight: f64, derivatives: impl Iterator<Item = [f64; 2]>, gradient: &mut [f64]) {
    let (pairs, rest) = gradient.as_chunks_mut::<2>();
    assert!(rest.is_empty(), "two parameters for each variable");
    for (sum, derivative) in pairs.iter_mut().zip(derivatives) {
        sum.iter_mut().zip(derivative).for_each(|(sum, derivative)| *sum += weight * derivative);
    }
}

fn dot([a_0, a_1]: [f64; 2], [b_0, b_1]: [f64; 2]) -> f64 {
    a_0 * b_0 + a_1 * b_1
}

fn minus([a_0, a_1]: [f64; 2], [b_0, b_1]: [f64; 2]) -> [f64; 2] {
    [a_0 - b_0, a_1 - b_1]
}

//! Moments of `ĝ` over finite noise, against the formulas of the papers, written out plainly.

use super::{Cubic, all, close, double_cv_of, gradient, rodeo_of, states, variables};
use crate::bernoulli::Bernoulli;
use crate::estimator::Estimator;
use crate::estimators::{
    Arm, BitFlip, Disarm, Enumerate, LocalExpectation, MuProp, ReinMax, Reinforce, Rloo, StraightThrough,
};
use crate::objective::Differentiable;
use crate::variance::{self, Technique};
use voidgrad_real::sigmoid;

/// What the exact expectation of every estimator with a rule is off by, at as many variables as take 100,000 estimates, at
/// most 8.
#[test]
fn the_expectation_is_the_gradient_where_an_estimator_is_unbiased_and_else_it_is_not() {
    let mut tested = Vec::new();
    for (name, method, estimator) in all(&variables(1)) {
        let suits = |count: &usize| {
            let size = estimator.rule(&variables(*count)).and_then(|rule| rule.size());
            size.is_some_and(|size| size <= 100_000)
        };
        let Some(count) = (1..=8).rev().find(suits) else { continue };
        let bernoulli = variables(count);
        let exact = gradient(&bernoulli, &Cubic);
        let moments = variance::moments(&bernoulli, &Cubic, &estimator).unwrap();
        assert_eq!(moments.technique, Technique::Enumeration);
        let errors = moments.mean.iter().zip(&exact).map(|(mean, exact)| (mean - exact).abs());
        let error = errors.fold(0.0, f64::max);
        if method.is_biased() {
            assert!(error > 0.01, "{name} is said to be biased, and its error is {error:e}");
        } else {
            // Rounding of sums of up to 100,000 terms below 10.
            assert!(error < 1e-13, "{name}, M = {count}: {error:e}");
        }
        tested.push((name, count));
    }
    let of_eight = tested.iter().filter(|(_, count)| *count == 8).count();
    assert!(tested.len() >= 31 && of_eight >= 10, "{tested:?}");
}

fn value(b: &[f64]) -> f64 {
    Cubic.value(b)
}

fn slope(x: &[f64]) -> Vec<f64> {
    let mut slope = vec![0.0; x.len()];
    Cubic.value_and_gradient(x, &mut slope);
    slope
}

fn theta(bernoulli: &Bernoulli) -> Vec<f64> {
    bernoulli.logits().iter().map(|&a| sigmoid(a)).collect()
}

/// Mean and variance of values with their probabilities, by coordinate and averaged.
fn moments(values: &[(Vec<f64>, f64)]) -> (Vec<f64>, f64) {
    let variables = values[0].0.len();
    let mean: Vec<f64> = (0..variables).map(|m| values.iter().map(|(g, p)| p * g[m]).sum()).collect();
    let square = |g: &[f64]| -> f64 { g.iter().zip(&mean).map(|(g, mean)| (g - mean) * (g - mean)).sum() };
    let variance = values.iter().map(|(g, p)| p * square(g)).sum::<f64>() / variables as f64;
    (mean, variance)
}

/// Holds the exact moments against those of a formula.
#[track_caller]
fn agree(name: &str, bernoulli: &Bernoulli, estimator: &impl Estimator, values: &[(Vec<f64>, f64)]) {
    let total: f64 = values.iter().map(|(_, p)| p).sum();
    close("the probabilities", total, 1.0, 1e-14);
    let (mean, variance) = moments(values);
    let found = variance::moments(bernoulli, &Cubic, estimator).unwrap();
    for (found, mean) in found.mean.iter().zip(mean) {
        close(name, *found, mean, 1e-14);
    }
    close(name, found.variance, variance, 1e-14);
    assert!(variance > 1e-4, "{name}: nothing was tested");
}

/// All samples of K states, with their probabilities.
fn samples(bernoulli: &Bernoulli, count: usize) -> Vec<(Vec<Vec<f64>>, f64)> {
    (0..count).fold(vec![(Vec::new(), 1.0)], |all, _| {
        let mut longer = Vec::new();
        for (samples, p) in &all {
            for (b, p_b) in states(bernoulli) {
                let mut samples: Vec<Vec<f64>> = samples.clone();
                samples.push(b);
                longer.push((samples, p * p_b));
            }
        }
        longer
    })
}

fn of_state(bernoulli: &Bernoulli, g: impl Fn(&[f64], usize) -> f64) -> Vec<(Vec<f64>, f64)> {
    let one = |(b, p): (Vec<f64>, f64)| ((0..b.len()).map(|m| g(&b, m)).collect(), p);
    states(bernoulli).into_iter().map(one).collect()
}

#[test]
fn estimators_of_one_sample_have_the_variance_of_their_formula() {
    let bernoulli = variables(3);
    let theta = theta(&bernoulli);
    let at_mean = (value(&theta), slope(&theta));
    let with = |b: &[f64], m: usize, state: f64| {
        let mut b = b.to_vec();
        b[m] = state;
        value(&b)
    };
    let reinforce = of_state(&bernoulli, |b, m| (value(b) - 0.4) * (b[m] - theta[m]));
    agree("reinforce", &bernoulli, &Reinforce::new(0.4).unwrap(), &reinforce);
    let muprop = of_state(&bernoulli, |b, m| {
        let linear: f64 = (0..3).map(|j| at_mean.1[j] * (b[j] - theta[j])).sum();
        (value(b) - at_mean.0 - linear) * (b[m] - theta[m]) + at_mean.1[m] * theta[m] * (1.0 - theta[m])
    });
    agree("muprop", &bernoulli, &MuProp, &muprop);
    let local =
        of_state(&bernoulli, |b, m| (with(b, m, 1.0) - with(b, m, 0.0)) * theta[m] * (1.0 - theta[m]));
    agree("local-expectation", &bernoulli, &LocalExpectation, &local);
    let straight_through = of_state(&bernoulli, |b, m| slope(b)[m] * theta[m] * (1.0 - theta[m]));
    agree("straight-through", &bernoulli, &StraightThrough, &straight_through);
    // As the paper has it for a one-hot sample: 2·π₁(1 - π₁)·∇f - ½·θ(1 - θ)·∇f, π₁ = (θ + b)/2.
    let reinmax = of_state(&bernoulli, |b, m| {
        let pi = f64::midpoint(theta[m], b[m]);
        (2.0 * pi * (1.0 - pi) - 0.5 * theta[m] * (1.0 - theta[m])) * slope(b)[m]
    });
    agree("reinmax", &bernoulli, &ReinMax, &reinmax);
}

/// Every set of K - 1 of the variables has the same probability, and `ĝ` is that of local expectation on it, times M/(K - 1).
#[test]
fn bit_flip_has_the_variance_of_its_formula() {
    let bernoulli = variables(3);
    let theta = theta(&bernoulli);
    let local = |b: &[f64], m: usize| {
        let [zero, one] = [0.0, 1.0].map(|state| {
            let mut b = b.to_vec();
            b[m] = state;
            value(&b)
        });
        (one - zero) * theta[m] * (1.0 - theta[m])
    };
    for (count, sets) in [
        (2, vec![vec![0], vec![1], vec![2]]),
        (3, vec![vec![0, 1], vec![0, 2], vec![1, 2]]),
        (4, vec![vec![0, 1, 2]]),
    ] {
        let mut values = Vec::new();
        for (b, p) in states(&bernoulli) {
            for set in &sets {
                let factor = 3.0 / set.len() as f64;
                let of = |m: usize| if set.contains(&m) { factor * local(&b, m) } else { 0.0 };
                values.push(((0..3).map(of).collect(), p / sets.len() as f64));
            }
        }
        agree("bit-flip", &bernoulli, &BitFlip::new(count).unwrap(), &values);
    }
    // As many as there are, and no more.
    let all = BitFlip::new(100).unwrap();
    let found = variance::moments(&bernoulli, &Cubic, &all).unwrap();
    let local = variance::moments(&bernoulli, &Cubic, &LocalExpectation).unwrap();
    close("all", found.variance, local.variance, 1e-14);
    assert_eq!(all.evaluations(&bernoulli), 4);
}

#[test]
fn enumeration_has_no_variance() {
    let found = variance::moments(&variables(5), &Cubic, &Enumerate).unwrap();
    assert_eq!(found.variance, 0.0);
}

#[test]
fn estimators_of_several_samples_have_the_variance_of_their_formula() {
    let bernoulli = variables(2);
    let theta = theta(&bernoulli);
    for count in [2, 3] {
        let (k, others) = (count as f64, count as f64 - 1.0);
        let of = |g: &dyn Fn(&[Vec<f64>], usize) -> f64| -> Vec<(Vec<f64>, f64)> {
            let all = samples(&bernoulli, count).into_iter();
            all.map(|(b, p)| ((0..2).map(|m| g(&b, m)).collect(), p)).collect()
        };
        let rloo = of(&|b, m| {
            let total: f64 = b.iter().map(|b| value(b)).sum();
            let advantage = |b: &[f64]| value(b) - (total - value(b)) / others;
            b.iter().map(|b| advantage(b) * (b[m] - theta[m]) / k).sum()
        });
        agree("rloo", &bernoulli, &Rloo::new(count as u64).unwrap(), &rloo);
        for alpha in [-1.0, 0.0, 0.6] {
            let double_cv = of(&|b, m| {
                let mut g = 0.0;
                let d = |i: usize, j: usize| {
                    let total: f64 = (0..count).filter(|&l| l != i).map(|l| slope(&b[l])[j]).sum();
                    total / others
                };
                let h = |i: usize| -> f64 {
                    let linear: f64 = (0..2).map(|j| d(i, j) * (b[i][j] - theta[j])).sum();
                    value(&b[i]) + alpha * linear
                };
                for (i, b) in b.iter().enumerate() {
                    let baseline: f64 = (0..count).filter(|&l| l != i).map(h).sum::<f64>() / others;
                    g += (h(i) - baseline) * (b[m] - theta[m]) / k;
                    g -= alpha * d(i, m) * theta[m] * (1.0 - theta[m]) / k;
                }
                g
            });
            agree("double-cv", &bernoulli, &double_cv_of(count as u64, alpha), &double_cv);
        }
    }
}

/// The three controls of RODEO for one sample of a surrogate h: what its baseline adds to those of the others, `E[h|b without b_m] - h` over all m, and the Gibbs operator's
/// step of the variable itself and those of the others on h·s, all from expectations over one variable.
fn operated(theta: &[f64], b: &[f64], h: &dyn Fn(&[f64]) -> f64) -> (f64, Vec<f64>, Vec<f64>) {
    let count = b.len();
    let expected = |m: usize, g: &dyn Fn(&[f64]) -> f64| {
        let [zero, one] = [0.0, 1.0].map(|state| {
            let mut b = b.to_vec();
            b[m] = state;
            g(&b)
        });
        (1.0 - theta[m]) * zero + theta[m] * one - g(b)
    };
    let times_score = |m: usize| move |b: &[f64]| h(b) * (b[m] - theta[m]);
    let own = (0..count).map(|m| expected(m, &times_score(m))).collect();
    let others =
        (0..count).map(|m| (0..count).filter(|i| *i != m).map(|i| expected(i, &times_score(m))).sum());
    ((0..count).map(|m| expected(m, h)).sum(), own, others.collect())
}

/// The functions h of the samples.
type Surrogates<'a> = Vec<Box<dyn Fn(usize, &[f64]) -> f64 + 'a>>;

#[test]
fn rodeo_has_the_variance_of_its_formula() {
    let bernoulli = variables(2);
    let theta = theta(&bernoulli);
    let of_slopes = [0.7, -0.4, 0.9, 0.3, -0.6, 0.2];
    for (count, weights) in
        [(2, &of_slopes[..]), (3, &of_slopes), (2, &[0.6, 0.5, -0.8]), (3, &[0.6, 0.5, -0.8])]
    {
        let estimator = rodeo_of(count as u64, weights);
        let learned: Vec<f64> = estimator.weights().map(|(_, _, weight)| weight).collect();
        for (learned, weight) in learned.iter().zip(weights) {
            close("a ridge of 1e-4", *learned, *weight, 2e-4);
        }
        let (k, others) = (count as f64, count as f64 - 1.0);
        let estimate = |all: &[Vec<f64>]| {
            let mean_of_others = |k: usize, x: &dyn Fn(usize) -> f64| {
                (0..count).filter(|j| *j != k).map(x).sum::<f64>() / others
            };
            let surrogates: Surrogates<'_> = if weights.len() == 3 {
                vec![Box::new(|k, b| value(b) - mean_of_others(k, &|j| value(&all[j])))]
            } else {
                let of = |phi: fn(f64) -> f64| {
                    move |k: usize, b: &[f64]| {
                        mean_of_others(k, &|j| {
                            let steps = b.iter().zip(&all[j]).zip(slope(&all[j]));
                            phi(steps.map(|((b, other), slope)| (b - other) * slope).sum())
                        })
                    }
                };
                vec![Box::new(of(|t| t)), Box::new(of(f64::abs))]
            };
            let mut g = vec![0.0; 2];
            for (h, weights) in surrogates.iter().zip(learned.chunks(3)) {
                let parts: Vec<_> = (0..count).map(|k| operated(&theta, &all[k], &|b| h(k, b))).collect();
                for m in 0..2 {
                    for (k, (_, own, others)) in parts.iter().enumerate() {
                        let baseline = mean_of_others(k, &|j| parts[j].0);
                        g[m] -= weights[0] * baseline * (all[k][m] - theta[m]);
                        g[m] += weights[1] * own[m] + weights[2] * others[m];
                    }
                }
            }
            for (m, g) in g.iter_mut().enumerate() {
                for (i, b) in all.iter().enumerate() {
                    *g += (value(b) - mean_of_others(i, &|j| value(&all[j]))) * (b[m] - theta[m]);
                }
                *g /= k;
            }
            g
        };
        let values: Vec<_> =
            samples(&bernoulli, count).into_iter().map(|(all, p)| (estimate(&all), p)).collect();
        agree("rodeo", &bernoulli, &estimator, &values);
    }
}

/// A piece of (0, 1) on which neither u nor 1 - u changes a sample: its ends, b and b'.
fn pieces(theta: f64) -> Vec<[f64; 4]> {
    let mut ends = vec![0.0, theta.min(1.0 - theta), theta.max(1.0 - theta), 1.0];
    ends.dedup();
    let b = |u: f64| if u > 1.0 - theta { 1.0 } else { 0.0 };
    let middles = ends.windows(2).map(|ends| (ends[0], ends[1], f64::midpoint(ends[0], ends[1])));
    middles.map(|(low, high, middle)| [low, high, b(middle), b(1.0 - middle)]).collect()
}

/// ARM's moments by the integrals of `u - ½` and its square over the pieces of two variables.
fn arm(bernoulli: &Bernoulli) -> (Vec<f64>, f64) {
    let theta = theta(bernoulli);
    let (mut mean, mut squares) = (vec![0.0; 2], [0.0; 2]);
    for first in pieces(theta[0]) {
        for second in pieces(theta[1]) {
            let difference = value(&[first[2], second[2]]) - value(&[first[3], second[3]]);
            for (m, (own, other)) in [(first, second), (second, first)].into_iter().enumerate() {
                let width = other[1] - other[0];
                let power = |n: i32| ((own[1] - 0.5).powi(n) - (own[0] - 0.5).powi(n)) / f64::from(n);
                mean[m] += difference * power(2) * width;
                squares[m] += difference * difference * power(3) * width;
            }
        }
    }
    let variance = (squares[0] - mean[0] * mean[0] + squares[1] - mean[1] * mean[1]) / 2.0;
    (mean, variance)
}

#[test]
fn arm_has_the_variance_of_a_piecewise_integral_over_u() {
    let bernoulli = variables(2);
    let (mean, variance) = arm(&bernoulli);
    let found = variance::moments(&bernoulli, &Cubic, &Arm).unwrap();
    for (&found, &mean) in found.mean.iter().zip(&mean) {
        close("arm", found, mean, 1e-14);
    }
    close("arm", found.variance, variance, 1e-14);
}

#[test]
fn disarm_has_the_variance_of_a_piecewise_integral_over_u() {
    let bernoulli = variables(2);
    let theta = theta(&bernoulli);
    let mut one_pair = Vec::new();
    for first in pieces(theta[0]) {
        for second in pieces(theta[1]) {
            let difference = value(&[first[2], second[2]]) - value(&[first[3], second[3]]);
            let g = |piece: [f64; 4], theta: f64| {
                0.5 * difference * (piece[2] - piece[3]) * theta.max(1.0 - theta)
            };
            let p = (first[1] - first[0]) * (second[1] - second[0]);
            one_pair.push((vec![g(first, theta[0]), g(second, theta[1])], p));
        }
    }
    agree("disarm", &bernoulli, &Disarm::new(2).unwrap(), &one_pair);
    // Two pairs: the variance of a mean is half of that of one.
    let (mean, variance) = moments(&one_pair);
    let found = variance::moments(&bernoulli, &Cubic, &Disarm::new(4).unwrap()).unwrap();
    close("two pairs", found.variance, variance / 2.0, 1e-14);
    close("two pairs", found.mean[1], mean[1], 1e-14);
    // And integrating u out takes variance away.
    assert!(arm(&bernoulli).1 > variance);
}

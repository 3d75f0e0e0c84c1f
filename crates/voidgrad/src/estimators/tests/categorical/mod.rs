//! Estimators of categorical variables, against sums over all states and against Bernoulli variables.

mod coupled;
mod relaxed;
mod sets;
mod two_states;

use super::{Cubic, all, close};
use crate::categorical::Categorical;
use crate::distribution::Distribution;
use crate::estimator::{Estimator, Round};
use crate::estimators::{
    Enumerate, Gapped, Listed, Method, ReinMax, ReinMaxCv, ReinMaxRao, Reinforce, Rloo, StraightThrough,
    distributions,
};
use crate::noise::Stream;
use crate::objective::{Differentiable, Objective, Smooth};
use crate::variance;

const STATES: usize = 3;

/// So many variables with three states, probable and improbable.
pub(super) fn variables(count: usize) -> Categorical {
    let rows = [[0.2, 0.5, 0.3], [0.05, 0.8, 0.15], [0.6, 0.3, 0.1], [0.34, 0.33, 0.33], [0.02, 0.08, 0.9]];
    Categorical::from_probabilities(&rows[..count].concat(), STATES).unwrap()
}

/// Every state with its probability.
pub(super) fn states(categorical: &Categorical) -> Vec<(Vec<f64>, f64)> {
    let mut all = vec![(Vec::new(), 1.0)];
    for theta in categorical.probabilities().chunks(categorical.states()) {
        let mut longer = Vec::new();
        for (b, p) in &all {
            for (k, theta) in theta.iter().enumerate() {
                let mut b: Vec<f64> = b.clone();
                b.extend((0..categorical.states()).map(|i| if i == k { 1.0 } else { 0.0 }));
                longer.push((b, p * theta));
            }
        }
        all = longer;
    }
    all
}

/// `∂/∂a E[f(b)]` by the sum over all states.
pub(super) fn gradient(categorical: &Categorical, objective: &dyn Objective) -> Vec<f64> {
    let mut gradient = vec![0.0; categorical.len()];
    for (b, p) in states(categorical) {
        let f = objective.value(&b).unwrap();
        for ((gradient, b), theta) in gradient.iter_mut().zip(&b).zip(categorical.probabilities()) {
            *gradient += p * f * (b - theta);
        }
    }
    gradient
}

#[test]
fn the_list_has_the_estimators_of_categorical_variables() {
    let names: Vec<&str> = Categorical::estimators().iter().map(|row| row.method.name).collect();
    let expected = [
        "reinforce",
        "reinforce-ema",
        "reinforce-optimal",
        "rloo",
        "disarm",
        "arms",
        "enumerate",
        "rebar",
        "relax",
        "relax-perceptron",
        "auto",
        "straight-through",
        "gumbel",
        "reinmax",
        "gapped-straight-through",
    ];
    assert!(names.len() >= 17 && expected.iter().all(|name| names.contains(name)), "{names:?}");
    assert!(distributions(Method::find("rebar").unwrap()) == ["Bernoulli", "categorical"]);
}

#[test]
fn the_expectation_is_the_gradient_where_an_estimator_is_unbiased_and_else_it_is_not() {
    let mut tested = 0;
    for (name, method, estimator) in all(&variables(2)) {
        let suits = |count: &usize| {
            let size = estimator.rule(&variables(*count)).and_then(|rule| rule.size());
            size.is_some_and(|size| size <= 100_000)
        };
        let Some(count) = (1..=5).rev().find(suits) else { continue };
        let categorical = variables(count);
        let found = variance::over_rule(&categorical, &Cubic, &estimator).unwrap();
        let errors = found.mean.iter().zip(gradient(&categorical, &Cubic)).map(|(mean, g)| (mean - g).abs());
        let error = errors.fold(0.0, f64::max);
        if method.is_biased() {
            assert!(error > 0.01, "{name} is said to be biased, and its error is {error:e}");
        } else {
            // Rounding of sums of up to 100,000 terms below 10.
            assert!(error < 1e-13, "{name}, M = {count}: {error:e}");
        }
        tested += 1;
    }
    assert!(tested >= 18, "{tested}");
}

/// Mean and variance of values with their probabilities, held against those of an estimator.
#[track_caller]
fn agree(name: &str, found: &variance::Moments, values: &[(Vec<f64>, f64)]) {
    let entries = found.mean.len();
    let mean: Vec<f64> = (0..entries).map(|i| values.iter().map(|(g, p)| p * g[i]).sum()).collect();
    let square = |g: &[f64]| -> f64 { g.iter().zip(&mean).map(|(g, mean)| (g - mean).powi(2)).sum() };
    let variance = values.iter().map(|(g, p)| p * square(g)).sum::<f64>() / entries as f64;
    found.mean.iter().zip(&mean).for_each(|(found, mean)| close(name, *found, *mean, 1e-14));
    close(name, found.variance, variance, 1e-14);
    assert!(variance > 1e-4, "{name}: nothing was tested");
}

#[test]
fn estimators_have_the_variance_of_their_formula() {
    let categorical = variables(2);
    let (theta, entries) = (categorical.probabilities(), categorical.len());
    let score = |b: &[f64], i: usize| b[i] - theta[i];
    let of_state = |g: &dyn Fn(&[f64], usize) -> f64| -> Vec<(Vec<f64>, f64)> {
        let all = states(&categorical).into_iter();
        all.map(|(b, p)| ((0..entries).map(|i| g(&b, i)).collect(), p)).collect()
    };
    let reinforce = of_state(&|b, i| (Cubic.value(b) - 0.4) * score(b, i));
    let found = variance::over_rule(&categorical, &Cubic, &Reinforce::new(0.4).unwrap()).unwrap();
    agree("reinforce", &found, &reinforce);
    let straight_through = of_state(&|b, i| {
        let mut slope = vec![0.0; entries];
        Cubic.value_and_gradient(b, &mut slope);
        // The Jacobian of the softmax, entry by entry.
        let row = i / STATES * STATES..(i / STATES + 1) * STATES;
        row.map(|j| slope[j] * theta[j] * (if i == j { 1.0 } else { 0.0 } - theta[i])).sum()
    });
    let found = variance::over_rule(&categorical, &Cubic, &StraightThrough).unwrap();
    agree("straight-through", &found, &straight_through);
    // As the paper has it: two softmax Jacobians.
    let reinmax = of_state(&|b, i| {
        let mut slope = vec![0.0; entries];
        Cubic.value_and_gradient(b, &mut slope);
        let row = i / STATES * STATES..(i / STATES + 1) * STATES;
        let jacobian = |pi: &dyn Fn(usize) -> f64| -> f64 {
            row.clone().map(|j| slope[j] * pi(j) * (if i == j { 1.0 } else { 0.0 } - pi(i))).sum()
        };
        2.0 * jacobian(&|j| 0.5 * (theta[j] + b[j])) - 0.5 * jacobian(&|j| theta[j])
    });
    let found = variance::over_rule(&categorical, &Cubic, &ReinMax).unwrap();
    agree("reinmax", &found, &reinmax);
    // The softmax of logits that have been moved, and its Jacobian.
    let gapped = of_state(&|b, i| {
        let mut slope = vec![0.0; entries];
        Cubic.value_and_gradient(b, &mut slope);
        let row = i / STATES * STATES..(i / STATES + 1) * STATES;
        let largest = row.clone().map(|j| theta[j].ln()).fold(f64::NEG_INFINITY, f64::max);
        let moved = |j: usize| {
            let logit = if b[j] == 1.0 { largest } else { theta[j].ln().min(largest - 1.0) };
            (logit / 0.7).exp()
        };
        let total: f64 = row.clone().map(moved).sum();
        let x = |j: usize| moved(j) / total;
        row.map(|j| slope[j] * x(j) * (if i == j { 1.0 } else { 0.0 } - x(i)) / 0.7).sum()
    });
    let found = variance::over_rule(&categorical, &Cubic, &Gapped::new(0.7).unwrap()).unwrap();
    agree("gapped-straight-through", &found, &gapped);
    let mut rloo = Vec::new();
    for (b_1, p_1) in states(&categorical) {
        for (b_2, p_2) in states(&categorical) {
            let half = 0.5 * (Cubic.value(&b_1) - Cubic.value(&b_2));
            let g = (0..entries).map(|i| half * (score(&b_1, i) - score(&b_2, i))).collect();
            rloo.push((g, p_1 * p_2));
        }
    }
    agree("rloo", &variance::over_rule(&categorical, &Cubic, &Rloo::new(2).unwrap()).unwrap(), &rloo);
    let found = variance::over_rule(&categorical, &Cubic, &Enumerate).unwrap();
    assert_eq!(found.variance, 0.0);
}

/// ReinMax-Rao and ReinMax-CV against softmax Jacobians entry by entry, with Gumbel variables given their argmax as Maddison, Tarlow and Minka 2014 have them: `-ln(E_k)` of the drawn state, and `-ln(E_i/π_i + E_k)` of another one.
#[test]
fn relaxed_reinmax_is_its_formula() {
    const LAMBDA: f64 = 0.7;
    const ETA: f64 = 1.5;
    let categorical = variables(2);
    let (theta, entries, draws) = (categorical.probabilities(), categorical.len(), 3);
    let rao = ReinMaxRao::new(LAMBDA, draws as u64).unwrap();
    let cv = ReinMaxCv::new(LAMBDA, ETA, draws as u64).unwrap();
    let mut noise = vec![0.0; Estimator::<Categorical>::noise(&cv, &categorical)];
    assert_eq!(noise.len(), 2 + (draws + 1) * entries);
    let (mut round, mut other) = (Round::new(), Round::new());
    for row in 0..20 {
        Stream::new(5, 0, row).fill_open01(&mut noise);
        let of_rao = &noise[..2 + draws * entries];
        round.estimate(&rao, &categorical, &Cubic, of_rao).unwrap();
        other.estimate(&cv, &categorical, &Cubic, &noise).unwrap();
        let b = round.points().as_slice();
        assert_eq!(b, other.points().as_slice());
        let mut slope = vec![0.0; entries];
        Cubic.value_and_gradient(b, &mut slope);
        for i in 0..entries {
            let states = i / STATES * STATES..(i / STATES + 1) * STATES;
            let jacobian = |pi: &dyn Fn(usize) -> f64| -> f64 {
                states.clone().map(|j| slope[j] * pi(j) * (if i == j { 1.0 } else { 0.0 } - pi(i))).sum()
            };
            let of_softmax = |z: &dyn Fn(usize) -> f64| -> f64 {
                let total: f64 = states.clone().map(|j| (z(j) / LAMBDA).exp()).sum();
                jacobian(&|j| (z(j) / LAMBDA).exp() / total) / LAMBDA
            };
            let k = states.clone().find(|j| b[*j] == 1.0).unwrap();
            let pi = |j: usize| 0.5 * (theta[j] + b[j]);
            let of_draw = |v: &[f64]| {
                let own = -v[k].ln();
                of_softmax(&|j| -(if j == k { own } else { -v[j].ln() / pi(j) + own }).ln())
            };
            let given = of_rao[2..].chunks(entries).map(of_draw).sum::<f64>() / draws as f64;
            let u = &noise[2 + draws * entries..];
            let free = of_softmax(&|j| pi(j).ln() - (-u[j].ln()).ln());
            let last = 0.5 * jacobian(&|j| theta[j]);
            close("ReinMax-Rao", round.gradient()[i], 2.0 * given - last, 1e-13);
            close(
                "ReinMax-CV",
                other.gradient()[i],
                2.0 * jacobian(&pi) - last + ETA * (given - free),
                1e-13,
            );
        }
    }
    assert!(ReinMaxRao::new(0.0, 3).is_err() && ReinMaxRao::new(1.0, 0).is_err());
    assert!(ReinMaxCv::new(1.0, f64::NAN, 1).is_err());
}

/// The trapezoidal rule for `f(b with another state) - f(b)` is exact.
#[test]
fn reinmax_has_no_bias_where_f_is_quadratic() {
    let categorical = variables(2);
    let product = |b: &[f64]| (b[0] - 2.0 * b[4]) * (b[1] + 0.5 * b[3]) + b[5] * b[5];
    let f = Smooth::new(product, |b: &[f64], gradient: &mut [f64]| {
        let (first, second) = (b[0] - 2.0 * b[4], b[1] + 0.5 * b[3]);
        gradient.copy_from_slice(&[second, first, 0.0, 0.5 * first, -2.0 * second, 2.0 * b[5]]);
        product(b)
    });
    let found = variance::over_rule(&categorical, &f, &ReinMax).unwrap();
    let exact = gradient(&categorical, &f);
    found.mean.iter().zip(&exact).for_each(|(mean, exact)| close("reinmax", *mean, *exact, 1e-14));
}

/// Interval by interval: each state has the share θ of (0, 1), and the rule one node there with that weight.
#[test]
fn a_uniform_number_draws_each_state_with_its_probability() {
    let categorical = Categorical::from_probabilities(&[0.25, 0.0625, 0.6875], STATES).unwrap();
    let mut b = [0.0; STATES];
    let mut drawn = |u: f64| {
        categorical.sample(&[u], &mut b);
        categorical.indices(&b).unwrap()[0]
    };
    let ends = [0.0, 0.0625, 0.3125, 1.0];
    for (piece, k) in ends.windows(2).zip([1, 0, 2]) {
        for u in [piece[0] + 1e-12, f64::midpoint(piece[0], piece[1]), piece[1] - 1e-12] {
            assert_eq!(drawn(u), k, "{u}");
        }
    }
    let rule = categorical.rule().unwrap();
    for (node, k) in rule.nodes()[0].iter().zip([1, 0, 2]) {
        assert_eq!(drawn(node.u), k);
        close("weight", node.weight, categorical.probabilities()[k], 1e-16);
    }
}

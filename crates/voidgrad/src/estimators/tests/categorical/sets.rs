//! Estimators of several different states, against sums over all orders in which they can be drawn.

use std::collections::BTreeMap;

use super::super::{Cubic, close};
use super::{agree, gradient, states, variables};
use crate::categorical::Categorical;
use crate::error::EstimateError;
use crate::estimator::{Estimator, Round};
use crate::estimators::{RaoBlackwell, Rloo, UnorderedSet};
use crate::variance;

/// One variable and two of three states, and one of four.
fn all() -> [Categorical; 3] {
    [variables(1), variables(2), Categorical::from_probabilities(&[0.1, 0.45, 0.25, 0.2], 4).unwrap()]
}

/// Every order of K of the states, with the probability of drawing it without replacement.
fn orders(p: &[f64], count: usize) -> Vec<(Vec<usize>, f64)> {
    (0..count).fold(vec![(Vec::new(), 1.0)], |all, _| {
        let mut longer = Vec::new();
        for (order, probability) in &all {
            let order: &Vec<usize> = order;
            let left = 1.0 - order.iter().map(|&s| p[s]).sum::<f64>();
            for s in (0..p.len()).filter(|s| !order.contains(s)) {
                longer.push(([&order[..], &[s]].concat(), probability * p[s] / left));
            }
        }
        longer
    })
}

/// The first state of a set, less its baseline, times the score, averaged over the orders of the set: given the first state s, the baseline is `p(s)·f(s) + (1 - p(s))·f(second)`.
#[test]
fn the_unordered_set_estimator_is_the_mean_over_the_orders_of_a_set() {
    for (categorical, count) in
        all().iter().flat_map(|categorical| [2, 3].map(|count| (categorical.clone(), count)))
    {
        let estimator = UnorderedSet::new(count as u64).unwrap();
        if estimator.rule(&categorical).is_none_or(|rule| rule.size().is_none_or(|size| size > 20_000)) {
            continue;
        }
        let states = states(&categorical);
        let p: Vec<f64> = states.iter().map(|(_, p)| *p).collect();
        let f: Vec<f64> = states.iter().map(|(b, _)| Cubic.value(b)).collect();
        let mut sets: BTreeMap<Vec<usize>, (Vec<f64>, f64)> = BTreeMap::new();
        for (order, probability) in orders(&p, count) {
            let mut set = order.clone();
            set.sort_unstable();
            let (first, second) = (order[0], order[1]);
            let advantage = f[first] - (p[first] * f[first] + (1.0 - p[first]) * f[second]);
            let (g, total) = sets.entry(set).or_insert_with(|| (vec![0.0; categorical.len()], 0.0));
            *total += probability;
            let score = states[first].0.iter().zip(categorical.probabilities());
            g.iter_mut().zip(score).for_each(|(g, (b, theta))| *g += probability * advantage * (b - theta));
        }
        let values: Vec<_> = sets
            .into_values()
            .map(|(g, total)| (g.into_iter().map(|g| g / total).collect(), total))
            .collect();
        let found = variance::over_rule(&categorical, &Cubic, &estimator).unwrap();
        if values.len() == 1 {
            // All states.
            assert!(found.variance < 1e-28, "{}", found.variance);
            continue;
        }
        agree("unordered-set", &found, &values);
        if count == 2 {
            let rloo = variance::over_rule(&categorical, &Cubic, &Rloo::new(2).unwrap()).unwrap();
            assert!(found.variance < rloo.variance, "{} {}", found.variance, rloo.variance);
        }
    }
}

#[test]
fn rao_blackwellisation_has_the_variance_of_its_formula() {
    for (categorical, count) in
        all().iter().flat_map(|categorical| [2, 3].map(|count| (categorical.clone(), count)))
    {
        let mut states = states(&categorical);
        if states.len() <= count {
            continue;
        }
        states.sort_by(|(_, p), (_, q)| q.total_cmp(p));
        let (certain, rest) = states.split_at(count - 1);
        let known: f64 = certain.iter().map(|(_, p)| p).sum();
        let c = certain.iter().map(|(b, p)| p * Cubic.value(b)).sum::<f64>() / known;
        let term = |b: &[f64], weight: f64, i: usize| {
            weight * (Cubic.value(b) - c) * (b[i] - categorical.probabilities()[i])
        };
        let of = |b: &[f64]| {
            let entry =
                |i: usize| certain.iter().map(|(b, p)| term(b, *p, i)).sum::<f64>() + term(b, 1.0 - known, i);
            (0..categorical.len()).map(entry).collect()
        };
        let values: Vec<_> = rest.iter().map(|(b, p)| (of(b), p / (1.0 - known))).collect();
        let estimator = RaoBlackwell::new(count as u64).unwrap();
        let found = variance::over_rule(&categorical, &Cubic, &estimator).unwrap();
        agree("rao-blackwell", &found, &values);
    }
}

#[test]
fn with_no_more_states_than_evaluations_they_are_the_gradient() {
    let categorical = variables(1);
    let exact = gradient(&categorical, &Cubic);
    let estimators: [&dyn Estimator<Categorical>; 2] =
        [&UnorderedSet::new(16).unwrap(), &RaoBlackwell::new(100).unwrap()];
    for estimator in estimators {
        assert_eq!(estimator.evaluations(&categorical), 3);
        let mut round = Round::new();
        let noise = vec![0.3; estimator.noise(&categorical)];
        round.estimate(estimator, &categorical, &Cubic, &noise).unwrap();
        for (g, exact) in round.gradient().iter().zip(&exact) {
            close("ĝ", *g, *exact, 1e-15);
        }
    }
}

#[test]
fn more_states_than_are_enumerated_are_refused() {
    // 3¹² is less than a million or so, 3¹³ is not.
    let many = Categorical::from_logits(&[0.0; 39], 3).unwrap();
    let error = Err(EstimateError::TooManyVariables { found: 13, allowed: 12 });
    assert_eq!(UnorderedSet::new(2).unwrap().suits(&many), error);
    assert_eq!(RaoBlackwell::new(2).unwrap().suits(&many), error);
}

//! Pairs of samples that avoid one another, against sums over all pairs of states.

use super::super::{Cubic, close};
use super::{STATES, agree, gradient, variables};
use crate::categorical::Categorical;
use crate::estimator::Round;
use crate::estimators::{Arms, Disarm, Rloo};
use crate::variance;

/// Both samples of a variable, and their probability.
type Pair = ([usize; 2], f64);

/// Bits at the states of a variable in an order, the same numbers u and 1 - u for both samples: the pairs that they draw.
fn pairs(theta: &[f64], order: &[usize]) -> Vec<Pair> {
    let (mut all, mut none_before) = (Vec::new(), 1.0);
    for (i, &k) in order.iter().enumerate() {
        let total: f64 = order[i..].iter().map(|&j| theta[j]).sum();
        let p = theta[k] / total;
        if i + 1 == order.len() {
            all.push(([k, k], none_before));
            break;
        }
        let both = (2.0 * p - 1.0).max(0.0);
        all.push(([k, k], none_before * both));
        for &other in &order[i + 1..] {
            // The other sample goes on alone.
            let alone = none_before * (p - both) * theta[other] / (total - theta[k]);
            all.extend([([k, other], alone), ([other, k], alone)]);
        }
        none_before *= 1.0 - 2.0 * p + both;
    }
    all
}

fn order(theta: &[f64], is_descending: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..theta.len()).collect();
    order.sort_by(|&i, &j| theta[i].total_cmp(&theta[j]));
    if is_descending {
        order.reverse();
    }
    order
}

/// The pairs of two variables.
fn of_two(categorical: &Categorical, is_descending: bool) -> Vec<([[usize; 2]; 2], f64)> {
    let rows: Vec<Vec<Pair>> = categorical
        .probabilities()
        .chunks(STATES)
        .map(|theta| pairs(theta, &order(theta, is_descending)))
        .collect();
    let with = |(first, p): &Pair| rows[1].iter().map(|(second, q)| ([*first, *second], p * q)).collect();
    rows[0].iter().flat_map(|first| -> Vec<_> { with(first) }).collect()
}

/// One of the two samples, one-hot.
fn one_hot(pairs: [[usize; 2]; 2], side: usize) -> Vec<f64> {
    let mut b = vec![0.0; 2 * STATES];
    for (m, pair) in pairs.iter().enumerate() {
        b[m * STATES + pair[side]] = 1.0;
    }
    b
}

#[test]
fn disarm_has_the_variance_of_its_formula() {
    let categorical = variables(2);
    let estimate = |pairs: [[usize; 2]; 2]| {
        let half = 0.5 * (Cubic.value(&one_hot(pairs, 0)) - Cubic.value(&one_hot(pairs, 1)));
        let mut g = vec![0.0; 2 * STATES];
        for (m, (pair, theta)) in pairs.iter().zip(categorical.probabilities().chunks(STATES)).enumerate() {
            let order = order(theta, true);
            let place = pair.map(|state| order.iter().position(|&k| k == state).unwrap());
            for (i, &k) in order[..STATES - 1].iter().enumerate() {
                let total: f64 = order[i..].iter().map(|&j| theta[j]).sum();
                let p = theta[k] / total;
                let bit = |side: usize| if place[side] == i { 1.0 } else { 0.0 };
                let of_logit = half
                    * match [0, 1].map(|side| place[side] >= i) {
                        [true, true] => (bit(0) - bit(1)) * p.max(1.0 - p),
                        [true, false] => bit(0) - p,
                        [false, true] => p - bit(1),
                        [false, false] => 0.0,
                    };
                // The logit is a_k less the logarithm of the sum over the states after it.
                g[m * STATES + k] += of_logit;
                for &j in &order[i + 1..] {
                    g[m * STATES + j] -= of_logit * theta[j] / (total - theta[k]);
                }
            }
        }
        g
    };
    let values: Vec<_> =
        of_two(&categorical, true).into_iter().map(|(pairs, p)| (estimate(pairs), p)).collect();
    let found = variance::over_rule(&categorical, &Cubic, &Disarm::new(2).unwrap()).unwrap();
    agree("disarm", &found, &values);
    let rloo = variance::over_rule(&categorical, &Cubic, &Rloo::new(2).unwrap()).unwrap();
    assert!(found.variance < rloo.variance, "{} {}", found.variance, rloo.variance);
    // Two pairs: the variance of a mean is half of that of one.
    let one = variance::over_rule(&variables(1), &Cubic, &Disarm::new(2).unwrap()).unwrap();
    let two = variance::over_rule(&variables(1), &Cubic, &Disarm::new(4).unwrap()).unwrap();
    close("two pairs", two.variance, one.variance / 2.0, 1e-14);
}

/// The samples of two with their probabilities, and what is answered to f there.
#[test]
fn the_expectation_of_arms_over_all_pairs_is_the_gradient() {
    let (categorical, arms) = (variables(2), Arms::new(2).unwrap());
    let (mut round, mut total, mut mean) = (Round::new(), 0.0, vec![0.0; 2 * STATES]);
    for (pairs, p) in of_two(&categorical, false) {
        let points = [one_hot(pairs, 0), one_hot(pairs, 1)].concat();
        // Noise that draws them: an exponential number of each sample and bit.
        let mut noise = Vec::new();
        for (m, theta) in categorical.probabilities().chunks(STATES).enumerate() {
            let order = order(theta, false);
            let place = pairs[m].map(|state| order.iter().position(|&k| k == state).unwrap());
            for i in 0..STATES - 1 {
                // A bit is 1 if the share of its sample is the larger one, by more than 1 - p.
                noise.extend(match place.map(|place| place == i) {
                    [true, false] => [1e-9, 1.0 - 1e-9],
                    [false, true] => [1.0 - 1e-9, 1e-9],
                    _ => [0.5, 0.5],
                });
            }
        }
        round.ask(&arms, &categorical, &noise).unwrap();
        if p > 0.0 {
            let asked = [0, 1].map(|side| round.points().row(side).to_vec()).concat();
            assert_eq!(asked, points, "{pairs:?}");
            round.evaluate(&Cubic).unwrap();
            round.answer(&arms, &categorical).unwrap();
            mean.iter_mut().zip(round.gradient()).for_each(|(mean, g)| *mean += p * g);
        }
        total += p;
    }
    close("the probabilities", total, 1.0, 1e-14);
    for (mean, exact) in mean.iter().zip(gradient(&categorical, &Cubic)) {
        close("arms", *mean, exact, 1e-14);
    }
}

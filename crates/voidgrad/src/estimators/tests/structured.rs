//! Estimators of chains, rankings and counts, against sums over all of them.
//!
//! They are those of every distribution, which other tests hold to their claims.

use super::sampled::judge_all;
use super::{Cubic, all, close, numerics};
use crate::categorical::Categorical;
use crate::chain::tests::{chain, homogeneous, sequences};
use crate::counts::tests::{binomial, counts};
use crate::counts::{Counts, Geometric, Law, Poisson};
use crate::distribution::Distribution;
use crate::error::EstimateError;
use crate::estimator::{Estimator, Round};
use crate::estimators::{Enumerate, Listed, Rloo};
use crate::plackett_luce::tests::{all as all_rankings, rankings};
use crate::variance;

const LOGITS: [f64; 6] = [0.4, -0.9, 1.3, -0.2, 0.6, 0.1];

/// `∂/∂a E[f(b)]` by the sum over all states.
fn gradient<D: Distribution>(distribution: &D, states: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let (mut gradient, mut score) = (vec![0.0; distribution.parameters().len()], Vec::new());
    score.resize(gradient.len(), 0.0);
    for (b, p) in states {
        distribution.score(b, &mut score);
        let weight = p * Cubic.value(b);
        gradient.iter_mut().zip(&score).for_each(|(sum, score)| *sum += weight * score);
    }
    gradient
}

fn expectation(states: &[(Vec<f64>, f64)]) -> f64 {
    states.iter().map(|(b, p)| p * Cubic.value(b)).sum()
}

/// Rounding of up to 60 terms below 1,000.
const TOLERANCE: f64 = 1e-12;

/// Holds enumeration to the sums over all states.
fn is_enumerated<D: Distribution>(distribution: &D, states: &[(Vec<f64>, f64)])
where
    Enumerate: Estimator<D>,
{
    let mut round = Round::new();
    round.estimate(&Enumerate, distribution, &Cubic, &[]).unwrap();
    for (found, expected) in round.gradient().iter().zip(gradient(distribution, states)) {
        close("enumerate", *found, expected, TOLERANCE);
    }
    close("E[f]", round.f(), expectation(states), TOLERANCE);
}

#[test]
fn the_expectation_of_an_estimator_of_chains_is_the_gradient() {
    for distribution in [homogeneous(&LOGITS, 2, 3), chain(&LOGITS, 2, 2)] {
        let states = sequences(&distribution);
        is_enumerated(&distribution, &states);
        let (exact, mut tested) = (gradient(&distribution, &states), 0);
        for (name, _, estimator) in all(&distribution) {
            let Some(found) = variance::over_rule(&distribution, &Cubic, &estimator).ok() else { continue };
            // Rounding of sums of up to 100,000 terms below 10.
            found.mean.iter().zip(&exact).for_each(|(mean, exact)| close(&name, *mean, *exact, 1e-13));
            tested += 1;
        }
        assert!(tested >= 8, "{tested}");
    }
}

/// How many estimators are judged below, with the number of parameters of each.
pub(super) fn judged() -> [[usize; 2]; 6] {
    fn of<D: Listed>(distribution: &D) -> [usize; 2] {
        [all(distribution).len(), distribution.parameters().len()]
    }
    [
        of(&homogeneous(&LOGITS, 2, 3)),
        of(&rankings(&LOGITS[..4], 4)),
        of(&rankings(&LOGITS[..5], 3)),
        of(&counts(Poisson, &[0.3, -0.5])),
        of(&counts(Geometric, &[0.9, 1.5])),
        of(&counts(binomial(3), &[0.4, -0.9])),
    ]
}

#[test]
fn estimators_of_chains_and_rankings_are_unbiased() {
    let distribution = homogeneous(&LOGITS, 2, 3);
    judge_all(&distribution, &gradient(&distribution, &sequences(&distribution)), 6);
    for (items, places) in [(4, 4), (5, 3)] {
        let distribution = rankings(&LOGITS[..items], places);
        let states = all_rankings(&distribution);
        is_enumerated(&distribution, &states);
        judge_all(&distribution, &gradient(&distribution, &states), 7);
    }
}

/// `E[f]` of a count is a sum, and its derivative too: `Σ p(b)·f(b)·∂ln p(b)/∂a`.
fn of_counts<L: Law>(law: L, a: &[f64; 2], last: u32) -> (Counts<L>, Vec<(Vec<f64>, f64)>) {
    let of = counts(law, a);
    let pairs = (0..=last).flat_map(|i| (0..=last).map(move |j| vec![f64::from(i), f64::from(j)]));
    let states = pairs.map(|b| (b.clone(), of.ln_p(&b).unwrap().exp())).collect();
    (of, states)
}

/// Beyond the last of these counts are 1e-12 of them; f grows with their third power.
#[test]
fn estimators_of_counts_are_unbiased() {
    let (of, states) = of_counts(Poisson, &[0.3, -0.5], 24);
    judge_all(&of, &gradient(&of, &states), 8);
    let (of, states) = of_counts(Geometric, &[0.9, 1.5], 40);
    judge_all(&of, &gradient(&of, &states), 9);
    let (of, states) = of_counts(binomial(3), &[0.4, -0.9], 3);
    judge_all(&of, &gradient(&of, &states), 10);
    let found = variance::over_rule(&of, &Cubic, &Rloo::new(2).unwrap()).unwrap();
    for (found, exact) in found.mean.iter().zip(gradient(&of, &states)) {
        close("rloo", *found, exact, TOLERANCE);
    }
}

/// One state is a categorical variable, and so is one place.
#[test]
fn a_chain_of_one_state_and_a_ranking_of_one_place_are_categorical_variables() {
    let one = rankings(&LOGITS, 1);
    let categorical = Categorical::from_logits(&LOGITS, 6).unwrap();
    let (mut found, mut expected) = (Round::new(), Round::new());
    found.estimate(&Enumerate, &one, &|b: &[f64]| b[0] * b[0], &[]).unwrap();
    let f = |b: &[f64]| b.iter().zip(0_u8..).map(|(b, k)| b * f64::from(k * k)).sum();
    expected.estimate(&Enumerate, &categorical, &f, &[]).unwrap();
    for (found, expected) in found.gradient().iter().zip(expected.gradient()) {
        close("enumerate", *found, *expected, 2e-15);
    }
    let rloo = Rloo::new(2).unwrap();
    let found = variance::over_rule(&chain(&LOGITS, 6, 1), &Cubic, &rloo).unwrap();
    close("rloo", found.variance, variance::over_rule(&categorical, &Cubic, &rloo).unwrap().variance, 1e-14);
}

#[test]
fn extreme_chains_and_rankings_give_numbers() {
    let logits = [-700.0, 700.0, 0.0, 0.0, -37.0, 36.0];
    let distribution = homogeneous(&logits, 2, 3);
    numerics::numbers_are_given(all(&distribution), &distribution);
    let distribution = rankings(&logits, 3);
    numerics::numbers_are_given(all(&distribution), &distribution);
}

#[test]
fn too_many_sequences_and_rankings_are_not_enumerated() {
    let error = |found, allowed| Err(EstimateError::TooManyVariables { found, allowed });
    assert_eq!(Enumerate.suits(&homogeneous(&[0.0; 6], 2, 21)), error(21, 20));
    assert_eq!(Enumerate.suits(&homogeneous(&[0.0; 6], 2, 20)), Ok(()));
    assert_eq!(Enumerate.suits(&rankings(&[0.0; 20], 5)), error(20, 18));
    assert_eq!(Enumerate.suits(&rankings(&[0.0; 1000], 2)), Ok(()));
    // The number of sequences and that of rankings are more than a number holds.
    assert_eq!(Enumerate.suits(&homogeneous(&[0.0; 6], 2, 100)), error(100, 20));
    assert_eq!(Enumerate.suits(&rankings(&[0.0; 100], 100)), error(100, 100));
}

#[test]
fn the_lists_have_what_is_for_every_distribution() {
    #[track_caller]
    fn has<D: Listed>(expected: &[&str]) {
        for name in expected {
            assert!(D::estimator(name).is_ok(), "{name}");
        }
    }
    let expected = ["reinforce", "reinforce-ema", "reinforce-optimal", "rloo", "enumerate", "auto"];
    has::<crate::Chain>(&expected);
    has::<crate::PlackettLuce>(&expected);
    let expected = expected.into_iter().filter(|name| *name != "enumerate").collect::<Vec<_>>();
    has::<Counts<Poisson>>(&expected);
    // The number of counts is not bounded.
    assert!(Counts::<Poisson>::estimator("enumerate").is_err());
}

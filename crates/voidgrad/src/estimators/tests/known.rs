//! Values that are known in closed form.

use super::{close, variables};
use crate::bernoulli::Bernoulli;
use crate::estimator::{AnyEstimator, Estimator, Round};
use crate::estimators::{Arms, Disarm, DoubleCv, MuProp, Reinforce, ReinforceEma, ReinforceOptimal, Rloo};
use crate::noise::Stream;
use crate::objective::{Objective, Smooth};
use crate::toy::MeanQuadratic;
use crate::variance;

const TARGET: f64 = 0.499;

pub(super) fn even(count: usize) -> Bernoulli {
    Bernoulli::from_logits(&vec![0.0; count]).unwrap()
}

/// With θ = ½, f is linear with the slopes `β = (1 - 2t)/M`, and the differences of two samples are independent signs or, for RLOO,
/// 0 in half of the cases: the variance of a coordinate is `β²·M/16` with RLOO and `β²·(M - 1)/16` with `DisARM`.
#[test]
fn rloo_and_disarm_have_their_known_variances_at_two_hundred_variables() {
    let f = MeanQuadratic { target: TARGET };
    let known = |count: usize| {
        let slope = (1.0 - 2.0 * TARGET) / count as f64;
        [count, count - 1].map(|count| slope * slope * count as f64 / 16.0)
    };
    let both: [AnyEstimator; 2] = [Box::new(Rloo::new(2).unwrap()), Box::new(Disarm::new(2).unwrap())];
    for count in 1..=5 {
        for (estimator, known) in both.iter().zip(known(count)) {
            let found = variance::moments(&even(count), &f, estimator).unwrap().variance;
            // 1 - 2t has 14 digits, f(b) - f(b') 13 of them.
            close("a few variables", found, known, 1e-12 * known + 1e-30);
        }
    }
    let [rloo, disarm] = known(200);
    close("RLOO", rloo, 1.25e-9, 1e-21);
    close("DisARM", disarm, 1.24375e-9, 1e-21);
    for (estimator, known) in both.iter().zip([rloo, disarm]) {
        let sampled = variance::monte_carlo(&even(200), &f, estimator, 6_000, 3).unwrap();
        // Five standard errors: 6e-7 each, were the seed not fixed.
        close("sampled", sampled.variance, known, 5.0 * sampled.standard_error);
        assert!(sampled.standard_error < 0.02 * known);
    }
}

#[test]
fn a_linear_objective_leaves_no_variance_to_double_cv_and_to_muprop() {
    let slopes = [0.7, -1.9, 0.4];
    let f = |b: &[f64]| b.iter().zip(slopes).map(|(b, slope)| b * slope).sum::<f64>() + 0.3;
    let linear = Smooth::new(f, |x: &[f64], gradient: &mut [f64]| {
        gradient.copy_from_slice(&slopes);
        f(x)
    });
    let bernoulli = variables(3);
    for count in [2, 3] {
        let rloo = variance::moments(&bernoulli, &linear, &Rloo::new(count).unwrap()).unwrap().variance;
        // It learns while θ is elsewhere.
        let elsewhere = Bernoulli::from_probabilities(&[0.5, 0.02, 0.9]).unwrap();
        let double_cv = DoubleCv::new(count, 0.999).unwrap();
        let five = taught(taught(double_cv, &bernoulli, &linear, 2), &elsewhere, &linear, 3);
        for double_cv in [taught(five.clone(), &bernoulli, &linear, 3_000), five] {
            let found = variance::moments(&bernoulli, &linear, &double_cv).unwrap();
            // α is off by a few units in its last place.
            assert!(found.variance < 1e-28 * rloo, "{count}: {}", found.variance);
        }
        let other = super::double_cv_of(count, -0.9);
        assert!(variance::moments(&bernoulli, &linear, &other).unwrap().variance > 1e-5);
    }
    assert!(variance::moments(&bernoulli, &linear, &MuProp).unwrap().variance < 1e-31);
}

#[test]
fn the_best_constant_leaves_no_variance_to_reinforce_of_one_variable() {
    for theta in [1e-6, 0.2, 0.5, 0.93] {
        let bernoulli = Bernoulli::from_probabilities(&[theta]).unwrap();
        let f = MeanQuadratic { target: 0.3 };
        let best = (1.0 - theta) * f.value(&[1.0]) + theta * f.value(&[0.0]);
        let found = variance::moments(&bernoulli, &f, &Reinforce::new(best).unwrap()).unwrap();
        assert!(found.variance < 1e-31, "θ = {theta}: {}", found.variance);
        let other = variance::moments(&bernoulli, &f, &Reinforce::new(best + 0.1).unwrap()).unwrap();
        // (0.1)² times the variance of the score.
        close("another", other.variance, 0.01 * theta * (1.0 - theta), 1e-14);
    }
}

/// The estimator after so many estimates.
pub(super) fn taught<E: Estimator>(
    mut estimator: E,
    bernoulli: &Bernoulli,
    f: &dyn Objective,
    times: u64,
) -> E {
    let (mut stream, mut round) = (Stream::new(11, 0, 0), Round::new());
    let mut noise = vec![0.0; estimator.noise(bernoulli)];
    for _ in 0..times {
        stream.fill_open01(&mut noise);
        round.ask(&estimator, bernoulli, &noise).unwrap();
        round.evaluate(f).unwrap();
        round.tell(&mut estimator, bernoulli).unwrap();
    }
    estimator
}

/// A mean of 40,000 numbers whose standard deviation is below 1: five standard errors are 0.025.
#[test]
fn the_averages_of_reinforce_become_the_baselines_that_they_are_named_after() {
    let bernoulli = variables(2);
    let f = |b: &[f64]| 2.0 + b[0] - 0.6 * b[1] + 0.5 * b[0] * b[1];
    let mean = super::states(&bernoulli).iter().map(|(b, p)| p * f(b)).sum::<f64>();
    let average = taught(ReinforceEma::new(0.999_99).unwrap(), &bernoulli, &f, 40_000);
    close("E[f]", average.baseline(), mean, 0.025);
    let optimal = taught(ReinforceOptimal::new(0.999_99).unwrap(), &bernoulli, &f, 40_000);
    let theta = bernoulli.probabilities();
    for m in 0..2 {
        let (mut above, mut below) = (0.0, 0.0);
        for (b, p) in super::states(&bernoulli) {
            let square = (b[m] - theta[m]).powi(2);
            above += p * f(&b) * square;
            below += p * square;
        }
        close("E[f·s²]/E[s²]", optimal.baselines()[m], above / below, 0.025);
        assert!((above / below - mean).abs() > 0.1, "the two baselines are different");
    }
    // And they do what they are for.
    let without = variance::moments(&bernoulli, &f, &Reinforce::new(0.0).unwrap()).unwrap().variance;
    let with = variance::moments(&bernoulli, &f, &average).unwrap().variance;
    let best = variance::moments(&bernoulli, &f, &optimal).unwrap().variance;
    assert!(best < with && with < 0.2 * without, "{without} {with} {best}");
}

/// Two samples from the ends of a stick: `d` and `1 - d`, uniform in (0, 1), so the exact moments are a sum over the pieces of d in
/// each variable, and they are those of `DisARM`.
#[test]
fn arms_of_two_samples_is_disarm() {
    let bernoulli = variables(2);
    let f = super::Cubic;
    let disarm = variance::moments(&bernoulli, &f, &Disarm::new(2).unwrap()).unwrap();
    // Nodes in the middle of each piece of d, whose ends are r and 1 - r.
    let nodes = |m: usize| {
        let theta = bernoulli.probabilities()[m];
        let rare = theta.min(1.0 - theta);
        [(0.5 * rare, rare), (0.5, 1.0 - 2.0 * rare), (1.0 - 0.5 * rare, rare)]
    };
    let (arms, mut round) = (Arms::new(2).unwrap(), Round::new());
    let (mut mean, mut square) = ([0.0; 2], 0.0);
    for (d_0, p_0) in nodes(0) {
        for (d_1, p_1) in nodes(1) {
            // Exponential numbers of the sum 1.
            let noise = [d_0, 1.0 - d_0, d_1, 1.0 - d_1].map(|d: f64| (-d).exp());
            round.estimate(&arms, &bernoulli, &f, &noise).unwrap();
            for (mean, gradient) in mean.iter_mut().zip(round.gradient()) {
                *mean += p_0 * p_1 * gradient;
                square += p_0 * p_1 * gradient.powi(2) / 2.0;
            }
        }
    }
    for (&found, &expected) in mean.iter().zip(&disarm.mean) {
        close("mean", found, expected, 1e-14);
    }
    let variance = square - 0.5 * (mean[0].powi(2) + mean[1].powi(2));
    close("variance", variance, disarm.variance, 1e-13);
}

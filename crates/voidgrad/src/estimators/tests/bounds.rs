//! The estimators of the importance-weighted bound, against the bound by the sum over all states of K samples.

use super::{Cubic, categorical, close, states, variables};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::distribution::Distribution;
use crate::estimator::{Answer, AnyEstimator, Estimator, Memory, Round, Told};
use crate::estimators::{Listed as _, LocalArms, LocalDisarm, Setup, Vimco, of_bounds};
use crate::noise::{Rule, Stream};
use crate::objective::{Objective, Points};
use crate::variance;

/// `ln q(b) - ln p(x, b)`, with logits that move and `ln p(x, b) = -Cubic`.
struct LogRatio<'a, D>(&'a D);

impl<D: Distribution> Objective for LogRatio<'_, D> {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), crate::error::ObjectiveError> {
        points.fill(f, |b| self.0.ln_p(b).unwrap() + Cubic.value(b));
        Ok(())
    }
}

/// `-E[L]` by the sum over all states of K samples.
fn exact<D: Distribution>(distribution: &D, states: &[(Vec<f64>, f64)], samples: u32) -> f64 {
    let logs: Vec<f64> = states.iter().map(|(b, _)| -LogRatio(distribution).value(b).unwrap()).collect();
    -mean_bound(states, &logs, samples)
}

/// `E[L]` with the logarithms of the weights at all states.
fn mean_bound(states: &[(Vec<f64>, f64)], logs: &[f64], samples: u32) -> f64 {
    let count = states.len();
    let of_index = |index: usize| {
        let digits = (0..samples).map(|k| index / count.pow(k) % count);
        let p: f64 = digits.clone().map(|i| states[i].1).product();
        let weights: f64 = digits.map(|i| logs[i].exp()).sum();
        p * (weights / f64::from(samples)).ln()
    };
    (0..count.pow(samples)).map(of_index).sum()
}

/// Central differences of the exact bound: truncation 1e-8 times a third derivative of order 1, and rounding 1e-16/1e-4 times a value of order 1.
const STEP: f64 = 1e-4;
const TOLERANCE: f64 = 1e-7;

/// What an estimator makes of one outcome of its noise.
struct Outcome<'a> {
    points: &'a [f64],
    gradient: &'a [f64],
    weights: &'a [f64],
}

/// All outcomes with their probabilities: those of the estimator's rule, or, of local ARMS, which has none, those of the bits that it draws.
fn over_all(
    bernoulli: &Bernoulli,
    estimator: &AnyEstimator,
    samples: usize,
    visit: &mut dyn FnMut(f64, &Outcome<'_>),
) {
    let f = LogRatio(bernoulli);
    if let Some(rule) = estimator.rule(bernoulli) {
        let mut round = Round::new();
        let each = |noise: &[f64], weight: f64| -> Result<(), ()> {
            round.estimate(estimator, bernoulli, &f, noise).unwrap();
            let (gradient, weights) = (round.gradient(), round.weights());
            visit(weight, &Outcome { points: round.points().as_slice(), gradient, weights });
            Ok(())
        };
        return rule.for_each(each).unwrap();
    }
    let variables = bernoulli.len();
    let all = usize::try_from(Estimator::<Bernoulli>::evaluations(estimator, bernoulli)).unwrap();
    let copies = all / samples;
    let patterns: Vec<Vec<f64>> =
        bernoulli.probabilities().iter().map(|theta| patterns(*theta, copies)).collect();
    let groups = samples * variables;
    for index in 0..1_usize << (copies * groups) {
        // Of each sample and variable, which of its draws are 1.
        let pattern = |k: usize, m: usize| (index >> (copies * (k * variables + m))) & ((1 << copies) - 1);
        let weight: f64 = (0..groups)
            .map(|group| patterns[group % variables][pattern(group / variables, group % variables)])
            .product();
        if weight == 0.0 {
            continue;
        }
        let bit =
            |row: usize, m: usize| f64::from(u8::from(pattern(row / copies, m) >> (row % copies) & 1 == 1));
        let points: Vec<f64> = (0..all * variables).map(|i| bit(i / variables, i % variables)).collect();
        let values: Vec<f64> = points.chunks(variables).map(|b| f.value(b).unwrap()).collect();
        let (gradient, weights) = answered(estimator, bernoulli, &points, &values);
        visit(weight, &Outcome { points: &points, gradient: &gradient, weights: &weights });
    }
}

/// The probability of each set of n draws of ARMS that are 1, as a number in binary.
///
/// The draws in a set of s are all in the rarer state with the probability `(1 - s·(1 - r^(1/(n-1))))₊^(n-1)`, the part of the simplex where s coordinates are large; the rest is inclusion and exclusion.
fn patterns(theta: f64, copies: usize) -> Vec<f64> {
    let (rare, is_one) = if theta <= 0.5 { (theta, true) } else { (1.0 - theta, false) };
    let power = (copies - 1) as f64;
    let lack = 1.0 - rare.powf(1.0 / power);
    let all_of = |size: u32| (1.0 - f64::from(size) * lack).max(0.0).powf(power);
    let exactly = |set: usize| -> f64 {
        let supersets = (0..1_usize << copies).filter(|larger| larger & set == set);
        supersets
            .map(|larger| {
                let more = larger.count_ones() - set.count_ones();
                (if more.is_multiple_of(2) { 1.0 } else { -1.0 })
                    * if larger == 0 { 1.0 } else { all_of(larger.count_ones()) }
            })
            .sum()
    };
    let full = (1 << copies) - 1;
    (0..1_usize << copies).map(|ones| exactly(if is_one { ones } else { full ^ ones })).collect()
}

/// `ĝ` and the weights that an estimator makes of these points and values.
fn answered(
    estimator: &(impl Estimator + ?Sized),
    bernoulli: &Bernoulli,
    points: &[f64],
    values: &[f64],
) -> (Vec<f64>, Vec<f64>) {
    let (mut gradient, mut weights) = (vec![0.0; bernoulli.len()], vec![f64::NAN; values.len()]);
    let told = Told { example: 0, noise: &[], points, values, gradients: &[], answered: &[] };
    let memory = &mut Memory::default();
    let answer = Answer { gradient: &mut gradient, weights: &mut weights, phi_bar: None, memory };
    estimator.answer(bernoulli, told, answer);
    (gradient, weights)
}

/// Whether the expectation of ĝ, over all noise, is the gradient of `-E[L]` by the logits, and that of the weighted `∂f/∂ψ` the one by a parameter ψ of f.
///
/// The truth is a sum over the states of all K samples, that is `2^(M·K)` terms, and its differences.
///
/// # Errors
/// Returns what differs, in words.
fn conforms(
    make: &dyn Fn(&Setup, &Bernoulli) -> AnyEstimator,
    (count, samples): (usize, u32),
) -> Result<(), String> {
    let bernoulli = variables(count);
    let setup = Setup { evaluations: Some(u64::from(samples)), ..Setup::default() };
    let estimator = make(&setup, &bernoulli);
    let check = |name: &str, found: f64, expected: f64| {
        let is_close = (found - expected).abs() <= TOLERANCE * (1.0 + expected.abs());
        is_close.then_some(()).ok_or_else(|| format!("{name}: {found} where {expected} is right"))
    };
    let (mut mean, mut by_psi) = (vec![0.0; count], 0.0);
    over_all(&bernoulli, &estimator, samples as usize, &mut |weight, round| {
        mean.iter_mut().zip(round.gradient).for_each(|(mean, g)| *mean += weight * g);
        let rows = round.points.chunks(count);
        // f + ψ·b_0 at ψ = 0.
        by_psi += weight * rows.zip(round.weights).map(|(b, w)| w * b[0]).sum::<f64>();
    });
    for n in 0..count {
        let at = |offset: f64| {
            let mut logits = bernoulli.logits().to_vec();
            logits[n] += offset;
            let moved = Bernoulli::from_logits(&logits).unwrap();
            exact(&moved, &states(&moved), samples)
        };
        let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        assert!(difference.abs() > 1e-3, "nothing was tested");
        check("logit", mean[n], difference)?;
    }
    let at = |psi: f64| -> f64 {
        let states = states(&bernoulli);
        let logs: Vec<f64> =
            states.iter().map(|(b, _)| -LogRatio(&bernoulli).value(b).unwrap() - psi * b[0]).collect();
        mean_bound(&states, &logs, samples)
    };
    check("ψ", by_psi, -(at(STEP) - at(-STEP)) / (2.0 * STEP))
}

const SIZES: [(usize, u32); 4] = [(1, 2), (2, 2), (2, 3), (1, 5)];

#[test]
fn every_estimator_of_the_list_has_the_gradient_of_the_bound_for_its_mean() {
    let names: Vec<&str> = of_bounds().iter().map(|row| row.method.name).collect();
    assert_eq!(names, ["vimco", "local-disarm", "local-arms"]);
    for row in of_bounds() {
        let make = |setup: &Setup, bernoulli: &Bernoulli| {
            row.make(setup, bernoulli, &mut Stream::new(0, 0, 0)).unwrap()
        };
        for size in SIZES {
            conforms(&make, size).unwrap_or_else(|error| panic!("{} {size:?}: {error}", row.method.name));
        }
    }
}

/// An estimator whose ĝ, or whose weights, are multiplied by a number.
struct Wrong {
    of: AnyEstimator,
    gradient: f64,
    weights: f64,
}

impl Estimator for Wrong {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        self.of.ask(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, weights, phi_bar, memory } = answer;
        self.of.answer(
            bernoulli,
            told,
            Answer { gradient: &mut *gradient, weights: &mut *weights, phi_bar, memory },
        );
        for g in gradient {
            *g *= self.gradient;
        }
        for w in weights {
            *w *= self.weights;
        }
    }

    fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        self.of.evaluations(bernoulli)
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.of.noise(bernoulli)
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        self.of.rule(bernoulli)
    }
}

#[test]
fn a_wrong_sign_or_factor_does_not_conform() {
    for (gradient, weights) in [(-1.0, 1.0), (0.5, 1.0), (1.001, 1.0), (1.0, -1.0), (1.0, 2.0), (1.0, 0.999)]
    {
        for row in of_bounds() {
            let make = |setup: &Setup, bernoulli: &Bernoulli| -> AnyEstimator {
                let of = row.make(setup, bernoulli, &mut Stream::new(0, 0, 0)).unwrap();
                Box::new(Wrong { of, gradient, weights })
            };
            let name = row.method.name;
            assert!(conforms(&make, (2, 2)).is_err(), "{name}: {gradient} {weights}");
        }
    }
    // What is estimated of E[f] is another gradient.
    for name in ["rloo", "disarm"] {
        let make = |_: &Setup, bernoulli: &Bernoulli| -> AnyEstimator {
            let setup = Setup { evaluations: Some(2), ..Setup::default() };
            Bernoulli::estimator(name).unwrap().make(&setup, bernoulli, &mut Stream::new(0, 0, 0)).unwrap()
        };
        assert!(conforms(&make, (2, 2)).is_err(), "{name}");
    }
}

#[test]
fn its_expectation_is_the_gradient_of_the_bound_for_categorical_variables() {
    let categorical = categorical::variables(1);
    let at = |n: usize, offset: f64| {
        let mut logits = categorical.logits().to_vec();
        logits[n] += offset;
        let moved = Categorical::from_logits(&logits, 3).unwrap();
        exact(&moved, &categorical::states(&moved), 3)
    };
    let found = variance::over_rule(&categorical, &LogRatio(&categorical), &Vimco::new(3).unwrap()).unwrap();
    for n in 0..3 {
        let difference = (at(n, STEP) - at(n, -STEP)) / (2.0 * STEP);
        close("logit", found.mean[n], difference, TOLERANCE);
    }
}

/// The gradient by ψ of `f + ψ·b_0` is the mean of `b_0` with the weights of the round.
#[test]
fn its_weights_give_the_gradient_by_parameters_of_f() {
    let (values, b_0) = ([0.3, -1.2, 2.0], [1.0, 0.0, 1.0]);
    let (bernoulli, mut round) = (variables(1), Round::new());
    let vimco = Vimco::new(3).unwrap();
    round.ask(&vimco, &bernoulli, &[0.9, 0.1, 0.8]).unwrap();
    assert_eq!(round.points().as_slice(), b_0);
    round.values_mut().copy_from_slice(&values);
    round.answer(&vimco, &bernoulli).unwrap();
    let at = |psi: f64| {
        let moved = [0, 1, 2].map(|k| values[k] + psi * b_0[k]);
        -Vimco::bound(&moved)
    };
    let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
    let found: f64 = round.weights().iter().zip(b_0).map(|(weight, b)| weight * b).sum();
    close("ψ", found, difference, TOLERANCE);
}

/// With two draws of each sample, local ARMS is local `DisARM`, number for number: a pair is counted once from either side.
#[test]
fn local_arms_of_pairs_is_local_disarm() {
    let bernoulli = variables(2);
    let points = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0];
    let values = [0.3, -1.2, 2.0, 0.1, -0.4, 1.1];
    let (arms, disarm) = (LocalArms::new(3, 2).unwrap(), LocalDisarm::new(3).unwrap());
    let [found, expected] =
        [answered(&arms, &bernoulli, &points, &values), answered(&disarm, &bernoulli, &points, &values)];
    for (found, expected) in found.0.iter().chain(&found.1).zip(expected.0.iter().chain(&expected.1)) {
        // Rounding of some thirty operations of order 1.
        close("local ARMS", *found, *expected, 1e-14);
    }
    close("bound", arms.bound(&values), LocalDisarm::bound(&values), 1e-15);
    for (samples, copies) in [(1, 3), (3, 1), (u64::MAX, 2)] {
        assert!(LocalArms::new(samples, copies).is_err());
    }
}

/// Weights that differ by more than `f64` holds: the largest is all.
#[test]
fn values_of_any_size_give_numbers() {
    let (bernoulli, mut round) = (variables(1), Round::new());
    let rules = of_bounds().iter().map(|row| {
        let setup = Setup { evaluations: Some(3), ..Setup::default() };
        row.make(&setup, &bernoulli, &mut Stream::new(0, 0, 0)).unwrap()
    });
    for estimator in rules {
        for values in [[1e150, 0.0, -1e150], [1e-300, 0.0, 0.0], [800.0, -800.0, 0.0]] {
            let noise = [0.9, 0.1, 0.8].repeat(Estimator::<Bernoulli>::noise(&estimator, &bernoulli) / 3);
            round.ask(&estimator, &bernoulli, &noise).unwrap();
            let all = values.iter().cycle();
            round.values_mut().iter_mut().zip(all).for_each(|(to, value)| *to = *value);
            round.answer(&estimator, &bernoulli).unwrap();
            close("weights", round.weights().iter().sum(), 1.0, 1e-15);
        }
    }
    assert_eq!(Vimco::bound(&[-800.0, 800.0]), 800.0 - 2.0_f64.ln());
    close("mean", LocalDisarm::bound(&[-800.0, 0.0, 800.0, 0.0]), 400.0 - 0.5 * 2.0_f64.ln(), 1e-12);
    assert!(Vimco::bound(&[]).is_nan() && LocalDisarm::bound(&[]).is_nan());
    assert!(Vimco::new(1).is_err() && LocalDisarm::new(1).is_err());
}

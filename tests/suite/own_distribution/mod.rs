//! A distribution in a file of its own, which the library does not know, serves every estimator that is written for all distributions.
//!
//! Expectations are sums over all states with `ln_p`, which share nothing with the rule, the samples and the scores.

mod counts;

use voidgrad::batch::Plate;
use voidgrad::error::SampleError;
use voidgrad::estimators::{Reinforce, ReinforceEma, ReinforceOptimal, Rloo};
use voidgrad::noise::BlockStream;
use voidgrad::train::{Settings, Step, Training};
use voidgrad::{ClosedForms, Distribution, Estimator, Round, Stream, train, variance};

use counts::Counts;

/// Counts are from 0 to this.
const N: u8 = 4;
/// A few roundings of sums of order 10.
const ROUNDING: f64 = 1e-14;
/// See [`differences`].
const DIFFERENCE: f64 = 1e-9;
/// Samples of a mean whose exact value is known.
const SAMPLES: u32 = 20_000;

fn counts() -> Counts {
    Counts::new(N.into(), &[[0.3, 0.7], [-0.4, 1.5]]).unwrap()
}

fn f(b: &[f64]) -> f64 {
    (b[0] - 3.0).powi(2) + 0.5 * b[0] * b[1]
}

/// `Σ_b p(b)·g(b)` over all states of both variables.
fn expectation(counts: &Counts, g: impl Fn(&[f64]) -> f64) -> f64 {
    let states = (0..=N).flat_map(|first| (0..=N).map(move |second| [first, second].map(f64::from)));
    states.map(|b| counts.ln_p(&b).unwrap().exp() * g(&b)).sum()
}

/// The derivatives of `value` by the parameters of the counts, by central differences: an error of h²/6 times a third derivative, and of rounding
/// over h, about 1e-10 together.
fn differences(counts: &Counts, value: impl Fn(&Counts) -> f64) -> Vec<f64> {
    const H: f64 = 1e-5;
    let moved = |i: usize, by: f64| {
        let (mut parameters, mut counts) = (counts.parameters().to_vec(), counts.clone());
        parameters[i] += by;
        counts.set_parameters(&parameters).unwrap();
        value(&counts)
    };
    (0..counts.parameters().len()).map(|i| (moved(i, H) - moved(i, -H)) / (2.0 * H)).collect()
}

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }
}

/// What `add` adds to zeros.
fn gradient(add: impl FnOnce(&mut [f64])) -> Vec<f64> {
    let mut gradient = vec![0.0; 4];
    add(&mut gradient);
    gradient
}

/// `∂/∂a E[f]`.
fn exact_gradient(counts: &Counts) -> Vec<f64> {
    differences(counts, |counts| expectation(counts, f))
}

#[test]
fn with_the_exponent_1_the_counts_are_binomial() {
    let (a, n) = (0.6, i32::from(N));
    let theta = voidgrad::sigmoid(a);
    let counts = Counts::new(N.into(), &[[a, 1.0]]).unwrap();
    for (b, choose) in (0..=n).zip([1.0, 4.0, 6.0, 4.0, 1.0]) {
        let p = choose * theta.powi(b) * (1.0 - theta).powi(n - b);
        assert_close(&[counts.ln_p(&[b.into()]).unwrap().exp()], &[p], ROUNDING);
    }
    let mut mean = [0.0];
    counts.mean(&mut mean);
    assert_close(&mean, &[f64::from(n) * theta], ROUNDING);
}

#[test]
fn what_it_says_of_itself_is_what_its_states_say() {
    let (counts, other) = (counts(), Counts::new(N.into(), &[[-0.2, 1.0], [0.5, -0.3]]).unwrap());
    assert_close(&[expectation(&counts, |_| 1.0)], &[1.0], ROUNDING);
    let mut mean = [0.0; 2];
    counts.mean(&mut mean);
    assert_close(&mean, &[0, 1].map(|m| expectation(&counts, |b| b[m])), ROUNDING);
    let entropy = |of: &Counts| -expectation(of, |b| of.ln_p(b).unwrap());
    assert_close(&[counts.entropy()], &[entropy(&counts)], ROUNDING);
    let kl = |of: &Counts, other: &Counts| expectation(of, |b| of.ln_p(b).unwrap() - other.ln_p(b).unwrap());
    assert_close(&[counts.kl(&other).unwrap()], &[kl(&counts, &other)], ROUNDING);
    assert_eq!(counts.kl(&counts).unwrap(), 0.0);

    let mut mode = [0.0; 2];
    counts.mode(&mut mode);
    let most = counts.ln_p(&mode).unwrap();
    assert_eq!(expectation(&counts, |b| f64::from(u8::from(counts.ln_p(b).unwrap() > most))), 0.0);

    let found = gradient(|gradient| counts.score(&[3.0, 1.0], gradient));
    assert_close(&found, &differences(&counts, |counts| counts.ln_p(&[3.0, 1.0]).unwrap()), DIFFERENCE);
    let found = gradient(|gradient| counts.add_entropy_gradient(1.0, gradient));
    assert_close(&found, &differences(&counts, entropy), DIFFERENCE);
    let found = gradient(|gradient| counts.add_kl_gradient(1.0, &other, gradient).unwrap());
    assert_close(&found, &differences(&counts, |counts| kl(counts, &other)), DIFFERENCE);
    let found = gradient(|gradient| counts.add_kl_gradient_of_other(1.0, &other, gradient).unwrap());
    assert_close(&found, &differences(&other, |other| kl(&counts, other)), DIFFERENCE);
}

#[test]
fn a_sample_has_the_probability_of_the_numbers_that_lead_to_it() {
    let counts = counts();
    // Numbers at equal distances: each state has its share of them, but for one at either end.
    let numbers = (0..SAMPLES).map(|step| (f64::from(step) + 0.5) / f64::from(SAMPLES));
    let samples: Vec<[f64; 2]> = numbers
        .map(|u| {
            let mut b = [0.0; 2];
            counts.sample(&[u, u], &mut b);
            b
        })
        .collect();
    for (m, state) in [0, 1].into_iter().flat_map(|m| (0..=N).map(move |state| (m, f64::from(state)))) {
        let is_state = |b: &[f64]| f64::from(u8::from(b[m].eq(&state)));
        let share = samples.iter().map(|b| is_state(b)).sum::<f64>() / f64::from(SAMPLES);
        assert_close(&[share], &[expectation(&counts, is_state)], 2.0 / f64::from(SAMPLES));
    }
}

#[test]
fn what_is_no_sample_is_refused_with_what_is_allowed() {
    let error = counts().ln_p(&[1.0, 5.0]).unwrap_err();
    assert!(matches!(error, SampleError::Entry { index: 1, .. }));
    assert_eq!(error.to_string(), "b[1] = 5 is not an integer from 0 to 4");
    assert!(counts().ln_p(&[1.5, 0.0]).is_err() && counts().ln_p(&[1.0]).is_err());
    assert!(counts().set_parameters(&[f64::NAN; 4]).is_err() && counts().set_parameters(&[0.0]).is_err());
    assert!(counts().kl(&Counts::new(5, &[[0.0; 2]; 2]).unwrap()).is_err());
}

/// The mean of the estimator is the gradient, exactly and from samples. The answer is its variance.
#[track_caller]
fn assert_unbiased(estimator: &dyn Estimator<Counts>) -> f64 {
    let (counts, exact) = (counts(), exact_gradient(&counts()));
    let moments = variance::over_rule(&counts, &f, estimator).unwrap();
    // See `differences`; f is of order 10.
    assert_close(&moments.mean, &exact, 1e-8);
    // Six standard errors of four entries: a false alarm in 1e8, were the seed not fixed. No entry has more than all four variances.
    let sampled = variance::monte_carlo(&counts, &f, estimator, SAMPLES.into(), 3).unwrap();
    assert_close(&sampled.mean, &exact, 6.0 * (4.0 * moments.variance / f64::from(SAMPLES)).sqrt());
    moments.variance
}

#[test]
fn the_estimators_of_all_distributions_are_unbiased_for_it() {
    let reinforce = assert_unbiased(&Reinforce::new(0.0).unwrap());
    // `Var[ĝ]` over the states.
    let counts = counts();
    let score = |b: &[f64], i: usize| gradient(|gradient| counts.score(b, gradient))[i];
    let variance = |i: usize| {
        let moment = |power: i32| expectation(&counts, |b| (f(b) * score(b, i)).powi(power));
        moment(2) - moment(1).powi(2)
    };
    let expected = (0..4).map(variance).sum::<f64>() / 4.0;
    // Rounding of squares of order 100.
    assert!((reinforce - expected).abs() < 1e-12, "{reinforce} is not {expected}");
    let rloo = assert_unbiased(&Rloo::new(2).unwrap());
    // Two samples alone would halve it.
    assert!(rloo < 0.5 * reinforce, "{rloo} of {reinforce}");

    // A moving average, once it has learned.
    let mut average = ReinforceEma::new(0.9).unwrap();
    let mut optimal = ReinforceOptimal::new(0.9).unwrap();
    let (mut round, mut stream) = (Round::new(), Stream::new(5, 0, 0));
    for _ in 0..200 {
        round.draw(&average, &counts, &mut stream).unwrap();
        round.evaluate(&f).unwrap();
        round.tell(&mut average, &counts).unwrap();
        round.draw(&optimal, &counts, &mut stream).unwrap();
        round.evaluate(&f).unwrap();
        round.tell(&mut optimal, &counts).unwrap();
    }
    assert!(assert_unbiased(&average) < reinforce);
    assert!(assert_unbiased(&optimal) < reinforce);
}

#[test]
fn a_plate_answers_each_example_as_if_it_were_alone() {
    let examples = SAMPLES as usize;
    let counts = counts();
    let other = Counts::new(N.into(), &[[-1.0, 0.5], [0.2, 2.0]]).unwrap();
    let of = |n: usize| if n.is_multiple_of(2) { &counts } else { &other };
    let parameters: Vec<f64> = (0..examples).flat_map(|n| of(n).parameters().iter().copied()).collect();
    let mut estimator = Rloo::new(2).unwrap();
    let mut plate = Plate::<Counts>::new(counts.clone(), examples);
    plate.ask(&estimator, &parameters, &mut Stream::new(1, 0, 0)).unwrap();
    plate.evaluate(&f).unwrap();
    plate.tell(&mut estimator).unwrap();
    let rows: Vec<&[f64]> = plate.gradient().chunks(4).collect();

    // The noise of the first 32 examples.
    let (mut round, mut stream) = (Round::new(), Stream::new(1, 0, 0));
    let each = Estimator::<Counts>::noise(&estimator, &counts);
    let mut noise = vec![0.0; 32 * each];
    for share in noise.chunks_mut(16 * each) {
        BlockStream::take(&mut stream).fill_open01(share);
    }
    for (n, (row, noise)) in rows.iter().zip(noise.chunks(each)).enumerate() {
        round.ask(&estimator, of(n), noise).unwrap();
        round.evaluate(&f).unwrap();
        round.tell(&mut estimator, of(n)).unwrap();
        assert_eq!(round.gradient(), *row, "{n}");
    }
    for (first, of) in [&counts, &other].into_iter().enumerate() {
        let mean = |i: usize| {
            rows.iter().skip(first).step_by(2).map(|row| row[i]).sum::<f64>() / (examples / 2) as f64
        };
        // Six standard errors, as above.
        let variance = variance::over_rule(of, &f, &estimator).unwrap().variance;
        let error = 6.0 * (4.0 * variance / (examples / 2) as f64).sqrt();
        assert_close(&[0, 1, 2, 3].map(mean), &exact_gradient(of), error);
    }
}

#[test]
fn it_trains_and_goes_on_after_a_restart_with_the_same_bits() {
    let settings = Settings { iterations: 400, batch: 20, learning_rate: 0.05, ..Settings::default() };
    let estimator = || Rloo::new(2).unwrap();
    let start = counts();
    let outcome =
        train(start.clone(), &f, estimator(), &settings, 0, &mut |_: &Step<'_, Counts>| ()).unwrap();
    // The minimum is f(3, 0) = 0, and every other state has at least 1.
    let [before, after] = [&start, &outcome.distribution].map(|counts| expectation(counts, f));
    assert!(before > 1.5 && after < 0.1, "{before} {after}");

    let training = || Training::new(start.clone(), &f, estimator(), &settings, 0).unwrap();
    let mut first = training();
    first.advance(150).unwrap();
    let mut second = training();
    second.restore(&first.state()).unwrap();
    second.advance(settings.iterations - 150).unwrap();
    assert_eq!(second.distribution(), &outcome.distribution);
}

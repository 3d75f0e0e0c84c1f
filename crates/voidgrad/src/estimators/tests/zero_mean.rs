//! Controls whose mean is 0: that it is 0, and what each of them is.

use super::{Cubic, close, double_cv_of, states, variables};
use crate::bernoulli::Bernoulli;
use crate::controls::Rebar;
use crate::estimator::{AnyEstimator, Memory, Round};
use crate::estimators::zero_mean::{
    Additive, Baseline, Relaxation, Samples, Score, Slopes, Taylor, ZeroMean,
};
use crate::estimators::{MuProp, Reinforce, Rloo};
use crate::noise::Stream;
use crate::objective::Differentiable as _;

/// A round of so many samples, with all that a control may want to see.
struct Whole {
    uniforms: Vec<f64>,
    points: Vec<f64>,
    values: Vec<f64>,
    gradients: Vec<f64>,
    at_mean: (f64, Vec<f64>),
}

impl Whole {
    fn new(bernoulli: &Bernoulli, points: Vec<f64>, uniforms: Vec<f64>) -> Self {
        let of = |x: &[f64]| {
            let mut gradient = vec![0.0; x.len()];
            (Cubic.value_and_gradient(x, &mut gradient), gradient)
        };
        let all: Vec<_> = points.chunks(bernoulli.len()).map(of).collect();
        let values = all.iter().map(|(f, _)| *f).collect();
        let gradients = all.into_iter().flat_map(|(_, gradient)| gradient).collect();
        Self { at_mean: of(bernoulli.probabilities()), uniforms, points, values, gradients }
    }

    fn seen<'a>(&'a self, noise: &'a [f64]) -> Samples<'a> {
        let Self { uniforms, points, values, gradients, at_mean: (f, slope) } = self;
        Samples { example: 0, uniforms, noise, points, values, gradients, at_mean: Some((*f, slope)) }
    }

    fn drawn(bernoulli: &Bernoulli, samples: usize, stream: &mut Stream) -> Self {
        let mut uniforms = vec![0.0; samples * bernoulli.len()];
        stream.fill_open01(&mut uniforms);
        let mut points = uniforms.clone();
        super::super::samples(bernoulli, &uniforms, &mut points);
        Self::new(bernoulli, points, uniforms)
    }
}

fn h(control: &dyn ZeroMean, bernoulli: &Bernoulli, seen: Samples<'_>) -> Vec<f64> {
    let mut h = vec![0.0; bernoulli.len()];
    control.add(bernoulli, seen, &mut h, &mut Memory::default());
    h
}

/// The mean of h and of its squares over all states of all samples.
fn moments(control: &dyn ZeroMean, bernoulli: &Bernoulli, samples: u32) -> (Vec<f64>, f64) {
    let one = states(bernoulli);
    let (mut mean, mut square) = (vec![0.0; bernoulli.len()], 0.0);
    for number in 0..one.len().pow(samples) {
        let own = (0..samples).map(|k| &one[number / one.len().pow(k) % one.len()]);
        let p: f64 = own.clone().map(|(_, p)| p).product();
        let points = own.flat_map(|(b, _)| b.clone()).collect();
        let whole = Whole::new(bernoulli, points, Vec::new());
        for (mean, h) in mean.iter_mut().zip(h(control, bernoulli, whole.seen(&[]))) {
            *mean += p * h;
            square += p * h * h;
        }
    }
    (mean, square)
}

/// Those of one state after so many rounds elsewhere.
fn taught(rounds: u64, bernoulli: &Bernoulli) -> Vec<Box<dyn ZeroMean>> {
    let mut controls: Vec<Box<dyn ZeroMean>> = vec![
        Box::new(Score),
        Box::new(Baseline::new(0.9).unwrap()),
        Box::new(Additive::new()),
        Box::new(Taylor),
        Box::new(Slopes),
    ];
    let mut stream = Stream::new(4, 0, 0);
    let logits: Vec<f64> = bernoulli.logits().iter().map(|a| 0.5 - 0.7 * a).collect();
    let elsewhere = Bernoulli::from_logits(&logits).unwrap();
    for _ in 0..rounds {
        let whole = Whole::drawn(&elsewhere, 2, &mut stream);
        for control in &mut controls {
            control.learn(&elsewhere, whole.seen(&[]));
        }
    }
    controls
}

#[test]
fn the_mean_is_0_at_every_theta_and_in_every_state() {
    let mut tested = 0;
    for theta in [[0.3, 0.85, 0.5], [0.01, 0.5, 0.999], [0.5, 0.5, 0.5]] {
        let bernoulli = Bernoulli::from_probabilities(&theta).unwrap();
        for rounds in [0, 1, 7, 60] {
            for control in taught(rounds, &bernoulli) {
                for samples in [1, 2, 3] {
                    let (mean, square) = moments(&*control, &bernoulli, samples);
                    for mean in mean {
                        // Rounding of 512 terms below 10, whose sum is 0.
                        close(control.name(), mean, 0.0, 1e-14);
                    }
                    tested += u32::from(square > 1e-3);
                }
            }
        }
    }
    // Slopes takes two samples, and before a first round there are no baseline and no model.
    let nothing_to_test = 3 * (4 + 2 * 3);
    assert_eq!(tested, 3 * 4 * 5 * 3 - nothing_to_test);
}

/// Given b, h is a sum of functions of one number each: integrals over u and v by the midpoint rule.
#[test]
fn the_mean_of_a_relaxation_is_0() {
    const STEPS: usize = 4_000;
    let bernoulli = Bernoulli::from_probabilities(&[0.3]).unwrap();
    let control = Relaxation::new(Rebar::new(0.8, 0.6, 0.4).unwrap());
    for samples in [1, 2] {
        let (mut mean, mut size) = (0.0, 0.0_f64);
        for number in 0..1 << samples {
            let b: Vec<f64> = (0..samples).map(|k| f64::from(number >> k & 1)).collect();
            let p: f64 = b.iter().map(|b| if *b == 1.0 { 0.3 } else { 0.7 }).product();
            // u is above 0.7 where b is 1.
            let u = |b: f64, share: f64| if b == 1.0 { 0.7 + 0.3 * share } else { 0.7 * share };
            let at = |shares: &[f64], v: &[f64]| {
                let uniforms = b.iter().zip(shares).map(|(b, share)| u(*b, *share)).collect();
                h(&control, &bernoulli, Whole::new(&bernoulli, b.clone(), uniforms).seen(v))[0]
            };
            let middle = vec![0.5; samples];
            let reference = at(&middle, &middle);
            let mut given = reference;
            for k in 0..samples {
                for step in 0..STEPS {
                    let mut moved = middle.clone();
                    moved[k] = (step as f64 + 0.5) / STEPS as f64;
                    given += (at(&moved, &middle) - reference) / STEPS as f64;
                    given += (at(&middle, &moved) - reference) / STEPS as f64;
                }
            }
            mean += p * given;
            size = size.max(given.abs());
        }
        // The square of a step, times derivatives of some hundreds at the ends, where z runs away.
        close("relaxation", mean, 0.0, 1e-5);
        assert!(size > 2e-3, "{samples}: nothing was tested: {size}");
    }
}

/// `g + w·h` is this estimator, for samples of a stream.
#[track_caller]
fn makes(control: &dyn ZeroMean, weight: f64, samples: usize, other: &AnyEstimator) {
    let bernoulli = variables(3);
    let mut stream = Stream::new(12, 0, 0);
    for _ in 0..20 {
        let whole = Whole::drawn(&bernoulli, samples, &mut stream);
        let mut noise = whole.uniforms.clone();
        let mut own = vec![0.0; samples * control.noise(&bernoulli)];
        stream.fill_open01(&mut own);
        noise.extend(&own);
        let base: AnyEstimator = match samples {
            1 => Box::new(Reinforce::new(0.0).unwrap()),
            _ => Box::new(Rloo::new(samples as u64).unwrap()),
        };
        let of = |estimator: &AnyEstimator, noise: &[f64]| {
            let mut round = Round::new();
            round.estimate(estimator, &bernoulli, &Cubic, noise).unwrap();
            round.gradient().to_vec()
        };
        let base = of(&base, &whole.uniforms);
        let h = h(control, &bernoulli, whole.seen(&own));
        let expected = if other.evaluations(&bernoulli) == samples as u64 || samples == 1 {
            of(other, &noise)
        } else {
            // The mean of estimates of one sample each.
            let mut mean = vec![0.0; 3];
            for (k, u) in whole.uniforms.chunks(3).enumerate() {
                let rest = &own[k * own.len() / samples..(k + 1) * own.len() / samples];
                for (mean, own) in mean.iter_mut().zip(of(other, &[u, rest].concat())) {
                    *mean += own / samples as f64;
                }
            }
            mean
        };
        for ((base, h), expected) in base.iter().zip(h).zip(expected) {
            // Rounding of a few operations on numbers below 20.
            close(control.name(), base + weight * h, expected, 1e-13);
        }
    }
}

#[test]
fn with_the_right_weight_each_makes_the_estimator_that_it_comes_from() {
    makes(&Score, -1.6, 1, &(Box::new(Reinforce::new(1.6).unwrap()) as AnyEstimator));
    makes(&Taylor, 1.0, 1, &(Box::new(MuProp) as AnyEstimator));
    makes(&Taylor, 1.0, 3, &(Box::new(MuProp) as AnyEstimator));
    for samples in [2, 3] {
        makes(&Slopes, -0.7, samples, &(Box::new(double_cv_of(samples as u64, -0.7)) as AnyEstimator));
    }
    let rebar = Rebar::new(0.8, 0.6, 0.4).unwrap();
    for samples in [1, 3] {
        makes(&Relaxation::new(rebar.clone()), 1.0, samples, &(Box::new(rebar.clone()) as AnyEstimator));
    }

    let bernoulli = variables(3);
    let mut baseline = Baseline::new(0.9).unwrap();
    let mut stream = Stream::new(13, 0, 0);
    for _ in 0..5 {
        baseline.learn(&bernoulli, Whole::drawn(&bernoulli, 2, &mut stream).seen(&[]));
    }
    assert!((baseline.average() - 2.0).abs() > 0.01, "{baseline:?}");
    for samples in [1, 2, 3] {
        let reinforce: AnyEstimator = Box::new(Reinforce::new(baseline.average()).unwrap());
        makes(&baseline, 1.0, samples, &reinforce);
    }
}

/// With the weight 1, what is left is the estimate of f less its model, and the gradient of the model's mean.
#[test]
fn the_additive_control_puts_its_model_in_the_place_of_the_baseline() {
    let bernoulli = variables(3);
    let mut additive = Additive::new();
    let mut stream = Stream::new(13, 0, 0);
    for _ in 0..30 {
        additive.learn(&bernoulli, Whole::drawn(&bernoulli, 2, &mut stream).seen(&[]));
    }
    let model = |b: &[f64]| {
        additive.constant() + additive.slopes().iter().zip(b).map(|(slope, b)| slope * b).sum::<f64>()
    };
    let theta = bernoulli.probabilities();
    let rloo = Rloo::new(2).unwrap();
    let mut round = Round::new();
    for _ in 0..20 {
        let whole = Whole::drawn(&bernoulli, 2, &mut stream);
        round.estimate(&rloo, &bernoulli, &Cubic, &whole.uniforms).unwrap();
        let h = h(&additive, &bernoulli, whole.seen(&[]));
        for m in 0..3 {
            let own = |k: usize| {
                let b = &whole.points[3 * k..3 * k + 3];
                (Cubic.value(b) - model(b)) * (b[m] - theta[m])
            };
            let of_model = additive.slopes()[m] * theta[m] * (1.0 - theta[m]);
            // Rounding of a few operations on numbers below 20.
            close("additive", round.gradient()[m] + h[m], 0.5 * (own(0) + own(1)) + of_model, 1e-13);
        }
    }
}

#[test]
fn a_state_of_another_shape_is_refused_and_changes_nothing() {
    let bernoulli = variables(3);
    for (place, control) in taught(5, &bernoulli).iter().enumerate() {
        let state = control.state();
        let mut fresh = taught(0, &bernoulli).swap_remove(place);
        let untouched = fresh.state();
        let borrowed = super::borrowed(&state);
        for missing in 0..borrowed.len() {
            let mut less = borrowed.clone();
            let (_, values) = less.remove(missing);
            assert!(fresh.restore(&less).is_err());
            less.push(("another", values));
            assert!(fresh.restore(&less).is_err());
        }
        let more = [&borrowed[..], &[("another", &[1.0][..])]].concat();
        assert!(fresh.restore(&more).is_err());
        assert_eq!(fresh.state(), untouched);
        fresh.restore(&borrowed).unwrap();
        assert_eq!(fresh.state(), state);
    }
}

//! The mixture of controls: its mean, its weights, and what they are worth.

use nalgebra::{DMatrix, DVector};

use super::known::{even, taught};
use super::{Cubic, borrowed, close, gradient, states, variables};
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::controls::Rebar;
use crate::distribution::Distribution as _;
use crate::error::EstimateError;
use crate::estimator::{Estimator, Memory, Round, check_wants};
use crate::estimators::zero_mean::{
    Additive, Baseline, Relaxation, Samples, Score, Slopes, Taylor, ZeroMean,
};
use crate::estimators::{DoubleCv, Mixed, Rloo};
use crate::noise::Stream;
use crate::objective::Objective;
use crate::toy::MeanQuadratic;
use crate::variance;

/// All controls without noise of their own.
fn all_controls() -> Vec<Box<dyn ZeroMean>> {
    vec![
        Box::new(Score),
        Box::new(Baseline::new(0.9).unwrap()),
        Box::new(Additive::new()),
        Box::new(Taylor),
        Box::new(Slopes),
    ]
}

fn of_all(samples: u64) -> Mixed {
    Mixed::new(samples, all_controls(), 0.9).unwrap()
}

/// Whatever it has learned, and wherever θ has gone since.
#[test]
fn the_mean_is_the_gradient_before_and_after_it_has_learned() {
    let bernoulli = variables(3);
    let elsewhere = Bernoulli::from_probabilities(&[0.5, 0.05, 0.9]).unwrap();
    let exact = gradient(&elsewhere, &Cubic);
    for samples in [1, 2, 3] {
        for rounds in [0, 1, 8, 9, 30, 200] {
            let mixed = taught(of_all(samples), &bernoulli, &Cubic, rounds);
            let has_weights = mixed.weights().filter(|(_, weight)| *weight != 0.0).count();
            // Of one sample, Slopes is 0.
            let expected = if rounds < 8 { 0 } else { 4 + usize::from(samples > 1) };
            assert_eq!(has_weights, expected, "{mixed:?}");
            let found = variance::moments(&elsewhere, &Cubic, &mixed).unwrap();
            for (mean, exact) in found.mean.iter().zip(&exact) {
                // Rounding of 512 terms below 100.
                close("mean", *mean, *exact, 1e-13);
            }
        }
    }
}

/// The weights of least squares from exact expectations: controls that learn nothing have a matrix that is a sum over states.
#[test]
fn the_weights_tend_to_those_of_least_variance() {
    let bernoulli = variables(2);
    let controls: [&dyn ZeroMean; 3] = [&Taylor, &Slopes, &Score];
    let (mut matrix, mut right) = (DMatrix::<f64>::zeros(3, 3), DVector::zeros(3));
    let mut round = Round::new();
    let mixed = || Mixed::new(2, vec![Box::new(Taylor), Box::new(Slopes), Box::new(Score)], 0.999_9).unwrap();
    let asked = mixed();
    asked
        .rule(&bernoulli)
        .unwrap()
        .for_each(|noise, p| {
            round.estimate(&asked, &bernoulli, &Cubic, noise)?;
            let points: Vec<f64> = round.points().iter().flatten().copied().collect();
            let (b, theta) = points.split_at(4);
            let slope = |x: &[f64]| {
                let mut slope = [0.0; 2];
                crate::objective::Differentiable::value_and_gradient(&Cubic, x, &mut slope);
                slope
            };
            let (at_mean, gradients) = (slope(theta), [slope(&b[..2]), slope(&b[2..])].concat());
            let seen = Samples {
                example: 0,
                uniforms: noise,
                noise: &[],
                points: b,
                values: &round.values()[..2],
                gradients: &gradients,
                at_mean: Some((round.values()[2], &at_mean)),
            };
            let of = |control: &&dyn ZeroMean| {
                let mut h = vec![0.0; 2];
                control.add(&bernoulli, seen, &mut h, &mut Memory::default());
                h
            };
            let h: Vec<Vec<f64>> = controls.iter().map(of).collect();
            let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
            for i in 0..3 {
                for j in 0..3 {
                    matrix[(i, j)] += p * dot(&h[i], &h[j]);
                }
                right[i] -= p * dot(&h[i], round.gradient());
            }
            Ok::<_, EstimateError>(())
        })
        .unwrap();
    let best = matrix.clone().lu().solve(&right).unwrap();
    let learned = taught(mixed(), &bernoulli, &Cubic, 40_000);
    let rloo = variance::moments(&bernoulli, &Cubic, &Rloo::new(2).unwrap()).unwrap().variance;
    // The mean of two coordinates.
    let least = rloo - 0.5 * best.dot(&(&matrix * &best));
    let found = variance::moments(&bernoulli, &Cubic, &learned).unwrap().variance;
    assert!(rloo > 1.1 * least, "there is something to learn: {rloo} {least}");
    // The weights of 20,000 rounds cost three times 1/20,000, or some times that, since squares of a cubic f have large tails.
    close("the variance", found, least, 2e-3 * least);
}

/// What is left of RLOO's variance, by 4,000 samples: known within 5 %.
fn share(mixed: &Mixed, bernoulli: &Bernoulli, f: &(impl Objective + Sync)) -> f64 {
    let of = |estimator: &dyn Estimator| {
        variance::monte_carlo(bernoulli, f, estimator, 4_000, 3).unwrap().variance
    };
    of(mixed) / of(&Rloo::new(2).unwrap())
}

/// The additive model knows 200 variables after some thousand samples. What is left then falls by a factor.
#[test]
fn two_hundred_parabolas_are_learned_from_values_alone() {
    let (bernoulli, f) = (even(200), MeanQuadratic { target: 0.499 });
    let mut mixed = Mixed::of_values(2, 0.99).unwrap();
    let mut before = 0;
    for (rounds, bound) in [(100, 0.6), (400, 0.15), (1_000, 0.01), (2_000, 1e-4)] {
        let mut stream = Stream::new(11, 0, before);
        let mut round = Round::new();
        for _ in before..rounds {
            round.draw(&mixed, &bernoulli, &mut stream).unwrap();
            round.evaluate(&f).unwrap();
            round.tell(&mut mixed, &bernoulli).unwrap();
        }
        before = rounds;
        let share = share(&mixed, &bernoulli, &f);
        assert!(share < bound, "{rounds} rounds: {share:e}, {mixed:?}");
    }
}

/// The cut of a ring with chords: a sum of functions of two variables each.
fn cut(count: usize) -> impl Fn(&[f64]) -> f64 + Sync {
    move |b: &[f64]| {
        let edges = (0..count).flat_map(|i| [(i, (i + 1) % count), (i, (i + 3) % count)]);
        -edges.map(|(i, j)| (b[i] - b[j]).abs()).sum::<f64>()
    }
}

/// At θ = ½ a cut has no additive part, and a baseline of earlier rounds halves the variance. Elsewhere it has one.
#[test]
fn the_cut_of_a_graph_has_about_half_of_the_variance_of_rloo() {
    let f = cut(20);
    let half = even(20);
    let moved: Vec<f64> = (0..20).map(|m| 2.0 * (1.7 * f64::from(m)).sin()).collect();
    let moved = Bernoulli::from_logits(&moved).unwrap();
    for (bernoulli, bound) in [(half, 0.55), (moved, 0.55)] {
        let mixed = taught(Mixed::of_values(2, 0.99).unwrap(), &bernoulli, &f, 1_000);
        let share = share(&mixed, &bernoulli, &f);
        assert!(share < bound, "{share}, {mixed:?}");
    }
}

/// A control that has nothing to do with f.
struct Useless(String);

impl ZeroMean for Useless {
    fn name(&self) -> &str {
        &self.0
    }

    fn add(&self, bernoulli: &Bernoulli, samples: Samples<'_>, h: &mut [f64], _: &mut Memory) {
        for (b, u) in samples.rows(bernoulli).zip(samples.noise) {
            bernoulli.add_score(u - 0.5, b, h);
        }
    }

    fn noise(&self, _: &Bernoulli) -> usize {
        1
    }
}

/// `(1 - decay)/(1 + decay)` is 0.005 for each of five controls. It is some times that if f has large tails, and less if there are many coordinates.
#[test]
fn controls_of_no_use_cost_next_to_nothing() {
    let bernoulli = variables(3);
    let useless = || -> Vec<Box<dyn ZeroMean>> {
        (0..5).map(|i| -> Box<dyn ZeroMean> { Box::new(Useless(i.to_string())) }).collect()
    };
    let (rounds, runs) = (400, 20);
    let mut squares = [0.0; 2];
    for run in 0..runs {
        let mut mixed = Mixed::new(2, useless(), 0.99).unwrap();
        let (mut stream, mut round, mut alone) = (Stream::new(21, run, 0), Round::new(), Round::new());
        let exact = gradient(&bernoulli, &Cubic);
        for number in 0..rounds {
            round.draw(&mixed, &bernoulli, &mut stream).unwrap();
            round.evaluate(&Cubic).unwrap();
            let noise: Vec<f64> = {
                // The samples are made of the first numbers.
                let points: Vec<f64> = round.points().iter().flatten().copied().collect();
                let theta = bernoulli.probabilities();
                points
                    .iter()
                    .enumerate()
                    .map(|(i, b)| {
                        let theta = theta[i % 3];
                        if *b == 1.0 { 1.0 - 0.5 * theta } else { 0.5 * (1.0 - theta) }
                    })
                    .collect()
            };
            alone.estimate(&Rloo::new(2).unwrap(), &bernoulli, &Cubic, &noise).unwrap();
            round.tell(&mut mixed, &bernoulli).unwrap();
            if number >= 50 {
                for (square, round) in squares.iter_mut().zip([&round, &alone]) {
                    let error = round.gradient().iter().zip(&exact).map(|(g, exact)| (g - exact).powi(2));
                    *square += error.sum::<f64>();
                }
            }
        }
    }
    let ratio = squares[0] / squares[1];
    assert!(ratio > 1.0 && ratio < 1.06, "{ratio}");
}

#[test]
fn the_first_rounds_are_those_of_rloo() {
    let bernoulli = variables(3);
    let mut noise = [0.0; 6];
    let [mut mixed, mut rloo] = [Round::new(), Round::new()];
    // Two controls: the regression has weights after five rounds.
    for rounds in 0..=5 {
        let taught = taught(Mixed::of_values(2, 0.9).unwrap(), &bernoulli, &Cubic, rounds);
        Stream::new(5, 0, rounds).fill_open01(&mut noise);
        mixed.estimate(&taught, &bernoulli, &Cubic, &noise).unwrap();
        rloo.estimate(&Rloo::new(2).unwrap(), &bernoulli, &Cubic, &noise).unwrap();
        assert_eq!(mixed.gradient() == rloo.gradient(), rounds < 5, "{rounds}");
    }
}

#[test]
fn without_controls_it_is_rloo() {
    let bernoulli = variables(3);
    let none = taught(Mixed::new(2, Vec::new(), 0.9).unwrap(), &bernoulli, &Cubic, 20);
    let found = variance::moments(&bernoulli, &Cubic, &none).unwrap();
    assert_eq!(found, variance::moments(&bernoulli, &Cubic, &Rloo::new(2).unwrap()).unwrap());
}

/// Its weight is near that of Double CV, whose only control it is then.
#[test]
fn with_slopes_alone_it_is_double_cv() {
    let bernoulli = variables(3);
    let of = |rounds| {
        let double_cv = taught(DoubleCv::new(2, 0.999).unwrap(), &bernoulli, &Cubic, rounds);
        let mixed = Mixed::new(2, vec![Box::new(Slopes)], 0.999).unwrap();
        let mixed = taught(mixed, &bernoulli, &Cubic, rounds);
        [double_cv.alpha(), mixed.weights().next().unwrap().1]
    };
    let [alpha, weight] = of(3_000);
    // Both are means of some thousand rounds.
    assert!(alpha.abs() > 0.1 && (alpha - weight).abs() < 0.05, "{alpha} {weight}");
}

#[test]
fn a_state_continues_with_the_same_bits_and_another_is_refused() {
    let bernoulli = variables(3);
    let first = taught(of_all(2), &bernoulli, &Cubic, 30);
    let state = first.state();
    let mut second = taught(of_all(2), &variables(2), &Cubic, 9);
    second.restore(&borrowed(&state)).unwrap();
    assert_eq!(second.state(), state);
    let [first, mut second] = [first, second].map(|mixed| taught(mixed, &bernoulli, &Cubic, 7));
    assert_eq!(first.state(), second.state());
    assert!(first.weights().eq(second.weights()));

    let untouched = second.state();
    for place in 0..state.len() {
        let mut missing = state.clone();
        let (name, values) = missing.remove(place);
        assert!(second.restore(&borrowed(&missing)).is_err(), "{name}");
        missing.push(("another".into(), values));
        assert!(second.restore(&borrowed(&missing)).is_err(), "{name}");
        assert_eq!(second.state(), untouched, "{name}");
    }
}

/// All of it on a plate: noise of a control's own, ∇f at samples, f at the mean.
#[test]
fn a_plate_gives_and_teaches_what_single_rounds_do() {
    let make = || {
        let mut controls = all_controls();
        controls.push(Box::new(Relaxation::new(Rebar::new(0.8, 0.6, 0.4).unwrap())));
        controls.push(Box::new(Useless("useless".to_owned())));
        Mixed::new(2, controls, 0.9).unwrap()
    };
    let (prototype, examples) = (variables(3), 7);
    let parameters: Vec<f64> = (0..3 * examples).map(|i| (1.3 * i as f64).sin()).collect();
    let (mut of_plate, mut one_by_one) = (make(), make());
    let mut plate = Plate::<Bernoulli>::new(prototype.clone(), examples);
    let mut stream = Stream::new(3, 0, 0);
    for _ in 0..4 {
        plate.ask(&of_plate, &parameters, &mut stream).unwrap();
        plate.evaluate(&Cubic).unwrap();
        plate.tell(&mut of_plate).unwrap();
        let mut learner = make();
        learner.restore(&borrowed(&one_by_one.state())).unwrap();
        let noise = plate.noise().chunks(one_by_one.noise(&prototype));
        for (n, (own, noise)) in parameters.chunks(3).zip(noise).enumerate() {
            let (mut bernoulli, mut round) = (prototype.clone(), Round::new());
            bernoulli.set_parameters(own).unwrap();
            round.ask(&one_by_one, &bernoulli, noise).unwrap();
            round.evaluate(&Cubic).unwrap();
            round.answer(&one_by_one, &bernoulli).unwrap();
            assert_eq!(round.gradient(), &plate.gradient()[3 * n..3 * n + 3]);
            assert_eq!(round.weights(), [0.5, 0.5, 0.0]);
            round.tell(&mut learner, &bernoulli).unwrap();
        }
        one_by_one = learner;
        assert_eq!(of_plate.state(), one_by_one.state());
    }
    assert!(of_plate.weights().all(|(_, weight)| weight != 0.0), "{of_plate:?}");
}

#[test]
fn a_black_box_is_refused_by_a_mixture_that_wants_its_gradient() {
    let bernoulli = variables(2);
    let black_box = |b: &[f64]| b[0];
    let of = |control: Box<dyn ZeroMean>| Mixed::new(3, vec![Box::new(Score), control], 0.9).unwrap();
    for mixed in [of(Box::new(Taylor)), of(Box::new(Slopes))] {
        assert_eq!(check_wants(&mixed, &bernoulli, &black_box), Err(EstimateError::NoGradient), "{mixed:?}");
        assert_eq!(check_wants(&mixed, &bernoulli, &Cubic), Ok(()));
    }
    assert_eq!(check_wants(&of(Box::new(Additive::new())), &bernoulli, &black_box), Ok(()));
    assert_eq!(
        (of(Box::new(Taylor)).evaluations(&bernoulli), of(Box::new(Slopes)).evaluations(&bernoulli)),
        (4, 3)
    );
}

/// Exact moments of a state below 1e-15 exchange 0 and 1, which a model of f does not allow.
#[test]
fn moments_of_a_rare_state_are_refused_where_a_model_has_been_learned() {
    let rare = Bernoulli::from_logits(&[-690.0, 0.3]).unwrap();
    let often = Bernoulli::from_logits(&[690.0, 0.3]).unwrap();
    let fresh = || Mixed::of_values(2, 0.9).unwrap();
    assert!(variance::moments(&rare, &Cubic, &fresh()).is_ok());
    let learned = taught(fresh(), &variables(2), &Cubic, 20);
    let outcomes = [&rare, &often].map(|bernoulli| variance::moments(bernoulli, &Cubic, &learned).is_ok());
    assert_eq!(outcomes.iter().filter(|is_known| **is_known).count(), 1, "{outcomes:?}");
    let states: f64 = states(&often).iter().map(|(_, p)| p).sum();
    close("probabilities", states, 1.0, 1e-15);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    assert_eq!(Mixed::of_values(0, 0.9).unwrap_err().name, "evaluations");
    for decay in [-0.1, 1.0, f64::NAN] {
        assert_eq!(Mixed::of_values(2, decay).unwrap_err().name, "decay");
    }
    let four = crate::controls::Perceptron::draw(4, 2, &mut Stream::new(0, 0, 0)).unwrap();
    let mixed = Mixed::new(2, vec![Box::new(Relaxation::new(four))], 0.9).unwrap();
    assert!(matches!(mixed.suits(&variables(3)), Err(EstimateError::Shape(_))));
    assert_eq!(mixed.suits(&variables(4)), Ok(()));
}

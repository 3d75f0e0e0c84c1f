//! What a round does, for every estimator of the tables.

use std::collections::BTreeSet;

use super::{AnyEstimator, Round, Want};
use crate::bernoulli::Bernoulli;
use crate::controls::Zero;
use crate::distribution::Distribution;
use crate::error::{EstimateError, ObjectiveError};
use crate::estimators::tests::{Claim, Cubic, Flipping, Named, all, hold, teach, variables};
use crate::estimators::{Count, DoubleCv, Listed, MuProp, Reinforce, ReinforceEma, Rloo};
use crate::noise::Stream;
use crate::objective::{Batched, Differentiable, Flips, Objective, Points, Smooth};

/// The error of an objective that has gone away.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("machine {0} does not answer")]
struct Silent(u32);

/// All that an answer holds, bit by bit.
fn bits(round: &Round) -> Vec<u64> {
    let parts = [round.gradient(), round.weights(), &[round.f()], round.variance_gradient()];
    parts.into_iter().flatten().map(|number| number.to_bits()).collect()
}

/// The answer to Cubic at noise that has not been used before.
fn probe<D: Distribution>(estimator: &AnyEstimator<D>, distribution: &D) -> Vec<u64> {
    let mut round = Round::new();
    round.draw(estimator, distribution, &mut Stream::new(77, 0, 0)).unwrap();
    round.evaluate(&Cubic).unwrap();
    round.answer_with_variance_gradient(estimator, distribution).unwrap();
    bits(&round)
}

#[test]
fn a_round_that_was_not_asked_has_no_answer() {
    let (bernoulli, mut rloo) = (variables(2), Rloo::new(2).unwrap());
    let refuses = |round: &mut Round, rloo: &mut Rloo| {
        assert_eq!(round.evaluate(&Cubic), Err(EstimateError::NotAsked));
        assert_eq!(round.answer(rloo, &bernoulli), Err(EstimateError::NotAsked));
        assert_eq!(round.answer_with_variance_gradient(rloo, &bernoulli), Err(EstimateError::NotAsked));
        assert_eq!(round.tell(rloo, &bernoulli), Err(EstimateError::NotAsked));
        assert!(round.points().is_empty());
    };
    let mut round = Round::new();
    refuses(&mut round, &mut rloo);
    // Nor has one whose second question failed.
    round.ask(&rloo, &bernoulli, &[0.5; 4]).unwrap();
    assert_eq!(round.points().len(), 2);
    assert!(matches!(round.ask(&rloo, &bernoulli, &[0.5; 3]), Err(EstimateError::Shape(_))));
    refuses(&mut round, &mut rloo);
}

#[test]
fn noise_outside_of_the_unit_interval_is_refused() {
    let (bernoulli, mut round) = (variables(2), Round::new());
    for number in [0.0, 1.0, -0.1, 1.5, f64::NAN, f64::INFINITY] {
        let Err(EstimateError::Noise(error)) = round.ask(&Zero, &bernoulli, &[0.5, 0.5, 0.5, number]) else {
            panic!("{number} is accepted");
        };
        assert_eq!(error.value.to_bits(), number.to_bits());
    }
}

#[test]
fn a_stream_does_not_move_if_nothing_is_asked() {
    let many = Bernoulli::from_logits(&[0.0; 21]).unwrap();
    let mut stream = Stream::new(1, 0, 0);
    let error = Round::new().draw(&crate::estimators::Enumerate, &many, &mut stream).unwrap_err();
    assert!(matches!(error, EstimateError::TooManyVariables { found: 21, .. }), "{error}");
    assert_eq!(stream.position(), Stream::new(1, 0, 0).position());
}

/// Points of one estimator are of no use to another one that asks for more of them, for fewer, for other noise or for gradients.
#[test]
fn the_answer_to_another_question_is_refused() {
    let (bernoulli, other) = (variables(2), variables(3));
    let two = Rloo::new(2).unwrap();
    let mut round = Round::new();
    round.estimate(&two, &bernoulli, &Cubic, &[0.5, 0.2, 0.7, 0.9]).unwrap();
    let shape = |result: Result<(), EstimateError>| matches!(result, Err(EstimateError::Shape(_)));
    assert!(shape(round.answer(&Rloo::new(3).unwrap(), &bernoulli)));
    assert!(shape(round.answer(&Reinforce::new(0.0).unwrap(), &bernoulli)));
    assert!(shape(round.answer(&Zero, &bernoulli)));
    assert!(shape(round.answer(&two, &other)));
    let needs_gradients = round.answer(&DoubleCv::new(2, 0.9).unwrap(), &bernoulli);
    assert_eq!(needs_gradients, Err(EstimateError::NoGradient));
    assert_eq!(round.answer(&two, &bernoulli), Ok(()));
}

#[test]
fn a_forgotten_value_is_an_error() {
    let (bernoulli, mut round) = (variables(2), Round::new());
    let mut average = ReinforceEma::new(0.5).unwrap();
    round.ask(&average, &bernoulli, &[0.1, 0.9]).unwrap();
    let forgotten = round.tell(&mut average, &bernoulli).unwrap_err();
    let EstimateError::Objective { value, b } = forgotten else { panic!("{forgotten}") };
    assert!(value.is_nan());
    assert_eq!(b, round.points().row(0));
    assert_eq!(average.baseline(), 0.0, "it has learned nothing");
    // Nor may a gradient be forgotten.
    round.estimate(&MuProp, &bernoulli, &Cubic, &[0.1, 0.9]).unwrap();
    round.ask(&MuProp, &bernoulli, &[0.1, 0.9]).unwrap();
    round.values_mut().fill(1.0);
    let mean = round.points().row(1).to_vec();
    let error = round.answer(&MuProp, &bernoulli).unwrap_err();
    assert!(matches!(error, EstimateError::Objective { value, b } if value.is_nan() && b == mean));
    // One of two; and those of the round before do not count.
    let rloo = Rloo::new(2).unwrap();
    round.estimate(&rloo, &bernoulli, &Cubic, &[0.1, 0.9, 0.5, 0.4]).unwrap();
    round.ask(&rloo, &bernoulli, &[0.6, 0.9, 0.05, 0.4]).unwrap();
    round.values_mut()[0] = 1.0;
    let second = round.points().row(1).to_vec();
    let error = round.answer(&rloo, &bernoulli).unwrap_err();
    assert!(matches!(error, EstimateError::Objective { value, b } if value.is_nan() && b == second));
}

struct ByHand;

impl Claim for ByHand {
    fn hold<D: Listed + Clone>(&self, distribution: &D, estimators: Vec<Named<D>>) {
        for (name, _, estimator) in estimators {
            let [mut evaluated, mut by_hand] = [Round::new(), Round::new()];
            for round in [&mut evaluated, &mut by_hand] {
                round.draw(&estimator, distribution, &mut Stream::new(3, 0, 0)).unwrap();
            }
            evaluated.evaluate(&Cubic).unwrap();
            let points: Vec<Vec<f64>> = by_hand.points().iter().map(<[f64]>::to_vec).collect();
            let wants = by_hand.wants().to_vec();
            let are_all_values = wants.iter().all(|want| *want == Want::Value);
            assert_eq!(by_hand.gradients_mut().is_empty(), are_all_values, "{name}");
            for (k, b) in points.iter().enumerate() {
                by_hand.values_mut()[k] = Cubic.value(b);
                let row = k * b.len()..(k + 1) * b.len();
                match wants[k] {
                    Want::Value => 0.0,
                    Want::Gradient => Cubic.value_and_gradient(b, &mut by_hand.gradients_mut()[row]),
                    Want::Flips => Cubic.value_and_flips(b, &mut by_hand.gradients_mut()[row]),
                };
            }
            for round in [&mut evaluated, &mut by_hand] {
                round.answer_with_variance_gradient(&estimator, distribution).unwrap();
            }
            assert_eq!(evaluated.values(), by_hand.values(), "{name}");
            assert_eq!(bits(&evaluated), bits(&by_hand), "{name}");
        }
    }
}

#[test]
fn values_that_are_written_by_hand_are_those_of_evaluate() {
    hold(&ByHand);
}

struct AnswerTwice;

impl Claim for AnswerTwice {
    fn hold<D: Listed + Clone>(&self, distribution: &D, estimators: Vec<Named<D>>) {
        let (mut learned, mut learn) = (BTreeSet::new(), BTreeSet::new());
        for (name, method, mut estimator) in estimators {
            teach(&mut estimator, distribution, &Cubic, 5);
            let before = probe(&estimator, distribution);
            let mut round = Round::new();
            round.draw(&estimator, distribution, &mut Stream::new(6, 0, 0)).unwrap();
            round.evaluate(&Cubic).unwrap();
            round.answer(&estimator, distribution).unwrap();
            let alone = bits(&round);
            assert!(round.variance_gradient().is_empty(), "{name}");
            round.answer_with_variance_gradient(&estimator, distribution).unwrap();
            let with = bits(&round);
            round.answer_with_variance_gradient(&estimator, distribution).unwrap();
            assert_eq!(bits(&round), with, "{name}");
            round.answer(&estimator, distribution).unwrap();
            assert_eq!(bits(&round), alone, "{name}");
            assert_eq!(probe(&estimator, distribution), before, "{name}: answers have changed it");
            round.tell(&mut estimator, distribution).unwrap();
            assert_eq!(bits(&round), with, "{name}: tell answers with the state before it");
            if probe(&estimator, distribution) != before {
                learned.insert(method.name);
            }
            // `auto` learns, but its next answer may be the same.
            if !estimator.state().is_empty() && method.cost.f != Count::Varies {
                learn.insert(method.name);
            } else if method.cost.f == Count::Varies {
                learned.remove(method.name);
            }
        }
        // The others have no state; φ moves by an optimiser, not by being told. REBAR and RELAX that ask for ∇f learn η.
        assert!(learned == learn && learned.len() >= 2, "{learned:?}, not {learn:?}");
    }
}

#[test]
fn answers_are_pure_and_tell_lets_averages_move() {
    hold(&AnswerTwice);
}

struct AskIsBlind;

impl Claim for AskIsBlind {
    fn hold<D: Listed + Clone>(&self, distribution: &D, estimators: Vec<Named<D>>) {
        let other = Flipping(Smooth::new(
            |b: &[f64]| 3.0 - 40.0 * b[0],
            |_: &[f64], gradient: &mut [f64]| {
                gradient.fill(0.0);
                gradient[0] = -40.0;
                3.0
            },
        ));
        for ((name, method, mut first), (_, _, mut second)) in estimators.into_iter().zip(all(distribution)) {
            if method.name == "auto" {
                // Which estimator it uses depends on f.
                continue;
            }
            let untaught = points(&first, distribution);
            teach(&mut first, distribution, &Cubic, 5);
            teach(&mut second, distribution, &other, 9);
            assert_eq!(points(&first, distribution), untaught, "{name}");
            assert_eq!(points(&second, distribution), untaught, "{name}");
        }
    }
}

/// The points of some rounds.
fn points<D: Distribution>(estimator: &AnyEstimator<D>, distribution: &D) -> Vec<f64> {
    let (mut stream, mut round, mut points) = (Stream::new(13, 0, 0), Round::new(), Vec::new());
    for _ in 0..20 {
        round.draw(estimator, distribution, &mut stream).unwrap();
        points.extend_from_slice(round.points().as_slice());
    }
    points
}

#[test]
fn what_is_asked_does_not_depend_on_f() {
    hold(&AskIsBlind);
}

#[test]
fn the_error_of_an_objective_comes_back_unchanged() {
    let bernoulli = variables(2);
    let silent =
        Batched(|_: Points<'_>, _: &mut [f64]| -> Result<(), ObjectiveError> { Err(Silent(4).into()) });
    let mut round = Round::new();
    let failed = [
        round.estimate(&Rloo::new(2).unwrap(), &bernoulli, &silent, &[0.5; 4]),
        round.estimate_with_variance_gradient(&Zero, &bernoulli, &silent, &[0.5; 4]),
        round.estimate(&MuProp, &bernoulli, &SilentSlope, &[0.5; 2]),
        round.estimate(&DoubleCv::new(2, 0.9).unwrap(), &bernoulli, &SilentSlope, &[0.5; 4]),
    ];
    for failed in failed {
        let Err(EstimateError::Failed(error)) = failed else { panic!("{failed:?}") };
        assert_eq!(error.downcast_ref(), Some(&Silent(4)));
        assert_eq!(error.to_string(), "machine 4 does not answer");
    }
}

/// Has values, and fails where its gradient is wanted.
struct SilentSlope;

impl Objective for SilentSlope {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        Cubic.values(points, f)
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl Differentiable for SilentSlope {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        Cubic.value_and_gradient(x, gradient)
    }

    fn values_and_gradients(
        &self,
        _: Points<'_>,
        _: &mut [f64],
        _: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        Err(Silent(4).into())
    }
}

/// The default of the trait, which a wrapper may not lose: answer, then learn.
#[test]
fn the_estimate_in_one_call_leaves_the_estimator_unchanged_and_tell_moves_it() {
    let bernoulli = Bernoulli::from_logits(&[0.0]).unwrap();
    let mut average = ReinforceEma::new(0.75).unwrap();
    let mut round = Round::new();
    round.estimate(&average, &bernoulli, &|_: &[f64]| 8.0, &[0.9]).unwrap();
    assert_eq!((average.baseline(), round.gradient()[0]), (0.0, 4.0));
    round.tell(&mut average, &bernoulli).unwrap();
    assert_eq!(average.baseline(), 8.0);
    // A wrapper passes it on.
    let mut boxed: AnyEstimator = Box::new(ReinforceEma::new(0.75).unwrap());
    round.estimate(&boxed, &bernoulli, &|_: &[f64]| 8.0, &[0.9]).unwrap();
    round.tell(&mut boxed, &bernoulli).unwrap();
    round.estimate(&boxed, &bernoulli, &|_: &[f64]| 8.0, &[0.9]).unwrap();
    assert_eq!(round.gradient()[0], 0.0);
}

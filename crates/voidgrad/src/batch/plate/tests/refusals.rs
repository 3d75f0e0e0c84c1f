//! What a plate refuses.

use super::{EXAMPLES, parameters};
use crate::batch::plate::{Plate, SHARE};
use crate::bernoulli::Bernoulli;
use crate::controls::Rebar;
use crate::distribution::Distribution;
use crate::error::{EstimateError, ObjectiveError};
use crate::estimators::tests::{Cubic, variables};
use crate::estimators::{DoubleCv, Enumerate, Gumbel, Reinforce, ReinforceEma, Rloo};
use crate::gaussian::Gaussian;
use crate::noise::Stream;
use crate::objective::{Batched, Points};

#[test]
fn a_plate_that_was_not_asked_has_no_answer() {
    let mut plate = Plate::<Bernoulli>::new(variables(2), 3);
    let mut rloo = Rloo::new(2).unwrap();
    let refuses = |plate: &mut Plate, rloo: &mut Rloo| {
        assert_eq!(plate.evaluate(&Cubic), Err(EstimateError::NotAsked));
        assert_eq!(plate.answer(rloo), Err(EstimateError::NotAsked));
        assert_eq!(plate.tell(rloo), Err(EstimateError::NotAsked));
    };
    refuses(&mut plate, &mut rloo);
    plate.ask(&rloo, &[0.0; 6], &mut Stream::new(1, 0, 0)).unwrap();
    plate.evaluate(&Cubic).unwrap();
    plate.tell(&mut rloo).unwrap();
    // A question that failed leaves nothing of the one before it.
    assert!(plate.ask(&rloo, &[0.0; 5], &mut Stream::new(1, 0, 0)).is_err());
    refuses(&mut plate, &mut rloo);
}

#[test]
fn what_a_plate_cannot_take_is_refused_and_moves_no_stream() {
    let rloo = Rloo::new(2).unwrap();
    let mut stream = Stream::new(1, 0, 0);
    let start = stream.position();
    let mut plate = Plate::<Bernoulli>::new(variables(2), 3);
    for count in [0, 5, 7] {
        let error = plate.ask(&rloo, &vec![0.0; count], &mut stream).unwrap_err();
        let EstimateError::Shape(shape) = error else { panic!("{error}") };
        assert_eq!((shape.found, shape.expected), (count, 6));
    }
    for parameter in [f64::NAN, f64::INFINITY] {
        let mut logits = [0.0; 6];
        logits[3] = parameter;
        let error = plate.ask(&rloo, &logits, &mut stream).unwrap_err();
        assert!(matches!(error, EstimateError::Distribution(_)), "{error}");
    }
    // The first is named, also where all of a share are set at once.
    let (nine, mut logits) = (Bernoulli::from_logits(&[0.0; 9]).unwrap(), [0.0; 27]);
    (logits[13], logits[25]) = (f64::NEG_INFINITY, f64::NAN);
    let error = Plate::<Bernoulli>::new(nine, 3).ask(&rloo, &logits, &mut stream).unwrap_err();
    assert_eq!(error.to_string(), "logit = -inf is not a finite number");
    let error = Plate::<Bernoulli>::new(variables(2), 0).ask(&rloo, &[], &mut stream).unwrap_err();
    assert_eq!(error, EstimateError::EmptyBatch);
    let many = Bernoulli::from_logits(&[0.0; 21]).unwrap();
    let error = Plate::<Bernoulli>::new(many, 2).ask(&Enumerate, &[0.0; 42], &mut stream).unwrap_err();
    assert!(matches!(error, EstimateError::TooManyVariables { found: 21, .. }), "{error}");
    assert_eq!(stream.position(), start);
}

/// Points of one estimator are of no use to another one that asks for others, or that has another control.
#[test]
fn the_answer_to_another_question_is_refused() {
    let mut plate = Plate::<Bernoulli>::new(variables(2), 3);
    let rebar = Rebar::new(0.8, 0.6, 0.3).unwrap();
    plate.ask(&Rloo::new(2).unwrap(), &[0.0; 6], &mut Stream::new(1, 0, 0)).unwrap();
    plate.evaluate(&Cubic).unwrap();
    for other in [plate.answer(&Rloo::new(3).unwrap()), plate.answer(&rebar)] {
        assert!(matches!(other, Err(EstimateError::Shape(_))), "{other:?}");
    }
    assert_eq!(plate.answer(&DoubleCv::new(2, 0.9).unwrap()), Err(EstimateError::NoGradient));
    plate.ask(&rebar, &[0.0; 6], &mut Stream::new(1, 0, 0)).unwrap();
    plate.evaluate(&Cubic).unwrap();
    assert!(matches!(plate.answer(&crate::controls::Zero), Err(EstimateError::Shape(_))));
    assert_eq!(plate.answer(&rebar), Ok(()));
}

/// The example of the message is the first one, whichever thread finds another.
#[test]
fn a_forgotten_value_is_an_error_and_teaches_nothing() {
    let (one, mut average) = (variables(1), ReinforceEma::new(0.5).unwrap());
    let mut plate = Plate::<Bernoulli>::new(one.clone(), EXAMPLES);
    plate.ask(&average, &parameters(&one), &mut Stream::new(1, 0, 0)).unwrap();
    plate.values_mut().fill(2.0);
    plate.values_mut()[SHARE + 3] = f64::INFINITY;
    plate.values_mut()[2 * SHARE + 1] = f64::NAN;
    let first = plate.points()[SHARE + 3];
    let error = plate.tell(&mut average).unwrap_err();
    assert_eq!(error, EstimateError::Objective { value: f64::INFINITY, b: vec![first] });
    assert_eq!(average.baseline(), 0.0);
    plate.ask(&average, &parameters(&one), &mut Stream::new(1, 0, 0)).unwrap();
    let error = plate.tell(&mut average).unwrap_err();
    assert!(matches!(error, EstimateError::Objective { value, .. } if value.is_nan()));
    let gumbel = Gumbel::new(0.5).unwrap();
    plate.ask(&gumbel, &parameters(&one), &mut Stream::new(1, 0, 0)).unwrap();
    plate.values_mut().fill(2.0);
    plate.gradients_mut()[1..].fill(0.5);
    let first = plate.points()[0];
    let error = plate.answer(&gumbel).unwrap_err();
    assert!(matches!(error, EstimateError::Objective { value, b } if value.is_nan() && b == [first]));
}

#[test]
fn values_and_gradients_beyond_f32_are_errors() {
    let mut plate = Plate::<Bernoulli, f32>::new(variables(1), 3);
    let reinforce = Reinforce::new(0.0).unwrap();
    plate.ask(&reinforce, &[0.5; 3], &mut Stream::new(1, 0, 0)).unwrap();
    // An f64 holds it.
    plate.evaluate(&|_: &[f64]| 1e39).unwrap();
    let error = plate.answer(&reinforce).unwrap_err();
    assert!(matches!(error, EstimateError::Objective { value, .. } if value == f64::INFINITY), "{error}");
    // An f32 holds f, and not f times a score of about 1/σ.
    let narrow = Gaussian::new(&[0.0], &[1e-3]).unwrap();
    let mut plate = Plate::<Gaussian, f32>::new(narrow.clone(), 3);
    #[allow(clippy::cast_possible_truncation)] // the nearest f32 is what is asked for
    let parameters: Vec<f32> = narrow.parameters().repeat(3).iter().map(|a| *a as f32).collect();
    plate.ask(&reinforce, &parameters, &mut Stream::new(1, 0, 0)).unwrap();
    plate.evaluate(&|_: &[f64]| 1e38).unwrap();
    let error = plate.answer(&reinforce).unwrap_err();
    let EstimateError::Gradient { gradient, .. } = error else { panic!("{error}") };
    assert!(gradient.iter().any(|entry| entry.is_infinite()));
}

#[test]
fn a_gradient_that_an_objective_lacks_and_its_own_error_come_back() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("row {0} is not to be had")]
    struct Missing(usize);

    let mut plate = Plate::<Bernoulli>::new(variables(1), 3);
    let gumbel = Gumbel::new(0.5).unwrap();
    plate.ask(&gumbel, &[0.0; 3], &mut Stream::new(1, 0, 0)).unwrap();
    assert_eq!(plate.evaluate(&|b: &[f64]| b[0]), Err(EstimateError::NoGradient));
    let failing = Batched(|points: Points<'_>, _: &mut [f64]| -> Result<(), ObjectiveError> {
        Err(Missing(points.example(points.len() - 1)).into())
    });
    plate.ask(&Rloo::new(2).unwrap(), &[0.0; 3], &mut Stream::new(1, 0, 0)).unwrap();
    let EstimateError::Failed(error) = plate.evaluate(&failing).unwrap_err() else {
        panic!("it has not failed")
    };
    assert_eq!(error.downcast_ref(), Some(&Missing(2)));
}

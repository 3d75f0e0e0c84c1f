//! Trainings.

use voidgrad::controls::{Rebar, Relax, Zero};
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::Listed;
use voidgrad::train::{Settings, TrainError};
use voidgrad::train::{Step, train};
use voidgrad::{Bernoulli, Categorical, Control, Distribution, Estimator as _, Gaussian, Stream, Subset};

use super::{Outcomes, TwoValues, objectives, setups};

/// Learning rates of θ and φ.
const RATES: [[f64; 2]; 4] = [[0.01, 0.01], [1e308, 0.01], [0.01, 1e308], [1e200, 1e200]];

/// A training ends with finite parameters, or as a run that diverged at one of its steps.
fn see<D: Distribution + Clone>(
    outcomes: &mut Outcomes,
    name: &str,
    start: &D,
    f: TwoValues,
    settings: &Settings,
    estimator: AnyEstimator<D>,
) {
    let mut steps = 0;
    let mut observer = |step: &Step<'_, D>| steps = step.iteration;
    let outcome = train(start.clone(), &f, estimator, settings, 0, &mut observer);
    let what = || format!("{name}, {f:?}, {settings:?}, {:?}", start.parameters());
    if let Err(error) = &outcome {
        let TrainError::Diverged { iteration, logits, .. } = error else {
            panic!("{error}: {}", what());
        };
        assert_eq!(*iteration, steps + 1, "{}", what());
        assert!(logits.iter().all(|a| a.is_finite()), "{}", what());
    }
    let phi = outcome.as_ref().ok().and_then(|end| Some(end.estimator.control()?.phi()));
    let phi = phi.as_ref().map_or(&[][..], |phi| phi.as_slice());
    outcomes.see(outcome.as_ref().map(|end| [end.distribution.parameters(), phi]), what);
}

/// Settings for a few steps, by both loops, and for a single one, after which nothing else would see what is not finite.
fn all_settings() -> impl Iterator<Item = Settings> {
    RATES.into_iter().flat_map(|[learning_rate, control_learning_rate]| {
        [(1, 1), (4, 1), (1, 2)].map(|(iterations, batch)| Settings {
            iterations,
            batch,
            learning_rate,
            control_learning_rate,
            ..Settings::default()
        })
    })
}

fn stream() -> Stream {
    Stream::new(3, 0, 1)
}

#[test]
fn of_bernoulli_variables() {
    for row in Bernoulli::estimators() {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            for (i, settings) in all_settings().enumerate() {
                for (j, f) in objectives().enumerate() {
                    let logits = [&[0.3][..], &[f64::MAX], &[-700.0, 0.3]][(i + j) % 3];
                    let start = Bernoulli::from_logits(logits).unwrap();
                    let Ok(estimator) = row.make(&setup, &start, &mut stream()) else { continue };
                    see(&mut outcomes, row.method.name, &start, f, &settings, estimator);
                }
            }
        }
        outcomes.are_both();
    }
}

#[test]
fn of_other_variables() {
    let mut outcomes = Outcomes::default();
    let rows = Categorical::from_logits(&[0.3, -0.4, 700.0, 0.0], 2).unwrap();
    let gaussian = Gaussian::new(&[0.0, 1e300], &[1.0, 1e-300]).unwrap();
    let subset = Subset::from_logits(&[0.3, f64::MAX, -700.0], 2).unwrap();
    for setup in setups().step_by(5) {
        for settings in all_settings() {
            for f in objectives() {
                for row in Categorical::estimators() {
                    let Ok(estimator) = row.make(&setup, &rows, &mut stream()) else { continue };
                    see(&mut outcomes, row.method.name, &rows, f, &settings, estimator);
                }
                for row in Subset::estimators() {
                    let Ok(estimator) = row.make(&setup, &subset, &mut stream()) else { continue };
                    see(&mut outcomes, row.method.name, &subset, f, &settings, estimator);
                }
                for row in Gaussian::estimators() {
                    let Ok(estimator) = row.make(&setup, &gaussian, &mut stream()) else { continue };
                    see(&mut outcomes, row.method.name, &gaussian, f, &settings, estimator);
                }
            }
        }
    }
    outcomes.are_both();
}

/// By the loop that a control with a kernel has.
#[test]
fn of_one_variable_in_one_loop() {
    let mut outcomes = Outcomes::default();
    // As the setups have them, in their order.
    for (setup, target) in setups().zip([0.499, 1e150, 1e200, 0.499].into_iter().cycle()) {
        for settings in all_settings().filter(|settings| settings.batch == 1) {
            for f in objectives() {
                let controls: [Box<dyn Control + Send + Sync>; 3] = [
                    Box::new(Zero),
                    Box::new(Rebar::new(setup.eta, setup.lambda, target).unwrap()),
                    Box::new(Relax::draw(setup.lambda, target, &mut stream()).unwrap()),
                ];
                for control in controls {
                    let start = Bernoulli::from_logits(&[0.3]).unwrap();
                    see(&mut outcomes, "a control", &start, f, &settings, Box::new(control));
                }
            }
        }
    }
    outcomes.are_both();
}

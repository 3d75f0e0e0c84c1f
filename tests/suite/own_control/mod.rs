//! A control in a file of its own, ten lines by a user of the library, trains like any other.

mod large;
#[allow(missing_docs, unreachable_pub)] // the file is as a user writes it
mod ramp;

pub(crate) use ramp::Ramp;
use voidgrad::controls::Zero;
use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{Settings, Step};
use voidgrad::{Bernoulli, Control as _, train, variance};

#[test]
fn a_control_of_ones_own_trains_and_beats_reinforce() {
    let objective = MeanQuadratic { target: 0.499 };
    let start = Bernoulli::from_probabilities(&[0.5]).unwrap();
    let settings = Settings { iterations: 3000, ..Settings::default() };
    let control = Ramp::new(0.0, 0.0, 0.5).unwrap();
    let mut steps = 0;
    let outcome =
        train(start.clone(), &objective, control, &settings, 0, &mut |_: &Step<'_>| steps += 1).unwrap();
    assert_eq!(steps, 3001);

    let control = outcome.estimator;
    let names: Vec<String> = control.named().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["left", "right", "lambda"]);
    assert!(control.lambda() > 0.0);
    let own = variance::quadrature(&outcome.distribution, &objective, &control).unwrap();
    let reinforce = variance::quadrature(&outcome.distribution, &objective, &Zero).unwrap();
    // Equal heights of about ¼ are the constant c*, so nearly all of the variance can go; a hundredth is the least to expect.
    assert!(own.variance < 0.01 * reinforce.variance, "{} of {}", own.variance, reinforce.variance);
    // Another control moves the noise only.
    assert!((own.mean[0] - reinforce.mean[0]).abs() < 1e-7 * own.variance.sqrt());
}

#[test]
fn the_file_is_ten_lines_at_most() {
    assert!(include_str!("ramp.rs").lines().count() <= 10);
}

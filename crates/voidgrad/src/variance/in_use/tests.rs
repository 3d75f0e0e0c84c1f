use rayon::ThreadPoolBuilder;

use super::floor_in_use;
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::control_learning::GaussNewton;
use crate::controls::{Rebar, RelaxLinear, Zero};
use crate::estimator::{AnyEstimator, Round};
use crate::estimators::{Listed, Reinforce, Setup};
use crate::noise::Stream;
use crate::toy::MeanQuadratic;
use crate::variance::{VarianceError, floors, moments, monte_carlo, quadrature};

fn of(thetas: &[f64]) -> Bernoulli {
    Bernoulli::from_probabilities(thetas).unwrap()
}

/// The estimators of the table that have a control.
fn estimators(bernoulli: &Bernoulli, f: MeanQuadratic) -> Vec<(&'static str, AnyEstimator)> {
    let made = Bernoulli::estimators().iter().map(|row| {
        let made = row.make(&Setup::relaxing(f), bernoulli, &mut Stream::new(1, 0, 0)).unwrap();
        (row.method.name, made)
    });
    made.filter(|(_, made)| made.control().is_some()).collect()
}

// A control that is a constant leaves nothing of one variable, and every control here has one, be it in the limit of λ. A learner comes close: within 1e-3 of REINFORCE's variance.
#[test]
fn every_control_is_as_good_as_a_constant_for_one_variable() {
    let (bernoulli, f) = (of(&[0.3]), MeanQuadratic { target: 0.2 });
    assert!(floors(&bernoulli, &f).unwrap().constant < 1e-30);
    let reinforce = quadrature(&bernoulli, &f, &Zero).unwrap().variance;
    let names = ["rebar", "rebar-coupled", "relax-basis"];
    for (name, mut estimator) in estimators(&bernoulli, f) {
        if names.contains(&name) {
            let found = floor_in_use(&bernoulli, &f, &mut estimator, 100, 1).unwrap();
            assert!(found.variance < 1e-3 * reinforce && found.standard_error == 0.0, "{name}: {found:?}");
            // Measured without samples, so it is the moments with the φ that the control has now.
            assert_eq!(moments(&bernoulli, &f, &estimator).unwrap().variance, found.variance);
        }
    }
}

// φ as it is, is one of those that are compared.
#[test]
fn no_floor_is_above_the_variance_as_it_is() {
    let (bernoulli, f) = (of(&[0.4]), MeanQuadratic { target: 0.3 });
    for (name, mut estimator) in estimators(&bernoulli, f) {
        if !["rebar", "relax-basis"].contains(&name) {
            continue;
        }
        let before = moments(&bernoulli, &f, &estimator).unwrap();
        let found = floor_in_use(&bernoulli, &f, &mut estimator, 100, 1).unwrap();
        assert!(found.variance <= before.variance, "{name}");
        let again = floor_in_use(&bernoulli, &f, &mut estimator, 100, 2).unwrap();
        assert!(again.variance <= found.variance, "{name}");
    }
}

/// φ from other evaluations than those of the floor.
fn learned(
    control: &mut (impl Control + Clone + Send + Sync),
    bernoulli: &Bernoulli,
    f: MeanQuadratic,
    seed: u64,
) {
    let mut learner = GaussNewton::new(control, bernoulli.len()).unwrap();
    let (mut stream, mut own) = (Stream::new(seed, 0, 0), Stream::new(seed, 0, 1));
    let mut round = Round::new();
    for _ in 0..100 {
        round.draw(control, bernoulli, &mut stream).unwrap();
        round.evaluate(&f).unwrap();
        learner.remember(bernoulli.logits(), round.points().as_slice(), round.f()).unwrap();
        learner.step(control, &mut own).unwrap();
    }
}

/// Learns a control anew, and compares its variance with the floor.
fn check(
    mut control: impl Control + Clone + Send + Sync,
    bernoulli: &Bernoulli,
    f: MeanQuadratic,
    reinforce: f64,
) {
    let floor = floor_in_use(bernoulli, &f, &mut control.clone(), 5_000, 1).unwrap();
    assert!(floor.variance < 0.2 * reinforce && floor.standard_error > 0.0, "{floor:?}");
    learned(&mut control, bernoulli, f, 11);
    let found = monte_carlo(bernoulli, &f, &control, 5_000, 11).unwrap();
    let error = floor.standard_error.hypot(found.standard_error);
    assert!(found.variance > floor.variance - 4.0 * error, "{found:?} {floor:?}");
}

// Four standard errors of a difference: false alarm in one of 30,000 seeds for each of two comparisons, and that only if the learner is as good as the floor.
#[test]
fn no_learned_control_lies_below_the_floor_of_its_family() {
    let (bernoulli, f) = (of(&[0.3, 0.6, 0.45]), MeanQuadratic { target: 0.3 });
    let reinforce = monte_carlo(&bernoulli, &f, &Zero, 5_000, 3).unwrap().variance;
    check(Rebar::new(1.0, 0.5, 0.3).unwrap(), &bernoulli, f, reinforce);
    check(RelaxLinear::draw(0.5, 0.3, &mut Stream::new(1, 0, 2)).unwrap(), &bernoulli, f, reinforce);
}

#[test]
fn threads_change_no_bit() {
    let (bernoulli, f) = (of(&[0.3, 0.6]), MeanQuadratic { target: 0.3 });
    let found = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut control = Rebar::new(1.0, 0.5, 0.3).unwrap();
        let found = pool.install(|| floor_in_use(&bernoulli, &f, &mut control, 2_000, 1)).unwrap();
        (found, control.phi())
    };
    assert_eq!(found(1), found(3));
}

#[test]
fn without_parameters_there_is_one_variance() {
    let (bernoulli, f) = (of(&[0.3, 0.6]), MeanQuadratic { target: 0.3 });
    let found = floor_in_use(&bernoulli, &f, &mut Zero, 100, 1).unwrap();
    let exact = moments(&bernoulli, &f, &Zero).unwrap();
    assert_eq!((found.variance, found.standard_error, found.evaluations), (exact.variance, 0.0, 0));
}

#[test]
fn what_has_no_floor_is_an_error() {
    let bernoulli = of(&[0.3, 0.6]);
    let mut reinforce = Reinforce::new(0.0).unwrap();
    let f = MeanQuadratic { target: 0.3 };
    assert_eq!(floor_in_use(&bernoulli, &f, &mut reinforce, 100, 1), Err(VarianceError::NoControl));
    let mut control = Rebar::new(1.0, 0.5, 0.3).unwrap();
    let phi = control.phi();
    let few = floor_in_use(&bernoulli, &f, &mut control, 1, 1);
    assert_eq!(few, Err(VarianceError::TooFewSamples { samples: 1 }));
    for value in [f64::NAN, 1e300] {
        let f = |b: &[f64]| if b[0] == 1.0 { value } else { 0.0 };
        assert!(floor_in_use(&bernoulli, &f, &mut control, 100, 1).is_err());
        assert_eq!(control.phi(), phi);
    }
}

//! Single estimates, of every estimator of the list.

use std::slice::from_ref;

use voidgrad::controls::Rebar;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Listed, categorical, of_bounds};
use voidgrad::{
    Bernoulli, Categorical, Chain, Distribution, Estimate, Estimator as _, Gaussian, Noise, PlackettLuce,
    Round, Stream, Subset,
};

use super::{LAMBDAS, LOGITS, Outcomes, TwoValues, objectives, setups};

/// The smallest and the largest numbers in (0, 1), and some between.
const NOISE: [f64; 5] = [5e-324, 0.3, 0.5, 0.8, 1.0 - 0.5 * f64::EPSILON];

/// An estimate with its variance gradient, and what the estimator learns of it: an estimate of a moderate distribution, whose
/// score is less than 1, has to work afterwards.
fn see<D: Distribution>(
    outcomes: &mut Outcomes,
    (name, estimator): (&str, &mut AnyEstimator<D>),
    distributions: &[D],
    moderate: Option<&D>,
) {
    let has_parameters = estimator.control().is_some_and(|control| control.parameters() > 0);
    for (i, distribution) in distributions.iter().enumerate() {
        let (mut round, mut alone) = (Round::new(), Round::new());
        let count = estimator.noise(distribution);
        for (j, f) in objectives().enumerate() {
            let noise: Vec<f64> = (0..count).map(|k| NOISE[(3 * k / 2 + i + j) % NOISE.len()]).collect();
            let what = || format!("{name}, {f:?}, {:?}", distribution.parameters());
            let again = alone.estimate(&*estimator, distribution, &f, &noise);
            let f_mean = alone.f();
            outcomes.see(again.map(|()| [alone.gradient(), from_ref(&f_mean)]), what);
            let told = round
                .ask(&*estimator, distribution, &noise)
                .and_then(|()| round.evaluate(&f))
                .and_then(|()| round.tell(estimator, distribution));
            let is_told = told.is_ok();
            let f_mean = round.f();
            let all = [round.gradient(), round.variance_gradient(), round.weights(), from_ref(&f_mean)];
            outcomes.see(told.map(|()| all), what);
            // Without a control nothing stands in the way of a moderate estimate.
            if let (true, false, Some(moderate)) = (is_told, has_parameters, moderate) {
                let noise = vec![0.4; estimator.noise(moderate)];
                let after = Round::new().estimate(&*estimator, moderate, &TwoValues([0.0, 1.0]), &noise);
                after.unwrap_or_else(|error| panic!("{error}, after {}", what()));
            }
        }
    }
}

fn stream() -> Stream {
    Stream::new(3, 0, 1)
}

#[test]
fn of_bernoulli_variables() {
    let one = LOGITS.map(|a| Bernoulli::from_logits(&[a]).unwrap());
    let several = [[0.0, -700.0, f64::MAX], [700.0, 1.0, -1e300]];
    let several = several.map(|a| Bernoulli::from_logits(&a).unwrap());
    for row in Bernoulli::estimators().iter().chain(of_bounds()) {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            // DisARM takes an even number of samples, and others none.
            let moderate = Bernoulli::from_logits(&[0.3]).unwrap();
            let Ok(mut estimator) = row.make(&setup, &moderate, &mut stream()) else { continue };
            see(&mut outcomes, (row.method.name, &mut estimator), &one, Some(&moderate));
            let moderate = Bernoulli::from_logits(&[0.3; 3]).unwrap();
            let Ok(mut estimator) = row.make(&setup, &moderate, &mut stream()) else { continue };
            see(&mut outcomes, (row.method.name, &mut estimator), &several, Some(&moderate));
        }
        outcomes.are_both();
    }
}

#[test]
fn of_categorical_variables() {
    let rows = [[0.0; 4], [700.0, -700.0, 0.0, 1.0], [f64::MAX, -f64::MAX, -1e300, 0.0]];
    let rows = rows.map(|a| Categorical::from_logits(&a, 2).unwrap());
    for row in Categorical::estimators() {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            let Ok(mut estimator) = row.make(&setup, &rows[0], &mut stream()) else { continue };
            see(&mut outcomes, (row.method.name, &mut estimator), &rows, Some(&rows[0]));
        }
        outcomes.are_both();
    }
}

#[test]
fn of_gaussian_variables() {
    let parameters = [
        [0.0, 1.0, 0.0, -1.0],
        [1e300, -1e300, 0.0, 0.0],
        [0.0, 0.0, 700.0, -700.0],
        [0.0, f64::MAX, 1e3, -1e3],
    ];
    let gaussians = parameters.map(|a| Gaussian::from_parameters(&a).unwrap());
    for row in Gaussian::estimators() {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            let Ok(mut estimator) = row.make(&setup, &gaussians[0], &mut stream()) else { continue };
            see(&mut outcomes, (row.method.name, &mut estimator), &gaussians, None);
        }
        outcomes.are_both();
    }
}

#[test]
fn of_subsets() {
    let logits = [[0.0; 4], [700.0, -700.0, 0.0, 1.0], [f64::MAX, -f64::MAX, -1e300, 0.0]];
    let subsets = logits.map(|a| Subset::from_logits(&a, 2).unwrap());
    for row in Subset::estimators() {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            let Ok(mut estimator) = row.make(&setup, &subsets[0], &mut stream()) else { continue };
            see(&mut outcomes, (row.method.name, &mut estimator), &subsets, Some(&subsets[0]));
        }
        outcomes.are_both();
    }
}

#[test]
fn of_chains_and_rankings() {
    fn hold<D: Listed>(distributions: &[D]) {
        for row in D::estimators() {
            let mut outcomes = Outcomes::default();
            for setup in setups() {
                let Ok(mut estimator) = row.make(&setup, &distributions[0], &mut stream()) else { continue };
                see(&mut outcomes, (row.method.name, &mut estimator), distributions, None);
            }
            outcomes.are_both();
        }
    }
    let logits =
        [[0.0; 6], [700.0, -700.0, 0.0, 1.0, 0.0, 2.0], [f64::MAX, -f64::MAX, -1e300, 0.0, 1e300, 0.0]];
    hold(&logits.map(|a| Chain::homogeneous(&a, 2, 3).unwrap()));
    hold(&logits.map(|a| PlackettLuce::from_logits(&a, 3).unwrap()));
}

/// The functions that REINFORCE, REBAR and RELAX share, with all that they return.
#[test]
fn of_the_estimator_that_controls_share() {
    let mut outcomes = Outcomes::default();
    for (lambda, eta) in LAMBDAS.into_iter().flat_map(|lambda| [(lambda, 0.8), (lambda, 1e300)]) {
        let control = Rebar::new(eta, lambda, 0.499).unwrap();
        for f in objectives() {
            for logits in [[0.0, 700.0], [f64::MAX, -1e300], [-700.0, 36.0]] {
                let (u, v) = ([NOISE[1], NOISE[4]], [NOISE[0], NOISE[3]]);
                let noise = Noise::new(&u, &v).unwrap();
                let what = || format!("{control:?}, {f:?}, {logits:?}");
                let bernoulli = Bernoulli::from_logits(&logits).unwrap();
                let mut made = Estimate::new(2);
                let outcome = made.update(&bernoulli, &f, &control, noise);
                let gradient = made.gradient.as_slice();
                let all = [&made.b[..], &made.z, &made.z_tilde, from_ref(&made.f), gradient];
                outcomes.see(outcome.map(|()| all), what);
                let rows = Categorical::from_logits(&logits, 2).unwrap();
                let made = categorical::estimate(&rows, &f, &control, noise);
                let all = made
                    .as_ref()
                    .map(|made| [&made.b[..], &made.z, &made.z_tilde, from_ref(&made.f), &made.gradient]);
                outcomes.see(all, what);
            }
        }
    }
    outcomes.are_both();
}

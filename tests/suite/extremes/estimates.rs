//! Single estimates, of every estimator of the list.

use std::slice::from_ref;

use voidgrad::controls::Rebar;
use voidgrad::distribution::Distribution;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::Method;
use voidgrad::estimators::Setup;
use voidgrad::{
    Bernoulli, Categorical, Control, Estimate, Gaussian, Noise, Round, Stream, categorical, estimate_batch,
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
    let parameters = estimator.control().map_or(0, Control::parameters);
    let mut phi_bar = vec![0.0; parameters];
    for (i, distribution) in distributions.iter().enumerate() {
        let mut draw = Draw::new(distribution);
        let count = estimator.noise(distribution);
        for (j, f) in objectives().enumerate() {
            let noise: Vec<f64> = (0..count).map(|k| NOISE[(3 * k / 2 + i + j) % NOISE.len()]).collect();
            let noise = Uniforms::new(&noise).unwrap();
            phi_bar.fill(0.0);
            let made = draw.update_with_variance_gradient(&*estimator, distribution, &f, noise, &mut phi_bar);
            let what = || format!("{name}, {f:?}, {:?}", distribution.parameters());
            let is_made = made.is_ok();
            outcomes.see(made.map(|()| [&draw.gradient[..], from_ref(&draw.f), &phi_bar]), what);
            let again = draw.update(&*estimator, distribution, &f, noise);
            outcomes.see(again.map(|()| [&draw.gradient[..], from_ref(&draw.f)]), what);
            if is_made {
                estimator.advance(&draw);
                // Without a control nothing stands in the way of it.
                if let (0, Some(moderate)) = (parameters, moderate) {
                    let mut after = Draw::new(moderate);
                    let one = TwoValues([0.0, 1.0]);
                    let noise = vec![0.4; estimator.noise(moderate)];
                    let noise = Uniforms::new(&noise).unwrap();
                    after.update(&*estimator, moderate, &one, noise).unwrap_or_else(|error| {
                        panic!("{error}, after {}", what());
                    });
                }
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
    for (method, make) in Method::of_bernoulli() {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            // DisARM takes an even number of samples, and others none.
            let Ok(mut estimator) = make(&setup, &mut stream()) else { continue };
            let moderate = Bernoulli::from_logits(&[0.3]).unwrap();
            see(&mut outcomes, (method.name, &mut estimator), &one, Some(&moderate));
            let moderate = Bernoulli::from_logits(&[0.3; 3]).unwrap();
            let Ok(mut estimator) = make(&setup, &mut stream()) else { continue };
            see(&mut outcomes, (method.name, &mut estimator), &several, Some(&moderate));
        }
        outcomes.are_both();
    }
}

#[test]
fn of_categorical_variables() {
    let rows = [[0.0; 4], [700.0, -700.0, 0.0, 1.0], [f64::MAX, -f64::MAX, -1e300, 0.0]];
    let rows = rows.map(|a| Categorical::from_logits(&a, 2).unwrap());
    for (method, make) in Method::of_categorical() {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            let Ok(mut estimator) = make(&setup, &rows[0], &mut stream()) else { continue };
            see(&mut outcomes, (method.name, &mut estimator), &rows, Some(&rows[0]));
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
    for (method, make) in Method::of_gaussian() {
        let mut outcomes = Outcomes::default();
        for setup in setups() {
            let Ok(mut estimator) = make(&setup, &gaussians[0], &mut stream()) else { continue };
            see(&mut outcomes, (method.name, &mut estimator), &gaussians, None);
        }
        outcomes.are_both();
    }
}

/// The functions that REINFORCE, REBAR and RELAX share, with all that they return.
#[test]
fn of_the_estimator_that_controls_share() {
    let (mut outcomes, mut by_probability) = (Outcomes::default(), Outcomes::default());
    for (lambda, eta) in LAMBDAS.into_iter().flat_map(|lambda| [(lambda, 0.8), (lambda, 1e300)]) {
        let control = Rebar::new(eta, lambda, 0.499).unwrap();
        for f in objectives() {
            for logits in [[0.0, 700.0], [f64::MAX, -1e300], [-700.0, 36.0]] {
                let (u, v) = ([NOISE[1], NOISE[4]], [NOISE[0], NOISE[3]]);
                let noise = Noise::new(&u, &v).unwrap();
                let what = || format!("{control:?}, {f:?}, {logits:?}");
                let bernoulli = Bernoulli::from_logits(&logits).unwrap();
                let (mut made, mut phi_bar) = (Estimate::new(2), [0.0; 2]);
                let outcome =
                    made.update_with_variance_gradient(&bernoulli, &f, &control, noise, &mut phi_bar);
                if outcome.is_ok() {
                    let gradient = made.gradient_of_probabilities(&bernoulli);
                    by_probability.see(gradient.as_ref().map(|gradient| [gradient.as_slice()]), what);
                }
                let gradient = made.gradient.as_slice();
                let all = [&made.b[..], &made.z, &made.z_tilde, from_ref(&made.f), gradient, &phi_bar];
                outcomes.see(outcome.map(|()| all), what);
                let batch = estimate_batch(&bernoulli, &f, &control, &[noise, noise]);
                let all = batch.as_ref().map(|batch| {
                    let variance_gradient = batch.variance_gradient.as_slice();
                    [batch.gradient.as_slice(), variance_gradient, from_ref(&batch.f)]
                });
                outcomes.see(all, what);
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
    by_probability.are_both();
}

/// A setup of the list makes the control that it says.
#[test]
fn a_wrong_length_of_phi_bar_is_an_error() {
    let bernoulli = Bernoulli::from_logits(&[0.0]).unwrap();
    let control = Rebar::new(0.8, Setup::default().lambda, 0.499).unwrap();
    let noise = Noise::new(&[0.3], &[0.6]).unwrap();
    for length in [0, 1, 3] {
        let (mut made, mut phi_bar) = (Estimate::new(1), vec![0.0; length]);
        let outcome = made.update_with_variance_gradient(
            &bernoulli,
            &TwoValues([0.0, 1.0]),
            &control,
            noise,
            &mut phi_bar,
        );
        assert_eq!(
            outcome.unwrap_err().to_string(),
            format!("phi_bar has {length} entries where 2 are needed")
        );
    }
}

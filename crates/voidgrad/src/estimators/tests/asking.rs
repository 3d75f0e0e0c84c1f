//! REBAR and RELAX that ask for f, against the same controls of an f that they can call.

use super::{Cubic, borrowed, categorical, close, variables, variance_gradient_is_the_derivative};
use crate::bernoulli::Bernoulli;
use crate::control::Control;
use crate::controls::{Perceptron, Relaxed, Sum, Variables};
use crate::distribution::Distribution;
use crate::error::InvalidParameter;
use crate::estimator::{AnyEstimator, Estimator, Learned, Round};
use crate::estimators::{Asking, Listed, Method, Setup};
use crate::noise::Stream;
use crate::variance;

const LAMBDA: f64 = 0.6;
const START: f64 = 0.8;

/// What one has learned whose regression says this η.
fn of_eta(eta: f64) -> Learned {
    let numbers = [("draws", 1e5), ("roots", 1.0), ("controls", 1.0), ("targets", START - eta)];
    numbers.map(|(name, number)| (name.into(), vec![number])).to_vec()
}

fn network(entries: usize) -> Perceptron {
    Perceptron::draw(entries, 3, &mut Stream::new(2, 0, 0)).unwrap()
}

/// `ĝ` and the gradient of the variance of 20 draws, against those of a control.
fn is_that_of<D: Distribution>(
    asking: &impl Estimator<D>,
    control: &(impl Control + Estimator<D>),
    distribution: &D,
) {
    let mut noise = vec![0.0; Estimator::<D>::noise(control, distribution)];
    assert_eq!(asking.noise(distribution), noise.len());
    let [mut found, mut expected] = [Round::new(), Round::new()];
    for row in 0..20 {
        Stream::new(5, 0, row).fill_open01(&mut noise);
        found.estimate_with_variance_gradient(asking, distribution, &Cubic, &noise).unwrap();
        expected.estimate_with_variance_gradient(control, distribution, &Cubic, &noise).unwrap();
        assert_eq!(found.f(), expected.f());
        // Rounding of a dozen products of numbers below 10.
        for (found, expected) in found.gradient().iter().zip(expected.gradient()) {
            close("ĝ", *found, *expected, 2e-14);
        }
        // The control has η before the parameters of the network.
        let own = found.variance_gradient();
        let of_network = expected.variance_gradient();
        for (found, expected) in own.iter().zip(&of_network[of_network.len() - own.len()..]) {
            close("∂/∂φ of the variance", *found, *expected, 1e-12);
        }
        assert!(found.gradient().iter().any(|g| g.abs() > 1e-3));
    }
}

fn both_are_those_of_the_controls<D: Variables>(distribution: &D)
where
    Asking: Estimator<D>,
    Asking<Perceptron>: Estimator<D>,
    Relaxed<Cubic>: Estimator<D>,
    Sum<Relaxed<Cubic>, Perceptron>: Estimator<D>,
{
    // At the start, and with an η that was learned.
    for eta in [START, -0.35] {
        let control = Relaxed::new(Cubic, distribution, eta, LAMBDA).unwrap();
        let network = network(distribution.dimension());
        let mut rebar = Asking::rebar(START, LAMBDA, 0.999).unwrap();
        let mut relax = Asking::relax(network.clone(), START, LAMBDA, 0.999).unwrap();
        if eta != START {
            Estimator::<D>::restore(&mut rebar, &borrowed(&of_eta(eta))).unwrap();
            Estimator::<D>::restore(&mut relax, &borrowed(&of_eta(eta))).unwrap();
        }
        close("η", rebar.eta(), eta, 1e-15);
        is_that_of(&rebar, &control, distribution);
        is_that_of(&relax, &Sum::new(control, network), distribution);
    }
}

#[test]
fn they_are_those_of_the_controls() {
    both_are_those_of_the_controls(&variables(1));
    both_are_those_of_the_controls(&variables(4));
    both_are_those_of_the_controls(&categorical::variables(2));
}

#[test]
fn the_variance_gradient_is_the_derivative_of_the_mean_square() {
    fn holds<D: Listed>(distribution: &D) {
        let setup = Setup { lambda: LAMBDA, eta: START, ..Setup::default() };
        let row = D::estimator("relax").unwrap();
        let relax = row.make(&setup, distribution, &mut Stream::new(8, 0, 2)).unwrap();
        variance_gradient_is_the_derivative("relax", relax, distribution, &Cubic);
    }
    holds(&variables(3));
    holds(&categorical::variables(2));
}

/// `E‖ĝ‖²` of one variable with this η, by quadrature.
fn exact_variance(bernoulli: &Bernoulli, eta: f64) -> f64 {
    let control = Relaxed::new(Cubic, bernoulli, eta, LAMBDA).unwrap();
    variance::moments(bernoulli, &Cubic, &control).unwrap().variance
}

/// The exact variance is a quadratic function of η, and three values of it say where it is least.
#[test]
fn eta_becomes_the_one_with_the_least_variance() {
    let bernoulli = variables(1);
    let [below, at, above] = [-1.0, 0.0, 1.0].map(|eta| exact_variance(&bernoulli, eta));
    let best = 0.5 * (below - above) / (below - 2.0 * at + above);
    let least = exact_variance(&bernoulli, best);
    for start in [-2.0, 4.0] {
        let mut rebar = Asking::rebar(start, LAMBDA, 0.9999).unwrap();
        let (mut stream, mut round) = (Stream::new(3, 0, 0), Round::new());
        for _ in 0..20_000 {
            round.draw(&rebar, &bernoulli, &mut stream).unwrap();
            round.evaluate(&Cubic).unwrap();
            round.tell(&mut rebar, &bernoulli).unwrap();
        }
        // η of n independent draws adds about 1/n of the least variance, times the square of a normal number: 40 is beyond six standard errors.
        let found = exact_variance(&bernoulli, rebar.eta());
        assert!(found < least * (1.0 + 40.0 / 20_000.0), "{start}: {} is not {best}", rebar.eta());
        assert!(exact_variance(&bernoulli, start) > 1.2 * least);
    }
}

#[test]
fn a_state_is_restored_with_the_same_bits_or_refused() {
    let bernoulli = variables(3);
    let mut first: AnyEstimator = Box::new(Asking::relax(network(3), START, LAMBDA, 0.99).unwrap());
    super::teach(&mut first, &bernoulli, &Cubic, 4);
    let mut second: AnyEstimator = Box::new(Asking::relax(network(3), START, LAMBDA, 0.99).unwrap());
    second.restore(&borrowed(&first.state())).unwrap();
    assert_eq!(first.state(), second.state());
    let [mut one, mut other] = [Round::new(), Round::new()];
    one.draw(&first, &bernoulli, &mut Stream::new(9, 0, 0)).unwrap();
    other.draw(&second, &bernoulli, &mut Stream::new(9, 0, 0)).unwrap();
    for (round, estimator) in [(&mut one, &mut first), (&mut other, &mut second)] {
        round.evaluate(&Cubic).unwrap();
        round.tell(estimator, &bernoulli).unwrap();
    }
    assert_eq!(one.gradient(), other.gradient());
    assert_eq!(first.state(), second.state());
    assert!(first.restore(&[("draws", &[1.0])]).is_err());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |error: Result<Asking, InvalidParameter>| error.unwrap_err().to_string();
    assert_eq!(refused(Asking::rebar(f64::NAN, 0.5, 0.9)), "eta = NaN is not a finite number");
    assert_eq!(refused(Asking::rebar(1.0, 0.0, 0.9)), "lambda = 0 is not a number in (0, ∞)");
    assert_eq!(refused(Asking::rebar(1.0, 0.5, 1.0)), "decay = 1 is not a number in [0, 1)");
    let six = Asking::relax(network(6), 1.0, 0.5, 0.9).unwrap();
    assert!(Estimator::<Bernoulli>::suits(&six, &variables(4)).is_err());
    let auto = Bernoulli::estimator("auto").unwrap();
    let setup = Setup { decay: Some(1.0), ..Setup::default() };
    assert!(auto.make(&setup, &variables(4), &mut Stream::new(0, 0, 0)).is_err());
}

/// One entry of the list says both what it is with an f to relax and without.
#[test]
fn the_list_says_what_is_asked_for() {
    for name in ["rebar", "relax"] {
        let row = Bernoulli::estimator(name).unwrap();
        let asking = row.method_of(&Setup::default());
        let Method { name: found, title, bias, .. } = *asking;
        assert_eq!((found, title, bias), (name, row.method.title, row.method.bias));
    }
    let rloo = Bernoulli::estimator("rloo").unwrap();
    assert!(std::ptr::eq(rloo.method_of(&Setup::default()), rloo.method));
}

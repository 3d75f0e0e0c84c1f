//! Controls that depend on the example: a plate gives what single estimates give, each with its example's own control.

use super::Cubic;
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::controls::{AnyControl, ByExample, Constant, Perceptron, Rebar, Relaxed, Sum, Zero};
use crate::distribution::Distribution;
use crate::error::{EstimateError, ObjectiveError, ShapeMismatch};
use crate::estimator::{Answer, AnyEstimator, Estimator as _, Memory, Told};
use crate::estimators::{Coupled, Lax, RelaxLoo};
use crate::gaussian::Gaussian;
use crate::noise::{BlockStream, Stream};
use crate::objective::{Differentiable, Objective, PerExample, Points, TwiceDifferentiable};
use crate::toy::MeanQuadratic;

/// One share of a plate, whose variance's gradients are added up in the order of the examples.
const EXAMPLES: usize = 5;

/// What is averaged over b in example n.
fn f(n: usize, b: &[f64]) -> f64 {
    (1.0 + n as f64) * Cubic.value(b)
}

/// What the control of example n relaxes.
fn relaxed(n: usize) -> MeanQuadratic {
    MeanQuadratic { target: 0.1 + 0.2 * n as f64 }
}

fn rebar(n: usize) -> Rebar {
    Rebar::new(0.7, 0.5, relaxed(n).target).unwrap()
}

/// [`rebar`] of the example, η and λ being shared; of one distribution it is that of example 0.
fn own_targets() -> ByExample<Rebar, impl Fn(&Rebar, usize) -> Rebar + Clone> {
    ByExample::new(rebar(0), |first: &Rebar, example| {
        Rebar::new(first.eta(), first.lambda(), relaxed(example).target).unwrap()
    })
}

/// [`relaxed`] of the example.
#[derive(Clone, Copy)]
struct OwnObjectives;

impl Objective for OwnObjectives {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        relaxed(0).values(points, f)
    }
}

impl Differentiable for OwnObjectives {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        relaxed(0).value_and_gradient(x, gradient)
    }

    fn of_example(&self, example: usize) -> Option<Box<dyn Differentiable + '_>> {
        Some(Box::new(relaxed(example)))
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        Some(self)
    }
}

impl TwiceDifferentiable for OwnObjectives {
    fn hessian_product(&self, x: &[f64], x_dot: &[f64], product: &mut [f64]) {
        relaxed(0).hessian_product(x, x_dot, product);
    }
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// `ĝ` of all examples and the sum of their variance's gradients, each example by an estimator of its own.
fn one_by_one<D: Distribution + Clone>(
    prototype: &D,
    parameters: &[f64],
    own: impl Fn(usize) -> AnyEstimator<D>,
) -> [Vec<f64>; 2] {
    let (mut distribution, mut memory) = (prototype.clone(), Memory::default());
    let uniforms = own(0).noise(&distribution);
    // They are fewer than a share of a plate has.
    let mut all_noise = vec![0.0; parameters.len() / prototype.parameters().len() * uniforms];
    BlockStream::take(&mut Stream::new(9, 0, 0)).fill_open01(&mut all_noise);
    let (mut gradients, mut phi_bar) = (Vec::new(), Vec::new());
    for (n, parameters) in parameters.chunks(prototype.parameters().len()).enumerate() {
        let own = own(n);
        distribution.set_parameters(parameters).unwrap();
        let count = usize::try_from(own.evaluations(&distribution)).unwrap();
        let noise = &all_noise[n * uniforms..][..uniforms];
        let mut points = vec![0.0; count * distribution.dimension()];
        own.ask(&distribution, noise, &mut points);
        let values: Vec<f64> = points.chunks(distribution.dimension()).map(|b| f(n, b)).collect();
        let mut gradient = vec![0.0; parameters.len()];
        phi_bar.resize(own.control().unwrap().parameters(), 0.0);
        let told =
            Told { example: 0, noise, points: &points, values: &values, gradients: &[], answered: &[] };
        let answer = Answer {
            gradient: &mut gradient,
            weights: &mut vec![1.0 / count as f64; count],
            phi_bar: Some(&mut phi_bar),
            memory: &mut memory,
        };
        own.answer(&distribution, told, answer);
        gradients.extend(gradient);
    }
    [gradients, phi_bar]
}

/// Holds a plate of an estimator whose control depends on the example against estimators of each example's own.
#[track_caller]
fn agrees<D: Distribution + Clone>(
    prototype: &D,
    of_all: impl Fn() -> AnyEstimator<D>,
    own: impl Fn(usize) -> AnyEstimator<D>,
) {
    let length = EXAMPLES * prototype.parameters().len();
    let parameters: Vec<f64> = (0..length).map(|i| (1.3 * i as f64).sin()).collect();
    let estimator = of_all();
    let mut plate = Plate::<D, f64>::new(prototype.clone(), EXAMPLES);
    plate.ask(&estimator, &parameters, &mut Stream::new(9, 0, 0)).unwrap();
    plate.evaluate(&PerExample(f)).unwrap();
    plate.answer(&estimator).unwrap();
    let [gradient, phi_bar] = one_by_one(prototype, &parameters, own);
    assert_eq!(bits(plate.gradient()), bits(&gradient), "ĝ");
    assert_eq!(bits(plate.variance_gradient()), bits(&phi_bar), "the variance's gradient");
    // One distribution is example 0, whose control all others would have.
    let [of_first, _] = one_by_one(prototype, &parameters, |_| of_all());
    let each = prototype.parameters().len();
    assert_eq!(bits(&of_first[..each]), bits(&gradient[..each]));
    assert_ne!(bits(&of_first[each..]), bits(&gradient[each..]), "the examples have the same control");
}

/// Of one variable, whose example's own control has a fused kernel, and of several.
#[test]
fn a_plate_of_bernoulli_variables_has_the_control_of_each_example() {
    for variables in [1, 3] {
        let bernoulli = Bernoulli::from_logits(&vec![0.0; variables]).unwrap();
        let network = || Perceptron::draw(variables, 2, &mut Stream::new(1, 0, 0)).unwrap();
        agrees(&bernoulli, || Box::new(own_targets()), |n| Box::new(rebar(n)));
        agrees(&bernoulli, || Box::new(Box::new(own_targets()) as AnyControl), |n| Box::new(rebar(n)));
        agrees(
            &bernoulli,
            || Box::new(Sum::new(own_targets(), network())),
            |n| Box::new(Sum::new(rebar(n), network())),
        );
        agrees(
            &bernoulli,
            || Box::new(Sum::new(network(), Sum::new(own_targets(), own_targets()))),
            |n| Box::new(Sum::new(network(), Sum::new(rebar(n), rebar(n)))),
        );
        agrees(
            &bernoulli,
            || Box::new(Relaxed::new(OwnObjectives, &bernoulli, 0.7, 0.5).unwrap()),
            |n| Box::new(Relaxed::new(relaxed(n), &bernoulli, 0.7, 0.5).unwrap()),
        );
        agrees(
            &bernoulli,
            || Box::new(RelaxLoo::new(own_targets(), 3).unwrap()),
            |n| Box::new(RelaxLoo::new(rebar(n), 3).unwrap()),
        );
        agrees(&bernoulli, || Box::new(Coupled::new(own_targets())), |n| Box::new(Coupled::new(rebar(n))));
    }
}

#[test]
fn a_plate_of_categorical_variables_has_the_control_of_each_example() {
    let categorical = Categorical::from_logits(&[0.0; 6], 3).unwrap();
    agrees(&categorical, || Box::new(own_targets()), |n| Box::new(rebar(n)));
    agrees(
        &categorical,
        || Box::new(Relaxed::new(OwnObjectives, &categorical, 0.7, 0.5).unwrap()),
        |n| Box::new(Relaxed::new(relaxed(n), &categorical, 0.7, 0.5).unwrap()),
    );
}

#[test]
fn a_plate_of_gaussian_variables_has_the_control_of_each_example() {
    let gaussian = Gaussian::new(&[0.0; 2], &[1.0; 2]).unwrap();
    agrees(&gaussian, || Box::new(Lax::new(own_targets())), |n| Box::new(Lax::new(rebar(n))));
}

#[test]
fn controls_that_do_not_depend_on_the_example_have_none_of_their_own() {
    let bernoulli = Bernoulli::from_logits(&[0.0]).unwrap();
    assert!(rebar(0).of_example(3).is_none());
    assert!(Sum::new(Constant::new(0.3).unwrap(), Zero).of_example(3).is_none());
    assert!(Relaxed::new(relaxed(0), &bernoulli, 0.7, 0.5).unwrap().of_example(3).is_none());
}

/// The control of the second example has another N, then another M.
#[test]
fn a_plate_refuses_a_control_of_an_example_that_has_another_shape() {
    let other_n = ByExample::new(rebar(0), |first: &Rebar, example| -> AnyControl {
        if example == 0 { Box::new(first.clone()) } else { Box::new(Constant::new(0.5).unwrap()) }
    });
    // Both have seven parameters.
    let [of_four, of_one] = [(4, 1), (1, 2)]
        .map(|(dimension, units)| Perceptron::draw(dimension, units, &mut Stream::new(1, 0, 0)).unwrap());
    let other_m = ByExample::new(
        of_four,
        |first: &Perceptron, example| {
            if example == 0 { first.clone() } else { of_one.clone() }
        },
    );
    let refused = |control: &dyn crate::Estimator, expected: ShapeMismatch| {
        let mut plate = Plate::<_, f64>::new(Bernoulli::from_logits(&[0.0; 4]).unwrap(), 2);
        plate.ask(control, &[0.1; 8], &mut Stream::new(1, 0, 0)).unwrap();
        plate.evaluate(&Cubic).unwrap();
        assert_eq!(plate.answer(control), Err(EstimateError::Shape(expected)));
    };
    let name = "φ of the control of an example";
    refused(&other_n, ShapeMismatch { name, found: 1, expected: 2 });
    let name = "z of the control of an example";
    refused(&other_m, ShapeMismatch { name, found: 1, expected: 4 });
}

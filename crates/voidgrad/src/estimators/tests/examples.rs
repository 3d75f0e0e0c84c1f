//! Controls that depend on the example: a plate gives what single estimates give, each with its example's own control.

use nalgebra::{DMatrix, DVector, DVectorView};

use super::Cubic;
use crate::batch::Plate;
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::control::Control;
use crate::controls::{AnyControl, Constant, Perceptron, Rebar, Relaxed, Sum, Zero};
use crate::distribution::Distribution;
use crate::error::{EstimateError, ObjectiveError, ShapeMismatch};
use crate::estimator::{Answer, AnyEstimator, Estimator as _, Memory, Told};
use crate::estimators::{Coupled, Lax, RelaxLoo};
use crate::gaussian::Gaussian;
use crate::noise::Stream;
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

/// A control, and the one of an example.
#[derive(Clone)]
struct Own<C>(C, fn(&C, usize) -> AnyControl);

/// [`rebar`] of the example, η and λ being shared; of one distribution it is that of example 0.
type OwnTargets = Own<Rebar>;

fn own_targets() -> OwnTargets {
    Own(rebar(0), |shared, example| {
        let target = relaxed(example).target;
        Box::new(Rebar::new(shared.eta(), shared.lambda(), target).unwrap())
    })
}

impl<C: Control> Control for Own<C> {
    fn dimension(&self) -> Option<usize> {
        self.0.dimension()
    }

    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn phi(&self) -> DVector<f64> {
        self.0.phi()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        self.0.set_phi(phi)
    }

    fn named(&self) -> Vec<(String, f64)> {
        self.0.named()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.0.value(z)
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        self.0.value_and_d_z(z, c_z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        self.0.d_phi(z, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        self.0.d_z_d_phi(z, c_z_phi);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        self.0.vjp_jvp(z, z_dot, c_bar, phi_bar);
    }

    fn of_example(&self, example: usize) -> Option<Box<dyn Control + '_>> {
        Some((self.1)(&self.0, example))
    }
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
    let (mut stream, mut distribution, mut memory) =
        (Stream::new(9, 0, 0), prototype.clone(), Memory::default());
    let (mut gradients, mut phi_bar) = (Vec::new(), Vec::new());
    for (n, parameters) in parameters.chunks(prototype.parameters().len()).enumerate() {
        let own = own(n);
        distribution.set_parameters(parameters).unwrap();
        let count = usize::try_from(own.evaluations(&distribution)).unwrap();
        let mut noise = vec![0.0; own.noise(&distribution)];
        stream.fill_open01(&mut noise);
        let mut points = vec![0.0; count * distribution.dimension()];
        own.ask(&distribution, &noise, &mut points);
        let values: Vec<f64> = points.chunks(distribution.dimension()).map(|b| f(n, b)).collect();
        let mut gradient = vec![0.0; parameters.len()];
        phi_bar.resize(own.control().unwrap().parameters(), 0.0);
        let told = Told { example: 0, noise: &noise, points: &points, values: &values, gradients: &[] };
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
    let other_n = Own(rebar(0), |_, example| match example {
        0 => Box::new(rebar(0)),
        _ => Box::new(Constant::new(0.5).unwrap()),
    });
    // Both have seven parameters.
    let perceptron = |(dimension, units): (usize, usize)| {
        Perceptron::draw(dimension, units, &mut Stream::new(1, 0, 0)).unwrap()
    };
    let other_m = Own(perceptron((4, 1)), |shared, example| match example {
        0 => Box::new(shared.clone()),
        _ => Box::new(Perceptron::draw(1, 2, &mut Stream::new(1, 0, 0)).unwrap()),
    });
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

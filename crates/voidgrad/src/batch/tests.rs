mod array_controls;
mod arrays;
mod conditional;
mod kernels;

use super::*;
use crate::controls::{Constant, Rebar, Relax, RelaxLinear, Zero};
use crate::noise::Stream;
use crate::objective::MeanQuadratic;

const TARGET: f64 = 0.499;

pub(crate) type AddChunk<C> = fn(&C, &mut Chunk<'_>) -> Result<(), EstimateError>;

/// A control whose samples are added in a way of its own.
pub(crate) struct Through<C>(pub(crate) C, AddChunk<C>);

/// A control without a kernel: the same derivatives, one sample after the other.
pub(crate) fn slowly<C: Control>(control: C) -> Through<C> {
    Through(control, one_by_one)
}

impl<C: Control> Control for Through<C> {
    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn dimension(&self) -> Option<usize> {
        self.0.dimension()
    }

    fn add_chunk(&self, chunk: &mut Chunk<'_>) -> Result<(), EstimateError> {
        (self.1)(&self.0, chunk)
    }

    fn phi(&self) -> nalgebra::DVector<f64> {
        self.0.phi()
    }

    fn set_phi(&mut self, phi: nalgebra::DVectorView<'_, f64>) -> Result<(), crate::ShapeMismatch> {
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

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut nalgebra::DMatrix<f64>) {
        self.0.d_z_d_phi(z, c_z_phi);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        self.0.vjp_jvp(z, z_dot, c_bar, phi_bar);
    }
}

fn sums(theta: &[f64], control: &(impl Control + Sync), draw: &Draw) -> Sums {
    let bernoulli = Bernoulli::from_probabilities(theta).unwrap();
    let objective = MeanQuadratic { target: TARGET };
    Batches::new().draw(&bernoulli, &objective, control, draw).unwrap().clone()
}

/// The largest difference of two sums, as a part of the largest entry of its kind.
fn difference(a: &Sums, b: &Sums) -> f64 {
    let relative = |a: &[f64], b: &[f64]| {
        let scale = a.iter().fold(f64::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
        a.iter().zip(b).map(|(a, b)| (a - b).abs() / scale).fold(0.0, f64::max)
    };
    assert_eq!(a.samples, b.samples);
    [
        relative(&[a.f], &[b.f]),
        relative(&a.gradient, &b.gradient),
        relative(&a.square, &b.square),
        relative(&a.variance_gradient, &b.variance_gradient),
    ]
    .into_iter()
    .fold(0.0, f64::max)
}

fn check<C: Control + Sync>(control: C, bound_double: f64, bound_single: f64) {
    let control = slowly(control);
    for theta in [&[0.3][..], &[0.999], &[0.1, 0.5, 0.7], &[0.4; 19]] {
        // Full blocks, a tail, one sample, more than one chunk.
        for samples in [1, 63, 64, 300, 4_200] {
            for (precision, bound) in [(Precision::Double, bound_double), (Precision::Single, bound_single)] {
                let draw = Draw { precision, ..Draw::new(samples, 3) };
                let reference = sums(theta, &control, &draw);
                for instructions in [Instructions::Best, Instructions::Scalar] {
                    let found = sums(theta, &control.0, &Draw { instructions, ..draw });
                    let error = difference(&reference, &found);
                    assert!(
                        error < bound,
                        "{theta:?}, {samples} samples, {precision:?}, {instructions:?}: {error:e}"
                    );
                }
            }
        }
    }
}

// A sum of n terms whose errors are a few units in the last place each: 4,200 samples of ĝ that mostly cancel leave
// a relative error of a few hundred units of 1.1e-16, or 6e-8 in single precision.
#[test]
fn kernels_agree_with_the_estimator_on_the_same_noise() {
    check(Zero, 1e-12, 1e-3);
    check(Constant::new(0.25).unwrap(), 1e-12, 1e-3);
    check(Rebar::new(0.7, 0.4, TARGET).unwrap(), 1e-12, 1e-3);
    check(RelaxLinear::draw(0.5, TARGET, &mut Stream::new(5, 0, 0)).unwrap(), 1e-12, 1e-3);
    check(Relax::draw(0.5, TARGET, &mut Stream::new(6, 0, 0)).unwrap(), 1e-12, 1e-3);
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let control = RelaxLinear::draw(0.5, TARGET, &mut Stream::new(5, 0, 0)).unwrap();
    for theta in [&[0.3][..], &[0.2; 9]] {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| sums(theta, &control, &Draw::new(20_000, 1)))
        };
        let one = on(1);
        assert!(on(2) == one && on(7) == one);
    }
}

#[test]
fn logits_out_of_range_are_estimated_one_by_one() {
    let bernoulli = Bernoulli::from_logits(&[700.0]).unwrap();
    let control = Rebar::new(0.7, 0.4, TARGET).unwrap();
    let objective = MeanQuadratic { target: TARGET };
    let sums = Batches::new().draw(&bernoulli, &objective, &control, &Draw::new(100, 1)).unwrap().clone();
    assert!(sums.gradient[0].is_finite() && (sums.f - 100.0 * (1.0 - TARGET) * (1.0 - TARGET)).abs() < 1e-12);
}

#[test]
fn a_value_that_is_not_finite_is_an_error_that_names_it() {
    let bernoulli = Bernoulli::from_logits(&[0.0]).unwrap();
    let objective = |b: &[f64]| if b[0] == 1.0 { f64::NAN } else { 0.0 };
    let error = Batches::new().draw(&bernoulli, &objective, &Zero, &Draw::new(100, 1)).unwrap_err();
    assert!(matches!(error, EstimateError::Objective { value, b } if value.is_nan() && b == [1.0]));
    let error = Batches::new().draw(&bernoulli, &|_: &[f64]| 1.0, &Zero, &Draw::new(0, 1)).unwrap_err();
    assert_eq!(error, EstimateError::EmptyBatch);
}

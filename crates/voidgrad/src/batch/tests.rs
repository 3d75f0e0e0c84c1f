mod array_controls;
mod arrays;
mod conditional;
mod kernels;
mod perceptron;

use super::*;
use crate::control::{Control, forward};
use crate::controls::{Constant, Rebar, Relax, RelaxLinear, Zero};
use crate::error::ObjectiveError;
use crate::kernel::Chunk;
use crate::noise::Stream;
use crate::objective::{Batched, Points};
use crate::toy::MeanQuadratic;

const TARGET: f64 = 0.499;

/// A control whose chunks are made in a way of its own: false leaves them to the caller, one sample after the other.
pub(crate) struct Through<C>(pub(crate) C, fn(&C, &mut Chunk<'_>) -> bool);

/// A control without a kernel: the same derivatives, one sample after the other.
pub(crate) fn slowly<C: Control>(control: C) -> Through<C> {
    Through(control, |_, _| false)
}

impl<C: Control> Control for Through<C> {
    forward!(self => self.0);
}

impl<C: Control> BatchControl for Through<C> {
    fn chunk(&self, chunk: &mut Chunk<'_>) -> bool {
        (self.1)(&self.0, chunk)
    }
}

fn sums(theta: &[f64], control: &(dyn BatchControl + Sync), options: &Options) -> Sums {
    let bernoulli = Bernoulli::from_probabilities(theta).unwrap();
    let objective = MeanQuadratic { target: TARGET };
    Batch::new().estimate(&bernoulli, &objective, control, options).unwrap().clone()
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

fn check<C: BatchControl + Sync>(control: C, bound_double: f64, bound_single: f64) {
    let control = slowly(control);
    for theta in [&[0.3][..], &[0.999], &[0.1, 0.5, 0.7], &[0.4; 19]] {
        // Full blocks, a tail, one sample, more than one chunk, which is 4,096 samples of one variable and 224 of nineteen.
        for samples in
            [1, 63, 64, 300, 4_200].into_iter().filter(|samples| samples * theta.len() as u64 <= 12_600)
        {
            for (precision, bound) in [(Precision::Double, bound_double), (Precision::Single, bound_single)] {
                let options = Options { precision, ..Options::new(samples, 3) };
                let reference = sums(theta, &control, &options);
                for instructions in [Instructions::Best, Instructions::Scalar] {
                    let found = sums(theta, &control.0, &Options { instructions, ..options });
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
            pool.install(|| sums(theta, &control, &Options::new(20_000, 1)))
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
    let sums =
        Batch::new().estimate(&bernoulli, &objective, &control, &Options::new(100, 1)).unwrap().clone();
    assert!(sums.gradient[0].is_finite() && (sums.f - 100.0 * (1.0 - TARGET) * (1.0 - TARGET)).abs() < 1e-12);
}

#[test]
fn a_value_that_is_not_finite_is_an_error_that_names_it() {
    let bernoulli = Bernoulli::from_logits(&[0.0]).unwrap();
    let objective = |b: &[f64]| if b[0] == 1.0 { f64::NAN } else { 0.0 };
    let error = Batch::new().estimate(&bernoulli, &objective, &Zero, &Options::new(100, 1)).unwrap_err();
    assert!(matches!(error, EstimateError::Objective { value, b } if value.is_nan() && b == [1.0]));
    let error = Batch::new().estimate(&bernoulli, &|_: &[f64]| 1.0, &Zero, &Options::new(0, 1)).unwrap_err();
    assert_eq!(error, EstimateError::EmptyBatch);
}

/// The objective's own error, unchanged, from lanes as from one sample after the other, of one variable and of several.
#[test]
fn an_objective_that_fails_is_an_error_that_it_made() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("no answer from machine {0}")]
    struct NoAnswer(u32);

    let f = Batched(|points: Points<'_>, f: &mut [f64]| -> Result<(), ObjectiveError> {
        // It fails at one state of several; the values that it has written are of no use.
        f.fill(1.0);
        if points.iter().any(|b| b.iter().all(|b| *b == 1.0)) { Err(NoAnswer(3).into()) } else { Ok(()) }
    });
    let rebar = Rebar::new(0.7, 0.4, TARGET).unwrap();
    let slow = slowly(rebar.clone());
    let controls: [&(dyn BatchControl + Sync); 3] = [&rebar, &slow, &Zero];
    for theta in [&[0.3][..], &[0.4; 3]] {
        let bernoulli = Bernoulli::from_probabilities(theta).unwrap();
        // More than one chunk.
        for (control, samples) in controls.into_iter().flat_map(|control| [100, 10_000].map(|n| (control, n)))
        {
            let error =
                Batch::new().estimate(&bernoulli, &f, control, &Options::new(samples, 1)).unwrap_err();
            let EstimateError::Failed(error) = error else { panic!("{error}") };
            assert_eq!(error.downcast_ref(), Some(&NoAnswer(3)));
        }
    }
}

/// A state that is not drawn is no failure: kernels of one variable evaluate f at both states in advance.
#[test]
fn an_objective_that_fails_where_no_sample_is_does_not_fail() {
    let f = Batched(|points: Points<'_>, f: &mut [f64]| -> Result<(), ObjectiveError> {
        f.fill(2.0);
        if points.iter().any(|b| b[0] == 1.0) { Err("not here".into()) } else { Ok(()) }
    });
    let never = Bernoulli::from_logits(&[-600.0]).unwrap();
    let control = Rebar::new(0.7, 0.4, TARGET).unwrap();
    let mut batch = Batch::new();
    let sums = batch.estimate(&never, &f, &control, &Options::new(100, 1)).unwrap();
    assert_eq!(sums.f, 200.0);
}

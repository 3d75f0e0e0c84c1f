//! A kernel over arrays that is written by hand, against the estimator on the same noise, and when samples go one by one.

mod network;

use network::Network;
use voidgrad_macros::control;
use voidgrad_real::{Element, Lanes};

use super::kernels::{UNITS, difference};
use super::*;
use crate::kernel::{ArrayKernel, arrays};

const THETA: [f64; 3] = [0.1, 0.5, 0.7];

/// One sample, one less and one more than the lanes and the blocks, more than one chunk.
const SAMPLES: [u64; 9] = [1, 7, 8, 9, 16, 17, 255, 257, 4_097];

fn agrees<C: BatchControl + ArrayKernel + Clone + Sync>(theta: &[f64], control: &C) {
    let [slowly, on_arrays] = [slowly(control.clone()), Through(control.clone(), arrays)];
    let precisions = [(Precision::Double, f64::EPSILON), (Precision::Single, f64::from(f32::EPSILON))];
    for ((precision, unit), bound) in precisions.into_iter().zip(UNITS) {
        for samples in SAMPLES {
            let options = Options { precision, ..Options::new(samples, 8) };
            let reference = sums(theta, &slowly, &options);
            for instructions in [Instructions::Best, Instructions::Scalar] {
                let found = sums(theta, &on_arrays, &Options { instructions, ..options });
                let error = difference(&reference, &found) / unit;
                assert!(
                    error <= bound,
                    "{} variables, {samples} samples, {precision:?}, {instructions:?}: {error:.0} units",
                    theta.len()
                );
            }
        }
    }
}

#[test]
fn a_network_agrees_at_one_variable() {
    agrees(&[0.3], &Network::example());
}

#[test]
fn the_mean_of_a_network_over_the_coordinates_agrees() {
    agrees(&THETA, &Network::example());
}

#[test]
fn arrays_give_the_same_bits_for_every_number_of_threads() {
    let control = Through(Network::example(), arrays);
    for (theta, precision) in
        [(&[0.3][..], Precision::Double), (&THETA, Precision::Double), (&THETA, Precision::Single)]
    {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| sums(theta, &control, &Options { precision, ..Options::new(20_000, 1) }))
        };
        let one = on(1);
        assert!(on(2) == one && on(7) == one);
    }
}

/// `ĝ²` is beyond `f32`, the gradient is not.
#[test]
fn arrays_whose_sums_overflow_in_single_precision_are_estimated_one_by_one() {
    let control = Network::scaled(1e22);
    let [slowly, on_arrays] = [slowly(control.clone()), Through(control, arrays)];
    let options = Options { precision: Precision::Single, ..Options::new(1_700, 8) };
    let reference = sums(&THETA, &slowly, &options);
    assert!(reference.square[0] > f64::from(f32::MAX));
    assert_eq!(sums(&THETA, &on_arrays, &options), reference);
}

#[test]
fn a_value_that_is_not_finite_is_the_error_of_its_sample() {
    let bernoulli = Bernoulli::from_logits(&[0.0, 0.5, -0.5]).unwrap();
    let objective = |b: &[f64]| if *b == [1.0, 0.0, 1.0] { f64::INFINITY } else { b[0] };
    let control = Network::example();
    let mut found = Vec::new();
    for control in [slowly(control.clone()), Through(control, arrays)] {
        found.push(
            Batch::new().estimate(&bernoulli, &objective, &control, &Options::new(1_000, 1)).unwrap_err(),
        );
    }
    assert!(matches!(&found[0], EstimateError::Objective { b, .. } if b == &[1.0, 0.0, 1.0]));
    assert_eq!(found[0], found[1]);
}

#[control]
fn line(z: f64, slope: f64) -> f64 {
    slope * z
}

/// More rows than there is memory for.
impl ArrayKernel for Line {
    fn numbers<T: Element>(&self, _: &mut Vec<T>) {
        unreachable!("the samples go one by one")
    }

    fn rows(&self) -> usize {
        usize::MAX
    }

    fn forward<R: Lanes<Element: Element>>(
        &self,
        _: R,
        _: &[R::Element],
        _: [&[R::Element]; 2],
        _: [&mut [R::Element]; 2],
        _: &mut [R::Element],
    ) -> R {
        unreachable!("the samples go one by one")
    }

    fn backward<R: Lanes<Element: Element>>(
        &self,
        _: R,
        _: &[R::Element],
        _: [&[R::Element]; 2],
        _: [&[R::Element]; 2],
        _: R,
        _: &mut [R::Element],
        _: &mut [R::Element],
    ) {
        unreachable!("the samples go one by one")
    }

    fn chain(&self, _: &mut [f64]) {
        unreachable!("the samples go one by one")
    }
}

#[test]
fn arrays_beyond_memory_are_estimated_one_by_one() {
    let control = Line::new(0.7).unwrap();
    let [slowly, on_arrays] = [slowly(control.clone()), Through(control, arrays)];
    let options = Options::new(100, 8);
    assert_eq!(sums(&THETA, &on_arrays, &options), sums(&THETA, &slowly, &options));
}

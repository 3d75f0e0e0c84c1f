//! The generated kernel of a control over arrays, and the loops that it calls, at every instruction set.

use fearless_simd::{Level, dispatch};
use voidgrad::__private::ArrayKernel;
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::{Control, Real, control, sigmoid};
use voidgrad_real::{Element, F32x16, F64x8, Lanes};

use crate::functions::levels;

/// Matrices of more rows and columns than any tile, and of no multiple of one; both are read by rows and by columns.
#[control(positive(lambda))]
fn layers(
    z: &SVector<f64, 11>,
    lambda: f64,
    w1: &SMatrix<f64, 19, 11>,
    b1: &SVector<f64, 19>,
    w2: &SMatrix<f64, 13, 19>,
    w3: &SVector<f64, 13>,
) -> f64 {
    let h1 = (w1 * z + b1).map(f64::tanh);
    let h2 = (w2 * h1).map(|x| x.max(0.0));
    w3.dot(&h2) + z.iter().map(|z| sigmoid(z / lambda).powi(2)).sum::<f64>() / 11.0
}

fn control() -> Layers {
    fn from(at: f64) -> f64 {
        (1.7 * at).sin()
    }
    fn matrix<const M: usize, const N: usize>() -> SMatrix<f64, M, N> {
        SMatrix::from_fn(|i, j| 0.4 * from(i as f64 - 0.3 * j as f64 + 0.1))
    }
    let vector = |i: usize, _: usize| 0.6 * from(i as f64 + 0.5);
    Layers::new(0.7, matrix(), SVector::from_fn(vector), matrix(), SVector::from_fn(vector)).unwrap()
}

/// `∂c/∂z` at z and z̃, c at z̃, and the sums of φ: for each its lanes, of as many samples as there are lanes from the first on.
fn computed<L: Lanes<Element: Element>>(hand: L, control: &Layers, first: usize) -> Vec<f64> {
    let zero = L::Element::default();
    let rows = |entries: usize, salt: f64| -> Vec<L::Element> {
        let entry = |i: usize| ((i / L::LANES) as f64, (first + i % L::LANES) as f64);
        (0..entries * L::LANES)
            .map(|i| {
                let (row, sample) = entry(i);
                zero.constant((0.9 * row + 0.37 * sample + salt).sin())
            })
            .collect()
    };
    let m = 11;
    let [z, z_tilde, z_dot, z_tilde_dot] = [0.0, 1.0, 2.0, 3.0].map(|salt| rows(m, salt));
    let c_bar = hand.load(&rows(1, 4.0));
    let mut numbers = Vec::new();
    control.numbers(&mut numbers);
    let mut kept = vec![zero; control.rows() * L::LANES];
    let mut sums = vec![zero; control.parameters() * L::LANES];
    let mut slopes = [vec![zero; m * L::LANES], vec![zero; m * L::LANES]];
    let [c_z, c_z_tilde] = &mut slopes;
    let c = control.forward(hand, &numbers, [&z, &z_tilde], [c_z, c_z_tilde], &mut kept);
    control.backward(hand, &numbers, [&z, &z_tilde], [&z_dot, &z_tilde_dot], c_bar, &mut kept, &mut sums);
    let mut value = vec![zero; L::LANES];
    c.store(&mut value);
    let all = slopes.iter().flatten().chain(&value).chain(&sums);
    all.map(|x| (*x).into()).collect()
}

/// The same sample by sample in scalars, in the order of the lanes.
fn in_scalars<T: Element>(control: &Layers, lanes: usize) -> Vec<f64> {
    let samples: Vec<Vec<f64>> = (0..lanes).map(|sample| computed(T::default(), control, sample)).collect();
    (0..samples[0].len() * lanes).map(|i| samples[i % lanes][i / lanes]).collect()
}

/// A number is made of some hundred operations on numbers of about 1, and a rounding error of each is at most half a unit in the
/// last place of those.
fn agree(level: Level, found: &[f64], expected: &[f64], epsilon: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let bound = 100.0 * epsilon * expected.abs().max(1.0);
        assert!((found - expected).abs() <= bound, "{level:?}, number {i}: {found}, not {expected}");
    }
}

#[test]
fn kernels_over_arrays_compute_the_same_on_lanes_as_in_scalars() {
    let control = control();
    let (double, single) = (in_scalars::<f64>(&control, F64_LANES), in_scalars::<f32>(&control, F32_LANES));
    for level in levels() {
        let found = dispatch!(level, simd => computed(F64x8::splat_with(simd, 0.0), &control, 0));
        agree(level, &found, &double, f64::EPSILON);
        let found = dispatch!(level, simd => computed(F32x16::splat_with(simd, 0.0), &control, 0));
        agree(level, &found, &single, f64::from(f32::EPSILON));
    }
}

const F64_LANES: usize = 8;
const F32_LANES: usize = 16;

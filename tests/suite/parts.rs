//! Parts of arrays, arrays that are appended, and sums along one axis.
//!
//! Derivatives are compared with central differences of step h = 1e-5: the truncation error h²·f‴/6 is below 1e-8 for the functions
//! here, whose third derivatives stay below 600, and the rounding error ε/h near 2e-11.

use nalgebra::{SMatrix, SVector};
use voidgrad::{Control, control, differentiate, log_sum_exp, sigmoid, softmax, softplus};

const TOLERANCE: f64 = 1e-8;

/// Numbers that look drawn.
fn numbers<const N: usize>(seed: f64) -> [f64; N] {
    std::array::from_fn(|i| ((i as f64 + 1.0) * 1.7 + seed).sin())
}

/// Compares the derivatives of `Σ bar·f` with its differences.
#[track_caller]
fn assert_derivatives<const N: usize>(f: impl Fn(&[f64; N]) -> f64, at: [f64; N], found: &[f64]) {
    const H: f64 = 1e-5;
    assert_eq!(found.len(), N);
    for i in 0..N {
        let moved = |by: f64| {
            let mut x = at;
            x[i] += by;
            f(&x)
        };
        let expected = (moved(H) - moved(-H)) / (2.0 * H);
        let error = (found[i] - expected).abs();
        assert!(error <= TOLERANCE * expected.abs().max(1.0), "{i}: {}, by differences {expected}", found[i]);
    }
}

/// A softmax over groups of four.
#[differentiate(wrt(z), order = 2)]
fn groups(z: &[f64; 8], w: &[f64; 8]) -> f64 {
    let (groups, _) = z.as_chunks::<4>();
    let probabilities = groups.iter().flat_map(softmax);
    let normalisers: f64 = groups.iter().map(log_sum_exp).sum();
    probabilities.zip(w).map(|(p, w)| p * p * w).sum::<f64>() + normalisers
}

#[test]
fn a_softmax_over_groups_has_both_derivatives() {
    let (z, w) = (numbers::<8>(0.1), numbers::<8>(0.2));
    // `softmax` divides by the sum of the exponentials, and `value` subtracts its logarithm: a few units in the last place.
    assert!((groups(&z, &w) - groups::value(&z, &w)).abs() < 1e-14);
    assert_derivatives(|z| groups(z, &w), z, &groups::d_z(&z, &w));
    for (i, row) in groups::d_z_d_z(&z, &w).iter().enumerate() {
        assert_derivatives(|z| groups::d_z(z, &w)[i], z, row);
    }
}

/// Everything that takes a part of an array.
#[differentiate(wrt(z), order = 2)]
fn slices(z: &[f64; 8]) -> f64 {
    let mut total = 0.0;
    for k in 0..2 {
        let group = &z[4 * k..4 * k + 4];
        total += group.iter().map(|z| z.exp()).sum::<f64>().ln() * group[1];
    }
    for pair in z.chunks_exact(3) {
        total += pair[0] * pair[2];
    }
    let (left, right) = z.split_at(3);
    total += left.iter().zip(&right[2..=4]).map(|(a, b)| a * b).sum::<f64>();
    total += z[..3].iter().chain(&z[6..]).map(|z| z.cos()).sum::<f64>();
    total += z.windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum::<f64>();
    total += z.chunks(3).map(|chunk| chunk.iter().product::<f64>()).fold(1.0, |a, b| a + b * a);
    total += z.chunks(2).flatten().skip(5).map(|z| z.tanh()).sum::<f64>();
    total + z.iter().skip(2).take(3).map(|z| z.sin()).sum::<f64>()
}

#[test]
fn parts_of_arrays_have_both_derivatives() {
    let z = numbers::<8>(0.1);
    assert_eq!(slices(&z), slices::value(&z));
    assert_derivatives(slices, z, &slices::d_z(&z));
    for (i, row) in slices::d_z_d_z(&z).iter().enumerate() {
        assert_derivatives(|z| slices::d_z(z)[i], z, row);
    }
}

/// Only the first entries have a logarithm.
#[differentiate(wrt(z))]
fn logarithms(z: &[f64; 4]) -> f64 {
    let all = SVector::<f64, 4>::from_iterator(z.iter().copied()).map(f64::ln);
    all.fixed_rows::<2>(0).sum()
}

#[test]
fn entries_that_nothing_reads_have_a_derivative_of_exactly_0() {
    assert_eq!(logarithms::d_z(&[1.0, 2.0, 0.0, -1.0]), [1.0, 0.5, 0.0, 0.0]);
}

/// Vectors that are appended, and a part of one.
#[differentiate(wrt(a, b), order = 2)]
fn appended(a: &SVector<f64, 3>, b: &SVector<f64, 4>, w: &SMatrix<f64, 2, 7>) -> SVector<f64, 5> {
    let all: SVector<f64, 7> = SVector::from_iterator(a.iter().chain(b.iter()).copied());
    let h = (w * all).map(f64::tanh);
    let tail = b.rows(1, 3) * h[0];
    SVector::from_iterator(h.iter().chain(tail.iter()).copied())
}

#[test]
fn appended_vectors_have_derivatives_to_second_order() {
    let (a, b, w) = (numbers::<3>(0.3), numbers::<4>(0.4), SMatrix::from_column_slice(&numbers::<14>(0.5)));
    let (bar, dots) = (
        SVector::from(numbers::<5>(0.6)),
        (SVector::from(numbers::<3>(0.7)), SVector::from(numbers::<4>(0.8))),
    );
    let f = |a: &[f64; 3], b: &[f64; 4]| appended(&SVector::from(*a), &SVector::from(*b), &w);
    let vjp = |a: &[f64; 3], b: &[f64; 4]| appended::vjp(&SVector::from(*a), &SVector::from(*b), &w, bar);
    assert_eq!(f(&a, &b), appended::value(&SVector::from(a), &SVector::from(b), &w));
    let (a_bar, b_bar) = vjp(&a, &b);
    assert_derivatives(|a| f(a, &b).dot(&bar), a, a_bar.as_slice());
    assert_derivatives(|b| f(&a, b).dot(&bar), b, b_bar.as_slice());
    // The derivative of ȳ·ẏ by a, of which the differences are those of ā·ȧ.
    let none = SVector::zeros();
    let (a_bar, b_bar) =
        appended::vjp_jvp(&SVector::from(a), &SVector::from(b), &w, dots.0, dots.1, none, bar);
    let along = |a: &[f64; 3], b: &[f64; 4]| {
        let (a_bar, b_bar) = vjp(a, b);
        a_bar.dot(&dots.0) + b_bar.dot(&dots.1)
    };
    assert_derivatives(|a| along(a, &b), a, a_bar.as_slice());
    assert_derivatives(|b| along(&a, b), b, b_bar.as_slice());
}

/// Sums and means along an axis.
#[differentiate(wrt(m), order = 2)]
fn axes(m: &SMatrix<f64, 2, 3>) -> f64 {
    let (columns, rows) = (m.column_sum(), m.row_sum());
    columns.norm_squared()
        + rows.map(f64::sin).sum()
        + m.column_mean().dot(&columns)
        + m.row_mean().norm_squared()
        + m.row_sum_tr()[2] * m.row_mean_tr()[1]
}

#[test]
fn sums_along_an_axis_have_derivatives() {
    let m = numbers::<6>(0.3);
    let matrix = SMatrix::from_column_slice(&m);
    // A mean divides by the count, and so does `value`; sums of two and three terms are in the same order.
    assert!((axes(&matrix) - axes::value(&matrix)).abs() < 1e-14);
    assert_derivatives(|m| axes(&SMatrix::from_column_slice(m)), m, axes::d_m(&matrix).as_slice());
}

/// A control with groups, whose kernel is a loop.
#[control(positive(lambda))]
fn grouped(z: &SVector<f64, 8>, w: &SVector<f64, 8>, lambda: f64) -> f64 {
    let s = z.map(|z| sigmoid(z / lambda));
    let groups = s.as_slice().chunks(4);
    groups.map(|group| group.iter().map(|s| softplus(*s)).sum::<f64>().ln()).sum::<f64>()
        + s.component_mul(w).fixed_rows::<4>(2).norm_squared()
}

#[test]
fn a_control_of_groups_has_the_derivatives_of_its_value() {
    let (z, w) = (numbers::<8>(0.1), numbers::<8>(0.2));
    let control = Grouped::new(SVector::from(w), 0.5).unwrap();
    let mut slope = [0.0; 8];
    assert_eq!(control.value_and_d_z(&z, &mut slope), grouped(&z.into(), &w.into(), 0.5));
    assert_derivatives(|z| control.value(z), z, &slope);
    let mut phi_bar = [0.0; 9];
    control.d_phi(&z, &mut phi_bar);
    assert_derivatives(|w| grouped(&z.into(), &SVector::from(*w), 0.5), w, &phi_bar[..8]);
}

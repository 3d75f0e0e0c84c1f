//! Parts of arrays, arrays that are appended, and sums along one axis.
//!
//! Derivatives are compared with central differences of step h = 1e-5: the truncation error h²·f‴/6 is below 1e-8 for the functions
//! here, whose third derivatives stay below 600, and the rounding error ε/h near 2e-11.

use nalgebra::{DMatrix, DVector, SMatrix, SVector, stack};
use voidgrad::batch::{Batch, Options};
use voidgrad::{Bernoulli, Control, control, differentiate, log_sum_exp, sigmoid, softmax, softplus};

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

/// Everything that takes a part of a matrix.
#[differentiate(wrt(m, v), order = 2)]
fn blocks(m: &SMatrix<f64, 3, 4>, v: &SVector<f64, 4>) -> f64 {
    let h = (m.fixed_columns::<2>(1) * v.fixed_rows::<2>(2)).map(f64::tanh);
    let g = m.view((1, 0), (2, 3)) * h;
    let (row, column) = (m.row(1) * v, m.column(3).map(f64::sin));
    g.norm_squared() * row[0]
        + column.dot(&m.columns(0, 2).column(1))
        + m.fixed_rows::<2>(1).transpose().row(3).sum()
        + m.fixed_view::<2, 2>(0, 1)[(1, 1)] * m.row(2)[3]
        + m.column_iter().map(|column| column.norm_squared() * v[1]).sum::<f64>().ln()
        + m.row_iter().map(|row| row.map(f64::exp).sum()).product::<f64>().ln()
}

/// What `blocks` computes, entry by entry.
fn entries_of_blocks(m: &SMatrix<f64, 3, 4>, v: &SVector<f64, 4>) -> f64 {
    let h: Vec<f64> = (0..3).map(|i| (m[(i, 1)] * v[2] + m[(i, 2)] * v[3]).tanh()).collect();
    let g = (1..3).map(|i| (0..3).map(|j| m[(i, j)] * h[j]).sum::<f64>());
    let row: f64 = (0..4).map(|j| m[(1, j)] * v[j]).sum();
    let all: f64 = m.iter().map(|m| m * m).sum();
    g.map(|g| g * g).sum::<f64>() * row
        + (0..3).map(|i| m[(i, 3)].sin() * m[(i, 1)]).sum::<f64>()
        + m[(1, 3)]
        + m[(2, 3)]
        + m[(1, 2)] * m[(2, 3)]
        + (all * v[1]).ln()
        + (0..3).map(|i| (0..4).map(|j| m[(i, j)].exp()).sum::<f64>().ln()).sum::<f64>()
}

#[test]
fn parts_of_matrices_have_derivatives_to_second_order() {
    let (m, v) = (numbers::<12>(0.4), [0.3, 0.9, -0.2, 0.5]);
    let matrix = |m: &[f64; 12]| SMatrix::<f64, 3, 4>::from_column_slice(m);
    let vector = |v: &[f64; 4]| SVector::from(*v);
    // Sums of a few dozen terms in another order.
    let value = entries_of_blocks(&matrix(&m), &vector(&v));
    assert!((blocks(&matrix(&m), &vector(&v)) - value).abs() < 1e-13);
    assert!((blocks::value(&matrix(&m), &vector(&v)) - value).abs() < 1e-13);
    let slopes = |m: &[f64; 12], v: &[f64; 4]| {
        (blocks::d_m(&matrix(m), &vector(v)), blocks::d_v(&matrix(m), &vector(v)))
    };
    let (d_m, d_v) = slopes(&m, &v);
    assert_derivatives(|m| entries_of_blocks(&matrix(m), &vector(&v)), m, d_m.as_slice());
    assert_derivatives(|v| entries_of_blocks(&matrix(&m), &vector(v)), v, d_v.as_slice());
    let dots = (matrix(&numbers(0.8)), vector(&numbers(0.9)));
    let (m_bar, v_bar) = blocks::vjp_jvp(&matrix(&m), &vector(&v), dots.0, dots.1, 0.0, 1.0);
    let along = |m: &[f64; 12], v: &[f64; 4]| {
        let (d_m, d_v) = slopes(m, v);
        d_m.dot(&dots.0) + d_v.dot(&dots.1)
    };
    assert_derivatives(|m| along(m, &v), m, m_bar.as_slice());
    assert_derivatives(|v| along(&m, v), v, v_bar.as_slice());
}

/// Parts of a matrix whose size the run knows.
#[differentiate(wrt(m, v), order = 2)]
fn blocks_of_any_size(m: &DMatrix<f64>, v: &DVector<f64>) -> f64 {
    let h = m.columns(1, 2) * v.rows(0, 2);
    let row = m.row(1) * v;
    h.norm_squared() * row[0]
        + m.column(0).map(f64::sin).sum()
        + m.view((0, 1), (2, 2)).transpose().row(0).sum()
}

#[test]
fn parts_of_matrices_of_any_size_have_derivatives() {
    let (m, v) = (numbers::<12>(0.4), numbers::<4>(0.5));
    let (matrix, vector) = (|m: &[f64]| DMatrix::from_column_slice(3, 4, m), DVector::from_column_slice);
    let f = |m: &[f64], v: &[f64]| blocks_of_any_size(&matrix(m), &vector(v));
    assert!((f(&m, &v) - blocks_of_any_size::value(&matrix(&m), &vector(&v))).abs() < 1e-14);
    let (d_m, d_v) = (
        blocks_of_any_size::d_m(&matrix(&m), &vector(&v)),
        blocks_of_any_size::d_v(&matrix(&m), &vector(&v)),
    );
    assert_derivatives(|m| f(m, &v), m, d_m.as_slice());
    assert_derivatives(|v| f(&m, v), v, d_v.as_slice());
    let second = |m: &[f64]| {
        blocks_of_any_size::jvp(&matrix(m), &vector(&v), matrix(&numbers::<12>(0.8)), vector(&[0.0; 4])).1
    };
    let (m_bar, _) = blocks_of_any_size::vjp_jvp(
        &matrix(&m),
        &vector(&v),
        matrix(&numbers::<12>(0.8)),
        vector(&[0.0; 4]),
        0.0,
        1.0,
    );
    assert_derivatives(|m| second(m), m, m_bar.as_slice());
}

#[differentiate(wrt(m))]
fn logarithms_of_a_column(m: &SMatrix<f64, 2, 2>) -> f64 {
    m.map(f64::ln).column(1).sum()
}

#[test]
fn columns_that_nothing_reads_have_a_derivative_of_exactly_0() {
    let d_m = logarithms_of_a_column::d_m(&SMatrix::from_column_slice(&[0.0, -1.0, 1.0, 2.0]));
    assert_eq!(d_m.as_slice(), [0.0, 0.0, 1.0, 0.5]);
}

/// A control of parts of a matrix of parameters.
#[control(positive(lambda))]
fn of_parts(z: &SVector<f64, 4>, w: &SMatrix<f64, 3, 4>, lambda: f64) -> f64 {
    let s = z.map(|z| sigmoid(z / lambda));
    let h = (w.fixed_columns::<2>(1) * s.fixed_rows::<2>(2)).map(f64::tanh);
    h.sum() * w.column(0).sum()
        + (w.fixed_view::<2, 2>(1, 2).transpose() * h.fixed_rows::<2>(1)).norm_squared()
        + w.row(2).transpose().dot(&s)
}

/// [`of_parts`] with products of the whole matrix: with one that moves two entries, and with one that leaves some out.
#[control(positive(lambda), data(moves, column, right, last))]
#[allow(clippy::too_many_arguments, reason = "four constants")]
fn of_whole(
    z: &SVector<f64, 4>,
    w: &SMatrix<f64, 3, 4>,
    lambda: f64,
    moves: &SMatrix<f64, 4, 4>,
    column: &SVector<f64, 4>,
    right: &SMatrix<f64, 4, 4>,
    last: &SMatrix<f64, 3, 3>,
) -> f64 {
    let s = z.map(|z| sigmoid(z / lambda));
    let h = (w * (moves * s)).map(f64::tanh);
    let beside = right * (w.transpose() * (last * h));
    h.sum() * (w * column).sum() + beside.norm_squared() + (w * s)[2]
}

#[test]
fn a_batch_of_a_control_of_parts_is_that_of_the_whole() {
    let w = SMatrix::<f64, 3, 4>::from_column_slice(&numbers::<12>(0.3));
    let mut moves = SMatrix::<f64, 4, 4>::zeros();
    (moves[(1, 2)], moves[(2, 3)]) = (1.0, 1.0);
    let right = SMatrix::from_diagonal(&SVector::from([0.0, 0.0, 1.0, 1.0]));
    let last = SMatrix::from_diagonal(&SVector::from([0.0, 1.0, 1.0]));
    let parts = OfParts::new(w, 0.6).unwrap();
    let whole = OfWhole::new(w, 0.6, moves, SVector::from([1.0, 0.0, 0.0, 0.0]), right, last).unwrap();
    let bernoulli = Bernoulli::from_logits(&[0.3, -0.4, 0.1, 0.9]).unwrap();
    let f = |b: &[f64]| (b[0] + 2.0 * b[1] - b[2] * b[3]).powi(2);
    let (mut first, mut second) = (Batch::new(), Batch::new());
    let options = Options::new(500, 3);
    let found = first.estimate(&bernoulli, &f, &parts, &options).unwrap();
    let expected = second.estimate(&bernoulli, &f, &whole, &options).unwrap();
    let close = |found: &[f64], expected: &[f64]| {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-11 * expected.abs().max(1.0), "{found} and {expected}");
        }
    };
    close(&found.gradient, &expected.gradient);
    close(&found.variance_gradient, &expected.variance_gradient);
}

/// Blocks of vectors and of matrices.
#[allow(clippy::toplevel_ref_arg, reason = "`stack!` is written so")]
#[differentiate(wrt(a, b, c), order = 2)]
fn stacked(a: &SVector<f64, 2>, b: &SVector<f64, 3>, c: &SMatrix<f64, 2, 3>) -> f64 {
    let all = stack![a; b.map(f64::sin); c.row(0).transpose()];
    let wide = stack![c, a, 0; 0, 0, b];
    let square = stack![c; b.transpose()];
    let columns = SMatrix::<f64, 2, 2>::from_columns(&[a.clone_owned(), c * b]);
    let rows = SMatrix::<f64, 2, 3>::from_rows(&[b.transpose(), c.row(1).clone_owned()]);
    (wide * stack![b; a]).map(f64::tanh).sum()
        + all.dot(&all) * all[3]
        + (square * b).map(f64::cos).sum()
        + (columns * a).norm_squared()
        + (rows.component_mul(c)).sum()
}

/// What `stacked` computes, entry by entry.
fn entries_of_stacks(a: &[f64; 2], b: &[f64; 3], c: &[f64; 6]) -> f64 {
    let c = |i: usize, j: usize| c[i + 2 * j];
    let cb: Vec<f64> = (0..2).map(|i| (0..3).map(|j| c(i, j) * b[j]).sum()).collect();
    let wide: f64 = (0..2).map(|i| (cb[i] + a[i] * a[0]).tanh()).sum::<f64>()
        + b.map(|b| (b * a[1]).tanh()).iter().sum::<f64>();
    let all: f64 = a.iter().map(|a| a * a).sum::<f64>()
        + b.iter().map(|b| b.sin().powi(2)).sum::<f64>()
        + (0..3).map(|j| c(0, j).powi(2)).sum::<f64>();
    let square = cb.iter().map(|x| x.cos()).sum::<f64>() + b.iter().map(|b| b * b).sum::<f64>().cos();
    let columns: f64 = (0..2).map(|i| (a[i] * a[0] + cb[i] * a[1]).powi(2)).sum();
    let rows: f64 = (0..3).map(|j| b[j] * c(0, j) + c(1, j).powi(2)).sum();
    wide + all * b[1].sin() + square + columns + rows
}

#[test]
fn stacks_of_blocks_have_derivatives_to_second_order() {
    type Arguments = (SVector<f64, 2>, SVector<f64, 3>, SMatrix<f64, 2, 3>);
    let (a, b, c) = (numbers::<2>(0.2), numbers::<3>(0.3), numbers::<6>(0.4));
    let arguments = |a: &[f64; 2], b: &[f64; 3], c: &[f64; 6]| -> Arguments {
        (SVector::from(*a), SVector::from(*b), SMatrix::from_column_slice(c))
    };
    let (x, y, z) = arguments(&a, &b, &c);
    let value = entries_of_stacks(&a, &b, &c);
    // Sums of a few dozen terms in another order.
    assert!((stacked(&x, &y, &z) - value).abs() < 1e-13);
    assert!((stacked::value(&x, &y, &z) - value).abs() < 1e-13);
    assert_derivatives(|a| entries_of_stacks(a, &b, &c), a, stacked::d_a(&x, &y, &z).as_slice());
    assert_derivatives(|b| entries_of_stacks(&a, b, &c), b, stacked::d_b(&x, &y, &z).as_slice());
    assert_derivatives(|c| entries_of_stacks(&a, &b, c), c, stacked::d_c(&x, &y, &z).as_slice());
    let dots = arguments(&numbers(0.7), &numbers(0.8), &numbers(0.9));
    let (a_bar, b_bar, c_bar) = stacked::vjp_jvp(&x, &y, &z, dots.0, dots.1, dots.2, 0.0, 1.0);
    let along = |a: &[f64; 2], b: &[f64; 3], c: &[f64; 6]| {
        let (x, y, z) = arguments(a, b, c);
        stacked::jvp(&x, &y, &z, dots.0, dots.1, dots.2).1
    };
    assert_derivatives(|a| along(a, &b, &c), a, a_bar.as_slice());
    assert_derivatives(|b| along(&a, b, &c), b, b_bar.as_slice());
    assert_derivatives(|c| along(&a, &b, c), c, c_bar.as_slice());
}

/// An entry of a row that is transposed.
#[differentiate(wrt(x))]
fn entry_of_a_row(x: &SVector<f64, 2>, w: &SMatrix<f64, 2, 3>) -> f64 {
    (x.transpose() * w).transpose()[2]
}

#[test]
fn an_entry_of_a_transposed_row_is_that_of_the_row() {
    let (x, w) = (SVector::from([0.5, -2.0]), SMatrix::from_column_slice(&numbers::<6>(0.3)));
    assert_eq!(entry_of_a_row::value(&x, &w), entry_of_a_row(&x, &w));
    assert_eq!(entry_of_a_row::d_x(&x, &w), w.column(2));
}

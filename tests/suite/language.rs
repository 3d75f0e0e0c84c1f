//! The parts of the language that the oracle's functions do not use: dynamic matrices, generic numbers, lengths by
//! name, reductions, arrays passed to other functions, statements.
//!
//! Derivatives are compared with central differences of step h = 2⁻¹⁸: the truncation error h²·f‴/6 is below 1e-10 for
//! the functions here, whose third derivatives stay below 40, and the rounding error ε/h below 1e-10.

#![allow(clippy::needless_range_loop)] // rows and columns by number, as the formulas have them

use nalgebra::{DMatrix, DVector, SVector};
use voidgrad::{Real, differentiate, log_sum_exp, softmax};

const TOLERANCE: f64 = 1e-9;

fn difference(f: impl Fn(f64) -> f64) -> f64 {
    let h = 2.0_f64.powi(-18);
    (f(h) - f(-h)) / (2.0 * h)
}

#[track_caller]
fn assert_close(got: f64, expected: f64) {
    assert!(
        (got - expected).abs() <= TOLERANCE * expected.abs().max(1.0),
        "{got}, by differences {expected}"
    );
}

#[differentiate(wrt(w, x, s), order = 2)]
fn energy(w: &DMatrix<f64>, x: &DVector<f64>, s: f64) -> f64 {
    let h = (w * x).map(|h| (h * s).tanh());
    h.dot(x) + x.norm_squared()
}

#[differentiate(wrt(w, b, x))]
fn layer(w: &DMatrix<f64>, b: &DVector<f64>, x: &DVector<f64>) -> DVector<f64> {
    (w * x + b).map(f64::tanh)
}

fn matrix() -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, &[0.3, -0.4, 0.9, 0.2])
}

fn moved(matrix: &DMatrix<f64>, cell: usize, by: f64) -> DMatrix<f64> {
    let mut matrix = matrix.clone();
    matrix[cell] += by;
    matrix
}

fn shifted(vector: &DVector<f64>, entry: usize, by: f64) -> DVector<f64> {
    let mut vector = vector.clone();
    vector[entry] += by;
    vector
}

#[test]
fn dynamic_matrices_have_first_and_mixed_second_derivatives() {
    let (w, x, s) = (matrix(), DVector::from_vec(vec![0.7, -0.5]), 0.8);
    let d_w = energy::d_w(&w, &x, s);
    let d_w_d_s = energy::d_w_d_s(&w, &x, s);
    for cell in 0..4 {
        assert_close(d_w[cell], difference(|h| energy(&moved(&w, cell, h), &x, s)));
        assert_close(d_w_d_s[cell], difference(|h| energy::d_w(&w, &x, s + h)[cell]));
    }
    let d_x = energy::d_x(&w, &x, s);
    for i in 0..2 {
        assert_close(d_x[i], difference(|h| energy(&w, &shifted(&x, i, h), s)));
    }
}

#[test]
fn a_dynamic_layer_pulls_adjoints_back() {
    let (w, b, x) = (matrix(), DVector::from_vec(vec![0.1, 0.2]), DVector::from_vec(vec![0.7, -0.5]));
    let y_bar = DVector::from_vec(vec![1.5, -2.0]);
    let (w_bar, b_bar, x_bar) = layer::vjp(&w, &b, &x, y_bar.clone());
    for cell in 0..4 {
        assert_close(w_bar[cell], difference(|h| layer(&moved(&w, cell, h), &b, &x).dot(&y_bar)));
    }
    for i in 0..2 {
        assert_close(b_bar[i], difference(|h| layer(&w, &shifted(&b, i, h), &x).dot(&y_bar)));
        assert_close(x_bar[i], difference(|h| layer(&w, &b, &shifted(&x, i, h)).dot(&y_bar)));
    }
}

#[differentiate(wrt(x, v), order = 2)]
fn affine(w: &DMatrix<f64>, x: &DVector<f64>, b: &DVector<f64>, v: &DVector<f64>) -> f64 {
    v.dot(&(w * x + b))
}

/// The rows of w, b and v are as many, and only the run knows it.
#[test]
fn vectors_whose_lengths_are_the_same_at_run_time_have_inner_products() {
    let (w, vector) = (DMatrix::from_row_slice(2, 3, &[0.3, -0.4, 0.9, 0.2, 1.1, -0.7]), DVector::from_vec);
    let (x, b, v) = (vector(vec![0.7, -0.5, 0.4]), vector(vec![0.1, 0.2]), vector(vec![1.5, -2.0]));
    let (x_dot, v_dot) = (vector(vec![0.2, 0.9, -0.3]), vector(vec![-1.0, 0.6]));
    let at = |h: f64| affine(&w, &(&x + h * &x_dot), &b, &(&v + h * &v_dot));
    let (y, y_dot) = affine::jvp(&w, &x, &b, &v, x_dot.clone(), v_dot.clone());
    assert_close(y, at(0.0));
    assert_close(y_dot, difference(at));
    // The derivative of `ȳ·y + ẏ` by x and by v.
    let (x_bar, v_bar) = affine::vjp_jvp(&w, &x, &b, &v, x_dot.clone(), v_dot.clone(), 0.0, 1.0);
    for i in 0..3 {
        let along = |h: f64| affine::jvp(&w, &shifted(&x, i, h), &b, &v, x_dot.clone(), v_dot.clone()).1;
        assert_close(x_bar[i], difference(along));
    }
    for i in 0..2 {
        let along = |h: f64| affine::jvp(&w, &x, &b, &shifted(&v, i, h), x_dot.clone(), v_dot.clone()).1;
        assert_close(v_bar[i], difference(along));
    }
}

#[test]
#[should_panic(expected = "the columns of w (2) and the entries of x (3) must be the same number")]
fn lengths_that_do_not_fit_are_named() {
    let _ = layer::value(&matrix(), &DVector::zeros(2), &DVector::zeros(3));
}

#[differentiate(wrt(x, p), order = 2)]
fn generic<R: Real>(x: R, p: [R; 3]) -> R {
    let y = x.constant(2.0) * x.sigmoid();
    R::select(x.is_gt(x.constant(0.0)), p[0] * y * y, p[1] * x.exp()) + p[2] * x
}

#[test]
fn a_generic_function_is_differentiated_like_one_of_f64() {
    let p = [0.5, -1.5, 2.0];
    for x in [0.4, -0.4] {
        assert_close(generic::d_x(x, p), difference(|h| generic(x + h, p)));
        assert_close(generic::d_x_d_x(x, p), difference(|h| generic::d_x(x + h, p)));
    }
    // 24 bits of the result, and a few more lost on the way.
    assert!((f64::from(generic::d_x(0.4_f32, [0.5, -1.5, 2.0])) - generic::d_x(0.4, p)).abs() < 1e-6);
}

#[differentiate(wrt(x, scale))]
fn quadratic_form<const N: usize>(x: SVector<f64, N>, scale: f64) -> f64 {
    let y = x * scale;
    y.dot(&x) + x.map(f64::sin).sum()
}

#[test]
fn lengths_may_be_const_generics() {
    let x = SVector::from([0.3, -0.8, 0.1]);
    let d_x = quadratic_form::d_x(x, 1.5);
    for i in 0..3 {
        assert_close(d_x[i], 3.0 * x[i] + x[i].cos());
    }
    assert_close(quadratic_form::d_scale(x, 1.5), x.norm_squared());
}

#[differentiate(wrt(x), order = 2)]
fn categorical(x: [f64; 3]) -> f64 {
    log_sum_exp(&x) * x[0] + softmax(&x)[2]
}

#[test]
fn reductions_have_stable_derivatives() {
    let x = [0.4, -0.3, 1.1];
    let at = |i: usize, h: f64| {
        let mut moved = x;
        moved[i] += h;
        moved
    };
    let hessian = categorical::d_x_d_x(x);
    for i in 0..3 {
        assert_close(categorical::d_x(x)[i], difference(|h| categorical(at(i, h))));
        for j in 0..3 {
            assert_close(hessian[i][j], difference(|h| categorical::d_x(at(i, h))[j]));
        }
    }
    let far: [f64; 3] = categorical::d_x([1000.0, 999.0, -1000.0]);
    assert!(far.iter().all(|entry| entry.is_finite()), "{far:?}");
}

#[differentiate(wrt(p))]
fn norm(p: &[f64; 2]) -> f64 {
    p[0].hypot(p[1])
}

#[differentiate(wrt(x, p))]
fn scaled_norm(x: f64, p: [f64; 2]) -> f64 {
    let q = [p[0] * x, p[1]];
    norm(&q) * x
}

#[test]
fn derivatives_go_through_whole_arrays_of_a_call() {
    let (x, p) = (1.5, [0.4, -0.7]);
    assert_close(scaled_norm::d_x(x, p), difference(|h| scaled_norm(x + h, p)));
    assert_close(scaled_norm::d_p(x, p)[0], difference(|h| scaled_norm(x, [p[0] + h, p[1]])));
    assert_close(scaled_norm::d_p(x, p)[1], difference(|h| scaled_norm(x, [p[0], p[1] + h])));
}

#[differentiate(wrt(x))]
fn residual(x: f64, inputs: &[f64], targets: &[f64]) -> f64 {
    inputs.iter().zip(targets).map(|(input, target)| (input * x - target) * (input * x - target)).sum::<f64>()
}

#[test]
fn slices_are_data_of_any_length() {
    let (inputs, targets) = ([1.0, 2.0, 3.0], [0.5, 0.1, -0.4]);
    assert_close(residual::d_x(0.3, &inputs, &targets), difference(|h| residual(0.3 + h, &inputs, &targets)));
    assert_eq!(residual::d_x(0.3, &[], &[]), 0.0);
}

const SCALE: f64 = 3.0;
static SHIFT: f64 = 0.5;

#[differentiate(wrt(x))]
fn with_constants(x: f64) -> f64 {
    x * SCALE + SHIFT * x.powi(2) * std::f64::consts::PI
}

#[test]
fn constants_and_statics_are_read_by_path() {
    assert_close(with_constants::d_x(2.0), 3.0 + 2.0 * std::f64::consts::PI);
}

#[differentiate(wrt(x), order = 2)]
fn statements(x: [f64; 2]) -> f64 {
    let mut s = x[0];
    s *= s;
    if s < 1.0 {
        s = x[0] * 2.0;
    }
    let mut sum = 0.0;
    for x in x {
        sum += x * s;
    }
    sum
}

#[test]
fn assignments_mean_what_they_say() {
    // (x₀ + x₁)·2x₀ where x₀² < 1, else (x₀ + x₁)·x₀²
    assert_eq!(statements::d_x([0.5, 2.0]), [6.0, 1.0]);
    assert_eq!(statements::d_x([1.5, 2.0]), [1.5 * 1.5 + 3.5 * 3.0, 1.5 * 1.5]);
    assert_eq!(statements::d_x_d_x([0.5, 2.0]), [[4.0, 2.0], [2.0, 0.0]]);
}

#[differentiate(wrt(x, scale), order = 2)]
fn long_sum(x: &[f64; 1000], scale: f64) -> f64 {
    let mut sum = 0.0;
    for i in 0..1000 {
        let weight = 1.0 / (1.0 + i as f64);
        sum += weight * (x[i] * scale).sin();
    }
    sum
}

#[test]
fn a_loop_of_many_rounds_is_a_loop_in_its_derivatives() {
    let (x, scale) = ([0.3; 1000], 1.2);
    assert_close(long_sum::d_scale(&x, scale), difference(|h| long_sum(&x, scale + h)));
    let d_x_d_scale = long_sum::d_x_d_scale(&x, scale);
    assert_close(d_x_d_scale[7], difference(|h| long_sum::d_x(&x, scale + h)[7]));
}

#[differentiate(wrt(scale))]
fn mean<const N: usize>(scale: f64, x: [f64; N], y: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..N {
        sum += (x[i] * scale - y[i]).powi(2);
    }
    let tail = (0..y.len()).map(|i| y[i] * scale).sum::<f64>();
    sum / N as f64 + tail / y.len() as f64
}

#[test]
fn loops_run_over_lengths_that_are_not_known_here() {
    let (x, y) = ([1.0, -2.0, 0.5], [0.2, 0.4, 0.6]);
    assert_close(mean::d_scale(0.7, x, &y), difference(|h| mean(0.7 + h, x, &y)));
}

#[differentiate(wrt(x, p), order = 2)]
fn horner<const N: usize>(x: f64, p: [f64; N]) -> f64 {
    let mut y = 0.5 * x;
    for i in 0..N {
        let t = (p[i] * y).tanh();
        y = y * x + t * t + p[i];
    }
    y * x
}

#[test]
fn a_recurrence_has_a_recurrence_as_its_derivative() {
    let (x, p) = (0.6, [0.3, -0.2, 0.5, 0.1]);
    let at = |i: usize, h: f64| {
        let mut moved = p;
        moved[i] += h;
        moved
    };
    assert_eq!(horner::value(x, p), horner(x, p));
    assert_close(horner::d_x(x, p), difference(|h| horner(x + h, p)));
    assert_close(horner::d_x_d_x(x, p), difference(|h| horner::d_x(x + h, p)));
    for i in 0..4 {
        assert_close(horner::d_p(x, p)[i], difference(|h| horner(x, at(i, h))));
        assert_close(horner::d_x_d_p(x, p)[i], difference(|h| horner::d_x(x, at(i, h))));
    }
    // The gradient of ȳ·y + ẏ̄·ẏ, by differences of its two parts.
    let (x_dot, p_dot) = (0.7, [1.0, -1.0, 0.5, 2.0]);
    let (x_bar, p_bar) = horner::vjp_jvp(x, p, x_dot, p_dot, 1.5, -0.5);
    let part = |x: f64, p: [f64; 4]| {
        let (y, y_dot) = horner::jvp(x, p, x_dot, p_dot);
        1.5 * y - 0.5 * y_dot
    };
    assert_close(x_bar, difference(|h| part(x + h, p)));
    assert_close(p_bar[2], difference(|h| part(x, at(2, h))));
}

#[differentiate(wrt(rate))]
fn decay(rate: f64, inputs: &[f64]) -> f64 {
    let mut level = 1.0;
    let mut total = 0.0;
    for i in 0..inputs.len() {
        level = level * rate + inputs[i];
        total += inputs[i] * i as f64;
    }
    level + total * rate
}

#[test]
fn a_recurrence_runs_over_a_slice_beside_a_sum() {
    let inputs = [0.3, -0.2, 0.5, 0.1, 0.9];
    assert_close(decay::d_rate(0.8, &inputs), difference(|h| decay(0.8 + h, &inputs)));
    assert_eq!(decay::d_rate(0.8, &[]), 0.0);
}

#[differentiate(wrt(p, s), order = 2)]
fn bump(p: &[f64; 2], s: f64) -> f64 {
    (p[0] * p[1] * s).sin() + p[0].powi(3) * s * s
}

#[differentiate(wrt(v), order = 2)]
fn bowl(v: SVector<f64, 2>) -> f64 {
    v.norm_squared() * v[0]
}

#[differentiate(wrt(x, p), order = 2)]
fn composed(x: f64, p: [f64; 2]) -> f64 {
    let q = [p[0] * x, p[1] + x * x];
    let v = SVector::from([q[1] * x, p[0]]);
    bump(&q, x * p[1]) * bowl(v) + bump(&p, x)
}

#[test]
fn second_derivatives_go_through_whole_arrays_of_a_call() {
    let (x, p) = (0.7, [0.4, -0.6]);
    let at = |i: usize, h: f64| {
        let mut moved = p;
        moved[i] += h;
        moved
    };
    assert_close(composed::d_x(x, p), difference(|h| composed(x + h, p)));
    assert_close(composed::d_x_d_x(x, p), difference(|h| composed::d_x(x + h, p)));
    let hessian = composed::d_p_d_p(x, p);
    for i in 0..2 {
        assert_close(composed::d_x_d_p(x, p)[i], difference(|h| composed::d_x(x, at(i, h))));
        for j in 0..2 {
            assert_close(hessian[i][j], difference(|h| composed::d_p(x, at(i, h))[j]));
        }
    }
    let (x_bar, p_bar) = composed::vjp_jvp(x, p, 0.3, [1.0, -2.0], 0.5, 1.5);
    let part = |x: f64, p: [f64; 2]| {
        let (y, y_dot) = composed::jvp(x, p, 0.3, [1.0, -2.0]);
        0.5 * y + 1.5 * y_dot
    };
    assert_close(x_bar, difference(|h| part(x + h, p)));
    assert_close(p_bar[1], difference(|h| part(x, at(1, h))));
}

#[differentiate(wrt(x), order = 2)]
fn potential(x: &DVector<f64>) -> f64 {
    x.map(f64::cos).sum() + x.norm_squared()
}

#[differentiate(wrt(t), order = 2)]
fn along_a_line(t: f64, start: &DVector<f64>, step: &DVector<f64>) -> f64 {
    let x = start + step * t;
    potential(&x)
}

#[test]
fn a_dynamic_vector_may_be_passed_on() {
    let (start, step) = (DVector::from_vec(vec![0.1, 0.5, -0.3]), DVector::from_vec(vec![1.0, -0.5, 0.25]));
    assert_close(along_a_line::d_t(0.4, &start, &step), difference(|h| along_a_line(0.4 + h, &start, &step)));
    assert_close(
        along_a_line::d_t_d_t(0.4, &start, &step),
        difference(|h| along_a_line::d_t(0.4 + h, &start, &step)),
    );
}

#[differentiate(wrt(x), order = 2)]
fn cube(x: f64) -> f64 {
    x * x * x
}

#[differentiate(wrt(v, s), order = 2)]
fn mapped(v: SVector<f64, 2>, s: f64) -> f64 {
    (v * s).map(cube).sum()
}

#[test]
fn a_differentiated_function_may_be_mapped_over_entries() {
    let (v, s) = (SVector::from([0.5, -1.5]), 0.8_f64);
    for i in 0..2 {
        assert_close(mapped::d_v(v, s)[i], 3.0 * s.powi(3) * v[i] * v[i]);
        assert_close(mapped::d_v_d_s(v, s)[i], 9.0 * s * s * v[i] * v[i]);
        assert_close(mapped::d_v_d_v(v, s)[(i, i)], 6.0 * s.powi(3) * v[i]);
    }
}

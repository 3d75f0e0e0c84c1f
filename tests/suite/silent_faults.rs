//! What other differentiators get wrong without a word is right here, or refused on the user's own token.
//!
//! symdiff 2.1 returns wrong gradients for the first four; run-time dual numbers give NaN for the rest.

// Of some functions only the derivatives are called.
#![allow(dead_code)]

use num_dual::{Dual64, DualNum};
use voidgrad::differentiate;
use voidgrad::nalgebra::SVector;
use voidgrad_symbolic::expand::file;

#[differentiate(wrt(x))]
fn squares_in_place(x: [f64; 2]) -> f64 {
    let mut s = x[0];
    s *= s;
    s
}

#[test]
fn a_variable_that_changes_is_followed() {
    assert_eq!(squares_in_place::gradient([3.0, 5.0]), (9.0, [6.0, 0.0]));
}

#[differentiate(wrt(x), order = 2)]
#[allow(clippy::assign_op_pattern)] // both spellings are the subject
fn changes_often(x: f64) -> f64 {
    let mut s = x;
    s += 1.0;
    s = s * x;
    s -= x / 2.0;
    s /= 4.0;
    s
}

#[test]
fn every_assignment_counts() {
    // (x² + x/2)/4
    assert_eq!(changes_often::gradient(2.0), (1.25, 1.125));
    assert_eq!(changes_often::d_x_d_x(2.0), 0.5);
}

#[differentiate(wrt(x))]
fn takes_a_tuple_apart(x: [f64; 2]) -> f64 {
    let (a, _b) = (x[0] * x[1], x[1]);
    let (c, d) = (x[1], a);
    c * d
}

#[test]
fn a_tuple_pattern_binds_each_name_to_its_part() {
    // x₀·x₁²
    assert_eq!(takes_a_tuple_apart::gradient([3.0, 5.0]), (75.0, [25.0, 30.0]));
}

#[differentiate(wrt(x))]
#[allow(clippy::manual_clamp)] // the spelling is the subject
fn is_cut_off(x: f64) -> f64 {
    let mut s = x * x * x;
    if s < 0.0 {
        s = 0.0;
    }
    s + x
}

#[test]
fn an_assignment_in_a_branch_counts_where_the_branch_is_taken() {
    assert_eq!(is_cut_off::gradient(2.0), (10.0, 13.0));
    assert_eq!(is_cut_off::gradient(-2.0), (-2.0, 1.0));
}

#[differentiate(wrt(x))]
fn shadows(x: f64, y: f64) -> f64 {
    let y = y * x;
    let x = {
        let y = x + y;
        y * y
    };
    x + y
}

#[test]
fn a_name_means_what_it_means_in_its_block() {
    // (x + xy)² + xy at (2, 3): 8² + 6; by x: 2·8·4 + 3
    assert_eq!(shadows::gradient(2.0, 3.0), (70.0, 67.0));
}

/// The words that the engine's errors stand on.
fn refused(source: &str) -> Vec<String> {
    let root = "::voidgrad".parse().expect("this is a path");
    let expansions = file(source, &root).expect("the source is Rust");
    let errors = expansions.into_iter().filter_map(|expansion| expansion.error).flatten();
    errors
        .map(|error| {
            let (start, end) = (error.span().start(), error.span().end());
            let line = source.lines().nth(start.line - 1).expect("the error is in the source");
            line.chars().skip(start.column).take(end.column - start.column).collect()
        })
        .collect()
}

#[test]
fn integer_division_is_refused_where_it_stands() {
    let source = "#[differentiate(wrt(x))] fn f(x: f64) -> f64 { x * (7 / 2) as f64 }";
    assert_eq!(refused(source), ["7 / 2"]);
    let source = "#[differentiate(wrt(x))] fn f(x: f64) -> f64 { let n = 7 / 2; x.powi(n) + x * 3 }";
    assert_eq!(refused(source), ["7 / 2", "3"]);
}

#[test]
fn what_is_not_modelled_is_never_skipped() {
    let mutated = "#[differentiate(wrt(x))] fn f(x: [f64; 2]) -> f64 { let mut y = x; y[0] = 1.0; y[0] }";
    assert_eq!(refused(mutated), ["y[0]"]);
    let called = "#[differentiate(wrt(x))] fn f(x: f64) -> f64 { let mut y = x; change(&mut y); y }";
    assert!(!refused(called).is_empty());
    let looped =
        "#[differentiate(wrt(x))] fn f(x: f64) -> f64 { let mut y = x; while y < 9.0 { y *= 2.0; } y }";
    assert_eq!(refused(looped), ["while"]);
    let dropped = "#[differentiate(wrt(x))] fn f(x: f64) -> f64 { x.sin(); x }";
    assert_eq!(refused(dropped), ["x.sin()"]);
}

#[differentiate(wrt(z), order = 2)]
fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

#[test]
fn the_logistic_function_has_derivatives_at_any_distance() {
    for z in [-800.0, 800.0] {
        let (value, slope) = logistic::gradient(z);
        assert_eq!(value, if z > 0.0 { 1.0 } else { 0.0 });
        // e^-800 is 3.7e-348: no f64 but 0
        assert_eq!((slope, logistic::d_z_d_z(z)), (0.0, 0.0));
    }
    let dual = ((-Dual64::from_re(-800.0).derivative()).exp() + 1.0).recip();
    assert!(dual.eps.is_nan(), "dual numbers have learnt it: {dual}");
}

#[test]
fn the_logistic_function_keeps_its_slope_where_one_minus_it_is_0() {
    // σ'(40) = e^-40/(1 + e^-40)², where s·(1 - s) is 0; 2 ulp
    let truth: f64 = 4.248_354_255_291_589e-18;
    assert!((logistic::d_z(40.0) - truth).abs() <= 2.0 * f64::EPSILON * truth);
    assert!((logistic::d_z_d_z(40.0) + truth).abs() <= 2.0 * f64::EPSILON * truth);
}

#[differentiate(wrt(x, y), order = 2)]
fn power(x: f64, y: f64) -> f64 {
    x.powf(y)
}

#[test]
fn a_power_of_0_has_its_limits() {
    assert_eq!(power::gradient(0.0, 2.0), (0.0, 0.0, 0.0));
    assert_eq!(power::gradient(0.0, 1.0), (0.0, 1.0, 0.0));
    assert_eq!(power::gradient(0.0, 0.5), (0.0, f64::INFINITY, 0.0));
    assert_eq!(power::d_x_d_x(0.0, 2.0), 2.0);
    assert_eq!((power::d_x_d_y(0.0, 2.0), power::d_y_d_y(0.0, 2.0)), (0.0, 0.0));
    // x⁰ is 1 and x¹ is x, for all x.
    for x in [0.0, -0.0, 2.0] {
        assert_eq!((power::d_x(x, 0.0), power::d_x_d_x(x, 0.0)), (0.0, 0.0));
        assert_eq!((power::d_x(x, 1.0), power::d_x_d_x(x, 1.0)), (1.0, 0.0));
    }
    // The guard at 0 leaves ∂²x^y/∂x∂y = 1/x at y = 0 alone.
    assert_eq!(power::d_x_d_y(2.0, 0.0), 0.5);
}

#[differentiate(wrt(x), order = 2)]
fn constant_powers(x: f64) -> f64 {
    x.powf(0.0) + 3.0 * x.powf(1.0) + x.powf(2.0)
}

#[test]
fn a_constant_power_of_0_has_its_limits() {
    assert_eq!(constant_powers::gradient(0.0), (1.0, 3.0));
    assert_eq!(constant_powers::d_x_d_x(0.0), 2.0);
}

#[differentiate(wrt(p, q))]
fn many_rounds(x: f64, p: &[f64; 300], q: &[f64; 300]) -> f64 {
    let mut s = x;
    for i in 0..300 {
        s = (s * p[i]).sin() * (s * p[i]).cos() + (s * q[i]).sin() * (s * q[i]).cos();
    }
    s
}

/// Two products that each round reads twice had one name in the generated code.
#[test]
fn values_of_one_round_have_names_of_their_own() {
    let p: [f64; 300] = std::array::from_fn(|i| 1.0 + (i as f64 * 0.7).sin());
    let q: [f64; 300] = std::array::from_fn(|i| 1.0 + (i as f64 * 1.3).cos());
    // The same operations in the same order.
    assert_eq!(many_rounds::value(0.5, &p, &q), many_rounds(0.5, &p, &q));
    let (_, of_p, of_q) = many_rounds::gradient(0.5, &p, &q);
    for i in [0, 150, 299] {
        let h = 1e-6;
        let moved = |by: f64| {
            let (mut p, mut q) = (p, q);
            p[i] += by;
            q[i] += by;
            many_rounds(0.5, &p, &q)
        };
        let difference = (moved(h) - moved(-h)) / (2.0 * h);
        // Central differences are off by h²/6 times the third derivative, and by the rounding of f over h: 1e-10.
        assert!((of_p[i] + of_q[i] - difference).abs() < 1e-8, "{i}: {} {difference}", of_p[i] + of_q[i]);
    }
}

#[differentiate(wrt(v, y), order = 2)]
fn maps_to_a_constant(v: SVector<f64, 2>, y: f64) -> f64 {
    v.map(|_| y).norm_squared() + v.dot(&v.map(|_| y)) + v.map(|_| y).dot(&v)
}

#[test]
fn a_map_to_a_constant_has_the_vector_s_length() {
    // 2y² + 2y(v₀ + v₁)
    let v = SVector::from([1.0, 2.0]);
    assert_eq!(maps_to_a_constant::gradient(v, 3.0), (36.0, SVector::from([6.0, 6.0]), 18.0));
    assert_eq!(maps_to_a_constant::d_y_d_y(v, 3.0), 4.0);
}

const THREE: i32 = 3;
const PARTS: usize = 4;

#[differentiate(wrt(x))]
#[allow(clippy::cast_lossless)] // the casts are the subject
fn scaled_by_integers(x: f64) -> f64 {
    x * THREE as f64 / PARTS as f64 + x * i8::MAX as f64
}

#[test]
fn a_constant_of_any_type_can_be_cast() {
    assert_eq!(scaled_by_integers::gradient(2.0), (scaled_by_integers(2.0), 127.75));
}

#[differentiate(wrt(a, x), order = 2)]
fn inner(a: &[f64; 2], x: &[f64; 2]) -> f64 {
    a[0] * x[0] * x[0] + a[1] * x[1]
}

#[differentiate(wrt(s), order = 2)]
#[allow(clippy::trivially_copy_pass_by_ref)] // the reference is the subject
fn square(s: &f64) -> f64 {
    s * s
}

#[differentiate(wrt(x, y), order = 2)]
#[allow(clippy::trivially_copy_pass_by_ref)] // the reference is the subject
fn passes_references_on(x: &[f64; 2], y: &f64) -> f64 {
    let also_x = x;
    inner(&[1.0, 2.0], x) + inner(also_x, &[y * y, 0.5]) + square(y) + square(&(x[0] * x[1]))
}

#[test]
fn a_reference_is_passed_on_as_one() {
    // x₀² + 2x₁ + x₀y⁴ + x₁/2 + y² + x₀²x₁² at (2, 3), 1
    let (value, of_x, of_y) = passes_references_on::gradient(&[2.0, 3.0], &1.0);
    assert_eq!(
        (value, of_x, of_y),
        (4.0 + 6.0 + 2.0 + 1.5 + 1.0 + 36.0, [4.0 + 1.0 + 36.0, 2.5 + 24.0], 8.0 + 2.0)
    );
    assert_eq!(passes_references_on::d_y_d_y(&[2.0, 3.0], &1.0), 24.0 + 2.0);
}

#[differentiate(wrt(x, y), order = 2)]
fn guarded(x: f64, y: f64) -> f64 {
    if x > 0.0 { x.powf(y) * x.ln() + (y / x).sqrt() } else { y }
}

#[test]
fn a_branch_that_is_not_taken_leaves_no_trace() {
    for x in [0.0, -0.0, -1.0] {
        assert_eq!(guarded::gradient(x, -2.5), (-2.5, 0.0, 1.0));
        assert_eq!(
            (guarded::d_x_d_x(x, -2.5), guarded::d_x_d_y(x, -2.5), guarded::d_y_d_y(x, -2.5)),
            (0.0, 0.0, 0.0)
        );
    }
}

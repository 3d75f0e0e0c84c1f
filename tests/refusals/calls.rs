//! Calls and methods without a derivative.
use voidgrad::differentiate;

#[differentiate(wrt(x))]
fn calls_an_unknown_method(x: f64) -> f64 {
    x.rem_euclid(2.0) + x.tanhh() + x.to_degrees()
}

#[differentiate(wrt(x))]
fn calls_a_function_as_a_method(x: f64) -> f64 {
    x.sigmoid()
}

#[differentiate(wrt(x))]
fn calls_a_closure(x: f64) -> f64 {
    let f = |y: f64| y * y;
    f(x)
}

#[differentiate(wrt(x))]
fn builds_a_struct(x: f64) -> f64 {
    std::ops::Range { start: x, end: x }.start
}

#[differentiate(wrt(p))]
fn weighted(x: f64, p: &[f64; 2]) -> f64 {
    x * p[0] + p[1]
}

#[differentiate(wrt(p))]
fn passes_an_array_for_each_entry(v: nalgebra::SVector<f64, 3>, p: [f64; 2]) -> f64 {
    v.map(|v| weighted(v, &p)).sum()
}

fn main() {}

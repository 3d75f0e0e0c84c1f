//! Integers, casts and literals that are no real numbers.
use voidgrad::differentiate;

#[differentiate(wrt(x))]
fn divides_integers(x: f64) -> f64 {
    x * (7 / 2) as f64
}

#[differentiate(wrt(x))]
fn multiplies_by_an_integer(x: f64) -> f64 {
    let n = 2;
    x * n
}

#[differentiate(wrt(x))]
fn casts_down(x: f64) -> f64 {
    x as f32 as f64
}

#[differentiate(wrt(x))]
fn casts_to_an_integer(x: f64) -> f64 {
    (x as i64) as f64
}

#[differentiate(wrt(x))]
fn writes_f32(x: f64) -> f64 {
    x * 2.0_f32 as f64
}

#[differentiate(wrt(x))]
fn takes_the_remainder(x: f64) -> f64 {
    x % 2.0
}

#[differentiate(wrt(x))]
fn adds_a_bool(x: f64, b: bool) -> f64 {
    x + b as i32 as f64
}

#[differentiate(wrt(x))]
fn asks_a_number(x: f64) -> f64 {
    if x { 1.0 } else { 0.0 }
}

#[differentiate(wrt(x))]
fn raises_to_a_variable_integer(x: f64, y: f64) -> f64 {
    x.powi(y)
}

fn main() {}

//! Derivatives that a callee does not have.
use voidgrad::differentiate;

#[differentiate(wrt(x))]
fn once(x: f64, scale: f64) -> f64 {
    scale * x * x
}

#[differentiate(wrt(x), order = 2)]
fn needs_the_second_order(x: f64) -> f64 {
    once(x, 2.0)
}

#[differentiate(wrt(s))]
fn goes_through_what_is_data(s: f64) -> f64 {
    once(1.0, s)
}

fn main() {}

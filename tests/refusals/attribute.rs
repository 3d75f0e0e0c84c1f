//! The arguments of `#[differentiate]`.
use voidgrad::differentiate;

#[differentiate]
fn names_nothing(x: f64) -> f64 {
    x
}

#[differentiate(wrt())]
fn names_an_empty_list(x: f64) -> f64 {
    x
}

#[differentiate(wrt(y))]
fn names_no_parameter(x: f64) -> f64 {
    x
}

#[differentiate(wrt(x, x))]
fn names_one_twice(x: f64) -> f64 {
    x
}

#[differentiate(wrt(b))]
fn names_a_bool(x: f64, b: bool) -> f64 {
    if b { x } else { -x }
}

#[differentiate(wrt(x), order = 3)]
fn asks_for_the_third_order(x: f64) -> f64 {
    x
}

#[differentiate(wrt(x), degree = 2)]
fn has_an_unknown_argument(x: f64) -> f64 {
    x
}

#[differentiate(wrt(x))]
struct NotAFunction;

fn main() {}

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

#[differentiate(wrt(x), data(t))]
fn names_data(x: f64, t: f64) -> f64 {
    x * t
}

#[differentiate(wrt(w), each(x))]
fn names_what_differs_from_row_to_row(x: f64, w: f64) -> f64 {
    x * w
}

#[differentiate(wrt(x))]
struct NotAFunction;

fn main() {}

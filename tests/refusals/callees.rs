//! Calls to functions that are not differentiated, or not the ones that they look like.
use voidgrad::differentiate;

fn plain(x: f64) -> f64 {
    x
}

fn sigmoid(x: f64) -> f64 {
    x
}

#[differentiate(wrt(x))]
fn calls_a_plain_function(x: f64) -> f64 {
    plain(x)
}

#[differentiate(wrt(x))]
fn calls_another_sigmoid(x: f64) -> f64 {
    sigmoid(x)
}

fn main() {}

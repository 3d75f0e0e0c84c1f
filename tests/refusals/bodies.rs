//! Calls with whole arrays of functions whose bodies are not to be had, or do not fit.
use voidgrad::nalgebra::SVector;
use voidgrad::{differentiate, network};

fn plain_of_an_array(x: &[f64; 3]) -> f64 {
    x[0]
}

#[differentiate(wrt(x))]
fn calls_a_plain_function_of_an_array(x: &[f64; 3]) -> f64 {
    plain_of_an_array(x)
}

#[differentiate(wrt(x))]
fn squares(x: &SVector<f64, 3>) -> SVector<f64, 3> {
    x.component_mul(x)
}

#[differentiate(wrt(x))]
fn calls_with_another_length(x: &SVector<f64, 4>) -> f64 {
    squares(x).sum()
}

#[differentiate(wrt(x))]
fn calls_with_another_count(x: &SVector<f64, 3>) -> f64 {
    squares(x, x).sum()
}

#[differentiate(wrt(x))]
fn scaled(x: f64, by: &SVector<f64, 3>) -> f64 {
    by[0] * x
}

#[differentiate(wrt(t))]
fn calls_on(x: &SVector<f64, 3>, t: f64) -> f64 {
    x.map(|entry| t * scaled(entry, x)).sum()
}

#[differentiate(wrt(x))]
fn doubled(x: f64) -> f64 {
    2.0 * x
}

#[differentiate(wrt(x))]
fn calls_on_with_numbers(x: &SVector<f64, 3>) -> SVector<f64, 3> {
    x.map(doubled)
}

#[differentiate(wrt(x), order = 2)]
fn takes_a_second_derivative_that_is_not_there(x: &SVector<f64, 3>) -> f64 {
    calls_on_with_numbers(x).norm_squared()
}

#[network(each(x))]
fn calls_one_that_calls_on(x: &SVector<f64, 3>, w: f64) -> f64 {
    calls_on(x, w)
}

#[differentiate(wrt(x))]
fn line(x: &SVector<f64, 3>) -> f64 {
    x[0] + x[1]
}

#[differentiate(wrt(x))]
fn calls_one_with_the_name_of_a_macro(x: &SVector<f64, 3>) -> f64 {
    line(x)
}

#[differentiate(wrt(s))]
fn last_of_four(x: &[f64], s: f64) -> f64 {
    s * x[3]
}

#[network(each(x))]
fn reads_behind_the_last_entry_in_another_function(x: &[f64; 3], w: f64) -> f64 {
    last_of_four(x, w)
}

#[differentiate(wrt(x))]
fn calls_itself(x: &SVector<f64, 3>) -> f64 {
    calls_itself(x)
}

fn main() {}

//! What `#[control]` refuses.
use voidgrad::nalgebra::{DMatrix, DVector, SVector};
use voidgrad::{Real, control};

#[control]
fn has_no_z() -> f64 {
    0.0
}

#[control(positive(z))]
fn keeps_z_positive(z: f64) -> f64 {
    z
}

#[control(data(z))]
fn makes_z_data(z: f64) -> f64 {
    z
}

#[control(positive(mu))]
fn keeps_an_unknown_parameter_positive(z: f64, eta: f64) -> f64 {
    eta * z
}

#[control]
fn learns_a_bool(z: f64, b: bool) -> f64 {
    if b { z } else { 0.0 }
}

#[control]
fn learns_a_slice(z: f64, w: &[f64]) -> f64 {
    z * w[0]
}

#[control]
fn has_two_values(z: f64) -> [f64; 2] {
    [z, z]
}

#[control(negative(eta))]
fn has_an_unknown_argument(z: f64, eta: f64) -> f64 {
    eta * z
}

#[control(each(x, y, z))]
fn names_an_example_that_is_not_there(z: f64, x: f64, eta: f64) -> f64 {
    eta * z * x
}

#[control(each(x), data(x), positive(x))]
fn differs_and_does_not(z: f64, x: f64, eta: f64) -> f64 {
    eta * z * x
}

#[control(each(on, x))]
fn differs_by_a_bool_or_a_slice(z: f64, on: bool, x: &[f64], eta: f64) -> f64 {
    if on { eta * z * x[0] } else { 0.0 }
}

#[control]
fn has_a_slice_for_z(z: &[f64], eta: f64) -> f64 {
    eta * z[0]
}

#[control]
fn has_a_length_that_only_z_knows(z: &DVector<f64>, eta: f64) -> f64 {
    eta * z.sum()
}

#[control(each(x))]
fn has_a_length_that_only_its_examples_know(z: f64, x: &DVector<f64>, eta: f64) -> f64 {
    eta * z * x.sum()
}

#[control(data(w))]
fn has_a_length_that_is_two_numbers(z: &SVector<f64, 3>, v: &SVector<f64, 4>, w: &DMatrix<f64>) -> f64 {
    (w * z).sum() + (w * v).sum()
}

#[control]
fn reads_behind_the_last_entry(z: &SVector<f64, 3>, w: &DVector<f64>) -> f64 {
    w.dot(z) + w[3]
}

#[control]
fn has_numbers_of_any_type<R: Real>(z: R, eta: R) -> R {
    eta * z
}

#[control]
fn has_a_lifetime<'a>(z: f64, w: &'a [f64; 2]) -> f64 {
    z * w[0]
}

#[control]
fn names_a_length_as_a_type<const T: usize>(z: f64, w: &SVector<f64, T>) -> f64 {
    z * w.sum()
}

#[control]
fn has_conditions<const N: usize>(z: f64, w: [f64; N]) -> f64
where
    [f64; N]: Sized,
{
    z * w.iter().sum::<f64>()
}

#[control(data(phi, t))]
fn has_setters_twice(z: f64, phi: f64, t: f64, set_t: f64) -> f64 {
    z * phi * t * set_t
}

fn main() {}

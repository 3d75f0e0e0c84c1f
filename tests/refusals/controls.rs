//! What `#[control]` refuses.
use voidgrad::control;

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

#[control(data(phi, t))]
fn has_setters_twice(z: f64, phi: f64, t: f64, set_t: f64) -> f64 {
    z * phi * t * set_t
}

fn main() {}

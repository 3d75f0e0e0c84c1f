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

fn main() {}

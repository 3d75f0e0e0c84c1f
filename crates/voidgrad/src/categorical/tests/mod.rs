//! Claims about categorical variables, one file each kind.

mod derivatives;
mod distribution;
mod z_tilde;

use super::{Categorical, logit};

/// One unit in the last place from 0 (of numbers around 1) and from 1, the least positive number, and what is between.
const NOISE: [f64; 7] =
    [f64::MIN_POSITIVE, f64::EPSILON / 2.0, 1e-9, 0.2, 0.5, 0.8, 1.0 - f64::EPSILON / 2.0];

/// Rows of logits, far out and close to each other.
const LOGITS: [[f64; 3]; 7] = [
    [0.0, 0.0, 0.0],
    [0.3, -1.2, 0.8],
    [700.0, -700.0, 0.0],
    [-700.0, 700.0, 699.0],
    [-700.0, -700.0, -700.0],
    [40.0, 0.0, 0.0],
    [-36.0, -36.5, 0.0],
];

fn unit(k: usize) -> [f64; 3] {
    std::array::from_fn(|i| if i == k { 1.0 } else { 0.0 })
}

/// `z̃` of one variable with three states.
fn z_tilde(v: [f64; 3], b: usize, a: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|k| logit::g_tilde(v[k], v[b], unit(k), unit(b), a))
}

fn z(u: [f64; 3], a: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|k| logit::g(u[k], unit(k), a))
}

fn one_variable(a: [f64; 3]) -> Categorical {
    Categorical::from_logits(&a, 3).unwrap()
}

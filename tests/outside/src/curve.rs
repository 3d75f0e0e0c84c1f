//! How a population grows.

use grad::{differentiate, sigmoid};

/// `capacity·σ(rate·t)`.
#[must_use]
#[differentiate(wrt(rate, capacity), order = 2)]
pub fn logistic(t: f64, rate: f64, capacity: f64) -> f64 {
    capacity * sigmoid(rate * t)
}

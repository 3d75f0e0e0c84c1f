use voidgrad::{control, sigmoid};

/// A smooth step in z, between two heights that are learned.
#[control(positive(lambda))]
pub fn ramp(z: f64, left: f64, right: f64, lambda: f64) -> f64 {
    let s = sigmoid(z / lambda);
    left * (1.0 - s) + right * s
}

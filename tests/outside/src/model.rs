//! A linear model that other crates put into their own functions.

use grad::differentiate;

/// By how much an input counts.
const SCALE: f64 = 0.5;

/// `SCALE·w·x + c`, entry by entry.
#[must_use]
#[differentiate(wrt(x, w))]
pub fn scaled(x: &[f64; 2], w: &[f64; 2], c: f64) -> f64 {
    x.iter().zip(w).map(|(x, w)| SCALE * x * w + c).sum::<f64>()
}

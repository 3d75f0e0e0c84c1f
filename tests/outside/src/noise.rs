//! How a count scatters around its expectation.

use grad::differentiate;

/// The expected count relative to the observed one, in logarithms where it is larger.
#[must_use]
#[differentiate(wrt(expected), order = 2)]
pub fn scaled(expected: f64, observed: f64) -> f64 {
    let ratio = expected / observed;
    if ratio > 1.0 { ratio.ln() } else { ratio - 1.0 }
}

/// `x²/(1 + x²)`: a deviance that no outlier can raise above 1.
#[must_use]
#[differentiate(wrt(x), order = 2)]
pub fn deviance(x: f64) -> f64 {
    let square = x * x;
    square / (1.0 + square)
}

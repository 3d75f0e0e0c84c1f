//! Numbers of trials.

use super::law::Law;
use crate::bernoulli::logit;
use crate::distribution::divergence::saturated;
use voidgrad_real::{sigmoid, softplus};

/// `p(b) = θ·(1 - θ)^b` with `a = ln(θ/(1 - θ))`: how often it does not stop, if it stops with the probability θ each time.
///
/// The score is `(1 - θ) - b·θ`.
///
/// ```
/// use voidgrad::counts::{Geometric, Law};
/// assert!((Geometric.ln_p(2.0, 0.0) - 0.125_f64.ln()).abs() < 1e-15);
/// assert_eq!(Geometric.score(2.0, 0.0), -0.5);
/// // Half of the numbers give 0, a quarter 1.
/// assert_eq!([0.9, 0.3, 0.2].map(|u| Geometric.count(u, 0.0)), [0.0, 1.0, 2.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometric;

impl Law for Geometric {
    const NAME: &'static str = "geometric";
    const PARAMETER: &'static str = "logit";
    const RANGE: (f64, f64) = (-700.0, 700.0);
    const ALLOWED: &'static str = "a number from -700 to 700";

    fn most(&self) -> Option<u32> {
        None
    }

    fn ln_p(&self, b: f64, a: f64) -> f64 {
        // The logarithms of θ and 1 - θ.
        (-softplus(-a) + b * -softplus(a)).max(f64::MIN)
    }

    fn score(&self, b: f64, a: f64) -> f64 {
        sigmoid(-a) - b * sigmoid(a)
    }

    fn count(&self, u: f64, a: f64) -> f64 {
        // P(b ≥ k) = (1 - θ)^k ≥ u for all k up to this one.
        (u.ln() / -softplus(a)).floor().clamp(0.0, f64::MAX)
    }

    fn mean(&self, a: f64) -> f64 {
        (-a).exp()
    }

    fn mode(&self, _: f64) -> f64 {
        0.0
    }

    /// The entropy of each trial, times how many there are.
    fn entropy(&self, a: f64) -> f64 {
        logit::entropy(a) / sigmoid(a)
    }

    fn entropy_d_a(&self, a: f64) -> f64 {
        (logit::entropy_d_a(a) - logit::entropy(a) * sigmoid(-a)) / sigmoid(a)
    }

    /// The divergence of each trial, times how many there are.
    fn kl(&self, a: f64, a_other: f64) -> f64 {
        saturated(logit::kl(a, a_other) / sigmoid(a))
    }

    fn kl_d_a(&self, a: f64, a_other: f64) -> f64 {
        saturated((logit::kl_d_a(a, a_other) - logit::kl(a, a_other) * sigmoid(-a)) / sigmoid(a))
    }

    fn kl_d_a_other(&self, a: f64, a_other: f64) -> f64 {
        saturated(logit::kl_d_a_other(a, a_other) / sigmoid(a))
    }
}

//! Numbers of successes.

use std::f64::consts::TAU;

use super::LARGEST_COUNT;
use super::law::Law;
use super::window::{Window, deviance, stirling_error};
use crate::bernoulli::logit;
use crate::error::InvalidParameter;
use crate::noise::Node;
use voidgrad_real::{sigmoid, softplus};

/// `p(b) = C(n, b)·θ^b·(1 - θ)^(n-b)` with `a = ln(θ/(1 - θ))`: the successes of n trials.
///
/// The score is `b - n·θ`. One uniform number makes a count, in time that is proportional to √n.
///
/// ```
/// use voidgrad::counts::{Binomial, Law};
/// let four = Binomial::new(4)?;
/// assert!((four.ln_p(1.0, 0.0) - 0.25_f64.ln()).abs() < 1e-15);
/// assert_eq!(four.score(1.0, 0.0), -1.0);
/// # Ok::<(), voidgrad::error::InvalidParameter>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binomial {
    trials: u32,
}

impl Binomial {
    /// The successes of n trials.
    ///
    /// # Errors
    /// Returns an error if n is 0 or more than [`LARGEST_COUNT`].
    pub fn new(trials: u32) -> Result<Self, InvalidParameter> {
        if (1..=LARGEST_COUNT).contains(&trials) {
            return Ok(Self { trials });
        }
        let allowed = "a number from 1 to 1000000";
        Err(InvalidParameter { name: "number of trials", value: f64::from(trials), allowed })
    }

    /// n.
    #[must_use]
    pub fn trials(self) -> u32 {
        self.trials
    }

    fn n(self) -> f64 {
        f64::from(self.trials)
    }

    fn window(self, a: f64) -> Window<impl Fn(f64) -> f64, impl Fn(f64) -> f64> {
        let (n, mode) = (self.n(), self.mode(a));
        let (odds, against) = (a.exp(), (-a).exp());
        let up = move |b: f64| (n - b) / (b + 1.0) * odds;
        let down = move |b: f64| b / (n - b + 1.0) * against;
        Window { mode, p: self.ln_p(mode, a).exp(), up, down }
    }
}

impl Law for Binomial {
    const NAME: &'static str = "binomial";
    const PARAMETER: &'static str = "logit";
    const RANGE: (f64, f64) = (-700.0, 700.0);
    const ALLOWED: &'static str = "a number from -700 to 700";

    fn most(&self) -> Option<u32> {
        Some(self.trials)
    }

    fn ln_p(&self, b: f64, a: f64) -> f64 {
        let n = self.n();
        let (ln_theta, ln_rest) = (-softplus(-a), -softplus(a));
        if b == 0.0 {
            return n * ln_rest;
        }
        if b == n {
            return n * ln_theta;
        }
        let rest = n - b;
        let successes = deviance(b, n * sigmoid(a), (n / b).ln() + ln_theta);
        let failures = deviance(rest, n * sigmoid(-a), (n / rest).ln() + ln_rest);
        let error = stirling_error(n) - stirling_error(b) - stirling_error(rest);
        error - successes - failures - 0.5 * (TAU * b * (rest / n)).ln()
    }

    fn score(&self, b: f64, a: f64) -> f64 {
        // The failures are the exact number where almost all are successes.
        if a > 0.0 { self.n() * sigmoid(-a) - (self.n() - b) } else { b - self.n() * sigmoid(a) }
    }

    fn count(&self, u: f64, a: f64) -> f64 {
        self.window(a).count(u)
    }

    fn mean(&self, a: f64) -> f64 {
        self.n() * sigmoid(a)
    }

    fn mode(&self, a: f64) -> f64 {
        (((self.n() + 1.0) * sigmoid(a)).ceil() - 1.0).clamp(0.0, self.n())
    }

    fn entropy(&self, a: f64) -> f64 {
        self.window(a).expectation(|b| -self.ln_p(b, a))
    }

    fn entropy_d_a(&self, a: f64) -> f64 {
        let entropy = self.entropy(a);
        self.window(a).expectation(|b| self.score(b, a) * (-self.ln_p(b, a) - entropy))
    }

    fn kl(&self, a: f64, a_other: f64) -> f64 {
        self.n() * logit::kl(a, a_other)
    }

    fn kl_d_a(&self, a: f64, a_other: f64) -> f64 {
        self.n() * logit::kl_d_a(a, a_other)
    }

    fn kl_d_a_other(&self, a: f64, a_other: f64) -> f64 {
        self.n() * logit::kl_d_a_other(a, a_other)
    }

    fn nodes(&self, a: f64) -> Option<Vec<Node>> {
        Some(self.window(a).nodes())
    }
}

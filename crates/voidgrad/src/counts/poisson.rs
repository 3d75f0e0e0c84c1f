//! Numbers of events.

use std::f64::consts::TAU;

use super::law::Law;
use super::window::{Window, deviance, stirling_error};
use crate::distribution::divergence::{gain, term};

/// `p(b) = e^-λ·λ^b/b!` with `a = ln λ`: the number of events in a time in which λ are expected.
///
/// The score is `b - λ`. One uniform number makes a count, in time that is proportional to √λ.
///
/// ```
/// use voidgrad::counts::{Law, Poisson};
/// let a = 4.0_f64.ln();
/// assert!((Poisson.ln_p(2.0, a) - (8.0_f64.ln() - 4.0)).abs() < 1e-14);
/// assert!((Poisson.score(2.0, a) + 2.0).abs() < 1e-15);
/// // The counts come in the order 3, 4, 2, 5, 1, …
/// assert_eq!([0.1, 0.25, 0.45].map(|u| Poisson.count(u, a)), [3.0, 4.0, 2.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poisson;

impl Poisson {
    fn window(self, a: f64) -> Window<impl Fn(f64) -> f64, impl Fn(f64) -> f64> {
        let (rate, mode) = (a.exp(), self.mode(a));
        Window { mode, p: self.ln_p(mode, a).exp(), up: move |b| rate / (b + 1.0), down: move |b| b / rate }
    }
}

impl Law for Poisson {
    const NAME: &'static str = "Poisson";
    const PARAMETER: &'static str = "ln λ";
    const RANGE: (f64, f64) = (-700.0, 13.815_510_557_964_274);
    const ALLOWED: &'static str = "a number from -700 to 13.8, the logarithm of a million";

    fn most(&self) -> Option<u32> {
        None
    }

    fn ln_p(&self, b: f64, a: f64) -> f64 {
        if b == 0.0 {
            return -a.exp();
        }
        let excess = deviance(b, a.exp(), a - b.ln());
        (-excess - stirling_error(b) - 0.5 * (TAU * b).ln()).max(f64::MIN)
    }

    fn score(&self, b: f64, a: f64) -> f64 {
        b - a.exp()
    }

    fn count(&self, u: f64, a: f64) -> f64 {
        self.window(a).count(u)
    }

    fn mean(&self, a: f64) -> f64 {
        a.exp()
    }

    fn mode(&self, a: f64) -> f64 {
        (a.exp().ceil() - 1.0).max(0.0)
    }

    fn entropy(&self, a: f64) -> f64 {
        self.window(a).expectation(|b| -self.ln_p(b, a))
    }

    fn entropy_d_a(&self, a: f64) -> f64 {
        let (entropy, rate) = (self.entropy(a), a.exp());
        self.window(a).expectation(|b| (b - rate) * (-self.ln_p(b, a) - entropy))
    }

    fn kl(&self, a: f64, a_other: f64) -> f64 {
        term(a.exp(), a_other.exp(), a_other - a)
    }

    fn kl_d_a(&self, a: f64, a_other: f64) -> f64 {
        a.exp() * (a - a_other)
    }

    fn kl_d_a_other(&self, a: f64, a_other: f64) -> f64 {
        gain(a.exp(), a_other.exp(), a_other - a)
    }
}

//! The library's functions once more, for the dual numbers of num-dual: another way to every derivative.
//!
//! Nothing here calls the library or its engine.

mod bernoulli;
mod controls;

pub use bernoulli::{logit, probability};
pub use controls::{Network, constant, quadratic, rebar, relaxed, relu};

use num_dual::DualNum;

/// A dual number over `f64`.
pub trait Number: DualNum<Primitive = f64> + Copy {}

impl<D: DualNum<Primitive = f64> + Copy> Number for D {}

/// `σ(x)`, without an infinite exponential.
pub fn sigmoid<D: Number>(x: D) -> D {
    if x.re() >= 0.0 {
        ((-x).exp() + 1.0).recip()
    } else {
        let e = x.exp();
        e / (e + 1.0)
    }
}

/// `ln(1 + e^x)`, without an infinite exponential.
pub fn softplus<D: Number>(x: D) -> D {
    if x.re() >= 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

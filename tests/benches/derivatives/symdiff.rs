//! symdiff: first derivatives of formulas of slices with literal indices. RELAX's network is beyond it, and so is
//! REBAR's second order.

use symdiff::gradient;

use super::parameters::Rebar;

/// `x = (z, η, λ)`; a conditional, which the stable sigmoid needs, is refused.
#[gradient(var = x, dim = 3)]
#[allow(dead_code)] // the gradient is what is called
fn formula(x: &[f64], target: &[f64]) -> f64 {
    x[1] * (1.0 / (1.0 + (-(x[0] / x[2])).exp()) - target[0]).powi(2)
}

pub(super) fn rebar_gradient(z: f64, phi: &Rebar) -> (f64, f64, f64) {
    let [c_z, c_eta, c_lambda] = formula_gradient(&[z, phi.eta, phi.lambda], &[phi.target]);
    (c_z, c_eta, c_lambda)
}

//! The network `r_ρ` of `relax`, which ends in a `ReLU`, and whether its gradient is still alive.

use voidgrad::estimators::Method;
use voidgrad::toy::quadratic;
use voidgrad::{Control, sigmoid};

/// The estimator whose network ends in a `ReLU`.
pub(crate) const RELAX: &str = "relax";

/// Where the network is looked at: a logistic variable leaves `[-12, 12]` with probability 1e-5.
const REACH: f64 = 12.0;
const POINTS: u32 = 97;

/// Whether `r_ρ` and its gradient with respect to ρ are zero on the whole grid. A network in that state receives no
/// gradient and stays as it is; `c(z) = f(σ(z/λ))` is what is left of the control.
pub(crate) fn is_dead(method: &Method, target: f64, control: Option<&dyn Control>) -> bool {
    let Some(control) = control else { return false };
    method.name == RELAX && grid(REACH, POINTS).all(|z| is_dead_at(z, target, control))
}

fn is_dead_at(z: f64, target: f64, control: &dyn Control) -> bool {
    let Some(lambda) = parameter(control, "lambda") else { return false };
    // φ = (ln λ, ρ): λ keeps its gradient.
    let mut c_phi = vec![0.0; control.parameters()];
    control.d_phi(&[z], &mut c_phi);
    let residual = control.value(&[z]) - quadratic(sigmoid(z / lambda), target);
    residual.abs() < 1e-12 && c_phi[1..].iter().all(|&derivative| derivative == 0.0)
}

/// The parameter of this name.
pub(crate) fn parameter(control: &dyn Control, name: &str) -> Option<f64> {
    control.named().into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

/// `points` evenly spaced values from `-reach` to `reach`.
pub(crate) fn grid(reach: f64, points: u32) -> impl Iterator<Item = f64> {
    (0..points).map(move |i| reach * (2.0 * f64::from(i) / f64::from(points - 1) - 1.0))
}

//! The generated derivatives, put to use as an estimator does.

use voidgrad::controls::rebar::rebar;
use voidgrad::controls::relax::relax;

use super::parameters::{C_BAR, Column, Rebar, Relax, Square, Z_DOT};
use super::task::Numbers;

/// The derivatives with respect to RELAX's parameters.
pub(super) type RelaxPhi = (f64, Column, Column, Square, Column, Column, f64);
/// `c`, `∂c/∂z`, `∂c/∂φ`, `∂²c/∂z∂φ`.
pub(super) type All<Phi> = ((f64, f64), Phi, Phi);
/// `c`, `∂c/∂z`, `c̄·∂c/∂φ + ż·∂²c/∂z∂φ`.
pub(super) type Fused<Phi> = ((f64, f64), Phi);

pub(super) fn rebar_all(z: f64, phi: &Rebar) -> All<(f64, f64)> {
    let Rebar { eta, lambda, target } = *phi;
    rebar::derivatives(z, eta, lambda, target)
}

pub(super) fn rebar_fused(z: f64, phi: &Rebar) -> Fused<(f64, f64)> {
    let Rebar { eta, lambda, target } = *phi;
    (rebar::value_and_d_z(z, eta, lambda, target), rebar::vjp_jvp(z, eta, lambda, target, Z_DOT, C_BAR))
}

pub(super) fn rebar_gradient(z: f64, phi: &Rebar) -> (f64, f64, f64) {
    let Rebar { eta, lambda, target } = *phi;
    let (_, d_z, d_eta, d_lambda) = rebar::gradient(z, eta, lambda, target);
    (d_z, d_eta, d_lambda)
}

pub(super) fn relax_all(z: f64, phi: &Relax) -> All<RelaxPhi> {
    let Relax { lambda, w1, b1, w2, b2, w3, b3, target } = *phi;
    relax::derivatives(z, lambda, w1, b1, w2, b2, w3, b3, target)
}

pub(super) fn relax_fused(z: f64, phi: &Relax) -> Fused<RelaxPhi> {
    let Relax { lambda, w1, b1, w2, b2, w3, b3, target } = *phi;
    (
        relax::value_and_d_z(z, lambda, w1, b1, w2, b2, w3, b3, target),
        relax::vjp_jvp(z, lambda, w1, b1, w2, b2, w3, b3, target, Z_DOT, C_BAR),
    )
}

/// Derivatives with respect to φ, flat.
pub(super) trait Flat {
    fn flat(&self) -> Vec<f64>;
}

impl Flat for (f64, f64) {
    fn flat(&self) -> Vec<f64> {
        vec![self.0, self.1]
    }
}

impl Flat for RelaxPhi {
    fn flat(&self) -> Vec<f64> {
        let (lambda, w1, b1, w2, b2, w3, b3) = self;
        let arrays = [w1.as_slice(), b1.as_slice(), w2.as_slice(), b2.as_slice(), w3.as_slice()];
        [&[*lambda], arrays.concat().as_slice(), &[*b3]].concat()
    }
}

impl<Phi: Flat> Numbers for All<Phi> {
    fn numbers(&self) -> Vec<f64> {
        let ((c, c_z), c_phi, c_z_phi) = self;
        [vec![*c, *c_z], c_phi.flat(), c_z_phi.flat()].concat()
    }
}

impl<Phi: Flat> Numbers for Fused<Phi> {
    fn numbers(&self) -> Vec<f64> {
        let ((c, c_z), phi) = self;
        [vec![*c, *c_z], phi.flat()].concat()
    }
}

impl Numbers for (f64, f64, f64) {
    fn numbers(&self) -> Vec<f64> {
        vec![self.0, self.1, self.2]
    }
}

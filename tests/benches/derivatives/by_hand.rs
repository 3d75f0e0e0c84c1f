//! The same derivatives, worked out and written by hand, without sharing less or losing more digits than one can help.

use super::generated::{All, Fused, RelaxPhi};
use super::parameters::{C_BAR, Column, Rebar, Relax, Square, Z_DOT};

/// `k(x) = (σ(x) - t)²` with its first two derivatives, of one exponential.
///
/// `σ'' = -σ'·tanh(x/2)` loses its digits near 0 here, where it is 0; the generated form keeps them.
#[inline(always)]
fn relaxed(x: f64, target: f64) -> [f64; 3] {
    let e = (-x.abs()).exp();
    let rate = 1.0 / (1.0 + e);
    let s = if x >= 0.0 { rate } else { e * rate };
    let s_x = e * rate * rate;
    let s_xx = s_x * ((e - 1.0) * rate).copysign(-x);
    let d = s - target;
    [d * d, 2.0 * d * s_x, 2.0 * (s_x * s_x + d * s_xx)]
}

/// `k(x)` and its first derivative.
#[inline(always)]
fn relaxed_once(x: f64, target: f64) -> [f64; 2] {
    let e = (-x.abs()).exp();
    let rate = 1.0 / (1.0 + e);
    let d = if x >= 0.0 { rate } else { e * rate } - target;
    [d * d, 2.0 * d * e * rate * rate]
}

/// With `x = z/λ`: `∂x/∂z = 1/λ`, `∂x/∂λ = -x/λ`.
pub(super) fn rebar_all(z: f64, phi: &Rebar) -> All<(f64, f64)> {
    let Rebar { eta, lambda, target } = *phi;
    let rate = 1.0 / lambda;
    let x = z * rate;
    let [k, k_x, k_xx] = relaxed(x, target);
    (
        (eta * k, eta * k_x * rate),
        (k, -eta * k_x * x * rate),
        (k_x * rate, -eta * (k_xx * x + k_x) * rate * rate),
    )
}

pub(super) fn rebar_fused(z: f64, phi: &Rebar) -> Fused<(f64, f64)> {
    let Rebar { eta, lambda, target } = *phi;
    let rate = 1.0 / lambda;
    let x = z * rate;
    let [k, k_x, k_xx] = relaxed(x, target);
    let x_dot = Z_DOT * rate;
    (
        (eta * k, eta * k_x * rate),
        (C_BAR * k + x_dot * k_x, -eta * rate * (C_BAR * x * k_x + x_dot * (x * k_xx + k_x))),
    )
}

pub(super) fn rebar_gradient(z: f64, phi: &Rebar) -> (f64, f64, f64) {
    let Rebar { eta, lambda, target } = *phi;
    let rate = 1.0 / lambda;
    let x = z * rate;
    let [k, k_x] = relaxed_once(x, target);
    let c_z = eta * k_x * rate;
    (c_z, k, -c_z * x)
}

/// The layers at z, with their derivatives by z; the masks are constant almost everywhere.
struct Layers {
    mask1: Column,
    h1: Column,
    h1_z: Column,
    mask2: Column,
    h2: Column,
    h2_z: Column,
    mask3: f64,
    r: f64,
}

#[inline(always)]
fn layers(z: f64, phi: &Relax) -> Layers {
    let x1 = phi.w1 * z + phi.b1;
    let mask1 = x1.map(step);
    let (h1, h1_z) = (x1.component_mul(&mask1), phi.w1.component_mul(&mask1));
    let x2 = phi.w2 * h1 + phi.b2;
    let mask2 = x2.map(step);
    let (h2, h2_z) = (x2.component_mul(&mask2), (phi.w2 * h1_z).component_mul(&mask2));
    let x3 = phi.w3.dot(&h2) + phi.b3;
    let mask3 = step(x3);
    Layers { mask1, h1, h1_z, mask2, h2, h2_z, mask3, r: mask3 * x3 }
}

fn step(x: f64) -> f64 {
    f64::from(u8::from(x > 0.0))
}

/// One pass forwards, with the derivative by z, and one backwards.
pub(super) fn relax_all(z: f64, phi: &Relax) -> All<RelaxPhi> {
    let rate = 1.0 / phi.lambda;
    let x = z * rate;
    let [k, k_x, k_xx] = relaxed(x, phi.target);
    let Layers { mask1, h1, h1_z, mask2, h2, h2_z, mask3, r } = layers(z, phi);
    let x2_bar = phi.w3.component_mul(&mask2) * mask3;
    let x1_bar = phi.w2.tr_mul(&x2_bar).component_mul(&mask1);
    let zero = Column::zeros();
    (
        (k + r, k_x * rate + mask3 * phi.w3.dot(&h2_z)),
        (-k_x * x * rate, x1_bar * z, x1_bar, outer(&x2_bar, &h1), x2_bar, h2 * mask3, mask3),
        (-(k_xx * x + k_x) * rate * rate, x1_bar, zero, outer(&x2_bar, &h1_z), zero, h2_z * mask3, 0.0),
    )
}

pub(super) fn relax_fused(z: f64, phi: &Relax) -> Fused<RelaxPhi> {
    let rate = 1.0 / phi.lambda;
    let x = z * rate;
    let [k, k_x, k_xx] = relaxed(x, phi.target);
    let Layers { mask1, h1, h1_z, mask2, h2, h2_z, mask3, r } = layers(z, phi);
    let x2_bar = phi.w3.component_mul(&mask2) * mask3;
    let x1_bar = phi.w2.tr_mul(&x2_bar).component_mul(&mask1);
    let x_dot = Z_DOT * rate;
    // h₁ occurs in c̄·c + ż·c_z as c̄·h₁ + ż·∂h₁/∂z alone.
    let h1_both = h1 * C_BAR + h1_z * Z_DOT;
    (
        (k + r, k_x * rate + mask3 * phi.w3.dot(&h2_z)),
        (
            -rate * (C_BAR * x * k_x + x_dot * (x * k_xx + k_x)),
            x1_bar * (C_BAR * z + Z_DOT),
            x1_bar * C_BAR,
            outer(&x2_bar, &h1_both),
            x2_bar * C_BAR,
            (h2 * C_BAR + h2_z * Z_DOT) * mask3,
            C_BAR * mask3,
        ),
    )
}

fn outer(a: &Column, b: &Column) -> Square {
    a * b.transpose()
}

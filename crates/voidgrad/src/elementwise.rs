//! A control of one `z` at M coordinates: the mean `c_φ(z) = (1/M) Σ_m c_φ(z_m)`.
//!
//! `#[control]` calls these with the generated functions of one `z`.

use nalgebra::DMatrix;

use crate::flat::{Adder, fill};

fn weight(z: &[f64]) -> f64 {
    1.0 / z.len() as f64
}

/// `c_φ(z)`.
#[inline]
pub fn value(z: &[f64], c: impl Fn(f64) -> f64) -> f64 {
    weight(z) * z.iter().map(|z| c(*z)).sum::<f64>()
}

/// Writes `∂c/∂z` and returns `c_φ(z)`; `c` gives both for one coordinate.
#[inline]
pub fn value_and_d_z(z: &[f64], c_z: &mut [f64], c: impl Fn(f64) -> (f64, f64)) -> f64 {
    let weight = weight(z);
    let mut sum = 0.0;
    for (z, c_z) in z.iter().zip(c_z) {
        let (c, d_z) = c(*z);
        sum += c;
        *c_z = weight * d_z;
    }
    weight * sum
}

/// Writes `∂c/∂φ`; `add` adds it for one coordinate.
#[inline]
pub fn d_phi(z: &[f64], c_phi: &mut [f64], add: impl Fn(f64, &mut Adder<'_>)) {
    c_phi.fill(0.0);
    for z_m in z {
        add(*z_m, &mut Adder::new(c_phi, weight(z)));
    }
}

/// Writes `∂²c/∂z∂φ`, M × N; `add` adds it for one coordinate.
#[inline]
pub fn d_z_d_phi(z: &[f64], c_z_phi: &mut DMatrix<f64>, add: impl Fn(f64, &mut Adder<'_>)) {
    let mut row = vec![0.0; c_z_phi.ncols()];
    for (m, z_m) in z.iter().enumerate() {
        fill(&mut row, |phi| add(*z_m, phi));
        c_z_phi.row_mut(m).iter_mut().zip(&row).for_each(|(cell, value)| *cell = weight(z) * value);
    }
}

/// Adds `c̄·∂c/∂φ + ∂/∂φ (∂c/∂z · ż)`; `add` adds it for one coordinate.
#[inline]
pub fn vjp_jvp(z: &[f64], z_dot: &[f64], phi_bar: &mut [f64], add: impl Fn(f64, f64, &mut Adder<'_>)) {
    for (z_m, z_dot) in z.iter().zip(z_dot) {
        add(*z_m, *z_dot, &mut Adder::new(phi_bar, weight(z)));
    }
}

//! REBAR's control in lanes: `c(z) = η·k(z/λ)`.

use fearless_simd::Simd;

use super::relaxation::{Logistic, logistic, relaxed};
use super::source::Source;
use super::variable::{Sample, Variable};
use super::vector::Vector;
use super::{BLOCK, Kernel, add};

/// The point at which it is computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rebar {
    pub(super) variable: Variable,
    pub(super) eta: f64,
    pub(super) rate: f64,
    pub(super) target: f64,
}

impl Rebar {
    /// From the flat φ: η, ln λ.
    pub(super) fn new(a: f64, target: f64, phi: &[f64]) -> Self {
        Self { variable: Variable::new(a, target), eta: phi[0], rate: (-phi[1]).exp(), target }
    }
}

impl Kernel for Rebar {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn chunk<S: Simd, V: Vector<S>>(
        &self,
        simd: S,
        source: &mut impl Source<S, V>,
        blocks: usize,
        sums: &mut Vec<f64>,
    ) {
        let zero = V::splat_of(simd, 0.0);
        let (eta, rate) = (V::splat_of(simd, self.eta), V::splat_of(simd, self.rate));
        let scale = V::splat_of(simd, self.eta * self.rate);
        let mut lanes = [zero; 4];
        let mut noise = [(zero, zero); BLOCK];
        let mut samples = [Sample { z: zero, z_tilde: zero, z_tilde_a: zero, score: zero, f: zero }; BLOCK];
        let mut logistics = [[Logistic::new(zero); 2]; BLOCK];
        for _ in 0..blocks {
            for n in 0..BLOCK {
                noise[n] = source.pair(simd);
            }
            for n in 0..BLOCK {
                samples[n].z = self.variable.z(simd, noise[n].0);
            }
            for n in 0..BLOCK {
                samples[n] = self.variable.sample(simd, samples[n].z, noise[n].1);
            }
            for n in 0..BLOCK {
                let Sample { z, z_tilde, .. } = samples[n];
                logistics[n] = logistic(simd, [z, z_tilde], self.rate);
            }
            for n in 0..BLOCK {
                let Sample { z, z_tilde, z_tilde_a, score, f } = samples[n];
                let [at_x, at_x_tilde] = logistics[n];
                let c = relaxed(simd, at_x, self.target);
                let c_tilde = relaxed(simd, at_x_tilde, self.target);
                let (x, x_tilde) = (z * rate, z_tilde * rate);
                // ∂c/∂z = η/λ·k′; ĝ and its derivatives by η and by ln λ have it in common.
                let slope = c.k_x - z_tilde_a * c_tilde.k_x;
                let g = (f - eta * c_tilde.k).mul_add(score, scale * slope);
                let by_eta = rate * slope - score * c_tilde.k;
                let bend = z_tilde_a * x_tilde.mul_add(c_tilde.k_xx, c_tilde.k_x) - x.mul_add(c.k_xx, c.k_x);
                let by_ln_lambda = scale * bend + eta * (score * x_tilde * c_tilde.k_x);
                lanes[0] += g;
                lanes[1] = g.mul_add(g, lanes[1]);
                lanes[2] = g.mul_add(by_eta, lanes[2]);
                lanes[3] = g.mul_add(by_ln_lambda, lanes[3]);
            }
        }
        let [g, square, eta, ln_lambda] = lanes;
        add(sums, &[g.total(), square.total(), 2.0 * eta.total(), 2.0 * ln_lambda.total()]);
    }
}

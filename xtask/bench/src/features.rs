//! A control of as many parameters as one likes.

use voidgrad::error::ShapeMismatch;
use voidgrad::nalgebra::{DMatrix, DVector, DVectorView};
use voidgrad::{BatchControl, Control};

/// `c(z) = Σ_n w_n·tanh(k_n·z)` with `k_n = (n + 1)/N` and `φ = w`, one z.
///
/// By hand, because `#[control]` owns its parameters as arrays of a length that is written down, and a compiler takes
/// minutes over one of 10⁵.
pub(super) struct Features(DVector<f64>);

impl Features {
    /// N parameters.
    pub(super) fn new(parameters: usize) -> Self {
        Self(DVector::from_fn(parameters, |n, _| 1.0 / (n + 1) as f64))
    }

    /// `tanh(k_n·z)` and its derivative by z, for each n.
    fn terms(&self, z: f64) -> impl Iterator<Item = (f64, f64)> {
        let count = self.0.len() as f64;
        (0..self.0.len()).map(move |n| {
            let k = (n + 1) as f64 / count;
            let h = (k * z).tanh();
            (h, k * (1.0 - h * h))
        })
    }
}

impl Control for Features {
    fn parameters(&self) -> usize {
        self.0.len()
    }

    fn dimension(&self) -> Option<usize> {
        Some(1)
    }

    fn phi(&self) -> DVector<f64> {
        self.0.clone()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        if phi.len() == self.0.len() {
            self.0.copy_from(&phi);
            Ok(())
        } else {
            Err(ShapeMismatch { name: "phi", found: phi.len(), expected: self.0.len() })
        }
    }

    fn named(&self) -> Vec<(String, f64)> {
        self.0.iter().enumerate().map(|(n, w)| (format!("w[{n}]"), *w)).collect()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.value_and_d_z(z, &mut [0.0])
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        let mut c = 0.0;
        c_z[0] = 0.0;
        for ((h, h_z), w) in self.terms(z[0]).zip(&self.0) {
            c += w * h;
            c_z[0] += w * h_z;
        }
        c
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        for (c_phi, (h, _)) in c_phi.iter_mut().zip(self.terms(z[0])) {
            *c_phi = h;
        }
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        for (c_z_phi, (_, h_z)) in c_z_phi.iter_mut().zip(self.terms(z[0])) {
            *c_z_phi = h_z;
        }
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        for (phi_bar, (h, h_z)) in phi_bar.iter_mut().zip(self.terms(z[0])) {
            *phi_bar += c_bar * h + z_dot[0] * h_z;
        }
    }
}

impl BatchControl for Features {}

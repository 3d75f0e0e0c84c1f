//! The control of one example, of a control that has data for each.

use std::ops::Range;

use nalgebra::{DMatrix, DVector, DVectorView};

use super::Control;
use crate::error::ShapeMismatch;

/// A control with data for each example, which `#[control(each(x))]` writes: the methods of [`Control`] with the number of the example.
pub trait OfExamples: Control {
    /// How many examples it has data for.
    fn count(&self) -> usize;

    /// `c_φ(z)`.
    fn value_at(&self, example: usize, z: &[f64]) -> f64;

    /// Writes `∂c/∂z` and returns `c_φ(z)`.
    fn value_and_d_z_at(&self, example: usize, z: &[f64], c_z: &mut [f64]) -> f64;

    /// Writes `∂c/∂φ`.
    fn d_phi_at(&self, example: usize, z: &[f64], c_phi: &mut [f64]);

    /// Writes `∂²c/∂z∂φ`.
    fn d_z_d_phi_at(&self, example: usize, z: &[f64], c_z_phi: &mut DMatrix<f64>);

    /// Adds `c̄·∂c/∂φ + ∂/∂φ (∂c/∂z · ż)`.
    fn vjp_jvp_at(&self, example: usize, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]);

    /// Writes `∂²c/∂z∂φ·φ̇` and returns `∂c/∂φ·φ̇`.
    fn along_phi_at(&self, example: usize, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64;
}

/// The control of one example.
#[derive(Debug, Clone, Copy)]
pub struct AtExample<'a, C> {
    control: &'a C,
    example: usize,
}

impl<'a, C: OfExamples> AtExample<'a, C> {
    /// That of this example.
    pub fn new(control: &'a C, example: usize) -> Self {
        Self { control, example }
    }
}

impl<C: OfExamples> Control for AtExample<'_, C> {
    fn parameters(&self) -> usize {
        self.control.parameters()
    }

    fn dimension(&self) -> Option<usize> {
        self.control.dimension()
    }

    fn phi(&self) -> DVector<f64> {
        self.control.phi()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        Err(ShapeMismatch { name: "phi of a control that is shared", found: phi.len(), expected: 0 })
    }

    fn named(&self) -> Vec<(String, f64)> {
        self.control.named()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.control.value_at(self.example, z)
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        self.control.value_and_d_z_at(self.example, z, c_z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        self.control.d_phi_at(self.example, z, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        self.control.d_z_d_phi_at(self.example, z, c_z_phi);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        self.control.vjp_jvp_at(self.example, z, z_dot, c_bar, phi_bar);
    }

    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        self.control.along_phi_at(self.example, z, phi_dot, c_z_dot)
    }

    fn linear(&self) -> Vec<Range<usize>> {
        self.control.linear()
    }
}

//! Control variates, one file each.
//!
//! Most are scalar functions of one `z` and their parameters; at M variables the control is the mean over the
//! coordinates, `c_φ(z) = (1/M) Σ_m c_φ(z_m)`. A [`Perceptron`] takes all of z at once, and a [`Sum`] adds two controls. [`Relaxed`] is made of any
//! objective with a gradient; [`Relaxable`] says how an objective is relaxed.

pub mod constant;
pub mod network;
pub mod perceptron;
pub mod rebar;
pub mod relax;
pub mod relax_linear;
pub mod relaxable;
pub mod relaxed;
pub mod sum;
pub mod zero;

#[cfg(test)]
pub(crate) mod by_hand;
#[cfg(test)]
mod tests;

pub use constant::Constant;
pub use network::Network;
pub use perceptron::Perceptron;
pub use rebar::Rebar;
pub use relax::Relax;
pub use relax_linear::RelaxLinear;
pub use relaxable::{AnyControl, ByGradient, Relaxable};
pub use relaxed::Relaxed;
pub use sum::Sum;
pub use zero::Zero;

use nalgebra::{DMatrix, DVector, DVectorView};

use crate::control::{BatchControl, Control};
use crate::error::ShapeMismatch;
use crate::kernel::{Chunk, Drawn, Steps};

/// A control of a kind that is chosen at run time.
impl<C: Control + ?Sized> Control for Box<C> {
    fn parameters(&self) -> usize {
        (**self).parameters()
    }

    fn dimension(&self) -> Option<usize> {
        (**self).dimension()
    }

    fn phi(&self) -> DVector<f64> {
        (**self).phi()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        (**self).set_phi(phi)
    }

    fn named(&self) -> Vec<(String, f64)> {
        (**self).named()
    }

    fn value(&self, z: &[f64]) -> f64 {
        (**self).value(z)
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        (**self).value_and_d_z(z, c_z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        (**self).d_phi(z, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        (**self).d_z_d_phi(z, c_z_phi);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        (**self).vjp_jvp(z, z_dot, c_bar, phi_bar);
    }

    fn of_example(&self, example: usize) -> Option<Box<dyn Control + '_>> {
        (**self).of_example(example)
    }

    fn sample(&self, drawn: &Drawn, phi_bar: &mut [f64]) -> Option<f64> {
        (**self).sample(drawn, phi_bar)
    }

    fn steps(&mut self, steps: &mut Steps<'_>) -> usize {
        (**self).steps(steps)
    }
}

impl<C: BatchControl + ?Sized> BatchControl for Box<C> {
    fn chunk(&self, chunk: &mut Chunk<'_>) -> bool {
        (**self).chunk(chunk)
    }
}

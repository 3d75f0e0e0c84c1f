//! What an estimator needs of a control variate `c_φ`.

use nalgebra::{DMatrix, DVector, DVectorView};

use crate::error::ShapeMismatch;
use crate::kernel::{Chunk, Drawn, Steps};

/// A control variate `c_φ: Rᴹ → R` with its parameters `φ`.
///
/// Four things are needed of it: `c`, `∂c/∂z`, `∂c/∂φ` and `∂²c/∂z∂φ`
/// (RELAX, Grathwohl et al. 2018, equations 6 to 8). `#[control]` writes the implementation from one annotated
/// function. A control of one `z` (`fn c(z: f64, …) -> f64`) works at every dimension: over M coordinates it is
/// the mean `c_φ(z) = (1/M) Σ_m c_φ(z_m)`.
///
/// `φ` is flat and unconstrained, of length N: a parameter that must be positive stands in it by its logarithm,
/// so that no step of an optimiser can leave the domain. All derivatives with respect to `φ` here are with
/// respect to that flat vector.
pub trait Control {
    /// N, the length of `φ`.
    fn parameters(&self) -> usize;

    /// M, for a control that is made for one dimension; `None` for one that works at every dimension.
    fn dimension(&self) -> Option<usize> {
        None
    }

    /// `φ`, flat and unconstrained.
    fn phi(&self) -> DVector<f64>;

    /// Takes over the values of `φ`.
    ///
    /// # Errors
    /// Returns an error if `phi` does not have N entries.
    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch>;

    /// The parameters by name, as the formula uses them (λ, not ln λ), in the order of `φ`; the entries of an
    /// array are named `w[2]`, those of a matrix `w[2,3]`.
    fn named(&self) -> Vec<(String, f64)>;

    /// `c_φ(z)`.
    fn value(&self, z: &[f64]) -> f64;

    /// Writes `∂c/∂z` (M entries) and returns `c_φ(z)`.
    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64;

    /// Writes `∂c/∂φ` (N entries).
    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]);

    /// Writes `∂²c/∂z∂φ` (M × N).
    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>);

    /// Adds `c̄·∂c/∂φ + ∂/∂φ (∂c/∂z · ż)` to `phi_bar` (N entries): both kinds of derivative that
    /// `(∂ĝ/∂φ)ᵀ ĝ` is made of, in one pass and without an M × N matrix.
    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]);

    /// `ĝ` of one draw of one variable, whose `2·ĝ·∂ĝ/∂φ` is added to `phi_bar` (N entries), if `#[control]` wrote a fused
    /// kernel; else nothing.
    #[doc(hidden)]
    fn sample(&self, drawn: &Drawn, phi_bar: &mut [f64]) -> Option<f64> {
        let _ = (drawn, phi_bar);
        None
    }

    /// Makes steps of a training of one Bernoulli variable, if `#[control]` wrote a fused kernel that can, and returns how many. The caller
    /// makes the next one.
    #[doc(hidden)]
    fn steps(&mut self, steps: &mut Steps<'_>) -> usize {
        let _ = steps;
        0
    }
}

/// A control that many samples can be estimated with, by [`Batch`](crate::batch::Batch). `#[control]` implements it; for a control that is written by
/// hand, `impl BatchControl for MyControl {}` is enough, and its samples are made one by one.
///
/// It is a trait of its own because its loops are much code, which a program that draws no batches does not need.
pub trait BatchControl: Control {
    /// Adds the samples of a chunk to its sums, if `#[control]` wrote a fused kernel that can. If not, the result is false, and the
    /// caller makes them one by one.
    #[doc(hidden)]
    fn chunk(&self, chunk: &mut Chunk<'_>) -> bool {
        let _ = chunk;
        false
    }
}

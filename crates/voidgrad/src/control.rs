//! What an estimator needs of a control variate `c_φ`.

mod at_example;
mod forward;
mod of_example;

use std::ops::Range;

use nalgebra::{DMatrix, DVector, DVectorView};

use crate::error::ShapeMismatch;
use crate::kernel::{Along, Chunk, Drawn, Examples, Steps};

pub use at_example::{AtExample, OfExamples};
pub(crate) use forward::forward;
pub(crate) use of_example::{OfExample, check_examples, check_of_example};

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

    /// The derivatives along φ̇ (N entries): writes `∂²c/∂z∂φ·φ̇` (M entries) to `c_z_dot` and returns `∂c/∂φ·φ̇`. The first is the derivative of the
    /// second by z.
    ///
    /// φ̇ is a direction of the flat φ, so an entry of it that belongs to a positive λ is the change of `ln λ`, and λ itself changes by `λ̇ = λ·φ̇`.
    ///
    /// `#[control]` writes it in closed form. For a control that is written by hand, it is made of [`d_phi`](Self::d_phi) and
    /// [`d_z_d_phi`](Self::d_z_d_phi), with an M × N matrix.
    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        let mut c_phi = vec![0.0; phi_dot.len()];
        self.d_phi(z, &mut c_phi);
        let mut c_z_phi = DMatrix::zeros(z.len(), phi_dot.len());
        self.d_z_d_phi(z, &mut c_z_phi);
        for (c_z_dot, row) in c_z_dot.iter_mut().zip(c_z_phi.row_iter()) {
            *c_z_dot = row.iter().zip(phi_dot).map(|(c_z_phi, phi_dot)| c_z_phi * phi_dot).sum();
        }
        c_phi.iter().zip(phi_dot).map(|(c_phi, phi_dot)| c_phi * phi_dot).sum()
    }

    /// The entries of φ in which c is affine, all of them together: ranges in ascending order. The other entries fixed, c is `c₀(z) + Σ_n φ_n·c_n(z)` over these n.
    ///
    /// `#[control]` finds the largest such set of whole parameters. Of RELAX's control `eta·f(σ(z/lambda)) + last·tanh(W·z) + shift` they are `eta`, `last` and
    /// `shift`. A positive parameter is in none, since its logarithm stands in φ. A control that is written by hand has none unless it says so.
    fn linear(&self) -> Vec<Range<usize>> {
        Vec::new()
    }

    /// The control `c_φ(z, n)` of example n of a [`Plate`](crate::batch::Plate), if c depends on the example; else nothing.
    ///
    /// `#[control(each(x))]` writes such a control, with an argument x that differs from example to example;
    /// [`controls::ByExample`](crate::controls::ByExample) makes one of a closure. Both have an example.
    ///
    /// The control of an example has the φ, N and M of this one, and is [linear](Self::linear) in the same entries; a plate refuses another N or M. All examples share φ, so derivatives by φ are added up
    /// over them. n counts from 0, as it does for an [objective](crate::objective::PerExample). An estimator evaluates this control alone for the example, values and
    /// derivatives alike. A plate asks for it twice, to check it and to evaluate it; each is an allocation. A control without examples costs nothing.
    ///
    /// The other methods of this control are those of example 0. A [`Round`](crate::Round), a [`Batch`](crate::batch::Batch), the moments of
    /// [`variance`](crate::variance) and a [`Training`](crate::train::Training) have one distribution, which is example 0.
    fn of_example(&self, example: usize) -> Option<Box<dyn Control + '_>> {
        let _ = example;
        None
    }

    /// How many examples this control has data for, if it has data for each. A [`Plate`](crate::batch::Plate) refuses a control with fewer examples
    /// than the plate has; what has one distribution needs one.
    fn examples(&self) -> Option<usize> {
        None
    }

    /// Answers for all examples of a plate of Bernoulli variables, if `#[control]` wrote a fused kernel that can. If not, the result is false, and the caller answers for
    /// one example after the other.
    #[doc(hidden)]
    fn plate(&self, examples: &mut Examples<'_>) -> bool {
        let _ = examples;
        false
    }

    /// `ĝ` of one draw of one variable, whose `2·ĝ·∂ĝ/∂φ` is added to `phi_bar` (N entries), if `#[control]` wrote a fused
    /// kernel; else nothing.
    #[doc(hidden)]
    fn sample(&self, drawn: &Drawn, phi_bar: &mut [f64]) -> Option<f64> {
        let _ = (drawn, phi_bar);
        None
    }

    /// Makes steps of a training of one Bernoulli variable, if `#[control]` wrote a fused kernel that can, and returns how many. The caller
    /// makes the next one. A control that [depends on the example](Self::of_example) makes them for example 0.
    #[doc(hidden)]
    fn steps(&mut self, steps: &mut Steps<'_>) -> usize {
        let _ = steps;
        0
    }
}

/// A control that many samples can be estimated with, by [`Batch`](crate::batch::Batch), or that is learned on many examples. `#[control]` implements it; for a control that is written by
/// hand, `impl BatchControl for MyControl {}` is enough, and its samples are made one by one.
///
/// It is a trait of its own because its loops are much code, which a program that draws no batches does not need.
pub trait BatchControl: Control {
    /// Adds the samples of a chunk to its sums, if `#[control]` wrote a fused kernel that can. If not, the result is false, and the
    /// caller makes them one by one. A control that [depends on the example](Control::of_example) adds those of example 0.
    #[doc(hidden)]
    fn chunk(&self, chunk: &mut Chunk<'_>) -> bool {
        let _ = chunk;
        false
    }

    /// Writes the derivatives of `ĝ` along φ̇ of all examples of a plate of Bernoulli variables, if `#[control]` wrote a fused kernel that can. If not, the result is
    /// false, and the caller makes them for one example after the other.
    #[doc(hidden)]
    fn plate_along(&self, along: &mut Along<'_>) -> bool {
        let _ = along;
        false
    }
}

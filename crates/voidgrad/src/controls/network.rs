//! The weights that RELAX's network starts from.

use nalgebra::{SMatrix, SVector};
use rand::{Rng, RngExt};

/// `ρ`: the weights and biases of Linear(1, 5), Linear(5, 5), Linear(5, 1), 46 numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Linear(1, 5).
    pub w1: SVector<f64, 5>,
    /// Its bias.
    pub b1: SVector<f64, 5>,
    /// Linear(5, 5).
    pub w2: SMatrix<f64, 5, 5>,
    /// Its bias.
    pub b2: SVector<f64, 5>,
    /// Linear(5, 1).
    pub w3: SVector<f64, 5>,
    /// Its bias.
    pub b3: f64,
}

impl Weights {
    /// Weights and biases as `torch.nn.Linear` draws them: uniform on `±1/√inputs`, in the order of the
    /// fields, the matrix by columns.
    pub fn draw(rng: &mut (impl Rng + ?Sized)) -> Self {
        let wide = 1.0 / 5.0_f64.sqrt();
        let mut uniform = |bound: f64| rng.random_range(-bound..bound);
        Self {
            w1: SVector::from_fn(|_, _| uniform(1.0)),
            b1: SVector::from_fn(|_, _| uniform(1.0)),
            w2: SMatrix::from_fn(|_, _| uniform(wide)),
            b2: SVector::from_fn(|_, _| uniform(wide)),
            w3: SVector::from_fn(|_, _| uniform(wide)),
            b3: uniform(wide),
        }
    }
}

//! The normal equations of a least-squares problem.

use nalgebra::{DMatrix, DVector};

/// `JᵀJ` and `Jᵀr` of residuals r with the Jacobian J.
#[derive(Debug, Clone)]
pub(super) struct Normal {
    matrix: DMatrix<f64>,
    right: DVector<f64>,
}

/// The least scale of a parameter, as a part of the largest: what nothing depends on does not move.
const LEAST: f64 = 1e-6;

impl Normal {
    /// Those of no residual.
    pub(super) fn new(parameters: usize) -> Self {
        Self { matrix: DMatrix::zeros(parameters, parameters), right: DVector::zeros(parameters) }
    }

    /// N.
    pub(super) fn parameters(&self) -> usize {
        self.right.len()
    }

    /// Forgets all residuals.
    pub(super) fn clear(&mut self) {
        self.matrix.fill(0.0);
        self.right.fill(0.0);
    }

    /// Adds residuals with their Jacobian, a row for each, and the weight of their squares.
    pub(super) fn add(&mut self, weight: f64, jacobian: &DMatrix<f64>, residuals: &DVector<f64>) {
        self.matrix.gemm_tr(weight, jacobian, jacobian, 1.0);
        self.right.gemv_tr(weight, jacobian, residuals, 1.0);
    }

    /// `-(JᵀJ + μS)⁻¹·Jᵀr` with S, the diagonal of `JᵀJ`; nothing if the matrix has no inverse.
    pub(super) fn step(&self, damping: f64) -> Option<DVector<f64>> {
        let mut damped = self.matrix.clone();
        let largest = self.matrix.diagonal().max();
        for i in 0..self.parameters() {
            damped[(i, i)] += damping * self.matrix[(i, i)].max(LEAST * largest);
        }
        let mut step = damped.cholesky()?.solve(&self.right);
        step.neg_mut();
        step.iter().all(|entry| entry.is_finite()).then_some(step)
    }
}

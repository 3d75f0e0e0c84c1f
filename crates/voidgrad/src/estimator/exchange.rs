//! What an estimator asks for, what it is told, and what it answers.

use super::Memory;

/// A round after f has been evaluated: the noise, the K points that were made of it, and what f is there.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The number of the example, from 0; 0 if there are no examples. An estimator with a control evaluates that
    /// [of the example](crate::Control::of_example).
    pub example: usize,
    /// The uniform numbers that the points were made of.
    pub noise: &'a [f64],
    /// K points, row by row.
    pub points: &'a [f64],
    /// f at each of the K points.
    pub values: &'a [f64],
    /// `∇f` or the flips of f at each of the K points, as they were wanted, row by row. A row of a point whose value alone was wanted is 0; empty if no other was wanted.
    pub gradients: &'a [f64],
    /// `ĝ` as it has been answered, for an estimator that [learns](super::Estimator::learn) from the round; empty before, and on a plate of `f32`.
    pub answered: &'a [f64],
}

/// The memory for the answer of an estimator.
#[derive(Debug)]
pub struct Answer<'a> {
    /// `ĝ`, as many entries as the distribution has parameters.
    pub gradient: &'a mut [f64],
    /// The weight of each of the K points: `Σ_k w_k f(b_k)` estimates `E[f]` without bias. They are 1/K until the estimator writes others. A point
    /// that is no sample (a flipped bit, a mean) has weight 0.
    pub weights: &'a mut [f64],
    /// `(2/M)(∂ĝ/∂φ)ᵀ ĝ` is added to it, N entries, if it is wanted.
    pub phi_bar: Option<&'a mut [f64]>,
    /// Memory of the estimator's own.
    pub memory: &'a mut Memory,
}

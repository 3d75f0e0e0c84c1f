//! The gradients of a step of a model.

/// The gradients of a step of a model, by two kinds of parameters.
///
/// An encoder learns from `ĝ`. Its gradient by a parameter ψ is `Σ_n ĝ_n·∂a_n/∂ψ`. A decoder is a part of f, and learns from f itself: its gradient is
/// `Σ_nk w_nk ∂f(b_nk)/∂ψ`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepGradients<'a> {
    /// By all parameters that learn from `ĝ`.
    pub estimated: &'a [f64],
    /// By all others.
    pub direct: &'a [f64],
}

//! What there is to know of f at a point.

/// What an estimator wants to know of f at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// `f(b)`.
    Value,
    /// `f(x)` and `∇f(x)`, at a b or at a relaxed point.
    Gradient,
    /// `f(b)` and the M differences `f(b with b_m flipped) - f(b)`.
    Flips,
}

//! What is compared.

/// What is to be as small as possible, of the mean of `‖ĝ‖²` and of the cost of a round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Criterion {
    /// `√E‖ĝ‖² × cost`. Adam divides by the root of the mean of squares: its steps have a given length, and the part along the gradient g is `‖g‖/√E‖ĝ‖²` of it.
    #[default]
    Norm,
    /// `E‖ĝ‖² × cost`. With the best learning rate for it, a gradient step gains in proportion to `‖g‖⁴/E‖ĝ‖²`.
    Squares,
}

impl Criterion {
    /// What is proportional to `‖ĝ‖`, and can be averaged as a mean of squares.
    pub(super) fn root(self, norm: f64, cost: f64) -> f64 {
        match self {
            Self::Norm => norm * cost,
            Self::Squares => norm * cost.sqrt(),
        }
    }
}

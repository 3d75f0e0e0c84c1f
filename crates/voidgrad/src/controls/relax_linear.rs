//! RELAX's control without the last `ReLU`.

use nalgebra::{SMatrix, SVector};
use rand::Rng;
use voidgrad_macros::control;
use voidgrad_real::{relu, sigmoid};

use super::relu_network::Weights;
use crate::error::InvalidParameter;
use crate::toy::quadratic;

/// `c(z) = f(σ(z/λ)) + r_ρ(z)` with `f(b) = (b - t)²` and `r_ρ` = Linear(1, 5), `ReLU`, Linear(5, 5),
/// `ReLU`, Linear(5, 1);
/// `φ = (ln λ, w₁, b₁, W₂, b₂, w₃, b₃)`, 47 entries, the matrix by columns.
///
/// Without a `ReLU` at its end, the network can be negative and never loses its gradient.
///
/// Source: RELAX (Grathwohl et al. 2018), section 3.2 and appendix; the network is that of [`relax`](super::relax::relax()), without what breaks it.
///
/// ```
/// use voidgrad::controls::relax_linear::relax_linear;
/// use voidgrad::nalgebra::{SMatrix, SVector};
/// use voidgrad::controls::RelaxLinear;
/// use voidgrad::{Control, Stream};
/// let (zero, matrix) = (SVector::zeros(), SMatrix::zeros());
/// assert_eq!(relax_linear(0.0, 1.0, zero, zero, matrix, zero, zero, -0.5, 0.25), 0.0625 - 0.5);
/// let control = RelaxLinear::draw(0.5, 0.499, &mut Stream::new(1, 0, 0))?;
/// assert_eq!(control.parameters(), 47);
/// assert_eq!(control.named()[0], ("lambda".to_owned(), 0.5));
/// # Ok::<(), voidgrad::error::InvalidParameter>(())
/// ```
#[must_use]
#[control(positive(lambda), data(target))]
pub fn relax_linear(
    z: f64,
    lambda: f64,
    w1: SVector<f64, 5>,
    b1: SVector<f64, 5>,
    w2: SMatrix<f64, 5, 5>,
    b2: SVector<f64, 5>,
    w3: SVector<f64, 5>,
    b3: f64,
    target: f64,
) -> f64 {
    let h1 = (w1 * z + b1).map(relu);
    let h2 = (w2 * h1 + b2).map(relu);
    let r = w3.dot(&h2) + b3;
    quadratic(sigmoid(z / lambda), target) + r
}

impl RelaxLinear {
    /// The control of temperature λ, its weights drawn as [`Weights::draw`] does.
    ///
    /// # Errors
    /// Returns an error if λ is not positive, or the target is not finite.
    pub fn draw(lambda: f64, target: f64, rng: &mut (impl Rng + ?Sized)) -> Result<Self, InvalidParameter> {
        let Weights { w1, b1, w2, b2, w3, b3 } = Weights::draw(rng);
        Self::new(lambda, w1, b1, w2, b2, w3, b3, target)
    }
}

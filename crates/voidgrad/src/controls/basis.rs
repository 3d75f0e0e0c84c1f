//! A control that is linear in all its parameters.

use nalgebra::SVector;
use voidgrad_macros::control;

use crate::error::InvalidParameter;

/// A constant and five smooth steps, `c_φ(z) = shift + Σ_i w_i·tanh((z - c_i)/2)`, at the given centres; `φ = (shift, w)`.
///
/// Since c is linear in φ, `E‖ĝ‖²` is a quadratic form, with one minimum: [`GaussNewton`](crate::control_learning::GaussNewton) is there after a step or two.
///
/// ```
/// use voidgrad::controls::basis::basis;
/// use voidgrad::nalgebra::SVector;
/// use voidgrad::{Control, controls::Basis};
/// let (one, centres) = (SVector::from([0.0, 0.0, 1.0, 0.0, 0.0]), SVector::from([-4.0, -2.0, 0.0, 2.0, 4.0]));
/// assert_eq!(basis(0.0, 0.25, one, centres), 0.25);
/// assert_eq!(Basis::flat()?.parameters(), 6);
/// # Ok::<(), voidgrad::error::InvalidParameter>(())
/// ```
#[must_use]
#[control(data(centres))]
pub fn basis(z: f64, shift: f64, w: SVector<f64, 5>, centres: SVector<f64, 5>) -> f64 {
    shift + w.dot(&centres.map(|centre| (0.5 * (z - centre)).tanh()))
}

impl Basis {
    /// The control that is 0 everywhere, with the steps at -4, -2, 0, 2 and 4: where z is if θ is between 0.02 and 0.98.
    ///
    /// # Errors
    /// Returns no error; its numbers are finite.
    pub fn flat() -> Result<Self, InvalidParameter> {
        Self::new(0.0, SVector::zeros(), SVector::from([-4.0, -2.0, 0.0, 2.0, 4.0]))
    }
}

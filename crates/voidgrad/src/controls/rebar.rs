//! REBAR's control.

use voidgrad_macros::control;
use voidgrad_real::sigmoid;

use crate::toy::quadratic;

/// `c(z) = η·f(σ(z/λ))` with `f(b) = (b - t)²`: the objective itself at the relaxed `σ(z/λ)`, scaled by η;
/// `φ = (η, ln λ)`.
///
/// Source: REBAR (Tucker et al. 2017), section 3.1, equation 5, with its temperature λ trained too.
///
/// ```
/// use voidgrad::controls::rebar::rebar;
/// use voidgrad::controls::Rebar;
/// use voidgrad::Control;
/// assert_eq!(rebar(0.0, 2.0, 0.5, 0.25), 2.0 * 0.0625);
/// let control = Rebar::new(1.0, 0.5, 0.499)?;
/// assert_eq!(control.named(), [("eta".to_owned(), 1.0), ("lambda".to_owned(), 0.5)]);
/// let error = Rebar::new(1.0, 0.0, 0.499).unwrap_err();
/// assert_eq!(error.to_string(), "lambda = 0 is not a number in (0, ∞)");
/// # Ok::<(), voidgrad::error::InvalidParameter>(())
/// ```
#[must_use]
#[control(positive(lambda), data(target))]
pub fn rebar(z: f64, eta: f64, lambda: f64, target: f64) -> f64 {
    eta * quadratic(sigmoid(z / lambda), target)
}

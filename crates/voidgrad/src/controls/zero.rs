//! No control: REINFORCE.

use voidgrad_macros::control;

/// The control `c = 0`, which leaves `ĝ = f(b)·∂/∂a ln p(b)`: REINFORCE (Williams 1992). It has no parameters.
///
/// ```
/// use voidgrad::controls::Zero;
/// use voidgrad::Control;
/// assert_eq!(Zero.parameters(), 0);
/// assert_eq!(Zero.value(&[1.5]), 0.0);
/// ```
#[must_use]
#[control]
pub fn zero(z: f64) -> f64 {
    0.0
}

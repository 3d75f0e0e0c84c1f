//! Plain gradient descent.

use super::Optimiser;
use crate::error::{InvalidParameter, positive};

/// Stochastic gradient descent, `x ← x - α·g`.
///
/// ```
/// use voidgrad::Sgd;
/// let error = Sgd::new(-1.0).unwrap_err();
/// assert_eq!(error.to_string(), "learning rate = -1 is not a number in (0, ∞)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    learning_rate: f64,
}

impl Sgd {
    /// Descent with the learning rate α.
    ///
    /// # Errors
    /// Where α is not a positive number.
    pub fn new(learning_rate: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { learning_rate: positive("learning rate", learning_rate)? })
    }
}

impl Optimiser for Sgd {
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        assert_eq!(parameters.len(), gradient.len(), "as many parameters as derivatives");
        for (x, g) in parameters.iter_mut().zip(gradient) {
            *x -= self.learning_rate * g;
        }
    }
}

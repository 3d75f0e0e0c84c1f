//! Plain gradient descent.

use super::{Optimiser, StepError, check_gradient, check_parameters};
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
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError> {
        check_gradient(parameters, gradient)?;
        for (x, g) in parameters.iter_mut().zip(gradient) {
            *x -= self.learning_rate * g;
        }
        check_parameters(parameters, self.learning_rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_no_f64_holds_is_refused() {
        let mut sgd = Sgd::new(1e200).unwrap();
        let error = sgd.step(&mut [1.0, 1.0], &[0.5, -1e200]).unwrap_err();
        let message =
            "the step takes parameter 1 to inf, which is not a finite number; the learning rate is 1e200";
        assert_eq!(error.to_string(), message);
        let mut x = [1.0];
        assert!(matches!(sgd.step(&mut x, &[f64::NAN]), Err(StepError::Derivative { index: 0, .. })));
        assert!(matches!(sgd.step(&mut x, &[1.0, 1.0]), Err(StepError::Shape(_))));
        assert_eq!(x, [1.0]);
    }
}

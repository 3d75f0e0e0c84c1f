//! Gradient descent, plain and with momentum.

use super::{
    Optimiser, OptimiserState, OptimiserStateError, StepError, check_gradient, check_parameters,
    learning_rate,
};
use crate::error::{InvalidParameter, positive, same_length};

/// Stochastic gradient descent, `x ← x - α·g`; with [momentum](Self::with_momentum) `v ← μ·v + g`, `x ← x - α·v`.
///
/// This is the heavy ball of Polyak 1964 as `torch.optim.SGD` has it: v starts at 0, nothing is dampened, and α multiplies v, so a change of
/// the learning rate acts on the whole velocity. A velocity below the smallest normal number is 0.
///
/// Its [state](Optimiser::state) is of the kind `sgd`: the numbers `learning_rate` and `momentum`, and with momentum the array `v`.
///
/// ```
/// use voidgrad::optimise::{Optimiser, Sgd};
/// let mut x = [1.0];
/// let mut sgd = Sgd::new(0.25)?.with_momentum(1, 0.5)?;
/// sgd.step(&mut x, &[2.0])?;
/// assert_eq!(x, [0.5]);
/// sgd.step(&mut x, &[0.0])?;
/// assert_eq!(x, [0.25]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    /// v, if there is momentum.
    velocity: Option<Vec<f64>>,
}

/// The kind of the state.
const KIND: &str = "sgd";

impl Sgd {
    /// Plain descent with the learning rate α, for any number of parameters.
    ///
    /// # Errors
    /// Returns an error if α is not a positive, finite number.
    ///
    /// ```
    /// use voidgrad::optimise::Sgd;
    /// let error = Sgd::new(-1.0).unwrap_err();
    /// assert_eq!(error.to_string(), "learning rate = -1 is not a number in (0, ∞)");
    /// ```
    pub fn new(learning_rate: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { learning_rate: positive("learning rate", learning_rate)?, momentum: 0.0, velocity: None })
    }

    /// The same with the momentum μ, for this number of parameters.
    ///
    /// # Errors
    /// Returns an error if μ is not in [0, 1).
    pub fn with_momentum(self, parameters: usize, momentum: f64) -> Result<Self, InvalidParameter> {
        if (0.0..1.0).contains(&momentum) {
            Ok(Self { momentum, velocity: Some(vec![0.0; parameters]), ..self })
        } else {
            Err(InvalidParameter { name: "momentum", value: momentum, allowed: "a number in [0, 1)" })
        }
    }
}

impl Optimiser for Sgd {
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError> {
        same_length("gradient", gradient.len(), parameters.len())?;
        check_gradient(gradient)?;
        let rate = self.learning_rate;
        match &mut self.velocity {
            None => {
                for (x, g) in parameters.iter_mut().zip(gradient) {
                    *x -= rate * g;
                }
            }
            Some(velocity) => {
                same_length("parameters", parameters.len(), velocity.len())?;
                for ((x, g), v) in parameters.iter_mut().zip(gradient).zip(velocity) {
                    let moved = self.momentum * *v + g;
                    // What nothing feeds would stay subnormal for ever, which makes processors slow.
                    *v = if moved.abs() < f64::MIN_POSITIVE { 0.0 } else { moved };
                    *x -= rate * *v;
                }
            }
        }
        check_parameters(parameters, rate)
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, rate: f64) -> Result<(), InvalidParameter> {
        self.learning_rate = learning_rate(rate)?;
        Ok(())
    }

    fn state(&self) -> OptimiserState {
        let state = OptimiserState::new(KIND)
            .with_number("learning_rate", self.learning_rate)
            .with_number("momentum", self.momentum);
        match &self.velocity {
            Some(velocity) => state.with_array("v", velocity.clone()),
            None => state,
        }
    }

    fn restore(&mut self, state: &OptimiserState) -> Result<(), OptimiserStateError> {
        let names: &[&str] = if self.velocity.is_some() {
            &["learning_rate", "momentum", "v"]
        } else {
            &["learning_rate", "momentum"]
        };
        state.check(KIND, names)?;
        let learning_rate =
            state.number_if("learning_rate", "a number in [0, ∞)", |x| x >= 0.0 && x.is_finite())?;
        let momentum = match &mut self.velocity {
            Some(velocity) => {
                let momentum =
                    state.number_if("momentum", "a number in [0, 1)", |x| (0.0..1.0).contains(&x))?;
                let v = state.array_if("v", velocity.len(), "a finite number", |_, v| v.is_finite())?;
                velocity.copy_from_slice(v);
                momentum
            }
            None => state.number_if("momentum", "0, which is that of plain descent", |x| x == 0.0)?,
        };
        (self.learning_rate, self.momentum) = (learning_rate, momentum);
        Ok(())
    }

    /// With all numbers below 10¹⁰⁰ nothing can overflow.
    fn is_certain(&self, parameters: &[f64], gradient: &[f64]) -> bool {
        let are_moderate = |values: &[f64]| values.iter().fold(true, |fit, x| fit & (x.abs() <= 1e100));
        let velocity = self.velocity.as_deref();
        parameters.len() == gradient.len()
            && velocity.is_none_or(|velocity| velocity.len() == parameters.len() && are_moderate(velocity))
            && self.learning_rate <= 1e100
            && are_moderate(parameters)
            && are_moderate(gradient)
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
        let mut other = Sgd::new(0.1).unwrap().with_momentum(2, 0.9).unwrap();
        assert!(matches!(other.step(&mut x, &[1.0]), Err(StepError::Shape(_))));
        assert_eq!(x, [1.0]);
    }

    // torch.optim.SGD(lr=0.1, momentum=0.9) has v = 1, then 0.9·1 - 2 = -1.1, then 0.9·-1.1 + 0.5 = -0.49.
    #[test]
    fn momentum_is_that_of_pytorch() {
        let mut sgd = Sgd::new(0.1).unwrap().with_momentum(1, 0.9).unwrap();
        let mut x = [1.0];
        for (g, expected) in [(1.0, 0.9), (-2.0, 0.9 + 0.11), (0.5, 1.01 + 0.049)] {
            sgd.step(&mut x, &[g]).unwrap();
            // A few roundings of numbers near 1.
            assert!((x[0] - expected).abs() < 1e-15, "{} for {expected}", x[0]);
        }
    }

    #[test]
    fn a_velocity_that_nothing_feeds_ends_at_zero() {
        let mut sgd = Sgd::new(0.1).unwrap().with_momentum(1, 0.5).unwrap();
        sgd.step(&mut [0.0], &[1.0]).unwrap();
        (0..1_100).for_each(|_| sgd.step(&mut [0.0], &[0.0]).unwrap());
        assert_eq!(sgd.velocity, Some(vec![0.0]));
    }

    #[test]
    fn a_state_of_another_descent_is_refused_and_changes_nothing() {
        let plain = Sgd::new(0.1).unwrap();
        let ball = Sgd::new(0.2).unwrap().with_momentum(2, 0.9).unwrap();
        let (mut to_plain, mut to_ball) = (plain.clone(), ball.clone());
        let error = to_plain.restore(&ball.state()).unwrap_err();
        assert!(matches!(error, OptimiserStateError::Unknown { name, .. } if name == "v"));
        let error = to_ball.restore(&plain.state()).unwrap_err();
        assert!(matches!(error, OptimiserStateError::Missing { name, .. } if name == "v"));
        let other = ball.state().with_array("v", vec![1.0, f64::NAN]);
        let error = to_ball.restore(&other).unwrap_err();
        assert!(matches!(error, OptimiserStateError::Value { index: 1, .. }), "{error}");
        assert_eq!((to_plain, to_ball), (plain, ball));
    }
}

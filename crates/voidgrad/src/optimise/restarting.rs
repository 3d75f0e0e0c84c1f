//! Adam that starts anew once gradients have become much smaller.

use super::{Adam, Optimiser, OptimiserState, OptimiserStateError, StepError, check_gradient};
use crate::error::{InvalidParameter, same_length};

/// [`Adam`] that forgets its moments when the gradient has become much smaller.
///
/// A control variate that learns makes estimates less noisy, often by orders of magnitude within some dozens of steps. Adam divides by the root of a mean of
/// squares over the last `1/(1 - β₂) = 1,000` gradients, so it goes on with tiny steps for a thousand more.
///
/// The rule: once the mean of `‖g‖²` over the last 20 gradients is below a tenth of what the second moments remember, `Σ_i ŝ_i`, the next step is the first
/// step of a new Adam. 20 is twice the memory of the first moment, `1/(1 - β₁)`. If gradients are normally distributed with one variance, this happens by chance about once
/// in 10⁷ steps (a χ² of 20 degrees below 2), and less often for several parameters.
///
/// Its [state](Optimiser::state) is of the kind `restarting-adam`: the values of Adam's, the number `count`, and the array `recent` of the last 20 squares,
/// the oldest first, of which the first `count` are in use.
///
/// ```
/// use voidgrad::optimise::{Adam, Optimiser, RestartingAdam};
/// let (mut x, mut y) = ([0.0], [0.0]);
/// let mut restarting = RestartingAdam::new(Adam::new(1, 0.01)?);
/// let mut adam = Adam::new(1, 0.01)?;
/// // Ten large gradients, then forty small ones.
/// for g in [[1.0]; 10].into_iter().chain([[1e-3]; 40]) {
///     restarting.step(&mut x, &g)?;
///     adam.step(&mut y, &g)?;
/// }
/// // After the restart a step has the length of the learning rate again.
/// let before = [x[0], y[0]];
/// restarting.step(&mut x, &[1e-3])?;
/// adam.step(&mut y, &[1e-3])?;
/// assert!(before[0] - x[0] > 0.0099 && before[1] - y[0] < 0.0005);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RestartingAdam {
    adam: Adam,
    /// `‖g‖²` of the last gradients, the oldest first.
    recent: Vec<f64>,
}

/// Gradients whose squares are compared with what Adam remembers.
const RECENT: usize = 20;

/// How much smaller they are at a restart.
const FACTOR: f64 = 10.0;

/// The kind of the state, and the values that are not Adam's.
const KIND: &str = "restarting-adam";
const OWN: [&str; 2] = ["count", "recent"];

impl RestartingAdam {
    /// An optimiser that steps as this one does, and restarts it.
    #[must_use]
    pub fn new(adam: Adam) -> Self {
        Self { adam, recent: Vec::with_capacity(RECENT) }
    }
}

impl Optimiser for RestartingAdam {
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError> {
        same_length("gradient", gradient.len(), parameters.len())?;
        check_gradient(gradient)?;
        let square: f64 = gradient.iter().map(|g| g * g).sum();
        if self.recent.len() == RECENT {
            self.recent.remove(0);
        }
        self.recent.push(square);
        let mean = self.recent.iter().sum::<f64>() / RECENT as f64;
        // A mean of squares that are too large for an `f64` is infinite, and no reason to restart.
        let is_small = self.adam.mean_square().is_some_and(|remembered| FACTOR * mean < remembered);
        if self.recent.len() == RECENT && is_small {
            self.adam.forget();
            self.recent.clear();
        }
        self.adam.step(parameters, gradient)
    }

    fn learning_rate(&self) -> f64 {
        self.adam.learning_rate()
    }

    fn set_learning_rate(&mut self, rate: f64) -> Result<(), InvalidParameter> {
        self.adam.set_learning_rate(rate)
    }

    fn state(&self) -> OptimiserState {
        let mut recent = self.recent.clone();
        recent.resize(RECENT, 0.0);
        let state = self.adam.state().of_kind(KIND);
        state.with_number("count", self.recent.len() as f64).with_array("recent", recent)
    }

    fn restore(&mut self, state: &OptimiserState) -> Result<(), OptimiserStateError> {
        state.check_kind(KIND)?;
        let allowed = "a whole number up to 20";
        let whole = |count: f64| (0..=RECENT).find(|possible| *possible as f64 == count);
        let count = state.number_if("count", allowed, |count| whole(count).is_some())?;
        let count = whole(count).unwrap_or(0);
        let allowed = "a number of at least 0";
        let recent = state.array_if("recent", RECENT, allowed, |_, square| square >= 0.0)?;
        self.adam.restore(&state.clone().without(&OWN).of_kind("adam"))?;
        self.recent.clear();
        self.recent.extend(&recent[..count]);
        Ok(())
    }

    fn is_certain(&self, parameters: &[f64], gradient: &[f64]) -> bool {
        self.adam.is_certain(parameters, gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gradients of one scale are Adam's own business, also when they are heavy-tailed: the bits are Adam's.
    #[test]
    fn without_a_fall_it_is_adam() {
        let (mut x, mut y) = ([0.5, -0.5], [0.5, -0.5]);
        let mut restarting = RestartingAdam::new(Adam::new(2, 0.01).unwrap());
        let mut adam = Adam::new(2, 0.01).unwrap();
        for step in 0..3_000_u32 {
            let g = [f64::from(step % 7) - 3.0, f64::from(step % 11) - 5.0];
            restarting.step(&mut x, &g).unwrap();
            adam.step(&mut y, &g).unwrap();
        }
        assert_eq!(x, y);
    }

    #[test]
    fn a_restored_state_continues_with_the_same_bits() {
        let gradient = |step: u32| [if step < 30 { 1.0 } else { 1e-2 } * f64::from(step % 3)];
        let mut whole = RestartingAdam::new(Adam::new(1, 0.01).unwrap());
        let mut x = [0.0];
        for step in 0..43 {
            whole.step(&mut x, &gradient(step)).unwrap();
        }
        let mut other = RestartingAdam::new(Adam::new(1, 0.5).unwrap());
        other.restore(&whole.state()).unwrap();
        assert_eq!(other, whole);
        let mut y = x;
        for step in 43..80 {
            whole.step(&mut x, &gradient(step)).unwrap();
            other.step(&mut y, &gradient(step)).unwrap();
        }
        assert_eq!((x, whole.state()), (y, other.state()));
    }

    #[test]
    fn a_state_that_does_not_fit_changes_nothing() {
        let mut optimiser = RestartingAdam::new(Adam::new(1, 0.01).unwrap());
        optimiser.step(&mut [0.0], &[1.0]).unwrap();
        let before = optimiser.clone();
        let state = optimiser.state();
        for wrong in [
            Adam::new(1, 0.01).unwrap().state(),
            state.clone().with_number("count", 20.5),
            state.clone().with_array("recent", vec![-1.0; 20]),
            state.clone().with_array("recent", vec![1.0; 19]),
            state.with_number("surprise", 1.0),
        ] {
            assert!(optimiser.restore(&wrong).is_err());
            assert_eq!(optimiser, before);
        }
    }

    #[test]
    fn gradients_with_squares_that_no_number_holds_are_followed() {
        let mut optimiser = RestartingAdam::new(Adam::new(1, 0.01).unwrap());
        let mut x = [0.0];
        for _ in 0..30 {
            optimiser.step(&mut x, &[1e200]).unwrap();
        }
        for _ in 0..60 {
            optimiser.step(&mut x, &[1.0]).unwrap();
        }
        assert!(x[0] < -0.25 && x[0].is_finite());
    }
}

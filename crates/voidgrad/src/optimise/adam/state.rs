//! Adam's state as data.

use super::{Adam, OptimiserState, OptimiserStateError};

/// The kind of Adam's state.
const KIND: &str = "adam";
const NAMES: [&str; 9] =
    ["learning_rate", "beta1", "beta2", "epsilon", "beta1_power", "beta2_power", "is_large", "m", "s"];

/// If `β₁² < β₂`, no history of gradients gives an `|m|` above `√s·10¹⁶`: by the inequality of Cauchy and Schwarz, since neither
/// `1 - β₂` nor `1 - β₁²/β₂` is below 10⁻¹⁶. The rest of this factor is room for rounding, and for squares that underflow.
const STEEPEST: f64 = 1e30;
/// `s` is 0 if its root is smaller than this, and more than that.
const SMALLEST_ROOT: f64 = 1e-120;

impl Adam {
    /// Whether `|m̂|/√ŝ` has a bound.
    fn is_bounded(beta1: f64, beta2: f64) -> bool {
        beta1 * beta1 < beta2
    }

    pub(super) fn as_state(&self) -> OptimiserState {
        OptimiserState::new(KIND)
            .with_number("learning_rate", self.learning_rate)
            .with_number("beta1", self.beta1)
            .with_number("beta2", self.beta2)
            .with_number("epsilon", self.epsilon)
            .with_number("beta1_power", self.decay1)
            .with_number("beta2_power", self.decay2)
            .with_number("is_large", f64::from(u8::from(self.is_large)))
            .with_array("m", self.first.clone())
            .with_array("s", self.second.clone())
    }

    pub(super) fn set_state(&mut self, state: &OptimiserState) -> Result<(), OptimiserStateError> {
        let decay = |name| state.number_if(name, "a number in [0, 1)", |x| (0.0..1.0).contains(&x));
        let power = |name| state.number_if(name, "a number in [0, 1]", |x| (0.0..=1.0).contains(&x));
        state.check(KIND, &NAMES)?;
        let parameters = self.first.len();
        let learning_rate =
            state.number_if("learning_rate", "a number in [0, ∞)", |x| x >= 0.0 && x.is_finite())?;
        let (beta1, beta2) = (decay("beta1")?, decay("beta2")?);
        let epsilon = state.number_if("epsilon", "a number in (0, ∞)", |x| x > 0.0 && x.is_finite())?;
        let (decay1, decay2) = (power("beta1_power")?, power("beta2_power")?);
        let is_large = state.number_if("is_large", "0 or 1", |x| x == 0.0 || x == 1.0)? == 1.0;
        let s = state
            .array_if("s", parameters, "a finite number of at least 0", |_, s| s >= 0.0 && s.is_finite())?;
        let largest = |i: usize| {
            let root: f64 = if is_large { s[i] } else { s[i].sqrt() };
            if Self::is_bounded(beta1, beta2) { STEEPEST * (root + SMALLEST_ROOT) } else { f64::MAX }
        };
        let allowed = "a finite number that mean gradients with the squares `s` can have";
        let m = state.array_if("m", parameters, allowed, |i, m| m.is_finite() && m.abs() <= largest(i))?;
        self.first.copy_from_slice(m);
        self.second.copy_from_slice(s);
        (self.learning_rate, self.beta1, self.beta2, self.epsilon) = (learning_rate, beta1, beta2, epsilon);
        (self.decay1, self.decay2, self.is_large) = (decay1, decay2, is_large);
        Ok(())
    }

    /// Whether a step is certain to succeed. Its move is at most `α/(1 - β₁)·STEEPEST`, which is below 10¹⁴⁷.
    pub(super) fn is_certain_of(&self, parameters: &[f64], gradient: &[f64]) -> bool {
        const FAR: f64 = 1e300;
        let is_moderate = self.learning_rate <= 1e100
            && self.epsilon >= 1e-100
            && Self::is_bounded(self.beta1, self.beta2)
            && parameters.len() == gradient.len()
            && parameters.len() == self.first.len();
        is_moderate
            && parameters.iter().fold(true, |certain, x| certain & (x.abs() <= FAR))
            && gradient.iter().fold(true, |certain, g| certain & g.is_finite())
    }
}

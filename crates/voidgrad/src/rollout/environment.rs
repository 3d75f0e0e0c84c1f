//! What decisions are made in.

use crate::error::ObjectiveError;

/// Something with a state, in which decisions are made one after the other: a game, a simulator, a machine.
///
/// All of its randomness comes from the uniform numbers that it is given, so a rollout is a function of its noise and its actions. [The module](super) has an example.
///
/// An environment may fail. Its error comes back unchanged, in [`RolloutError::Environment`](super::RolloutError::Environment).
pub trait Environment {
    /// How many numbers describe a state to the policy, at least 1.
    fn dimension(&self) -> usize;

    /// How many uniform numbers [`reset`](Self::reset) takes; none unless it says so.
    fn reset_uniforms(&self) -> usize {
        0
    }

    /// How many uniform numbers [`step`](Self::step) takes; none unless it says so.
    fn step_uniforms(&self) -> usize {
        0
    }

    /// Goes to a first state, whatever happened before.
    ///
    /// # Errors
    /// Returns the environment's own error.
    fn reset(&mut self, u: &[f64]) -> Result<(), ObjectiveError>;

    /// Writes what the policy sees of the state, [`dimension`](Self::dimension) numbers.
    fn state(&self, state: &mut [f64]);

    /// Does what was decided: b is a sample of the policy's distribution, in the form in which that gives it (0 and 1 of Bernoulli variables, one-hot rows of categorical ones).
    ///
    /// # Errors
    /// Returns the environment's own error.
    fn step(&mut self, b: &[f64], u: &[f64]) -> Result<Transition, ObjectiveError>;
}

/// What a decision leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// r, larger is better.
    pub reward: f64,
    /// Whether the rollout ends here: there is no reward and no decision after it.
    pub is_over: bool,
}

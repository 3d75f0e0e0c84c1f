//! Arms whose rewards are 0 and 1.

use voidgrad::error::ObjectiveError;
use voidgrad::rollout::{Environment, Transition};
use voidgrad::{Categorical, Distribution as _, Stream};

/// The probability of a reward of each arm. There is one decision, and no state: what the policy sees is a 1.
#[derive(Debug, Clone)]
pub(super) struct Arms(pub(super) Vec<f64>);

impl Arms {
    /// Probabilities that are uniform in (0, 1).
    pub(super) fn draw(count: usize, stream: &mut Stream) -> Self {
        let mut probabilities = vec![0.0; count];
        stream.fill_open01(&mut probabilities);
        Self(probabilities)
    }

    /// The expected reward, exact: `Σ_k θ_k·p_k`.
    pub(super) fn expected(&self, policy: &Categorical) -> f64 {
        policy.probabilities().iter().zip(&self.0).map(|(theta, p)| theta * p).sum()
    }

    /// Its gradient by the logits, exact: `θ_k·(p_k - E[p])`.
    pub(super) fn gradient(&self, policy: &Categorical) -> Vec<f64> {
        let expected = self.expected(policy);
        policy.probabilities().iter().zip(&self.0).map(|(theta, p)| theta * (p - expected)).collect()
    }

    /// The largest expected reward that a policy can have.
    pub(super) fn optimum(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }

    /// The arm that a policy prefers.
    pub(super) fn preferred(policy: &Categorical) -> usize {
        let mut mode = vec![0.0; policy.dimension()];
        policy.mode(&mut mode);
        mode.iter().position(|entry| *entry == 1.0).unwrap_or(0)
    }
}

impl Environment for Arms {
    fn dimension(&self) -> usize {
        1
    }

    fn step_uniforms(&self) -> usize {
        1
    }

    fn reset(&mut self, _: &[f64]) -> Result<(), ObjectiveError> {
        Ok(())
    }

    fn state(&self, state: &mut [f64]) {
        state[0] = 1.0;
    }

    fn step(&mut self, b: &[f64], u: &[f64]) -> Result<Transition, ObjectiveError> {
        let p: f64 = b.iter().zip(&self.0).map(|(b, p)| b * p).sum();
        Ok(Transition { reward: f64::from(u8::from(u[0] < p)), is_over: true })
    }
}

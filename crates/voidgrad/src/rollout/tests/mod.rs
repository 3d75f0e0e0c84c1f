mod bits;
mod exact;
mod refusals;

use super::{Environment, Rollouts, Settings, Transition};
use crate::distribution::Distribution;
use crate::error::ObjectiveError;

/// A Markov decision process with two states, which may end after every decision.
#[derive(Debug, Clone, Default)]
struct Process {
    state: usize,
    /// Decisions with more states than two are one-hot.
    actions: usize,
}

/// The noise of a reset and of a step is cut in two at this number.
const CUT: f64 = 0.3;

/// The reward of an action, and the next state; 2 is the end.
fn moves(state: usize, action: usize, side: usize) -> (f64, usize) {
    let reward = [[1.0, -0.5, 2.5], [0.25, 3.0, -1.5]][state][action] + [0.0, 0.75][side];
    let next = [[[0, 1], [1, 2], [2, 0]], [[1, 0], [0, 2], [1, 1]]][state][action][side];
    (reward, next)
}

impl Environment for Process {
    fn dimension(&self) -> usize {
        2
    }

    fn reset_uniforms(&self) -> usize {
        1
    }

    fn step_uniforms(&self) -> usize {
        1
    }

    fn reset(&mut self, u: &[f64]) -> Result<(), ObjectiveError> {
        self.state = usize::from(u[0] >= CUT);
        Ok(())
    }

    fn state(&self, state: &mut [f64]) {
        state.fill(0.0);
        state[self.state] = 1.0;
    }

    fn step(&mut self, b: &[f64], u: &[f64]) -> Result<Transition, ObjectiveError> {
        let action = match b {
            [bit] => usize::from(*bit == 1.0),
            row => row.iter().position(|entry| *entry == 1.0).unwrap(),
        };
        assert!(action < self.actions);
        let (reward, next) = moves(self.state, action, usize::from(u[0] >= CUT));
        let is_over = next == 2;
        if !is_over {
            self.state = next;
        }
        Ok(Transition { reward, is_over })
    }
}

/// A policy with a row of logits for each state.
fn table(logits: &[f64]) -> impl Fn(&[f64], &mut [f64]) -> Result<(), ObjectiveError> {
    let each = logits.len() / 2;
    move |states, parameters| {
        for (state, row) in states.chunks_exact(2).zip(parameters.chunks_exact_mut(each)) {
            row.copy_from_slice(&logits[if state[1] == 1.0 { each } else { 0 }..][..each]);
        }
        Ok(())
    }
}

fn process<D: Distribution + Clone>(
    prototype: D,
    actions: usize,
    settings: Settings,
) -> Rollouts<Process, D> {
    Rollouts::new(Process { state: 0, actions }, prototype, settings).unwrap()
}

//! One of the rollouts.

use crate::distribution::Distribution;
use crate::noise::Stream;

use super::{Environment, RolloutError};

/// An environment with its noise and the distribution of its decisions.
#[derive(Debug)]
pub(super) struct Runner<E, D> {
    /// The rollout, from 0.
    pub(super) number: usize,
    pub(super) environment: E,
    pub(super) distribution: D,
    pub(super) stream: Stream,
    /// The uniform numbers of a reset or a step.
    pub(super) noise: Vec<f64>,
    pub(super) state: Vec<f64>,
    pub(super) reward: f64,
    pub(super) is_over: bool,
    pub(super) failure: Option<RolloutError>,
}

/// A row of the decision that is made.
pub(super) struct Decision<'a> {
    pub(super) time: usize,
    pub(super) parameters: &'a [f64],
    pub(super) action: &'a mut [f64],
    pub(super) score: &'a mut [f64],
}

impl<E: Environment, D: Distribution> Runner<E, D> {
    /// Draws uniform numbers: the next of the stream, or those of a row from a place on.
    fn draw(&mut self, given: Option<&[f64]>, from: usize, count: usize) {
        self.noise.resize(count, 0.0);
        match given {
            Some(row) => self.noise.copy_from_slice(&row[from..from + count]),
            None => self.stream.fill_open01(&mut self.noise),
        }
    }

    /// Goes to a first state.
    pub(super) fn reset(&mut self, given: Option<&[f64]>) {
        self.draw(given, 0, self.environment.reset_uniforms());
        self.is_over = false;
        self.failure = match self.environment.reset(&self.noise) {
            Ok(()) => self.look(0).err(),
            Err(error) => Some(RolloutError::Environment { rollout: self.number, time: 0, error }),
        };
    }

    /// Makes a decision and does it.
    pub(super) fn step(&mut self, given: Option<&[f64]>, decision: Decision<'_>) {
        self.failure = self.decide(given, decision).err();
    }

    fn decide(&mut self, given: Option<&[f64]>, decision: Decision<'_>) -> Result<(), RolloutError> {
        let Decision { time, parameters, action, score } = decision;
        let rollout = self.number;
        self.distribution.set_parameters(parameters).map_err(|source| RolloutError::Distribution {
            rollout,
            time,
            source,
        })?;
        let (own, other) = (self.distribution.uniforms(), self.environment.step_uniforms());
        let from = self.environment.reset_uniforms() + time * (own + other);
        self.draw(given, from, own + other);
        let (of_action, of_step) = self.noise.split_at(own);
        self.distribution.sample(of_action, action);
        self.distribution.score(action, score);
        let transition = self
            .environment
            .step(action, of_step)
            .map_err(|error| RolloutError::Environment { rollout, time, error })?;
        (self.reward, self.is_over) = (transition.reward, transition.is_over);
        if !self.reward.is_finite() {
            return Err(RolloutError::Reward { rollout, time, value: self.reward });
        }
        if self.is_over { Ok(()) } else { self.look(time + 1) }
    }

    /// Takes the state over.
    fn look(&mut self, time: usize) -> Result<(), RolloutError> {
        self.environment.state(&mut self.state);
        match self.state.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            Some((entry, &value)) => Err(RolloutError::State { rollout: self.number, time, entry, value }),
            None => Ok(()),
        }
    }
}

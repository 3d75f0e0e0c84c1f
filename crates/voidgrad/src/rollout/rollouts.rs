//! Rollouts side by side.

use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution;
use crate::error::{InvalidParameter, ObjectiveError, same_length};
use crate::noise::{self, Stream};
use crate::tasks;

use super::runner::{Decision, Runner};
use super::{Baseline, Environment, RolloutError};

/// How many rollouts there are, and what their return is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// N, at least 1.
    pub rollouts: usize,
    /// The most decisions of a rollout, at least 1. What is estimated is the expected return of so many: a rollout that is cut off has no return after it.
    pub horizon: usize,
    /// γ, in [0, 1].
    pub discount: f64,
}

/// 16 rollouts of at most 1,000 decisions, without discount.
impl Default for Settings {
    fn default() -> Self {
        Self { rollouts: 16, horizon: 1_000, discount: 1.0 }
    }
}

/// Which decision a row is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The rollout, from 0.
    pub rollout: usize,
    /// How many decisions the rollout has made before.
    pub time: usize,
}

/// N rollouts of a policy, and ĝ of their expected return by the parameters of every decision. [The module](super) has the formula and an example.
///
/// [`draw`](Self::draw) makes rollouts, [`estimate`](Self::estimate) makes ĝ of them, with a [`Baseline`]. Between them, a caller may evaluate a baseline at all [`states`](Self::states).
///
/// All rows are of decisions, those of time 0 first, and at each time in the order of the rollouts that have not ended. [`places`](Self::places) says which a row is of.
///
/// The policy is called once for each time, with the states of all rollouts that go on. The environments are shared out among all cores by 16 rollouts; the results have the same bits for every
/// number of threads.
#[derive(Debug)]
pub struct Rollouts<E, D = Bernoulli> {
    settings: Settings,
    shape: Shape,
    /// The rollouts that go on, in order, and those that have ended; each in a box, because it moves from one to the other and may be large.
    running: Vec<Box<Runner<E, D>>>,
    ended: Vec<Box<Runner<E, D>>>,
    places: Vec<Place>,
    states: Vec<f64>,
    parameters: Vec<f64>,
    actions: Vec<f64>,
    scores: Vec<f64>,
    rewards: Vec<f64>,
    returns: Vec<f64>,
    advantages: Vec<f64>,
    gradient: Vec<f64>,
    lengths: Vec<usize>,
    totals: Vec<f64>,
    mean_return: f64,
}

/// Numbers of a row.
#[derive(Debug, Clone, Copy)]
struct Shape {
    state: usize,
    parameters: usize,
    action: usize,
    /// Uniform numbers of a reset, and of a decision with its step.
    reset: usize,
    step: usize,
}

/// Writes rows of parameters for rows of states.
type Policy<'a> = dyn FnMut(&[f64], &mut [f64]) -> Result<(), ObjectiveError> + 'a;

/// Rollouts that are worth a task.
const SHARE: usize = 16;

impl<E: Environment + Clone + Send, D: Distribution + Clone> Rollouts<E, D> {
    /// Rollouts in copies of this environment, whose decisions are variables like these; the parameters come from the policy.
    ///
    /// # Errors
    /// Returns an error if a setting is not in its domain, or if a state has no entry.
    pub fn new(environment: E, prototype: D, settings: Settings) -> Result<Self, RolloutError> {
        let Settings { rollouts, horizon, discount } = settings;
        let dimension = environment.dimension();
        for (name, count) in
            [("rollouts", rollouts), ("horizon", horizon), ("dimension of a state", dimension)]
        {
            if count == 0 {
                return Err(InvalidParameter { name, value: 0.0, allowed: "at least 1" }.into());
            }
        }
        if !(0.0..=1.0).contains(&discount) {
            return Err(InvalidParameter {
                name: "discount",
                value: discount,
                allowed: "a number in [0, 1]",
            }
            .into());
        }
        let shape = Shape {
            state: dimension,
            parameters: prototype.parameters().len(),
            action: prototype.dimension(),
            reset: environment.reset_uniforms(),
            step: prototype.uniforms() + environment.step_uniforms(),
        };
        let copies = std::iter::repeat_n((environment, prototype), rollouts).enumerate();
        let runner = |(number, (environment, distribution))| {
            Box::new(Runner {
                number,
                environment,
                distribution,
                stream: Stream::new(0, 0, 0),
                noise: Vec::new(),
                state: vec![0.0; dimension],
                reward: 0.0,
                is_over: false,
                failure: None,
            })
        };
        Ok(Self {
            settings,
            shape,
            running: copies.map(runner).collect(),
            ended: Vec::new(),
            places: Vec::new(),
            states: Vec::new(),
            parameters: Vec::new(),
            actions: Vec::new(),
            scores: Vec::new(),
            rewards: Vec::new(),
            returns: Vec::new(),
            advantages: Vec::new(),
            gradient: Vec::new(),
            lengths: Vec::new(),
            totals: Vec::new(),
            mean_return: 0.0,
        })
    }

    /// Makes rollouts. Rollout n has the noise of the [`Stream`] `(seed, run, row + n)`: the numbers of the reset, and for each time those of the decision and then those of the step.
    ///
    /// `policy` is given rows of states and writes as many rows of parameters (logits). A [`#[network]`](macro@crate::network) does that: `|states, logits| network.rows(states, logits)`.
    ///
    /// # Errors
    /// Returns an error if the policy or the environment fails, if the distribution refuses parameters, or if a state, a reward or a return is NaN or infinite. There are no rollouts then.
    pub fn draw<F: Into<ObjectiveError>>(
        &mut self,
        seed: u64,
        run: u64,
        row: u64,
        policy: impl FnMut(&[f64], &mut [f64]) -> Result<(), F>,
    ) -> Result<(), RolloutError> {
        self.gather();
        for runner in &mut self.running {
            runner.stream = Stream::new(seed, run, row.wrapping_add(runner.number as u64));
        }
        self.make(None, policy)
    }

    /// Makes rollouts of noise that is given: N rows of [`uniforms`](Self::uniforms) numbers. A rollout that ends early leaves the last numbers of its row out.
    ///
    /// # Errors
    /// As [`draw`](Self::draw), and if there are more or fewer numbers, or one is not in (0, 1).
    pub fn draw_from<F: Into<ObjectiveError>>(
        &mut self,
        noise: &[f64],
        policy: impl FnMut(&[f64], &mut [f64]) -> Result<(), F>,
    ) -> Result<(), RolloutError> {
        self.gather();
        same_length("noise", noise.len(), self.uniforms().saturating_mul(self.running.len()))?;
        noise::check("noise", noise)?;
        self.make(Some(noise), policy)
    }

    /// All runners in order, and no rows.
    fn gather(&mut self) {
        self.running.append(&mut self.ended);
        self.running.sort_unstable_by_key(|runner| runner.number);
        self.forget();
    }

    fn make<F: Into<ObjectiveError>>(
        &mut self,
        given: Option<&[f64]>,
        mut policy: impl FnMut(&[f64], &mut [f64]) -> Result<(), F>,
    ) -> Result<(), RolloutError> {
        let made = self
            .go(given, &mut |states, parameters| policy(states, parameters).map_err(Into::into))
            .and_then(|()| self.add_up());
        if made.is_err() {
            self.forget();
        }
        made
    }

    fn go(&mut self, given: Option<&[f64]>, policy: &mut Policy<'_>) -> Result<(), RolloutError> {
        let each = self.uniforms();
        let own = |number: usize| given.map(|all| &all[number * each..][..each]);
        tasks::run(
            self.running
                .chunks_mut(SHARE)
                .map(|share| move || share.iter_mut().for_each(|runner| runner.reset(own(runner.number)))),
        );
        self.check()?;
        for time in 0..self.settings.horizon {
            let (rows, more) = (self.places.len(), self.running.len());
            for runner in &self.running {
                self.places.push(Place { rollout: runner.number, time });
                self.states.extend_from_slice(&runner.state);
            }
            let Shape { state, parameters, action, .. } = self.shape;
            // What the policy does not write is refused.
            self.parameters.resize((rows + more) * parameters, f64::NAN);
            self.actions.resize((rows + more) * action, 0.0);
            self.scores.resize((rows + more) * parameters, 0.0);
            policy(&self.states[rows * state..], &mut self.parameters[rows * parameters..])
                .map_err(|error| RolloutError::Policy { time, error })?;
            let shares = self
                .running
                .chunks_mut(SHARE)
                .zip(self.parameters[rows * parameters..].chunks(SHARE * parameters))
                .zip(self.actions[rows * action..].chunks_mut(SHARE * action))
                .zip(self.scores[rows * parameters..].chunks_mut(SHARE * parameters));
            tasks::run(shares.map(|(((runners, of_parameters), actions), scores)| {
                move || {
                    let rows = of_parameters
                        .chunks_exact(parameters)
                        .zip(actions.chunks_exact_mut(action))
                        .zip(scores.chunks_exact_mut(parameters));
                    for (runner, ((parameters, action), score)) in runners.iter_mut().zip(rows) {
                        runner.step(own(runner.number), Decision { time, parameters, action, score });
                    }
                }
            }));
            self.check()?;
            self.rewards.extend(self.running.iter().map(|runner| runner.reward));
            self.ended.extend(self.running.extract_if(.., |runner| runner.is_over));
            if self.running.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Gives out the error of the first rollout that has failed.
    fn check(&mut self) -> Result<(), RolloutError> {
        match self.running.iter_mut().find_map(|runner| runner.failure.take()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Makes the returns, from the last decision to the first.
    fn add_up(&mut self) -> Result<(), RolloutError> {
        let rollouts = self.settings.rollouts;
        self.lengths.resize(rollouts, 0);
        self.totals.resize(rollouts, 0.0);
        self.returns.resize(self.places.len(), 0.0);
        let mut to_go = vec![0.0; rollouts];
        for (row, &Place { rollout, time }) in self.places.iter().enumerate().rev() {
            let reward = self.rewards[row];
            self.lengths[rollout] = self.lengths[rollout].max(time + 1);
            self.totals[rollout] += reward;
            to_go[rollout] = reward + self.settings.discount * to_go[rollout];
            self.returns[row] = to_go[rollout];
            for value in [self.totals[rollout], to_go[rollout]] {
                if !value.is_finite() {
                    return Err(RolloutError::Return { rollout, time, value });
                }
            }
        }
        // Of returns that are finite; rounding may take their mean beyond.
        let mean: f64 = to_go.iter().map(|value| value / rollouts as f64).sum();
        self.mean_return = mean.clamp(f64::MIN, f64::MAX);
        Ok(())
    }

    /// Estimates the gradient of the expected return from the rollouts that were drawn.
    ///
    /// # Errors
    /// Returns an error if nothing was drawn, if the baseline does not suit the rollouts, or if an entry of ĝ is NaN or infinite. There is no ĝ then, and an average is as it was.
    pub fn estimate(&mut self, baseline: Baseline<'_>) -> Result<(), RolloutError> {
        let made = self.weigh(&baseline);
        if made.is_ok() {
            baseline.learn(&self.places, &self.returns);
        } else {
            self.advantages.clear();
            self.gradient.clear();
        }
        made
    }

    fn weigh(&mut self, baseline: &Baseline<'_>) -> Result<(), RolloutError> {
        let Settings { rollouts, discount, .. } = self.settings;
        if self.places.is_empty() {
            return Err(RolloutError::NotDrawn);
        }
        baseline.advantages(rollouts, &self.places, &self.returns, &mut self.advantages)?;
        self.gradient.clone_from(&self.scores);
        // γᵗ.
        let (mut time, mut factor) = (0, 1.0);
        let rows = self.gradient.chunks_exact_mut(self.shape.parameters);
        for ((row, place), advantage) in rows.zip(&self.places).zip(&self.advantages) {
            while time < place.time {
                time += 1;
                factor *= discount;
            }
            let weight = factor * advantage / rollouts as f64;
            for entry in row {
                *entry *= weight;
                if !entry.is_finite() {
                    let Place { rollout, time } = *place;
                    return Err(RolloutError::Gradient { rollout, time, value: *entry });
                }
            }
        }
        Ok(())
    }
}

impl<E, D> Rollouts<E, D> {
    fn forget(&mut self) {
        self.places.clear();
        self.lengths.clear();
        self.mean_return = 0.0;
        let Self {
            states, parameters, actions, scores, rewards, returns, advantages, gradient, totals, ..
        } = self;
        for rows in [states, parameters, actions, scores, rewards, returns, advantages, gradient, totals] {
            rows.clear();
        }
    }

    /// How they are made.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// How many uniform numbers a rollout takes, if it does not end early: those of the reset, and for each time those of the decision and then those of the step.
    #[must_use]
    pub fn uniforms(&self) -> usize {
        self.settings.horizon.saturating_mul(self.shape.step).saturating_add(self.shape.reset)
    }

    /// How many decisions were made, in all rollouts together: the number of rows.
    #[must_use]
    pub fn decisions(&self) -> usize {
        self.places.len()
    }

    /// Which decision each row is of.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The states in which decisions were made, [`Environment::dimension`] entries a row.
    #[must_use]
    pub fn states(&self) -> &[f64] {
        &self.states
    }

    /// The parameters that the policy gave, a row for each decision.
    #[must_use]
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// The samples b, a row for each decision.
    #[must_use]
    pub fn actions(&self) -> &[f64] {
        &self.actions
    }

    /// The rewards, one for each decision.
    #[must_use]
    pub fn rewards(&self) -> &[f64] {
        &self.rewards
    }

    /// G, the discounted reward-to-go of each decision.
    #[must_use]
    pub fn returns(&self) -> &[f64] {
        &self.returns
    }

    /// `G - c` of each decision; empty before an estimate.
    #[must_use]
    pub fn advantages(&self) -> &[f64] {
        &self.advantages
    }

    /// ĝ, as many entries a row as a decision has parameters; empty before an estimate. It points to larger returns: a loop that descends takes it with a minus.
    #[must_use]
    pub fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// How many decisions each rollout has made.
    #[must_use]
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// The sum of the rewards of each rollout, without discount.
    #[must_use]
    pub fn totals(&self) -> &[f64] {
        &self.totals
    }

    /// The mean of the discounted returns of the rollouts: an estimate of what ĝ is the gradient of.
    #[must_use]
    pub fn mean_return(&self) -> f64 {
        self.mean_return
    }
}

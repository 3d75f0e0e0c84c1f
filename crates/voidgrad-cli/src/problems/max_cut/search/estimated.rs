//! The same annealing along an estimate of the gradient, from values of f alone.

use voidgrad::estimator::{AnyEstimator, Choice};
use voidgrad::estimators::Method;
use voidgrad::{Bernoulli, Distribution, Estimator as _, Round};

use super::mean_field::{LARGEST_LOGIT, START};
use super::{Name, Search};
use crate::choice;
use crate::problems::max_cut::experiment::MaxCut;
use crate::problems::max_cut::method::Way;
use crate::problems::max_cut::records::whole;
use voidgrad_kit::error::Error;

/// What is added to the Fisher information `p(1 - p)` before the gradient is divided by it. The noise of an estimate, divided by the information
/// alone, would have no bound.
pub(crate) const DAMPING: f64 = 0.02;

/// One restart.
pub(super) struct Estimated<'a> {
    experiment: &'a MaxCut,
    name: Name,
    rate: f64,
    estimator: AnyEstimator,
    bernoulli: Bernoulli,
    round: Round,
}

impl<'a> Estimated<'a> {
    /// A restart of this name, before the first step.
    ///
    /// # Errors
    /// Returns an error if the library refuses the estimator.
    pub(super) fn new(
        experiment: &'a MaxCut,
        way: Way,
        method: &'static Method,
        name: Name,
    ) -> Result<Self, Error> {
        let mut stream = name.start();
        let mut start = vec![0.0; experiment.graph.vertices()];
        stream.fill_open01(&mut start);
        for u in &mut start {
            *u = START * (2.0 * *u - 1.0);
        }
        let bernoulli = Bernoulli::from_logits(&start).map_err(Error::computation)?;
        let setup = experiment.setup_of(way);
        let estimator = choice::make(method, &setup, &bernoulli, &experiment.graph, &mut stream)?;
        let rate = experiment.learning_rate_of(way) / experiment.scale;
        Ok(Self { experiment, name, rate, estimator, bernoulli, round: Round::new() })
    }

    fn step(&mut self, step: u64) -> Result<(), Error> {
        let Self { experiment, name, rate, estimator, bernoulli, round } = self;
        round.draw(estimator, bernoulli, &mut name.step(step)).map_err(Error::computation)?;
        round.evaluate(&experiment.graph).map_err(Error::computation)?;
        round.tell(estimator, bernoulli).map_err(Error::computation)?;
        let temperature = experiment.temperature_at(step);
        let variables = bernoulli.logits().iter().zip(bernoulli.probabilities()).zip(bernoulli.complements());
        // By the logit, E[f] + T·H has the derivative ĝ - T a p (1 - p).
        let gradient: Vec<f64> = variables
            .zip(round.gradient())
            .map(|(((a, p), q), gradient)| gradient - temperature * a * (p * q))
            .collect();
        let mut natural = vec![0.0; gradient.len()];
        bernoulli.natural_gradient(&gradient, DAMPING, &mut natural).map_err(Error::computation)?;
        let moved = bernoulli.logits().iter().zip(&natural);
        let logits: Vec<f64> =
            moved.map(|(a, natural)| (a + *rate * natural).clamp(-LARGEST_LOGIT, LARGEST_LOGIT)).collect();
        bernoulli.set_parameters(&logits).map_err(Error::computation)
    }
}

impl Search for Estimated<'_> {
    fn advance(&mut self, from: u64, to: u64) -> Result<(), Error> {
        (from..to).try_for_each(|step| self.step(step))
    }

    fn expectations(&self) -> Vec<f64> {
        vec![self.experiment.graph.cut(self.bernoulli.probabilities())]
    }

    fn best(&self) -> (f64, Vec<bool>) {
        let sides: Vec<bool> = self.bernoulli.logits().iter().map(|a| *a > 0.0).collect();
        (self.experiment.graph.cut_of(|vertex| sides[vertex]), sides)
    }

    fn probabilities(&self) -> Option<Vec<f64>> {
        Some(self.bernoulli.probabilities().to_vec())
    }

    fn choices(&self) -> Vec<Choice> {
        self.estimator.choices()
    }

    fn state(&self) -> Vec<f64> {
        let mut state = self.bernoulli.logits().to_vec();
        for (_, values) in self.estimator.state() {
            state.push(values.len() as f64);
            state.extend(values);
        }
        state
    }

    fn restore(&mut self, state: &[f64]) -> Option<()> {
        let (logits, mut rest) = state.split_at_checked(self.bernoulli.len())?;
        let arrays = self.estimator.state();
        let mut learned: Vec<(&str, &[f64])> = Vec::new();
        for (name, _) in &arrays {
            // An array may have another length than at the start.
            let (length, others) = rest.split_first()?;
            let (values, others) = others.split_at_checked(usize::try_from(whole(*length)?).ok()?)?;
            learned.push((name, values));
            rest = others;
        }
        self.estimator.restore(&learned).ok()?;
        self.bernoulli.set_parameters(logits).ok()?;
        rest.is_empty().then_some(())
    }
}

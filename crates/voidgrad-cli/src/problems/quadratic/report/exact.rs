//! Adam along the exact gradient: what no estimator can do better on average.

use voidgrad::Bernoulli;
use voidgrad::optimise::{Adam, Optimiser};

use crate::problems::quadratic::effort;
use crate::problems::quadratic::experiment::Experiment;
use crate::statistics;
use voidgrad_kit::error::Error;

/// The way down, at the iterations that the runs have records of. It ends early at a step that no `f64` holds.
pub(super) struct Exact {
    /// `E[f(b)]` over the iterations.
    pub(super) loss: Vec<(f64, f64)>,
    /// θ, the mean over the coordinates.
    pub(super) theta: Vec<(f64, f64)>,
    /// The first step after which the loss is within a tenth of its minimum, if there is one.
    pub(super) arrival: Option<u64>,
}

impl Exact {
    /// # Errors
    /// Returns an error if the library refuses the learning rate or a logit, which does not happen.
    pub(super) fn of(experiment: &Experiment) -> Result<Self, Error> {
        let iterations = experiment.settings.iterations;
        let mut logits = experiment.start.logits().to_vec();
        let mut adam =
            Adam::new(logits.len(), experiment.settings.learning_rate).map_err(Error::arguments)?;
        let mut exact = Self { loss: Vec::new(), theta: Vec::new(), arrival: None };
        for step in 0..=iterations {
            let bernoulli = Bernoulli::from_logits(&logits).map_err(Error::computation)?;
            let loss = experiment.loss(&bernoulli);
            if exact.arrival.is_none() && experiment.gap(loss).is_some_and(|gap| gap < 0.1) {
                exact.arrival = Some(step);
            }
            if step % effort::stride(iterations) == 0 || step == iterations {
                exact.loss.push((step as f64, loss));
                exact.theta.push((step as f64, statistics::mean(bernoulli.probabilities())));
            }
            if adam.step(&mut logits, &experiment.objective.gradient(&bernoulli)).is_err() {
                break;
            }
        }
        Ok(exact)
    }
}

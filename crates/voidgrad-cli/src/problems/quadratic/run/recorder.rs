//! The state of a run at evenly spaced iterations.

use voidgrad::nalgebra::DVector;
use voidgrad::train::{Observer, Step};
use voidgrad::{Bernoulli, Control, Estimator};

use super::{Moments, Record, plotted, plotted_of};
use crate::evaluation::{self, Evaluation};
use crate::problems::quadratic::checkpoint::Last;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::{effort, network};
use crate::trained::Trained;
use crate::training::Job;
use crate::{choice, seed, statistics};
use voidgrad_kit::error::Error;

/// Keeps records.
pub(super) struct Recorder<'a> {
    experiment: &'a Experiment,
    job: Job,
    pub(super) records: Vec<Record>,
    /// The variables and the control's parameters at the last record.
    pub(super) bernoulli: Bernoulli,
    pub(super) phi: Option<DVector<f64>>,
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, step: &Step<'_>) {
        self.record(step.iteration, step.distribution, step.estimator);
    }

    fn next(&self, iteration: u64) -> u64 {
        let last = self.experiment.settings.iterations;
        (iteration + 1).next_multiple_of(effort::stride(last)).min(last)
    }
}

impl<'a> Recorder<'a> {
    pub(super) fn new(experiment: &'a Experiment, job: Job) -> Self {
        Self { experiment, job, records: Vec::new(), bernoulli: experiment.start.clone(), phi: None }
    }

    /// Goes on with what was recorded before.
    ///
    /// # Errors
    /// Returns an error if there is no record, or if the logits are not those of the experiment's variables.
    pub(super) fn restore(&mut self, records: Vec<Record>, last: Last) -> Result<(), Error> {
        let bernoulli = Bernoulli::from_logits(&last.logits).map_err(Error::arguments)?;
        if records.is_empty() || bernoulli.len() != self.experiment.dimension() {
            return Err(Error::arguments("it has no record of these variables"));
        }
        (self.records, self.bernoulli) = (records, bernoulli);
        self.phi = last.phi.map(DVector::from_vec);
        Ok(())
    }

    /// The variables and φ of the last record.
    pub(super) fn last(&self) -> Last {
        let phi = self.phi.as_ref().map(|phi| phi.as_slice().to_vec());
        Last { logits: self.bernoulli.logits().to_vec(), phi }
    }

    pub(super) fn method(&self) -> Trained {
        self.experiment.methods[self.job.row]
    }

    fn record(&mut self, iteration: u64, bernoulli: &Bernoulli, estimator: &dyn Estimator) {
        let experiment = self.experiment;
        let (settings, unit) = (&experiment.settings, evaluation::unit(bernoulli, estimator));
        let is_last = iteration == settings.iterations;
        let sampling = if is_last { effort::of_last_record } else { effort::of_record };
        let sampling = sampling(settings, unit, self.seed(iteration));
        // A state whose variance overflows has none; the run itself goes on until its gradient overflows, too.
        let evaluation = evaluation::evaluate(bernoulli, &experiment.objective, estimator, sampling).ok();
        self.records.push(Record {
            iteration,
            evaluations: self.evaluations(iteration, estimator),
            theta: statistics::mean(bernoulli.probabilities()),
            loss: experiment.loss(bernoulli),
            gradient_exact: experiment.gradient(bernoulli),
            moments: evaluation.as_ref().map(Moments::from),
            parameters: plotted(estimator),
            dead: network::is_dead(self.method().method(), experiment.target(), estimator.control()),
        });
        self.bernoulli = bernoulli.clone();
        self.phi = estimator.control().map(Control::phi);
    }

    /// The state from which the step `iteration` could not be made. Its moments are not finite, so it has none.
    pub(super) fn record_divergence(
        &mut self,
        (iteration, evaluations): (u64, u64),
        logits: &[f64],
        parameters: &[(String, f64)],
    ) {
        if let Ok(bernoulli) = Bernoulli::from_logits(logits) {
            self.bernoulli = bernoulli;
        }
        self.records.push(Record {
            iteration,
            evaluations,
            theta: statistics::mean(self.bernoulli.probabilities()),
            loss: self.experiment.loss(&self.bernoulli),
            gradient_exact: self.experiment.gradient(&self.bernoulli),
            moments: None,
            parameters: plotted_of(parameters),
            dead: false,
        });
    }

    /// Evaluations of f in the steps so far.
    pub(super) fn evaluations(&self, iteration: u64, estimator: &dyn Estimator) -> u64 {
        let estimates = iteration * self.experiment.settings.batch as u64;
        choice::evaluations_so_far(estimator, &self.bernoulli, estimates)
    }

    /// Every record has samples of its own.
    pub(super) fn seed(&self, iteration: u64) -> u64 {
        seed::derive(self.experiment.settings.seed, [self.job.row as u64, self.job.repeat, iteration])
    }
}

impl From<&Evaluation> for Moments {
    fn from(evaluation: &Evaluation) -> Self {
        Self {
            gradient_mean: evaluation.gradient_mean(),
            variance: evaluation.variance,
            standard_error: evaluation.standard_error,
            technique: evaluation.technique,
            samples: evaluation.samples,
        }
    }
}

//! One run of one estimator, and what is kept of it.

mod execution;
mod recorder;

use voidgrad::estimator::{AnyEstimator, Choice};
use voidgrad::{Bernoulli, Control, Estimator};

use crate::evaluation::Technique;
use crate::trained::Trained;
use crate::training::Time;

pub(crate) use execution::Execution;

/// A run that has ended.
pub(crate) struct Run {
    /// Its estimator.
    pub(crate) method: Trained,
    /// Its number, from 0.
    pub(crate) repeat: u64,
    /// The state at evenly spaced iterations, the first and the last among them; if the run diverged, the last one
    /// is the state from which it could not go on.
    pub(crate) records: Vec<Record>,
    /// The variables at the last record.
    pub(crate) bernoulli: Bernoulli,
    /// The estimator after the last step; if the run diverged, with the parameters of the last record that has moments.
    pub(crate) estimator: AnyEstimator,
    /// All parameters of the control at the last record, by name.
    pub(crate) parameters: Vec<(String, f64)>,
    /// REINFORCE's variance at the last record's θ.
    pub(crate) reinforce: Option<f64>,
    /// How often an estimate evaluates f; the last one, if it is not always as often.
    pub(crate) evaluations: u64,
    /// What an estimator that chooses among others has chosen.
    pub(crate) choices: Vec<Choice>,
    /// The iteration and the reason of its breakdown, if it broke down.
    pub(crate) diverged: Option<Divergence>,
    /// The first step after which the mean of θ was within 0.1 of where it should go.
    pub(crate) steps_to: Option<u64>,
    /// What it took.
    pub(crate) time: Time,
}

/// The state of a run at one iteration.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Steps made so far.
    pub(crate) iteration: u64,
    /// Evaluations of f so far.
    pub(crate) evaluations: u64,
    /// Mean of the probabilities over the coordinates.
    pub(crate) theta: f64,
    /// `E[f(b)]`, exact.
    pub(crate) loss: f64,
    /// The exact gradient with respect to the logit, averaged over the coordinates.
    pub(crate) gradient_exact: f64,
    /// The estimator's own moments, if it has any.
    pub(crate) moments: Option<Moments>,
    /// The [plotted](PLOTTED) parameters that the estimator has.
    pub(crate) parameters: Vec<(&'static str, f64)>,
    /// Whether the network of `relax` is zero everywhere, with a gradient that is zero everywhere.
    pub(crate) dead: bool,
}

/// Mean and variance of an estimator at the parameters of a record, averaged over the coordinates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments {
    /// The mean.
    pub(crate) gradient_mean: f64,
    /// The variance.
    pub(crate) variance: f64,
    /// Standard error of `variance`, 0 if it is exact, `None` if there are too few samples to tell.
    pub(crate) standard_error: Option<f64>,
    /// How they were computed.
    pub(crate) technique: Technique,
    /// From how many samples; 0 if they are exact.
    pub(crate) samples: u64,
}

/// The parameters that every record keeps, and that are plotted: the scale and the temperature of a control, and a baseline that is
/// a moving average. The weights of networks are in the checkpoints.
pub(crate) const PLOTTED: [&str; 3] = ["eta", "lambda", "baseline"];

/// A step that could not be made: a value, a gradient or a parameter became NaN or infinite.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Divergence {
    /// The step that could not be made.
    pub(crate) iteration: u64,
    /// The library's words for it, with the values.
    pub(crate) message: String,
}

impl Run {
    /// The last record.
    pub(crate) fn last(&self) -> &Record {
        // An execution ends with a record.
        &self.records[self.records.len() - 1]
    }
}

impl Record {
    /// The plotted parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<f64> {
        self.parameters.iter().find(|(other, _)| *other == name).map(|&(_, value)| value)
    }

    /// The variance.
    pub(crate) fn variance(&self) -> Option<f64> {
        self.moments.map(|moments| moments.variance)
    }
}

/// The plotted parameters that an estimator has now.
pub(crate) fn plotted(estimator: &dyn Estimator) -> Vec<(&'static str, f64)> {
    let mut named = named(estimator);
    let learned = estimator.state().into_iter().filter(|(_, values)| values.len() == 1);
    named.extend(learned.map(|(name, values)| (name.into_owned(), values[0])));
    plotted_of(&named)
}

/// The plotted ones of some parameters.
pub(crate) fn plotted_of(named: &[(String, f64)]) -> Vec<(&'static str, f64)> {
    let find = |name| named.iter().find(|(other, _)| other == name).map(|&(_, value)| (name, value));
    PLOTTED.into_iter().filter_map(find).collect()
}

/// All parameters of an estimator's control.
pub(crate) fn named(estimator: &dyn Estimator) -> Vec<(String, f64)> {
    estimator.control().map_or_else(Vec::new, Control::named)
}

//! One run of one estimator, and what is kept of it.

mod checkpoint;
mod execution;
mod learner;

use crate::trained::Trained;
use voidgrad::estimator::Choice;

use super::records::Record;
use crate::training::Time;
use voidgrad_kit::number;

pub(super) use execution::{Execution, seconds_of_a_step};

/// A run that has ended.
pub(crate) struct Run {
    /// Its estimator.
    pub(super) method: Trained,
    /// Its number, from 0.
    pub(super) repeat: u64,
    /// Evaluations of f for one image in a step; the next one, if there are not always as many.
    pub(super) evaluations: u64,
    /// The mean of that over all steps.
    pub(super) mean_evaluations: f64,
    /// What an estimator that chooses among others has chosen.
    pub(super) choices: Vec<Choice>,
    /// The state at evenly spaced iterations.
    pub(super) records: Vec<Record>,
    /// What was found at the end; nothing if the run diverged.
    pub(super) end: Option<End>,
    /// The parameters of the encoder and of the decoder.
    pub(super) parameters: [Vec<f64>; 2],
    /// The parameters of the control that are numbers, by name.
    pub(super) control: Vec<(String, f64)>,
    /// The step that could not be made, with the reason, if there is one.
    pub(super) diverged: Option<Divergence>,
    /// What it took.
    pub(super) time: Time,
}

impl Run {
    /// Evaluations of f for one image in a step as people read them: the mean, if there are not always as many.
    pub(super) fn evaluations_text(&self) -> String {
        if self.choices.is_empty() {
            number::grouped(self.evaluations)
        } else {
            number::short(self.mean_evaluations)
        }
    }
}

/// What is found at the end of a run. A number that can't be computed is NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    /// The evidence lower bound of the images that were trained on.
    pub(super) train_elbo: f64,
    /// That of the others.
    pub(super) test_elbo: f64,
    /// The bound that is trained on, of the images that are trained on; NaN if that is the ELBO.
    pub(super) train_bound: f64,
    /// That of the others.
    pub(super) test_bound: f64,
    /// The importance-weighted bound of the others.
    pub(super) test_importance: f64,
    /// The variance of ĝ by the logits.
    pub(super) variance: f64,
}

impl End {
    /// Nothing could be computed.
    const NOTHING: Self = Self {
        train_elbo: f64::NAN,
        test_elbo: f64::NAN,
        train_bound: f64::NAN,
        test_bound: f64::NAN,
        test_importance: f64::NAN,
        variance: f64::NAN,
    };

    /// All numbers, in a fixed order.
    fn numbers(self) -> Vec<f64> {
        let Self { train_elbo, test_elbo, train_bound, test_bound, test_importance, variance } = self;
        vec![train_elbo, test_elbo, train_bound, test_bound, test_importance, variance]
    }

    /// As [`numbers`](Self::numbers) gave them.
    fn of_numbers(numbers: &[f64]) -> Option<Self> {
        let &[train_elbo, test_elbo, train_bound, test_bound, test_importance, variance] = numbers else {
            return None;
        };
        Some(Self { train_elbo, test_elbo, train_bound, test_bound, test_importance, variance })
    }
}

/// A step that could not be made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Divergence {
    /// Its number, from 0.
    pub(super) iteration: u64,
    /// The library's words for it.
    pub(super) message: String,
}

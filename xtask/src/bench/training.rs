//! The library's training loop.

use voidgrad::{MeanQuadratic, Settings, Step, train};

use super::case::{self, Case, LEARNING_RATE, Precision, TARGET};
use super::given::Given;
use super::implementation::{Compared, Implementation, Noise, Run};
use crate::error::Error;

/// [`train`], which is of `f64`.
pub(super) fn of(precision: Precision) -> Option<Box<dyn Implementation>> {
    (precision == Precision::F64).then(|| Box::new(Training) as Box<dyn Implementation>)
}

struct Training;

/// How the library trains: one sample a step.
pub(super) fn settings(steps: u64) -> Settings {
    Settings {
        iterations: steps,
        batch: 1,
        learning_rate: LEARNING_RATE,
        control_learning_rate: LEARNING_RATE,
        seed: 1,
    }
}

fn trained(steps: u64) -> Result<Vec<f64>, Error> {
    let objective = MeanQuadratic { target: TARGET };
    let mut nobody = |_: &Step<'_>| ();
    let outcome =
        train(&Case::Step.bernoulli()?, &objective, case::relax()?, &settings(steps), 0, &mut nobody)
            .map_err(Error::computation)?;
    let mut all = outcome.bernoulli.logits().to_vec();
    all.extend_from_slice(voidgrad::Control::phi(&outcome.estimator).as_slice());
    Ok(all)
}

impl Implementation for Training {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let steps = given.samples() as u64;
        Ok(Compared { sums: trained(steps)?, noise: Noise::Training { steps } })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        Ok(Run::new(samples, trained(samples)?))
    }
}

//! The library's training loop.

use voidgrad::batch::Instructions;
use voidgrad::controls::Relax;
use voidgrad::estimator::{Answer, Told};
use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{ControlOptimiser, Settings, Training as Descent};
use voidgrad::{Bernoulli, Control, Estimator};

use super::case::{self, Case, LEARNING_RATE, Precision, TARGET};
use super::given::Given;
use super::implementation::{Compared, Implementation, Noise, Run};
use voidgrad_kit::error::Error;

/// The library's training, which is of `f64`: with the loop that generated code has for it, or in scalars.
pub(super) fn of(precision: Precision, instructions: Instructions) -> Option<Box<dyn Implementation>> {
    (precision == Precision::F64).then(|| Box::new(Training { instructions }) as Box<dyn Implementation>)
}

struct Training {
    instructions: Instructions,
}

/// How the library trains: one sample a step.
pub(super) fn settings(steps: u64) -> Settings {
    Settings {
        iterations: steps,
        batch: 1,
        learning_rate: LEARNING_RATE,
        control_optimiser: ControlOptimiser::Adam,
        control_learning_rate: LEARNING_RATE,
        seed: 1,
    }
}

impl Training {
    fn trained(&self, steps: u64) -> Result<Vec<f64>, Error> {
        let relax = case::relax()?;
        match self.instructions {
            Instructions::Scalar => end(steps, InScalars(relax)),
            Instructions::Best => end(steps, relax),
        }
    }
}

/// The logit and φ after so many steps.
fn end(steps: u64, estimator: impl Estimator) -> Result<Vec<f64>, Error> {
    let objective = MeanQuadratic { target: TARGET };
    let start = Case::Step.bernoulli()?;
    let mut training =
        Descent::new(start, &objective, estimator, &settings(steps), 0).map_err(Error::computation)?;
    training.advance(steps).map_err(Error::computation)?;
    let (bernoulli, estimator) = (training.distribution(), training.estimator());
    let mut all = bernoulli.logits().to_vec();
    all.extend(estimator.control().iter().flat_map(|control| control.phi().as_slice().to_vec()));
    Ok(all)
}

impl Implementation for Training {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let steps = given.samples() as u64;
        Ok(Compared { sums: self.trained(steps)?, noise: Noise::Training { steps } })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        Ok(Run::new(samples, self.trained(samples)?))
    }
}

/// RELAX without a loop of its own: the steps are made from its estimates, which are generated code in scalars.
struct InScalars(Relax);

impl Estimator for InScalars {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        self.0.ask(bernoulli, noise, points);
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        self.0.answer(bernoulli, told, answer);
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        Estimator::<Bernoulli>::noise(&self.0, bernoulli)
    }

    fn control(&self) -> Option<&dyn Control> {
        Some(&self.0)
    }

    fn control_mut(&mut self) -> Option<&mut dyn Control> {
        Some(&mut self.0)
    }
}

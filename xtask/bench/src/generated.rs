//! What `#[control]` made of the case's control, through the library's batches.

use voidgrad::batch::{Batch, Instructions, Options};
use voidgrad::toy::MeanQuadratic;
use voidgrad::{BatchControl, Bernoulli};

use super::case::{Case, Precision, TARGET};
use super::given::Given;
use super::implementation::{Compared, Implementation, Noise, Run};
use voidgrad_kit::error::Error;

/// The library's batches of a case. A training step is not one.
pub(super) fn of(
    case: Case,
    precision: Precision,
    instructions: Instructions,
) -> Result<Option<Box<dyn Implementation>>, Error> {
    if case == Case::Step {
        return Ok(None);
    }
    let options = Options { precision: precision.of_batches(), instructions, ..Options::new(1, SEED) };
    Ok(Some(Box::new(Generated {
        bernoulli: case.bernoulli()?,
        control: case.control()?,
        batches: Batch::new(),
        options,
    })))
}

const SEED: u64 = 1;

struct Generated {
    bernoulli: Bernoulli,
    control: Box<dyn BatchControl + Sync>,
    batches: Batch,
    /// The next batch.
    options: Options,
}

impl Generated {
    fn sums(&mut self, options: &Options) -> Result<Vec<f64>, Error> {
        batch(&mut self.batches, &self.bernoulli, &*self.control, options)
    }
}

/// The sums over a batch; the library's derivative by φ is that of the mean over the variables.
pub(super) fn batch(
    batches: &mut Batch,
    bernoulli: &Bernoulli,
    control: &(dyn BatchControl + Sync),
    options: &Options,
) -> Result<Vec<f64>, Error> {
    let objective = MeanQuadratic { target: TARGET };
    let sums = batches.estimate(bernoulli, &objective, control, options).map_err(Error::computation)?;
    let variables = bernoulli.len() as f64;
    let mut all = sums.gradient.clone();
    all.push(sums.square.iter().sum());
    all.extend(sums.variance_gradient.iter().map(|derivative| derivative * variables));
    Ok(all)
}

impl Implementation for Generated {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let options = Options { samples: given.samples() as u64, ..self.options };
        Ok(Compared { sums: self.sums(&options)?, noise: Noise::Batch(options) })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        let options = Options { samples, ..self.options };
        self.options.run += 1;
        Ok(Run::new(samples, self.sums(&options)?))
    }
}

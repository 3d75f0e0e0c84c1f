//! What `#[control]` made of the case's control, through the library's batches.

use voidgrad::batch::{Batches, Draw, Instructions};
use voidgrad::{Bernoulli, Control, MeanQuadratic};

use super::case::{Case, Precision, TARGET};
use super::given::Given;
use super::implementation::{Compared, Implementation, Noise, Run};
use xtask_kit::error::Error;

/// The library's batches of a case. A training step is not one.
pub(super) fn of(
    case: Case,
    precision: Precision,
    instructions: Instructions,
) -> Result<Option<Box<dyn Implementation>>, Error> {
    if case == Case::Step {
        return Ok(None);
    }
    let draw = Draw { precision: precision.of_batches(), instructions, ..Draw::new(1, SEED) };
    Ok(Some(Box::new(Generated {
        bernoulli: case.bernoulli()?,
        control: case.control()?,
        batches: Batches::new(),
        draw,
    })))
}

const SEED: u64 = 1;

struct Generated {
    bernoulli: Bernoulli,
    control: Box<dyn Control + Sync>,
    batches: Batches,
    /// The next batch.
    draw: Draw,
}

impl Generated {
    fn sums(&mut self, draw: &Draw) -> Result<Vec<f64>, Error> {
        batch(&mut self.batches, &self.bernoulli, &*self.control, draw)
    }
}

/// The sums over a batch; the library's derivative by φ is that of the mean over the variables.
pub(super) fn batch(
    batches: &mut Batches,
    bernoulli: &Bernoulli,
    control: &(impl Control + Sync + ?Sized),
    draw: &Draw,
) -> Result<Vec<f64>, Error> {
    let objective = MeanQuadratic { target: TARGET };
    let sums = batches.draw(bernoulli, &objective, control, draw).map_err(Error::computation)?;
    let variables = bernoulli.len() as f64;
    let mut all = sums.gradient.clone();
    all.push(sums.square.iter().sum());
    all.extend(sums.variance_gradient.iter().map(|derivative| derivative * variables));
    Ok(all)
}

impl Implementation for Generated {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let draw = Draw { samples: given.samples() as u64, ..self.draw };
        Ok(Compared { sums: self.sums(&draw)?, noise: Noise::Batch(draw) })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        let draw = Draw { samples, ..self.draw };
        self.draw.run += 1;
        Ok(Run::new(samples, self.sums(&draw)?))
    }
}

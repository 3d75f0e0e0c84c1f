//! What is timed is an object: it shows that it computes what it should, and runs for as long as it is asked to.

use voidgrad::batch::Instructions;

use super::case::{Case, Precision};
use super::given::Given;
use super::{by_hand, generated, num_dual, training, vae};
use voidgrad_kit::error::Error;

/// One implementation of one case.
///
/// The sums are, one after the other, `Σĝ` (M entries), `Σ‖ĝ‖²`, and `∂/∂φ Σ‖ĝ‖²` with respect to the flat φ (N
/// entries); for a training step the logits and φ after the last step.
pub(crate) trait Implementation {
    /// The sums over noise that the reference can be given too.
    fn compared(&mut self, given: &Given) -> Result<Compared, Error>;

    /// The sums over noise of its own, of at least so many samples (or steps, from the start).
    fn run(&mut self, samples: u64) -> Result<Run, Error>;
}

/// Sums to be held against the reference's.
#[derive(Debug, Clone)]
pub(crate) struct Compared {
    pub(crate) sums: Vec<f64>,
    pub(crate) noise: Noise,
}

/// Which noise sums are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noise {
    /// The numbers that were given.
    Given,
    /// The numbers that the library draws for a batch.
    Batch(voidgrad::batch::Options),
    /// The numbers that the library draws for a training run of so many steps.
    Training { steps: u64 },
    /// The numbers that the library draws for so many steps with a plate of such numbers.
    Plates { steps: u64, precision: Precision },
}

/// What came out of a run.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// How many samples or steps were made.
    pub(crate) samples: u64,
    /// The sums over all of them.
    pub(crate) sums: Vec<f64>,
    /// The time by its own clock, where it runs in another process.
    pub(crate) seconds: Option<f64>,
}

impl Run {
    /// A run of this process.
    pub(crate) fn new(samples: u64, sums: Vec<f64>) -> Self {
        Self { samples, sums, seconds: None }
    }
}

/// An implementation, and what its rows say.
pub(crate) struct Contestant {
    pub(crate) case: Case,
    pub(crate) precision: Precision,
    /// `generated`, `scalar`, `hand-written`, …
    pub(crate) name: &'static str,
    pub(crate) implementation: Box<dyn Implementation>,
}

/// Generated code on lanes.
pub(crate) const GENERATED: &str = "generated";
/// Generated code, one number at a time.
pub(crate) const SCALAR: &str = "scalar";
/// The yardstick.
pub(crate) const HAND_WRITTEN: &str = "hand-written";
/// Dual numbers.
pub(crate) const NUM_DUAL: &str = "num-dual";

/// The names, in the order of the table.
pub(crate) const NAMES: [&str; 4] = [GENERATED, SCALAR, HAND_WRITTEN, NUM_DUAL];

/// Every implementation of a case in this process, in the order of the table.
pub(crate) fn contestants(case: Case, precision: Precision) -> Result<Vec<Contestant>, Error> {
    let mut contestants = Vec::new();
    for name in NAMES {
        if let Some(implementation) = implementation(name, case, precision)? {
            contestants.push(Contestant { case, precision, name, implementation });
        }
    }
    Ok(contestants)
}

/// One of [`NAMES`], unless there is none of the case in these numbers. A new one is a line here.
fn implementation(
    name: &str,
    case: Case,
    precision: Precision,
) -> Result<Option<Box<dyn Implementation>>, Error> {
    if let Case::Vae(method) = case {
        return match name {
            GENERATED => Ok(Some(vae::of(method, precision))),
            HAND_WRITTEN => by_hand::of(case, precision),
            _ => Ok(None),
        };
    }
    match name {
        GENERATED if case == Case::Step => Ok(training::of(precision, Instructions::Best)),
        SCALAR if case == Case::Step => Ok(training::of(precision, Instructions::Scalar)),
        GENERATED => generated::of(case, precision, Instructions::Best),
        SCALAR => generated::of(case, precision, Instructions::Scalar),
        NUM_DUAL => num_dual::of(case, precision).map(Some),
        _ => by_hand::of(case, precision),
    }
}

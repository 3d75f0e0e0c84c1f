//! The command line.

use std::path::PathBuf;

use clap::Parser;
use voidgrad::error::InvalidParameter;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Disarm, ReinforceEma, Rloo};

/// Trains a variational autoencoder of handwritten digits on the ranks of an MPI job.
///
/// `mpirun -n 4 train_vae --output DIR`. The same options give the same bytes of DIR/checkpoint.safetensors for every number of ranks and threads, and so does a training that was ended and resumed.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// The directory of the checkpoint, which is made if it is missing.
    #[arg(long)]
    pub output: PathBuf,
    /// Go on from the checkpoint in the directory.
    #[arg(long)]
    pub resume: bool,
    /// Steps of the whole training.
    #[arg(long, default_value_t = 1_000)]
    pub steps: u64,
    /// Images in a step. A rank has a multiple of 64 of them.
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=1_500))]
    pub batch: u16,
    /// The estimator of the encoder's gradient.
    #[arg(long, value_enum, default_value_t = Method::Disarm)]
    pub estimator: Method,
    /// The seed of parameters, noise and batches.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(..1 << 53))]
    pub seed: u64,
    /// Steps between two checkpoints.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Threads of each rank; by default, the ranks of a machine share its cores.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
}

/// An estimator with its usual settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    /// `DisARM` with two samples.
    Disarm,
    /// REINFORCE with the mean of three other samples.
    Rloo,
    /// REINFORCE with a moving average, which the checkpoint has.
    ReinforceEma,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Disarm => "disarm",
            Self::Rloo => "rloo",
            Self::ReinforceEma => "reinforce-ema",
        }
    }

    pub fn estimator(self) -> Result<AnyEstimator, InvalidParameter> {
        Ok(match self {
            Self::Disarm => Box::new(Disarm::new(2)?),
            Self::Rloo => Box::new(Rloo::new(4)?),
            Self::ReinforceEma => Box::new(ReinforceEma::new(0.99)?),
        })
    }
}

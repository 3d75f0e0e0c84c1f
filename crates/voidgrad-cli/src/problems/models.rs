//! The problems that are built only when they are asked for, since their models take minutes to build: their lines, and their options.

use std::path::PathBuf;

use clap::Args;

use super::{Row, Train};
use crate::cli::CompareArguments;
use crate::cli::value::count;
use voidgrad_kit::error::Error;

/// The line of `vae`.
pub(super) const VAE: Row = Row {
    name: "vae",
    about: "a variational autoencoder with binary latent variables, on handwritten digits or a file of images",
    options: &[
        "estimator",
        "evaluations",
        "auto-costs",
        "batch",
        "control-optimiser",
        "control-learning-rate",
        "latents",
        "model",
        "bound",
        "data",
        "test-data",
        "samples",
    ],
    train: TRAIN,
};

/// `compare` of one problem.
pub(crate) type Compare = fn(&CompareArguments) -> Result<(), Error>;

#[cfg(feature = "models")]
const TRAIN: Option<Train> = Some(crate::training::train::<super::vae::Experiment>);
/// `compare --problem vae`, if this program was built with it.
#[cfg(feature = "models")]
pub(crate) const COMPARE_VAE: Option<Compare> = Some(super::vae::compare);

#[cfg(not(feature = "models"))]
const TRAIN: Option<Train> = None;
/// `compare --problem vae`, if this program was built with it.
#[cfg(not(feature = "models"))]
pub(crate) const COMPARE_VAE: Option<Compare> = None;

/// The largest number of latent variables: more matrices than that fill a memory.
const LARGEST_LATENTS: u64 = 1_000_000;

/// The most samples of a bound.
const LARGEST_BOUND: u64 = 10_000;

/// What a model is trained on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --problem vae")]
#[group(id = "objective")]
pub(crate) struct Objective {
    /// Train on the importance-weighted bound of K samples instead of the ELBO, with the estimators of its gradient: vimco,
    /// which evaluates f K times for an image, local-disarm, 2K times, and local-arms, 3K times
    #[arg(long, value_name = "K", value_parser = count(2, LARGEST_BOUND), allow_hyphen_values = true)]
    pub(crate) bound: Option<u64>,
}

/// The model and its images.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of --problem vae")]
#[group(id = "vae")]
pub(crate) struct Options {
    /// Latent variables in each layer [default: 32; to compare 10, of which there is an exact gradient, or 5 in each of two layers]
    #[arg(long, value_name = "M", value_parser = count(1, LARGEST_LATENTS), allow_hyphen_values = true)]
    pub(crate) latents: Option<u64>,
    /// The model: linear; nonlinear with two hidden layers of 64 tanh units on either side; or two-stochastic, with two linear
    /// layers of latent variables, for estimators that need values of f alone [default: linear]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Images to train on: an idx file of bytes, as MNIST's are, or a table of comma-separated numbers with an image in each
    /// line, and names in the first line if you like; a column called label is left out. A pixel is black from half of the
    /// range of the numbers on. The last sixth of the images is not trained on, and tests the model [default: 1,500
    /// handwritten digits of 8 × 8 pixels, and 297 to test]
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Images to test the model with, so that all of --data are trained on
    #[arg(long, value_name = "FILE")]
    pub(crate) test_data: Option<PathBuf>,
}

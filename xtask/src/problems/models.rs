//! The lines of the problems that are built only when they are asked for, since their models take minutes to build.

use super::{Row, Train};

/// The line of `vae`.
pub(super) const VAE: Row = Row {
    name: "vae",
    about: "a variational autoencoder with binary latent variables, on handwritten digits or a file of images",
    options: &["batch", "control-learning-rate", "latents", "model", "data", "test-data", "samples"],
    train: TRAIN,
};

#[cfg(feature = "models")]
const TRAIN: Option<Train> = Some(crate::training::train::<super::vae::Experiment>);

#[cfg(not(feature = "models"))]
const TRAIN: Option<Train> = None;

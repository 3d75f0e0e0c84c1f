//! The models that `voidgrad train` trains, behind one [`Model`]: the annotated functions, and what the macros make of them.
//!
//! They are a package of their own because their kernels are most of what there is to compile, and because kernels without optimisation are a hundred times slower:
//! this package is optimised in every profile, as the library is.

mod linear;
mod model;
mod nonlinear;

use voidgrad::network::NetworkError;

pub use model::{At, Bars, Model, Relaxed, Shared};

/// Units of a hidden layer, in the nonlinear model and in RELAX's control.
pub const UNITS: usize = 64;

/// A model that can be chosen.
#[derive(Debug)]
pub struct Row {
    /// What `--model` calls it.
    pub name: &'static str,
    /// The model of so many latent variables and pixels. Its parameters are to be set.
    pub make: Make,
}

/// Makes a model.
pub type Make = fn(latents: usize, pixels: usize) -> Result<Box<dyn Model>, NetworkError>;

/// All models, the default first: a line for each.
pub const MODELS: [Row; 2] =
    [Row { name: LINEAR, make: linear::model }, Row { name: "nonlinear", make: nonlinear::model }];

/// One linear layer on either side: its decoder has columns to look at.
pub const LINEAR: &str = "linear";

//! The models that `voidgrad train` trains, behind one [`Model`]: the annotated functions, and what the macros make of them.
//!
//! They are a package of their own because their kernels are most of what there is to compile, and because kernels without optimisation are a hundred times slower:
//! this package is optimised in every profile, as the library is.

mod linear;
mod model;
mod nonlinear;
mod two_stochastic;

use voidgrad::network::NetworkError;

pub use model::{At, Bars, Controls, Model, Relaxed, Second, Shared};

/// Units of a hidden layer, in the nonlinear model and in RELAX's control.
pub const UNITS: usize = 64;

/// A model that can be chosen.
#[derive(Debug)]
pub struct Row {
    /// What `--model` calls it.
    pub name: &'static str,
    /// Layers of latent variables: 1 or 2.
    pub layers: usize,
    /// Whether the decoder of the pixels is a matrix with a column for each latent variable, the first of its parameters.
    pub has_columns: bool,
    /// The model of so many latent variables in a layer, and pixels. Its parameters are to be set.
    pub make: Make,
}

/// Makes a model.
pub type Make = fn(latents: usize, pixels: usize) -> Result<Box<dyn Model>, NetworkError>;

/// All models, the default first: a line for each.
pub const MODELS: [Row; 3] = [
    Row { name: "linear", layers: 1, has_columns: true, make: linear::model },
    Row { name: "nonlinear", layers: 1, has_columns: false, make: nonlinear::model },
    Row { name: "two-stochastic", layers: 2, has_columns: true, make: two_stochastic::model },
];

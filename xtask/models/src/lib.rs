//! The models that `cargo xtask train` trains, behind one [`Model`]: the annotated functions, and what the macros make of them.
//!
//! They are a package of their own because their kernels are most of what there is to compile, and because kernels without optimisation are a hundred times slower:
//! this package is optimised in every profile, as the library is.

mod instance;
mod model;

pub use instance::{At, Bars, Model, Relaxed, Shared};
pub use model::{LINEAR, MODELS, Row};

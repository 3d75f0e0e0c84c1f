//! Unbiased, low-variance gradients of expectations over discrete random variables.
//!
//! For independent `b_m ~ Bernoulli(θ_m)` and any objective `f`, the gradient of `E[f(b)]` is estimated from single
//! samples. A control variate `c_φ` takes the noise out, and `φ` itself is trained on the variance:
//!
//! - [`Bernoulli`] is the distribution, with its reparameterisation in [`bernoulli::logit`] and
//!   [`bernoulli::probability`]; [`Categorical`] and [`Gaussian`] are its relatives;
//! - [`controls`] holds the control variates: none (REINFORCE), a constant, REBAR, RELAX;
//! - [`estimate`] is the one estimator that all of them share;
//! - [`variance`] says how good it is, exactly where that can be done;
//! - [`estimators`] implements the published estimators behind one trait, and [`guide::which_estimator`] says which to use;
//! - [`batch`] draws many samples at once, on SIMD lanes and all cores ([`guide::batches`]);
//! - [`train`](mod@train) minimises `E[f(b)]`, and the variance along with it.
//!
//! ```
//! use voidgrad::controls::Rebar;
//! use voidgrad::{Bernoulli, Noise, estimate};
//!
//! let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.6])?;
//! let objective = |b: &[f64]| (b[0] - 0.499).powi(2) + b[0] * b[1];
//! let control = Rebar::new(0.5, 0.5, 0.499)?;
//! let noise = Noise::new(&[0.2, 0.7], &[0.9, 0.4])?;
//! let estimate = estimate(&bernoulli, &objective, &control, noise)?;
//! assert_eq!(estimate.b, [0.0, 1.0]);
//! assert_eq!(estimate.gradient.len(), 2);
//! assert_eq!(estimate.jacobian(&control).shape(), (2, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An estimator is a pure function: its noise is an argument ([`Noise`]), and generators are the caller's business.
//! [`Stream`] is one whose results are the same for every number of threads.

extern crate self as voidgrad;

pub mod batch;
pub mod bernoulli;
pub mod categorical;
mod compose;
mod control;
pub mod controls;
pub mod distribution;
mod elementwise;
pub mod error;
pub mod estimator;
pub mod estimators;
mod flat;
pub mod gaussian;
pub mod guide;
mod kernel;
mod lanes;
mod matrix;
pub mod noise;
pub mod objective;
pub mod optimise;
#[cfg(test)]
mod quadrature;
mod recurrence;
pub mod toy;
pub mod train;
pub mod variance;

pub use nalgebra;
pub use voidgrad_macros::{control, differentiate};
pub use voidgrad_real::{
    Real, log_sigmoid, log_sum_exp, log1mexp, logaddexp, logit, relu, sigmoid, softmax, softplus,
};

pub use batch::Plate;
pub use bernoulli::Bernoulli;
pub use categorical::Categorical;
pub use control::{BatchControl, Control};
pub use distribution::Distribution;
pub use estimator::{Estimator, Round};
pub use estimators::{Estimate, estimate};
pub use gaussian::Gaussian;
pub use noise::{Noise, Stream};
pub use objective::Objective;
pub use train::{Trainer, train};

/// What generated code names, and nothing else may: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use nalgebra::{self, DMatrix, DVector, SMatrix, SVector};
    pub use voidgrad_real::*;

    pub use crate::compose::*;
    pub use crate::control::{BatchControl, Control};
    pub use crate::error::{InvalidParameter, ShapeMismatch};
    pub use crate::kernel::{ArrayKernel, Chunk, Drawn, Kernel, Steps, arrays, fused, sample, steps};
    pub use crate::matrix::{Scalar, array, dmatrix, dvector, matrix, same_length, sum, vector};
    pub use crate::recurrence::*;

    pub mod elementwise {
        pub use crate::elementwise::*;
    }
    pub mod flat {
        pub use crate::flat::*;
    }
    pub mod kernel {
        pub use crate::kernel::{
            add_outer, add_row, append, entries, log_sum_exp, product, row, scale, set_row,
            transposed_product,
        };
    }
}

//! Unbiased, low-variance gradients of expectations over discrete random variables.
//!
//! Given `b ~ p(b; a)` with parameters `a` and any function `f`, this crate estimates `∂/∂a E[f(b)]` from a few values of f. f may be a
//! closure, a model on a minibatch, or a simulator on another machine: it is never differentiated, unless you choose an estimator that wants
//! its gradient.
//!
//! # One estimate
//!
//! A [`Distribution`] holds the parameters, an [`Estimator`] decides at which points it wants f, and a [`Round`] is the memory of both:
//!
//! ```
//! use voidgrad::estimators::Rloo;
//! use voidgrad::{Bernoulli, Round, Stream};
//!
//! let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.6])?;
//! let f = |b: &[f64]| (b[0] - 0.499).powi(2) + b[0] * b[1];
//!
//! let (mut estimator, mut stream, mut round) = (Rloo::new(2)?, Stream::new(7, 0, 0), Round::new());
//! round.draw(&estimator, &bernoulli, &mut stream)?; // asks: two samples b
//! round.evaluate(&f)?; // or write `round.values_mut()` yourself
//! round.tell(&mut estimator, &bernoulli)?;
//! assert_eq!(round.gradient().len(), 2); // ĝ, with respect to the logits
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`estimators`] implements the published estimators, and [`guide::which_estimator`] says which to use. [`Plate`] does the same for many
//! examples at once, [`batch::Batch`] for many samples on SIMD lanes, and [`variance`] computes how good an estimator is.
//!
//! # One training
//!
//! [`train`](fn@train) moves the parameters downhill, and those of a control variate with them:
//!
//! ```
//! use voidgrad::controls::RelaxLinear;
//! use voidgrad::train::{Settings, Step};
//! use voidgrad::{Bernoulli, Stream, train};
//!
//! let start = Bernoulli::from_probabilities(&[0.5])?;
//! let f = |b: &[f64]| (b[0] - 0.4).powi(2);
//! // RELAX: the relaxed f and a small network, trained on the variance of ĝ.
//! let control = RelaxLinear::draw(0.5, 0.4, &mut Stream::new(1, 0, u64::MAX))?;
//! let settings = Settings { iterations: 2_000, learning_rate: 0.05, ..Settings::default() };
//! let end = train(start, &f, control, &settings, 0, &mut |_: &Step<'_>| ())?;
//! assert!(end.distribution.probabilities()[0] < 0.1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Trainer`] is a loop of your own, over named blocks of parameters, with optimisers, schedules and a state that is data.
//!
//! # One control of your own
//!
//! A control variate is a function of `z`, the relaxed sample, and of its own parameters. [`#[control]`](macro@control) writes its
//! derivatives when the program is compiled, in closed form, and makes it an estimator:
//!
//! ```
//! use voidgrad::{Bernoulli, Round, Stream, control, sigmoid};
//!
//! /// A smooth step between two heights.
//! #[control(positive(lambda))]
//! fn ramp(z: f64, left: f64, right: f64, lambda: f64) -> f64 {
//!     let s = sigmoid(z / lambda);
//!     left * (1.0 - s) + right * s
//! }
//!
//! let mut control = Ramp::new(0.2, 0.3, 0.5)?;
//! let bernoulli = Bernoulli::from_probabilities(&[0.3])?;
//! let mut round = Round::new();
//! round.draw(&control, &bernoulli, &mut Stream::new(7, 0, 0))?;
//! round.evaluate(&|b: &[f64]| (b[0] - 0.499).powi(2))?;
//! round.tell(&mut control, &bernoulli)?;
//! // By left, right and ln λ: what descends the variance of ĝ.
//! assert_eq!(round.variance_gradient().len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`#[differentiate]`](macro@differentiate) does the same for any function of numbers, arrays and matrices.
//!
//! # A model
//!
//! [`#[network]`](macro@network) makes of a function of one row a struct of its parameters, with [values and derivatives](mod@network) of many rows at once: an encoder and a decoder,
//! for example. A [`Plate`] estimates the gradient of the encoder, and a [`Trainer`] moves both.
//!
//! # From here
//!
//! - [`guide`]: the language of annotated functions, the estimators compared, batches, measurements;
//! - [`bernoulli`], [`categorical`], [`gaussian`], [`subset`], [`chain`], [`plackett_luce`], [`counts`]: the distributions, with their reparameterisations: independent variables, subsets, sequences, rankings and counts;
//! - [`controls`], [`estimators`]: what is ready-made;
//! - [`control_learning`]: learners of a control's parameters: least squares, and replay of remembered evaluations;
//! - [`objective`]: objectives with gradients, per example, and in batches that may fail;
//! - [`rollout`]: decisions in sequence, and gradients of the expected return of a policy;
//! - [`search`]: search among bits by values of f that are only compared;
//! - [`noise`]: streams of random numbers that have names, so that every result is the same for every number of threads;
//! - [`ranks`]: batches and trainings on several machines, with the bits of one;
//! - [`slices`]: `softplus`, `exp` and the like of many numbers, on SIMD lanes.

extern crate self as voidgrad;

#[doc(hidden)]
pub mod annotated;
pub mod batch;
pub mod bernoulli;
pub mod categorical;
pub mod chain;
mod compose;
mod control;
pub mod control_learning;
pub mod controls;
pub mod counts;
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
mod lengths;
mod matrix;
pub mod network;
pub mod noise;
pub mod objective;
pub mod optimise;
pub mod plackett_luce;
#[cfg(test)]
mod quadrature;
pub mod ranks;
mod recurrence;
pub mod rollout;
pub mod search;
pub mod slices;
pub mod subset;
mod tasks;
pub mod toy;
pub mod train;
mod tree;
pub mod variance;

pub use lanes::Float;
pub use nalgebra;
pub use voidgrad_macros::{control, differentiate, network};
pub use voidgrad_real::functions::*;
pub use voidgrad_real::{Real, log_sum_exp, softmax};

// Distributions and what is averaged over them.
pub use bernoulli::Bernoulli;
pub use categorical::Categorical;
pub use chain::Chain;
pub use distribution::{ClosedForms, Distribution};
pub use gaussian::Gaussian;
pub use objective::Objective;
pub use plackett_luce::PlackettLuce;
pub use subset::Subset;

// Noise.
pub use noise::{Noise, Stream};

// Estimates.
pub use batch::Plate;
pub use control::{BatchControl, Control};
pub use estimator::{Estimator, Round};
pub use estimators::{Estimate, estimate};

// Training.
pub use train::{Trainer, train};

/// What generated code names, and nothing else may: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use nalgebra::{self, DMatrix, DVector, SMatrix, SVector};
    pub use voidgrad_macros::resume;
    pub use voidgrad_real::*;

    pub use crate::compose::*;
    pub use crate::control::{AtExample, BatchControl, Control, OfExamples};
    pub use crate::error::{ControlError, InvalidParameter, ShapeMismatch};
    pub use crate::kernel::{
        Along, AlongKernel, ArrayKernel, Chunk, Drawn, ExampleKernel, Examples, Kernel, RowKernel, Steps,
        along, arrays, examples, fused, sample, steps,
    };
    pub use crate::matrix::{Scalar, array, dmatrix, dvector, matrix, same_length, sum, vector};
    pub use crate::noise::Stream;
    pub use crate::recurrence::*;

    pub mod elementwise {
        pub use crate::elementwise::*;
    }
    pub mod flat {
        pub use crate::flat::*;
    }
    pub mod lengths {
        pub use crate::lengths::*;
    }
    pub mod network {
        pub use crate::lanes::Float;
        pub use crate::network::generated::*;
        pub use crate::network::start::{Start, drawn};
        pub use crate::network::{Network, NetworkError, Parameter, Rows, Shape};
    }
    pub mod kernel {
        pub use crate::kernel::{
            ExampleLayout, Layout, PanelProduct, Total, add_outer, add_row, append, append_direction,
            append_scaled, entries, keep, log_sum_exp, product, row, scale, set_row, transposed_product,
        };
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

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
//! - [`estimators`] holds those of the field on one interface, and [`guide::which_estimator`] says which to use;
//! - [`batch`] draws many samples at once, on SIMD lanes and all cores ([`guide::batches`]);
//! - [`train`](mod@train) minimises `E[f(b)]`, and the variance along with it.
//!
//! ```
//! use voidgrad::{Bernoulli, Noise, Rebar, estimate};
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
pub mod compose;
pub mod control;
pub mod controls;
pub mod distribution;
pub mod elementwise;
pub mod error;
pub mod estimator;
pub mod estimators;
pub mod flat;
pub mod gaussian;
pub mod guide;
pub mod kernel;
mod lanes;
pub mod matrix;
pub mod noise;
pub mod objective;
pub mod optimise;
pub mod quadrature;
pub mod recurrence;
pub mod train;
pub mod variance;

pub use nalgebra;
pub use nalgebra::{DMatrix, DVector, SMatrix, SVector};
pub use voidgrad_macros::{control, differentiate};
pub use voidgrad_real::*;

pub use bernoulli::Bernoulli;
pub use categorical::Categorical;
pub use compose::{Partial, SecondDirection, SecondPartial, partial, second_direction, second_partial};
pub use control::Control;
pub use controls::{Constant, Rebar, Relax, RelaxLinear, Zero};
pub use distribution::{Distribution, DistributionError};
pub use error::{InvalidParameter, ShapeMismatch};
pub use estimator::{Batch, Estimate, EstimateError, estimate, estimate_batch};
pub use estimators::{AnyEstimator, Draw, Estimator, METHODS, Method, Reinforce, Rloo, Setup};
pub use gaussian::Gaussian;
pub use kernel::{ArrayKernel, Kernel};
pub use matrix::{Scalar, array, dmatrix, dvector, matrix, same_length, sum, vector};
pub use noise::{BlockStream, Noise, NoiseError, Stream, Uniforms};
pub use objective::{Differentiable, MeanQuadratic, Objective, Smooth, quadratic};
pub use optimise::{Adam, Clip, Optimiser, Schedule, Sgd, StepError};
pub use quadrature::Tolerance;
pub use recurrence::{scan, scan_back, scan_end, scan_end_back, scan_vec, scan_vec_back};
pub use train::{Block, Gradients, Trainer, TrainerError, TrainerState};
pub use train::{Observer, Outcome, Settings, Step, TrainError, train};

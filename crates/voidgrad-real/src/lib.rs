//! The number trait of voidgrad.
//!
//! [`Real`] is what generated code computes with: `f32` and `f64`, and whatever else can add, multiply,
//! compare and choose without branching. Each primitive of the differentiator is one method of it, so the
//! arithmetic that runs in a program is the arithmetic that the engine's own tests evaluate.
//!
//! The crate is part of [voidgrad](https://docs.rs/voidgrad), which re-exports all of it.

mod arithmetic;
mod float;
pub mod functions;
mod lanes;
mod real;
mod reductions;

pub use functions::*;
pub use lanes::{Element, GeneratorState, Lanes, Pair, PairMask};
#[cfg(feature = "lanes")]
pub use lanes::{F32x16, F64x2, F64x8, Mask32x16, Mask64x2, Mask64x8};
pub use real::{Mask, Real};
pub use reductions::{log_sum_exp, log_sum_exp_of, softmax};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

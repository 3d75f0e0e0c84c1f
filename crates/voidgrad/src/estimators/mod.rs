//! The published estimators: one file each, and one table for each distribution.
//!
//! The tables ([`Listed`]) make the names of the command line, the table of the guide, and the tests that every estimator has to
//! pass. A new estimator is a file with its [`Method`], and a line in each table that it is for.
//! [The guide](crate::guide::which_estimator) says which to use. [`zero_mean`] has the controls that [`Mixed`] mixes, and the trait of one's own.
//!
#![doc = include_str!("table.md")]

mod control_variate;
mod cost;
mod joint;
mod leave_one_out;
mod method;
mod mixing;
mod pair;
mod sticks;
mod tables;

pub mod arm;
pub mod arms;
pub mod asking;
pub mod auto;
pub mod bit_flip;
pub mod coupled;
pub mod disarm;
pub mod double_cv;
pub mod enumerate;
pub mod gapped;
pub mod gumbel;
pub mod lax;
pub mod local_disarm;
pub mod local_expectation;
pub mod measure_valued;
pub mod mixed;
pub mod muprop;
pub mod rao_blackwell;
pub mod rebar;
pub mod rebar_coupled;
pub mod reinforce;
pub mod reinforce_ema;
pub mod reinforce_optimal;
pub mod reinmax;
pub mod relax;
pub mod relax_basis;
pub mod relax_coupled;
pub mod relax_linear;
pub mod relax_loo;
pub mod relax_perceptron;
pub mod rloo;
pub mod rodeo;
pub mod simple;
pub mod straight_through;
pub mod unordered_set;
pub mod vimco;
pub mod zero_mean;

/// The estimator of [`estimate`](crate::estimate()), for categorical variables.
pub mod categorical {
    pub use super::control_variate_categorical::{Estimate, estimate};
}
mod control_variate_categorical;

use crate::distribution::Distribution;
use crate::error::InvalidParameter;
pub(crate) use leave_one_out::leave_one_out;

pub use arm::Arm;
pub use arms::Arms;
pub use asking::Asking;
pub use auto::{Auto, AutoError, Criterion};
pub use bit_flip::BitFlip;
pub use control_variate::{Estimate, estimate};
pub use cost::{Cost, Count};
pub use coupled::Coupled;
pub use disarm::Disarm;
pub use double_cv::DoubleCv;
pub use enumerate::Enumerate;
pub use gapped::Gapped;
pub use gumbel::Gumbel;
pub use lax::Lax;
pub use local_disarm::LocalDisarm;
pub use local_expectation::{LocalExpectation, LocalExpectationByFlips};
pub use measure_valued::MeasureValued;
pub use method::{Bias, Method, MethodError, Needs, Setup, table};
pub use mixed::Mixed;
pub use muprop::MuProp;
pub use rao_blackwell::RaoBlackwell;
pub use reinforce::Reinforce;
pub use reinforce_ema::ReinforceEma;
pub use reinforce_optimal::ReinforceOptimal;
pub use reinmax::ReinMax;
pub use relax_loo::RelaxLoo;
pub use rloo::Rloo;
pub use rodeo::Rodeo;
pub use simple::Simple;
pub use straight_through::StraightThrough;
pub use tables::{Listed, Row, distributions, methods, of_bounds};
pub use unordered_set::UnorderedSet;
pub use vimco::Vimco;

/// K of an estimator that takes several samples.
fn several(samples: u64) -> Result<usize, InvalidParameter> {
    count(samples, 2, "from 2 to 1000000")
}

/// K of an estimator that takes as many samples as this, or more.
fn count(samples: u64, least: usize, allowed: &'static str) -> Result<usize, InvalidParameter> {
    match usize::try_from(samples) {
        Ok(count) if (least..=1_000_000).contains(&count) => Ok(count),
        _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
    }
}

/// The factor by which a moving average forgets.
pub(crate) fn decay(decay: f64) -> Result<f64, InvalidParameter> {
    let allowed = "a number in [0, 1)";
    if (0.0..1.0).contains(&decay) {
        Ok(decay)
    } else {
        Err(InvalidParameter { name: "decay", value: decay, allowed })
    }
}

/// An average moved by this share of its distance from a value. The distance of two finite numbers may be larger than an `f64` holds;
/// half of it is not.
pub(crate) fn towards(average: f64, value: f64, share: f64) -> f64 {
    let half = (0.5 * value - 0.5 * average) * share;
    (average + half) + half
}

/// Writes as many independent samples as there is noise for, row by row.
#[inline(always)]
fn samples(distribution: &impl Distribution, noise: &[f64], points: &mut [f64]) {
    let (uniforms, dimension) = (distribution.uniforms(), distribution.dimension());
    for (u, b) in noise.chunks_exact(uniforms).zip(points.chunks_exact_mut(dimension)) {
        distribution.sample(u, b);
    }
}

#[cfg(test)]
pub(crate) mod tests;

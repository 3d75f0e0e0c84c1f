//! The estimators: one file each, and one list.
//!
//! The list, [`METHODS`], makes the names of the command line, the table of the guide, and the tests that each has to
//! pass. A new estimator is a file with its [`Method`], and a line of the list. The method says which distributions the
//! estimator is for and makes it for each; those written for every [`Distribution`] are for all.
//! [The guide](crate::guide::which_estimator) says which to use.
//!
#![doc = include_str!("table.md")]

mod draw;
mod estimator;
mod leave_one_out;
mod method;
mod pair;

pub mod arm;
pub mod arms;
pub mod coupled;
pub mod disarm;
pub mod double_cv;
pub mod enumerate;
pub mod gumbel;
pub mod lax;
pub mod local_expectation;
pub mod muprop;
pub mod rebar;
pub mod rebar_coupled;
pub mod reinforce;
pub mod reinforce_ema;
pub mod reinforce_optimal;
pub mod reinmax;
pub mod relax;
pub mod relax_coupled;
pub mod relax_linear;
pub mod relax_loo;
pub mod rloo;
pub mod rule;
pub mod straight_through;

use crate::distribution::Distribution;
use crate::error::InvalidParameter;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate_with_gradient};
use leave_one_out::leave_one_out;
use pair::Pair;

pub use arm::Arm;
pub use arms::Arms;
pub use coupled::Coupled;
pub use disarm::Disarm;
pub use double_cv::DoubleCv;
pub use draw::{Draw, Memory};
pub use enumerate::Enumerate;
pub use estimator::{AnyEstimator, Estimator};
pub use gumbel::Gumbel;
pub use lax::Lax;
pub use local_expectation::LocalExpectation;
pub use method::{Bias, Make, MakeFor, Method, MethodError, Needs, Setup, table};
pub use muprop::MuProp;
pub use reinforce::Reinforce;
pub use reinforce_ema::ReinforceEma;
pub use reinforce_optimal::ReinforceOptimal;
pub use reinmax::ReinMax;
pub use relax_loo::RelaxLoo;
pub use rloo::Rloo;
pub use rule::Rule;
pub use straight_through::StraightThrough;

/// All estimators.
///
/// ```
/// use voidgrad::estimators::{METHODS, Setup};
/// use voidgrad::{Bernoulli, Stream};
/// let bernoulli = Bernoulli::from_logits(&[0.0; 3])?;
/// let setup = Setup { evaluations: Some(4), ..Setup::default() };
/// for method in METHODS {
///     let Some(make) = method.bernoulli else { continue };
///     let estimator = make(&setup, &mut Stream::new(0, 0, 0))?;
///     println!("{}: {} evaluations", method.name, estimator.evaluations(&bernoulli));
/// }
/// # Ok::<(), voidgrad::InvalidParameter>(())
/// ```
pub const METHODS: &[&Method] = &[
    &reinforce::METHOD,
    &reinforce_ema::METHOD,
    &reinforce_optimal::METHOD,
    &rloo::METHOD,
    &arm::METHOD,
    &disarm::METHOD,
    &arms::METHOD,
    &double_cv::METHOD,
    &muprop::METHOD,
    &local_expectation::METHOD,
    &enumerate::METHOD,
    &rebar::METHOD,
    &rebar_coupled::METHOD,
    &relax::METHOD,
    &relax_linear::METHOD,
    &relax_coupled::METHOD,
    &relax_loo::METHOD,
    &lax::METHOD,
    &straight_through::METHOD,
    &gumbel::METHOD,
    &reinmax::METHOD,
];

/// K, where an estimator takes several samples.
fn several(samples: u64) -> Result<usize, InvalidParameter> {
    let allowed = "from 2 to 1000000";
    match usize::try_from(samples) {
        Ok(count) if (2..=1_000_000).contains(&count) => Ok(count),
        _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
    }
}

/// The factor by which a moving average forgets.
fn decay(decay: f64) -> Result<f64, InvalidParameter> {
    let allowed = "a number in [0, 1)";
    if (0.0..1.0).contains(&decay) {
        Ok(decay)
    } else {
        Err(InvalidParameter { name: "decay", value: decay, allowed })
    }
}

/// An average moved by this share of its distance from a value. The distance of two finite numbers may be larger than an `f64` holds;
/// half of it is not.
fn towards(average: f64, value: f64, share: f64) -> f64 {
    let half = (0.5 * value - 0.5 * average) * share;
    (average + half) + half
}

/// A sample b, and `∇f(b)` in the place of the gradient; `f(b)` is written.
fn gradient_at_sample<'d>(
    distribution: &impl Distribution,
    objective: &dyn Objective,
    noise: Uniforms<'_>,
    draw: &'d mut Draw,
) -> Result<(&'d [f64], &'d mut [f64]), EstimateError> {
    let Draw { gradient, f, memory } = draw;
    let b: &mut Vec<f64> = memory.of(Vec::new);
    b.resize(distribution.dimension(), 0.0);
    distribution.draw(&noise, b);
    *f = evaluate_with_gradient(objective, b, gradient)?;
    Ok((b, gradient))
}

/// Refuses an objective that gives values only.
fn has_gradient(objective: &dyn Objective) -> Result<(), EstimateError> {
    objective.differentiable().map(drop).ok_or(EstimateError::NoGradient)
}

#[cfg(test)]
mod tests;

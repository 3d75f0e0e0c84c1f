//! The estimators: one file each, and one list.
//!
//! The list, [`METHODS`], makes the names of the command line, the table of the guide, and the tests that each has to
//! pass. A new estimator is a file with its [`Method`], and a line of the list.

mod draw;
mod estimator;
mod method;

pub mod rebar;
pub mod reinforce;
pub mod relax;
pub mod relax_linear;
pub mod rloo;

use crate::error::InvalidParameter;

pub use draw::{Draw, Memory};
pub use estimator::{AnyEstimator, Estimator};
pub use method::{Bias, Make, Method, Needs, Setup};
pub use reinforce::Reinforce;
pub use rloo::Rloo;

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
pub const METHODS: &[&Method] =
    &[&reinforce::METHOD, &rloo::METHOD, &rebar::METHOD, &relax::METHOD, &relax_linear::METHOD];

/// K, where an estimator takes several samples.
fn several(samples: u64) -> Result<usize, InvalidParameter> {
    let allowed = "from 2 to 1000000";
    match usize::try_from(samples) {
        Ok(count) if (2..=1_000_000).contains(&count) => Ok(count),
        _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
    }
}

//! Search for the minimum of f among bits, by samples whose values are only compared.
//!
//! [`weights`] turns the K values of f in a round into weights that depend on their order alone. [`Pbil`] moves the probabilities of Bernoulli variables by them. An increasing function of f, such as its
//! logarithm, is searched in the same way as f, to the bit.

mod error;
mod pbil;
#[cfg(test)]
mod tests;
mod weights;

pub use error::SearchError;
pub use pbil::{Found, Pbil, PbilState, Settings};
pub use weights::weights;

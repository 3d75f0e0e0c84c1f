//! What a law of counts is.

use std::fmt::Debug;

use crate::noise::Node;

/// The law of one count b with a parameter a: its functions of one variable.
///
/// All are given an a in the [range](Self::RANGE), and counts that the law [takes](Self::takes).
pub trait Law: Debug + Clone + PartialEq + Send + Sync + 'static {
    /// What messages call the counts.
    const NAME: &'static str;
    /// What messages call a.
    const PARAMETER: &'static str;
    /// The least and the largest a.
    const RANGE: (f64, f64);
    /// The range in words.
    const ALLOWED: &'static str;

    /// The largest count, if there is one.
    fn most(&self) -> Option<u32>;

    /// `ln p(b|a)`.
    fn ln_p(&self, b: f64, a: f64) -> f64;

    /// `∂/∂a ln p(b|a)`.
    fn score(&self, b: f64, a: f64) -> f64;

    /// The count that a uniform number makes.
    fn count(&self, u: f64, a: f64) -> f64;

    /// `E[b]`.
    fn mean(&self, a: f64) -> f64;

    /// The most probable count, and of two the smaller one.
    fn mode(&self, a: f64) -> f64;

    /// `-E[ln p(b|a)]`, in nats.
    fn entropy(&self, a: f64) -> f64;

    /// `∂/∂a` of the entropy.
    fn entropy_d_a(&self, a: f64) -> f64;

    /// `E[ln p(b|a) - ln p(b|a')]`, in nats.
    fn kl(&self, a: f64, a_other: f64) -> f64;

    /// `∂/∂a` of the divergence.
    fn kl_d_a(&self, a: f64, a_other: f64) -> f64;

    /// `∂/∂a'` of the divergence.
    fn kl_d_a_other(&self, a: f64, a_other: f64) -> f64;

    /// Numbers u that stand for all of them, if the counts are few.
    fn nodes(&self, _a: f64) -> Option<Vec<Node>> {
        None
    }

    /// Whether b is a count of this law.
    fn takes(&self, b: f64) -> bool {
        b >= 0.0 && b.fract() == 0.0 && self.most().is_none_or(|most| b <= f64::from(most))
    }
}

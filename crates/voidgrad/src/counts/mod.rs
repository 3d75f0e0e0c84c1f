//! Counts.
//!
//! [`Counts`] are M independent numbers from 0 on, whose [`Law`] is [`Poisson`], [`Geometric`] or [`Binomial`]: numbers of events, of trials until a success, and of successes.

mod binomial;
mod distribution;
mod geometric;
mod law;
mod poisson;
#[cfg(test)]
pub(crate) mod tests;
mod window;

pub use binomial::Binomial;
pub use geometric::Geometric;
pub use law::Law;
pub use poisson::Poisson;

use crate::error::{DistributionError, InvalidParameter, ShapeMismatch};

/// The largest rate of a Poisson number, and the largest number of trials of a binomial one: entropies are sums of as many terms as the count is uncertain.
pub const LARGEST_COUNT: u32 = 1_000_000;

/// M independent counts with one law, and a parameter a each.
///
/// A sample b has M entries, whole numbers from 0 on.
///
/// | law | `p(b)` | a |
/// |---|---|---|
/// | [`Poisson`] | `e^-λ·λ^b/b!` | `ln λ`, the logarithm of the rate |
/// | [`Geometric`] | `θ·(1 - θ)^b` | the logit of θ, the probability to stop |
/// | [`Binomial`] | `C(n, b)·θ^b·(1 - θ)^(n-b)` | the logit of θ, the probability of a success |
///
/// ```
/// use voidgrad::counts::{Counts, Poisson};
/// use voidgrad::{ClosedForms, Distribution};
/// let events = Counts::new(Poisson, &[3.0_f64.ln(), 0.5_f64.ln()])?;
/// assert!((events.ln_p(&[2.0, 0.0])? - (4.5_f64.ln() - 3.5)).abs() < 1e-14);
/// let mut mean = [0.0; 2];
/// events.mean(&mut mean);
/// assert!((mean[0] - 3.0).abs() < 1e-14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Counts<L: Law> {
    law: L,
    a: Vec<f64>,
}

impl<L: Law> Counts<L> {
    /// Counts with these parameters, M of them.
    ///
    /// # Errors
    /// Returns an error if there is no parameter, or if one is not in the law's [range](Law::RANGE).
    ///
    /// ```
    /// use voidgrad::counts::{Counts, Poisson};
    /// let error = Counts::new(Poisson, &[20.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "ln λ = 20 is not a number from -700 to 13.8, the logarithm of a million");
    /// ```
    pub fn new(law: L, a: &[f64]) -> Result<Self, DistributionError> {
        if a.is_empty() {
            let allowed = "at least 1";
            return Err(InvalidParameter { name: "number of variables", value: 0.0, allowed }.into());
        }
        let mut counts = Self { law, a: vec![0.0; a.len()] };
        counts.assign(a)?;
        Ok(counts)
    }

    /// Gives the counts other parameters; if they are refused, nothing has changed.
    fn assign(&mut self, a: &[f64]) -> Result<(), DistributionError> {
        if a.len() != self.len() {
            return Err(ShapeMismatch { name: L::PARAMETER, found: a.len(), expected: self.len() }.into());
        }
        let (least, most) = L::RANGE;
        if let Some(&value) = a.iter().find(|a| !(least..=most).contains(*a)) {
            return Err(InvalidParameter { name: L::PARAMETER, value, allowed: L::ALLOWED }.into());
        }
        self.a.copy_from_slice(a);
        Ok(())
    }

    /// The law.
    pub fn law(&self) -> &L {
        &self.law
    }

    /// M.
    pub fn len(&self) -> usize {
        self.a.len()
    }

    /// Whether there is no count: never, the constructor refuses that.
    pub fn is_empty(&self) -> bool {
        self.a.is_empty()
    }
}

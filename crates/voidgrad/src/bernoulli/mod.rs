//! M independent Bernoulli variables.
//!
//! The functions of one variable are in [`logit`] and [`probability`], once for each parameterisation.
//! Everything inside the library works in logits, which stay exact where a probability rounds to 0 or 1.

mod distribution;
pub mod logit;
pub mod probability;
#[cfg(test)]
mod tests;

use voidgrad_real::{Lanes, Real};

use crate::error::InvalidParameter;
use crate::lanes::{Instructions, MOST_LANES, OnLanes, Work};

/// The largest M of which all `2ᴹ` states are enumerated: a million states.
pub const LARGEST_ENUMERATION: usize = 20;

/// `b_m ~ Bernoulli(σ(a_m))`, independent, `m = 1..M`.
///
/// Parameterised by the logits `a_m = ln(θ_m/(1 - θ_m))`; [`from_probabilities`](Self::from_probabilities)
/// converts.
///
/// ```
/// use voidgrad::Bernoulli;
/// let bernoulli = Bernoulli::from_probabilities(&[0.5, 0.75])?;
/// assert_eq!(bernoulli.len(), 2);
/// assert!((bernoulli.logits()[1] - 3.0_f64.ln()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bernoulli {
    logits: Vec<f64>,
    /// `θ = σ(a)` and `1 - θ = σ(-a)`: a sample and its score are comparisons with these.
    theta: Vec<f64>,
    rest: Vec<f64>,
}

impl Bernoulli {
    /// The variables with these log-odds.
    ///
    /// # Errors
    /// Returns an error if a logit is NaN or infinite, or if there is none.
    ///
    /// ```
    /// # use voidgrad::Bernoulli;
    /// let error = Bernoulli::from_logits(&[f64::NAN]).unwrap_err();
    /// assert_eq!(error.to_string(), "logit = NaN is not a finite number");
    /// ```
    pub fn from_logits(logits: &[f64]) -> Result<Self, InvalidParameter> {
        not_empty(logits)?;
        match logits.iter().find(|logit| !logit.is_finite()) {
            Some(&value) => Err(InvalidParameter { name: "logit", value, allowed: "a finite number" }),
            None => Ok(Self::new(logits.to_vec())),
        }
    }

    /// The variables with these probabilities of being 1.
    ///
    /// # Errors
    /// Returns an error if a probability is NaN or not in (0, 1), or if there is none.
    ///
    /// ```
    /// # use voidgrad::Bernoulli;
    /// let error = Bernoulli::from_probabilities(&[0.5, 1.2]).unwrap_err();
    /// assert_eq!(error.to_string(), "probability = 1.2 is not a number in (0, 1)");
    /// ```
    pub fn from_probabilities(probabilities: &[f64]) -> Result<Self, InvalidParameter> {
        not_empty(probabilities)?;
        match probabilities.iter().find(|&&theta| !(theta > 0.0 && theta < 1.0)) {
            Some(&value) => {
                Err(InvalidParameter { name: "probability", value, allowed: "a number in (0, 1)" })
            }
            None => Ok(Self::new(probabilities.iter().map(|&theta| voidgrad_real::logit(theta)).collect())),
        }
    }

    /// Of finite logits.
    fn new(logits: Vec<f64>) -> Self {
        let mut all = Self { theta: vec![0.0; logits.len()], rest: vec![0.0; logits.len()], logits };
        all.set_sides();
        all
    }

    /// M.
    #[must_use]
    pub fn len(&self) -> usize {
        self.logits.len()
    }

    /// Whether there is no variable: never, the constructors refuse that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.logits.is_empty()
    }

    /// `a`, M entries.
    #[must_use]
    pub fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// `θ = σ(a)`, M entries; an entry beyond ±745 rounds to 0 or 1.
    #[must_use]
    pub fn probabilities(&self) -> &[f64] {
        &self.theta
    }

    /// `1 - θ = σ(-a)`, M entries, exact where θ rounds to 1.
    #[must_use]
    pub fn complements(&self) -> &[f64] {
        &self.rest
    }
}

impl Bernoulli {
    /// Makes θ and `1 - θ` of the logits.
    fn set_sides(&mut self) {
        let Self { logits, theta, rest } = self;
        // Few variables are no work for lanes.
        if logits.len() < 8 {
            for ((&a, theta), rest) in logits.iter().zip(theta).zip(rest) {
                (*theta, *rest) = sides(a);
            }
        } else {
            f64::on_lanes(Instructions::Best, Sides { logits, theta, rest });
        }
    }
}

/// θ and `1 - θ` of many logits.
struct Sides<'a> {
    logits: &'a [f64],
    theta: &'a mut [f64],
    rest: &'a mut [f64],
}

impl Work<f64> for Sides<'_> {
    type Output = ();

    #[inline(always)]
    fn on<R: Lanes<Element = f64>>(self, hand: R) {
        let Self { logits, theta, rest } = self;
        let parts = logits.chunks(R::LANES).zip(theta.chunks_mut(R::LANES)).zip(rest.chunks_mut(R::LANES));
        for ((logits, theta), rest) in parts {
            if logits.len() == R::LANES {
                let both = sides(hand.load(logits));
                both.0.store(theta);
                both.1.store(rest);
            } else {
                let mut last = [0.0; MOST_LANES];
                last[..logits.len()].copy_from_slice(logits);
                let both = sides(hand.load(&last));
                both.0.store(&mut last);
                theta.copy_from_slice(&last[..theta.len()]);
                both.1.store(&mut last);
                rest.copy_from_slice(&last[..rest.len()]);
            }
        }
    }
}

/// `σ(a)` and `σ(-a)`, of one exponential; of a number, with the bits that [`sigmoid`](voidgrad_real::sigmoid) has.
#[inline(always)]
fn sides<R: Real>(a: R) -> (R, R) {
    let one = a.constant(1.0);
    let e = (-a.abs()).exp();
    let large = one / (one + e);
    let small = e * large;
    let is_one = a.is_ge(a.constant(0.0));
    (R::select(is_one, large, small), R::select(is_one, small, large))
}

fn not_empty(values: &[f64]) -> Result<(), InvalidParameter> {
    if values.is_empty() {
        return Err(InvalidParameter { name: "number of variables", value: 0.0, allowed: "at least 1" });
    }
    Ok(())
}

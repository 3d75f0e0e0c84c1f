//! M independent Bernoulli variables.
//!
//! The functions of one variable are in [`logit`] and [`probability`], once for each parameterisation.
//! Everything inside the library works in logits, which stay exact where a probability rounds to 0 or 1.

mod distribution;
pub mod logit;
mod natural;
pub mod probability;
#[cfg(test)]
mod tests;

use voidgrad_real::{Lanes, Pair, Real};

use crate::error::{InvalidParameter, are_finite};
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
            None => Ok(Self::new(logits)),
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
            None => {
                let logits: Vec<f64> =
                    probabilities.iter().map(|&theta| voidgrad_real::logit(theta)).collect();
                Ok(Self::new(&logits))
            }
        }
    }

    /// Of finite logits.
    fn new(logits: &[f64]) -> Self {
        let zeros = || vec![0.0; logits.len()];
        let mut all = Self { logits: zeros(), theta: zeros(), rest: zeros() };
        all.set(logits);
        all
    }

    /// M.
    #[must_use]
    #[inline]
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
    #[inline]
    pub fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// `θ = σ(a)`, M entries; an entry beyond ±745 rounds to 0 or 1.
    #[must_use]
    #[inline]
    pub fn probabilities(&self) -> &[f64] {
        &self.theta
    }

    /// `1 - θ = σ(-a)`, M entries, exact where θ rounds to 1.
    #[must_use]
    #[inline]
    pub fn complements(&self) -> &[f64] {
        &self.rest
    }
}

/// Fewer variables are no work for lanes.
const FEWEST_ON_LANES: usize = 8;

impl Bernoulli {
    /// Takes over as many logits, which are finite.
    fn set(&mut self, logits: &[f64]) {
        if logits.len() < FEWEST_ON_LANES {
            let sides_of = self.theta.iter_mut().zip(&mut self.rest);
            for ((&a, own), (theta, rest)) in logits.iter().zip(&mut self.logits).zip(sides_of) {
                *own = a;
                (*theta, *rest) = sides(a);
            }
        } else {
            f64::on_lanes(Instructions::Best, Setting { all: std::slice::from_mut(self), logits });
        }
    }
}

/// Logits for many distributions with as many each.
struct Setting<'a> {
    all: &'a mut [Bernoulli],
    logits: &'a [f64],
}

impl Work<f64> for Setting<'_> {
    /// Whether all logits are finite. If not, nothing has changed.
    type Output = bool;

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn on<R: Lanes<Element = f64>>(self, hand: R) -> bool {
        let Self { all, logits } = self;
        if !are_finite(logits) {
            return false;
        }
        let each = all.first().map_or(1, Bernoulli::len);
        for (one, logits) in all.iter_mut().zip(logits.chunks_exact(each)) {
            one.set_on(Pair::new(hand, hand), logits);
        }
        true
    }
}

impl Bernoulli {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn set_on<R: Lanes<Element = f64>>(&mut self, hand: R, from: &[f64]) {
        let Self { logits, theta, rest } = self;
        let sides_of = theta.chunks_mut(R::LANES).zip(rest.chunks_mut(R::LANES));
        let parts = from.chunks(R::LANES).zip(logits.chunks_mut(R::LANES)).zip(sides_of);
        for ((from, logits), (theta, rest)) in parts {
            if from.len() == R::LANES {
                let a = hand.load(from);
                a.store(logits);
                let both = sides(a);
                both.0.store(theta);
                both.1.store(rest);
            } else {
                logits.copy_from_slice(from);
                let mut last = [0.0; MOST_LANES];
                last[..from.len()].copy_from_slice(from);
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
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn sides<R: Real>(a: R) -> (R, R) {
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

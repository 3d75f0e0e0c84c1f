//! The baseline of earlier rounds.

use super::{Samples, ZeroMean};
use crate::distribution::Distribution;
use crate::error::{InvalidParameter, ShapeMismatch, same_length};
use crate::estimator::{Learned, Memory, learned};
use crate::estimators::{decay, towards};

/// `h = 1/K Σ_k (β_k - c)·∂/∂a ln p(b_k)`, for every distribution: c is the mean of f in earlier rounds, each weighted by `decay` to the power of its
/// age.
///
/// With the weight 1 it makes RLOO the mean of K estimates of [`ReinforceEma`](crate::estimators::ReinforceEma). A leave-one-out baseline costs a factor `K/(K-1)` in variance,
/// and an average of earlier rounds lags if θ moves fast; the weight says which is better. Before the first round h is 0.
///
/// Source: Mnih and Gregor 2014, section 3.2, for c; Kool, van Hoof and Welling 2019, equation 8, for the baseline that it replaces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    decay: f64,
    average: f64,
    /// The sum of the weights of all rounds so far, `1 + decay + decay² + …`.
    weight: f64,
}

impl Baseline {
    /// The baseline whose average forgets by this factor a round.
    ///
    /// # Errors
    /// Returns an error if it is not in [0, 1).
    pub fn new(decay: f64) -> Result<Self, InvalidParameter> {
        Ok(Self { decay: self::decay(decay)?, average: 0.0, weight: 0.0 })
    }

    /// c.
    #[must_use]
    pub fn average(&self) -> f64 {
        self.average
    }
}

impl<D: Distribution> ZeroMean<D> for Baseline {
    fn name(&self) -> &'static str {
        "baseline"
    }

    fn add(&self, distribution: &D, samples: Samples<'_>, h: &mut [f64], _: &mut Memory) {
        if self.weight > 0.0 {
            for (b, others) in samples.rows(distribution).zip(samples.others()) {
                distribution.add_score((others - self.average) / samples.count(), b, h);
            }
        }
    }

    fn learn(&mut self, _: &D, samples: Samples<'_>) {
        self.weight = self.decay * self.weight + 1.0;
        let mean = samples.values.iter().map(|f| f / samples.count()).sum();
        self.average = towards(self.average, mean, 1.0 / self.weight);
    }

    fn state(&self) -> Learned {
        vec![("average".into(), vec![self.average]), ("weight".into(), vec![self.weight])]
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the control's state", state.len(), 2)?;
        let [average, weight] =
            [learned(state, "average", Some(1))?[0], learned(state, "weight", Some(1))?[0]];
        (self.average, self.weight) = (average, weight);
        Ok(())
    }

    fn treats_states_alike(&self) -> bool {
        true
    }
}

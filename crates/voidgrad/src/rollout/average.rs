//! The average return at each time.

use crate::error::{InvalidParameter, all_finite, same_length};
use crate::estimators::{decay, towards};

use super::RolloutError;

/// For each time, the mean of the rewards-to-go that were seen there, each weighted by `decay` to the power of its age.
///
/// It moves when [`Rollouts::estimate`](super::Rollouts::estimate) has succeeded, once for each decision, and is read before: ĝ stays unbiased. At a time that no rollout has reached it is 0.
///
/// ```
/// use voidgrad::rollout::TimeAverage;
/// let average = TimeAverage::new(0.9)?;
/// assert_eq!(average.at(3), 0.0);
/// let again = TimeAverage::from_state(&average.state())?;
/// assert_eq!(again, average);
/// # Ok::<(), voidgrad::rollout::RolloutError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TimeAverage {
    state: TimeAverageState,
}

/// A [`TimeAverage`] as data; one that is made of it continues with the same bits.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeAverageState {
    /// The factor by which it forgets, in [0, 1).
    pub decay: f64,
    /// The averages, one for each time.
    pub means: Vec<f64>,
    /// The sums of the weights of all returns so far, `1 + decay + decay² + …`, one for each time; 0 at a time that no rollout has reached.
    pub weights: Vec<f64>,
}

impl TimeAverage {
    /// Averages that forget by this factor a return.
    ///
    /// # Errors
    /// Returns an error if it is not in [0, 1).
    pub fn new(decay: f64) -> Result<Self, RolloutError> {
        Self::from_state(&TimeAverageState { decay, means: Vec::new(), weights: Vec::new() })
    }

    /// The averages of a state.
    ///
    /// # Errors
    /// Returns an error if the decay is not in [0, 1), if there are more or fewer weights than means, if a mean is NaN or infinite, or if a weight is not a finite number of at least 0.
    pub fn from_state(state: &TimeAverageState) -> Result<Self, RolloutError> {
        decay(state.decay)?;
        same_length("weights", state.weights.len(), state.means.len())?;
        all_finite("mean", &state.means)?;
        match state.weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
            Some(&value) => {
                Err(InvalidParameter { name: "weight", value, allowed: "a number in [0, ∞)" }.into())
            }
            None => Ok(Self { state: state.clone() }),
        }
    }

    /// The average at a time.
    #[must_use]
    pub fn at(&self, time: usize) -> f64 {
        self.state.means.get(time).copied().unwrap_or(0.0)
    }

    /// Everything that it continues from.
    #[must_use]
    pub fn state(&self) -> TimeAverageState {
        self.state.clone()
    }

    pub(super) fn learn(&mut self, time: usize, value: f64) {
        let TimeAverageState { decay, means, weights } = &mut self.state;
        if means.len() <= time {
            means.resize(time + 1, 0.0);
            weights.resize(time + 1, 0.0);
        }
        weights[time] = *decay * weights[time] + 1.0;
        means[time] = towards(means[time], value, 1.0 / weights[time]);
    }
}

//! What is subtracted from a reward-to-go.

use crate::error::{all_finite, same_length};
use crate::estimators::leave_one_out;

use super::{Place, RolloutError, TimeAverage};
use crate::error::InvalidParameter;

/// c of `G - c`. It does not depend on the decision, so ĝ is unbiased with each, and it lowers the variance of ĝ as far as it foretells G.
///
/// A learned baseline is evaluated between the rollouts and the estimate:
///
/// ```
/// # use voidgrad::error::ObjectiveError;
/// # use voidgrad::rollout::{Environment, Transition};
/// use voidgrad::Categorical;
/// use voidgrad::rollout::{Baseline, Rollouts, Settings};
///
/// // An environment with one decision among three, whose reward is the state if the first is taken.
/// # #[derive(Clone)]
/// # struct Once(f64);
/// # impl Environment for Once {
/// #     fn dimension(&self) -> usize { 1 }
/// #     fn reset_uniforms(&self) -> usize { 1 }
/// #     fn reset(&mut self, u: &[f64]) -> Result<(), ObjectiveError> { self.0 = u[0]; Ok(()) }
/// #     fn state(&self, state: &mut [f64]) { state[0] = self.0; }
/// #     fn step(&mut self, b: &[f64], _: &[f64]) -> Result<Transition, ObjectiveError> {
/// #         Ok(Transition { reward: b[0] * self.0, is_over: true })
/// #     }
/// # }
/// let settings = Settings { rollouts: 2, horizon: 1, discount: 1.0 };
/// let mut rollouts = Rollouts::new(Once(0.0), Categorical::from_logits(&[0.0; 3], 3)?, settings)?;
/// rollouts.draw(1, 0, 0, |_: &[f64], logits: &mut [f64]| -> Result<(), ObjectiveError> {
///     logits.fill(0.0);
///     Ok(())
/// })?;
/// // The function that would be learned: a third of the state.
/// let values: Vec<f64> = rollouts.states().iter().map(|state| state / 3.0).collect();
/// rollouts.estimate(Baseline::Values(&values))?;
/// assert_eq!(rollouts.advantages()[1], rollouts.returns()[1] - values[1]);
/// assert_eq!(rollouts.gradient().len(), 2 * 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum Baseline<'a> {
    /// c = 0 (Williams 1992).
    Zero,
    /// A moving average of the rewards-to-go of earlier rollouts, one for each time. It moves after the estimate.
    Average(&'a mut TimeAverage),
    /// The mean reward-to-go at the same time of the other rollouts that have not ended before it (Kool, van Hoof and Welling 2019, equation 8); 0 if there are none. It needs at least 2 rollouts.
    LeaveOneOut,
    /// A function of the state that is learned elsewhere: one value for each decision, in the order of [`Rollouts::states`](super::Rollouts::states). Its targets are
    /// [`Rollouts::returns`](super::Rollouts::returns). ĝ is unbiased if the function was not fitted to the rollouts that it is used for.
    Values(&'a [f64]),
}

impl Baseline<'_> {
    /// Writes `G - c` for each decision. Those of one time stand together.
    pub(super) fn advantages(
        &self,
        rollouts: usize,
        places: &[Place],
        returns: &[f64],
        advantages: &mut Vec<f64>,
    ) -> Result<(), RolloutError> {
        advantages.clear();
        match self {
            Self::Zero => advantages.extend_from_slice(returns),
            Self::Average(average) => {
                advantages.extend(returns.iter().zip(places).map(|(g, place)| g - average.at(place.time)));
            }
            Self::LeaveOneOut => {
                if rollouts < 2 {
                    let (name, value) = ("rollouts", rollouts as f64);
                    let allowed = "at least 2, which leaving one out needs";
                    return Err(InvalidParameter { name, value, allowed }.into());
                }
                let mut shares = Vec::new();
                let mut row = 0;
                for same in places.chunk_by(|left, right| left.time == right.time) {
                    let of_time = &returns[row..][..same.len()];
                    row += same.len();
                    if let [alone] = of_time {
                        advantages.push(*alone);
                        continue;
                    }
                    leave_one_out(of_time, &mut shares);
                    advantages.extend(shares.iter().map(|share| share * of_time.len() as f64));
                }
            }
            Self::Values(values) => {
                same_length("the baseline", values.len(), returns.len())?;
                all_finite("baseline", values)?;
                advantages.extend(returns.iter().zip(*values).map(|(g, c)| g - c));
            }
        }
        Ok(())
    }

    /// Moves an average.
    pub(super) fn learn(self, places: &[Place], returns: &[f64]) {
        if let Self::Average(average) = self {
            places.iter().zip(returns).for_each(|(place, g)| average.learn(place.time, *g));
        }
    }
}

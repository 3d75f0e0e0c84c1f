//! The loop, for variables of any distribution.

use super::{Average, Run, Settings, TrainError};
use crate::distribution::Distribution;
use crate::estimators::Estimator;
use crate::objective::Objective;

/// What [`train`](super::train()) is for Bernoulli variables: minimises `E[f(b)]` over the parameters of the distribution and the
/// variance of `ĝ` over those of the control, if the estimator has one. It returns both as they are after the last step; the
/// observer is called with the start, as iteration 0, and after every step.
///
/// ```
/// use voidgrad::train::{State, minimise};
/// use voidgrad::{Categorical, Rloo, Settings};
/// let start = Categorical::from_logits(&[0.0; 3], 3)?;
/// let f = |b: &[f64]| b[0] + 0.5 * b[2];
/// let settings = Settings { iterations: 300, batch: 10, learning_rate: 0.1, ..Settings::default() };
/// let mut last = 0;
/// let mut observer = |state: &State<'_, Categorical>| last = state.iteration;
/// let (end, _) = minimise(start, &f, Rloo::new(2)?, &settings, 0, &mut observer)?;
/// assert!(end.probabilities()[1] > 0.9);
/// assert_eq!(last, 300);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`train`](super::train()).
pub fn minimise<D: Distribution, E: Estimator<D>>(
    mut distribution: D,
    objective: &impl Objective,
    mut estimator: E,
    settings: &Settings,
    run: u64,
    observer: &mut dyn FnMut(&State<'_, D>),
) -> Result<(D, E), TrainError> {
    settings.check()?;
    estimator.suits(&distribution, objective)?;
    observer(&State { iteration: 0, distribution: &distribution, estimator: &estimator, average: None });
    let mut run = Run::new(&mut distribution, &estimator, objective, settings, run, observer)?;
    // An estimator may have a loop of its own, which does the same.
    match estimator.descend(&mut run) {
        Some(outcome) => outcome?,
        None => run.descend(&mut estimator)?,
    }
    Ok((distribution, estimator))
}

/// A state of [`minimise`].
#[derive(Clone, Copy)]
pub struct State<'a, D: Distribution> {
    /// Steps made so far.
    pub iteration: u64,
    /// The variables.
    pub distribution: &'a D,
    /// The estimator.
    pub estimator: &'a dyn Estimator<D>,
    /// The mean of the estimates that the last step followed, made before it; none at the start.
    pub average: Option<&'a Average>,
}

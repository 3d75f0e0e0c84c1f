//! The loop, for variables of any distribution.

use nalgebra::DVector;

use super::{Average, Settings, TrainError};
use crate::control::Control;
use crate::distribution::Distribution;
use crate::estimator::EstimateError;
use crate::estimators::Estimator;
use crate::noise::{Stream, Uniforms};
use crate::objective::Objective;
use crate::optimise::{Adam, Optimiser};

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
    let mut parameters = distribution.parameters().to_vec();
    let mut phi = estimator.control().map_or_else(|| DVector::zeros(0), Control::phi);
    let mut descent = Adam::new(parameters.len(), settings.learning_rate)?;
    let mut control_descent = Adam::new(phi.len(), settings.control_learning_rate)?;
    let mut average = Average::new(&distribution, phi.len());
    let mut noise = vec![0.0; estimator.noise(&distribution)];
    observer(&State { iteration: 0, distribution: &distribution, estimator: &estimator, average: None });
    let mut stream = Stream::new(settings.seed, run, 0);
    for iteration in 1..=settings.iterations {
        average.clear();
        let estimated = (0..settings.batch)
            .try_for_each(|_| {
                stream.fill_open01(&mut noise);
                average.add(&mut estimator, &distribution, objective, Uniforms::trusted(&noise))
            })
            .and_then(|()| average.finish(&distribution));
        if let Err(source) = estimated {
            return Err(diverged(iteration, &distribution, &estimator, &average, source));
        }
        descent.step(&mut parameters, average.gradient.as_slice());
        distribution.set_parameters(&parameters)?;
        if let Some(control) = estimator.control_mut() {
            control_descent.step(phi.as_mut_slice(), average.variance_gradient.as_slice());
            control.set_phi(phi.as_view())?;
        }
        let average = Some(&average);
        observer(&State { iteration, distribution: &distribution, estimator: &estimator, average });
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

fn diverged<D: Distribution>(
    iteration: u64,
    distribution: &D,
    estimator: &impl Estimator<D>,
    average: &Average,
    source: EstimateError,
) -> TrainError {
    TrainError::Diverged {
        iteration,
        logits: distribution.parameters().to_vec(),
        gradient: average.last.gradient.clone(),
        control: estimator.control().map_or_else(Vec::new, Control::named),
        source: Box::new(source),
    }
}

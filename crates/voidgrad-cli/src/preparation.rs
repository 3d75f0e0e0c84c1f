//! What an estimator learns at one point before it is measured there.

use voidgrad::estimator::AnyEstimator;
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::{Bernoulli, Control, Estimator as _, Objective, Round, Stream};

use voidgrad_kit::error::Error;

/// Estimates from which a moving average settles: its memory is of a hundred, and that of a regression of a thousand, which settles as it grows.
const SETTLING: u64 = 2_000;

/// Estimates that a step of the control averages.
pub(crate) const BATCH: u64 = 8;

/// Learning rates of Adam, each for a quarter of the steps: large ones to arrive, small ones to come to rest.
const LEARNING_RATES: [f64; 4] = [0.03, 0.01, 0.003, 0.001];

/// The rows of streams that nothing else uses: `u64::MAX` is for weights.
const ROW: u64 = u64::MAX - 1;

/// Lets what an estimator keeps from one estimate to the next, a moving average, come to rest, and says whether there is
/// anything. The parameters of a control stay as they are.
///
/// # Errors
/// Returns an error if an estimate fails.
pub(crate) fn settle(
    estimator: &mut AnyEstimator,
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
    seed: u64,
) -> Result<bool, Error> {
    let mut learner = Learner::new(estimator, bernoulli, objective, seed);
    let keeps_something = !estimator.state().is_empty();
    if keeps_something {
        for _ in 0..SETTLING {
            learner.draw(estimator)?;
        }
    }
    Ok(keeps_something)
}

/// Trains the parameters of the control, if there are any, on the variance at this point; otherwise the same as [`settle`].
/// It says whether there was anything to learn.
///
/// # Errors
/// Returns an error if an estimate fails.
pub(crate) fn train(
    estimator: &mut AnyEstimator,
    bernoulli: &Bernoulli,
    objective: &dyn Objective,
    steps: u64,
    seed: u64,
) -> Result<bool, Error> {
    let Some(mut phi) = estimator.control().map(Control::phi).filter(|phi| !phi.is_empty()) else {
        return settle(estimator, bernoulli, objective, seed);
    };
    let mut learner = Learner::new(estimator, bernoulli, objective, seed);
    let stages = LEARNING_RATES.len() as u64;
    for (stage, rate) in (0_u64..).zip(LEARNING_RATES) {
        let mut adam = Adam::new(phi.len(), rate).map_err(Error::computation)?;
        for _ in steps * stage / stages..steps * (stage + 1) / stages {
            learner.phi_bar.fill(0.0);
            for _ in 0..BATCH {
                learner.draw(estimator)?;
            }
            // Adam divides by the size of the gradient, so a sum does as well as a mean.
            adam.step(phi.as_mut_slice(), &learner.phi_bar).map_err(Error::computation)?;
            if let Some(control) = estimator.control_mut() {
                control.set_phi(phi.as_view()).map_err(Error::computation)?;
            }
        }
    }
    Ok(true)
}

/// Makes one estimate after the other.
struct Learner<'a> {
    bernoulli: &'a Bernoulli,
    objective: &'a dyn Objective,
    stream: Stream,
    round: Round,
    phi_bar: Vec<f64>,
}

impl<'a> Learner<'a> {
    fn new(
        estimator: &AnyEstimator,
        bernoulli: &'a Bernoulli,
        objective: &'a dyn Objective,
        seed: u64,
    ) -> Self {
        Self {
            bernoulli,
            objective,
            stream: Stream::new(seed, u64::MAX, ROW),
            round: Round::new(),
            phi_bar: vec![0.0; estimator.control().map_or(0, Control::parameters)],
        }
    }

    /// An estimate that the estimator is told of, its variance gradient added to `phi_bar`.
    fn draw(&mut self, estimator: &mut AnyEstimator) -> Result<(), Error> {
        let Self { bernoulli, objective, stream, round, phi_bar } = self;
        round.draw(estimator, bernoulli, stream).map_err(Error::computation)?;
        round.evaluate(*objective).map_err(Error::computation)?;
        round.tell(estimator, bernoulli).map_err(Error::computation)?;
        phi_bar.iter_mut().zip(round.variance_gradient()).for_each(|(sum, term)| *sum += term);
        Ok(())
    }
}

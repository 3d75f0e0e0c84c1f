//! The experiment: what is trained, from where, and how often.

use voidgrad::controls::Zero;
use voidgrad::estimators::{Listed, Method, Setup};
use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{ControlOptimiser, Settings, TrainError, Training};
use voidgrad::{Bernoulli, Control, Estimator, Stream};

use crate::choice;
use crate::cli::TrainArguments;
use crate::cli::value::Gradient;
use crate::costs;
use crate::evaluation::{self, Evaluation, Sampling};
use crate::problems::quadratic::effort;
use crate::statistics;
use crate::trained::Trained;
use crate::variables::{identical, size};
use voidgrad_kit::error::Error;
use voidgrad_kit::number::{self, plural};

/// The estimators that are trained if no others are asked for; the report's texts are about them.
pub(crate) const DEFAULT: [&str; 4] = ["reinforce", "rebar", "relax", "relax-linear"];

/// The control that is learned by Gauss-Newton as well, with one variable, if nothing is asked for.
pub(crate) const LEARNED: &str = "relax-linear+gauss-newton";

/// What the options of all problems are here, if they are not given.
const ITERATIONS: u64 = 10_000;
const LEARNING_RATE: f64 = 0.01;
const REPEATS: u64 = 20;
const BATCH: u64 = 1;

/// Temperature λ and scale η that every control starts from.
const LAMBDA: f64 = 0.5;
const ETA: f64 = 1.0;

/// Variables times samples in one step; beyond that the noise alone fills the memory.
const LARGEST_STEP: u64 = 10_000_000;

/// Bytes that a run keeps for each record, for each parameter of its control, and for each variable, the files included.
const RECORD: u64 = 400;
const PARAMETER: u64 = 100;
const VARIABLE: u64 = 80;
/// The most bytes that all runs may keep.
const LARGEST_RESULTS: u64 = 8_000_000_000;

/// Everything that determines the results of `train`.
#[derive(Debug)]
pub(crate) struct Experiment {
    /// The estimators, in the order of the library's list.
    pub(crate) methods: Vec<Trained>,
    /// What moves the parameters of a control: each estimator is trained with every one that it can have.
    pub(crate) control_optimisers: Vec<ControlOptimiser>,
    /// Where every run starts.
    pub(crate) start: Bernoulli,
    /// The probability of every variable there.
    pub(crate) theta0: f64,
    /// `(1/M) Σ_m (b_m - t)²`.
    pub(crate) objective: MeanQuadratic,
    /// What the controls start from.
    pub(crate) setup: Setup,
    /// Steps, batch, learning rates and seed.
    pub(crate) settings: Settings,
    /// Runs of each estimator.
    pub(crate) repeats: u64,
}

impl Experiment {
    /// The experiment that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if the library refuses one of the values, or a step would need more memory than is reasonable.
    pub(crate) fn of(arguments: &TrainArguments) -> Result<Self, Error> {
        let mut asked = Vec::new();
        for gradient in &arguments.estimators {
            gradient.check_is_of_expectation()?;
            match *gradient {
                Gradient::Estimated(method, optimiser) => asked.push((method, optimiser)),
                Gradient::Exact | Gradient::OfBound(_) => {
                    return Err(Error::arguments("--estimator exact has no meaning for --problem quadratic"));
                }
            }
        }
        let control_optimisers = Trained::optimisers(&arguments.control_optimisers);
        let methods: Vec<Trained> = if asked.is_empty() {
            let methods = Bernoulli::estimators().iter().map(|row| row.method);
            let methods =
                methods.filter(|method| DEFAULT.contains(&method.name)).map(|method| (method, None));
            let mut methods: Vec<(&'static Method, Option<ControlOptimiser>)> = methods.collect();
            // The first experiment ends with what the same control does if it is learned quickly.
            if arguments.control_optimisers.is_empty() && arguments.dim == 1 && arguments.batch.is_none() {
                let learned = Trained::find(LEARNED);
                methods.extend(learned.map(|trained| (trained.method(), Some(trained.optimiser()))));
            }
            Trained::asked(&methods, &control_optimisers).into_iter().filter(Trained::is_possible).collect()
        } else {
            // Whoever asks for an estimator hears why its control can't be learned so.
            Trained::asked(&asked, &control_optimisers)
        };
        let TrainArguments { target, dim, theta0, .. } = *arguments;
        let batch = arguments.batch.unwrap_or(BATCH);
        if dim * batch > LARGEST_STEP {
            return Err(Error::arguments(format!(
                "--dim {dim} times --batch {batch} is more than {} variables a step",
                number::grouped(LARGEST_STEP)
            )));
        }
        let (start, objective) = (identical(theta0, dim)?, MeanQuadratic { target });
        let evaluations = arguments.evaluations;
        let iterations = arguments.iterations.unwrap_or(ITERATIONS);
        let repeats = arguments.repeats.unwrap_or(REPEATS);
        let mut setup = Setup { lambda: LAMBDA, eta: ETA, evaluations, ..Setup::relaxing(objective) };
        if let Some(costs) = &arguments.auto_costs {
            let methods: Vec<&'static Method> = methods.iter().map(Trained::method).collect();
            let time = |method| costs::of_round(method, &setup, &start, &objective);
            setup.costs = costs.of(&methods, costs::candidates(&setup, &start), time)?;
        }
        let settings = Settings {
            iterations,
            batch: size(batch)?,
            learning_rate: arguments.learning_rate.unwrap_or(LEARNING_RATE),
            // Each estimator has its own.
            control_optimiser: ControlOptimiser::Adam,
            control_learning_rate: arguments.control_learning_rate.unwrap_or(LEARNING_RATE),
            seed: arguments.seed,
        };
        let mut kept = 0;
        for trained in &methods {
            let made = choice::make(trained.method(), &setup, &start, &objective, &mut Stream::new(0, 0, 0))?;
            let parameters = made.control().map_or(0, Control::parameters) as u64;
            kept += effort::records(iterations) * RECORD + PARAMETER * parameters + VARIABLE * dim;
            if parameters > 0 {
                // Least squares are not for every control.
                let refused = |error: TrainError| {
                    Error::arguments(format!("--estimator {}: {error}", trained.method().name))
                };
                let settings = Settings { control_optimiser: trained.optimiser(), ..settings };
                Training::new(start.clone(), &objective, made, &settings, 0).map_err(refused)?;
            }
        }
        let kept = kept.saturating_mul(repeats);
        if kept > LARGEST_RESULTS {
            let [kept, most] = [kept, LARGEST_RESULTS].map(|bytes| number::short(bytes as f64 / 1e9));
            return Err(Error::arguments(format!(
                "--repeats {repeats} of {} at --dim {dim} take {kept} GB of memory, more than {most}",
                plural(methods.len() as u64, "estimator"),
            )));
        }
        Ok(Self { methods, control_optimisers, start, theta0, objective, setup, settings, repeats })
    }

    /// The settings of a run. An estimator without parameters to learn has nothing for least squares.
    pub(crate) fn settings_for(&self, trained: &Trained, estimator: &dyn Estimator) -> Settings {
        let has_phi = estimator.control().is_some_and(|control| control.parameters() > 0);
        let control_optimiser = if has_phi { trained.optimiser() } else { ControlOptimiser::Adam };
        Settings { control_optimiser, ..self.settings }
    }

    /// How many runs there are.
    pub(crate) fn runs(&self) -> u64 {
        self.methods.len() as u64 * self.repeats
    }

    /// M.
    pub(crate) fn dimension(&self) -> usize {
        self.start.len()
    }

    /// t.
    pub(crate) fn target(&self) -> f64 {
        self.objective.target
    }

    /// `E[f(b)]`.
    pub(crate) fn loss(&self, bernoulli: &Bernoulli) -> f64 {
        self.objective.expectation(bernoulli)
    }

    /// The exact gradient of `E[f(b)]` with respect to the logits, averaged over them.
    pub(crate) fn gradient(&self, bernoulli: &Bernoulli) -> f64 {
        statistics::mean(&self.objective.gradient(bernoulli))
    }

    /// How far `loss` is from the best corner of the cube, as a fraction of the way to the worst one; `None` where
    /// all corners are equally good (`t = ½`). With one variable it is the distance of θ from where it should go.
    pub(crate) fn gap(&self, loss: f64) -> Option<f64> {
        let at_0 = self.target().powi(2);
        let at_1 = (1.0 - self.target()).powi(2);
        let (best, worst) = (at_0.min(at_1), at_0.max(at_1));
        (worst > best).then(|| (loss - best) / (worst - best))
    }

    /// The value of θ with the lowest loss, 0 or 1; `None` where `t = ½`.
    pub(crate) fn goal(&self) -> Option<u8> {
        self.gap(0.0).map(|_| u8::from(self.target() > 0.5))
    }

    /// Moments of REINFORCE's estimate.
    ///
    /// # Errors
    /// Returns an error if they cannot be computed.
    pub(crate) fn reinforce(&self, bernoulli: &Bernoulli, sampling: Sampling) -> Result<Evaluation, Error> {
        evaluation::evaluate(bernoulli, &self.objective, &Zero, sampling)
    }
}

//! The experiment: the model, the data, and how it is trained.

use voidgrad::Stream;
use voidgrad::estimators::Method;
use voidgrad::network::NetworkError;

use super::data::Data;
use super::gradient::Gradient;
use super::{estimators, records};
use crate::cli::TrainArguments;
use crate::variables::size;
use xtask_kit::error::Error;
use xtask_kit::number;
use xtask_models::Model;
use xtask_models::{LINEAR, MODELS};

/// What the options of all problems are here, if they are not given.
const ITERATIONS: u64 = 10_000;
const LEARNING_RATE: f64 = 3e-3;
const REPEATS: u64 = 2;
const BATCH: u64 = 100;
const LATENTS: u64 = 32;
const SAMPLES: u64 = 200;

/// Points times latent variables of a step: beyond that they alone fill the memory.
const LARGEST_STEP: u64 = 100_000_000;

/// Everything that determines the results.
#[derive(Debug)]
pub(crate) struct Experiment {
    /// The estimators, in the order of the library's list.
    pub(super) methods: Vec<&'static Method>,
    /// K, for estimators with a choice.
    pub(super) evaluations: Option<u64>,
    /// The model.
    pub(super) model: &'static xtask_models::Row,
    /// The images.
    pub(super) data: Data,
    /// Steps of each run.
    pub(super) iterations: u64,
    /// Images of a step.
    pub(super) batch: usize,
    /// Of Adam, for both networks.
    pub(super) learning_rate: f64,
    /// Of Adam, for the parameters of a control.
    pub(super) control_learning_rate: f64,
    /// Of all random numbers.
    pub(super) seed: u64,
    /// Runs of each estimator.
    pub(super) repeats: u64,
    /// Samples that a model is measured with at the end.
    pub(super) samples: u64,
}

impl Experiment {
    /// The experiment that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if there is no such model, if the data can't be used, or if an estimator does not fit.
    pub(super) fn of(arguments: &TrainArguments) -> Result<Self, Error> {
        if let Some(file) = &arguments.data {
            return Err(Error::arguments(format!(
                "--data {}: only the digits that come with the program can be trained on so far",
                file.display()
            )));
        }
        let data = Data::digits();
        let name = arguments.model.as_deref().unwrap_or(LINEAR);
        let model = chosen(name, arguments.latents.unwrap_or(LATENTS))?;
        let methods = estimators::asked(&arguments.estimators);
        let batch = arguments.batch.unwrap_or(BATCH);
        let evaluations = arguments.evaluations;
        let instance = (model.make)().map_err(Error::computation)?;
        for method in &methods {
            let gradient = Gradient::new(method, evaluations, &*instance, &mut Stream::new(0, 0, 0))?;
            let points = records::points(&gradient, &*instance)?.saturating_mul(batch);
            if points.saturating_mul(model.latents) > LARGEST_STEP {
                return Err(Error::arguments(format!(
                    "--batch {batch}: {} evaluates f at {} points a step, which are more than {} numbers",
                    estimators::name(method),
                    number::grouped(points),
                    number::grouped(LARGEST_STEP)
                )));
            }
        }
        let learning_rate = arguments.learning_rate.unwrap_or(LEARNING_RATE);
        Ok(Self {
            methods,
            evaluations,
            model,
            data,
            iterations: arguments.iterations.unwrap_or(ITERATIONS),
            batch: size(batch)?,
            learning_rate,
            control_learning_rate: arguments.control_learning_rate.unwrap_or(LEARNING_RATE),
            seed: arguments.seed,
            repeats: arguments.repeats.unwrap_or(REPEATS),
            samples: arguments.samples.unwrap_or(SAMPLES),
        })
    }

    /// How many runs there are.
    pub(super) fn runs(&self) -> u64 {
        self.methods.len() as u64 * self.repeats
    }

    /// A model whose parameters are all 0.
    ///
    /// # Errors
    /// Returns an error if 0 is no parameter, which does not happen.
    pub(super) fn instance(&self) -> Result<Box<dyn Model>, NetworkError> {
        (self.model.make)()
    }
}

/// The model of this name with so many latent variables.
fn chosen(name: &str, latents: u64) -> Result<&'static xtask_models::Row, Error> {
    let named = || MODELS.iter().filter(|row| row.name == name);
    if let Some(row) = named().find(|row| row.latents == latents) {
        return Ok(row);
    }
    let listed: Vec<String> = named().map(|row| row.latents.to_string()).collect();
    Err(Error::arguments(if listed.is_empty() {
        let mut names: Vec<&str> = MODELS.iter().map(|row| row.name).collect();
        names.dedup();
        format!("no model has the name {name}; known: {}", names.join(", "))
    } else {
        format!(
            "the {name} model has {} latent variables so far, and not --latents {latents}",
            listed.join(" or ")
        )
    }))
}

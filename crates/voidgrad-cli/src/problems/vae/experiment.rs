//! The experiment: the model, the data, and how it is trained.

use crate::trained::Trained;
use voidgrad::estimators::{Method, Setup};
use voidgrad::network::NetworkError;
use voidgrad::train::ControlOptimiser;
use voidgrad::{Bernoulli, Stream};

use super::data::Data;
use super::estimators;
use super::gradient::Gradient;
use super::records;
use super::run;
use crate::choice::Refusal;
use crate::costs::Costs;
use crate::problems::models::Options;
use crate::variables::size;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_models::{MODELS, Model, UNITS};

/// What the options of all problems are here, if they are not given.
const LEARNING_RATE: f64 = 3e-3;
const REPEATS: u64 = 2;
const BATCH: u64 = 100;

/// Numbers of a step, those of its points and of its images: beyond that they alone fill the memory.
const LARGEST_STEP: u64 = 100_000_000;
/// Entries of a matrix: with their gradients and averages each takes tens of bytes, on every thread and in every checkpoint.
const LARGEST_MATRIX: usize = 20_000_000;

/// What the scale η and the temperature λ of a control start from.
pub(super) const ETA: f64 = 1.0;
/// As [`ETA`].
pub(super) const LAMBDA: f64 = 0.5;

/// Everything that determines the results.
#[derive(Debug)]
pub(crate) struct Experiment {
    /// The estimators, in the order of the library's list.
    pub(super) methods: Vec<Trained>,
    /// K, for estimators with a choice.
    pub(super) evaluations: Option<u64>,
    /// What a round of each candidate of `auto` costs; nothing for its evaluations of f.
    pub(super) costs: Vec<(String, f64)>,
    /// The model.
    pub(super) model: &'static voidgrad_models::Row,
    /// Samples of the bound that is trained on, if that is not the ELBO.
    pub(super) bound: Option<u64>,
    /// M, its latent variables in each layer.
    pub(super) latents: usize,
    /// The images.
    pub(super) data: Data,
    /// Steps of each run.
    pub(super) iterations: u64,
    /// Images of a step.
    pub(super) batch: usize,
    /// Of Adam, for both networks.
    pub(super) learning_rate: f64,
    /// What moves the parameters of a control: each estimator is trained with every one that it can have.
    pub(super) control_optimisers: Vec<ControlOptimiser>,
    /// Of Adam, for the parameters of a control.
    pub(super) control_learning_rate: f64,
    /// Of all random numbers.
    pub(super) seed: u64,
    /// Runs of each estimator.
    pub(super) repeats: u64,
    /// Samples that a model is measured with at the end.
    pub(super) samples: u64,
    /// Records of a run, about.
    pub(super) records: u64,
    /// What is measured.
    pub(super) detail: Detail,
}

/// What is measured of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// The ELBO of both sets of images.
    Elbo,
    /// That, the importance-weighted bound at the end, and the variance of ĝ.
    Everything,
}

/// What an experiment is made of. What is not given has a value that suits the problem.
pub(super) struct Settings<'a> {
    /// The estimators, in the order of the library's list.
    pub(super) methods: Vec<&'static Method>,
    /// What moves the parameters of a control; Adam if there is nothing.
    pub(super) control_optimisers: &'a [ControlOptimiser],
    /// K, for estimators with a choice.
    pub(super) evaluations: Option<u64>,
    /// What a round of each candidate of `auto` costs, if that is not evaluations of f.
    pub(super) auto_costs: Option<&'a Costs>,
    /// The model and its images.
    pub(super) model: &'a Options,
    /// Samples of the bound that is trained on, if that is not the ELBO.
    pub(super) bound: Option<u64>,
    /// M.
    pub(super) latents: u64,
    /// Steps of each run.
    pub(super) iterations: u64,
    /// Images of a step.
    pub(super) batch: Option<u64>,
    /// Of Adam, for both networks.
    pub(super) learning_rate: Option<f64>,
    /// Of Adam, for the parameters of a control.
    pub(super) control_learning_rate: Option<f64>,
    /// Of all random numbers.
    pub(super) seed: u64,
    /// Runs of each estimator.
    pub(super) repeats: Option<u64>,
    /// Samples that a model is measured with at the end.
    pub(super) samples: u64,
    /// Records of a run, about.
    pub(super) records: u64,
    /// What is measured.
    pub(super) detail: Detail,
}

impl Experiment {
    /// The experiment of these settings; its estimators are to be checked.
    ///
    /// # Errors
    /// Returns an error if there is no such model, if the data can't be used, or if something would fill the memory.
    pub(super) fn of(settings: Settings<'_>) -> Result<Self, Error> {
        let Settings {
            methods,
            evaluations,
            bound,
            iterations,
            control_learning_rate,
            seed,
            samples,
            records,
            detail,
            ..
        } = settings;
        let control_optimisers = chosen_optimisers(settings.control_optimisers)?;
        let data = Data::of(settings.model)?;
        let model = chosen(settings.model.model.as_deref())?;
        let latents = size(settings.latents)?;
        check_model(model, latents, &data)?;
        if model.layers > 1 && control_optimisers.contains(&ControlOptimiser::Replay) {
            return Err(Error::arguments(format!(
                "--control-optimiser replay learns the control of one layer, and --model {} has two layers without controls",
                model.name
            )));
        }
        if samples.saturating_mul((records::TIMES * model.layers * latents) as u64) > LARGEST_STEP {
            return Err(Error::arguments(format!(
                "--samples {samples}: {} times as many with {} latent variables each are more than {} numbers",
                records::TIMES,
                number::grouped(latents as u64),
                number::grouped(LARGEST_STEP)
            )));
        }
        if let Some(samples) = bound {
            check_bound(samples, model, evaluations, &control_optimisers)?;
        }
        let mut experiment = Self {
            methods: estimators::trained(methods, &control_optimisers),
            evaluations,
            costs: Vec::new(),
            model,
            bound,
            latents,
            data,
            iterations,
            batch: size(settings.batch.unwrap_or(BATCH))?,
            learning_rate: settings.learning_rate.unwrap_or(LEARNING_RATE),
            control_optimisers,
            control_learning_rate: control_learning_rate.unwrap_or(LEARNING_RATE),
            seed,
            repeats: settings.repeats.unwrap_or(REPEATS),
            samples,
            records,
            detail,
        };
        if let Some(costs) = settings.auto_costs {
            experiment.costs = experiment.costs_of(costs)?;
        }
        Ok(experiment)
    }

    /// What a round of each candidate of `auto` costs: a step of the model, if that is seconds.
    ///
    /// # Errors
    /// As [`Costs::of`].
    fn costs_of(&mut self, costs: &Costs) -> Result<Vec<(String, f64)>, Error> {
        let methods: Vec<&'static Method> = self.methods.iter().map(Trained::method).collect();
        let start = Bernoulli::from_logits(&vec![0.0; self.latents]).map_err(Error::arguments)?;
        let setup = Setup { evaluations: self.evaluations, ..Setup::default() };
        let trained = std::mem::take(&mut self.methods);
        let found = costs.of(&methods, Gradient::candidates(&setup, &start), |method| {
            self.methods = vec![Trained::by_adam(method)];
            run::seconds_of_a_step(self)
        });
        self.methods = trained;
        found
    }

    /// # Errors
    /// Returns an error if an estimator does not fit, or if it has no choice of K although one is given.
    pub(super) fn check_all(&self) -> Result<(), Error> {
        let (instance, batch) = (self.instance().map_err(Error::arguments)?, self.batch as u64);
        for method in &self.methods {
            if self.evaluations.is_some() && !method.cost.has_choice() {
                let reason =
                    format!("it takes {} evaluations of f, and --evaluations is not for it", method.cost);
                return Err(Refusal { estimator: estimators::name(method), reason }.into());
            }
            self.check(method, &*instance, batch)?;
        }
        Ok(())
    }

    /// # Errors
    /// Returns an error if an estimator can't be used with this model, or if its points would fill the memory.
    pub(super) fn check(&self, method: &Trained, model: &dyn Model, batch: u64) -> Result<(), Error> {
        let gradient = Gradient::new(method, &self.setup_of(method), model, &mut Stream::new(0, 0, 0))?;
        check_step(method, records::points(&gradient, model)?, batch, model)
    }

    /// What an estimator starts from; with K, if it has a choice.
    pub(super) fn setup_of(&self, method: &Trained) -> Setup {
        let evaluations = self.bound.or(self.evaluations.filter(|_| method.cost.has_choice()));
        Setup { lambda: LAMBDA, eta: ETA, evaluations, costs: self.costs.clone(), ..Setup::default() }
    }

    /// How many runs there are.
    pub(super) fn runs(&self) -> u64 {
        self.methods.len() as u64 * self.repeats
    }

    /// The model. Its parameters are to be set.
    ///
    /// # Errors
    /// Returns an error if there is no memory for them.
    pub(super) fn instance(&self) -> Result<Box<dyn Model>, NetworkError> {
        (self.model.make)(self.latents, self.data.pixels)
    }
}

/// What moves the parameters of a control: each once, in the order of the library's list.
///
/// # Errors
/// Returns an error if one of them is not for a model.
fn chosen_optimisers(asked: &[ControlOptimiser]) -> Result<Vec<ControlOptimiser>, Error> {
    let refused = [ControlOptimiser::GaussNewton, ControlOptimiser::LeastSquares];
    if let Some(optimiser) = refused.into_iter().find(|optimiser| asked.contains(optimiser)) {
        return Err(Error::arguments(format!(
            "--control-optimiser {} learns the control of one distribution, and a model has one for each image; for vae there are adam and replay",
            optimiser.name()
        )));
    }
    Ok(Trained::optimisers(asked))
}

/// The model of this name; the first if no other is asked for.
pub(super) fn chosen(name: Option<&str>) -> Result<&'static voidgrad_models::Row, Error> {
    let is_asked = |row: &&voidgrad_models::Row| name.is_none_or(|name| name == row.name);
    MODELS.iter().find(is_asked).ok_or_else(|| {
        let names = MODELS.map(|row| row.name).join(", ");
        Error::arguments(format!("no model has the name {}; known: {names}", name.unwrap_or_default()))
    })
}

/// # Errors
/// Returns an error if an option is not for a bound of several samples.
fn check_bound(
    samples: u64,
    model: &voidgrad_models::Row,
    evaluations: Option<u64>,
    control_optimisers: &[ControlOptimiser],
) -> Result<(), Error> {
    let reason = if model.layers > 1 {
        format!("it is for one layer of latent variables, and --model {} has two", model.name)
    } else if evaluations.is_some() {
        "its estimators have K from it, and --evaluations is not for them".to_owned()
    } else if control_optimisers.contains(&ControlOptimiser::Replay) {
        "its estimators have no control, and --control-optimiser replay is not for them".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::arguments(format!("--bound {samples}: {reason}")))
}

/// # Errors
/// Returns an error if the matrices of a model would fill the memory. No model has larger ones than that.
fn check_model(model: &voidgrad_models::Row, latents: usize, data: &Data) -> Result<(), Error> {
    let inputs = if model.layers > 1 { data.pixels.max(latents) } else { data.pixels };
    if latents.max(UNITS).saturating_mul(inputs.max(UNITS)) <= LARGEST_MATRIX {
        return Ok(());
    }
    Err(Error::arguments(format!(
        "--latents {latents}: with images of {} pixels a matrix has more than {} entries",
        number::grouped(data.pixels as u64),
        number::grouped(LARGEST_MATRIX as u64)
    )))
}

/// # Errors
/// Returns an error if the points of a step, or those of a variance, would fill the memory. The exact gradient has the pixels of every state.
fn check_step(method: &Trained, each: u64, batch: u64, model: &dyn Model) -> Result<(), Error> {
    let images = batch.max(records::VARIANCE_ROWS as u64);
    let layers = if model.second().is_some() { 2 } else { 1 };
    let points = each.saturating_mul(images).saturating_mul(layers * model.latents() as u64);
    let pixels = each.saturating_add(images).saturating_mul(model.pixels() as u64);
    if points.saturating_add(pixels) <= LARGEST_STEP {
        return Ok(());
    }
    Err(Error::arguments(format!(
        "--batch {batch}: {} evaluates f {} for an image, and the points and pixels of a step are more than {} numbers",
        estimators::name(method),
        number::plural(each, "time"),
        number::grouped(LARGEST_STEP)
    )))
}

//! What is searched: a regression, the ways to search it, and how long.

use std::fmt::Display;

use voidgrad::Stream;

use super::regression::{Optimum, Penalised, Regression, Shape};
use super::search::{self, Way};
use crate::cli::TrainArguments;
use crate::seed;
use crate::variables::size;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;

/// What the options of all problems are here, if they are not given.
const ITERATIONS: u64 = 500;
const REPEATS: u64 = 5;
const EVALUATIONS: u64 = 10;
const LEARNING_RATE: f64 = 0.05;

/// The largest learning rate: with it, every logit stays a number.
const LARGEST: f64 = 1e6;

/// The data have random numbers of their own.
const DATA: u64 = 0;

/// Everything that determines the results.
#[derive(Debug)]
pub(crate) struct Selection {
    /// What the data were made of.
    pub(super) shape: Shape,
    /// The regression.
    pub(super) regression: Regression,
    /// f of Bernoulli variables.
    pub(super) penalised: Penalised,
    /// The best subset, if all of them could be evaluated.
    pub(super) optimum: Option<Optimum>,
    /// The ways to search.
    pub(super) ways: Vec<Way>,
    /// K, for estimators with a choice.
    pub(super) evaluations: u64,
    /// The learning rate of Adam.
    pub(super) learning_rate: f64,
    /// Steps of each run.
    pub(super) iterations: u64,
    /// Runs of each way.
    pub(super) repeats: u64,
    /// The seed.
    pub(super) seed: u64,
}

impl Selection {
    /// The experiment that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if a value can't be used.
    pub(super) fn of(arguments: &TrainArguments) -> Result<Self, Error> {
        let options = &arguments.subset;
        if options.chosen > options.features {
            let (chosen, features) = (options.chosen, options.features);
            return Err(Error::arguments(format!("--chosen {chosen} is more than --features {features}")));
        }
        if !(0.0..=1e3).contains(&options.noise) {
            return Err(Error::arguments(format!("--noise {} is not from 0 to 1,000", options.noise)));
        }
        if !(-0.99..=0.99).contains(&options.correlation) {
            let correlation = options.correlation;
            return Err(Error::arguments(format!("--correlation {correlation} is not from -0.99 to 0.99")));
        }
        for (name, value) in [("penalty", Some(options.penalty)), ("learning-rate", arguments.learning_rate)]
        {
            if let Some(value) = value.filter(|value| *value > LARGEST) {
                return Err(Error::arguments(format!("--{name} {value} is more than 1,000,000")));
            }
        }
        if arguments.auto_costs.is_some() {
            return Err(Error::arguments(
                "--auto-costs has no meaning for --problem subset, which has no auto",
            ));
        }
        let shape = Shape {
            features: size(options.features)?,
            chosen: size(options.chosen)?,
            noise: options.noise,
            correlation: options.correlation,
        };
        let mut stream = Stream::new(seed::derive(arguments.seed, [DATA]), 0, 0);
        let regression = Regression::generated(shape, &mut stream);
        let experiment = Self {
            optimum: regression.optimum(shape.chosen),
            penalised: Penalised {
                regression: regression.clone(),
                size: shape.chosen,
                penalty: options.penalty,
            },
            shape,
            regression,
            ways: Way::all(&arguments.estimators)?,
            evaluations: arguments.evaluations.unwrap_or(EVALUATIONS),
            learning_rate: arguments.learning_rate.unwrap_or(LEARNING_RATE),
            iterations: arguments.iterations.unwrap_or(ITERATIONS),
            repeats: arguments.repeats.unwrap_or(REPEATS),
            seed: arguments.seed,
        };
        // What the library refuses is refused before the first run.
        for &way in &experiment.ways {
            search::search(&experiment, way, 0)?;
        }
        Ok(experiment)
    }

    /// `config.toml`.
    pub(super) fn as_toml(&self) -> String {
        let mut lines = vec!["# train --config config.toml gives these results again.".to_owned()];
        let mut line = |name: &str, value: &dyn Display| lines.push(format!("{name} = {value}"));
        let text = |text: &str| toml::Value::from(text).to_string();
        line("problem", &text("subset"));
        line("features", &self.shape.features);
        line("chosen", &self.shape.chosen);
        line("noise", &number::exact(self.shape.noise));
        line("correlation", &number::exact(self.shape.correlation));
        line("penalty", &number::exact(self.penalised.penalty));
        let names: Vec<String> =
            self.ways.iter().filter_map(|way| way.method()).map(|method| text(method.name)).collect();
        line("estimator", &format!("[{}]", names.join(", ")));
        line("evaluations", &self.evaluations);
        line("iterations", &self.iterations);
        line("learning-rate", &number::exact(self.learning_rate));
        match i64::try_from(self.seed) {
            Ok(seed) => line("seed", &seed),
            // TOML has no whole number beyond.
            Err(_) => line("seed", &text(&self.seed.to_string())),
        }
        line("repeats", &self.repeats);
        lines.join("\n") + "\n"
    }
}

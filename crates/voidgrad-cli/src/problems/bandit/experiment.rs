//! What is trained, and how long.

use std::fmt::Display;

use crate::cli::TrainArguments;
use crate::problems::cart_pole::Kind;
use crate::variables::size;
use voidgrad_kit::error::Error;
use voidgrad_kit::number::{self, grouped};

/// What the options of all problems are here, if they are not given.
const ITERATIONS: u64 = 2_000;
const BATCH: usize = 8;
const REPEATS: u64 = 10;
const LEARNING_RATE: f64 = 0.05;

/// With it, every logit stays a number.
const LARGEST_RATE: f64 = 1e6;

/// The most pulls times arms of a step, each of which has tens of bytes.
const LARGEST_STEP: usize = 1_000_000;

/// Everything that determines the results.
#[derive(Debug)]
pub(crate) struct Bandit {
    /// K.
    pub(super) arms: usize,
    /// The baselines, each with its runs.
    pub(super) baselines: Vec<Kind>,
    /// Steps of a run.
    pub(super) iterations: u64,
    /// Pulls of a step.
    pub(super) batch: usize,
    /// Of Adam.
    pub(super) learning_rate: f64,
    /// The seed.
    pub(super) seed: u64,
    /// Runs of each baseline.
    pub(super) repeats: u64,
}

impl Bandit {
    /// The experiment that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if a value can't be used.
    pub(super) fn of(arguments: &TrainArguments) -> Result<Self, Error> {
        let experiment = Self {
            arms: size(arguments.bandit.arms)?,
            baselines: Kind::asked(&arguments.cart_pole.baselines),
            iterations: arguments.iterations.unwrap_or(ITERATIONS),
            batch: arguments.batch.map_or(Ok(BATCH), size)?,
            learning_rate: arguments.learning_rate.unwrap_or(LEARNING_RATE),
            seed: arguments.seed,
            repeats: arguments.repeats.unwrap_or(REPEATS),
        };
        let Self { arms, batch, learning_rate, .. } = experiment;
        let refused = |reason: String| Err(Error::arguments(reason));
        if batch.saturating_mul(arms) > LARGEST_STEP {
            return refused(format!(
                "--batch {batch} times {arms} arms is more than {}",
                grouped(LARGEST_STEP as u64)
            ));
        }
        if batch < 2 && experiment.baselines.contains(&Kind::LeaveOneOut) {
            return refused(format!("--batch {batch} is less than 2 pulls, which leave-one-out needs"));
        }
        if learning_rate > LARGEST_RATE {
            return refused(format!("--learning-rate {learning_rate} is more than 1,000,000"));
        }
        Ok(experiment)
    }

    /// `config.toml`.
    pub(super) fn as_toml(&self) -> String {
        let mut lines = vec!["# train --config config.toml gives these results again.".to_owned()];
        let mut line = |name: &str, value: &dyn Display| lines.push(format!("{name} = {value}"));
        let names: Vec<String> = self.baselines.iter().map(|kind| format!("\"{}\"", kind.name())).collect();
        line("problem", &"\"bandit\"");
        line("arms", &self.arms);
        line("baseline", &format!("[{}]", names.join(", ")));
        line("iterations", &self.iterations);
        line("batch", &self.batch);
        line("learning-rate", &number::exact(self.learning_rate));
        match i64::try_from(self.seed) {
            Ok(seed) => line("seed", &seed),
            // TOML has no whole number beyond.
            Err(_) => line("seed", &format!("\"{}\"", self.seed)),
        }
        line("repeats", &self.repeats);
        lines.join("\n") + "\n"
    }
}

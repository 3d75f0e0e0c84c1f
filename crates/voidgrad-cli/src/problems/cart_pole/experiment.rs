//! What is trained, and how long.

use std::fmt::Display;

use super::options::Kind;
use crate::cli::TrainArguments;
use crate::variables::size;
use voidgrad_kit::error::Error;
use voidgrad_kit::number::{self, grouped};

/// What the options of all problems are here, if they are not given: 2,000 episodes.
const ITERATIONS: u64 = 250;
const BATCH: usize = 8;
const REPEATS: u64 = 10;
const LEARNING_RATE: f64 = 0.02;

/// With it, every logit stays a number.
const LARGEST_RATE: f64 = 1e6;

/// The most episodes of a run, each of which has a number in every checkpoint.
const LARGEST_RUN: u64 = 10_000_000;

/// Decisions of a step, which are in memory side by side: all of its episodes may be as long as they can be.
const LARGEST_BATCH: usize = 1_000;

/// Everything that determines the results.
#[derive(Debug)]
pub(crate) struct CartPole {
    /// The baselines, each with its runs.
    pub(super) baselines: Vec<Kind>,
    /// Steps of a run.
    pub(super) iterations: u64,
    /// Episodes of a step.
    pub(super) batch: usize,
    /// Of Adam.
    pub(super) learning_rate: f64,
    /// The seed.
    pub(super) seed: u64,
    /// Runs of each baseline.
    pub(super) repeats: u64,
}

impl CartPole {
    /// The experiment that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if a value can't be used.
    pub(super) fn of(arguments: &TrainArguments) -> Result<Self, Error> {
        let experiment = Self {
            baselines: Kind::asked(&arguments.cart_pole.baselines),
            iterations: arguments.iterations.unwrap_or(ITERATIONS),
            batch: arguments.batch.map_or(Ok(BATCH), size)?,
            learning_rate: arguments.learning_rate.unwrap_or(LEARNING_RATE),
            seed: arguments.seed,
            repeats: arguments.repeats.unwrap_or(REPEATS),
        };
        let Self { batch, iterations, learning_rate, .. } = experiment;
        let refused = |reason: String| Err(Error::arguments(reason));
        if batch > LARGEST_BATCH {
            return refused(format!(
                "--batch {batch} is more than {} episodes",
                grouped(LARGEST_BATCH as u64)
            ));
        }
        if batch < 2 && experiment.baselines.contains(&Kind::LeaveOneOut) {
            return refused(format!("--batch {batch} is less than 2 episodes, which leave-one-out needs"));
        }
        if iterations > LARGEST_RUN / batch as u64 {
            return refused(format!(
                "--iterations {iterations} times {} is more than {}",
                number::plural(batch as u64, "episode"),
                grouped(LARGEST_RUN)
            ));
        }
        if learning_rate > LARGEST_RATE {
            return refused(format!("--learning-rate {learning_rate} is more than 1,000,000"));
        }
        Ok(experiment)
    }

    /// Episodes of a run.
    #[expect(clippy::cast_possible_truncation, reason = "at most ten million")]
    pub(super) fn episodes(&self) -> usize {
        self.iterations as usize * self.batch
    }

    /// `config.toml`.
    pub(super) fn as_toml(&self) -> String {
        let mut lines = vec!["# train --config config.toml gives these results again.".to_owned()];
        let mut line = |name: &str, value: &dyn Display| lines.push(format!("{name} = {value}"));
        let names: Vec<String> = self.baselines.iter().map(|kind| format!("\"{}\"", kind.name())).collect();
        line("problem", &"\"cart-pole\"");
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

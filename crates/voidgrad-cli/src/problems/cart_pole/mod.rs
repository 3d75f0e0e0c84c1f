//! `cart-pole`: a policy that balances a pole on a cart, by policy gradients with several baselines.

mod environment;
mod experiment;
mod files;
mod options;
mod report;
mod run;
mod table;
#[cfg(test)]
mod tests;

use crate::cli::TrainArguments;
use crate::problems::Row;
use crate::training::{self, Job, Problem, Results, TimingRow};
use experiment::CartPole;
use run::{Execution, Run};
use voidgrad_kit::error::Error;
use voidgrad_kit::output::CONFIGURATION;

pub(crate) use options::{Kind, Options};

/// The line of the list.
pub(super) const ROW: Row = Row {
    name: "cart-pole",
    about: "a policy that balances a pole on a cart, by policy gradients",
    options: options::NAMES,
    train: Some(training::train::<CartPole>),
};

impl Problem for CartPole {
    type Run = Run;
    type Execution<'a> = Execution<'a>;

    const SIDE_BY_SIDE: bool = true;

    fn new(arguments: &TrainArguments) -> Result<Self, Error> {
        Self::of(arguments)
    }

    fn configuration(&self) -> String {
        self.as_toml()
    }

    fn rows(&self) -> Vec<&'static str> {
        self.baselines.iter().map(|baseline| baseline.name()).collect()
    }

    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn steps(&self) -> u64 {
        self.iterations
    }

    fn begin(&self, job: Job) -> Result<Execution<'_>, Error> {
        Execution::new(self, job)
    }

    fn results(&self, runs: &[Run], threads: usize) -> Result<Results, Error> {
        let timing = runs.iter().map(|run| TimingRow::new(run.baseline.name(), run.repeat, run.time));
        let files = vec![
            (CONFIGURATION, self.as_toml().into_bytes()),
            ("timing.json", training::timing(threads, timing)?),
            ("metrics.csv", files::csv(self, runs)?),
            ("summary.json", files::json(self, runs)?),
            ("report.html", report::html(self, runs).into_bytes()),
        ];
        Ok(Results { files, report: Ok(()), table: table::text(self, runs), failure: None })
    }
}

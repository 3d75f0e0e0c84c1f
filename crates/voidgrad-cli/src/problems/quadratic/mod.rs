//! `quadratic`: estimators compared on E[(b - t)²], the toy problem of REBAR and RELAX.

mod analysis;
mod checkpoint;
mod configuration;
mod effort;
mod experiment;
mod metrics;
mod network;
mod records;
mod report;
mod run;
mod summary;
mod table;

use crate::cli::TrainArguments;
use crate::problems::Row;
use crate::trained::Trained;
use crate::training::{self, Job, Problem, Results, TimingRow};
use analysis::Analysis;
use experiment::Experiment;
use run::{Execution, Run};
use voidgrad_kit::error::Error;
use voidgrad_kit::output::CONFIGURATION;

/// The line of the list.
pub(super) const ROW: Row = Row {
    name: "quadratic",
    about: "E[(b - t)²] of Bernoulli variables, the toy problem of REBAR and RELAX",
    options: &[
        "estimator",
        "evaluations",
        "auto-costs",
        "target",
        "dim",
        "theta0",
        "batch",
        "control-optimiser",
        "control-learning-rate",
    ],
    train: Some(training::train::<Experiment>),
};

impl Problem for Experiment {
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
        self.methods.iter().map(Trained::name).collect()
    }

    fn repeats(&self) -> u64 {
        self.repeats
    }

    fn steps(&self) -> u64 {
        self.settings.iterations
    }

    fn begin(&self, job: Job) -> Result<Execution<'_>, Error> {
        Execution::new(self, job)
    }

    fn results(&self, runs: &[Run], threads: usize) -> Result<Results, Error> {
        let analyses = Analysis::of(self, runs);
        let timing = runs.iter().map(|run| TimingRow::new(run.method.name(), run.repeat, run.time));
        let mut files = vec![
            (CONFIGURATION, self.as_toml().into_bytes()),
            ("timing.json", training::timing(threads, timing)?),
            ("metrics.csv", metrics::csv(runs)?),
            ("summary.json", summary::json(self, runs)?),
        ];
        // The numbers are kept, whatever becomes of the pictures.
        let report = report::html(self, &analyses).map(|html| files.push(("report.html", html.into_bytes())));
        Ok(Results { files, report, table: table::text(&analyses), failure: all_diverged(&analyses) })
    }
}

/// The estimators without a run that came to its end, if there are any.
fn all_diverged(analyses: &[Analysis<'_>]) -> Option<String> {
    let names: Vec<&str> = analyses
        .iter()
        .filter(|analysis| analysis.settled().next().is_none())
        .map(|analysis| analysis.method.name())
        .collect();
    (!names.is_empty()).then(|| format!("every run of {} diverged", names.join(", ")))
}

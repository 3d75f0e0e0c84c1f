//! `vae`: a variational autoencoder with binary latent variables, on images of handwritten digits.

mod bounds;
mod comparison;
mod configuration;
mod data;
mod error;
mod estimators;
mod exact;
mod experiment;
mod gradient;
mod images;
mod metrics;
mod random;
mod records;
mod report;
mod run;
mod spread;
mod summary;
mod table;
#[cfg(test)]
mod tests;

use crate::cli::TrainArguments;
use crate::cli::value::Gradient;
use crate::training::{self, Job, Problem, Results, TimingRow};
pub(super) use comparison::run as compare;
pub(super) use experiment::Experiment;
use experiment::{Detail, Settings};
use run::{Execution, Run};
use table::Analysis;
use voidgrad_kit::error::Error;
use voidgrad_kit::output::CONFIGURATION;

/// What the options are for a training, if they are not given.
const LATENTS: u64 = 32;
const ITERATIONS: u64 = 10_000;
const SAMPLES: u64 = 200;
/// Records of a run, about.
const RECORDS: u64 = 100;

impl Problem for Experiment {
    const SIDE_BY_SIDE: bool = true;

    type Run = Run;
    type Execution<'a> = Execution<'a>;

    fn new(arguments: &TrainArguments) -> Result<Self, Error> {
        let TrainArguments {
            evaluations, batch, learning_rate, control_learning_rate, seed, repeats, ..
        } = *arguments;
        arguments.estimators.iter().try_for_each(Gradient::check_has_no_optimiser)?;
        let layers = experiment::chosen(arguments.vae.model.as_deref())?.layers;
        let experiment = Self::of(Settings {
            methods: estimators::asked(&arguments.estimators, arguments.objective.bound, layers)?,
            control_optimisers: &arguments.control_optimisers,
            evaluations,
            auto_costs: arguments.auto_costs.as_ref(),
            model: &arguments.vae,
            bound: arguments.objective.bound,
            latents: arguments.vae.latents.unwrap_or(LATENTS),
            iterations: arguments.iterations.unwrap_or(ITERATIONS),
            batch,
            learning_rate,
            control_learning_rate,
            seed,
            repeats,
            samples: arguments.samples.unwrap_or(SAMPLES),
            records: RECORDS,
            detail: Detail::Everything,
        })?;
        experiment.check_all()?;
        Ok(experiment)
    }

    fn configuration(&self) -> String {
        self.as_toml()
    }

    fn rows(&self) -> Vec<&'static str> {
        self.methods.iter().map(|method| estimators::name(method)).collect()
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
        let analyses = Analysis::of(self, runs);
        let timing =
            runs.iter().map(|run| TimingRow::new(estimators::name(&run.method), run.repeat, run.time));
        let mut files = vec![
            (CONFIGURATION, self.as_toml().into_bytes()),
            ("timing.json", training::timing(threads, timing)?),
            ("metrics.csv", metrics::csv(runs)?),
            ("summary.json", summary::json(self, runs)?),
        ];
        // The numbers are kept, whatever becomes of the pictures.
        let report = report::html(self, &analyses).map(|html| {
            files.push((report::SECONDS, report::seconds(self, &analyses)));
            files.push(("report.html", html.into_bytes()));
        });
        Ok(Results { files, report, table: table::text(self, &analyses), failure: all_diverged(&analyses) })
    }
}

/// The estimators without a run that came to its end, if there are any.
fn all_diverged(analyses: &[Analysis<'_>]) -> Option<String> {
    let gone =
        analyses.iter().filter(|analysis| !analysis.runs.is_empty() && analysis.settled().next().is_none());
    let names: Vec<&str> = gone.map(|analysis| estimators::name(&analysis.method)).collect();
    (!names.is_empty()).then(|| format!("every run of {} diverged", names.join(", ")))
}

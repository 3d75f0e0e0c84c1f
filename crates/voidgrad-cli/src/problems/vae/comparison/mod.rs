//! `compare --problem vae`: what every estimator comes to with the same evaluations of f, and in the same time.

mod chart;
mod files;
mod place;
mod ranking;
mod table;
mod verdict;

use std::sync::Arc;

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method};

use super::estimators;
use super::experiment::{Detail, Experiment, Settings, chosen};
use super::run::{Execution, Run};
use crate::choice::Refusal;
use crate::cli::CompareArguments;
use crate::compare::FILES;
use crate::training::{Execution as _, Job, Outcome};
use ranking::Ranking;
use voidgrad_kit::error::Error;
use voidgrad_kit::number::{self, plural};
use voidgrad_kit::output::Output;
use voidgrad_kit::progress::Steps;
use voidgrad_kit::terminal;
use voidgrad_kit::work::{self, Collected, Sink};

/// What the options are here, if they are not given: few latent variables in all layers together, so that there is an exact gradient to compare with.
const LATENTS: u64 = 10;
const ITERATIONS: u64 = 2_000;
const SAMPLES: u64 = 20;
/// Records of a run: between them, its bound is interpolated.
const RECORDS: u64 = 100;

/// A comparison: the estimators that can be trained, and the others with the reason why not.
struct Comparison {
    experiment: Experiment,
    left_out: Vec<Refusal>,
}

/// Trains every estimator, writes the three files and prints the table, with one sentence below it.
///
/// # Errors
/// Returns an error if the arguments can't be used, if no estimator can be trained, if the training is ended early, or if the results can't be written.
pub(in crate::problems) fn run(arguments: &CompareArguments) -> Result<(), Error> {
    let Comparison { experiment, mut left_out } = Comparison::new(arguments)?;
    let experiment = Arc::new(experiment);
    let output = Output::reserve(&FILES, arguments.out.as_deref(), arguments.force)?;
    let directory = output.directory().display().to_string();
    let jobs: Vec<Job> = (0..experiment.methods.len())
        .flat_map(|row| (0..experiment.repeats).map(move |repeat| Job { row, repeat }))
        .collect();
    if !arguments.quiet {
        terminal::note(&format!(
            "training with {}: {} of {} each",
            plural(experiment.methods.len() as u64, "estimator"),
            plural(experiment.repeats, "run"),
            plural(experiment.iterations, "step"),
        ));
    }
    let steps = Arc::new(Steps::start("", jobs.len(), arguments.quiet));
    let (trained, shown, all) = (Arc::clone(&experiment), Arc::clone(&steps), jobs.len());
    // One after the other: every run has all threads, and its time is its own.
    let work = move |runs: &Sink<Run>| {
        for job in jobs {
            shown.about(estimators::name(&trained.methods[job.row]));
            runs.put(complete(&trained, job)?);
            shown.advance();
        }
        Ok(())
    };
    let Collected { results: runs, end } = work::collect(work, || steps.line());
    steps.finish();
    let complete = runs.len();

    let ranking = Ranking::of(&experiment, &runs);
    left_out.extend(ranking.gone(&experiment, &runs));
    if ranking.standings.is_empty() {
        end.early(None)?;
        let reason = left_out.first().map(Refusal::to_string).unwrap_or_default();
        return Err(Error::computation(format!("no run came to its end; {reason}")));
    }
    let verdict = verdict::sentence(&ranking);
    let written = output.write(&[
        ("compare.json", files::json(&experiment, &ranking, &left_out, &verdict)?),
        ("compare.csv", files::csv(&ranking)?),
        ("compare.svg", chart::svg(&experiment, &ranking).into_bytes()),
    ]);
    if !arguments.quiet {
        let place = match &written {
            Ok(()) => format!("written to {directory}: {}\n\n", FILES.files.join(", ")),
            Err(_) => String::new(),
        };
        let table = table::text(&experiment, &ranking, &left_out);
        terminal::print(&format!("{table}\n\n{place}{verdict}\n"))?;
    }
    written?;
    end.early(Some(&format!(
        "{} of {} runs were complete and are kept in {directory}",
        number::grouped(complete as u64),
        number::grouped(all as u64)
    )))
}

/// A run from its first step to its end.
fn complete(experiment: &Experiment, job: Job) -> Result<Run, Error> {
    let mut execution = Execution::new(experiment, job)?;
    while execution.steps() < experiment.iterations {
        if execution.advance(experiment.iterations - execution.steps())? == Outcome::Diverged {
            return Ok(execution.into_run());
        }
    }
    execution.end();
    Ok(execution.into_run())
}

impl Comparison {
    /// The comparison that the arguments describe.
    ///
    /// # Errors
    /// Returns an error if the data can't be read, or if none of the estimators can be trained.
    fn new(arguments: &CompareArguments) -> Result<Self, Error> {
        let asked = &arguments.estimators;
        let is_asked = |method: &&'static Method| {
            asked.is_empty() || asked.iter().any(|other| other.name == method.name)
        };
        let training = &arguments.training;
        let layers = chosen(arguments.model.model.as_deref())?.layers;
        let settings = Settings {
            methods: Bernoulli::estimators().iter().map(|row| row.method).filter(is_asked).collect(),
            control_optimisers: &training.control_optimisers,
            evaluations: arguments.evaluations,
            auto_costs: arguments.training.auto_costs.as_ref(),
            model: &arguments.model,
            bound: None,
            latents: arguments.model.latents.unwrap_or(LATENTS / layers as u64),
            iterations: training.iterations.unwrap_or(ITERATIONS),
            batch: training.batch,
            learning_rate: training.learning_rate,
            control_learning_rate: training.control_learning_rate,
            seed: arguments.seed,
            repeats: training.repeats,
            samples: arguments.samples.unwrap_or(SAMPLES),
            records: RECORDS,
            detail: Detail::Elbo,
        };
        let (mut experiment, mut left_out) = (Experiment::of(settings)?, Vec::new());
        let (instance, batch) = (experiment.instance().map_err(Error::arguments)?, experiment.batch as u64);
        for method in std::mem::take(&mut experiment.methods) {
            match experiment.check(&method, &*instance, batch) {
                Ok(()) => experiment.methods.push(method),
                Err(error) => {
                    let estimator = estimators::name(&method);
                    // The reason comes with the name.
                    let text = error.to_string();
                    let reason = text.strip_prefix(&format!("{estimator}: ")).unwrap_or(&text).to_owned();
                    left_out.push(Refusal { estimator, reason });
                }
            }
        }
        if experiment.methods.is_empty() {
            let reasons: Vec<String> = left_out.iter().map(Refusal::to_string).collect();
            return Err(Error::arguments(reasons.join("; ")));
        }
        Ok(Self { experiment, left_out })
    }
}

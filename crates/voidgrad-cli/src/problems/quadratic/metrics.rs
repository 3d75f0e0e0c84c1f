//! `metrics.csv`: the state of every run over the iterations.

use crate::problems::quadratic::run::{PLOTTED, Record, Run};
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::output;

/// The columns before the plotted parameters. Gradients and variances are with respect to the logit and, like
/// `theta`, averaged over the coordinates.
const COLUMNS: [&str; 11] = [
    "estimator",
    "repeat",
    "iteration",
    "theta",
    "loss",
    "variance",
    "gradient_exact",
    "gradient_mean",
    "samples",
    "evaluations",
    "status",
];

/// The table of all runs. A run that diverged ends with a row whose status is `diverged`: the state from which the step
/// of that number could not be made, without a variance or a mean, because it has none. A variance that is exact is from 0
/// samples. A column of another estimator's parameter is empty.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(crate) fn csv(runs: &[Run]) -> Result<Vec<u8>, Error> {
    let parameters = parameter_names(runs);
    let header = COLUMNS.into_iter().chain(parameters.iter().copied());
    let rows = runs.iter().flat_map(|run| run.records.iter().map(|record| row(run, record, &parameters)));
    output::csv(header, rows)
}

fn row(run: &Run, record: &Record, parameters: &[&str]) -> Vec<String> {
    let mut cells = vec![
        run.method.name().to_owned(),
        run.repeat.to_string(),
        record.iteration.to_string(),
        number(Some(record.theta)),
        number(Some(record.loss)),
        number(record.variance()),
        number(Some(record.gradient_exact)),
        number(record.moments.map(|moments| moments.gradient_mean)),
        record.moments.map_or_else(String::new, |moments| moments.samples.to_string()),
        record.evaluations.to_string(),
        status(run, record).to_owned(),
    ];
    cells.extend(parameters.iter().map(|name| number(record.parameter(name))));
    cells
}

fn status(run: &Run, record: &Record) -> &'static str {
    match &run.diverged {
        Some(divergence) if divergence.iteration == record.iteration => "diverged",
        _ => "ok",
    }
}

/// The plotted parameters that some run has.
fn parameter_names(runs: &[Run]) -> Vec<&'static str> {
    let has = |run: &Run, name| run.records.iter().any(|record| record.parameter(name).is_some());
    PLOTTED.into_iter().filter(|&name| runs.iter().any(|run| has(run, name))).collect()
}

/// Nothing if there is no number.
fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, number::exact)
}

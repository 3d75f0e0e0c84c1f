//! `metrics.csv`: the state of every run over the iterations.

use super::estimators;
use super::records::Record;
use super::run::Run;
use voidgrad_kit::error::Error;
use voidgrad_kit::number;
use voidgrad_kit::output;

/// The columns. `evaluations` are those of f so far; a bound is the mean over the images from 5 samples, those of `--bound K` from as many as K needs at least, `variance_logit` is from 20 draws, if the run ends with as many.
const COLUMNS: [&str; 11] = [
    "estimator",
    "repeat",
    "iteration",
    "evaluations",
    "train_elbo",
    "test_elbo",
    "train_bound",
    "test_bound",
    "variance_logit",
    "eta",
    "lambda",
];

/// The table of all runs. A cell is empty if there is no number.
///
/// # Errors
/// Returns an error if a row cannot be written; in memory that does not happen.
pub(super) fn csv(runs: &[Run]) -> Result<Vec<u8>, Error> {
    output::csv(COLUMNS, runs.iter().flat_map(|run| run.records.iter().map(|record| row(run, record))))
}

fn row(run: &Run, record: &Record) -> [String; COLUMNS.len()] {
    let number = |value: f64| if value.is_finite() { number::exact(value) } else { String::new() };
    [
        estimators::name(&run.method).to_owned(),
        run.repeat.to_string(),
        record.iteration.to_string(),
        record.evaluations.to_string(),
        number(record.train_elbo),
        number(record.test_elbo),
        number(record.train_bound),
        number(record.test_bound),
        number(record.variance),
        number(record.eta),
        number(record.lambda),
    ]
}

//! The table that `train` ends with.

use super::estimators;
use super::experiment::Experiment;
use super::records::{TIMES, VARIANCE_ROWS};
use super::run::{End, Run};
use crate::choice;
use crate::statistics::Quartiles;
use crate::trained::Trained;
use voidgrad_kit::{number, terminal};

/// The runs of one estimator.
pub(super) struct Analysis<'a> {
    /// The estimator.
    pub(super) method: Trained,
    /// All of its runs.
    pub(super) runs: Vec<&'a Run>,
}

impl<'a> Analysis<'a> {
    /// One analysis an estimator, in the experiment's order.
    pub(super) fn of(experiment: &Experiment, runs: &'a [Run]) -> Vec<Self> {
        let of_method = |method: &Trained| Self {
            method: *method,
            runs: runs.iter().filter(|run| run.method == *method).collect(),
        };
        experiment.methods.iter().map(of_method).collect()
    }

    /// The runs that came to their end.
    pub(super) fn settled(&self) -> impl Iterator<Item = &'a Run> {
        self.runs.iter().copied().filter(|run| run.end.is_some())
    }

    /// What the estimator has chosen in its runs, in words, if it chooses among others.
    pub(super) fn choices(&self) -> Option<String> {
        choice::in_words(self.method.name, self.runs.iter().map(|run| run.choices.as_slice()))
    }

    /// The median of a number at the end.
    pub(super) fn median(&self, value: impl Fn(&End) -> f64) -> Option<f64> {
        let values = self.settled().filter_map(|run| run.end.as_ref()).map(value);
        Quartiles::of(values).map(|quartiles| quartiles.median)
    }
}

/// How many columns there are.
const COLUMNS: usize = 8;

/// The column heads.
pub(super) fn heads(experiment: &Experiment) -> [String; COLUMNS] {
    let of_images = |images: &str| match experiment.bound {
        Some(samples) => format!("{images} bound of {samples}"),
        None => format!("{images} ELBO"),
    };
    let [train, test] = ["train", "test"].map(of_images);
    let [name, evaluations, importance] = ["estimator", "evaluations", "test IW bound"].map(str::to_owned);
    let [variance, control, time] = ["variance", "η, λ", "time per step"].map(str::to_owned);
    [name, evaluations, train, test, importance, variance, control, time]
}

/// So many of the first columns are the same every time; the report's table has them alone.
pub(super) const REPRODUCIBLE: usize = 7;

/// One row below [`heads`]: medians over the runs that came to their end.
pub(super) fn row(experiment: &Experiment, analysis: &Analysis<'_>) -> [String; COLUMNS] {
    let nothing = || "–".to_owned();
    let has_bound = experiment.bound.is_some();
    let show = |value: Option<f64>, format: fn(f64) -> String| value.map_or_else(nothing, format);
    let nats: fn(f64) -> String = |value| format!("{value:.2}");
    let parameter = |name: &str| {
        let values = analysis.settled().flat_map(|run| &run.control).filter(|(other, _)| other == name);
        Quartiles::of(values.map(|(_, value)| *value)).map(|quartiles| quartiles.median)
    };
    let control = match (parameter("eta"), parameter("lambda")) {
        (Some(eta), Some(lambda)) => format!("{}, {}", number::short(eta), number::short(lambda)),
        _ => nothing(),
    };
    let time = analysis.settled().map(|run| run.time.per_step());
    [
        estimators::marked(&analysis.method),
        analysis.runs.first().map_or_else(nothing, |run| run.evaluations_text()),
        show(analysis.median(|end| if has_bound { end.train_bound } else { end.train_elbo }), nats),
        show(analysis.median(|end| if has_bound { end.test_bound } else { end.test_elbo }), nats),
        show(analysis.median(|end| end.test_importance), nats),
        show(analysis.median(|end| end.variance), number::short),
        control,
        show(Quartiles::of(time).map(|quartiles| quartiles.median), number::duration),
    ]
}

/// What the columns mean.
fn legend(experiment: &Experiment) -> String {
    let [samples, more] = [1, TIMES as u64].map(|times| number::grouped(times * experiment.samples));
    let images = experiment.data.train.rows().min(VARIANCE_ROWS);
    let by = if experiment.model.layers > 1 {
        "logits of q(b₁|x) and\nby a shift of those of q(b₂|b₁), summed "
    } else {
        "logits of q(b|x), summed\n"
    };
    let objective = match experiment.bound {
        Some(own) => format!("that of {own}"),
        None => "the ELBO".to_owned(),
    };
    format!(
        "evaluations of f for one image in a step; bounds in nats, means over the images, {objective} from {samples} samples\n\
         and the importance-weighted bound from {more}; variance of the gradient by the {by}\
         over the latent variables, from {more} draws for each of {images} images; medians over the runs"
    )
}

/// The whole table, aligned.
pub(super) fn text(experiment: &Experiment, analyses: &[Analysis<'_>]) -> String {
    let rows: Vec<[String; COLUMNS]> = std::iter::once(heads(experiment))
        .chain(analyses.iter().map(|analysis| row(experiment, analysis)))
        .collect();
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; COLUMNS]| {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.push(legend(experiment));
    lines.extend(analyses.iter().filter_map(Analysis::choices).map(|choices| terminal::wrapped(&choices)));
    for run in analyses.iter().flat_map(|analysis| &analysis.runs) {
        if let Some(divergence) = &run.diverged {
            let name = estimators::name(&run.method);
            lines.push(format!(
                "{name} run {} diverged at step {}: {}",
                run.repeat, divergence.iteration, divergence.message
            ));
        }
    }
    lines.join("\n")
}

//! The table that `compare --problem vae` prints.

use super::ranking::{Gap, Ranking, Standing};
use crate::choice::Refusal;
use crate::compare::left_out;
use crate::problems::vae::estimators;
use crate::problems::vae::experiment::Experiment;
use voidgrad_kit::number::{self, plural};
use voidgrad_kit::terminal;

const HEADS: [&str; 8] = [
    "estimator",
    "evaluations",
    "time per step",
    "mean excess",
    "gap, same evaluations",
    "gap, same time",
    "gap, same steps",
    "test ELBO",
];

/// The whole table with its heading and its notes.
pub(super) fn text(experiment: &Experiment, ranking: &Ranking, refusals: &[Refusal]) -> String {
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(ranking.standings.iter().map(row));
    let widths: [usize; HEADS.len()] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut lines = vec![heading(experiment), String::new()];
    lines.extend(rows.iter().map(|row| {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    }));
    lines.push(String::new());
    lines.extend(notes(experiment, ranking, refusals));
    lines.join("\n")
}

/// The model and its training.
fn heading(experiment: &Experiment) -> String {
    format!(
        "the {} model of {}, M = {}, {} of {}, batch {}",
        experiment.model.name,
        experiment.data.name,
        experiment.latents,
        plural(experiment.repeats, "run"),
        plural(experiment.iterations, "step"),
        experiment.batch
    )
}

fn row(standing: &Standing) -> [String; HEADS.len()] {
    [
        estimators::marked(&standing.method),
        number::short(standing.evaluations),
        number::duration(standing.seconds),
        standing.excess.map_or_else(|| "–".to_owned(), |excess| format!("{excess:.3}")),
        gap(standing.at_evaluations),
        gap(standing.at_seconds),
        gap(standing.at_steps),
        format!("{:.2}", standing.test_elbo),
    ]
}

fn gap(gap: Gap) -> String {
    match gap.standard_error {
        Some(error) => format!("{:.2} ± {error:.2}", gap.mean),
        None => format!("{:.2}", gap.mean),
    }
}

fn notes(experiment: &Experiment, ranking: &Ranking, refusals: &[Refusal]) -> Vec<String> {
    let reference = if ranking.is_exact {
        "that of the exact gradient"
    } else {
        "the best of the unbiased estimators, since there are too many states for the exact gradient"
    };
    let notes: [String; 5] = [
        "evaluations of f for one image in a step;".to_owned(),
        "mean excess: the mean over the same evaluations of how many nats the ELBO is below that of the exact training from the same weights, in which a step takes one evaluation for each \
         image; the median over the runs;"
            .to_owned(),
        format!(
            "gap: how many nats the ELBO of the images that are trained on is below {:.2}, {reference} after {}, ± the standard error of the mean over the runs, \
             whose spread is taken to be the same for all;",
            ranking.reference,
            plural(experiment.iterations, "step")
        ),
        format!(
            "same evaluations: after {} evaluations of f over all images, as many as the cheapest unbiased estimator takes;",
            number::grouped(ranking.evaluations)
        ),
        format!(
            "same time: after {} of training, as long as the quickest unbiased one takes, with the time of a step in the quickest run; these times are not the same \
             again.",
            number::duration(ranking.seconds)
        ),
    ];
    notes.into_iter().chain(left_out(refusals)).map(|note| terminal::wrapped(&note)).collect()
}

//! `compare.svg`: the gap with the same evaluations of f, as bars.

use super::ranking::{Ranking, Standing};
use crate::problems::vae::estimators;
use crate::problems::vae::experiment::Experiment;
use voidgrad::estimators::Needs;
use voidgrad_kit::bars::{Bar, Bars};
use voidgrad_kit::chart::{BLUE, ORANGE, VERMILION};
use voidgrad_kit::number;

/// The picture, in the order of the table. A gap that is not above 0 has no bar.
pub(super) fn svg(experiment: &Experiment, ranking: &Ranking) -> String {
    let bar = |row: &Standing| Bar {
        label: format!("{}: {:.2}", estimators::marked(&row.method), row.at_evaluations.mean),
        value: row.at_evaluations.mean,
        color: color(row),
    };
    Bars {
        title: format!(
            "vae: {}, {}, M = {}, {} evaluations of f",
            experiment.data.name,
            experiment.model.name,
            experiment.latents,
            number::grouped(ranking.evaluations)
        ),
        axis: if ranking.is_exact {
            "train ELBO below that of the exact gradient, nats"
        } else {
            "train ELBO below the best, nats"
        },
        rows: ranking.standings.iter().map(bar).collect(),
        legend: vec![
            ("unbiased, asks for f alone", BLUE),
            ("unbiased, needs ∇f or a control", ORANGE),
            ("biased", VERMILION),
        ],
    }
    .svg()
}

fn color(row: &Standing) -> &'static str {
    match (row.method.is_biased(), row.method.needs) {
        (true, _) => VERMILION,
        (false, Needs::Values) => BLUE,
        (false, _) => ORANGE,
    }
}

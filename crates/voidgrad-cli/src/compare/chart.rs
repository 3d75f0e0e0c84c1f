//! `compare.svg`: variance × evaluations as bars.

use super::comparison::Comparison;
use super::measurement::Measurement;
use voidgrad_kit::bars::{Bar, Bars};
use voidgrad_kit::chart::{BLUE, ORANGE, VERMILION};
use voidgrad_kit::number;

/// The picture, in the order of the table.
pub(super) fn svg(comparison: &Comparison, ranking: &[Measurement]) -> String {
    let Comparison { kind, theta, evaluations, bernoulli, .. } = comparison;
    let theta = number::exact(*theta);
    let title = format!("{}, M = {}, θ = {theta}, K = {evaluations}", kind.name(), bernoulli.len());
    let rows = ranking
        .iter()
        .map(|row| Bar {
            label: format!("{}: {}", label(row), row.product_text()),
            value: row.product(),
            color: color(row),
        })
        .collect();
    Bars {
        title,
        axis: "variance × evaluations of f",
        rows,
        legend: vec![
            ("unbiased, asks for f alone", BLUE),
            ("unbiased, needs ∇f or a control", ORANGE),
            ("biased", VERMILION),
        ],
    }
    .svg()
}

fn label(row: &Measurement) -> String {
    let name = row.method.name;
    match (row.method.is_biased(), row.over_budget) {
        (true, _) => format!("{name} (biased)"),
        (false, true) => format!("{name} ({} evaluations)", row.evaluations),
        (false, false) => name.to_owned(),
    }
}

fn color(row: &Measurement) -> &'static str {
    match (row.method.is_biased(), row.is_black_box()) {
        (true, _) => VERMILION,
        (false, true) => BLUE,
        (false, false) => ORANGE,
    }
}

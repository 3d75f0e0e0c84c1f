//! The table that `compare` prints.

use super::comparison::{Comparison, Outcome};
use super::measurement::Measurement;
use super::size::Size;
use crate::choice::Refusal;
use crate::preparation;
use voidgrad_kit::number::{self, plural};
use voidgrad_kit::terminal;

const HEADS: [&str; 7] =
    ["estimator", "evaluations", "bias", "variance", "variance × evaluations", "time per gradient", ""];

/// The whole table with its heading and its notes.
pub(super) fn text(comparison: &Comparison, outcome: &Outcome) -> String {
    let mut rows = vec![HEADS.map(str::to_owned)];
    rows.extend(outcome.ranking.iter().map(|measurement| row(comparison, measurement)));
    let widths: [usize; 7] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut lines = vec![heading(comparison), String::new()];
    lines.extend(rows.iter().map(|row| {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    }));
    lines.push(String::new());
    lines.extend(notes(comparison, outcome));
    lines.join("\n")
}

/// The problem.
fn heading(comparison: &Comparison) -> String {
    let Comparison { kind, target, theta, evaluations, bernoulli, .. } = comparison;
    format!(
        "{}, M = {}, θ = {}, {} of f a gradient",
        kind.formula(*target),
        bernoulli.len(),
        number::exact(*theta),
        plural(*evaluations, "evaluation")
    )
}

fn row(comparison: &Comparison, measurement: &Measurement) -> [String; 7] {
    let Measurement { method, evaluations, bias, bias_standard_error, variance, standard_error, .. } =
        measurement;
    let bias = if *bias < comparison.bias_of_rounding() { 0.0 } else { *bias };
    let variance = match measurement.size {
        Size::Value => with_error(*variance, *standard_error),
        size => size.text(*variance),
    };
    [
        method.name.to_owned(),
        evaluations.to_string(),
        with_error(bias, *bias_standard_error),
        variance,
        measurement.product_text(),
        number::duration(measurement.seconds),
        measurement.marks(),
    ]
}

fn with_error(value: f64, error: f64) -> String {
    if error == 0.0 || value == 0.0 {
        number::short(value)
    } else {
        // One digit more than elsewhere, since the error may be smaller than the third.
        format!("{value:.3e} ± {error:.0e}")
    }
}

fn notes(comparison: &Comparison, outcome: &Outcome) -> Vec<String> {
    let k = comparison.evaluations;
    let mut notes = vec![
        format!(
            "evaluations: K = {k} where there is a choice, otherwise the mean of as many independent estimates as fit into \
             {k}, or one of more;"
        ),
        "bias: the distance of the mean from the exact gradient, root mean square over the coordinates, ± what sampling \
         leaves of it;"
            .to_owned(),
        "variance: per coordinate, with respect to the logit, ± its standard error, exact where there is none; < where no more \
         is known, because of rounding;"
            .to_owned(),
        format!(
            "controls are trained on the variance at this θ in steps of {} estimates, moving averages have settled;",
            preparation::BATCH
        ),
        "the controls of REBAR and RELAX relax f itself.".to_owned(),
    ];
    notes.extend(left_out(&outcome.left_out));
    notes.iter().map(|note| terminal::wrapped(note)).collect()
}

/// A line for each reason.
pub(crate) fn left_out(refusals: &[Refusal]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for Refusal { estimator, reason } in refusals {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, estimators)) => estimators.push(estimator),
            None => reasons.push((reason, vec![estimator])),
        }
    }
    let line =
        |(reason, estimators): (&str, Vec<&str>)| format!("left out: {}: {reason}", estimators.join(", "));
    reasons.into_iter().map(line).collect()
}

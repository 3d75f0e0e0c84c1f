//! `report.html`: the best f over evaluations.

use super::experiment::Selection;
use super::regression::OBSERVATIONS;
use super::run::{Record, Run};
use super::table;
use crate::page::Page;
use crate::statistics::Quartiles;
use voidgrad_kit::chart::{Chart, Drawing, ORANGE, Style};
use voidgrad_kit::number::{grouped, html as number, plural};

/// The whole report.
pub(super) fn html(experiment: &Selection, runs: &[Run]) -> String {
    let shape = experiment.shape;
    let facts = format!(
        "{} of {} features, {OBSERVATIONS} observations; noise {}, correlation {}; {} steps, {} of each estimator, seed {}.",
        shape.chosen,
        shape.features,
        number(shape.noise),
        number(shape.correlation),
        grouped(experiment.iterations),
        plural(experiment.repeats, "run"),
        experiment.seed,
    );
    let mut page = Page::new("The best features of a regression", &facts);
    page.paragraph(&format!(
        "f(b) is the mean squared error of the least-squares fit on the features with b<sub>m</sub> = 1, on the data of the fit, in units of the variance of the \
         target. The distribution of subsets, p(b) ∝ exp(Σ a<sub>m</sub>b<sub>m</sub>) with exactly {} ones, has a row for each estimator; the logits descend E[f] by \
         Adam with a learning rate of {}. <code>bernoulli</code> has independent variables, RLOO, and a penalty of {} for every feature more or less. All logits are 0 at the \
         start. An evaluation is one value of f; f of the most probable subset at each record is one as well.",
        shape.chosen,
        number(experiment.learning_rate),
        number(experiment.penalised.penalty),
    ));
    page.table(&table::HEADS, &table::rows(experiment, runs));
    page.paragraph(&format!(
        "Of the runs that found the optimum, <b>until found</b> has the median of the evaluations; {}.",
        table::optimum(experiment)
    ));
    if runs.len() as u64 != experiment.repeats * experiment.ways.len() as u64 {
        page.paragraph("<b>This training was interrupted.</b> The runs that were complete are shown.");
    }
    let caption = "of the most probable subset, with the penalty if there is one: the median of the runs, with the quartiles as a band. The thin line is the best of all subsets.";
    page.heading("The objective");
    page.figure(
        vec![over_evaluations(experiment, runs, "best f so far", |record| record.best)],
        &format!("The least f so far, {caption}"),
    );
    page.figure(
        vec![over_evaluations(experiment, runs, "f", |record| record.objective)],
        &format!("f {caption}"),
    );
    page.html()
}

/// A quantity over evaluations.
fn over_evaluations(experiment: &Selection, runs: &[Run], label: &str, value: fn(&Record) -> f64) -> Drawing {
    let optimum = experiment.optimum.as_ref().map(|optimum| optimum.f);
    let values = || runs.iter().flat_map(|run| &run.records).map(value).chain(optimum);
    let (lowest, highest) =
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let margin = (0.03 * (highest - lowest)).max(1e-3);
    let end = runs.iter().map(|run| run.last().evaluations).max().unwrap_or(1) as f64;
    let mut chart = Chart::new(720.0, 330.0, "evaluations", label)
        .x_range(0.0, end)
        .y_range(lowest - margin, highest + margin);
    for (index, way) in experiment.ways.iter().enumerate() {
        let runs = table::of_way(runs, *way);
        let records = runs.iter().map(|run| run.records.len()).min().unwrap_or(0);
        let point = |place: usize| {
            let at_place = || runs.iter().map(|run| &run.records[place]);
            let quartiles = Quartiles::of(at_place().map(value))?;
            Some((at_place().next()?.evaluations as f64, quartiles))
        };
        let (x, quartiles): (Vec<f64>, Vec<Quartiles>) = (0..records).filter_map(point).unzip();
        if x.is_empty() {
            continue;
        }
        let of = |value: fn(&Quartiles) -> f64| -> Vec<f64> { quartiles.iter().map(value).collect() };
        let [lower, median, upper] =
            [|q: &Quartiles| q.lower, |q: &Quartiles| q.median, |q: &Quartiles| q.upper].map(of);
        chart.band(&x, &lower, &upper, Style::numbered(index));
        let points: Vec<(f64, f64)> = x.iter().copied().zip(median).collect();
        chart.line(&points, Style::numbered(index), Some(way.name()));
    }
    if let Some(f) = optimum {
        chart.line(&[(0.0, f), (end, f)], Style::solid(ORANGE).wide(1.2), Some("optimum"));
    }
    chart.draw()
}

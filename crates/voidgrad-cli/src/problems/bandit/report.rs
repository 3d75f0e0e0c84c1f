//! `report.html`: the expected rewards of the runs over their pulls.

use super::experiment::Bandit;
use super::run::Run;
use super::table;
use crate::page::Page;
use crate::statistics::Quartiles;
use voidgrad_kit::chart::{Chart, Drawing, Style};
use voidgrad_kit::number::{html as number, plural};

/// The whole report.
pub(super) fn html(experiment: &Bandit, runs: &[Run]) -> String {
    let Bandit { arms, iterations, batch, learning_rate, seed, repeats, .. } = experiment;
    let facts = format!(
        "{}; {} of {}; Adam with a learning rate of {}; {} of each baseline, seed {seed}.",
        plural(*arms as u64, "arm"),
        plural(*iterations, "step"),
        plural(*batch as u64, "pull"),
        number(*learning_rate),
        plural(*repeats, "run"),
    );
    let mut page = Page::new("A choice among arms", &facts);
    page.paragraph(
        "An arm k gives a reward of 1 with a probability p<sub>k</sub>, else 0. The arm is a categorical variable with probabilities θ, so the expected reward is \
         Σ θ<sub>k</sub> p<sub>k</sub>, and its gradient by logit k is θ<sub>k</sub> (p<sub>k</sub> − E[p]). Training knows the rewards of its pulls alone. The \
         probabilities of the arms are drawn for each run.",
    );
    page.table(&table::HEADS, &table::rows(experiment, runs));
    page.paragraph(&format!("The columns are {}.", table::legend()));
    if runs.len() as u64 != experiment.repeats * experiment.baselines.len() as u64 {
        page.paragraph("<b>This training was interrupted.</b> The runs that were complete are shown.");
    }
    page.heading("The expected reward");
    page.figure(
        vec![rewards(experiment, runs)],
        "The exact expected reward, divided by that of the best arm: the median of the runs, with the quartiles as a band.",
    );
    page.html()
}

fn rewards(experiment: &Bandit, runs: &[Run]) -> Drawing {
    let end = experiment.iterations as f64 * experiment.batch as f64;
    let mut chart =
        Chart::new(720.0, 360.0, "pull", "expected reward / optimum").x_range(0.0, end).y_range(0.0, 1.0);
    for (number, baseline) in experiment.baselines.iter().enumerate() {
        let runs = table::of_baseline(runs, *baseline);
        let Some(first) = runs.first() else { continue };
        let at = |place: usize| {
            let values = runs.iter().filter_map(|run| Some(run.records.get(place)?.expected / run.optimum));
            Some((first.records[place].pulls as f64, Quartiles::of(values)?))
        };
        let (x, quartiles): (Vec<f64>, Vec<Quartiles>) = (0..first.records.len()).filter_map(at).unzip();
        let of = |value: fn(&Quartiles) -> f64| -> Vec<f64> { quartiles.iter().map(value).collect() };
        let [lower, median, upper] =
            [|q: &Quartiles| q.lower, |q: &Quartiles| q.median, |q: &Quartiles| q.upper].map(of);
        let style = Style::numbered(number);
        chart.band(&x, &lower, &upper, style);
        let points: Vec<(f64, f64)> = x.iter().copied().zip(median).collect();
        chart.line(&points, style, Some(baseline.name()));
    }
    chart.draw()
}

//! `report.html`: the returns of the runs over their episodes.

use super::experiment::CartPole;
use super::files;
use super::run::{OF_500, Run};
use super::table;
use crate::page::Page;
use crate::statistics::Quartiles;
use voidgrad_kit::chart::{Chart, Drawing, ORANGE, Style};
use voidgrad_kit::number::{html as number, plural};

/// The whole report.
pub(super) fn html(experiment: &CartPole, runs: &[Run]) -> String {
    let CartPole { iterations, batch, learning_rate, seed, repeats, .. } = experiment;
    let facts = format!(
        "{} of {}; Adam with a learning rate of {}; {} of each baseline, seed {seed}.",
        plural(*iterations, "step"),
        plural(*batch as u64, "episode"),
        number(*learning_rate),
        plural(*repeats, "run"),
    );
    let mut page = Page::new("A pole on a cart", &facts);
    page.paragraph(
        "Every 0.02 seconds the cart is pushed to the left or to the right, until the pole leans by more than 12 degrees, the cart is more than 2.4 m away, or 500 pushes are made; the return is the number of pushes. A push is a Bernoulli \
         variable whose logit a layer of 16 tanh units makes of the position, the angle and their speeds. The gradient of the expected return by each logit is estimated by the score times the rewards that follow, less a baseline, without discount.",
    );
    page.table(&table::HEADS, &table::rows(experiment, runs));
    page.paragraph(
        "A run has <b>solved</b> the problem when the mean return of 100 consecutive episodes is at least 475. The policy learns during these episodes.",
    );
    if runs.len() as u64 != experiment.repeats * experiment.baselines.len() as u64 {
        page.paragraph("<b>This training was interrupted.</b> The runs that were complete are shown.");
    }
    page.heading("The returns");
    page.figure(
        vec![returns(experiment, runs)],
        "The mean return of the last 100 episodes: the median of the runs, with the quartiles as a band. The thin line is 475.",
    );
    page.html()
}

fn returns(experiment: &CartPole, runs: &[Run]) -> Drawing {
    let end = experiment.episodes() as f64;
    let mut chart = Chart::new(720.0, 360.0, "episode", "mean return")
        .x_range(0.0, end)
        .y_range(0.0, 510.0)
        .y_decimals(0);
    for (number, baseline) in experiment.baselines.iter().enumerate() {
        let runs = table::of_baseline(runs, *baseline);
        let at = |episodes: usize| {
            let quartiles = Quartiles::of(runs.iter().filter_map(|run| run.mean_at(episodes)))?;
            Some((episodes as f64, quartiles))
        };
        let (x, quartiles): (Vec<f64>, Vec<Quartiles>) = files::shown(experiment).filter_map(at).unzip();
        if x.is_empty() {
            continue;
        }
        let of = |value: fn(&Quartiles) -> f64| -> Vec<f64> { quartiles.iter().map(value).collect() };
        let [lower, median, upper] =
            [|q: &Quartiles| q.lower, |q: &Quartiles| q.median, |q: &Quartiles| q.upper].map(of);
        let style = Style::numbered(number);
        chart.band(&x, &lower, &upper, style);
        let points: Vec<(f64, f64)> = x.iter().copied().zip(median).collect();
        chart.line(&points, style, Some(baseline.name()));
    }
    chart.line(&[(0.0, OF_500.mean), (end, OF_500.mean)], Style::solid(ORANGE).wide(1.2), Some("475"));
    chart.draw()
}

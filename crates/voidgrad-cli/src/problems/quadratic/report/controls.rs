//! The learned controls, beside what they could have been.

use voidgrad::toy::quadratic;
use voidgrad::{Control, sigmoid};

use crate::problems::quadratic::analysis::Analysis;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::network::grid;
use crate::problems::quadratic::run::Run;
use crate::statistics::Quartiles;
use voidgrad_kit::chart::{BLACK, Chart, Drawing, GREEN, ORANGE, SKY, Style, VERMILION};

/// z runs over `[-REACH, REACH]`.
const REACH: f64 = 8.0;
const POINTS: u32 = 161;

/// One panel for every estimator whose control has parameters.
pub(crate) fn panels(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Vec<Drawing> {
    analyses
        .iter()
        .filter(|analysis| analysis.settled().any(|run| !run.parameters.is_empty()))
        .map(|analysis| panel(experiment, analysis))
        .collect()
}

/// The constant whose variance is 0 for one variable: `c* = (1-θ)·f(1) + θ·f(0)`.
pub(crate) fn best_constant(experiment: &Experiment, theta: f64) -> f64 {
    let target = experiment.target();
    (1.0 - theta) * quadratic(1.0, target) + theta * quadratic(0.0, target)
}

fn panel(experiment: &Experiment, analysis: &Analysis<'_>) -> Drawing {
    let target = experiment.target();
    let (at_0, at_1) = (quadratic(0.0, target), quadratic(1.0, target));
    let c_star = analysis.theta.map(|theta| best_constant(experiment, theta.median));

    let curves: Vec<(&Run, Vec<(f64, f64)>)> =
        analysis.settled().filter_map(|run| Some((run, curve(run.estimator.control()?)))).collect();
    let range = vertical_range(&curves, [at_0, at_1]);
    let mut chart = Chart::new(360.0, 300.0, "z", "c(z)")
        .title(analysis.method.name())
        .x_range(-REACH, REACH)
        .x_step(4.0)
        .y_range(range.0, range.1);

    for (run, points) in &curves {
        if Analysis::is_stuck(experiment, run) {
            chart.line(points, Style::dashed(VERMILION, "6 2").wide(1.0), Some("learned, run stuck"));
        } else {
            chart.line(points, Style::solid(SKY).wide(1.0), Some("learned, other runs"));
        }
    }
    if let Some(lambda) = analysis.parameter("lambda") {
        let relaxed: Vec<(f64, f64)> =
            grid(REACH, POINTS).map(|z| (z, quadratic(sigmoid(z / lambda.median), target))).collect();
        chart.line(&relaxed, Style::dashed(ORANGE, "2 3"), Some("f(σ(z/λ)), median λ"));
    }
    let step = [(-REACH, at_0), (0.0, at_0), (0.0, at_1), (REACH, at_1)];
    chart.line(&step, Style::solid(BLACK).wide(1.5), Some("f(H(z))"));
    if let Some(c_star) = c_star {
        chart.line(
            &[(-REACH, c_star), (REACH, c_star)],
            Style::dashed(GREEN, "10 3 2 3"),
            Some("c*, median θ"),
        );
    }
    chart.draw()
}

fn curve(control: &dyn Control) -> Vec<(f64, f64)> {
    grid(REACH, POINTS).map(|z| (z, control.value(&[z]))).collect()
}

/// A range that shows 0, the objective and the middle half of the controls with room, and cuts off the rest.
fn vertical_range(curves: &[(&Run, Vec<(f64, f64)>)], objective: [f64; 2]) -> (f64, f64) {
    let values = curves.iter().flat_map(|(_, points)| points.iter().map(|&(_, c)| c));
    let bulk = Quartiles::of(values);
    let known =
        objective.into_iter().chain([0.0]).chain(bulk.iter().flat_map(|bulk| [bulk.lower, bulk.upper]));
    let (low, high) =
        known.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let room = 0.6 * (high - low).max(1e-9);
    (if low < 0.0 { low - room } else { 0.0 }, high + room)
}

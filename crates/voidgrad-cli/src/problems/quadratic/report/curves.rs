//! Quantities over the iterations: the median of the runs, with the quartiles as a band.

use super::exact::Exact;
use super::style;
use crate::problems::quadratic::analysis::Analysis;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::run::Record;
use crate::problems::quadratic::table::marked;
use crate::statistics::Quartiles;
use voidgrad_kit::chart::{Chart, Drawing, Style};

/// The line of the exact gradient.
const EXACT: Style = Style::solid("#777777").wide(1.2);

/// The exact loss.
pub(super) fn loss(experiment: &Experiment, analyses: &[Analysis<'_>], exact: &Exact) -> Drawing {
    draw(experiment, analyses, "E[f(b)]", &|record| Some(record.loss), |mut chart| {
        chart.line(&exact.loss, EXACT, Some("exact gradient"));
        chart.y_decimals(5)
    })
}

/// θ, the mean over the coordinates.
pub(super) fn theta(experiment: &Experiment, analyses: &[Analysis<'_>], exact: &Exact) -> Drawing {
    draw(experiment, analyses, "θ", &|record| Some(record.theta), |mut chart| {
        chart.line(&exact.theta, EXACT, Some("exact gradient"));
        chart.y_range(0.0, 1.0)
    })
}

/// The decimal logarithm of the variance; a variance of 0 has none and leaves a gap.
pub(crate) fn variance(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Drawing {
    let value = |record: &Record| record.variance().map(f64::log10).filter(|log| log.is_finite());
    draw(experiment, analyses, "log₁₀ Var[ĝ]", &value, |chart| chart)
}

/// REBAR's η; `None` where no control has one.
pub(crate) fn eta(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Option<Drawing> {
    analyses
        .iter()
        .any(|analysis| analysis.parameter("eta").is_some())
        .then(|| draw(experiment, analyses, "η", &|record| record.parameter("eta"), |chart| chart))
}

fn draw(
    experiment: &Experiment,
    analyses: &[Analysis<'_>],
    label: &str,
    value: &dyn Fn(&Record) -> Option<f64>,
    finish: impl Fn(Chart) -> Chart,
) -> Drawing {
    let mut chart =
        Chart::new(720.0, 330.0, "iteration", label).x_range(0.0, experiment.settings.iterations as f64);
    for analysis in analyses {
        let (x, quartiles) = over_iterations(analysis, value);
        let lower: Vec<f64> = quartiles.iter().map(|quartiles| quartiles.lower).collect();
        let upper: Vec<f64> = quartiles.iter().map(|quartiles| quartiles.upper).collect();
        let median: Vec<(f64, f64)> =
            x.iter().copied().zip(quartiles.iter().map(|quartiles| quartiles.median)).collect();
        if !median.is_empty() {
            let style = style::of(&analysis.method);
            chart.band(&x, &lower, &upper, style);
            chart.line(&median, style, Some(&marked(&analysis.method)));
        }
    }
    finish(chart).draw()
}

/// The quartiles at every recorded iteration. Runs that came to their end have their records at the same iterations.
fn over_iterations(
    analysis: &Analysis<'_>,
    value: &dyn Fn(&Record) -> Option<f64>,
) -> (Vec<f64>, Vec<Quartiles>) {
    let records = analysis.settled().map(|run| run.records.len()).min().unwrap_or(0);
    (0..records)
        .filter_map(|index| {
            let at_index = || analysis.settled().map(|run| &run.records[index]);
            let iteration = at_index().next()?.iteration as f64;
            Some((iteration, Quartiles::of(at_index().filter_map(value))?))
        })
        .unzip()
}

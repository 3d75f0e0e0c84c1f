//! Quantities during training: the median of the runs, with the quartiles as a band.

use crate::trained::Trained;
use voidgrad_kit::chart::{Chart, Drawing, Style};

use crate::problems::vae::estimators;
use crate::problems::vae::experiment::Experiment;
use crate::problems::vae::records::Record;
use crate::problems::vae::table::Analysis;
use crate::statistics::Quartiles;

/// What the horizontal axis is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Axis {
    /// Steps.
    Steps,
    /// The decimal logarithm of the evaluations of f, over all images.
    Evaluations,
    /// The decimal logarithm of the seconds of training.
    Seconds,
}

impl Axis {
    fn label(self) -> &'static str {
        match self {
            Self::Steps => "step",
            Self::Evaluations => "log₁₀ evaluations of f",
            Self::Seconds => "log₁₀ seconds of training",
        }
    }

    /// The place of a record; nothing at the start, which has no logarithm.
    fn of(self, record: &Record) -> Option<f64> {
        let place = match self {
            Self::Steps => return Some(record.iteration as f64),
            Self::Evaluations => record.evaluations as f64,
            Self::Seconds => record.seconds,
        };
        (place > 0.0).then(|| place.log10())
    }
}

/// The bound that is trained on, of one half of the images.
#[derive(Clone, Copy)]
pub(super) enum Evidence {
    /// Of the images that are trained on: the objective.
    Train,
    /// Of the others.
    Test,
}

impl Evidence {
    /// What the axis is called.
    fn label(self, experiment: &Experiment) -> String {
        let images = match self {
            Self::Train => "train",
            Self::Test => "test",
        };
        match experiment.bound {
            Some(samples) => format!("{images} bound of {samples}, nats"),
            None => format!("{images} ELBO, nats"),
        }
    }

    fn value(self, experiment: &Experiment) -> fn(&Record) -> f64 {
        match (self, experiment.bound.is_some()) {
            (Self::Train, false) => |record| record.train_elbo,
            (Self::Test, false) => |record| record.test_elbo,
            (Self::Train, true) => |record| record.train_bound,
            (Self::Test, true) => |record| record.test_bound,
        }
    }
}

/// The bound that is trained on: the evidence lower bound, or that of several samples.
pub(super) fn evidence(
    experiment: &Experiment,
    analyses: &[Analysis<'_>],
    of: Evidence,
    axis: Axis,
    size: (f64, f64),
) -> Drawing {
    let chart = Chart::new(size.0, size.1, axis.label(), &of.label(experiment));
    let value = of.value(experiment);
    draw(experiment, analyses, chart, axis, &value, bottom(analyses, value))
}

/// The decimal logarithm of the variance of ĝ.
pub(super) fn variance(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Drawing {
    let chart = Chart::new(720.0, 330.0, Axis::Steps.label(), "log₁₀ Var[ĝ]");
    draw(experiment, analyses, chart, Axis::Steps, &|record| record.variance.log10(), None)
}

/// A parameter of the controls; nothing if no control has it.
pub(super) fn parameter(
    experiment: &Experiment,
    analyses: &[Analysis<'_>],
    label: &str,
    value: &dyn Fn(&Record) -> f64,
) -> Option<Drawing> {
    let mut records = analyses.iter().flat_map(Analysis::settled).flat_map(|run| &run.records);
    records.any(|record| value(record).is_finite()).then(|| {
        let chart = Chart::new(480.0, 300.0, Axis::Steps.label(), label);
        draw(experiment, analyses, chart, Axis::Steps, value, None)
    })
}

/// The bound from which on there is something to compare: the lowest after a tenth of the training.
fn bottom(analyses: &[Analysis<'_>], value: fn(&Record) -> f64) -> Option<(f64, f64)> {
    let runs = || analyses.iter().flat_map(Analysis::settled);
    let early =
        runs().filter(|run| run.records.len() > 20).map(|run| value(&run.records[run.records.len() / 10]));
    let all = runs().flat_map(|run| &run.records).map(value);
    let (lowest, highest) = (early.fold(f64::INFINITY, f64::min), all.fold(f64::NEG_INFINITY, f64::max));
    (lowest < highest).then(|| (lowest.floor(), highest.ceil()))
}

fn draw(
    experiment: &Experiment,
    analyses: &[Analysis<'_>],
    mut chart: Chart,
    axis: Axis,
    value: &dyn Fn(&Record) -> f64,
    range: Option<(f64, f64)>,
) -> Drawing {
    for analysis in analyses {
        let (x, quartiles) = over_records(analysis, axis, value);
        let lower: Vec<f64> = quartiles.iter().map(|quartiles| quartiles.lower).collect();
        let upper: Vec<f64> = quartiles.iter().map(|quartiles| quartiles.upper).collect();
        let median: Vec<(f64, f64)> =
            x.iter().copied().zip(quartiles.iter().map(|quartiles| quartiles.median)).collect();
        if !median.is_empty() {
            let style = style(experiment, &analysis.method);
            chart.band(&x, &lower, &upper, style);
            chart.line(&median, style, Some(&estimators::marked(&analysis.method)));
        }
    }
    match range {
        Some((from, to)) => chart.y_range(from, to).draw(),
        None => chart.draw(),
    }
}

/// The medians of places and the quartiles of values, record by record.
fn over_records(
    analysis: &Analysis<'_>,
    axis: Axis,
    value: &dyn Fn(&Record) -> f64,
) -> (Vec<f64>, Vec<Quartiles>) {
    let records = analysis.settled().map(|run| run.records.len()).min().unwrap_or(0);
    (0..records)
        .filter_map(|index| {
            let places = analysis.settled().filter_map(|run| axis.of(&run.records[index]));
            let values = analysis.settled().map(|run| value(&run.records[index]));
            Some((Quartiles::of(places)?.median, Quartiles::of(values)?))
        })
        .unzip()
}

/// The line of an estimator, the same in every picture.
fn style(experiment: &Experiment, method: &Trained) -> Style {
    let place = experiment.methods.iter().position(|other| other == method);
    Style::numbered(place.unwrap_or(0))
}

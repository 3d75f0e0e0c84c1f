//! The variance of the trained estimators as a function of θ.

use rayon::prelude::*;

use super::style;
use crate::evaluation::{self, Sampling};
use crate::problems::quadratic::analysis::Analysis;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::run::Run;
use crate::problems::quadratic::table::marked;
use crate::statistics::Quartiles;
use crate::variables::identical;
use voidgrad_kit::chart::{Chart, Drawing};
use voidgrad_kit::error::Error;

/// If the variance is not exact: how many runs and samples are worth their time, and up to which dimension.
const SAMPLED_RUNS: usize = 3;
const SAMPLES: u64 = 500;
const LARGEST_DIMENSION: usize = 32;
const WORK: u64 = 1 << 18;

/// log₁₀ of the variance under the final control over θ: the median of the runs, quartiles as a band. `None` where
/// there are too many variables to do that in a moment.
///
/// # Errors
/// Returns an error if a θ of the grid is refused, which does not happen.
pub(crate) fn variance(experiment: &Experiment, analyses: &[Analysis<'_>]) -> Result<Option<Drawing>, Error> {
    if experiment.dimension() > LARGEST_DIMENSION {
        return Ok(None);
    }
    let mut chart = Chart::new(720.0, 330.0, "θ", "log₁₀ Var[ĝ]").x_range(0.0, 1.0).x_step(0.1);
    for analysis in analyses {
        let runs = runs_to_draw(experiment, analysis);
        let rows: Vec<Option<(f64, Quartiles)>> = thetas()
            .into_par_iter()
            .map(|theta| {
                let logs: Vec<f64> = runs
                    .iter()
                    .map(|run| log_variance(experiment, run, theta))
                    .collect::<Result<_, Error>>()?;
                Ok(Quartiles::of(logs).map(|quartiles| (theta, quartiles)))
            })
            .collect::<Result<_, Error>>()?;
        let (x, quartiles): (Vec<f64>, Vec<Quartiles>) = rows.into_iter().flatten().unzip();
        if x.is_empty() {
            continue;
        }
        let lower: Vec<f64> = quartiles.iter().map(|quartiles| quartiles.lower).collect();
        let upper: Vec<f64> = quartiles.iter().map(|quartiles| quartiles.upper).collect();
        let median: Vec<(f64, f64)> =
            x.iter().copied().zip(quartiles.iter().map(|quartiles| quartiles.median)).collect();
        let style = style::of(&analysis.method);
        chart.band(&x, &lower, &upper, style);
        chart.line(&median, style, Some(&marked(&analysis.method)));
    }
    Ok(Some(chart.draw()))
}

/// A control without parameters is the same in every run.
fn runs_to_draw<'a>(experiment: &Experiment, analysis: &Analysis<'a>) -> Vec<&'a Run> {
    let most = if experiment.dimension() == 1 { usize::MAX } else { SAMPLED_RUNS };
    let runs = analysis.settled().take(most);
    let plain = |run: &&Run| run.parameters.is_empty();
    if analysis.settled().all(|run| plain(&run)) { runs.take(1).collect() } else { runs.collect() }
}

/// 0.01, 0.03, …, 0.99.
fn thetas() -> Vec<f64> {
    (0..50).map(|i| 0.01 + 0.02 * f64::from(i)).collect()
}

/// NaN, which quartiles leave out, where the variance cannot be computed.
fn log_variance(experiment: &Experiment, run: &Run, theta: f64) -> Result<f64, Error> {
    let bernoulli = identical(theta, experiment.dimension() as u64)?;
    let sampling = Sampling { terms: SAMPLES, work: WORK, samples: SAMPLES, seed: experiment.settings.seed };
    Ok(evaluation::evaluate(&bernoulli, &experiment.objective, &*run.estimator, sampling)
        .map_or(f64::NAN, |evaluation| evaluation.variance.log10()))
}

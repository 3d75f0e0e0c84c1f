//! The estimators in their order: by the gap that is left with the same evaluations of f, and with the same time.

use super::place::bound_at;
use crate::choice::Refusal;
use crate::problems::vae::estimators;
use crate::problems::vae::experiment::Experiment;
use crate::problems::vae::records::Record;
use crate::problems::vae::run::Run;
use crate::statistics::{Quartiles, mean};
use crate::trained::Trained;

/// What the training with one estimator came to.
pub(super) struct Standing {
    /// The estimator.
    pub(super) method: Trained,
    /// Evaluations of f for one image in a step: the mean of the first run.
    pub(super) evaluations: f64,
    /// Seconds of a step, the least of the runs.
    pub(super) seconds: f64,
    /// The gap to the reference after all steps.
    pub(super) at_steps: Gap,
    /// The same after [`Ranking::evaluations`].
    pub(super) at_evaluations: Gap,
    /// The same after [`Ranking::seconds`].
    pub(super) at_seconds: Gap,
    /// The median over the runs of the mean over [`Ranking::evaluations`] of how far the train ELBO is below that of the exact training from the same weights, in which a step takes one
    /// evaluation for each image; nothing if there is no exact training.
    pub(super) excess: Option<f64>,
    /// The mean of the test ELBO at the end.
    pub(super) test_elbo: f64,
}

/// How far the train ELBO is below the reference, in nats: the mean over the runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gap {
    /// The mean.
    pub(super) mean: f64,
    /// Its standard error: the spread of the runs is taken to be the same for all estimators. Nothing if every estimator has one run.
    pub(super) standard_error: Option<f64>,
}

/// The comparison's result.
pub(super) struct Ranking {
    /// The unbiased ones first, each group by the gap with the same evaluations.
    pub(super) standings: Vec<Standing>,
    /// The train ELBO that gaps are measured from.
    pub(super) reference: f64,
    /// Whether that is the exact training's; otherwise it is the best that there is.
    pub(super) is_exact: bool,
    /// Evaluations of f, over all images of all steps, that each estimator may have: all of those of the unbiased one with the fewest.
    pub(super) evaluations: u64,
    /// The seconds that each may have: those of all steps of the quickest unbiased one.
    pub(super) seconds: f64,
}

/// The runs of one estimator that came to their end.
struct Runs<'a> {
    method: Trained,
    runs: Vec<&'a Run>,
}

impl Runs<'_> {
    /// Evaluations of f in all steps, the least of the runs.
    fn evaluations(&self) -> u64 {
        let of_run = |run: &&Run| run.records.last().map_or(0, |record| record.evaluations);
        self.runs.iter().map(of_run).min().unwrap_or(0)
    }

    /// Seconds of a step, the least of the runs: whatever else runs on the machine only ever adds to it.
    fn seconds(&self) -> f64 {
        self.runs.iter().map(|run| run.time.per_step()).fold(f64::INFINITY, f64::min)
    }

    fn values(&self, value: impl Fn(&Run) -> f64) -> Vec<f64> {
        self.runs.iter().map(|run| value(run)).collect()
    }
}

impl Ranking {
    /// The ranking of all runs that came to their end.
    pub(super) fn of(experiment: &Experiment, runs: &[Run]) -> Self {
        let of_method = |method: &Trained| {
            let settled = runs.iter().filter(|run| run.method == *method && run.end.is_some()).collect();
            Runs { method: *method, runs: settled }
        };
        let rows: Vec<Runs<'_>> =
            experiment.methods.iter().map(of_method).filter(|row| !row.runs.is_empty()).collect();
        let last = |run: &Run| run.end.map_or(f64::NAN, |end| end.train_elbo);
        let unbiased = || rows.iter().filter(|row| !row.method.is_biased());
        let exact = rows.iter().find(|row| estimators::name(&row.method) == estimators::EXACT);
        let best = || unbiased().map(|row| mean(&row.values(last))).fold(f64::NEG_INFINITY, f64::max);
        let reference = exact.map_or_else(best, |row| mean(&row.values(last)));
        // Of biased ones alone, if there are no others.
        let has_unbiased = unbiased().next().is_some();
        let affordable = || rows.iter().filter(|row| !has_unbiased || !row.method.is_biased());
        let evaluations = affordable().map(Runs::evaluations).min().unwrap_or(0);
        let seconds =
            affordable().map(Runs::seconds).fold(f64::INFINITY, f64::min) * experiment.iterations as f64;

        let spent = |record: &Record| record.evaluations as f64;
        let at_evaluations = |run: &Run| bound_at(run, spent, evaluations as f64);
        let of_runs = |value: &dyn Fn(&Run) -> f64| {
            let values: Vec<Vec<f64>> = rows.iter().map(|row| row.values(value)).collect();
            gaps(&values, reference)
        };
        let at_seconds: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| {
                let steps = seconds / row.seconds();
                row.values(|run| bound_at(run, |record| record.iteration as f64, steps))
            })
            .collect();
        let columns = [of_runs(&last), of_runs(&at_evaluations), gaps(&at_seconds, reference)];
        let excess = |row: &Runs<'_>| {
            let batch = experiment.batch as f64;
            let values = row.runs.iter().map(|run| {
                let exact = exact?.runs.iter().find(|exact| exact.repeat == run.repeat)?;
                Some(mean_excess(run, exact, batch, evaluations as f64))
            });
            Some(Quartiles::of(values.collect::<Option<Vec<f64>>>()?)?.median)
        };
        let standing = |(place, row): (usize, &Runs<'_>)| Standing {
            method: row.method,
            evaluations: row.runs[0].mean_evaluations,
            seconds: row.seconds(),
            at_steps: columns[0][place],
            at_evaluations: columns[1][place],
            at_seconds: columns[2][place],
            excess: excess(row),
            test_elbo: mean(&row.values(|run| run.end.map_or(f64::NAN, |end| end.test_elbo))),
        };
        let mut standings: Vec<Standing> = rows.iter().enumerate().map(standing).collect();
        standings.sort_by(|one, other| {
            let by_bias = one.method.is_biased().cmp(&other.method.is_biased());
            by_bias.then(one.at_evaluations.mean.total_cmp(&other.at_evaluations.mean))
        });
        Self { standings, reference, is_exact: exact.is_some(), evaluations, seconds }
    }

    /// The estimators of which no run came to its end, with the reason.
    pub(super) fn gone(&self, experiment: &Experiment, runs: &[Run]) -> Vec<Refusal> {
        let is_here = |method: &Trained| self.standings.iter().any(|row| row.method == *method);
        let gone = experiment.methods.iter().filter(|method| !is_here(method));
        gone.map(|method| {
            let run = runs.iter().find(|run| run.method == *method);
            let reason = match run.and_then(|run| run.diverged.as_ref()) {
                Some(divergence) => format!("every run diverged: {}", divergence.message),
                None => "it was not trained before the end of the comparison".to_owned(),
            };
            Refusal { estimator: estimators::name(method), reason }
        })
        .collect()
    }
}

/// The mean over so many evaluations of f of how far the train ELBO of a run is below that of the exact training, in which a step takes one evaluation for each image.
fn mean_excess(run: &Run, exact: &Run, batch: f64, evaluations: f64) -> f64 {
    const PLACES: u32 = 1_000;
    let excess = |place: u32| {
        let place = evaluations * f64::from(place) / f64::from(PLACES);
        bound_at(exact, |record| record.iteration as f64 * batch, place)
            - bound_at(run, |record| record.evaluations as f64, place)
    };
    (1..=PLACES).map(excess).sum::<f64>() / f64::from(PLACES)
}

/// The gap of every estimator, given the values of its runs.
fn gaps(values: &[Vec<f64>], reference: f64) -> Vec<Gap> {
    let squares: f64 = values
        .iter()
        .map(|values| {
            let center = mean(values);
            values.iter().map(|value| (value - center).powi(2)).sum::<f64>()
        })
        .sum();
    let freedom: usize = values.iter().map(|values| values.len() - 1).sum();
    let gap = |values: &Vec<f64>| Gap {
        mean: reference - mean(values),
        standard_error: (freedom > 0).then(|| (squares / freedom as f64 / values.len() as f64).sqrt()),
    };
    values.iter().map(gap).collect()
}

impl Gap {
    /// Whether this gap is smaller than the other by more than two standard errors of their difference.
    pub(super) fn is_below(self, other: Self) -> bool {
        let error = |gap: Self| gap.standard_error.unwrap_or(0.0);
        other.mean - self.mean > 2.0 * error(self).hypot(error(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deviations of ±1 and ±2 around the means: (2·1 + 2·4) / 2 = 5 is the pooled variance.
    #[test]
    fn gaps_have_the_spread_of_all_runs() {
        let found = gaps(&[vec![-21.0, -19.0], vec![-24.0, -20.0]], -18.0);
        assert_eq!([found[0].mean, found[1].mean], [2.0, 4.0]);
        assert!(found.iter().all(|gap| (gap.standard_error.unwrap() - 2.5_f64.sqrt()).abs() < 1e-15));
        // 2 is less than twice √5.
        assert!(!found[0].is_below(found[1]));
        let one = gaps(&[vec![-20.0], vec![-20.1]], -18.0);
        assert_eq!(one[0], Gap { mean: 2.0, standard_error: None });
        assert!(one[0].is_below(one[1]) && !one[1].is_below(one[0]));
    }
}

//! What the runs of an estimator add up to.

use crate::choice;
use crate::problems::quadratic::experiment::Experiment;
use crate::problems::quadratic::run::Run;
use crate::statistics::Quartiles;
use crate::trained::Trained;

/// The runs of one estimator, and their quartiles at the end.
pub(crate) struct Analysis<'a> {
    /// The estimator.
    pub(crate) method: Trained,
    /// All of its runs.
    pub(crate) runs: Vec<&'a Run>,
    /// Runs that ended within a tenth of the way from the best corner to the worst; `None` where `t = ½`.
    pub(crate) converged: Option<usize>,
    /// Runs that ended more than a fifth of the way from the best corner; `None` where `t = ½`.
    pub(crate) stuck: Option<usize>,
    /// Final θ, the mean over the coordinates.
    pub(crate) theta: Option<Quartiles>,
    /// Final loss.
    pub(crate) loss: Option<Quartiles>,
    /// Final variance.
    pub(crate) variance: Option<Quartiles>,
    /// Final variance divided by REINFORCE's at the same θ.
    pub(crate) ratio: Option<Quartiles>,
    /// Seconds per step.
    pub(crate) seconds_per_step: Option<Quartiles>,
}

/// A run has converged within this fraction of the way from the best corner to the worst, and is stuck beyond
/// [`STUCK`] of it.
const CONVERGED: f64 = 0.1;
const STUCK: f64 = 0.2;

impl<'a> Analysis<'a> {
    /// One analysis an estimator, in the experiment's order.
    pub(crate) fn of(experiment: &Experiment, runs: &'a [Run]) -> Vec<Self> {
        experiment.methods.iter().map(|method| Self::of_method(experiment, *method, runs)).collect()
    }

    fn of_method(experiment: &Experiment, method: Trained, runs: &'a [Run]) -> Self {
        let runs: Vec<&Run> = runs.iter().filter(|run| run.method == method).collect();
        let settled: Vec<&Run> = runs.iter().copied().filter(|run| run.diverged.is_none()).collect();
        let gaps: Option<Vec<f64>> = settled.iter().map(|run| experiment.gap(run.last().loss)).collect();
        let count = |accept: &dyn Fn(f64) -> bool| {
            // With no run left there is no gap to disagree about; `t = ½` has none in any case.
            experiment.gap(0.0)?;
            gaps.as_ref().map(|gaps| gaps.iter().filter(|&&gap| accept(gap)).count())
        };
        let (converged, stuck) = (count(&|gap| gap < CONVERGED), count(&|gap| gap > STUCK));
        let quartiles =
            |value: &dyn Fn(&Run) -> Option<f64>| Quartiles::of(settled.iter().filter_map(|run| value(run)));
        Self {
            method,
            converged,
            stuck,
            theta: quartiles(&|run| Some(run.last().theta)),
            loss: quartiles(&|run| Some(run.last().loss)),
            variance: quartiles(&|run| run.last().variance()),
            ratio: quartiles(&|run| Some(run.last().variance()? / run.reinforce?)),
            seconds_per_step: quartiles(&|run| Some(run.time.per_step())),
            runs,
        }
    }

    /// The runs that came to their end.
    pub(crate) fn settled(&self) -> impl Iterator<Item = &'a Run> {
        self.runs.iter().copied().filter(|run| run.diverged.is_none())
    }

    /// Runs whose gradient became NaN or infinite.
    pub(crate) fn diverged(&self) -> usize {
        self.runs.iter().filter(|run| run.diverged.is_some()).count()
    }

    /// What the estimator has chosen in its runs, in words, if it chooses among others.
    pub(crate) fn choices(&self) -> Option<String> {
        choice::in_words(self.method.name(), self.runs.iter().map(|run| run.choices.as_slice()))
    }

    /// Quartiles of a final parameter of the control.
    pub(crate) fn parameter(&self, name: &str) -> Option<Quartiles> {
        Quartiles::of(self.settled().filter_map(|run| run.last().parameter(name)))
    }

    /// Whether `run` ended far from the best corner.
    pub(crate) fn is_stuck(experiment: &Experiment, run: &Run) -> bool {
        experiment.gap(run.last().loss).is_some_and(|gap| gap > STUCK)
    }
}

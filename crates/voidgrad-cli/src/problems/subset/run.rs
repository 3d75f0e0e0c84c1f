//! A run, and what is kept of it.

use std::time::Instant;

use voidgrad::Objective as _;
use voidgrad::train::TrainerState;

use super::experiment::Selection;
use super::records;
use super::search::{self, Search, Way};
use crate::training::{self, Job, Outcome, Time, damaged};
use voidgrad_kit::error::Error;

/// Records of a run, about.
const RECORDS: u64 = 100;

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The way it searched.
    pub(super) way: Way,
    /// Its number, from 0.
    pub(super) repeat: u64,
    /// The state at evenly spaced steps, the first and the last among them.
    pub(super) records: Vec<Record>,
    /// Whether each feature is in the best of the most probable subsets.
    pub(super) chosen: Vec<bool>,
    /// What it took.
    pub(super) time: Time,
}

/// The state of a run at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    /// Steps made so far.
    pub(super) step: u64,
    /// Evaluations of f so far, one for each record among them.
    pub(super) evaluations: u64,
    /// f of the most probable subset, with the penalty.
    pub(super) objective: f64,
    /// The least of it so far.
    pub(super) best: f64,
}

impl Run {
    /// The last record.
    pub(super) fn last(&self) -> &Record {
        // An execution ends with a record.
        &self.records[self.records.len() - 1]
    }

    /// Whether it has found the optimum, if that is known.
    pub(super) fn has_found(&self, experiment: &Selection) -> Option<bool> {
        experiment.optimum.as_ref().map(|optimum| optimum.chosen == self.chosen)
    }

    /// Evaluations at the first record at which the best subset was the last one.
    pub(super) fn evaluations_until_best(&self) -> u64 {
        let best = self.last().best;
        self.records.iter().find(|record| record.best == best).map_or(0, |record| record.evaluations)
    }
}

/// A run under way.
pub(crate) struct Execution<'a> {
    experiment: &'a Selection,
    way: Way,
    repeat: u64,
    search: Box<dyn Search + 'a>,
    evaluations: u64,
    records: Vec<Record>,
    /// The best of the most probable subsets so far.
    chosen: Vec<bool>,
    seconds: f64,
    has_ended: bool,
}

impl<'a> Execution<'a> {
    /// A run before its first step and its first record.
    ///
    /// # Errors
    /// Returns an error if the library refuses an estimator.
    pub(super) fn new(experiment: &'a Selection, job: Job) -> Result<Self, Error> {
        let way = experiment.ways[job.row];
        Ok(Self {
            experiment,
            way,
            repeat: job.repeat,
            search: search::search(experiment, way, job.repeat)?,
            evaluations: 0,
            records: Vec::new(),
            chosen: Vec::new(),
            seconds: 0.0,
            has_ended: false,
        })
    }

    /// # Errors
    /// Returns an error if f is not a number.
    fn record(&mut self) -> Result<(), Error> {
        self.evaluations += 1;
        let mode = self.search.mode();
        // The number of features of a subset is right, and adds nothing.
        let objective = self.experiment.penalised.value(&mode).map_err(Error::computation)?;
        let before = self.records.last().map_or(f64::INFINITY, |record| record.best);
        if objective < before {
            self.chosen = mode.iter().map(|b| *b == 1.0).collect();
        }
        let (step, evaluations) = (self.search.iteration(), self.evaluations);
        self.records.push(Record { step, evaluations, objective, best: objective.min(before) });
        Ok(())
    }

    /// The step of the next record.
    fn next_record(&self) -> u64 {
        let stride = (self.experiment.iterations / RECORDS).max(1);
        (self.search.iteration() + 1).next_multiple_of(stride).min(self.experiment.iterations)
    }
}

/// The names of the arrays of a checkpoint.
const CHOSEN: &str = "subset/chosen";
const EVALUATIONS: &str = "subset/evaluations";
const ENDED: &str = "subset/ended";
const SECONDS: &str = "train/seconds";

impl training::Execution for Execution<'_> {
    type Run = Run;

    fn steps(&self) -> u64 {
        self.search.iteration()
    }

    fn advance(&mut self, most: u64) -> Result<Outcome, Error> {
        if self.records.is_empty() {
            self.record()?;
        }
        let (from, record) = (self.search.iteration(), self.next_record());
        let to = record.min(from.saturating_add(most));
        let started = Instant::now();
        self.search.advance(to - from)?;
        self.seconds += started.elapsed().as_secs_f64();
        self.evaluations += (to - from) * self.search.evaluations_of_step();
        if to == record {
            self.record()?;
        }
        Ok(Outcome::Made)
    }

    fn end(&mut self) {
        self.has_ended = true;
    }

    fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn state(&self) -> TrainerState {
        let mut state = self.search.state();
        let extras = &mut state.extras;
        extras.insert(CHOSEN.into(), self.chosen.iter().map(|is| f64::from(u8::from(*is))).collect());
        extras.insert(EVALUATIONS.into(), vec![self.evaluations as f64]);
        extras.insert(ENDED.into(), vec![f64::from(u8::from(self.has_ended))]);
        extras.insert(SECONDS.into(), vec![self.seconds]);
        records::put(&self.records, extras);
        state
    }

    fn restore(&mut self, mut state: TrainerState) -> Result<(), Error> {
        let records =
            records::take(&mut state.extras).ok_or_else(|| damaged("its records are not complete"))?;
        let mut take = |name: &str, length: usize| {
            let values = state.extras.remove(name).filter(|values| values.len() == length);
            values.ok_or_else(|| damaged(name))
        };
        let chosen = take(CHOSEN, self.experiment.regression.len())?;
        let (seconds, has_ended) = (take(SECONDS, 1)?[0], take(ENDED, 1)?[0] != 0.0);
        let evaluations = records::whole(take(EVALUATIONS, 1)?[0]).ok_or_else(|| damaged(EVALUATIONS))?;
        if state.iteration > self.experiment.iterations || records.is_empty() {
            return Err(damaged("it is of another number of steps"));
        }
        self.search.restore(&state)?;
        self.chosen = chosen.iter().map(|is| *is != 0.0).collect();
        (self.evaluations, self.records) = (evaluations, records);
        (self.seconds, self.has_ended) = (seconds, has_ended);
        Ok(())
    }

    fn into_run(self) -> Run {
        Run {
            way: self.way,
            repeat: self.repeat,
            time: Time { steps: self.search.iteration(), seconds: self.seconds },
            records: self.records,
            chosen: self.chosen,
        }
    }
}

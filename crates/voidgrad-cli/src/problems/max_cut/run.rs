//! A run: restarts side by side, and what is kept of them.

use std::time::Instant;

use rayon::prelude::*;
use voidgrad::Trainer;
use voidgrad::estimator::Choice;
use voidgrad::train::TrainerState;

use super::experiment::MaxCut;
use super::method::Way;
use super::moments::Moments;
use super::records;
use super::search::Restarts;
use crate::statistics;
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
    /// Restarts side by side.
    pub(super) restarts: u64,
    /// The state at evenly spaced steps, the first and the last among them.
    pub(super) records: Vec<Record>,
    /// Whether each vertex is on the first side of the best cut.
    pub(super) sides: Vec<bool>,
    /// What the estimator of the first restart has chosen, if it chooses among others.
    pub(super) choices: Vec<Choice>,
    /// What it took.
    pub(super) time: Time,
}

/// The state of a run at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    /// Steps made so far.
    pub(super) step: u64,
    /// Evaluations so far, of all restarts.
    pub(super) evaluations: u64,
    /// The mean over the restarts of `E[f]`, exact; of the present cut if there are no probabilities.
    pub(super) objective: f64,
    /// The best cut so far.
    pub(super) cut: f64,
    /// The variances by the logit of REINFORCE and of RLOO, both of the same number of samples, averaged over the vertices, at the probabilities of the first
    /// restart; exact.
    pub(super) variances: Option<[f64; 2]>,
    /// Seconds of all steps so far.
    pub(super) seconds: f64,
}

impl Run {
    /// The last record.
    pub(super) fn last(&self) -> &Record {
        // An execution ends with a record.
        &self.records[self.records.len() - 1]
    }
}

/// A run under way.
pub(crate) struct Execution<'a> {
    experiment: &'a MaxCut,
    way: Way,
    repeat: u64,
    restarts: Restarts<'a>,
    step: u64,
    evaluations: u64,
    records: Vec<Record>,
    /// The best cut so far.
    best: Option<(f64, Vec<bool>)>,
    seconds: f64,
    has_ended: bool,
}

impl<'a> Execution<'a> {
    /// A run before its first step and its first record.
    ///
    /// # Errors
    /// Returns an error if the library refuses an estimator.
    pub(super) fn new(experiment: &'a MaxCut, job: Job) -> Result<Self, Error> {
        let way = experiment.ways[job.row];
        Ok(Self {
            experiment,
            way,
            repeat: job.repeat,
            restarts: Restarts::new(experiment, way, job.repeat)?,
            step: 0,
            evaluations: 0,
            records: Vec::new(),
            best: None,
            seconds: 0.0,
            has_ended: false,
        })
    }

    fn record(&mut self) {
        self.evaluations += self.restarts.evaluations_of_record;
        let found: Vec<_> = self
            .restarts
            .searches
            .par_iter_mut()
            .map(|search| (search.expectations(), search.best()))
            .collect();
        let (expectations, cuts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        for (cut, sides) in cuts {
            // The first one of equal cuts.
            if self.best.as_ref().is_none_or(|(best, _)| cut > *best) {
                self.best = Some((cut, sides));
            }
        }
        let samples = self.experiment.samples();
        let variances = self.restarts.searches[0].probabilities().map(|p| {
            let moments = Moments::of(&self.experiment.graph, &p);
            let mean = |variances: Vec<f64>| statistics::mean(&variances);
            [mean(moments.reinforce(samples).collect()), mean(moments.rloo(samples).collect())]
        });
        self.records.push(Record {
            step: self.step,
            evaluations: self.evaluations,
            objective: statistics::mean(&expectations.concat()),
            cut: self.best.as_ref().map_or(0.0, |(cut, _)| *cut),
            variances,
            seconds: self.seconds,
        });
    }

    /// The step of the next record.
    fn next_record(&self) -> u64 {
        let stride = (self.experiment.iterations / RECORDS).max(1);
        (self.step + 1).next_multiple_of(stride).min(self.experiment.iterations)
    }
}

/// The names of the arrays of a checkpoint.
const BEST: &str = "max-cut/best";
const SIDES: &str = "max-cut/sides";
const EVALUATIONS: &str = "max-cut/evaluations";
const ENDED: &str = "max-cut/ended";
const SECONDS: &str = "train/seconds";

fn restart(number: usize) -> String {
    format!("max-cut/restarts/{number}")
}

impl training::Execution for Execution<'_> {
    type Run = Run;

    fn steps(&self) -> u64 {
        self.step
    }

    fn advance(&mut self, most: u64) -> Result<Outcome, Error> {
        if self.records.is_empty() {
            self.record();
        }
        let record = self.next_record();
        let (from, to) = (self.step, record.min(self.step.saturating_add(most)));
        let started = Instant::now();
        self.restarts.searches.par_iter_mut().try_for_each(|search| search.advance(from, to))?;
        self.seconds += started.elapsed().as_secs_f64();
        self.step = to;
        self.evaluations += (to - from) * self.restarts.evaluations_of_step;
        if to == record {
            self.record();
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
        let mut state = Trainer::new(self.experiment.seed, self.repeat).state();
        state.iteration = self.step;
        let extras = &mut state.extras;
        if let Some((cut, sides)) = &self.best {
            extras.insert(BEST.into(), vec![*cut]);
            extras.insert(SIDES.into(), sides.iter().map(|side| f64::from(u8::from(*side))).collect());
        }
        extras.insert(EVALUATIONS.into(), vec![self.evaluations as f64]);
        extras.insert(ENDED.into(), vec![f64::from(u8::from(self.has_ended))]);
        extras.insert(SECONDS.into(), vec![self.seconds]);
        records::put(&self.records, extras);
        // A run that has ended makes no more steps; what the first restart has chosen is a result.
        for (number, search) in self.restarts.searches.iter().enumerate() {
            if !self.has_ended || number == 0 && !search.choices().is_empty() {
                extras.insert(restart(number), search.state());
            }
        }
        state
    }

    fn restore(&mut self, mut state: TrainerState) -> Result<(), Error> {
        let mut arrays = std::mem::take(&mut state.extras);
        let records = records::take(&mut arrays).ok_or_else(|| damaged("its records are not complete"))?;
        let number = |name: &str| {
            let values = arrays.get(name).filter(|values| values.len() == 1);
            values.map(|values| values[0]).ok_or_else(|| damaged(name))
        };
        let (cut, seconds, has_ended) = (number(BEST)?, number(SECONDS)?, number(ENDED)? != 0.0);
        let evaluations = records::whole(number(EVALUATIONS)?).ok_or_else(|| damaged(EVALUATIONS))?;
        let sides = arrays.get(SIDES).filter(|sides| sides.len() == self.experiment.graph.vertices());
        let sides = sides.ok_or_else(|| damaged(SIDES))?.iter().map(|side| *side != 0.0).collect();
        if state.iteration > self.experiment.iterations || records.is_empty() {
            return Err(damaged("it is of another number of steps"));
        }
        for (number, search) in self.restarts.searches.iter_mut().enumerate() {
            let name = restart(number);
            let state = arrays.get(&name);
            if !has_ended || state.is_some() {
                state.and_then(|state| search.restore(state)).ok_or_else(|| damaged(&name))?;
            }
        }
        (self.step, self.evaluations, self.records) = (state.iteration, evaluations, records);
        (self.best, self.seconds, self.has_ended) = (Some((cut, sides)), seconds, has_ended);
        Ok(())
    }

    fn into_run(self) -> Run {
        Run {
            way: self.way,
            repeat: self.repeat,
            restarts: self.restarts.count,
            records: self.records,
            sides: self.best.map(|(_, sides)| sides).unwrap_or_default(),
            choices: self.restarts.searches[0].choices(),
            time: Time { steps: self.step, seconds: self.seconds },
        }
    }
}

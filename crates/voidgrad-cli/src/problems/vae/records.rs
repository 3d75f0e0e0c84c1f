//! The state of a run at evenly spaced iterations.

use std::collections::BTreeMap;

use voidgrad::{Bernoulli, Stream};

use super::data::Data;
use super::error::StepError;
use super::experiment::Detail;
use super::gradient::Gradient;
use super::run::End;
use super::{bounds, spread};
use voidgrad_kit::error::Error;
use voidgrad_models::Model;

/// The most samples of the bounds, and draws of ĝ, of a record: it has no more than the end of a run.
const RECORD_SAMPLES: usize = 5;
const RECORD_DRAWS: u64 = 20;
/// Samples of the importance-weighted bound, and draws of ĝ, for each sample of the ELBO at the end.
pub(super) const TIMES: usize = 5;
/// The most images of each set that have a part in the bounds of a record, and in those at the end.
const RECORD_IMAGES: usize = 2_000;
pub(super) const END_IMAGES: usize = 10_000;
/// The images whose variance is measured.
pub(super) const VARIANCE_ROWS: usize = 100;

/// The state of a run at one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Record {
    /// Steps made so far.
    pub(super) iteration: u64,
    /// Evaluations of f so far, over all images.
    pub(super) evaluations: u64,
    /// The evidence lower bound of the images that are trained on.
    pub(super) train_elbo: f64,
    /// That of the others.
    pub(super) test_elbo: f64,
    /// The bound that is trained on, of the images that are trained on; NaN if that is the ELBO.
    pub(super) train_bound: f64,
    /// That of the others.
    pub(super) test_bound: f64,
    /// The variance of ĝ by the logits.
    pub(super) variance: f64,
    /// The scale of the control, NaN if it has none.
    pub(super) eta: f64,
    /// The temperature of the control, NaN if it has none.
    pub(super) lambda: f64,
    /// Seconds of all steps so far, which no other number depends on.
    pub(super) seconds: f64,
}

/// Iterations from one record to the next.
pub(super) fn stride(iterations: u64, records: u64) -> u64 {
    (iterations / records).max(1)
}

/// Evaluations of f for one image.
///
/// # Errors
/// Returns an error if 0 is no logit, which does not happen.
pub(super) fn points(gradient: &Gradient, model: &dyn Model) -> Result<u64, Error> {
    let bernoulli = Bernoulli::from_logits(&vec![0.0; model.latents()]).map_err(Error::computation)?;
    Ok(gradient.evaluations(&bernoulli))
}

/// What a model is measured with.
pub(super) struct Measured<'a> {
    /// The model, with its parameters.
    pub(super) model: &'a dyn Model,
    /// The parameters of the decoder.
    pub(super) decoder: &'a [f64],
    /// The images.
    pub(super) data: &'a Data,
    /// Samples of the bound that is trained on, if that is not the ELBO.
    pub(super) bound: Option<usize>,
    /// What is wanted; the rest is NaN.
    pub(super) detail: Detail,
}

impl Measured<'_> {
    /// The bounds and the variance now, of a run that ends with so many samples. `streams` gives the stream of each.
    pub(super) fn record(
        &self,
        (iteration, evaluations, seconds): (u64, u64, f64),
        gradient: &mut Gradient,
        samples: usize,
        streams: &dyn Fn(u64) -> Stream,
    ) -> Record {
        let control = gradient.numbers();
        let number = |name: &str| {
            control.iter().find(|(other, _)| other == name).map_or(f64::NAN, |(_, value)| *value)
        };
        let Data { train, test, .. } = self.data;
        Record {
            iteration,
            evaluations,
            train_elbo: self.evidence(&train.first(RECORD_IMAGES), samples.min(RECORD_SAMPLES), streams(0)),
            test_elbo: self.evidence(&test.first(RECORD_IMAGES), samples.min(RECORD_SAMPLES), streams(1)),
            train_bound: self.bound(&train.first(RECORD_IMAGES), samples.min(RECORD_SAMPLES), streams(0)),
            test_bound: self.bound(&test.first(RECORD_IMAGES), samples.min(RECORD_SAMPLES), streams(1)),
            variance: self.variance(gradient, RECORD_DRAWS.min((TIMES * samples) as u64), streams(2)),
            eta: number("eta"),
            lambda: number("lambda"),
            seconds,
        }
    }

    /// The same with so many samples, and the importance-weighted bound.
    pub(super) fn end(
        &self,
        gradient: &mut Gradient,
        samples: usize,
        streams: &dyn Fn(u64) -> Stream,
    ) -> End {
        let [train, test] = [&self.data.train, &self.data.test].map(|set| set.first(END_IMAGES));
        End {
            train_elbo: self.evidence(&train, samples, streams(3)),
            test_elbo: self.evidence(&test, samples, streams(4)),
            train_bound: self.bound(&train, samples, streams(3)),
            test_bound: self.bound(&test, samples, streams(4)),
            variance: self.variance(gradient, (TIMES * samples) as u64, streams(5)),
            test_importance: self.importance(&test, TIMES * samples, streams(6)),
        }
    }

    fn evidence(&self, images: &[f64], samples: usize, noise: Stream) -> f64 {
        number(bounds::evidence(self.model, self.decoder, images, samples, &mut { noise }))
    }

    /// The bound that is trained on, if that is not the ELBO: from as many samples, or as few more as its own number divides. Its noise is that of the ELBO beside it.
    fn bound(&self, images: &[f64], samples: usize, noise: Stream) -> f64 {
        let Some(own) = self.bound else { return f64::NAN };
        let samples = samples.next_multiple_of(own);
        number(bounds::of_samples(self.model, images, (samples, own), &mut { noise }))
    }

    fn importance(&self, images: &[f64], samples: usize, noise: Stream) -> f64 {
        if self.detail == Detail::Elbo {
            return f64::NAN;
        }
        number(bounds::importance_weighted(self.model, images, samples, &mut { noise }))
    }

    pub(super) fn variance(&self, gradient: &mut Gradient, draws: u64, noise: Stream) -> f64 {
        if self.detail == Detail::Elbo {
            return f64::NAN;
        }
        let images = self.data.train.first(VARIANCE_ROWS);
        number(spread::variance(self.model, self.decoder, gradient, &images, draws, &mut { noise }))
    }
}

/// A number that can't be computed is NaN: the run goes on, and diverges by itself if it has to.
fn number(result: Result<f64, StepError>) -> f64 {
    result.unwrap_or(f64::NAN)
}

/// Arrays by name, as in [`TrainerState::extras`](voidgrad::train::TrainerState::extras).
type Arrays = BTreeMap<String, Vec<f64>>;

/// The columns of the records.
const COLUMNS: [&str; 10] = [
    "iteration",
    "evaluations",
    "train_elbo",
    "test_elbo",
    "train_bound",
    "test_bound",
    "variance",
    "eta",
    "lambda",
    "seconds",
];

fn column(name: &str) -> String {
    format!("vae/records/{name}")
}

/// Adds the records to the arrays.
pub(super) fn put(records: &[Record], arrays: &mut Arrays) {
    let row = |record: &Record| {
        let Record { iteration, evaluations, train_elbo, test_elbo, train_bound, test_bound, .. } = *record;
        let Record { variance, eta, lambda, seconds, .. } = *record;
        let (iteration, evaluations) = (iteration as f64, evaluations as f64);
        [
            iteration,
            evaluations,
            train_elbo,
            test_elbo,
            train_bound,
            test_bound,
            variance,
            eta,
            lambda,
            seconds,
        ]
    };
    for (place, name) in COLUMNS.iter().enumerate() {
        arrays.insert(column(name), records.iter().map(|record| row(record)[place]).collect());
    }
}

/// Takes the records from the arrays; nothing if they are not complete.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "iterations were counted")]
pub(super) fn take(arrays: &mut Arrays) -> Option<Vec<Record>> {
    let columns: Vec<Vec<f64>> =
        COLUMNS.iter().map(|name| arrays.remove(&column(name))).collect::<Option<_>>()?;
    let length = columns[0].len();
    columns.iter().all(|column| column.len() == length).then(|| {
        let record = |i: usize| Record {
            iteration: columns[0][i] as u64,
            evaluations: columns[1][i] as u64,
            train_elbo: columns[2][i],
            test_elbo: columns[3][i],
            train_bound: columns[4][i],
            test_bound: columns[5][i],
            variance: columns[6][i],
            eta: columns[7][i],
            lambda: columns[8][i],
            seconds: columns[9][i],
        };
        (0..length).map(record).collect()
    })
}

//! The records of a run as columns, beside the arrays of its state.

use std::collections::BTreeMap;

use crate::evaluation::{FEWEST_FOR_AN_ERROR, Technique};
use crate::problems::quadratic::run::{Moments, PLOTTED, Record};

/// Arrays by name, as in [`TrainerState::extras`](voidgrad::train::TrainerState::extras).
pub(super) type Arrays = BTreeMap<String, Vec<f64>>;

/// Before the names of the columns.
const PREFIX: &str = "train/records/";

/// The columns that every run has.
const COLUMNS: [&str; 11] = [
    "iteration",
    "evaluations",
    "theta",
    "loss",
    "gradient_exact",
    "gradient_mean",
    "variance",
    "standard_error",
    "technique",
    "samples",
    "dead",
];

/// A technique is the number of its place here, from 1; 0 means that a record has no moments.
const TECHNIQUES: [Technique; 3] = [Technique::Quadrature, Technique::Enumeration, Technique::MonteCarlo];

/// Adds the records to the arrays.
pub(super) fn put(records: &[Record], arrays: &mut Arrays) {
    let mut columns: Vec<Vec<f64>> = vec![Vec::with_capacity(records.len()); COLUMNS.len()];
    for record in records {
        for (column, value) in columns.iter_mut().zip(row(record)) {
            column.push(value);
        }
    }
    for (name, column) in COLUMNS.iter().zip(columns) {
        arrays.insert(format!("{PREFIX}{name}"), column);
    }
    for name in PLOTTED {
        let values: Option<Vec<f64>> = records.iter().map(|record| record.parameter(name)).collect();
        if let Some(values) = values {
            arrays.insert(format!("{PREFIX}{name}"), values);
        }
    }
}

fn row(record: &Record) -> [f64; COLUMNS.len()] {
    let of = |value: fn(&Moments) -> f64| record.moments.as_ref().map_or(0.0, value);
    [
        record.iteration as f64,
        record.evaluations as f64,
        record.theta,
        record.loss,
        record.gradient_exact,
        of(|moments| moments.gradient_mean),
        of(|moments| moments.variance),
        of(|moments| moments.standard_error.unwrap_or(0.0)),
        of(|moments| {
            1.0 + TECHNIQUES.iter().take_while(|&&technique| technique != moments.technique).count() as f64
        }),
        of(|moments| moments.samples as f64),
        f64::from(u8::from(record.dead)),
    ]
}

/// Takes the records out of the arrays; `None` if they are none.
pub(super) fn take(arrays: &mut Arrays) -> Option<Vec<Record>> {
    let mut column = |name: &str| arrays.remove(&format!("{PREFIX}{name}"));
    let columns = COLUMNS.iter().map(|name| column(name)).collect::<Option<Vec<_>>>()?;
    let plotted: Vec<(&'static str, Vec<f64>)> =
        PLOTTED.into_iter().filter_map(|name| Some((name, column(name)?))).collect();
    let length = columns[0].len();
    let lengths = columns.iter().chain(plotted.iter().map(|(_, values)| values)).map(Vec::len);
    if lengths.into_iter().any(|other| other != length) {
        return None;
    }
    let record = |place: usize| {
        let [
            iteration,
            evaluations,
            theta,
            loss,
            gradient_exact,
            gradient_mean,
            variance,
            error,
            technique,
            samples,
            dead,
        ] = std::array::from_fn(|column| columns[column][place]);
        let samples = whole(samples)?;
        let moments = match whole(technique)? {
            0 => None,
            number => {
                let technique = *TECHNIQUES.get(usize::try_from(number - 1).ok()?)?;
                let has_error = technique != Technique::MonteCarlo || samples >= FEWEST_FOR_AN_ERROR;
                let standard_error = has_error.then_some(error);
                Some(Moments { gradient_mean, variance, standard_error, technique, samples })
            }
        };
        Some(Record {
            iteration: whole(iteration)?,
            evaluations: whole(evaluations)?,
            theta,
            loss,
            gradient_exact,
            moments,
            parameters: plotted.iter().map(|(name, values)| (*name, values[place])).collect(),
            dead: dead != 0.0,
        })
    };
    (0..length).map(record).collect()
}

/// A count, which is exact up to 2⁵³.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is looked at before")]
pub(super) fn whole(value: f64) -> Option<u64> {
    (value >= 0.0 && value <= (1_u64 << 53) as f64 && value.fract() == 0.0).then_some(value as u64)
}

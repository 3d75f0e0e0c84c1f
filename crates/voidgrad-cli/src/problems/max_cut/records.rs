//! The records of a run as columns of a checkpoint.

use std::collections::BTreeMap;

use super::run::Record;

/// Before the names of the columns.
const PREFIX: &str = "max-cut/records/";

const COLUMNS: [&str; 5] = ["step", "evaluations", "objective", "cut", "seconds"];

/// The columns of a way with probabilities.
const VARIANCES: [&str; 2] = ["variance-reinforce", "variance-rloo"];

/// Adds the records to the arrays.
pub(super) fn put(records: &[Record], arrays: &mut BTreeMap<String, Vec<f64>>) {
    let mut put = |name: &str, column: Vec<f64>| arrays.insert(format!("{PREFIX}{name}"), column);
    for (number, name) in COLUMNS.iter().enumerate() {
        let cell = |record: &Record| {
            let Record { step, evaluations, objective, cut, seconds, .. } = *record;
            [step as f64, evaluations as f64, objective, cut, seconds][number]
        };
        put(name, records.iter().map(cell).collect());
    }
    for (number, name) in VARIANCES.iter().enumerate() {
        let cells = records.iter().map(|record| record.variances.map(|variances| variances[number]));
        if let Some(column) = cells.collect() {
            put(name, column);
        }
    }
}

/// Takes the records out of the arrays; `None` if they are none.
pub(super) fn take(arrays: &mut BTreeMap<String, Vec<f64>>) -> Option<Vec<Record>> {
    let mut column = |name: &str| arrays.remove(&format!("{PREFIX}{name}"));
    let columns = COLUMNS.iter().map(|name| column(name)).collect::<Option<Vec<_>>>()?;
    let variances = VARIANCES.iter().map(|name| column(name)).collect::<Option<Vec<_>>>();
    let length = columns[0].len();
    if columns.iter().chain(variances.iter().flatten()).any(|column| column.len() != length) {
        return None;
    }
    let record = |place: usize| {
        let [step, evaluations, objective, cut, seconds] =
            std::array::from_fn(|column| columns[column][place]);
        Some(Record {
            step: whole(step)?,
            evaluations: whole(evaluations)?,
            objective,
            cut,
            variances: variances.as_ref().map(|columns| [columns[0][place], columns[1][place]]),
            seconds,
        })
    };
    (0..length).map(record).collect()
}

/// A count, which is exact up to 2⁵³.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is looked at before")]
pub(super) fn whole(value: f64) -> Option<u64> {
    (value >= 0.0 && value <= (1_u64 << 53) as f64 && value.fract() == 0.0).then_some(value as u64)
}

//! The records of a run as columns of a checkpoint.

use std::collections::BTreeMap;

use super::run::Record;

/// Before the names of the columns.
const PREFIX: &str = "subset/records/";

const COLUMNS: [&str; 4] = ["step", "evaluations", "objective", "best"];

/// Adds the records to the arrays.
pub(super) fn put(records: &[Record], arrays: &mut BTreeMap<String, Vec<f64>>) {
    for (number, name) in COLUMNS.iter().enumerate() {
        let cell = |record: &Record| {
            let Record { step, evaluations, objective, best } = *record;
            [step as f64, evaluations as f64, objective, best][number]
        };
        arrays.insert(format!("{PREFIX}{name}"), records.iter().map(cell).collect());
    }
}

/// Takes the records out of the arrays; `None` if they are none.
pub(super) fn take(arrays: &mut BTreeMap<String, Vec<f64>>) -> Option<Vec<Record>> {
    let columns: Option<Vec<Vec<f64>>> =
        COLUMNS.iter().map(|name| arrays.remove(&format!("{PREFIX}{name}"))).collect();
    let columns = columns?;
    let length = columns[0].len();
    if columns.iter().any(|column| column.len() != length) {
        return None;
    }
    let record = |place: usize| {
        let [step, evaluations, objective, best] = std::array::from_fn(|column| columns[column][place]);
        Some(Record { step: whole(step)?, evaluations: whole(evaluations)?, objective, best })
    };
    (0..length).map(record).collect()
}

/// A count, which is exact up to 2⁵³.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is looked at before")]
pub(super) fn whole(value: f64) -> Option<u64> {
    (value >= 0.0 && value <= (1_u64 << 53) as f64 && value.fract() == 0.0).then_some(value as u64)
}

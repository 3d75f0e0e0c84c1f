//! What the records of a training may cost: where the state is kept, and how well its variance is known.

use voidgrad::train::Settings;

use crate::evaluation::Sampling;

/// Records a run keeps, about.
const RECORDS: u64 = 200;
/// The least and the most samples of a record whose variance is not exact, and those of the last record, which the
/// summary shows.
const SAMPLES: (u64, u64) = (16, 256);
const FINAL_SAMPLES: u64 = 4_000;
/// The most terms of a sum instead of samples, and what they may cost: thousands of them at every record would take longer than
/// the training.
const TERMS: u64 = 256;
const WORK: u64 = 1 << 15;
const FINAL_TERMS: u64 = 1 << 16;
const FINAL_WORK: u64 = 1 << 22;
/// What the samples of all records, and those of the last one, may cost in any case, in the units of
/// [`evaluation::unit`](crate::evaluation::unit): a second at most. A training that costs more leaves time for more.
const ALL_RECORDS: u64 = 1 << 22;
const LAST_RECORD: u64 = 1 << 19;
/// A variance needs as many.
const FEWEST_SAMPLES: u64 = 2;

/// Iterations from one record to the next.
pub(crate) fn stride(iterations: u64) -> u64 {
    (iterations / RECORDS).max(1)
}

/// Records of a run, about.
pub(crate) fn records(iterations: u64) -> u64 {
    iterations / stride(iterations) + 1
}

/// As many samples of a record as take about as long as the steps since the last one, within reason. (The moments take two
/// passes.)
pub(crate) fn of_record(settings: &Settings, unit: u64, seed: u64) -> Sampling {
    let as_long = stride(settings.iterations) * settings.batch as u64 / 2;
    let affordable = ALL_RECORDS / records(settings.iterations) / unit;
    let samples = as_long.max(SAMPLES.0.min(affordable)).clamp(FEWEST_SAMPLES, SAMPLES.1);
    Sampling { terms: TERMS, work: WORK, samples, seed }
}

/// The samples of the last record: as many as take half as long as the training, or a moment.
pub(crate) fn of_last_record(settings: &Settings, unit: u64, seed: u64) -> Sampling {
    let as_long = settings.iterations.saturating_mul(settings.batch as u64) / 2;
    let samples = as_long.max(LAST_RECORD / unit).clamp(FEWEST_SAMPLES, FINAL_SAMPLES);
    Sampling { terms: FINAL_TERMS, work: FINAL_WORK, samples, seed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(iterations: u64) -> Settings {
        Settings { iterations, batch: 1, ..Settings::default() }
    }

    /// In units, two passes each.
    fn cost(settings: &Settings, unit: u64) -> u64 {
        let all = records(settings.iterations) * of_record(settings, unit, 0).samples;
        2 * unit * (all + of_last_record(settings, unit, 0).samples)
    }

    #[test]
    fn records_cost_no_more_than_a_moment_and_three_trainings() {
        for iterations in [1, 10, 199, 200, 10_000, 1_000_000] {
            for unit in [1, 7, 200, 10_000, 1_000_000] {
                let settings = settings(iterations);
                // As many samples as a variance needs are drawn in any case.
                let least = 2 * unit * FEWEST_SAMPLES * (records(iterations) + 1);
                let most = 2 * (ALL_RECORDS + LAST_RECORD) + 3 * iterations * unit + least;
                assert!(cost(&settings, unit) <= most, "{iterations} steps of {unit}");
            }
        }
    }

    #[test]
    fn the_default_experiment_has_its_samples() {
        let settings = settings(10_000);
        assert_eq!(
            (of_record(&settings, 200, 0).samples, of_last_record(&settings, 200, 0).samples),
            (25, 4_000)
        );
    }
}

//! The bound that a run has reached after so many evaluations of f, or after so many steps.

use crate::problems::vae::records::Record;
use crate::problems::vae::run::Run;

/// The train ELBO of a run when a quantity that grows with its steps, such as the evaluations of f, is at `place`: interpolated linearly between two records, and that of the last
/// record from there on. NaN if there is none.
pub(super) fn bound_at(run: &Run, quantity: impl Fn(&Record) -> f64, place: f64) -> f64 {
    let records = run.records.iter().map(|record| (quantity(record), record.train_elbo));
    at(records, place)
}

/// The value at a place of points in the order of their places.
fn at(points: impl Iterator<Item = (f64, f64)>, place: f64) -> f64 {
    let mut last: Option<(f64, f64)> = None;
    for (here, value) in points {
        match last {
            Some((before, from)) if here >= place => {
                let part = if here > before { (place - before) / (here - before) } else { 1.0 };
                return from + part * (value - from);
            }
            _ => last = Some((here, value)),
        }
    }
    last.map_or(f64::NAN, |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_between_two_places_is_between_theirs() {
        let points = [(0.0, 10.0), (2.0, 20.0), (2.0, 30.0), (4.0, 50.0)];
        for (place, value) in [(0.0, 10.0), (1.0, 15.0), (2.0, 20.0), (3.0, 40.0), (4.0, 50.0), (9.0, 50.0)] {
            assert_eq!(at(points.into_iter(), place), value, "{place}");
        }
        assert_eq!(at([(0.0, 7.0)].into_iter(), 3.0), 7.0);
        assert!(at([].into_iter(), 3.0).is_nan());
    }
}

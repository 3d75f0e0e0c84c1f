//! When to stop.

use std::ops::ControlFlow;

/// Stops a run whose values no longer fall: early stopping.
///
/// ```
/// use voidgrad::train::Patience;
/// let mut patience = Patience::new(2);
/// let stops: Vec<bool> =
///     [3.0, 2.0, 2.5, 1.0, f64::NAN, 1.0].map(|value| patience.observe(value).is_break()).into();
/// assert_eq!(stops, [false, false, false, false, false, true]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    limit: u64,
    lowest: f64,
    since: u64,
}

impl Patience {
    /// Stops at the `limit`-th value in a row that is not below all values before. A `limit` of 0 is as one of 1.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { limit, lowest: f64::INFINITY, since: 0 }
    }

    /// Sees the next value; `Break` means stop. NaN is never lower.
    pub fn observe(&mut self, value: f64) -> ControlFlow<()> {
        if value < self.lowest {
            (self.lowest, self.since) = (value, 0);
            return ControlFlow::Continue(());
        }
        self.since += 1;
        if self.since >= self.limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// What it remembers: the lowest value, and the number of values since. Two numbers for the extras of a state.
    #[must_use]
    pub fn memory(&self) -> [f64; 2] {
        [self.lowest, self.since as f64]
    }

    /// The same patience with this [memory](Self::memory).
    #[must_use]
    pub fn with_memory(self, [lowest, since]: [f64; 2]) -> Self {
        // A float that is no count saturates.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let since = since as u64;
        Self { lowest, since, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patience_with_the_memory_of_another_stops_where_that_one_does() {
        let values = [3.0, 2.0, 4.0, 2.0, f64::NAN, 1.0, 1.0, 1.5, 2.0];
        let stops = |patience: &mut Patience, values: &[f64]| {
            values.iter().map(|&value| patience.observe(value).is_break()).collect::<Vec<_>>()
        };
        let expected = stops(&mut Patience::new(3), &values);
        assert_eq!(expected, [false, false, false, false, true, false, false, false, true]);
        for cut in 0..values.len() {
            let mut first = Patience::new(3);
            stops(&mut first, &values[..cut]);
            let mut second = Patience::new(3).with_memory(first.memory());
            assert_eq!(stops(&mut second, &values[cut..]), expected[cut..]);
        }
        assert!(Patience::new(0).observe(f64::NAN).is_break());
        assert!(Patience::new(1).observe(f64::NAN).is_break());
    }
}

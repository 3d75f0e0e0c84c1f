//! The best point so far.

/// The point with the lowest value that a [`Trainer`](super::Trainer) was [offered](super::Trainer::offer).
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// The value. It is not NaN.
    pub value: f64,
    /// The point, of any length.
    pub point: Vec<f64>,
}

/// The best point, and a better one that counts once the step under way is made.
#[derive(Debug, Default)]
pub(super) struct Offers {
    best: Option<Best>,
    /// Memory for the better one; it holds one if `is_better`.
    candidate: Option<Best>,
    is_better: bool,
}

impl Offers {
    /// Whether `value` is below all values so far. NaN is not.
    pub(super) fn offer(&mut self, value: f64, point: &[f64]) -> bool {
        let lowest = if self.is_better { &self.candidate } else { &self.best };
        let is_better = !value.is_nan() && lowest.as_ref().is_none_or(|best| value < best.value);
        if is_better {
            let candidate = self.candidate.get_or_insert_with(|| Best { value, point: Vec::new() });
            candidate.value = value;
            candidate.point.clear();
            candidate.point.extend_from_slice(point);
            self.is_better = true;
        }
        is_better
    }

    /// What was offered counts.
    pub(super) fn accept(&mut self) {
        if std::mem::take(&mut self.is_better) {
            std::mem::swap(&mut self.best, &mut self.candidate);
        }
    }

    /// What was offered since the last [`accept`](Self::accept) does not count.
    pub(super) fn reject(&mut self) {
        self.is_better = false;
    }

    pub(super) fn best(&self) -> Option<&Best> {
        self.best.as_ref()
    }

    pub(super) fn set_best(&mut self, best: Option<Best>) {
        self.best = best;
        self.is_better = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_never_wins_and_the_first_of_equals_stays() {
        let mut offers = Offers::default();
        assert!(!offers.offer(f64::NAN, &[0.0]));
        assert!(offers.offer(f64::INFINITY, &[1.0]) && offers.offer(2.0, &[2.0, 3.0]));
        assert!(!offers.offer(2.0, &[4.0]) && !offers.offer(f64::NAN, &[5.0]));
        offers.accept();
        assert_eq!(offers.best(), Some(&Best { value: 2.0, point: vec![2.0, 3.0] }));
        assert!(!offers.offer(f64::NAN, &[]) && !offers.offer(3.0, &[]));
        offers.accept();
        assert_eq!(offers.best(), Some(&Best { value: 2.0, point: vec![2.0, 3.0] }));
    }

    #[test]
    fn what_is_rejected_does_not_count() {
        let mut offers = Offers::default();
        offers.offer(1.0, &[1.0]);
        offers.reject();
        assert_eq!(offers.best(), None);
        assert!(offers.offer(2.0, &[2.0]));
        offers.accept();
        offers.offer(1.0, &[1.0]);
        offers.reject();
        assert!(offers.offer(1.5, &[1.5]));
        offers.accept();
        assert_eq!(offers.best(), Some(&Best { value: 1.5, point: vec![1.5] }));
    }
}

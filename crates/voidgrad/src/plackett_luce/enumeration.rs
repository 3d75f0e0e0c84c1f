//! All rankings, one after the other.

use super::PlackettLuce;

/// The largest number of rankings, `n!/(n - k)!`, that are enumerated.
pub const LARGEST_ENUMERATION: u64 = 1 << 20;

impl PlackettLuce {
    /// `n!/(n - k)!`, the number of rankings; `None` if that is more than a number holds.
    ///
    /// ```
    /// # use voidgrad::PlackettLuce;
    /// assert_eq!(PlackettLuce::from_logits(&[0.0; 7], 7)?.rankings(), Some(5040));
    /// # Ok::<(), voidgrad::plackett_luce::PlackettLuceError>(())
    /// ```
    #[must_use]
    pub fn rankings(&self) -> Option<u64> {
        count(self.items(), self.places())
    }

    /// Writes each of the rankings, row by row, in the order of their items.
    pub(crate) fn write_rankings(&self, rows: &mut [f64]) {
        let (items, places) = (self.items(), self.places());
        for (number, row) in rows.chunks_exact_mut(places).enumerate() {
            let mut left: Vec<usize> = (0..items).collect();
            let mut rest = number;
            for (place, b) in row.iter_mut().enumerate() {
                // As many rankings have the same item here.
                let block: usize = (place + 1..places).map(|place| items - place).product();
                *b = left.remove(rest / block) as f64;
                rest %= block;
            }
        }
    }

    /// The most items of which rankings of this length are enumerated.
    pub(crate) fn most_enumerated(&self) -> usize {
        let mut items = self.places();
        while count(items + 1, self.places()).is_some_and(|rankings| rankings <= LARGEST_ENUMERATION) {
            items += 1;
        }
        items
    }
}

/// `n!/(n - k)!`.
fn count(items: usize, places: usize) -> Option<u64> {
    (0..places).try_fold(1_u64, |product, place| product.checked_mul((items - place) as u64))
}

//! All subsets, one after the other.

use super::Subset;

/// The largest number of subsets, `C(n, k)`, that are enumerated.
pub const LARGEST_ENUMERATION: u64 = 1 << 20;

impl Subset {
    /// `C(n, k)`, the number of subsets; `None` if that is more than a number holds.
    ///
    /// ```
    /// # use voidgrad::Subset;
    /// assert_eq!(Subset::from_logits(&[0.0; 16], 4)?.states(), Some(1820));
    /// # Ok::<(), voidgrad::subset::SubsetError>(())
    /// ```
    #[must_use]
    pub fn states(&self) -> Option<u64> {
        binomial(self.len(), self.size)
    }

    /// Writes each of the `C(n, k)` subsets, row by row, in the order of their elements: {0, 1}, {0, 2}, {1, 2}.
    pub(crate) fn write_states(&self, rows: &mut [f64]) {
        let (elements, size) = (self.len(), self.size);
        let mut chosen: Vec<usize> = (0..size).collect();
        for row in rows.chunks_exact_mut(elements) {
            row.fill(0.0);
            for &m in &chosen {
                row[m] = 1.0;
            }
            // The last element that can move by one, and those after it next to it.
            let Some(place) = (0..size).rev().find(|&i| chosen[i] + size - i < elements) else { return };
            let next = chosen[place] + 1;
            chosen[place..].iter_mut().zip(next..).for_each(|(chosen, m)| *chosen = m);
        }
    }

    /// The most elements of which subsets of this size are enumerated.
    pub(crate) fn most_enumerated(&self) -> usize {
        let mut elements = self.size;
        while binomial(elements + 1, self.size).is_some_and(|states| states <= LARGEST_ENUMERATION) {
            elements += 1;
        }
        elements
    }
}

/// `C(n, k)`.
fn binomial(n: usize, k: usize) -> Option<u64> {
    let k = k.min(n - k);
    // Each product is a binomial coefficient times a number, and the division leaves no rest.
    (0..k).try_fold(1_u64, |sum, i| {
        let product = u128::from(sum) * (n - i) as u128;
        u64::try_from(product / (i as u128 + 1)).ok()
    })
}

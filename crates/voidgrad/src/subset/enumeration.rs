//! How many subsets there are.

use super::Subset;

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

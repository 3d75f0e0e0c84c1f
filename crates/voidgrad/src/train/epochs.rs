//! Shuffled minibatches.

use rand::Rng;

use crate::error::InvalidParameter;
use crate::noise::Stream;

/// The row of the streams that shuffle. Samples count rows from 0, and first parameters are drawn from row `u64::MAX`.
const ROW: u64 = u64::MAX - 1;

/// Minibatches of example indices, shuffled anew in each epoch, without an end.
///
/// The order of an epoch is a function of seed and epoch alone: the shuffle of Fisher and Yates with the [`Stream`]
/// `(seed, epoch, u64::MAX - 1)`. A [`Trainer`](super::Trainer) draws from row 0, so the same seed can be used for both. A position is two numbers, and
/// from a position the same batches follow.
///
/// ```
/// use voidgrad::train::Epochs;
/// let mut epochs = Epochs::new(5, 2, 1)?;
/// assert_eq!(epochs.batches(), 3);
/// let mut seen: Vec<usize> = (0..3).flat_map(|_| epochs.next_batch().to_vec()).collect();
/// seen.sort_unstable();
/// assert_eq!(seen, [0, 1, 2, 3, 4]);
/// assert_eq!(epochs.position(), (1, 0));
///
/// let expected = epochs.next_batch().to_vec();
/// let mut resumed = Epochs::new(5, 2, 1)?;
/// resumed.set_position(1, 0)?;
/// assert_eq!(resumed.next_batch(), expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Epochs {
    seed: u64,
    batch: usize,
    /// How many batches an epoch has.
    batches: usize,
    /// The next batch.
    position: (u64, usize),
    /// The order of the epoch `shuffled`.
    order: Vec<usize>,
    shuffled: Option<u64>,
}

impl Epochs {
    /// Batches of `batch` of `examples` examples. If they don't divide, the last batch of an epoch is smaller.
    ///
    /// # Errors
    /// Returns an error if there are no examples, or if a batch has none.
    pub fn new(examples: usize, batch: usize, seed: u64) -> Result<Self, InvalidParameter> {
        for (name, count) in [("examples", examples), ("batch", batch)] {
            if count == 0 {
                return Err(InvalidParameter { name, value: 0.0, allowed: "at least 1" });
            }
        }
        let batches = examples.div_ceil(batch);
        Ok(Self { seed, batch, batches, position: (0, 0), order: (0..examples).collect(), shuffled: None })
    }

    /// The same without the last batch of each epoch, if it is smaller than the others.
    ///
    /// # Errors
    /// Returns an error if a batch has more examples than there are.
    pub fn whole_batches(self) -> Result<Self, InvalidParameter> {
        let batches = self.order.len() / self.batch;
        if batches == 0 {
            let allowed = "at most the number of examples";
            return Err(InvalidParameter { name: "batch", value: self.batch as f64, allowed });
        }
        Ok(Self { batches, ..self })
    }

    /// How many batches an epoch has.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// The epoch of the next batch, and its place in the epoch, both from 0.
    #[must_use]
    pub fn position(&self) -> (u64, usize) {
        self.position
    }

    /// Goes to a batch of an epoch, both from 0.
    ///
    /// # Errors
    /// Returns an error if an epoch has no such batch; then the position is as before.
    pub fn set_position(&mut self, epoch: u64, batch: usize) -> Result<(), InvalidParameter> {
        if batch >= self.batches {
            let allowed = "a batch of an epoch: there are fewer";
            return Err(InvalidParameter { name: "batch", value: batch as f64, allowed });
        }
        self.position = (epoch, batch);
        Ok(())
    }

    /// The indices of the next batch.
    pub fn next_batch(&mut self) -> &[usize] {
        let (epoch, batch) = self.position;
        if self.shuffled != Some(epoch) {
            shuffle(&mut self.order, &mut Stream::new(self.seed, epoch, ROW));
            self.shuffled = Some(epoch);
        }
        self.position =
            if batch + 1 < self.batches { (epoch, batch + 1) } else { (epoch.wrapping_add(1), 0) };
        let start = batch * self.batch;
        &self.order[start..self.order.len().min(start + self.batch)]
    }
}

/// A uniform permutation of `0..order.len()`.
fn shuffle(order: &mut [usize], stream: &mut Stream) {
    order.iter_mut().enumerate().for_each(|(i, index)| *index = i);
    for last in (1..order.len()).rev() {
        order.swap(last, below(last as u64 + 1, stream));
    }
}

/// A uniform number below `bound`, by Lemire 2019, algorithm 5: the upper half of a product, without the words that would make some
/// numbers more frequent.
fn below(bound: u64, stream: &mut Stream) -> usize {
    let biased = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(stream.next_u64()) * u128::from(bound);
        // The lower half.
        #[allow(clippy::cast_possible_truncation)]
        let rest = product as u64;
        if rest >= biased {
            return usize::try_from(product >> 64).expect("it is below a length");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epochs: &mut Epochs) -> Vec<usize> {
        (0..epochs.batches()).flat_map(|_| epochs.next_batch().to_vec()).collect()
    }

    #[test]
    fn an_epoch_is_a_permutation_and_each_is_another() {
        let mut epochs = Epochs::new(100, 7, 3).unwrap();
        let mut orders: Vec<Vec<usize>> = (0..20).map(|_| epoch(&mut epochs)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..100));
        }
        orders.sort();
        orders.dedup();
        assert_eq!(orders.len(), 20);
    }

    #[test]
    fn the_last_batch_is_what_is_left_or_nothing() {
        let lengths = |mut epochs: Epochs| -> Vec<usize> {
            (0..2 * epochs.batches()).map(|_| epochs.next_batch().len()).collect()
        };
        assert_eq!(lengths(Epochs::new(8, 3, 0).unwrap()), [3, 3, 2, 3, 3, 2]);
        assert_eq!(lengths(Epochs::new(8, 3, 0).unwrap().whole_batches().unwrap()), [3, 3, 3, 3]);
        assert_eq!(lengths(Epochs::new(6, 3, 0).unwrap().whole_batches().unwrap()), [3, 3, 3, 3]);
        assert_eq!(lengths(Epochs::new(2, 3, 0).unwrap()), [2, 2]);
    }

    #[test]
    fn from_every_position_the_same_batches_follow() {
        let mut epochs = Epochs::new(10, 4, 5).unwrap();
        let positions: Vec<(u64, usize)> =
            (0..9).map(|_| (epochs.position(), epochs.next_batch()).0).collect();
        assert_eq!(positions[..4], [(0, 0), (0, 1), (0, 2), (1, 0)]);
        for (epoch, batch) in positions {
            let (mut from_start, mut resumed) =
                (Epochs::new(10, 4, 5).unwrap(), Epochs::new(10, 4, 5).unwrap());
            while from_start.position() != (epoch, batch) {
                from_start.next_batch();
            }
            resumed.set_position(epoch, batch).unwrap();
            for _ in 0..7 {
                assert_eq!(resumed.next_batch(), from_start.next_batch());
            }
        }
    }

    /// Each of the 24 orders of 4 has the probability 1/24. Of 24,000 epochs, χ² with 23 degrees of freedom is above 58 once in 12,000
    /// seeds; the seed is fixed.
    #[test]
    fn all_orders_are_equally_frequent() {
        let mut epochs = Epochs::new(4, 4, 11).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            *counts.entry(epochs.next_batch().to_vec()).or_insert(0.0) += 1.0;
        }
        assert_eq!(counts.len(), 24);
        let chi_square: f64 = counts.values().map(|count: &f64| (count - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi_square < 58.0, "{chi_square}");
    }

    #[test]
    fn counts_outside_their_domain_are_refused() {
        let message = |result: Result<Epochs, InvalidParameter>| result.unwrap_err().to_string();
        assert_eq!(message(Epochs::new(0, 1, 0)), "examples = 0 is not at least 1");
        assert_eq!(message(Epochs::new(1, 0, 0)), "batch = 0 is not at least 1");
        let whole = Epochs::new(2, 3, 0).unwrap().whole_batches();
        assert_eq!(message(whole), "batch = 3 is not at most the number of examples");
        let mut epochs = Epochs::new(8, 3, 0).unwrap();
        epochs.next_batch();
        assert!(epochs.set_position(0, 3).is_err());
        assert_eq!(epochs.position(), (0, 1));
    }
}

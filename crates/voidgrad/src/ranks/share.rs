//! What each rank does of the examples of a plate.

use std::ops::Range;

use super::{Exchange, Inbox, Ranks, RanksError, exchange};
use crate::error::{ShapeMismatch, same_length};
use crate::lanes::Float;

/// The examples that are given to a rank together. Sums over the rows of a network, and those over the examples of a plate, have no smaller subtrees that could be apart.
pub(crate) const UNIT: usize = 64;

/// The range of `items` that a rank has: a whole number of units, but for the last one.
///
/// Ranks have the same up to an eighth, or up to a unit. With cuts at multiples of a larger power of 2, a range has fewer whole subtrees, whose sums are what a rank sends.
pub(crate) fn range(items: u64, unit: u64, (rank, count): (usize, usize)) -> Range<u64> {
    let (rank, count) = (rank as u64, count.max(1) as u64);
    let leaves = items.div_ceil(unit);
    let grain = 1 << (leaves / count.saturating_mul(8)).max(1).ilog2();
    let grains = u128::from(leaves.div_ceil(grain));
    let cut = |rank: u64| {
        let grain_of_rank = grains * u128::from(rank) / u128::from(count);
        u64::try_from(grain_of_rank).unwrap_or(u64::MAX).saturating_mul(grain).saturating_mul(unit).min(items)
    };
    cut(rank)..cut(rank + 1)
}

/// The examples of a plate, shared out among ranks: a range for each.
///
/// A step of a training on ranks:
///
/// 1. Every rank has all parameters, and makes the rows of its [own](Self::own) examples.
/// 2. It [gathers](Self::gather) what all ranks have to know of all examples: logits before a plate [asks](crate::Plate::ask), values of f before it is
///    [told](crate::Plate::tell). A plate costs little beside f, so every rank has all of it; estimators that learn from one example after the other thus learn the same everywhere.
/// 3. It makes the derivatives of its own examples, [`RowSums`](crate::network::RowSums), and all ranks [add them up](crate::network::RowSums::add_up).
/// 4. Every rank makes the same step with the same numbers.
///
/// Examples are given to ranks in units of 64: with fewer than 64 examples for each rank, some ranks have none. They have to make all calls nevertheless.
///
/// ```
/// use voidgrad::ranks::{Ranks, Share, in_process};
/// let ranges = in_process(3, |ranks| Share::new(ranks, 500).map(|share| share.examples()));
/// assert_eq!(ranges, [Ok(0..128), Ok(128..320), Ok(320..500)]);
///
/// // Two numbers for each example.
/// let all = in_process(3, |ranks| {
///     let share = Share::new(ranks, 500)?;
///     let mut rows = vec![0.0; 1000];
///     share.own_mut(&mut rows)?.fill(ranks.rank() as f64);
///     share.gather(&mut rows)?;
///     Ok::<_, voidgrad::ranks::RanksError>(rows)
/// });
/// assert_eq!(all[0], all[2]);
/// assert_eq!(all[0].as_ref().map(|rows| (rows[255], rows[256], rows[999])), Ok((0.0, 1.0, 2.0)));
/// ```
#[derive(Clone, Copy)]
pub struct Share<'r> {
    ranks: &'r dyn Ranks,
    all: usize,
}

impl<'r> Share<'r> {
    /// The share of a rank, of so many examples.
    ///
    /// # Errors
    /// Returns an error if the connection says that this rank is none of the ranks.
    pub fn new(ranks: &'r dyn Ranks, examples: usize) -> Result<Self, RanksError> {
        let (rank, count) = (ranks.rank(), ranks.count());
        if rank >= count {
            return Err(RanksError::NoRank { rank, count });
        }
        Ok(Self { ranks, all: examples })
    }

    /// The connection to the other ranks.
    #[must_use]
    pub fn ranks(&self) -> &'r dyn Ranks {
        self.ranks
    }

    /// The examples of this rank.
    #[must_use]
    pub fn examples(&self) -> Range<usize> {
        self.examples_of(self.ranks.rank())
    }

    /// How many examples all ranks have together.
    #[must_use]
    pub fn all(&self) -> usize {
        self.all
    }

    /// The examples of a rank.
    pub(crate) fn examples_of(&self, rank: usize) -> Range<usize> {
        let Range { start, end } = range(self.all as u64, UNIT as u64, (rank, self.ranks.count()));
        let place = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
        place(start)..place(end)
    }

    /// The rows of this rank's examples, of those of all: any number of entries for each example.
    ///
    /// # Errors
    /// Returns an error if `rows` has not the same number of entries for each example.
    pub fn own<'a, T>(&self, rows: &'a [T]) -> Result<&'a [T], ShapeMismatch> {
        Ok(&rows[self.place(rows.len())?])
    }

    /// The same, to be written.
    ///
    /// # Errors
    /// As [`own`](Self::own).
    pub fn own_mut<'a, T>(&self, rows: &'a mut [T]) -> Result<&'a mut [T], ShapeMismatch> {
        let place = self.place(rows.len())?;
        Ok(&mut rows[place])
    }

    /// The range of this rank's rows in an array that has the rows of all examples.
    fn place(&self, entries: usize) -> Result<Range<usize>, ShapeMismatch> {
        let each = entries / self.all.max(1);
        same_length("rows of the examples of all ranks", entries, each * self.all)?;
        let Range { start, end } = self.examples();
        Ok(start * each..end * each)
    }

    /// Gives all ranks the rows that each of them has of its own examples. All ranks have to call it, with as many entries.
    ///
    /// # Errors
    /// Returns an error if `rows` has not the same number of entries for each example, if a rank cannot be reached, or if ranks have other lengths.
    pub fn gather<T: Float>(&self, rows: &mut [T]) -> Result<(), RanksError> {
        let outcome = self.place(rows.len());
        let place = outcome.clone().unwrap_or_default();
        let read = place.end;
        let gathered = exchange(self.ranks, outcome.is_err(), &mut Gather { share: self, rows, place, read });
        outcome?;
        gathered
    }
}

/// Rows of all examples, of which those of a range are there.
struct Gather<'a, T> {
    share: &'a Share<'a>,
    rows: &'a mut [T],
    /// The entries of this rank.
    place: Range<usize>,
    /// The end of what is there.
    read: usize,
}

impl<T: Float> Gather<'_, T> {
    fn write(rows: &[T], message: &mut Vec<u64>) {
        message.extend(rows.iter().map(|entry| Into::<f64>::into(*entry).to_bits()));
    }

    fn read(rows: &mut [T], message: &mut Inbox<'_>) {
        let numbers = message.numbers(rows.len());
        rows.iter_mut().zip(numbers).for_each(|(entry, number)| *entry = entry.constant(number));
    }
}

impl<T: Float> Exchange for Gather<'_, T> {
    fn write(&self, message: &mut Vec<u64>) {
        Self::write(&self.rows[self.place.start..self.read], message);
    }

    fn read(&mut self, ranks: Range<usize>, message: &mut Inbox<'_>) {
        let each = self.rows.len() / self.share.all.max(1);
        let end = self.share.examples_of(ranks.end - 1).end * each;
        Self::read(&mut self.rows[self.read..end], message);
        self.read = end;
    }

    fn finish(&mut self, message: &mut Vec<u64>) {
        Self::write(self.rows, message);
    }

    fn take(&mut self, message: &mut Inbox<'_>) {
        Self::read(self.rows, message);
    }
}

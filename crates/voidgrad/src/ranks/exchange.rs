//! Calls that all ranks make together: what they have goes up a tree of ranks to rank 0, and the result comes down to all.

use std::ops::Range;

use super::{Ranks, RanksError};

/// What goes up and comes down.
pub(crate) trait Exchange {
    /// Adds what this rank has, its own and what it has read, to a message.
    fn write(&self, message: &mut Vec<u64>);

    /// Reads what the ranks of a range have; they follow on those that this rank has already.
    fn read(&mut self, ranks: Range<usize>, message: &mut Inbox<'_>);

    /// On rank 0, which has everything: adds the result to a message.
    fn finish(&mut self, message: &mut Vec<u64>);

    /// On every rank: reads the result.
    fn take(&mut self, message: &mut Inbox<'_>);
}

/// A message that is read from its start.
pub(crate) struct Inbox<'a> {
    words: &'a [u64],
    read: usize,
}

impl<'a> Inbox<'a> {
    /// The next words; as many 0 if there are not so many left, and then the message is refused.
    pub(crate) fn words(&mut self, count: usize) -> impl Iterator<Item = u64> + use<'a> {
        let rest = self.words.get(self.read..).unwrap_or_default();
        self.read += count;
        rest.iter().copied().chain(std::iter::repeat(0)).take(count)
    }

    /// The next word.
    pub(crate) fn word(&mut self) -> u64 {
        self.words(1).next().unwrap_or_default()
    }

    /// The next words as numbers.
    pub(crate) fn numbers(&mut self, count: usize) -> impl Iterator<Item = f64> + use<'a> {
        self.words(count).map(f64::from_bits)
    }

    /// Refuses a message of which not everything was read, or more than there is.
    fn end(self, rank: usize) -> Result<(), RanksError> {
        let Self { words, read } = self;
        if words.len() == read {
            return Ok(());
        }
        // The word of the state is one of them.
        Err(RanksError::Message { rank, found: words.len() + 1, expected: read + 1 })
    }
}

/// Makes an exchange; all ranks have to make it.
///
/// The ranks are a binomial tree. Rank r gets what r + 1, r + 2, r + 4 and so on have gathered, as long as 2ᵏ divides r, and then passes everything on to r - 2ᵏ. So the ranks whose parts come together
/// are always a range, and there are `⌈log₂ R⌉` steps up and as many down. The first word of a message says which rank failed, counted from 1, or 0 if none did.
///
/// # Errors
/// If a rank failed, or one cannot be reached.
pub(crate) fn exchange(
    ranks: &(impl Ranks + ?Sized),
    failed: bool,
    exchange: &mut dyn Exchange,
) -> Result<(), RanksError> {
    let (rank, count) = (ranks.rank(), ranks.count());
    if rank >= count {
        return Err(RanksError::NoRank { rank, count });
    }
    let mut message = Vec::new();
    let mut failure = if failed { Some(rank) } else { None };
    // A message that does not fit is an error of this rank, which the others hear of like any other.
    let mut misfit = None;
    let mut step = 1;
    while rank.is_multiple_of(2 * step) && rank + step < count {
        let from = rank + step;
        ranks.receive(from, &mut message)?;
        let (state, words) = message.split_first().unwrap_or((&0, &[]));
        if let Some(other) = state.checked_sub(1) {
            failure = failure.or(usize::try_from(other).ok());
        } else if failure.is_none() {
            let mut inbox = Inbox { words, read: 0 };
            exchange.read(from..count.min(from + step), &mut inbox);
            if let Err(error) = inbox.end(from) {
                (failure, misfit) = (Some(rank), Some(error));
            }
        }
        step *= 2;
    }
    let begin = |message: &mut Vec<u64>, failure: Option<usize>| {
        message.clear();
        message.push(failure.map_or(0, |rank| rank as u64 + 1));
    };
    begin(&mut message, failure);
    if rank == 0 {
        if failure.is_none() {
            exchange.finish(&mut message);
        }
    } else {
        if failure.is_none() {
            exchange.write(&mut message);
        }
        ranks.send(parent(rank), &message)?;
        ranks.receive(parent(rank), &mut message)?;
    }
    pass_on(ranks, &message)?;
    if let Some(error) = misfit {
        return Err(error);
    }
    let (state, words) = message.split_first().unwrap_or((&0, &[]));
    if let Some(other) = state.checked_sub(1) {
        return Err(RanksError::Failed { rank: usize::try_from(other).unwrap_or(usize::MAX) });
    }
    let mut inbox = Inbox { words, read: 0 };
    exchange.take(&mut inbox);
    inbox.end(0)
}

/// The rank that gets what this one has; not of rank 0.
fn parent(rank: usize) -> usize {
    rank - (1 << rank.trailing_zeros())
}

/// Sends a message down to the ranks that follow on this one, the farthest first.
fn pass_on(ranks: &(impl Ranks + ?Sized), message: &[u64]) -> Result<(), RanksError> {
    let (rank, count) = (ranks.rank(), ranks.count());
    let levels = if rank == 0 { count.next_power_of_two().trailing_zeros() } else { rank.trailing_zeros() };
    for level in (0..levels).rev().filter(|level| rank + (1 << level) < count) {
        ranks.send(rank + (1 << level), message)?;
    }
    Ok(())
}

/// Nothing but whether all ranks can go on.
struct Nothing;

impl Exchange for Nothing {
    fn write(&self, _: &mut Vec<u64>) {}

    fn read(&mut self, _: Range<usize>, _: &mut Inbox<'_>) {}

    fn finish(&mut self, _: &mut Vec<u64>) {}

    fn take(&mut self, _: &mut Inbox<'_>) {}
}

/// Tells all ranks whether each of them has a result: `outcome` if all have one. All ranks have to call it.
///
/// ```
/// use voidgrad::ranks::{Ranks, RanksError, agree, in_process};
/// let outcomes = in_process(3, |ranks| {
///     let own = if ranks.rank() == 1 { Err(RanksError::NoRank { rank: 7, count: 3 }) } else { Ok(2.5) };
///     agree(ranks, own)
/// });
/// assert_eq!(outcomes[0], Err(RanksError::Failed { rank: 1 }));
/// assert_eq!(outcomes[1], Err(RanksError::NoRank { rank: 7, count: 3 }));
/// ```
///
/// # Errors
/// Returns the error of this rank, or [`RanksError::Failed`] if another one failed.
pub fn agree<O, E: From<RanksError>>(ranks: &(impl Ranks + ?Sized), outcome: Result<O, E>) -> Result<O, E> {
    let agreed = exchange(ranks, outcome.is_err(), &mut Nothing);
    let value = outcome?;
    agreed?;
    Ok(value)
}

/// Gives all ranks the words that rank 0 has, in place of their own; such as a file that only rank 0 can read. All ranks have to call it.
///
/// ```
/// use voidgrad::ranks::{Ranks, broadcast, in_process};
/// let all = in_process(3, |ranks| {
///     let mut words = if ranks.rank() == 0 { vec![3, 1, 4] } else { vec![] };
///     broadcast(ranks, &mut words).map(|()| words)
/// });
/// assert_eq!(all, [Ok(vec![3, 1, 4]), Ok(vec![3, 1, 4]), Ok(vec![3, 1, 4])]);
/// ```
///
/// # Errors
/// Returns an error if a rank cannot be reached.
pub fn broadcast(ranks: &(impl Ranks + ?Sized), words: &mut Vec<u64>) -> Result<(), RanksError> {
    let (rank, count) = (ranks.rank(), ranks.count());
    if rank >= count {
        return Err(RanksError::NoRank { rank, count });
    }
    if rank > 0 {
        ranks.receive(parent(rank), words)?;
    }
    pass_on(ranks, words)
}

//! Ranks: processes that share one computation, on one machine or on many.
//!
//! A rank is a process with a number. All ranks run the same program. Each does a range of the work: of the chunks of a [`Batch`](crate::batch::Batch), or of the examples of a plate
//! ([`Share`]). Then they add up what they have. Chunks and examples have their noise by their number, and sums go over a fixed binary tree of these numbers, so **the same
//! bits come out for every number of ranks**, one included.
//!
//! [`Ranks`] is the connection: who am I, how many are we, send, receive. The library has two, [`Alone`] and [`in_process`] (threads, for tests); the package
//! `voidgrad-mpi` of the repository has the one for MPI.
//!
//! ```
//! use voidgrad::batch::{Batch, Options};
//! use voidgrad::controls::Rebar;
//! use voidgrad::ranks::in_process;
//! use voidgrad::Bernoulli;
//!
//! let bernoulli = Bernoulli::from_probabilities(&[0.3])?;
//! let f = |b: &[f64]| (b[0] - 0.499).powi(2);
//! let control = Rebar::new(0.3, 1.0, 0.499)?;
//! let options = Options::new(100_000, 1);
//! let alone = Batch::new().estimate(&bernoulli, &f, &control, &options)?.clone();
//! let sums = in_process(3, |ranks| {
//!     Batch::new().estimate_on(ranks, &bernoulli, &f, &control, &options).cloned()
//! });
//! for of_rank in sums {
//!     assert_eq!(of_rank?, alone);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # If a rank fails
//!
//! An error inside of a call that all ranks make together reaches all of them: the rank that failed returns its own, the others [`RanksError::Failed`] with its number. An error between two
//! such calls is known to one rank alone. It has to end, which the others see as [`RanksError::Gone`] (MPI ends the whole job), or to tell the others by [`agree`].

mod exchange;
mod share;
mod thread;

pub use crate::error::RanksError;
pub(crate) use exchange::{Exchange, Inbox, exchange};
pub use exchange::{agree, broadcast};
pub use share::Share;
pub(crate) use share::range;
pub use thread::{ThreadRank, in_process};

/// The connection of a rank to the others.
///
/// Messages between two ranks arrive in the order in which they were sent. A message is words of 64 bits, so that numbers arrive with their bits.
///
/// Nothing else is asked of a connection: sums are added by this library, in an order of its own, since the order of a sum that MPI makes depends on the number of ranks.
pub trait Ranks {
    /// The number of this rank, below [`count`](Self::count).
    fn rank(&self) -> usize;

    /// How many ranks there are.
    fn count(&self) -> usize;

    /// Sends a message to another rank.
    ///
    /// # Errors
    /// Returns an error if the rank has ended, or the connection has.
    fn send(&self, to: usize, message: &[u64]) -> Result<(), RanksError>;

    /// Waits for the next message of another rank, and writes it to `message` in place of what is there.
    ///
    /// # Errors
    /// Returns an error if the rank has ended, or the connection has.
    fn receive(&self, from: usize, message: &mut Vec<u64>) -> Result<(), RanksError>;
}

/// The only rank: all of the work is its own, and nothing is sent.
///
/// ```
/// use voidgrad::ranks::{Alone, Share};
/// assert_eq!(Share::new(&Alone, 100)?.examples(), 0..100);
/// # Ok::<(), voidgrad::ranks::RanksError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn send(&self, to: usize, _: &[u64]) -> Result<(), RanksError> {
        Err(RanksError::NoRank { rank: to, count: 1 })
    }

    fn receive(&self, from: usize, _: &mut Vec<u64>) -> Result<(), RanksError> {
        Err(RanksError::NoRank { rank: from, count: 1 })
    }
}

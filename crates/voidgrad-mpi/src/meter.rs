//! What ranks send, and how long they wait.

use std::cell::Cell;
use std::time::{Duration, Instant};

use voidgrad::ranks::{Ranks, RanksError};

/// What a rank has sent and received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages that were sent.
    pub messages: u64,
    /// Bytes that were sent.
    pub sent: u64,
    /// Bytes that were received.
    pub received: u64,
    /// The time in sending and in waiting for messages.
    pub time: Duration,
}

/// A connection that is measured.
///
/// ```
/// use voidgrad::ranks::{agree, in_process};
/// use voidgrad_mpi::Meter;
/// let bytes = in_process(2, |ranks| {
///     let meter = Meter::new(ranks);
///     agree(&meter, Ok::<_, voidgrad::ranks::RanksError>(()))?;
///     Ok::<_, voidgrad::ranks::RanksError>(meter.traffic().sent)
/// });
/// // A word up, and a word down.
/// assert_eq!(bytes, [Ok(8), Ok(8)]);
/// ```
pub struct Meter<'r> {
    ranks: &'r dyn Ranks,
    traffic: Cell<Traffic>,
}

impl<'r> Meter<'r> {
    /// Measures a connection from now on.
    #[must_use]
    pub fn new(ranks: &'r dyn Ranks) -> Self {
        Self { ranks, traffic: Cell::default() }
    }

    /// What there has been so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic.get()
    }

    fn add(&self, start: Instant, [messages, sent, received]: [u64; 3]) {
        let mut traffic = self.traffic.get();
        traffic.messages += messages;
        traffic.sent += sent;
        traffic.received += received;
        traffic.time += start.elapsed();
        self.traffic.set(traffic);
    }
}

impl Ranks for Meter<'_> {
    fn rank(&self) -> usize {
        self.ranks.rank()
    }

    fn count(&self) -> usize {
        self.ranks.count()
    }

    fn send(&self, to: usize, message: &[u64]) -> Result<(), RanksError> {
        let start = Instant::now();
        let sent = self.ranks.send(to, message);
        self.add(start, [1, 8 * message.len() as u64, 0]);
        sent
    }

    fn receive(&self, from: usize, message: &mut Vec<u64>) -> Result<(), RanksError> {
        let start = Instant::now();
        let received = self.ranks.receive(from, message);
        self.add(start, [0, 0, 8 * message.len() as u64]);
        received
    }
}

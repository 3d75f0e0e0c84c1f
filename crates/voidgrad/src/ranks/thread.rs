//! Ranks that are threads of one process.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::{Ranks, RanksError};

/// A rank that is a thread: see [`in_process`].
#[derive(Debug)]
pub struct ThreadRank {
    rank: usize,
    /// To each rank, and from each.
    to: Vec<Sender<Vec<u64>>>,
    from: Vec<Receiver<Vec<u64>>>,
}

impl ThreadRank {
    fn no_rank(&self, rank: usize) -> RanksError {
        RanksError::NoRank { rank, count: self.to.len() }
    }
}

/// A thread that has ended has dropped its ends of the channels.
fn gone(rank: usize) -> RanksError {
    RanksError::Gone { rank, reason: "its thread has ended".to_owned() }
}

impl Ranks for ThreadRank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.to.len()
    }

    fn send(&self, to: usize, message: &[u64]) -> Result<(), RanksError> {
        let channel = self.to.get(to).ok_or_else(|| self.no_rank(to))?;
        channel.send(message.to_vec()).map_err(|_| gone(to))
    }

    fn receive(&self, from: usize, message: &mut Vec<u64>) -> Result<(), RanksError> {
        let channel = self.from.get(from).ok_or_else(|| self.no_rank(from))?;
        *message = channel.recv().map_err(|_| gone(from))?;
        Ok(())
    }
}

/// Runs a program on ranks that are threads of this process, and returns the result of each: to try out without MPI what is to run with it.
///
/// All of them share the cores of one pool, so nothing is quicker for it. A panic of a rank is one of this call, after all ranks have ended.
///
/// ```
/// use voidgrad::ranks::{Ranks, in_process};
/// let sums = in_process(2, |ranks| {
///     let other = 1 - ranks.rank();
///     ranks.send(other, &[10 + ranks.rank() as u64])?;
///     let mut message = Vec::new();
///     ranks.receive(other, &mut message)?;
///     Ok::<_, voidgrad::ranks::RanksError>(message[0])
/// });
/// assert_eq!(sums, [Ok(11), Ok(10)]);
/// ```
pub fn in_process<O: Send>(count: usize, program: impl Fn(&ThreadRank) -> O + Sync) -> Vec<O> {
    let mut ranks: Vec<ThreadRank> =
        (0..count).map(|rank| ThreadRank { rank, to: Vec::new(), from: Vec::new() }).collect();
    for from in 0..count {
        for to in 0..count {
            let (sender, receiver) = channel();
            ranks[from].to.push(sender);
            ranks[to].from.push(receiver);
        }
    }
    let program = &program;
    thread::scope(|scope| {
        let threads: Vec<_> = ranks.into_iter().map(|rank| scope.spawn(move || program(&rank))).collect();
        // The first panic goes on when all have ended: the scope waits for them.
        let outcomes = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        outcomes.collect()
    })
}

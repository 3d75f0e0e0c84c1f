//! [Ranks](voidgrad::ranks) that are processes of an MPI job, on one machine or on many.
//!
//! [`run`] runs a program on all ranks of the job that `mpirun` started, and ends the job if a rank fails. [`Mpi`] is the connection, which batches and shares of plates
//! take. Without `mpirun` there is one rank.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use voidgrad::Bernoulli;
//! use voidgrad::batch::{Batch, Options};
//! use voidgrad::controls::Zero;
//! use voidgrad::error::EstimateError;
//! use voidgrad::ranks::Ranks as _;
//!
//! fn main() -> ExitCode {
//!     voidgrad_mpi::run(
//!         |ranks| {
//!             let bernoulli = Bernoulli::from_logits(&[0.3])?;
//!             let f = |b: &[f64]| b[0];
//!             let sums = Batch::new().estimate_on(ranks, &bernoulli, &f, &Zero, &Options::new(1 << 20, 1))?.clone();
//!             if ranks.rank() == 0 {
//!                 println!("{:?}", sums.mean());
//!             }
//!             Ok(ExitCode::SUCCESS)
//!         },
//!         |rank, error: &EstimateError| {
//!             eprintln!("rank {rank}: {error}");
//!             1
//!         },
//!     )
//! }
//! ```
//!
//! # What MPI does if a rank dies
//!
//! An MPI job is all of its ranks: `mpirun` ends the job if one of them dies, and says which, with its signal or exit code. So a training writes checkpoints, and the next job goes on from
//! the last one, on any number of ranks. `docs/ranks.md` in the repository says more.

mod meter;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use mpi::Threading;
use mpi::environment::Universe;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator as _, Destination as _, Source as _};
use voidgrad::ranks::{Ranks, RanksError};

pub use meter::{Meter, Traffic};

/// The connection of this process to the other ranks of its MPI job.
///
/// A connection that breaks is not an error that is returned: MPI ends the job.
pub struct Mpi {
    world: SimpleCommunicator,
    // Last: MPI ends when it is dropped.
    _universe: Universe,
}

/// Words of a piece of a message, 1 GiB: MPI counts to 2³¹. A piece that is shorter is the last one of its message.
const PIECE: usize = 1 << 27;

impl Mpi {
    /// How many ranks of the job run on this machine.
    #[must_use]
    pub fn ranks_on_this_machine(&self) -> usize {
        count(self.world.split_shared(self.world.rank()).size())
    }

    /// Ends the job, all ranks of it, with this exit code.
    pub fn abort(&self, code: i32) -> ! {
        self.world.abort(code)
    }

    fn check(&self, rank: usize) -> Result<i32, RanksError> {
        let count = self.count();
        let place = i32::try_from(rank).ok().filter(|_| rank < count);
        place.ok_or(RanksError::NoRank { rank, count })
    }
}

impl Ranks for Mpi {
    fn rank(&self) -> usize {
        count(self.world.rank())
    }

    fn count(&self) -> usize {
        count(self.world.size())
    }

    fn send(&self, to: usize, message: &[u64]) -> Result<(), RanksError> {
        let process = self.world.process_at_rank(self.check(to)?);
        let mut pieces = message.chunks_exact(PIECE);
        pieces.by_ref().for_each(|piece| process.send(piece));
        process.send(pieces.remainder());
        Ok(())
    }

    fn receive(&self, from: usize, message: &mut Vec<u64>) -> Result<(), RanksError> {
        let process = self.world.process_at_rank(self.check(from)?);
        *message = process.receive_vec().0;
        let mut last = message.len();
        while last == PIECE {
            let (piece, _) = process.receive_vec::<u64>();
            last = piece.len();
            message.extend(piece);
        }
        Ok(())
    }
}

/// MPI counts in `i32`, and nothing is negative.
fn count(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// Runs a program on all ranks of the job, and returns what it returns. If it fails on one rank, `report` says so there and gives the exit code (1 if it gives 0), and the whole job ends at once: the
/// other ranks would wait for it for ever. So it does if the program panics.
///
/// It can be called once in a process.
///
/// # Panics
/// If MPI has been started in this process already.
pub fn run<E>(
    program: impl FnOnce(&Mpi) -> Result<ExitCode, E>,
    report: impl FnOnce(usize, &E) -> i32,
) -> ExitCode {
    // Threads of a rank compute, and one of them talks.
    let (universe, _) =
        mpi::initialize_with_threading(Threading::Funneled).expect("MPI is started once in a process");
    let ranks = Mpi { world: universe.world(), _universe: universe };
    match catch_unwind(AssertUnwindSafe(|| program(&ranks))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            let code = report(ranks.rank(), &error);
            ranks.abort(if code == 0 { 1 } else { code })
        }
        // What a panic says is on the terminal already.
        Err(_) => ranks.abort(101),
    }
}

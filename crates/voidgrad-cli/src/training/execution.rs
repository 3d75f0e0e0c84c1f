//! A run from its first step, or from its checkpoint, to its end.

use std::time::{Duration, Instant};

use super::store::Checkpoints;
use super::{Execution, Job, Outcome};
use voidgrad_kit::error::Error;
use voidgrad_kit::progress::Progress;

/// Makes all of `steps` that are left, and writes checkpoints meanwhile.
///
/// # Errors
/// Returns an error if a step fails for another reason than a divergence.
pub(super) fn complete<E: Execution>(
    mut execution: E,
    job: Job,
    steps: u64,
    progress: &Progress,
    checkpoints: &Checkpoints,
) -> Result<E::Run, Error> {
    let (mut piece, mut saved) = (Piece::FIRST, Instant::now());
    while execution.steps() < steps {
        let (before, started) = (execution.steps(), Instant::now());
        let outcome = execution.advance(piece.0.min(steps - before))?;
        piece = piece.next(started.elapsed());
        progress.advance(job.row, execution.steps() - before);
        if outcome == Outcome::Diverged {
            progress.finish(job.row);
            return Ok(execution.into_run());
        }
        if checkpoints.is_due(saved) && execution.steps() < steps {
            checkpoints.write(job, execution.state());
            saved = Instant::now();
        }
    }
    execution.end();
    checkpoints.write(job, execution.state());
    progress.finish(job.row);
    Ok(execution.into_run())
}

/// Steps between two looks at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece(u64);

impl Piece {
    const FIRST: Self = Self(16);

    /// The next piece takes about as long as this: a checkpoint is late by as much, and the clock costs next to nothing.
    const LONG: Duration = Duration::from_millis(20);

    fn next(self, time: Duration) -> Self {
        match time {
            _ if time < Self::LONG / 2 => Self(self.0.saturating_mul(2)),
            _ if time > Self::LONG * 2 => Self((self.0 / 2).max(1)),
            _ => self,
        }
    }
}

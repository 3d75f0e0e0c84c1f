//! The clock: all implementations of a case in turn, round after round, so that what disturbs the machine disturbs them
//! all.

use std::time::{Duration, Instant};

use super::implementation::Contestant;
use crate::error::Error;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    /// How many there are.
    pub(crate) count: usize,
    /// What one implementation's turn should take.
    pub(crate) turn: Duration,
}

impl Rounds {
    /// Enough to quote.
    pub(crate) const FULL: Self = Self { count: 41, turn: Duration::from_millis(20) };
    /// Enough to see that it runs.
    pub(crate) const QUICK: Self = Self { count: 5, turn: Duration::from_millis(2) };
}

/// Nanoseconds for a sample or a step, over the rounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Time {
    pub(crate) median: f64,
    pub(crate) p10: f64,
    pub(crate) p90: f64,
}

/// Times each contestant; `advance` is called after every turn.
pub(crate) fn times(
    contestants: &mut [Contestant],
    rounds: Rounds,
    mut advance: impl FnMut(),
) -> Result<Vec<Time>, Error> {
    let mut counts = Vec::with_capacity(contestants.len());
    for contestant in &mut *contestants {
        counts.push(count(contestant, rounds.turn)?);
    }
    let mut times = vec![Vec::with_capacity(rounds.count); contestants.len()];
    for _ in 0..rounds.count {
        for ((contestant, count), times) in contestants.iter_mut().zip(&counts).zip(&mut times) {
            let (seconds, samples) = turn(contestant, *count)?;
            times.push(seconds * 1e9 / samples as f64);
            advance();
        }
    }
    Ok(times.into_iter().map(Time::of).collect())
}

/// One turn: how long it took, and for how many samples.
fn turn(contestant: &mut Contestant, samples: u64) -> Result<(f64, u64), Error> {
    let start = Instant::now();
    let run = contestant.implementation.run(samples)?;
    let elapsed = start.elapsed().as_secs_f64();
    std::hint::black_box(&run.sums);
    Ok((run.seconds.unwrap_or(elapsed), run.samples))
}

/// How many samples fill a turn.
fn count(contestant: &mut Contestant, length: Duration) -> Result<u64, Error> {
    let length = length.as_secs_f64();
    let mut samples = 1;
    loop {
        let (mut seconds, made) = turn(contestant, samples)?;
        if seconds >= length / 4.0 {
            // A stall of the machine would leave turns of a single sample, which time what a call costs.
            seconds = seconds.min(turn(contestant, samples)?.0);
        }
        if seconds >= length / 4.0 {
            let wanted = made as f64 * length / seconds;
            // Turns are far from 2⁶³ samples long.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "positive, and small"
            )]
            return Ok((wanted as u64).max(1));
        }
        samples = made.max(samples) * 2;
    }
}

impl Time {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self { median: quantile(&times, 0.5), p10: quantile(&times, 0.1), p90: quantile(&times, 0.9) }
    }
}

/// A quantile of sorted numbers, between the two nearest.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let below = place as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_nearest_two() {
        let time = Time::of(vec![4.0, 1.0, 3.0, 2.0, 0.0]);
        assert_eq!((time.p10, time.median, time.p90), (0.4, 2.0, 3.6));
        let one = Time::of(vec![7.0]);
        assert_eq!((one.p10, one.median, one.p90), (7.0, 7.0, 7.0));
    }
}

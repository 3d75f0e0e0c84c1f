//! The clock: all implementations of a case in turn, round after round, so that what disturbs the machine disturbs them
//! all.

use std::time::{Duration, Instant};

use super::implementation::Contestant;
use voidgrad_kit::error::Error;

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

/// Times each contestant; `advance` is called after every turn. One that fails takes no further turns, and has its failure for a
/// time.
pub(crate) fn times(
    contestants: &mut [Contestant],
    rounds: Rounds,
    mut advance: impl FnMut(),
) -> Vec<Result<Time, Error>> {
    let counts: Vec<Result<u64, Error>> =
        contestants.iter_mut().map(|contestant| count(contestant, rounds.turn)).collect();
    let mut times: Vec<Result<(u64, Vec<f64>), Error>> =
        counts.into_iter().map(|count| Ok((count?, Vec::with_capacity(rounds.count)))).collect();
    for _ in 0..rounds.count {
        for (contestant, progress) in contestants.iter_mut().zip(&mut times) {
            if let Ok((count, times)) = progress {
                match turn(contestant, *count) {
                    Ok((seconds, samples)) => times.push(seconds * 1e9 / samples as f64),
                    Err(error) => *progress = Err(error),
                }
            }
            advance();
        }
    }
    times.into_iter().map(|times| times.map(|(_, times)| Time::of(times))).collect()
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
    use crate::case::{Case, Precision};
    use crate::given::Given;
    use crate::implementation::{Compared, Implementation, Run};

    /// Takes a microsecond for a sample, and fails in its third turn if it is to.
    struct Clockwork {
        fails: bool,
        turns: u32,
    }

    impl Implementation for Clockwork {
        fn compared(&mut self, _: &Given) -> Result<Compared, Error> {
            Err(Error::computation("not asked"))
        }

        fn run(&mut self, samples: u64) -> Result<Run, Error> {
            if samples > 1_000 {
                self.turns += 1;
            }
            if self.fails && self.turns == 3 {
                return Err(Error::computation("out of luck"));
            }
            Ok(Run { samples, sums: Vec::new(), seconds: Some(1e-6 * samples as f64) })
        }
    }

    #[test]
    fn what_stops_on_the_way_leaves_the_times_of_the_others() {
        let contestant = |fails| Contestant {
            case: Case::Rebar,
            precision: Precision::F64,
            name: "clockwork",
            implementation: Box::new(Clockwork { fails, turns: 0 }),
        };
        let mut contestants = [contestant(false), contestant(true), contestant(false)];
        let mut turns = 0;
        let times =
            times(&mut contestants, Rounds { count: 7, turn: Duration::from_millis(2) }, || turns += 1);
        assert_eq!(turns, 21);
        assert_eq!(times[1].as_ref().unwrap_err().to_string(), "out of luck");
        for index in [0, 2] {
            assert!((times[index].as_ref().unwrap().median - 1_000.0).abs() < 1e-9);
        }
    }

    #[test]
    fn quantiles_lie_between_the_nearest_two() {
        let time = Time::of(vec![4.0, 1.0, 3.0, 2.0, 0.0]);
        assert_eq!((time.p10, time.median, time.p90), (0.4, 2.0, 3.6));
        let one = Time::of(vec![7.0]);
        assert_eq!((one.p10, one.median, one.p90), (7.0, 7.0, 7.0));
    }
}

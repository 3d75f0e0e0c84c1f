//! What the ranks hear of a rank that fails.

use std::sync::atomic::{AtomicUsize, Ordering};

use voidgrad::Bernoulli;
use voidgrad::batch::{Batch, Options};
use voidgrad::controls::Zero;
use voidgrad::error::EstimateError;
use voidgrad::objective::{Batched, Points};
use voidgrad::ranks::{Ranks, RanksError, Share, agree, in_process};

/// One objective fails, and all ranks have an error; then all of them go on.
#[test]
fn a_failure_of_one_rank_reaches_all() {
    let bernoulli = Bernoulli::from_probabilities(&[0.3; 2]).unwrap();
    // Five chunks: each rank has one.
    let options = Options::new(10_000, 1);
    for faulty in 0..4 {
        let outcomes = in_process(4, |ranks| {
            let (mut batch, rank) = (Batch::new(), ranks.rank());
            let f = Batched(|points: Points<'_>, f: &mut [f64]| {
                if rank == faulty {
                    return Err("the disk is full".into());
                }
                f.iter_mut().zip(points.iter()).for_each(|(f, b)| *f = b[0]);
                Ok(())
            });
            let failed = batch.estimate_on(ranks, &bernoulli, &f, &Zero, &options).cloned();
            let right = |b: &[f64]| b[0];
            batch.estimate_on(ranks, &bernoulli, &right, &Zero, &options).unwrap();
            failed
        });
        for (rank, outcome) in outcomes.into_iter().enumerate() {
            match outcome.unwrap_err() {
                EstimateError::Failed(error) if rank == faulty => {
                    assert_eq!(error.to_string(), "the disk is full");
                }
                EstimateError::Ranks(error) if rank != faulty => {
                    assert_eq!(error, RanksError::Failed { rank: faulty });
                    assert_eq!(error.to_string(), format!("rank {faulty} failed; it has the error"));
                }
                other => panic!("rank {rank}: {other}"),
            }
        }
    }
}

/// A rank that ends is an error of those that wait for it, and nobody waits for ever.
#[test]
fn a_rank_that_ends_is_an_error_of_the_others() {
    for faulty in 0..3 {
        let outcomes = in_process(3, |ranks| {
            for _ in 0..if ranks.rank() == faulty { 2 } else { 5 } {
                agree(ranks, Ok::<_, RanksError>(()))?;
            }
            Ok::<_, RanksError>(())
        });
        for (rank, outcome) in outcomes.into_iter().enumerate() {
            if rank == faulty {
                assert_eq!(outcome, Ok(()));
            } else {
                let error = outcome.unwrap_err();
                assert!(matches!(error, RanksError::Gone { .. }), "{error}");
            }
        }
    }
}

#[test]
fn other_lengths_are_refused_by_all() {
    let outcomes = in_process(2, |ranks| {
        let share = Share::new(ranks, 200)?;
        share.gather(&mut vec![0.0; 200 * (1 + ranks.rank())])
    });
    assert_eq!(outcomes[0], Err(RanksError::Message { rank: 1, found: 145, expected: 73 }));
    assert_eq!(outcomes[1], Err(RanksError::Failed { rank: 0 }));
    assert_eq!(
        outcomes[0].as_ref().unwrap_err().to_string(),
        "rank 1 sent 145 words where 73 are needed: all ranks have to make the same calls with the same lengths"
    );
    // Only the rank with the wrong rows has their error.
    let outcomes = in_process(2, |ranks| {
        let share = Share::new(ranks, 200)?;
        share.gather(&mut vec![0.0; 200 + ranks.rank()])
    });
    assert_eq!(outcomes[0], Err(RanksError::Failed { rank: 1 }));
    assert_eq!(
        outcomes[1].as_ref().unwrap_err().to_string(),
        "rows of the examples of all ranks has 201 entries where 200 are needed"
    );
}

#[test]
fn a_panic_of_a_rank_is_a_panic_of_the_call() {
    let ended = AtomicUsize::new(0);
    let call = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        in_process(3, |ranks| {
            assert!(ranks.rank() != 1, "rank 1 stumbles");
            let outcome = agree(ranks, Ok::<_, RanksError>(()));
            ended.fetch_add(1, Ordering::Relaxed);
            outcome
        })
    }));
    assert!(call.is_err());
    assert_eq!(ended.into_inner(), 2);
}

#[test]
fn a_rank_that_is_none_is_refused() {
    struct Wrong;
    impl Ranks for Wrong {
        fn rank(&self) -> usize {
            3
        }
        fn count(&self) -> usize {
            2
        }
        fn send(&self, _: usize, _: &[u64]) -> Result<(), RanksError> {
            unreachable!("nothing is sent")
        }
        fn receive(&self, _: usize, _: &mut Vec<u64>) -> Result<(), RanksError> {
            unreachable!("nothing is received")
        }
    }
    let error = RanksError::NoRank { rank: 3, count: 2 };
    assert_eq!(error.to_string(), "rank 3 of 2 is not a rank: ranks are counted from 0");
    assert_eq!(Share::new(&Wrong, 5).map(|share| share.examples()), Err(error.clone()));
    assert_eq!(agree(&Wrong, Ok::<_, RanksError>(())), Err(error));
}

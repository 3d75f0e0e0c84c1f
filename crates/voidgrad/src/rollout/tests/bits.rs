//! Nothing depends on the number of threads, nor on the other rollouts.

use super::{process, table};
use crate::bernoulli::Bernoulli;
use crate::rollout::{Baseline, Place, Settings, TimeAverage};

const LOGITS: [f64; 2] = [0.4, -0.9];

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

#[test]
fn the_bits_are_the_same_for_every_number_of_threads() {
    let of_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let settings = Settings { rollouts: 100, horizon: 20, discount: 0.9 };
            let mut rollouts = process(Bernoulli::from_logits(&[0.0]).unwrap(), 2, settings);
            let mut average = TimeAverage::new(0.9).unwrap();
            let mut all = Vec::new();
            for round in 0..3 {
                rollouts.draw(5, 1, 100 * round, table(&LOGITS)).unwrap();
                rollouts.estimate(Baseline::LeaveOneOut).unwrap();
                all.push(bits(rollouts.gradient()));
                rollouts.estimate(Baseline::Average(&mut average)).unwrap();
                all.push(bits(rollouts.gradient()));
                all.push(bits(&[rollouts.mean_return()]));
            }
            (all, average)
        })
    };
    let one = of_threads(1);
    for threads in [2, 3] {
        assert_eq!(of_threads(threads), one);
    }
}

#[test]
fn a_rollout_is_what_it_would_be_alone() {
    let settings = Settings { rollouts: 40, horizon: 20, discount: 0.9 };
    let mut all = process(Bernoulli::from_logits(&[0.0]).unwrap(), 2, settings);
    let mut alone = process(Bernoulli::from_logits(&[0.0]).unwrap(), 2, Settings { rollouts: 1, ..settings });
    // Twice, so that the order of those that have ended is seen.
    for row in [0, 1_000] {
        all.draw(5, 1, row, table(&LOGITS)).unwrap();
        for rollout in 0..40 {
            alone.draw(5, 1, row + rollout as u64, table(&LOGITS)).unwrap();
            let rows = || (0..all.decisions()).filter(|&row| all.places()[row].rollout == rollout);
            let of = |numbers: &[f64]| rows().map(|row| numbers[row]).collect::<Vec<_>>();
            let places: Vec<Place> = rows().map(|row| Place { rollout: 0, ..all.places()[row] }).collect();
            assert_eq!(places, alone.places());
            assert_eq!(of(all.actions()), alone.actions());
            assert_eq!(of(all.rewards()), alone.rewards());
            assert_eq!(of(all.returns()), alone.returns());
            assert_eq!(of(all.parameters()), alone.parameters());
            assert_eq!(
                (all.lengths()[rollout], all.totals()[rollout]),
                (alone.lengths()[0], alone.totals()[0])
            );
        }
    }
    assert!(all.lengths().iter().any(|length| *length < 5) && all.lengths().iter().any(|length| *length > 5));
}

#[test]
fn an_average_moves_after_its_estimate() {
    let settings = Settings { rollouts: 2, horizon: 1, discount: 1.0 };
    let mut rollouts = process(Bernoulli::from_logits(&[0.0]).unwrap(), 2, settings);
    let mut average = TimeAverage::new(0.5).unwrap();
    rollouts.draw_from(&[0.1, 0.9, 0.1, 0.1, 0.1, 0.1], table(&[0.0, 0.0])).unwrap();
    assert_eq!(rollouts.returns(), [-0.5, 1.0]);
    rollouts.estimate(Baseline::Average(&mut average)).unwrap();
    assert_eq!(rollouts.advantages(), [-0.5, 1.0]);
    // (0.5·-0.5 + 1)/(0.5 + 1).
    assert_eq!((average.at(0), average.at(1)), (0.5, 0.0));
    rollouts.estimate(Baseline::Average(&mut average)).unwrap();
    assert_eq!(rollouts.advantages(), [-1.0, 0.5]);
    rollouts.estimate(Baseline::LeaveOneOut).unwrap();
    assert_eq!(rollouts.advantages(), [-1.5, 1.5]);
    // Half of the advantages, as there are two rollouts, times b - ½.
    assert_eq!(rollouts.gradient(), [-0.375, -0.375]);
}

use voidgrad::Stream;
use voidgrad::estimators::Listed as _;
use voidgrad::{Objective as _, Subset};

use super::experiment::Selection;
use super::regression::{Penalised, Regression, Shape};
use super::run::{Execution, Run};
use super::search::Way;
use crate::training::{Execution as _, Job};

const SHAPE: Shape = Shape { features: 16, chosen: 4, noise: 0.5, correlation: 0.6 };

fn regression(shape: Shape, seed: u64) -> Regression {
    Regression::generated(shape, &mut Stream::new(seed, 0, 0))
}

fn selection(shape: Shape, seed: u64, iterations: u64) -> Selection {
    let regression = regression(shape, seed);
    let rloo = Subset::estimator("rloo").unwrap().method;
    Selection {
        shape,
        optimum: regression.optimum(shape.chosen),
        penalised: Penalised { regression: regression.clone(), size: shape.chosen, penalty: 0.1 },
        regression,
        ways: vec![Way::Subset(rloo), Way::Bernoulli],
        evaluations: 10,
        learning_rate: 0.05,
        iterations,
        repeats: 1,
        seed,
    }
}

fn run(experiment: &Selection, row: usize) -> Run {
    let mut execution = Execution::new(experiment, Job { row, repeat: 0 }).unwrap();
    while execution.steps() < experiment.iterations {
        execution.advance(u64::MAX).unwrap();
    }
    execution.end();
    execution.into_run()
}

#[test]
fn f_is_the_error_of_the_least_squares_fit() {
    let shape = Shape { features: 3, chosen: 2, ..SHAPE };
    let regression = regression(shape, 1);
    // With one feature it is 1 - r²; with all of them the fit is the best.
    let errors: Vec<f64> = (0..8_u32).map(|subset| regression.error(|m| subset >> m & 1 == 1)).collect();
    assert_eq!(errors[0], 1.0);
    for (subset, error) in errors.iter().enumerate() {
        assert!((0.0..=1.0).contains(error));
        for more in (0..8).filter(|more| more & subset == subset) {
            assert!(errors[more] <= error + 1e-12, "{more} {subset}");
        }
    }
    assert!(errors[7] < 0.5);
    let best = regression.optimum(2).unwrap();
    let least = [3, 5, 6].map(|subset| errors[subset]).into_iter().fold(f64::INFINITY, f64::min);
    assert_eq!(best.f, least);
    assert_eq!(regression.value(&[1.0, 0.0, 1.0]).unwrap(), errors[5]);
    let penalised = Penalised { regression, size: 2, penalty: 0.25 };
    assert_eq!(penalised.value(&[1.0, 1.0, 1.0]).unwrap(), errors[7] + 0.25);
    assert_eq!(penalised.value(&[0.0, 0.0, 0.0]).unwrap(), 1.5);
}

/// Without noise the target is a sum of the chosen features, and nothing else is.
#[test]
fn without_noise_the_optimum_has_no_error() {
    for seed in 0..5 {
        let shape = Shape { noise: 0.0, ..SHAPE };
        let optimum = regression(shape, seed).optimum(4).unwrap();
        // Rounding of a sum of squares of 1.
        assert!(optimum.f < 1e-13, "{}", optimum.f);
        assert!(regression(shape, seed).optimum(3).unwrap().f > 1e-3);
    }
}

#[test]
fn the_optimum_is_found_on_nine_of_ten_problems() {
    let mut found = [0; 2];
    for seed in 0..10 {
        let experiment = selection(SHAPE, seed, 500);
        for (row, found) in found.iter_mut().enumerate() {
            *found += u32::from(run(&experiment, row).has_found(&experiment).unwrap());
        }
    }
    println!("{found:?}");
    assert!(found[0] >= 9, "{found:?}");
}

#[test]
fn the_state_of_a_run_is_all_that_it_needs() {
    let mut experiment = selection(Shape { features: 8, chosen: 3, ..SHAPE }, 1, 40);
    for name in ["reinforce-ema", "reinforce-optimal"] {
        experiment.ways.push(Way::Subset(Subset::estimator(name).unwrap().method));
    }
    for row in 0..experiment.ways.len() {
        let whole = run(&experiment, row);
        let mut cut = Execution::new(&experiment, Job { row, repeat: 0 }).unwrap();
        while cut.steps() < 21 {
            cut.advance(7.min(21 - cut.steps())).unwrap();
        }
        let state = cut.state();
        let mut resumed = Execution::new(&experiment, Job { row, repeat: 0 }).unwrap();
        resumed.restore(state.clone()).unwrap();
        while resumed.steps() < 40 {
            resumed.advance(3).unwrap();
        }
        let resumed = resumed.into_run();
        assert_eq!((&resumed.records, &resumed.chosen), (&whole.records, &whole.chosen));
        let mut damaged = state;
        damaged.extras.remove("subset/chosen").unwrap();
        let mut resumed = Execution::new(&experiment, Job { row, repeat: 0 }).unwrap();
        assert!(resumed.restore(damaged).is_err());
    }
}

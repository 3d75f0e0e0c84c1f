use voidgrad::Categorical;

use super::arms::Arms;
use crate::cli::{self, Command};
use crate::problems::bandit::Bandit;
use crate::training::{Execution as _, Job, Problem as _};

fn experiment(arguments: &[&str]) -> Bandit {
    let command = cli::read(&[&["voidgrad", "train", "--problem=bandit"], arguments].concat()).unwrap();
    let Command::Train(arguments) = command else { unreachable!() };
    Bandit::of(&arguments).unwrap()
}

#[test]
fn the_exact_gradient_is_the_derivative_of_the_expected_reward() {
    let arms = Arms(vec![0.2, 0.9, 0.5]);
    let logits = [0.3, -0.4, 1.1];
    let at = |i: usize, h: f64| {
        let mut moved = logits;
        moved[i] += h;
        arms.expected(&Categorical::from_logits(&moved, 3).unwrap())
    };
    let gradient = arms.gradient(&Categorical::from_logits(&logits, 3).unwrap());
    for (i, exact) in gradient.iter().enumerate() {
        // h² times a third derivative below 1, and 1e-16/h.
        assert!((exact - (at(i, 1e-5) - at(i, -1e-5)) / 2e-5).abs() < 1e-9);
    }
    assert_eq!((arms.optimum(), Arms::preferred(&Categorical::from_logits(&logits, 3).unwrap())), (0.9, 2));
}

#[test]
fn estimates_have_the_exact_gradient_as_their_mean_and_find_a_good_arm() {
    let experiment = experiment(&[
        "--seed=2",
        "--iterations=1500",
        "--arms=5",
        "--baseline=zero",
        "--baseline=average",
        "--baseline=leave-one-out",
    ]);
    assert_eq!(experiment.rows(), ["zero", "average", "leave-one-out"]);
    let variances: Vec<f64> = (0..3)
        .map(|row| {
            let mut execution = experiment.begin(Job { row, repeat: 0 }).unwrap();
            while execution.steps() < experiment.iterations {
                execution.advance(100).unwrap();
            }
            execution.end();
            let run = execution.into_run();
            // The largest of five deviations.
            assert!(run.deviation < 4.0, "{run:?}");
            assert!(run.last() > 0.95 * run.optimum, "{run:?}");
            run.variance
        })
        .collect();
    assert!(variances[1] < variances[0] && variances[2] < variances[0], "{variances:?}");
}

#[test]
fn a_run_that_is_restored_has_the_same_records() {
    let experiment = experiment(&["--iterations=12", "--baseline=average"]);
    let job = Job { row: 0, repeat: 1 };
    let mut whole = experiment.begin(job).unwrap();
    while whole.steps() < 12 {
        whole.advance(12).unwrap();
    }
    let mut first = experiment.begin(job).unwrap();
    while first.steps() < 5 {
        first.advance(5 - first.steps()).unwrap();
    }
    let mut second = experiment.begin(job).unwrap();
    second.restore(first.state()).unwrap();
    while second.steps() < 12 {
        second.advance(12).unwrap();
    }
    assert_eq!(second.state().blocks, whole.state().blocks);
    second.end();
    whole.end();
    let (second, whole) = (second.into_run(), whole.into_run());
    assert_eq!((second.records, second.deviation), (whole.records, whole.deviation));
}

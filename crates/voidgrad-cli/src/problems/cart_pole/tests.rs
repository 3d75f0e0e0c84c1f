use voidgrad::rollout::Environment as _;

use super::environment::Pole;
use super::options::Kind;
use super::run::{OF_200, OF_500, Run};
use crate::cli::{self, Command};
use crate::problems::cart_pole::CartPole;
use crate::training::{Execution as _, Job, Problem as _, Time};

fn experiment(arguments: &[&str]) -> CartPole {
    let command = cli::read(&[&["voidgrad", "train", "--problem=cart-pole"], arguments].concat()).unwrap();
    let Command::Train(arguments) = command else { unreachable!() };
    CartPole::of(&arguments).unwrap()
}

/// The accelerations solve the two equations of motion: of the cart with its pole along x, and of the pole about its hinge.
#[test]
fn a_step_follows_the_equations_of_motion() {
    for (state, push) in [([0.3, -0.7, 0.1, 0.4], 1.0), ([-1.0, 0.2, -0.15, -1.3], 0.0)] {
        let mut pole = Pole { state };
        assert!(!pole.step(&[push], &[]).unwrap().is_over);
        let [x, speed, angle, turning] = state;
        let [x_acceleration, acceleration] = [1, 3].map(|i| (pole.state[i] - state[i]) / 0.02);
        assert!((pole.state[0] - (x + 0.02 * speed)).abs() < 1e-15);
        assert!((pole.state[2] - (angle + 0.02 * turning)).abs() < 1e-15);
        let (m, l, force) = (0.1, 0.5, 20.0 * push - 10.0);
        let along =
            1.1 * x_acceleration + m * l * (acceleration * angle.cos() - turning * turning * angle.sin());
        let about = 4.0 / 3.0 * l * acceleration + x_acceleration * angle.cos() - 9.8 * angle.sin();
        // The accelerations are differences of numbers of about 1, divided by 0.02.
        assert!((along - force).abs() < 1e-12 && about.abs() < 1e-12, "{along} {about}");
    }
}

#[test]
fn an_episode_ends_outside_of_the_limits() {
    let is_over = |state| Pole { state }.step(&[1.0], &[]).unwrap().is_over;
    assert!(!is_over([2.39, 0.0, 0.2, 0.0]) && !is_over([-2.39, 0.0, -0.2, 0.0]));
    assert!(is_over([2.41, 0.0, 0.0, 0.0]) && is_over([0.0, 0.0, -0.21, 0.0]));
}

#[test]
fn a_run_is_solved_at_the_end_of_the_first_window_that_is_good_enough() {
    let mut returns = vec![100.0; 50];
    returns.extend(vec![500.0; 150]);
    let run = Run { baseline: Kind::Zero, repeat: 0, returns, time: Time { steps: 25, seconds: 1.0 } };
    // If k of 100 are 100: 500 - 4k, which is 475 or more up to k = 6, and 200 - k, which is 195 or more up to k = 5.
    assert_eq!((run.solved_at(OF_500), run.solved_at(OF_200)), (Some(144), Some(145)));
    assert_eq!((run.best(), run.mean_at(100)), (Some(500.0), Some(300.0)));
    assert_eq!((run.mean_at(143), run.mean_at(144)), (Some(472.0), Some(476.0)));
    assert_eq!(run.mean_at(99), None);
}

#[test]
fn the_policy_learns_to_balance_the_pole() {
    let experiment = experiment(&["--seed=3", "--iterations=100", "--repeats=1"]);
    let mut execution = experiment.begin(Job { row: 0, repeat: 0 }).unwrap();
    while execution.steps() < experiment.iterations {
        execution.advance(7).unwrap();
    }
    let run = execution.into_run();
    assert!(run.solved_at(OF_500).is_some_and(|episodes| episodes <= 800), "{:?}", run.best());
}

#[test]
fn a_run_that_is_restored_has_the_same_returns() {
    let experiment = experiment(&["--iterations=12", "--repeats=2", "--baseline=average", "--baseline=zero"]);
    assert_eq!(experiment.rows(), ["zero", "average"]);
    for row in 0..2 {
        let job = Job { row, repeat: 1 };
        let mut whole = experiment.begin(job).unwrap();
        whole.advance(12).unwrap();
        let mut first = experiment.begin(job).unwrap();
        first.advance(5).unwrap();
        let mut second = experiment.begin(job).unwrap();
        second.restore(first.state()).unwrap();
        second.advance(7).unwrap();
        let mut damaged = first.state();
        damaged.extras.get_mut("cart-pole/returns").unwrap().pop();
        assert!(first.restore(damaged).is_err());
        assert_eq!(second.state().blocks, whole.state().blocks);
        assert_eq!(second.into_run().returns, whole.into_run().returns);
    }
}

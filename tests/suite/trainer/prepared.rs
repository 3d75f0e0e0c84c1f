//! Steps that are prepared in advance: what belongs to other steps is not used.

use voidgrad::controls::RelaxLinear;
use voidgrad::toy::MeanQuadratic;
use voidgrad::train::{Settings, TrainerState, Training};
use voidgrad::{Bernoulli, Stream};

const OBJECTIVE: MeanQuadratic = MeanQuadratic { target: 0.499 };

fn training() -> Training<'static, Bernoulli, RelaxLinear> {
    let start = Bernoulli::from_probabilities(&[0.5]).unwrap();
    let control = RelaxLinear::draw(0.5, OBJECTIVE.target, &mut Stream::new(1, 0, u64::MAX)).unwrap();
    Training::new(start, &OBJECTIVE, control, &Settings::default(), 0).unwrap()
}

/// The state after one step, and after a hundred more.
fn continued(mut training: Training<'_, Bernoulli, RelaxLinear>) -> [TrainerState; 2] {
    [1, 100].map(|steps| {
        training.advance(steps).unwrap();
        training.state()
    })
}

/// Holds a training that goes on from a state against a new one that does.
#[track_caller]
fn forgets(mut training: Training<'_, Bernoulli, RelaxLinear>, state: &TrainerState) {
    let mut new = self::training();
    new.restore(state).unwrap();
    training.restore(state).unwrap();
    assert_eq!(continued(training), continued(new));
}

/// A step takes two numbers, of two words each. Those that are prepared and not made do not count.
#[test]
fn a_training_that_is_cut_between_prepared_steps_continues_with_the_same_bits() {
    for steps in [1, 5, 63, 64, 65, 90] {
        let (mut whole, mut first, mut second) = (training(), training(), training());
        whole.advance(steps + 100).unwrap();
        first.advance(steps).unwrap();
        let state = first.state();
        assert_eq!(state.position, 4 * u128::from(steps));
        second.restore(&state).unwrap();
        second.advance(100).unwrap();
        assert_eq!(second.state(), whole.state());
    }
}

/// Steps are prepared 64 at a time.
#[test]
fn a_training_that_goes_back_prepares_its_steps_again() {
    for steps in [1, 5, 53, 54, 64, 90] {
        let mut training = training();
        training.advance(10).unwrap();
        let state = training.state();
        training.advance(steps).unwrap();
        forgets(training, &state);
    }
}

/// At the same step, with noise from elsewhere.
#[test]
fn a_training_with_other_noise_prepares_its_steps_again() {
    let changes: [fn(&mut TrainerState); 3] =
        [|state| state.seed = 7, |state| state.run = 7, |state| state.position += 4];
    for change in changes {
        let mut training = training();
        training.advance(10).unwrap();
        let mut state = training.state();
        change(&mut state);
        forgets(training, &state);
    }
}

/// At the same step and place of the noise.
#[test]
fn a_training_with_other_numbers_prepares_its_steps_again() {
    let mut first = training();
    first.advance(10).unwrap();
    let state = first.state();
    for block in 0..2 {
        let changed = |change: &dyn Fn(&mut TrainerState)| {
            let mut state = state.clone();
            change(&mut state);
            let mut training = training();
            training.advance(10).unwrap();
            forgets(training, &state);
        };
        for power in ["beta1_power", "beta2_power"] {
            changed(&|state| {
                let optimiser = &mut state.blocks[block].optimiser;
                *optimiser = optimiser.clone().with_number(power, 0.125);
            });
        }
        changed(&|state| state.blocks[block].learning_rate = 0.25);
        changed(&|state| state.blocks[block].parameters[0] = 0.75);
    }
}

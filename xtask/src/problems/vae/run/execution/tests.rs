//! What learns the control, at a model that stays as it is.

use voidgrad::Bernoulli;
use voidgrad::estimators::Listed;
use voidgrad::train::ControlOptimiser;

use super::*;
use crate::problems::models::Options;
use crate::problems::vae::experiment::{Detail, Settings};
use crate::training::Execution as _;

/// An experiment with one estimator.
fn experiment(name: &str, optimiser: ControlOptimiser, learning_rate: Option<f64>) -> Experiment {
    Experiment::of(Settings {
        methods: vec![Bernoulli::estimator(name).unwrap().method],
        control_optimisers: &[optimiser],
        evaluations: None,
        model: &Options { latents: None, model: None, data: None, test_data: None },
        latents: 32,
        iterations: 3_000,
        batch: None,
        learning_rate,
        control_learning_rate: None,
        seed: 1,
        repeats: Some(1),
        samples: 100,
        records: 1,
        detail: Detail::Everything,
    })
    .unwrap()
}

fn begin(experiment: &Experiment) -> Execution<'_> {
    Execution::new(experiment, Job { row: 0, repeat: 0 }).unwrap()
}

fn steps(execution: &mut Execution<'_>, count: u64) {
    (0..count).for_each(|_| execution.step().unwrap());
}

/// The variance of ĝ after so many steps at the model of `trained`.
fn variance_after(count: u64, optimiser: ControlOptimiser, trained: &Execution<'_>) -> f64 {
    // No parameter of the model is so small that this would move it.
    let experiment = experiment("relax", optimiser, Some(f64::MIN_POSITIVE));
    let mut execution = begin(&experiment);
    let mut state = execution.trainer.state();
    for name in [ENCODER, DECODER] {
        let block = state.blocks.iter_mut().find(|block| block.name == name).unwrap();
        block.parameters = trained.trainer.parameters(name).unwrap().to_vec();
    }
    execution.trainer.restore(&state).unwrap();
    steps(&mut execution, count);
    let model = [ENCODER, DECODER].map(|name| execution.trainer.parameters(name).unwrap());
    assert_eq!(model, [ENCODER, DECODER].map(|name| trained.trainer.parameters(name).unwrap()));
    execution.end();
    execution.end.unwrap().variance
}

/// 500 draws of 100 images leave an error of about 1 %, and the two differ by three times as much.
#[test]
fn two_hundred_steps_by_replay_are_worth_two_thousand_of_adam() {
    let experiment = experiment("rloo", ControlOptimiser::Adam, None);
    let mut trained = begin(&experiment);
    steps(&mut trained, 3_000);
    let [start, adam, replay] =
        [(0, ControlOptimiser::Adam), (2_000, ControlOptimiser::Adam), (200, ControlOptimiser::Replay)]
            .map(|(count, optimiser)| variance_after(count, optimiser, &trained));
    println!("{start} at the start, {adam} after 2,000 steps of Adam, {replay} after 200 by replay");
    assert!(adam < 0.5 * start && replay <= adam, "{start}, {adam}, {replay}");
}

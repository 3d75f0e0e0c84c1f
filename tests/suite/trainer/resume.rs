//! Interrupted runs.

use voidgrad::Trainer;
use voidgrad::optimise::Adam;
use voidgrad::optimise::{Clip, Schedule};
use voidgrad::train::{Block, Gradients, TrainerError};
use voidgrad::train::{TrainerState, weight_decay};

use super::{SIZES, bits, blocks, fill, model, start, trainer_of};

const STEPS: usize = 12;

type Model = fn(&mut Gradients<'_>) -> Result<f64, TrainerError>;

fn plain() -> Trainer {
    trainer_of(blocks())
}

fn scheduled() -> Trainer {
    let [encoder, decoder, prior] = blocks();
    trainer_of([
        encoder.schedule(Schedule::cosine(8, 0.1).unwrap().after_warm_up(3).unwrap()),
        decoder.schedule(Schedule::step_decay(4, 0.5).unwrap()),
        prior.schedule(Schedule::function(|t| 1.0 / (1.0 + t as f64))),
    ])
}

fn clipped() -> Trainer {
    let [encoder, decoder, prior] = blocks();
    let trainer = trainer_of([
        encoder.clip(Clip::Norm(2.0)),
        decoder.clip(Clip::Value(0.3)).schedule(Schedule::exponential(0.9).unwrap()),
        prior,
    ]);
    trainer.clip_norm(1.5).unwrap()
}

/// Weight decay, and a term that draws noise of its own.
fn with_terms() -> Trainer {
    let mut trainer = plain();
    let encoder = trainer.id("encoder").unwrap();
    trainer.add_term("weight decay", weight_decay(encoder, 0.1).unwrap()).unwrap();
    let jitter = |step: &mut Gradients<'_>| {
        let ([prior], noise) = step.parts(["prior"])?;
        let mut u = [0.0];
        noise.fill_open01(&mut u);
        prior.gradient[0] += u[0];
        Ok(u[0] * prior.parameters[0])
    };
    trainer.add_term("jitter", jitter).unwrap();
    trainer
}

/// Three times Adam, whose moments become those of large gradients, and with other rates.
fn adams() -> Trainer {
    trainer_of(SIZES.map(|(_, size)| {
        let adam = Adam::new(size, 0.05).unwrap().with_moments(0.5, 0.75, 1e-3).unwrap();
        Block::new(start(size), adam)
    }))
}

/// Gradients of 10²⁰⁰ at one step in five, whose squares no f64 holds.
fn large(step: &mut Gradients<'_>) -> Result<f64, TrainerError> {
    let scale = if step.iteration() % 5 == 2 { 1e200 } else { 1.0 };
    fill(scale, step)
}

/// A name, what makes the trainer, and the model.
type Case = (&'static str, fn() -> Trainer, Model);

const CASES: [Case; 6] = [
    ("plain", plain, model),
    ("scheduled", scheduled, model),
    ("clipped", clipped, model),
    ("terms", with_terms, model),
    ("adams", adams, model),
    ("large", adams, large),
];

/// The losses and the parameters after each step, and the state at the end.
fn run(trainer: &mut Trainer, mut model: Model) -> (Vec<(u64, Vec<u64>)>, TrainerState) {
    let mut seen = Vec::new();
    while trainer.iteration() < STEPS as u64 {
        let loss = trainer.step(&mut model).unwrap().loss();
        seen.push((loss.to_bits(), bits(trainer)));
    }
    (seen, trainer.state())
}

#[test]
fn a_run_that_is_resumed_after_any_step_has_the_same_bits() {
    for (name, make, mut model) in CASES {
        let (expected, end) = run(&mut make(), model);
        assert_eq!(end.iteration, STEPS as u64);
        for made in 0..=STEPS {
            let mut first = make();
            (0..made).for_each(|_| _ = first.step(&mut model).unwrap());
            let state = first.state();
            let file = TrainerState::from_safetensors(&state.to_safetensors().unwrap()).unwrap();
            assert_eq!(file, state, "{name} after {made}");
            for state in [state, file] {
                // Nothing of the trainer that goes on is that of the state.
                let mut second = make();
                let mut other = |step: &mut Gradients<'_>| fill(-3.0, step);
                (0..2).for_each(|_| _ = second.step(&mut other).unwrap());
                second.set_learning_rate("prior", 7.0).unwrap();
                second.restore(&state).unwrap();
                let (seen, resumed) = run(&mut second, model);
                assert_eq!(seen, expected[made..], "{name} after {made}");
                assert_eq!(resumed, end, "{name} after {made}");
            }
        }
    }
}

#[test]
fn the_large_case_is_in_the_state_of_large_gradients() {
    let mut trainer = adams();
    let mut model: Model = large;
    (0..4).for_each(|_| _ = trainer.step(&mut model).unwrap());
    let state = trainer.state();
    assert!(state.blocks.iter().all(|block| block.optimiser.number("is_large") == Ok(1.0)));
}

#[test]
fn a_state_continues_under_its_own_seed() {
    let mut trainer = plain();
    let mut model: Model = model;
    trainer.step(&mut model).unwrap();
    let blocks = SIZES.map(|(_, size)| Block::new(start(size), Adam::new(size, 1.0).unwrap()));
    let mut other = Trainer::new(99, 98);
    for ((name, _), block) in SIZES.into_iter().zip(blocks) {
        other.add_block(name, block).unwrap();
    }
    // The kinds of the optimisers differ.
    assert!(other.restore(&trainer.state()).is_err());

    let mut other = Trainer::new(99, 98);
    for ((name, _), block) in SIZES.into_iter().zip(super::blocks()) {
        other.add_block(name, block).unwrap();
    }
    other.restore(&trainer.state()).unwrap();
    let expected = trainer.step(&mut model).unwrap().loss();
    assert_eq!(other.step(&mut model).unwrap().loss(), expected);
    assert_eq!((other.state().seed, other.state().run), (5, 3));
}

#[test]
fn a_trainer_can_go_to_another_thread() {
    let mut trainer = scheduled();
    let mut other = scheduled();
    let mut model: Model = model;
    trainer.step(&mut model).unwrap();
    let state = std::thread::spawn(move || {
        other.step(&mut model).unwrap();
        other.state()
    });
    assert_eq!(state.join().unwrap(), trainer.state());
}

#[test]
fn terms_and_the_best_point_are_reported() {
    let mut trainer = with_terms();
    let mut model: Model = model;
    let squares: f64 = trainer.parameters("encoder").unwrap().iter().map(|x| x * x).sum();
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        let progress = trainer.step(&mut model).unwrap();
        losses.push(progress.loss());
        if progress.iteration() == 1 {
            let names: Vec<&str> = progress.terms().map(|(name, _)| name).collect();
            assert_eq!(names, ["weight decay", "jitter"]);
            // The sum is the same but for the order of a factor.
            assert!((progress.term("weight decay").unwrap() - 0.05 * squares).abs() < 1e-15);
            assert_eq!(progress.term("none"), None);
        }
    }
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(trainer.best().unwrap().value, lowest);
    assert!(!trainer.offer(lowest, &[]) && !trainer.offer(f64::NAN, &[]));
    assert!(trainer.offer(-1.0, &[7.0]));
    assert_eq!(trainer.best().unwrap().point, [7.0]);
}

/// One step of plain descent from x, with the factor of its schedule.
#[test]
fn a_schedule_multiplies_the_base_rate_from_the_first_step_on() {
    let mut trainer = scheduled();
    let mut model: Model = model;
    for t in 0..5_u64 {
        let before = trainer.parameters("prior").unwrap()[0];
        let progress = trainer.step(&mut model).unwrap();
        let gradient = progress.gradient("prior").unwrap()[0];
        let expected = before - 0.1 * (1.0 / (1.0 + t as f64)) * gradient;
        assert_eq!(progress.parameters("prior").unwrap()[0], expected);
        assert_eq!(trainer.learning_rate("prior").unwrap(), 0.1);
        assert_eq!(trainer.optimiser("prior").unwrap().learning_rate(), 0.1 * (1.0 / (1.0 + t as f64)));
    }
}

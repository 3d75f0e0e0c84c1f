//! Models that make several steps at once.

use std::ops::ControlFlow;

use voidgrad::optimise::Adam;
use voidgrad::optimise::Clip;
use voidgrad::train::{Block, Gradients, TrainerError};
use voidgrad::train::{BlockId, Leap, LeapPart, Model, Progress, TrainerState};
use voidgrad::{Stream, Trainer};

/// Follows `(x - u)²`, and in its own loop draws the noise of up to 4 steps at once.
struct Ahead {
    x: BlockId,
    /// Whether it has a loop of its own.
    leaps: bool,
    /// How many steps its loop has made.
    made: u64,
}

const BLOCK: usize = 4;

impl Ahead {
    /// The gradient, and the loss.
    fn gradient(parameters: &[f64], noise: &[f64], gradient: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for ((g, x), u) in gradient.iter_mut().zip(parameters).zip(noise) {
            *g = 2.0 * (x - u);
            loss += (x - u).powi(2);
        }
        loss
    }
}

impl Model for Ahead {
    type Error = TrainerError;

    fn fill(&mut self, step: &mut Gradients<'_>) -> Result<f64, TrainerError> {
        let ([x], noise) = step.parts([self.x])?;
        let mut u = [0.0; 2];
        noise.fill_open01(&mut u);
        let loss = Self::gradient(x.parameters, &u, x.gradient);
        step.offer(loss, &u);
        Ok(loss)
    }

    fn leap(&mut self, leap: &mut Leap<'_>) -> Result<(), TrainerError> {
        // Every seventh step has to be made in the other way.
        while self.leaps && leap.steps() > 0 && leap.iteration() % 7 != 6 {
            let until = 7 - leap.iteration() % 7 - 1;
            let steps = BLOCK.min(usize::try_from(leap.steps().min(until)).expect("it is below 7"));
            let (_, noise) = leap.parts([self.x])?;
            let position = noise.position();
            let mut numbers = [0.0; 2 * BLOCK];
            noise.fill_open01(&mut numbers[..2 * steps]);
            for (i, u) in numbers[..2 * steps].chunks_exact(2).enumerate() {
                let ([LeapPart { parameters, gradient, optimiser }], _) = leap.parts([self.x])?;
                let adam: &mut Adam = optimiser.downcast_mut().expect("the test has Adam");
                let loss = Self::gradient(parameters, u, gradient);
                voidgrad::optimise::Optimiser::step(adam, parameters, gradient).expect("the steps are small");
                self.made += 1;
                leap.offer(loss, u);
                if leap.made(loss).is_break() {
                    let (_, noise) = leap.parts([self.x])?;
                    // Two words a number, two numbers a step.
                    noise.set_position(position + 4 * (i as u128 + 1));
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn trainer() -> (Trainer, BlockId) {
    let mut trainer = Trainer::new(4, 2);
    let x = trainer.add_block("x", Block::new(vec![0.3, 0.9], Adam::new(2, 0.01).unwrap())).unwrap();
    (trainer, x)
}

/// The state after `steps`, made in runs of the length `cut`; and how many of them the model made.
fn end(steps: u64, cut: u64, leaps: bool) -> (TrainerState, Vec<u64>, u64) {
    let (mut trainer, x) = trainer();
    let mut model = Ahead { x, leaps, made: 0 };
    let mut seen = Vec::new();
    while trainer.iteration() < steps {
        let left = steps - trainer.iteration();
        let outcome = trainer.run(&mut model, cut.min(left), |progress: &Progress<'_>| {
            seen.push(progress.loss().to_bits());
            assert_eq!(progress.iteration(), seen.len() as u64);
            ControlFlow::<()>::Continue(())
        });
        assert_eq!(outcome.unwrap(), ControlFlow::Continue(()));
    }
    (trainer.state(), seen, model.made)
}

#[test]
fn no_cut_of_a_run_changes_its_bits() {
    let (expected, losses, made) = end(40, 1, false);
    assert_eq!((expected.iteration, made), (40, 0));
    for cut in [1, 2, 3, 5, 8, 13, 40] {
        let (state, seen, made) = end(40, cut, true);
        // All but the steps 7, 14, 21, 28, 35.
        assert_eq!(made, 35);
        assert_eq!(seen, losses, "runs of {cut}");
        assert_eq!(state, expected, "runs of {cut}");
    }
}

#[test]
fn an_observer_stops_a_run_after_any_step() {
    for stop in 1..20 {
        for leaps in [false, true] {
            let (mut trainer, x) = trainer();
            let mut model = Ahead { x, leaps, made: 0 };
            let outcome = trainer.run(&mut model, 100, |progress| {
                if progress.iteration() == stop {
                    ControlFlow::Break("enough")
                } else {
                    ControlFlow::Continue(())
                }
            });
            assert_eq!(outcome.unwrap(), ControlFlow::Break("enough"));
            assert_eq!(trainer.state(), end(stop, 1, false).0, "after {stop}");
        }
    }
}

#[test]
fn a_trainer_with_clips_or_terms_makes_each_step_itself() {
    let ignore = |_: &Progress<'_>| ControlFlow::<()>::Continue(());
    let block = Block::new(vec![0.3, 0.9], Adam::new(2, 0.01).unwrap()).clip(Clip::Value(0.5));
    let mut clipped = Trainer::new(4, 2);
    let x = clipped.add_block("x", block).unwrap();
    let (mut with_term, _) = trainer();
    with_term.add_term("nothing", |_: &mut Gradients<'_>| Ok(0.0)).unwrap();
    let global = trainer().0.clip_norm(1.0).unwrap();
    for mut trainer in [clipped, with_term, global] {
        let mut model = Ahead { x, leaps: true, made: 0 };
        assert!(trainer.run(&mut model, 10, ignore).unwrap().is_continue());
        assert_eq!((trainer.iteration(), model.made), (10, 0));
    }
}

#[test]
fn an_error_ends_a_run_after_the_steps_before_it() {
    let (mut trainer, _) = trainer();
    let mut failing = |step: &mut Gradients<'_>| {
        step.noise().fill_open01(&mut [0.0; 3]);
        if step.iteration() == 4 { Err(Box::<dyn std::error::Error>::from("enough")) } else { Ok(0.0) }
    };
    let outcome = trainer.run(&mut failing, 10, |_| ControlFlow::<()>::Continue(()));
    assert_eq!(outcome.unwrap_err().to_string(), "enough");
    assert_eq!(trainer.iteration(), 4);
    let mut expected = Stream::new(4, 2, 0);
    expected.fill_open01(&mut [0.0; 12]);
    assert_eq!(trainer.state().position, expected.position());
}

//! Steps that can't be made.

use thiserror::Error;
use voidgrad::Trainer;
use voidgrad::error::InvalidParameter;
use voidgrad::optimise::Schedule;
use voidgrad::optimise::{Adam, Sgd, StepError};
use voidgrad::optimise::{Optimiser, OptimiserState, OptimiserStateError};
use voidgrad::train::{Block, Gradients, TrainerError};

use super::{SIZES, blocks, fill, model, start, trainer_of};

#[derive(Debug, Error)]
enum Failure {
    #[error("the simulator is down at {0}")]
    Simulator(u64),
    #[error(transparent)]
    Trainer(#[from] TrainerError),
}

/// Fails a step of a trainer that has made some, and makes it afterwards as one that never failed.
fn assert_is_as_before<E: From<TrainerError>>(
    make: impl Fn() -> Trainer,
    mut failing: impl FnMut(&mut Gradients<'_>) -> Result<f64, E>,
) -> E {
    let (mut trainer, mut undisturbed) = (make(), make());
    for _ in 0..3 {
        trainer.step(&mut model).unwrap();
        undisturbed.step(&mut model).unwrap();
    }
    let before = trainer.state();
    let Err(error) = trainer.step(&mut failing) else { panic!("the step is made") };
    assert_eq!(trainer.state(), before);
    let loss = trainer.step(&mut model).unwrap().loss();
    assert_eq!(loss, undisturbed.step(&mut model).unwrap().loss());
    assert_eq!(trainer.state(), undisturbed.state());
    error
}

#[test]
fn an_error_of_the_model_comes_back_unchanged_and_nothing_has_moved() {
    let error = assert_is_as_before(
        || trainer_of(blocks()),
        |step| {
            fill(1e3, step)?;
            step.offer(-1e9, &[1.0]);
            Err(Failure::Simulator(step.iteration()))
        },
    );
    assert!(matches!(error, Failure::Simulator(3)), "{error}");
}

#[test]
fn a_gradient_that_is_not_finite_is_refused_before_any_block_moves() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = assert_is_as_before(
            || trainer_of(blocks()).clip_norm(1.0).unwrap(),
            |step| {
                let loss = fill(1.0, step)?;
                step.gradient_mut("decoder")?[1] = value;
                Ok::<_, Failure>(loss)
            },
        );
        let Failure::Trainer(error) = error else { panic!("{error}") };
        let message = format!(
            "iteration 4: block `decoder`: the derivative by parameter 1 is {value}, which is not a finite number"
        );
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn an_unknown_block_is_an_error_with_the_known_ones() {
    let error = assert_is_as_before(
        || trainer_of(blocks()),
        |step| {
            step.noise().fill_open01(&mut [0.0; 5]);
            Ok::<_, TrainerError>(step.parameters("encodre")?[0])
        },
    );
    let message = "there is no block `encodre`; the blocks are encoder, decoder, prior";
    assert_eq!(error.to_string(), message);
    let twice = |step: &mut Gradients<'_>| step.parts(["prior", "prior"]).map(|_| 0.0);
    let error = assert_is_as_before(|| trainer_of(blocks()), twice);
    assert_eq!(error.to_string(), "block `prior` is asked for twice at once");
    // A key of a larger trainer.
    let id = trainer_of(blocks()).id("prior").unwrap();
    let error = Trainer::new(1, 0).parameters(id).unwrap_err();
    assert_eq!(error.to_string(), "there is no block number 2; the blocks are none");
}

/// The first block has moved by then.
#[test]
fn a_step_out_of_the_finite_numbers_moves_no_block() {
    let make = || {
        let [encoder, decoder, _] = blocks();
        trainer_of([encoder, decoder, Block::new(start(1), Sgd::new(0.1).unwrap())])
    };
    let out = |step: &mut Gradients<'_>| {
        let loss = model(step)?;
        step.gradient_mut("prior")?[0] = f64::MAX;
        Ok::<_, TrainerError>(loss)
    };
    let mut trainer = make();
    trainer.set_learning_rate("prior", 1e10).unwrap();
    let before = trainer.state();
    let error = trainer.step(&mut { out }).map(|_| ()).unwrap_err();
    let TrainerError::Step { iteration: 1, block, source } = error else { panic!("{error}") };
    assert_eq!(block, "prior");
    assert!(matches!(source, StepError::Parameter { index: 0, value: f64::NEG_INFINITY, .. }), "{source}");
    assert_eq!(trainer.state(), before);

    // Adam, too, and while its moments are large.
    let mut trainer = make();
    let mut large = |step: &mut Gradients<'_>| {
        step.gradient_mut("encoder")?.fill(1e200);
        Ok::<_, TrainerError>(0.0)
    };
    trainer.step(&mut large).unwrap();
    trainer.set_learning_rate("encoder", 1e308).unwrap();
    let before = trainer.state();
    assert_eq!(before.blocks[0].optimiser.number("is_large"), Ok(1.0));
    let error = trainer.step(&mut large).map(|_| ()).unwrap_err();
    assert!(
        error.to_string().starts_with("iteration 2: block `encoder`: the step takes parameter 0 to -inf")
    );
    assert_eq!(trainer.state(), before);
}

#[test]
fn a_block_of_another_size_than_its_optimiser_moves_nothing() {
    let [encoder, decoder, _] = blocks();
    let wrong = Block::new(start(1), Adam::new(2, 0.1).unwrap());
    let mut trainer = trainer_of([encoder, decoder, wrong]);
    let before = trainer.state();
    let error = trainer.step(&mut model).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "iteration 1: block `prior`: parameters has 1 entries where 2 are needed");
    assert_eq!(trainer.state(), before);
}

#[test]
fn a_term_that_fails_and_a_schedule_without_a_rate_change_nothing() {
    let make = || {
        let mut trainer = trainer_of(blocks());
        let term = |step: &mut Gradients<'_>| {
            step.gradient_mut("prior")?[0] += 1.0;
            if step.iteration() == 3 { Err("no divergence".into()) } else { Ok(0.0) }
        };
        trainer.add_term("KL", term).unwrap();
        trainer
    };
    let (mut trainer, mut model) = (make(), model);
    (0..3).for_each(|_| _ = trainer.step(&mut model).unwrap());
    let before = trainer.state();
    let error = trainer.step(&mut model).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "iteration 4: the term `KL`: no divergence");
    assert_eq!(trainer.state(), before);

    for (rate, shown) in [(f64::NAN, "NaN"), (-1.0, "-0.1"), (f64::INFINITY, "inf")] {
        let [encoder, decoder, prior] = blocks();
        let schedule = Schedule::function(move |t| if t == 2 { rate } else { 0.5 });
        let encoder = encoder.schedule(Schedule::exponential(0.5).unwrap());
        let mut trainer = trainer_of([encoder, decoder, prior.schedule(schedule)]);
        (0..2).for_each(|_| _ = trainer.step(&mut model).unwrap());
        let before = trainer.state();
        let error = trainer.step(&mut model).map(|_| ()).unwrap_err();
        let message = format!(
            "iteration 3: the schedule of block `prior` makes 0.1 to the learning rate {shown}, which is not a number in [0, ∞)"
        );
        assert_eq!(error.to_string(), message);
        assert_eq!(trainer.state(), before);
    }
}

/// An optimiser of the user's, which makes two steps and no more.
struct Twice {
    rate: f64,
    made: f64,
}

impl Optimiser for Twice {
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) -> Result<(), StepError> {
        for (x, g) in parameters.iter_mut().zip(gradient) {
            *x -= self.rate * g;
        }
        self.made += 1.0;
        if self.made <= 2.0 { Ok(()) } else { Err(StepError::Derivative { index: 0, value: gradient[0] }) }
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) -> Result<(), InvalidParameter> {
        self.rate = rate;
        Ok(())
    }

    fn state(&self) -> OptimiserState {
        OptimiserState::new("twice").with_number("rate", self.rate).with_number("made", self.made)
    }

    fn restore(&mut self, state: &OptimiserState) -> Result<(), OptimiserStateError> {
        state.check("twice", &["rate", "made"])?;
        (self.rate, self.made) = (state.number("rate")?, state.number("made")?);
        Ok(())
    }
}

#[test]
fn an_optimiser_of_the_user_that_fails_takes_nothing_along() {
    let [encoder, decoder, _] = blocks();
    let encoder = encoder.schedule(Schedule::exponential(0.5).unwrap());
    let mut trainer = trainer_of([encoder, decoder, Block::new(start(1), Twice { rate: 0.1, made: 0.0 })]);
    (0..2).for_each(|_| _ = trainer.step(&mut model).unwrap());
    let before = trainer.state();
    assert!(trainer.step(&mut model).is_err());
    assert_eq!(trainer.state(), before);
}

#[test]
fn blocks_that_no_trainer_can_have_are_refused() {
    let block = || Block::new(vec![0.0], Sgd::new(1.0).unwrap());
    for name in ["", "a/b", "a\nb", "best", "extras"] {
        let error = Trainer::new(1, 0).block(name, block()).unwrap_err();
        assert!(matches!(&error, TrainerError::Name { name: found, .. } if found == name), "{error}");
    }
    let twice = Trainer::new(1, 0).block("a", block()).unwrap().block("a", block());
    assert_eq!(twice.unwrap_err().to_string(), "there is a block `a` already");
    let nan = Block::new(vec![0.0, f64::NAN], Sgd::new(1.0).unwrap());
    let error = Trainer::new(1, 0).block("a", nan).unwrap_err();
    assert_eq!(error.to_string(), "block `a`: parameter 1 is NaN, which is not a finite number");
    let mut trainer = trainer_of(blocks());
    let before = trainer.state();
    assert!(trainer.set_parameters("prior", &[f64::INFINITY]).is_err());
    assert!(trainer.set_parameters("prior", &[1.0, 2.0]).is_err());
    assert!(trainer.set_learning_rate("prior", 0.0).is_err());
    assert_eq!(trainer.state(), before);
    trainer.set_parameters("prior", &[2.0]).unwrap();
    assert_eq!(trainer.parameters("prior").unwrap(), [2.0]);
    assert!(trainer.names().eq(SIZES.map(|(name, _)| name)));
}

//! A training of an encoder and a decoder, on plates.

use std::error::Error;

use voidgrad::estimators::{Disarm, ReinforceEma, Rloo};
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::network::{Network, RowSums, Rows};
use voidgrad::optimise::Adam;
use voidgrad::ranks::{Alone, Ranks, Share, in_process};
use voidgrad::train::{Block, Epochs, Gradients, TrainerState};
use voidgrad::{Bernoulli, Estimator, Float, Plate, Stream, Trainer, control, network, sigmoid, softplus};

const LATENTS: usize = 4;
const PIXELS: usize = 6;
const IMAGES: usize = 700;
const BATCH: usize = 300;

#[network(each(x))]
fn encoder(x: &SVector<f64, 6>, w: &SMatrix<f64, 4, 6>, d: &SVector<f64, 4>) -> SVector<f64, 4> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

#[network(each(b, x, q))]
fn negative_bound(
    b: &SVector<f64, 4>,
    x: &SVector<f64, 6>,
    q: &SVector<f64, 4>,
    w: &SMatrix<f64, 6, 4>,
    c: &SVector<f64, 6>,
    a: &SVector<f64, 4>,
) -> f64 {
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let prior = b.dot(a) - a.map(softplus).sum();
    b.dot(q) - q.map(softplus).sum() - prior - image
}

/// A control whose φ is trained along.
#[control(positive(lambda))]
fn relaxed(z: &SVector<f64, 4>, v: &SVector<f64, 4>, lambda: f64) -> f64 {
    v.dot(&z.map(|z| sigmoid(z / lambda)))
}

type Outcome<O> = Result<O, Box<dyn Error + Send + Sync>>;

/// The training: whatever the ranks, each makes this.
struct Training<'r, T: Float> {
    share: Share<'r>,
    images: Vec<T>,
    encoder: Encoder,
    model: NegativeBound,
    trainer: Trainer,
    estimator: Box<dyn Estimator>,
    plate: Plate<Bernoulli, T>,
    epochs: Epochs,
}

impl<'r, T: Float> Training<'r, T> {
    fn new(ranks: &'r dyn Ranks, estimator: Box<dyn Estimator>) -> Outcome<Self> {
        let mut noise = Stream::new(1, 0, 9);
        let (encoder, model) = (Encoder::draw(&mut noise)?, NegativeBound::draw(&mut noise)?);
        let block = |parameters: &[f64]| -> Outcome<Block> {
            Ok(Block::new(parameters.to_vec(), Adam::new(parameters.len(), 0.03)?))
        };
        let mut trainer = Trainer::new(1, 0)
            .block("encoder", block(encoder.parameters())?)?
            .block("decoder", block(model.parameters())?)?;
        if let Some(control) = estimator.control() {
            trainer.add_block("control", block(&vec![0.1; control.parameters()])?)?;
        }
        let images = (0..IMAGES * PIXELS).map(|i| T::default().constant(f64::from(i * 7 % 11 < 4))).collect();
        Ok(Self {
            share: Share::new(ranks, BATCH)?,
            images,
            encoder,
            model,
            trainer,
            estimator,
            plate: Plate::new(Bernoulli::from_logits(&[0.0; LATENTS])?, BATCH),
            epochs: Epochs::new(IMAGES, BATCH, 2)?.whole_batches()?,
        })
    }

    fn step(&mut self) -> Outcome<f64> {
        let Self { share, images, encoder, model, trainer, estimator, plate, epochs } = self;
        let batch: Vec<T> =
            epochs.next_batch().iter().flat_map(|&n| &images[n * PIXELS..][..PIXELS]).copied().collect();
        let own = share.own(&batch)?;
        let progress = trainer.step(&mut |step: &mut Gradients<'_>| -> Outcome<f64> {
            if let Some(control) = estimator.control_mut() {
                control.set_phi(step.parameters("control")?.into())?;
            }
            encoder.set_parameters(step.parameters("encoder")?)?;
            model.set_parameters(step.parameters("decoder")?)?;
            let mut logits = vec![T::default(); BATCH * LATENTS];
            encoder.rows(own, share.own_mut(&mut logits)?)?;
            share.gather(&mut logits)?;
            plate.ask(&**estimator, &logits, step.noise())?;
            let each = plate.points_each();
            let (x, q) = (Rows::repeated(own, each), Rows::repeated(share.own(&logits)?, each));
            let (points, values) = plate.points_and_values();
            let points = share.own(points)?;
            model.rows(points, x, q, share.own_mut(values)?)?;
            share.gather(values)?;
            let loss = values.iter().map(|value| (*value).into()).sum::<f64>() / (BATCH * each) as f64;
            plate.tell(&mut **estimator)?;
            let average = |rows: &[T]| -> Vec<T> {
                rows.iter().map(|g| g.constant((*g).into() / BATCH as f64)).collect()
            };
            let mut of_encoder = RowSums::new(*share, 1);
            of_encoder.rows_vjp(encoder, [own.into()], &average(share.own(plate.gradient())?), [None])?;
            let mut of_model = RowSums::new(*share, each);
            let (points, weights) = (share.own(plate.points())?, average(share.own(plate.weights())?));
            of_model.rows_vjp(model, [points.into(), x, q], &weights, [None, None, None])?;
            let [of_encoder, of_model] = RowSums::add_up([of_encoder, of_model])?;
            of_encoder.add_to(step.gradient_mut("encoder")?)?;
            of_model.add_to(step.gradient_mut("decoder")?)?;
            if estimator.control().is_some() {
                step.gradient_mut("control")?.copy_from_slice(plate.variance_gradient());
            }
            Ok(loss)
        })?;
        Ok(progress.loss())
    }

    /// The same step as one process makes it that has never heard of ranks.
    fn step_alone(&mut self) -> Outcome<f64> {
        let Self { images, encoder, model, trainer, estimator, plate, epochs, .. } = self;
        let batch: Vec<T> =
            epochs.next_batch().iter().flat_map(|&n| &images[n * PIXELS..][..PIXELS]).copied().collect();
        let progress = trainer.step(&mut |step: &mut Gradients<'_>| -> Outcome<f64> {
            if let Some(control) = estimator.control_mut() {
                control.set_phi(step.parameters("control")?.into())?;
            }
            encoder.set_parameters(step.parameters("encoder")?)?;
            model.set_parameters(step.parameters("decoder")?)?;
            let mut logits = vec![T::default(); BATCH * LATENTS];
            encoder.rows(&batch, &mut logits)?;
            plate.ask(&**estimator, &logits, step.noise())?;
            let each = plate.points_each();
            let (x, q) = (Rows::repeated(&batch, each), Rows::repeated(&logits, each));
            let (points, values) = plate.points_and_values();
            model.rows(points, x, q, values)?;
            let loss = values.iter().map(|value| (*value).into()).sum::<f64>() / (BATCH * each) as f64;
            plate.tell(&mut **estimator)?;
            let average = |rows: &[T]| -> Vec<T> {
                rows.iter().map(|g| g.constant((*g).into() / BATCH as f64)).collect()
            };
            encoder.rows_vjp(&batch, &average(plate.gradient()), step.gradient_mut("encoder")?, &mut [])?;
            let weights = average(plate.weights());
            let gradient = step.gradient_mut("decoder")?;
            model.rows_vjp(plate.points(), x, q, &weights, gradient, &mut [], &mut [], &mut [])?;
            if estimator.control().is_some() {
                step.gradient_mut("control")?.copy_from_slice(plate.variance_gradient());
            }
            Ok(loss)
        })?;
        Ok(progress.loss())
    }

    fn state(&self) -> TrainerState {
        let mut state = self.trainer.state();
        for (name, values) in self.estimator.state() {
            state.extras.insert(name.into_owned(), values);
        }
        let (epoch, batch) = self.epochs.position();
        state.extras.insert("epochs".to_owned(), vec![epoch as f64, batch as f64]);
        state
    }

    fn restore(&mut self, mut state: TrainerState) -> Outcome<()> {
        let epochs = state.extras.remove("epochs").ok_or("no position")?;
        let learned: Vec<_> = state.extras.iter().map(|(name, values)| (&**name, &**values)).collect();
        self.estimator.restore(&learned)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts")]
        self.epochs.set_position(epochs[0] as u64, epochs[1] as usize)?;
        Ok(self.trainer.restore(&state)?)
    }
}

/// One that learns, two that do not, and one with a control.
fn estimator(name: &str) -> Box<dyn Estimator> {
    match name {
        "disarm" => Box::new(Disarm::new(2).unwrap()),
        "rloo" => Box::new(Rloo::new(3).unwrap()),
        "reinforce-ema" => Box::new(ReinforceEma::new(0.9).unwrap()),
        _ => Box::new(Relaxed::new(SVector::from_element(0.1), 1.0).unwrap()),
    }
}

const STEPS: usize = 3;

fn check<T: Float>(name: &str) {
    let mut alone = Training::<T>::new(&Alone, estimator(name)).unwrap();
    let losses: Vec<f64> = (0..STEPS).map(|_| alone.step_alone().unwrap()).collect();
    assert_ne!(losses[0].to_bits(), losses[STEPS - 1].to_bits());
    for count in [1, 2, 3, 4] {
        let of_ranks = in_process(count, |ranks| {
            let mut training = Training::<T>::new(ranks, estimator(name))?;
            let losses = (0..STEPS).map(|_| training.step()).collect::<Outcome<Vec<f64>>>()?;
            Ok::<_, Box<dyn Error + Send + Sync>>((losses, training.state()))
        });
        for outcome in of_ranks {
            let (of_rank, state) = outcome.unwrap();
            assert_eq!(super::bits(&of_rank), super::bits(&losses), "{name} on {count} ranks");
            assert_eq!(state, alone.state(), "{name} on {count} ranks");
        }
    }
}

#[test]
fn a_training_has_the_bits_of_one_process() {
    for name in ["disarm", "rloo", "reinforce-ema", "control"] {
        check::<f64>(name);
    }
    check::<f32>("rloo");
}

/// A step on one number of ranks, and two on another.
#[test]
fn a_training_goes_on_with_other_ranks() {
    let train = |count: usize, state: Option<TrainerState>, steps: usize| {
        let mut states = in_process(count, |ranks| {
            let mut training = Training::<f64>::new(ranks, estimator("reinforce-ema"))?;
            if let Some(state) = state.clone() {
                training.restore(state)?;
            }
            (0..steps).try_for_each(|_| training.step().map(drop))?;
            Ok::<_, Box<dyn Error + Send + Sync>>(training.state())
        });
        states.pop().expect("there is a rank").unwrap()
    };
    let whole = train(1, None, STEPS);
    for (first, second) in [(4, 2), (2, 3), (3, 1)] {
        let half = train(first, None, 1);
        assert_eq!(train(second, Some(half), STEPS - 1), whole, "{first} ranks, then {second}");
    }
}

//! The training: each rank has all parameters, and makes its share of every batch.

use voidgrad::estimator::AnyEstimator;
use voidgrad::network::{Network as _, RowSums, Rows};
use voidgrad::optimise::Adam;
use voidgrad::ranks::Share;
use voidgrad::train::{Block, Epochs, Gradients, TrainerState};
use voidgrad::{Bernoulli, Plate, Stream, Trainer};

use crate::error::Error;
use crate::model::{Encoder, LATENTS, NegativeBound, PIXELS, TRAIN, images};
use crate::options::Options;

pub struct Training<'r> {
    share: Share<'r>,
    images: Vec<f64>,
    encoder: Encoder,
    model: NegativeBound,
    trainer: Trainer,
    method: &'static str,
    estimator: AnyEstimator,
    plate: Plate,
    epochs: Epochs,
    batch: usize,
}

impl<'r> Training<'r> {
    /// The training before its first step, of a share of each batch.
    pub fn new(share: Share<'r>, options: &Options) -> Result<Self, Error> {
        let mut noise = Stream::new(options.seed, 0, u64::MAX);
        let (encoder, model) = (Encoder::draw(&mut noise)?, NegativeBound::draw(&mut noise)?);
        let block = |parameters: &[f64]| -> Result<Block, Error> {
            Ok(Block::new(parameters.to_vec(), Adam::new(parameters.len(), 3e-3)?))
        };
        let trainer = Trainer::new(options.seed, 0)
            .block("encoder", block(encoder.parameters())?)?
            .block("decoder", block(model.parameters())?)?;
        let batch = share.all();
        Ok(Self {
            share,
            images: images()?,
            encoder,
            model,
            trainer,
            method: options.estimator.name(),
            estimator: options.estimator.estimator()?,
            plate: Plate::new(Bernoulli::from_logits(&[0.0; LATENTS])?, batch),
            epochs: Epochs::new(TRAIN, batch, options.seed)?.whole_batches()?,
            batch,
        })
    }

    /// Steps made so far.
    pub fn steps(&self) -> u64 {
        self.trainer.iteration()
    }

    /// Makes a step, and returns the negative bound of its batch.
    pub fn step(&mut self) -> Result<f64, Error> {
        let Self { share, images, encoder, model, trainer, estimator, plate, epochs, batch, .. } = self;
        let own: Vec<f64> = epochs.next_batch()[share.examples()]
            .iter()
            .flat_map(|&n| &images[n * PIXELS..][..PIXELS])
            .copied()
            .collect();
        let progress = trainer.step(&mut |step: &mut Gradients<'_>| -> Result<f64, Error> {
            let ([of_encoder, of_model], noise) = step.parts(["encoder", "decoder"])?;
            encoder.set_parameters(of_encoder.parameters)?;
            model.set_parameters(of_model.parameters)?;
            // Logits of the own images, then of all.
            let mut logits = vec![0.0; *batch * LATENTS];
            encoder.rows(&own, share.own_mut(&mut logits)?)?;
            share.gather(&mut logits)?;
            plate.ask(&*estimator, &logits, noise)?;
            // f at the points of the own images, then of all.
            let each = plate.points_each();
            let (x, q) = (Rows::repeated(&own, each), Rows::repeated(share.own(&logits)?, each));
            let (points, values) = plate.points_and_values();
            model.rows(share.own(points)?, x, q, share.own_mut(values)?)?;
            share.gather(values)?;
            let loss = values.iter().sum::<f64>() / values.len() as f64;
            plate.tell(estimator)?;
            // Derivatives of the own images, and their sums over all.
            let average = |rows: &[f64]| -> Vec<f64> { rows.iter().map(|g| g / *batch as f64).collect() };
            let (gradient, weights) =
                (average(share.own(plate.gradient())?), average(share.own(plate.weights())?));
            let (mut encoder_sums, mut model_sums) = (RowSums::new(*share, 1), RowSums::new(*share, each));
            encoder_sums.rows_vjp(encoder, [Rows::from(&own)], &gradient, [None])?;
            let points = Rows::from(share.own(plate.points())?);
            model_sums.rows_vjp(model, [points, x, q], &weights, [None, None, None])?;
            let [encoder_total, model_total] = RowSums::add_up([encoder_sums, model_sums])?;
            encoder_total.add_to(of_encoder.gradient)?;
            model_total.add_to(of_model.gradient)?;
            Ok(loss)
        })?;
        Ok(progress.loss())
    }

    /// The negative bound of the images that are not trained on, with one sample of b for each.
    pub fn test(&mut self) -> Result<f64, Error> {
        self.encoder.set_parameters(self.trainer.parameters("encoder")?)?;
        self.model.set_parameters(self.trainer.parameters("decoder")?)?;
        let test = &self.images[TRAIN * PIXELS..];
        let mut logits = vec![0.0; test.len() / PIXELS * LATENTS];
        self.encoder.rows(test, &mut logits)?;
        let mut uniform = vec![0.0; logits.len()];
        Stream::new(0, 0, u64::MAX - 2).fill_open01(&mut uniform);
        let samples = uniform.iter().zip(&logits);
        let b: Vec<f64> = samples.map(|(u, a)| f64::from(u8::from(*u < voidgrad::sigmoid(*a)))).collect();
        let mut values = vec![0.0; test.len() / PIXELS];
        self.model.rows(&b, test, &logits, &mut values)?;
        Ok(values.iter().sum::<f64>() / values.len() as f64)
    }

    /// Everything that the training goes on from; nothing in it depends on the ranks.
    pub fn state(&self) -> TrainerState {
        let mut state = self.trainer.state();
        let (epoch, batch) = self.epochs.position();
        state.extras.insert(format!("batches/{}", self.batch), vec![epoch as f64, batch as f64]);
        state.extras.insert(format!("estimator/{}", self.method), Vec::new());
        for (name, values) in self.estimator.state() {
            state.extras.insert(format!("learned/{name}"), values);
        }
        state
    }

    /// Goes on from a state.
    pub fn restore(&mut self, state: &TrainerState, seed: u64) -> Result<(), Error> {
        let other =
            |what: &str| Error::Arguments(format!("the checkpoint is of a training with another {what}"));
        if state.seed != seed {
            return Err(other("--seed"));
        }
        state.extra(&format!("estimator/{}", self.method)).map_err(|_| other("--estimator"))?;
        let position = state.extra(&format!("batches/{}", self.batch)).map_err(|_| other("--batch"))?;
        let &[epoch, batch] = position else { return Err(other("position")) };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they were counts")]
        self.epochs.set_position(epoch as u64, batch as usize)?;
        let learned = state
            .extras
            .iter()
            .filter_map(|(name, values)| Some((name.strip_prefix("learned/")?, values.as_slice())));
        self.estimator.restore(&learned.collect::<Vec<_>>())?;
        self.trainer.restore(state)?;
        Ok(())
    }
}

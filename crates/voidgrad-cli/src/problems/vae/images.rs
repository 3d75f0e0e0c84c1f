//! A plate of images: f at all points that an estimator asks for, and ĝ.

use voidgrad::estimator::Want;
use voidgrad::network::Rows;
use voidgrad::{Bernoulli, Plate, Stream};

use super::error::StepError;
use super::gradient::Gradient;
use voidgrad_models::{At, Bars, Model};

/// The memory for rounds with so many images.
pub(super) struct Images {
    plate: Plate,
    /// Of q(b|x), for each image.
    logits: Vec<f64>,
    points: Vec<f64>,
    values: Vec<f64>,
}

impl Images {
    /// Memory for so many images.
    ///
    /// # Errors
    /// Returns an error if 0 is no logit, which does not happen.
    pub(super) fn new(model: &dyn Model, images: usize) -> Result<Self, StepError> {
        let prototype = Bernoulli::from_logits(&vec![0.0; model.latents()])?;
        Ok(Self {
            plate: Plate::new(prototype, images),
            logits: vec![0.0; images * model.latents()],
            points: Vec::new(),
            values: Vec::new(),
        })
    }

    /// Asks, and evaluates f at all points.
    ///
    /// # Errors
    /// Returns an error if a number is NaN or infinite.
    pub(super) fn ask(
        &mut self,
        model: &dyn Model,
        decoder: &[f64],
        gradient: &mut Gradient,
        x: &[f64],
        noise: &mut Stream,
    ) -> Result<(), StepError> {
        let Self { plate, logits, points, values } = self;
        model.encode(x, logits)?;
        gradient.set_data(x, logits, decoder)?;
        plate.ask(gradient.estimator(), logits, noise)?;
        points.clear();
        points.extend_from_slice(plate.points());
        let each = plate.points_each();
        let (x, q) = (Rows::repeated(x, each), Rows::repeated(logits, each));
        values.resize(points.len() / model.latents(), 0.0);
        model.bound(points, x, q, values)?;
        plate.values_mut().copy_from_slice(values);
        if plate.wants().contains(&Want::Gradient) {
            // The derivative by the decoder is one that nobody wants here.
            let mut unwanted = vec![0.0; decoder.len()];
            let wanted = |want: &Want| if *want == Want::Gradient { 1.0 } else { 0.0 };
            let weights: Vec<f64> = plate.wants().iter().map(wanted).collect();
            let weights = weights.repeat(values.len() / each);
            let bars = Bars { gradient: &mut unwanted, b: plate.gradients_mut(), x: &mut [] };
            model.bound_vjp(At { b: points, x, q }, &weights, bars)?;
        }
        Ok(())
    }

    /// Answers; the estimator stays as it is.
    ///
    /// # Errors
    /// Returns an error if ĝ is NaN or infinite.
    pub(super) fn answer(&mut self, gradient: &Gradient) -> Result<(), StepError> {
        Ok(self.plate.answer(gradient.estimator())?)
    }

    /// Answers, and the estimator learns.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub(super) fn tell(&mut self, gradient: &mut Gradient) -> Result<(), StepError> {
        Ok(self.plate.tell(gradient.estimator_mut())?)
    }

    /// The logits of q(b|x), for each image.
    pub(super) fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// The plate, with its answers.
    pub(super) fn plate(&self) -> &Plate {
        &self.plate
    }

    /// Adds the gradient of the mean of f by the parameters of both networks.
    ///
    /// # Errors
    /// Returns an error if a derivative is NaN or infinite.
    pub(super) fn add_gradients(
        &self,
        model: &dyn Model,
        x: &[f64],
        [encoder, decoder]: [&mut [f64]; 2],
    ) -> Result<(), StepError> {
        let Self { plate, logits, points, .. } = self;
        let images = plate.examples() as f64;
        let average = |rows: &[f64]| -> Vec<f64> { rows.iter().map(|g| g / images).collect() };
        model.encode_vjp(x, &average(plate.gradient()), encoder)?;
        let each = plate.points_each();
        let at = At { b: points, x: Rows::repeated(x, each), q: Rows::repeated(logits, each) };
        let bars = Bars { gradient: decoder, b: &mut [], x: &mut [] };
        Ok(model.bound_vjp(at, &average(plate.weights()), bars)?)
    }

    /// The mean of f over the images.
    pub(super) fn mean_f(&self) -> f64 {
        self.plate.f().iter().sum::<f64>() / self.plate.examples() as f64
    }
}

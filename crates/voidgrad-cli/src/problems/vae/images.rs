//! A plate of images: f at all points that an estimator asks for, and ĝ.

use voidgrad::estimator::Want;
use voidgrad::network::Rows;
use voidgrad::{Bernoulli, Estimator, Plate, Stream};

use super::error::StepError;
use super::gradient::Gradient;
use voidgrad_models::{At, Bars, Model, Second};

/// The memory for rounds with so many images.
pub(super) struct Images {
    plate: Plate,
    /// Of q(b|x), for each image.
    logits: Vec<f64>,
    /// The second layer, of a model that has one.
    layer: Option<Layer>,
    /// All latent variables of all points, and the logits of q at each of them or for several.
    points: Vec<f64>,
    q: Vec<f64>,
    values: Vec<f64>,
}

/// The second layer of latent variables: the points of the first are the examples of its plate.
struct Layer {
    plate: Plate,
    /// Of q(b₂|b₁), for each point of the first layer.
    logits: Vec<f64>,
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
            layer: None,
            points: Vec::new(),
            q: Vec::new(),
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
        let Self { plate, logits, layer, points, q, values } = self;
        model.encode(x, logits)?;
        gradient.set_data(x, logits, decoder)?;
        plate.ask(gradient.estimator(), logits, noise)?;
        points.clear();
        q.clear();
        if let (Some(second), Some(estimator)) = (model.second(), gradient.second()) {
            let layer = Layer::of(layer, plate.points(), model.latents())?;
            layer.ask(second, estimator, plate.points(), noise)?;
            let each = plate.points_each() * layer.plate.points_each();
            layer.put(logits, plate, points, q);
            values.resize(plate.examples() * each, 0.0);
            model.bound(points, Rows::repeated(x, each), q, values)?;
            layer.plate.values_mut().copy_from_slice(values);
            return Ok(());
        }
        points.extend_from_slice(plate.points());
        q.extend_from_slice(logits);
        let each = plate.points_each();
        let x = Rows::repeated(x, each);
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
        if let (Some(layer), Some(second)) = (&mut self.layer, gradient.second()) {
            layer.plate.answer(second)?;
            // An unbiased estimate of the mean of f over the second layer, given each point of the first.
            self.plate.values_mut().copy_from_slice(layer.plate.f());
        }
        Ok(self.plate.answer(gradient.estimator())?)
    }

    /// Answers, and the estimator learns.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub(super) fn tell(&mut self, gradient: &mut Gradient) -> Result<(), StepError> {
        if let (Some(layer), Some(second)) = (&mut self.layer, gradient.second_mut()) {
            layer.plate.tell(second)?;
            self.plate.values_mut().copy_from_slice(layer.plate.f());
        }
        Ok(self.plate.tell(gradient.estimator_mut())?)
    }

    /// ĝ of all images: by the logits of q(b|x), and after them by a shift of all logits of q(b₂|b₁), if there is a second layer.
    pub(super) fn estimates(&self) -> Vec<f64> {
        let Self { plate, layer, .. } = self;
        let latents = plate.gradient().len() / plate.examples();
        let Some(layer) = layer else { return plate.gradient().to_vec() };
        let mut all = Vec::with_capacity(2 * plate.gradient().len());
        let of_image = layer.gradient(plate.weights());
        let of_images = of_image.chunks(plate.points_each() * latents);
        for (first, second) in plate.gradient().chunks(latents).zip(of_images) {
            all.extend_from_slice(first);
            all.extend((0..latents).map(|m| second[m..].iter().step_by(latents).sum::<f64>()));
        }
        all
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
        let Self { plate, layer, points, q, .. } = self;
        let images = plate.examples() as f64;
        let average = |rows: &[f64]| -> Vec<f64> { rows.iter().map(|g| g / images).collect() };
        model.encode_vjp(x, &average(plate.gradient()), encoder)?;
        let mut weights = average(plate.weights());
        let mut each = plate.points_each();
        if let (Some(layer), Some(second)) = (layer, model.second()) {
            second.encode_vjp(plate.points(), &layer.gradient(&weights), encoder)?;
            each *= layer.plate.points_each();
            weights = layer.weights(&weights);
        }
        let at = At { b: points, x: Rows::repeated(x, each), q };
        let bars = Bars { gradient: decoder, b: &mut [], x: &mut [] };
        Ok(model.bound_vjp(at, &weights, bars)?)
    }

    /// The mean of f over the images.
    pub(super) fn mean_f(&self) -> f64 {
        self.plate.f().iter().sum::<f64>() / self.plate.examples() as f64
    }
}

impl Layer {
    /// The layer for these points of the first.
    ///
    /// # Errors
    /// Returns an error if 0 is no logit, which does not happen.
    fn of<'a>(layer: &'a mut Option<Self>, first: &[f64], latents: usize) -> Result<&'a mut Self, StepError> {
        let examples = first.len() / latents;
        let own = match layer.take() {
            Some(own) if own.plate.examples() == examples => own,
            _ => Self {
                plate: Plate::new(Bernoulli::from_logits(&vec![0.0; latents])?, examples),
                logits: vec![0.0; first.len()],
            },
        };
        Ok(layer.insert(own))
    }

    /// Asks for points of the second layer, given those of the first.
    ///
    /// # Errors
    /// Returns an error if a number is NaN or infinite.
    fn ask(
        &mut self,
        model: &dyn Second,
        estimator: &dyn Estimator,
        first: &[f64],
        noise: &mut Stream,
    ) -> Result<(), StepError> {
        model.encode(first, &mut self.logits)?;
        Ok(self.plate.ask(estimator, &self.logits, noise)?)
    }

    /// Adds the rows of all points, with the bits of both layers, and the logits of q of each row of the first layer.
    fn put(&self, logits: &[f64], first: &Plate, points: &mut Vec<f64>, q: &mut Vec<f64>) {
        let latents = logits.len() / first.examples();
        let (bits, each) = (first.points().chunks(latents), self.plate.points_each());
        for (bits, rows) in bits.zip(self.plate.points().chunks(each * latents)) {
            rows.chunks(latents).for_each(|row| points.extend(bits.iter().chain(row)));
        }
        for (rows, logits) in self.logits.chunks(first.points_each() * latents).zip(logits.chunks(latents)) {
            rows.chunks(latents).for_each(|row| q.extend(logits.iter().chain(row)));
        }
    }

    /// ĝ by the logits of q(b₂|b₁) at each point of the first layer, times the weight of that point.
    fn gradient(&self, of_first: &[f64]) -> Vec<f64> {
        let rows = self.plate.gradient().chunks(self.plate.gradient().len() / of_first.len().max(1));
        rows.zip(of_first).flat_map(|(row, weight)| row.iter().map(move |g| weight * g)).collect()
    }

    /// The weights of all points: of the second layer's times that of the first layer's.
    fn weights(&self, of_first: &[f64]) -> Vec<f64> {
        let rows = self.plate.weights().chunks(self.plate.points_each());
        rows.zip(of_first).flat_map(|(row, weight)| row.iter().map(move |w| weight * w)).collect()
    }
}

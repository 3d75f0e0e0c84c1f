//! Steps by the library: networks and controls on lanes.

use voidgrad::estimators::{Disarm, Rloo};
use voidgrad::nalgebra::{DVectorView, SMatrix, SVector};
use voidgrad::network::{Network, NetworkError, Rows};
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::{Bernoulli, Estimator, Float, Plate, Stream};

use super::models::{Bound, Encoder, Rebar, Relax, WideBound, WideEncoder};
use super::{BATCH, LEARNING_RATE, Method};
use crate::case::Precision;
use crate::given::Given;
use crate::implementation::{Compared, Implementation, Noise, Run};
use voidgrad_kit::error::Error;

/// The training in these numbers.
pub(crate) fn of(method: Method, precision: Precision) -> Box<dyn Implementation> {
    match precision {
        Precision::F64 => Box::new(Training::<f64>::new(method)),
        Precision::F32 => Box::new(Training::<f32>::new(method)),
    }
}

/// The two networks of a model.
trait Model<T: Float> {
    type Encoder: Network;
    type Bound: Network;

    fn start() -> Result<(Self::Encoder, Self::Bound), Error>;
    fn logits(encoder: &Self::Encoder, x: &[T], y: &mut [T]) -> Result<(), NetworkError>;
    fn logits_vjp(
        encoder: &Self::Encoder,
        x: &[T],
        y_bar: &[T],
        sums: &mut [f64],
    ) -> Result<(), NetworkError>;
    fn bound_and_vjp(
        bound: &Self::Bound,
        b: &[T],
        given: [Rows<'_, T>; 2],
        y_bar: &[T],
        y: &mut [T],
        sums: &mut [f64],
    ) -> Result<(), NetworkError>;
}

struct Small;
struct Large;

macro_rules! model {
    ($model:ident, $encoder:ident, $bound:ident) => {
        impl<T: Float> Model<T> for $model {
            type Encoder = $encoder;
            type Bound = $bound;

            fn start() -> Result<($encoder, $bound), Error> {
                let mut stream = Stream::new(1, 0, 0);
                let encoder = $encoder::draw(&mut stream).map_err(Error::computation)?;
                Ok((encoder, $bound::draw(&mut stream).map_err(Error::computation)?))
            }

            fn logits(encoder: &$encoder, x: &[T], y: &mut [T]) -> Result<(), NetworkError> {
                encoder.rows(x, y)
            }

            fn logits_vjp(
                encoder: &$encoder,
                x: &[T],
                y_bar: &[T],
                sums: &mut [f64],
            ) -> Result<(), NetworkError> {
                encoder.rows_vjp(x, y_bar, sums, &mut [])
            }

            fn bound_and_vjp(
                bound: &$bound,
                b: &[T],
                [x, q]: [Rows<'_, T>; 2],
                y_bar: &[T],
                y: &mut [T],
                sums: &mut [f64],
            ) -> Result<(), NetworkError> {
                bound.rows_and_vjp(b, x, q, y_bar, y, sums)
            }
        }
    };
}

model!(Small, Encoder, Bound);
model!(Large, WideEncoder, WideBound);

/// An estimator, and what it is told of the model before a step.
trait Step<T: Float>: Estimator {
    fn see(&mut self, images: &[T], logits: &[T], bound: &Bound) -> Result<(), Error>;
}

impl<T: Float> Step<T> for Rloo {
    fn see(&mut self, _: &[T], _: &[T], _: &Bound) -> Result<(), Error> {
        Ok(())
    }
}

impl<T: Float> Step<T> for Disarm {
    fn see(&mut self, _: &[T], _: &[T], _: &Bound) -> Result<(), Error> {
        Ok(())
    }
}

macro_rules! sees {
    ($($control:ident),*) => {
        $(
            impl<T: Float> Step<T> for $control {
                fn see(&mut self, images: &[T], logits: &[T], bound: &Bound) -> Result<(), Error> {
                    self.set_x(images)
                        .and_then(|()| self.set_q(logits))
                        .and_then(|()| self.set_w(bound.w()))
                        .and_then(|()| self.set_c(bound.c()))
                        .and_then(|()| self.set_a(bound.a()))
                        .map_err(Error::computation)
                }
            }
        )*
    };
}

sees!(Rebar, Relax);

/// A training that is begun anew for every run.
struct Training<T> {
    method: Method,
    images: Vec<T>,
}

/// The parameters of a block, their Adam, and their gradient.
struct Block {
    parameters: Vec<f64>,
    adam: Adam,
    gradient: Vec<f64>,
}

impl Block {
    fn new(parameters: &[f64]) -> Result<Self, Error> {
        let adam = Adam::new(parameters.len(), LEARNING_RATE).map_err(Error::computation)?;
        Ok(Self { parameters: parameters.to_vec(), adam, gradient: vec![0.0; parameters.len()] })
    }

    fn step(&mut self) -> Result<(), Error> {
        self.adam.step(&mut self.parameters, &self.gradient).map_err(Error::computation)?;
        self.gradient.fill(0.0);
        Ok(())
    }
}

impl<T: Float> Training<T> {
    fn new(method: Method) -> Self {
        let images = method.images().iter().map(|pixel| T::default().constant(*pixel)).collect();
        Self { method, images }
    }

    /// All parameters after so many steps.
    fn trained(&self, steps: u64) -> Result<Vec<f64>, Error> {
        let [encoder, decoder, _] = self.method.blocks();
        let start = self.method.start();
        let phi = &start[encoder + decoder..];
        let (w, c, a) = (SMatrix::zeros(), SVector::zeros(), SVector::zeros());
        match self.method {
            Method::Rloo => self.small(steps, Rloo::new(2).map_err(Error::computation)?),
            Method::Disarm => self.small(steps, Disarm::new(2).map_err(Error::computation)?),
            Method::Rebar => self.small(steps, Rebar::from_phi(phi, w, c, a).map_err(Error::computation)?),
            Method::Relax => self.small(steps, Relax::from_phi(phi, w, c, a).map_err(Error::computation)?),
            Method::Wide => {
                let rloo = Rloo::new(2).map_err(Error::computation)?;
                self.steps::<Large, _>(steps, rloo, |_, _, _, _| Ok(()))
            }
        }
    }

    fn small(&self, steps: u64, estimator: impl Step<T>) -> Result<Vec<f64>, Error> {
        self.steps::<Small, _>(steps, estimator, |estimator, images, logits, bound| {
            estimator.see(images, logits, bound)
        })
    }

    fn steps<M: Model<T>, E: Estimator>(
        &self,
        steps: u64,
        mut estimator: E,
        see: impl Fn(&mut E, &[T], &[T], &M::Bound) -> Result<(), Error>,
    ) -> Result<Vec<f64>, Error> {
        let (method, images) = (self.method, &*self.images);
        let [encoders, decoders, _] = method.blocks();
        let start = method.start();
        let (of_encoder, rest) = start.split_at(encoders);
        let (of_bound, of_control) = rest.split_at(decoders);
        let mut blocks = [Block::new(of_encoder)?, Block::new(of_bound)?, Block::new(of_control)?];
        let (mut encoder, mut bound) = M::start()?;
        let latents = method.latents();
        let mut plate =
            Plate::new(Bernoulli::from_logits(&vec![0.0; latents]).map_err(Error::computation)?, BATCH);
        let (mut logits, mut stream) = (vec![T::default(); BATCH * latents], Stream::new(1, 0, 0));
        let share = T::default().constant(1.0 / BATCH as f64);
        let average = |rows: &[T]| -> Vec<T> { rows.iter().map(|entry| *entry * share).collect() };
        for _ in 0..steps {
            encoder.set_parameters(&blocks[0].parameters).map_err(Error::computation)?;
            bound.set_parameters(&blocks[1].parameters).map_err(Error::computation)?;
            M::logits(&encoder, images, &mut logits).map_err(Error::computation)?;
            see(&mut estimator, images, &logits, &bound)?;
            plate.ask(&estimator, &logits, &mut stream).map_err(Error::computation)?;
            let each = plate.points_each();
            let given = [Rows::repeated(images, each), Rows::repeated(&logits, each)];
            // The weights of all these estimators are known before the values are.
            let weights = average(plate.weights());
            let (points, values) = plate.points_and_values();
            M::bound_and_vjp(&bound, points, given, &weights, values, &mut blocks[1].gradient)
                .map_err(Error::computation)?;
            plate.tell(&mut estimator).map_err(Error::computation)?;
            let g = average(plate.gradient());
            M::logits_vjp(&encoder, images, &g, &mut blocks[0].gradient).map_err(Error::computation)?;
            blocks[0].step()?;
            blocks[1].step()?;
            if let Some(control) = estimator.control_mut() {
                // Of the mean over the batch of ‖ĝ‖².
                let scale = latents as f64 / BATCH as f64;
                let phi_bar = plate.variance_gradient().iter().map(|entry| scale * entry);
                blocks[2].gradient.iter_mut().zip(phi_bar).for_each(|(to, from)| *to = from);
                blocks[2].step()?;
                let phi = &blocks[2].parameters;
                control.set_phi(DVectorView::from_slice(phi, phi.len())).map_err(Error::computation)?;
            }
        }
        Ok(blocks.into_iter().flat_map(|block| block.parameters).collect())
    }
}

impl<T: Float> Implementation for Training<T> {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let steps = given.samples() as u64;
        let precision = if size_of::<T>() == size_of::<f64>() { Precision::F64 } else { Precision::F32 };
        Ok(Compared { sums: self.trained(steps)?, noise: Noise::Plates { steps, precision } })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        // As many as the peers' scripts make at once, so that the first parameters, which are drawn for every run, take no part of the time.
        let fewest = if self.method == Method::Wide { 8 } else { 64 };
        let steps = samples.max(fewest);
        Ok(Run::new(steps, self.trained(steps)?))
    }
}

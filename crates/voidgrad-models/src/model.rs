//! What a model is to the rest of the code.

use voidgrad::Control;
use voidgrad::error::ControlError;
use voidgrad::network::{NetworkError, Parameter, Rows};

/// An encoder, and a decoder inside the negative bound `f(b) = ln q(b|x) - ln p(b) - ln p(x|b)`.
///
/// A point b is all latent variables of an image: a row of M bits, or of 2M if there is a [second layer](Self::second), those of the first layer before those of the second. So it is with
/// the logits of q.
pub trait Model: Send + Sync {
    /// M, the number of latent variables of a layer.
    fn latents(&self) -> usize;

    /// Pixels of an image.
    fn pixels(&self) -> usize;

    /// What stands in the parameters of the encoder and of the decoder. The last M parameters of the decoder are the logits of p(b), of the second layer if there is one.
    fn shapes(&self) -> [Vec<Parameter>; 2];

    /// Takes the parameters of the encoder and of the decoder.
    ///
    /// # Errors
    /// Returns an error if there are more or fewer of them, or if one is NaN or infinite.
    fn set_parameters(&mut self, encoder: &[f64], decoder: &[f64]) -> Result<(), NetworkError>;

    /// Writes the logits of q(b|x) of every image, those of the first layer.
    ///
    /// # Errors
    /// Returns an error if a length is wrong, or if a value is NaN or infinite.
    fn encode(&self, x: &[f64], logits: &mut [f64]) -> Result<(), NetworkError>;

    /// Adds the gradient by the encoder's parameters, given that by the logits.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn encode_vjp(&self, x: &[f64], logits_bar: &[f64], gradient: &mut [f64]) -> Result<(), NetworkError>;

    /// Writes f at every point. Each row of `q` is for as many points as `b` is longer.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn bound(&self, b: &[f64], x: Rows<'_, f64>, q: &[f64], values: &mut [f64]) -> Result<(), NetworkError>;

    /// Adds the gradient of `Σ w·f` by the decoder's parameters, and writes that by b and by x, those that are not empty.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn bound_vjp(&self, at: At<'_>, weights: &[f64], bars: Bars<'_>) -> Result<(), NetworkError>;

    /// The controls that relax f, if the model has them.
    fn controls(&self) -> Option<&dyn Controls> {
        None
    }

    /// The second layer of latent variables, if there is one.
    fn second(&self) -> Option<&dyn Second> {
        None
    }
}

/// The second stochastic layer of a model: q(b₂|b₁), and p(b₁|b₂).
pub trait Second: Send + Sync {
    /// Writes the logits of q(b₂|b₁) of every row of the first layer.
    ///
    /// # Errors
    /// As [`Model::encode`].
    fn encode(&self, first: &[f64], logits: &mut [f64]) -> Result<(), NetworkError>;

    /// Adds the gradient by the encoder's parameters, given that by these logits.
    ///
    /// # Errors
    /// As [`Model::encode`].
    fn encode_vjp(&self, first: &[f64], logits_bar: &[f64], gradient: &mut [f64])
    -> Result<(), NetworkError>;

    /// Writes the logits of p(b₁|b₂) of every row of the second layer.
    ///
    /// # Errors
    /// As [`Model::encode`].
    fn decode(&self, second: &[f64], logits: &mut [f64]) -> Result<(), NetworkError>;
}

/// The controls of a model that relax f.
pub trait Controls {
    /// REBAR's control with this φ.
    ///
    /// # Errors
    /// Returns an error if there are more or fewer numbers in φ, or if one can't be used.
    fn rebar(&self, phi: &[f64]) -> Result<Box<dyn Relaxed>, ControlError>;

    /// RELAX's control with this φ.
    ///
    /// # Errors
    /// As [`rebar`](Self::rebar).
    fn relax(&self, phi: &[f64]) -> Result<Box<dyn Relaxed>, ControlError>;
}

/// The points at which f is differentiated.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The points.
    pub b: &'a [f64],
    /// The image of each.
    pub x: Rows<'a, f64>,
    /// The logits of q: each row is for as many points as `b` is longer.
    pub q: &'a [f64],
}

/// The places of derivatives.
pub struct Bars<'a> {
    /// By the parameters of the decoder.
    pub gradient: &'a mut [f64],
    /// By the points.
    pub b: &'a mut [f64],
    /// By the images.
    pub x: &'a mut [f64],
}

/// A control of all latent variables of an image, as threads share it.
pub type Shared = Box<dyn Control + Send + Sync>;

/// A control that relaxes f. It has data for each example, and those of the decoder.
pub trait Relaxed: Send + Sync {
    /// Takes the images of a plate, the logits of q(b|x) of each, and the decoder's parameters.
    ///
    /// # Errors
    /// Returns an error if a length does not fit, or if a number is NaN or infinite.
    fn set_data(&mut self, x: &[f64], q: &[f64], decoder: &[f64]) -> Result<(), ControlError>;

    /// The control.
    fn control(&self) -> &dyn Control;

    /// The control, to be trained.
    fn control_mut(&mut self) -> &mut dyn Control;

    /// The control as an estimator has it.
    fn shared(&self) -> Shared;
}

/// These rows, each for as many points as `b` is longer.
pub(super) fn repeated<'a>(rows: &'a [f64], b: &[f64]) -> Rows<'a, f64> {
    Rows::repeated(rows, b.len().checked_div(rows.len()).unwrap_or(1))
}

/// Implements [`Model`] and [`Controls`] for a struct `Networks` of an `Encoder` and a `Bound`, with a `Rebar` and a `Relax` as its controls; all are in scope. `$set` are the
/// setters of the decoder's parameters in the controls, in their order, each with how many numbers it takes.
macro_rules! model {
    (
        $latents:ident, $pixels:ident;
        rebar: |$rebar:ident| $make_rebar:expr;
        relax: |$relax:ident| $make_relax:expr;
        $($set:ident: $length:expr),*
    ) => {
        impl Model for Networks {
            fn latents(&self) -> usize {
                self.latents
            }

            fn pixels(&self) -> usize {
                self.pixels
            }

            fn shapes(&self) -> [Vec<Parameter>; 2] {
                [self.encoder.shapes(), self.bound.shapes()]
            }

            fn set_parameters(&mut self, encoder: &[f64], decoder: &[f64]) -> Result<(), NetworkError> {
                self.encoder.set_parameters(encoder)?;
                self.bound.set_parameters(decoder)
            }

            fn encode(&self, x: &[f64], logits: &mut [f64]) -> Result<(), NetworkError> {
                self.encoder.rows(x, logits)
            }

            fn encode_vjp(
                &self,
                x: &[f64],
                logits_bar: &[f64],
                gradient: &mut [f64],
            ) -> Result<(), NetworkError> {
                self.encoder.rows_vjp(x, logits_bar, gradient, &mut [])
            }

            fn bound(
                &self,
                b: &[f64],
                x: Rows<'_, f64>,
                q: &[f64],
                values: &mut [f64],
            ) -> Result<(), NetworkError> {
                self.bound.rows(b, x, $crate::model::repeated(q, b), values)
            }

            fn bound_vjp(&self, at: At<'_>, weights: &[f64], bars: Bars<'_>) -> Result<(), NetworkError> {
                let Bars { gradient, b, x } = bars;
                let q = $crate::model::repeated(at.q, at.b);
                self.bound.rows_vjp(at.b, at.x, q, weights, gradient, b, x, &mut [])
            }

            fn controls(&self) -> Option<&dyn Controls> {
                Some(self)
            }
        }

        impl Controls for Networks {
            fn rebar(&self, $rebar: &[f64]) -> Result<Box<dyn Relaxed>, ControlError> {
                let Self { latents: $latents, pixels: $pixels, .. } = *self;
                Ok(Box::new(OfImages { $latents, $pixels, control: $make_rebar? }))
            }

            fn relax(&self, $relax: &[f64]) -> Result<Box<dyn Relaxed>, ControlError> {
                let Self { latents: $latents, pixels: $pixels, .. } = *self;
                Ok(Box::new(OfImages { $latents, $pixels, control: $make_relax? }))
            }
        }

        /// A control of a model of these lengths.
        struct OfImages<C> {
            $latents: usize,
            $pixels: usize,
            control: C,
        }

        $crate::model::relaxed!(Rebar, $latents, $pixels, $($set: $length),*);
        $crate::model::relaxed!(Relax, $latents, $pixels, $($set: $length),*);
    };
}

/// Gives a control the data of a plate.
macro_rules! relaxed {
    ($control:ident, $latents:ident, $pixels:ident, $($set:ident: $length:expr),*) => {
        impl Relaxed for OfImages<$control> {
            fn set_data(&mut self, x: &[f64], q: &[f64], decoder: &[f64]) -> Result<(), ControlError> {
                let Self { $latents, $pixels, control } = self;
                let ($latents, $pixels) = (*$latents, *$pixels);
                control.set_x(x)?;
                control.set_q(q)?;
                let rest = decoder;
                $(
                    let (entries, rest) = rest.split_at(rest.len().min($length));
                    control.$set(entries)?;
                )*
                let _ = rest;
                Ok(())
            }

            fn control(&self) -> &dyn Control {
                &self.control
            }

            fn control_mut(&mut self) -> &mut dyn Control {
                &mut self.control
            }

            fn shared(&self) -> Shared {
                Box::new(self.control.clone())
            }
        }
    };
}

pub(super) use {model, relaxed};

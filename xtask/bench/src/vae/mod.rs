//! Whole training steps of a variational autoencoder with binary latent variables: an encoder, a decoder, a prior, and for REBAR and RELAX a control.
//!
//! The encoder is linear, `q(b|x) = Bern(σ(W_e(2x - 1) + d))`, and so is the decoder, `p(x|b) = Bern(σ(W_d(2b - 1) + c))`; the prior has the logits a. f is the negative bound
//! `ln q(b|x) - ln p(b) - ln p(x|b)` with the logits of q held constant. Adam moves all parameters with the same rate.

mod generated;
mod models;
mod reference;

use voidgrad::Stream;

pub(crate) use generated::of;
pub(crate) use reference::Reference;

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// RLOO with two samples.
    Rloo,
    /// `DisARM` with one pair.
    Disarm,
    /// REBAR: `η·f(σ(z/λ))`, η and ln λ trained.
    Rebar,
    /// RELAX: a network of 64 tanh units of the image and the relaxed code beside it.
    Relax,
    /// RLOO with 784 pixels and 200 latent variables.
    Wide,
}

/// Images in a batch; every step has the same ones.
pub(crate) const BATCH: usize = 100;
/// Units of RELAX's network.
const UNITS: usize = 64;
/// The learning rate of everything.
pub(crate) const LEARNING_RATE: f64 = 3e-3;

impl Method {
    /// M, the latent variables of an image.
    pub(crate) fn latents(self) -> usize {
        if self == Self::Wide { 200 } else { 32 }
    }

    /// The pixels of an image.
    pub(crate) fn pixels(self) -> usize {
        if self == Self::Wide { 784 } else { 64 }
    }

    /// Steps that are compared.
    pub(crate) fn compared_steps(self) -> usize {
        if self == Self::Wide { 2 } else { 8 }
    }

    /// Whether a step draws a second number for each variable: that of a second sample, or of z̃.
    fn draws_twice(self) -> bool {
        self != Self::Disarm
    }

    /// Whether ĝ has a control.
    fn has_control(self) -> bool {
        matches!(self, Self::Rebar | Self::Relax)
    }

    /// The numbers of all blocks: the encoder's W by columns and d, the decoder's W by columns, c and a, and φ.
    pub(crate) fn blocks(self) -> [usize; 3] {
        let (latents, pixels) = (self.latents(), self.pixels());
        let control = match self {
            Self::Rebar => 2,
            Self::Relax => 2 + UNITS * (pixels + latents + 2),
            _ => 0,
        };
        [latents * pixels + latents, pixels * latents + pixels + latents, control]
    }

    /// All parameters before the first step, block after block: uniform in ±0.1, and η = 1 and λ = ½.
    pub(crate) fn start(self) -> Vec<f64> {
        let [encoder, decoder, control] = self.blocks();
        let mut all = vec![0.0; encoder + decoder + control];
        Stream::new(5, 0, 0).fill_open01(&mut all);
        for entry in &mut all {
            *entry = 0.1 * (2.0 * *entry - 1.0);
        }
        if control > 0 {
            let phi = &mut all[encoder + decoder..];
            (phi[0], phi[1]) = (1.0, 0.5_f64.ln());
        }
        all
    }

    /// The pixels of all images, 0 or 1.
    pub(crate) fn images(self) -> Vec<f64> {
        let mut pixels = vec![0.0; BATCH * self.pixels()];
        Stream::new(6, 0, 0).fill_open01(&mut pixels);
        for pixel in &mut pixels {
            *pixel = f64::from(u8::from(*pixel < 0.4));
        }
        pixels
    }
}

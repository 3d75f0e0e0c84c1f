//! The gradient over all states, for few latent variables.
//!
//! f is linear in x, so every state is decoded once for all images: `f(b) = ln q(b|x) - ln p(b) - x·l(b) + s(b)`, with the logits l of the pixels and the sum s
//! of their softplus. The decoder's gradient at a state is that at the mean of the images, weighted with their probabilities of the state.

use rayon::prelude::*;
use voidgrad::network::Rows;
use voidgrad::{sigmoid, softplus};
use voidgrad_models::{At, Bars, Model};

use super::error::StepError;

/// All states of the latent variables.
pub(super) struct Exact {
    /// Rows of M bits.
    states: Vec<f64>,
}

impl Exact {
    /// All states of the model's latent variables; there must be few of them.
    pub(super) fn new(model: &dyn Model) -> Self {
        let latents = model.latents();
        let bits = |state: usize| (0..latents).map(move |m| f64::from(u8::from(state >> m & 1 == 1)));
        Self { states: (0..1 << latents).flat_map(bits).collect() }
    }

    /// Adds the gradient of the mean of `E[f]` over the images by the parameters of both networks. The result is that mean.
    ///
    /// # Errors
    /// Returns an error if a number is NaN or infinite.
    pub(super) fn add_gradients(
        &self,
        model: &dyn Model,
        parameters: &[f64],
        x: &[f64],
        [encoder, decoder]: [&mut [f64]; 2],
    ) -> Result<f64, StepError> {
        let (latents, pixels) = (model.latents(), model.pixels());
        let count = self.states.len() / latents;
        let mut q = vec![0.0; x.len() / pixels * latents];
        model.encode(x, &mut q)?;
        let (pixel_logits, fixed) = self.decoded(model, parameters)?;

        // Everything but ln q, state by state.
        let images = q.len() / latents;
        let mut rest = vec![0.0; count * images];
        let rows = rest.par_chunks_mut(images).zip(pixel_logits.par_chunks(pixels)).zip(&fixed);
        rows.for_each(|((rest, logits), fixed)| {
            rest.iter_mut().zip(x.chunks(pixels)).for_each(|(rest, x)| *rest = fixed - dot(x, logits));
        });
        // For each image its expectation, its gradient by the logits, and the probabilities of the states.
        let (mut expectations, mut q_bar) = (vec![0.0; images], vec![0.0; q.len()]);
        let mut probabilities = vec![0.0; images * count];
        let rows =
            probabilities.par_chunks_mut(count).zip(q_bar.par_chunks_mut(latents)).zip(&mut expectations);
        rows.zip(q.par_chunks(latents)).enumerate().for_each(|(n, (((p, q_bar), expectation), q))| {
            *expectation = self.answer(q, |state| rest[state * images + n], p, q_bar);
            for q_bar in q_bar {
                *q_bar /= images as f64;
            }
        });
        model.encode_vjp(x, &q_bar, encoder)?;
        // For each state its probability over all images, and their mean.
        let (mut weights, mut means) = (vec![0.0; count], vec![0.0; count * pixels]);
        let rows = weights.par_iter_mut().zip(means.par_chunks_mut(pixels)).enumerate();
        rows.for_each(|(state, (weight, mean))| {
            for (p, x) in probabilities.chunks(count).zip(x.chunks(pixels)) {
                let share = p[state] / images as f64;
                *weight += share;
                mean.iter_mut().zip(x).for_each(|(mean, x)| *mean += share * x);
            }
            for mean in mean {
                *mean = if *weight > 0.0 { *mean / *weight } else { 0.0 };
            }
        });
        // The logits of q(b|x) are no parameters of the decoder, whatever they are.
        let zeros = vec![0.0; latents];
        let at = At { b: &self.states, x: Rows::from(&means), q: &zeros };
        model.bound_vjp(at, &weights, Bars { gradient: decoder, b: &mut [], x: &mut [] })?;
        Ok(expectations.iter().sum::<f64>() / images as f64)
    }

    /// `E[f]` of one image with the logits q, given what f is at a state without ln q. Also writes the probabilities of the states and the gradient by q.
    fn answer(&self, q: &[f64], rest: impl Fn(usize) -> f64, p: &mut [f64], q_bar: &mut [f64]) -> f64 {
        let latents = q.len();
        let normaliser: f64 = q.iter().map(|q| softplus(*q)).sum();
        let ln_q: Vec<f64> = self.states.chunks(latents).map(|b| dot(b, q) - normaliser).collect();
        let f: Vec<f64> = ln_q.iter().enumerate().map(|(state, ln_q)| ln_q + rest(state)).collect();
        p.iter_mut().zip(&ln_q).for_each(|(p, ln_q)| *p = ln_q.exp());
        let expectation = dot(p, &f);
        let theta: Vec<f64> = q.iter().map(|q| sigmoid(*q)).collect();
        for ((b, p), f) in self.states.chunks(latents).zip(&*p).zip(&f) {
            // The mean of the score is 0: less the expectation, a large constant in f costs no digits.
            let centred = p * (f - expectation);
            for ((q_bar, b), theta) in q_bar.iter_mut().zip(b).zip(&theta) {
                *q_bar += centred * (b - theta);
            }
        }
        expectation
    }

    /// The logits of the pixels at every state, and what f has beside them and beside ln q(b|x).
    ///
    /// # Errors
    /// Returns an error if a number is NaN or infinite.
    fn decoded(&self, model: &dyn Model, parameters: &[f64]) -> Result<(Vec<f64>, Vec<f64>), StepError> {
        let latents = model.latents();
        let count = self.states.len() / latents;
        let white = vec![0.0; count * model.pixels()];
        let zeros = vec![0.0; latents];
        let (x, q) = (Rows::from(&white), &zeros[..]);
        let mut values = vec![0.0; count];
        model.bound(&self.states, x, q, &mut values)?;
        // With logits of 0, ln q is -M·ln 2.
        for value in &mut values {
            *value += latents as f64 * std::f64::consts::LN_2;
        }
        let mut unwanted = vec![0.0; parameters.len()];
        let mut logits = vec![0.0; white.len()];
        let bars = Bars { gradient: &mut unwanted, b: &mut [], x: &mut logits };
        model.bound_vjp(At { b: &self.states, x, q }, &vec![-1.0; count], bars)?;
        Ok((logits, values))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four sums, so that they can be made side by side.
    let mut sums = [0.0; 4];
    let (quads, rest) = (a.chunks_exact(4).zip(b.chunks_exact(4)), a.len() / 4 * 4);
    for (a, b) in quads {
        for i in 0..4 {
            sums[i] += a[i] * b[i];
        }
    }
    let tail: f64 = a[rest..].iter().zip(&b[rest..]).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + tail
}

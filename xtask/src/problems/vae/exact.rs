//! The gradient over all states, for few latent variables.
//!
//! f is linear in x, so every state is decoded once for all images: `f(b) = ln q(b|x) - ln p(b) - x·l(b) + s(b)`, with the logits l of the pixels and the sum s
//! of their softplus. The decoder's gradient at a state is that at the mean of the images, weighted with their probabilities of the state.

use voidgrad::network::Rows;
use voidgrad::{sigmoid, softplus};
use xtask_models::{At, Bars, Model};

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

        let images = q.len() / latents;
        let share = 1.0 / images as f64;
        // The probability of each state, over all images, and the images that it is weighted with.
        let (mut weights, mut means) = (vec![0.0; count], vec![0.0; count * pixels]);
        let (mut mean_f, mut q_bar) = (0.0, vec![0.0; q.len()]);
        let mut f = vec![0.0; count];
        for ((x, q), q_bar) in x.chunks(pixels).zip(q.chunks(latents)).zip(q_bar.chunks_mut(latents)) {
            let theta: Vec<f64> = q.iter().map(|q| sigmoid(*q)).collect();
            let normaliser: f64 = q.iter().map(|q| softplus(*q)).sum();
            let rows = self.states.chunks(latents).zip(pixel_logits.chunks(pixels)).zip(&fixed);
            let ln_q = |b: &[f64]| dot(b, q) - normaliser;
            for (f, ((b, logits), fixed)) in f.iter_mut().zip(rows) {
                *f = ln_q(b) + fixed - dot(x, logits);
            }
            let probabilities: Vec<f64> = self.states.chunks(latents).map(|b| ln_q(b).exp()).collect();
            let expectation = dot(&probabilities, &f);
            mean_f += share * expectation;
            for (state, (b, probability)) in self.states.chunks(latents).zip(&probabilities).enumerate() {
                // The mean of the score is 0: less the expectation, a large constant in f costs no digits.
                let weight = share * probability;
                let centred = weight * (f[state] - expectation);
                for ((q_bar, b), theta) in q_bar.iter_mut().zip(b).zip(&theta) {
                    *q_bar += centred * (b - theta);
                }
                weights[state] += weight;
                let mean = &mut means[state * pixels..][..pixels];
                mean.iter_mut().zip(x).for_each(|(mean, x)| *mean += weight * x);
            }
        }
        model.encode_vjp(x, &q_bar, encoder)?;
        for (mean, weight) in means.chunks_mut(pixels).zip(&weights) {
            for mean in mean {
                *mean = if *weight > 0.0 { *mean / weight } else { 0.0 };
            }
        }
        // The logits of q(b|x) are no parameters of the decoder, whatever they are.
        let zeros = vec![0.0; latents];
        let at = At { b: &self.states, x: Rows::from(&means), q: Rows::repeated(&zeros, count) };
        model.bound_vjp(at, &weights, Bars { gradient: decoder, b: &mut [], x: &mut [] })?;
        Ok(mean_f)
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
        let (x, q) = (Rows::from(&white), Rows::repeated(&zeros, count));
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

//! The same training in plain loops, one image after the other; ĝ with a control is the library's estimate of one example.

use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::noise::BlockStream;
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::{Bernoulli, Control, Estimate, Noise, Stream, sigmoid, softplus};

use super::models::{Rebar, Relax};
use super::{BATCH, LEARNING_RATE, Method};
use crate::case::Precision;
use crate::given::Given;
use voidgrad_kit::error::Error;

/// How many examples of a plate have noise of one block.
const SHARE: usize = 16;

/// The training of one method.
pub(crate) struct Reference {
    method: Method,
    images: Vec<f64>,
}

/// The parameters of a linear layer, W by columns and then the shift.
struct Layer<'a> {
    w: &'a [f64],
    shift: &'a [f64],
}

impl<'a> Layer<'a> {
    fn new(parameters: &'a [f64], [rows, columns]: [usize; 2]) -> Self {
        let (w, rest) = parameters.split_at(rows * columns);
        Self { w, shift: &rest[..rows] }
    }

    /// `W·(2x - 1) + shift`.
    fn of(&self, x: &[f64]) -> Vec<f64> {
        let rows = self.shift.len();
        let sum =
            |i: usize| x.iter().enumerate().map(|(j, x)| self.w[i + rows * j] * (2.0 * x - 1.0)).sum::<f64>();
        (0..rows).map(|i| self.shift[i] + sum(i)).collect()
    }
}

/// Adds `y_bar·(2x - 1)ᵀ` and `y_bar` to the gradient of a layer.
fn add_layer(gradient: &mut [f64], y_bar: &[f64], x: &[f64]) {
    let rows = y_bar.len();
    for (j, x) in x.iter().enumerate() {
        for (i, bar) in y_bar.iter().enumerate() {
            gradient[i + rows * j] += bar * (2.0 * x - 1.0);
        }
    }
    let shift = rows * x.len();
    gradient[shift..][..rows].iter_mut().zip(y_bar).for_each(|(sum, bar)| *sum += bar);
}

/// `ln p` of bits with these logits.
fn ln_p(bits: &[f64], logits: &[f64]) -> f64 {
    bits.iter().zip(logits).map(|(b, a)| b * a - softplus(*a)).sum()
}

impl Reference {
    pub(crate) fn new(method: Method) -> Self {
        Self { method, images: method.images() }
    }

    /// All parameters after a step for each sample of the noise.
    pub(crate) fn trained(&self, given: &Given) -> Result<Vec<f64>, Error> {
        let blocks = self.method.blocks();
        let mut all = self.method.start();
        let adam = |count: usize| Adam::new(count, LEARNING_RATE).map_err(Error::computation);
        let mut adams = [adam(blocks[0])?, adam(blocks[1])?, adam(blocks[2])?];
        for (u, v) in given.rows() {
            let gradient = self.gradient(&all, u, v)?;
            let mut first = 0;
            for (adam, count) in adams.iter_mut().zip(blocks) {
                let range = first..first + count;
                adam.step(&mut all[range.clone()], &gradient[range]).map_err(Error::computation)?;
                first += count;
            }
        }
        Ok(all)
    }

    /// The noise of so many steps of the library: of an image u, and then v if it is drawn.
    pub(crate) fn drawn(&self, steps: u64, precision: Precision) -> Given {
        let latents = self.method.latents();
        let (mut u, mut v, mut stream) = (Vec::new(), Vec::new(), Stream::new(1, 0, 0));
        let each = if self.method.draws_twice() { 2 * latents } else { latents };
        let is_signed = precision == Precision::F32 && !self.method.has_control();
        for _ in 0..steps {
            for images in (0..BATCH).step_by(SHARE).map(|first| SHARE.min(BATCH - first)) {
                let mut block = BlockStream::take(&mut stream);
                let mut numbers = vec![0.5; images * each];
                if is_signed {
                    let mut signed = vec![0.0_f32; images * each];
                    block.fill_signed(0.0_f32, &mut signed);
                    let of_signed = |x: &f32| f64::from(u8::from(*x < 0.0)) + 0.5 * f64::from(*x);
                    numbers.iter_mut().zip(&signed).for_each(|(u, x)| *u = of_signed(x));
                } else {
                    block.fill_open01(&mut numbers);
                }
                for numbers in numbers.chunks(each) {
                    u.extend_from_slice(&numbers[..latents]);
                    v.extend_from_slice(&numbers[each - latents..]);
                }
            }
        }
        Given { variables: BATCH * latents, u, v }
    }

    /// The gradient of all blocks.
    fn gradient(&self, all: &[f64], u: &[f64], v: &[f64]) -> Result<Vec<f64>, Error> {
        let method = self.method;
        let (latents, pixels, [encoders, decoders, parameters]) =
            (method.latents(), method.pixels(), method.blocks());
        let encoder = Layer::new(all, [latents, pixels]);
        let of_bound = &all[encoders..][..decoders];
        let (decoder, a) = (Layer::new(of_bound, [pixels, latents]), &of_bound[decoders - latents..]);
        let f = |b: &[f64], x: &[f64], q: &[f64]| ln_p(b, q) - ln_p(b, a) - ln_p(x, &decoder.of(b));
        let mut gradient = vec![0.0; all.len()];
        let mut phi_bar = vec![0.0; parameters];
        let share = 1.0 / BATCH as f64;
        let images =
            self.images.chunks_exact(pixels).zip(u.chunks_exact(latents).zip(v.chunks_exact(latents)));
        for (x, (u, v)) in images {
            let q = encoder.of(x);
            let bits = |u: &[f64]| -> Vec<f64> {
                u.iter().zip(&q).map(|(u, q)| f64::from(u8::from(*u >= sigmoid(-q)))).collect()
            };
            let b = bits(u);
            let (g, points): (Vec<f64>, Vec<Vec<f64>>) = match method {
                Method::Rloo | Method::Wide => {
                    let other = bits(v);
                    let half = 0.5 * (f(&b, x, &q) - f(&other, x, &q));
                    (b.iter().zip(&other).map(|(b, other)| half * (b - other)).collect(), vec![b, other])
                }
                Method::Disarm => {
                    let mirrored: Vec<f64> = u.iter().map(|u| 1.0 - u).collect();
                    let other = bits(&mirrored);
                    let half = 0.5 * (f(&b, x, &q) - f(&other, x, &q));
                    let g = b
                        .iter()
                        .zip(&other)
                        .zip(&q)
                        .map(|((b, other), q)| half * (b - other) * sigmoid(q.abs()));
                    (g.collect(), vec![b, other])
                }
                Method::Rebar | Method::Relax => {
                    let control = self.control(&all[encoders + decoders..], of_bound, x, &q)?;
                    let bernoulli = Bernoulli::from_logits(&q).map_err(Error::computation)?;
                    let noise = Noise::new(u, v).map_err(Error::computation)?;
                    let mut estimate = Estimate::new(latents);
                    let value = f(&b, x, &q);
                    estimate
                        .update(&bernoulli, &|_: &[f64]| value, &control, noise)
                        .map_err(Error::computation)?;
                    estimate.add_variance_gradient(&control, &mut phi_bar);
                    (estimate.gradient.as_slice().to_vec(), vec![b])
                }
            };
            let g: Vec<f64> = g.iter().map(|g| share * g).collect();
            add_layer(&mut gradient, &g, x);
            let weight = share / points.len() as f64;
            for b in &points {
                let logits = decoder.of(b);
                let image: Vec<f64> = logits.iter().zip(x).map(|(l, x)| weight * (sigmoid(*l) - x)).collect();
                add_layer(&mut gradient[encoders..], &image, b);
                let prior = &mut gradient[encoders + decoders - latents..][..latents];
                prior.iter_mut().zip(b).zip(a).for_each(|((sum, b), a)| *sum -= weight * (b - sigmoid(*a)));
            }
        }
        // The library's derivative is that of the mean over the variables.
        let scale = latents as f64 * share;
        gradient[encoders + decoders..].iter_mut().zip(&phi_bar).for_each(|(to, bar)| *to = scale * bar);
        Ok(gradient)
    }

    /// The control of one image.
    fn control(
        &self,
        phi: &[f64],
        of_bound: &[f64],
        x: &[f64],
        q: &[f64],
    ) -> Result<Box<dyn Control>, Error> {
        let (w, rest) = of_bound.split_at(64 * 32);
        let (c, a) = rest.split_at(64);
        let (w, c, a) =
            (SMatrix::from_column_slice(w), SVector::from_column_slice(c), SVector::from_column_slice(a));
        if self.method == Method::Rebar {
            let mut control = Rebar::from_phi(phi, w, c, a).map_err(Error::computation)?;
            control.set_x(x).and_then(|()| control.set_q(q)).map_err(Error::computation)?;
            return Ok(Box::new(control));
        }
        let mut control = Relax::from_phi(phi, w, c, a).map_err(Error::computation)?;
        control.set_x(x).and_then(|()| control.set_q(q)).map_err(Error::computation)?;
        Ok(Box::new(control))
    }
}

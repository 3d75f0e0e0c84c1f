//! A variational autoencoder with 32 binary latent variables, on images of handwritten digits.
//!
//! `cargo run --release --package voidgrad --example vae`
//!
//! The latent variables b of an image x have logits that a linear encoder makes of it. A linear decoder makes the image's logits of b. Both descend the negative
//! evidence bound `E_q[ln q(b|x) - ln p(b) - ln p(x|b)]`: the decoder by the derivatives of what is inside, the encoder by those of an expectation over b,
//! which [`Disarm`] estimates from two values of it.

use std::error::Error;

use voidgrad::estimators::Disarm;
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::network::{Network, Rows};
use voidgrad::optimise::Adam;
use voidgrad::train::{Block, Epochs, Gradients};
use voidgrad::{Bernoulli, Plate, Stream, Trainer, network, softplus};

const LATENTS: usize = 32;
const PIXELS: usize = 64;
const BATCH: usize = 100;
const STEPS: usize = 3_000;

/// The logits of q(b|x).
#[network(each(x))]
fn encoder(x: &SVector<f64, 64>, w: &SMatrix<f64, 32, 64>, d: &SVector<f64, 32>) -> SVector<f64, 32> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

/// ln q(b|x) - ln p(b) - ln p(x|b): q has the logits `q`, p(b) the logits `a`, p(x|b) those of the decoder.
#[network(each(b, x, q))]
fn negative_bound(
    b: &SVector<f64, 32>,
    x: &SVector<f64, 64>,
    q: &SVector<f64, 32>,
    w: &SMatrix<f64, 64, 32>,
    c: &SVector<f64, 64>,
    a: &SVector<f64, 32>,
) -> f64 {
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let prior = b.dot(a) - a.map(softplus).sum();
    b.dot(q) - q.map(softplus).sum() - prior - image
}

fn main() -> Result<(), Box<dyn Error>> {
    let images = images(include_str!("data/digits.txt"))?;
    let (train, test) = images.split_at(1_500 * PIXELS);
    let mut noise = Stream::new(1, 0, 0);
    let (mut encoder, mut model) = (Encoder::draw(&mut noise)?, NegativeBound::draw(&mut noise)?);
    let block = |parameters: &[f64]| -> Result<Block, Box<dyn Error>> {
        Ok(Block::new(parameters.to_vec(), Adam::new(parameters.len(), 3e-3)?))
    };
    let mut trainer = Trainer::new(1, 0)
        .block("encoder", block(encoder.parameters())?)?
        .block("decoder", block(model.parameters())?)?;

    let mut estimator = Disarm::new(2)?;
    let mut plate = Plate::new(Bernoulli::from_logits(&[0.0; LATENTS])?, BATCH);
    let mut epochs = Epochs::new(train.len() / PIXELS, BATCH, 2)?;
    let mut logits = vec![0.0; BATCH * LATENTS];
    for step in 1..=STEPS {
        let batch: Vec<f64> =
            epochs.next_batch().iter().flat_map(|&n| &train[n * PIXELS..][..PIXELS]).copied().collect();
        let progress = trainer.step(&mut |step: &mut Gradients<'_>| -> Result<f64, Box<dyn Error>> {
            let ([of_encoder, of_model], noise) = step.parts(["encoder", "decoder"])?;
            encoder.set_parameters(of_encoder.parameters)?;
            model.set_parameters(of_model.parameters)?;
            // f at all points of all images.
            encoder.rows(&batch, &mut logits)?;
            plate.ask(&estimator, &logits, noise)?;
            let each = plate.points_each();
            let (x, q) = (Rows::repeated(&batch, each), Rows::repeated(&logits, each));
            let (points, values) = plate.points_and_values();
            model.rows(points, x, q, values)?;
            let loss = mean(values);
            // ĝ for the encoder, and the weights of the points for the decoder.
            plate.tell(&mut estimator)?;
            let average = |rows: &[f64]| -> Vec<f64> { rows.iter().map(|g| g / BATCH as f64).collect() };
            encoder.rows_vjp(&batch, &average(plate.gradient()), of_encoder.gradient, &mut [])?;
            let weights = average(plate.weights());
            model.rows_vjp(plate.points(), x, q, &weights, of_model.gradient, &mut [], &mut [], &mut [])?;
            Ok(loss)
        })?;
        if step % 500 == 0 {
            println!("step {step}: the negative bound of a batch is {:.2}", progress.loss());
        }
    }

    // One sample of b for each image that was not trained on.
    let mut logits = vec![0.0; test.len() / PIXELS * LATENTS];
    encoder.rows(test, &mut logits)?;
    let mut uniform = vec![0.0; logits.len()];
    noise.fill_open01(&mut uniform);
    let b: Vec<f64> =
        uniform.iter().zip(&logits).map(|(u, a)| f64::from(*u < voidgrad::sigmoid(*a))).collect();
    let mut values = vec![0.0; test.len() / PIXELS];
    model.rows(&b, test, &logits, &mut values)?;
    println!("the negative bound of {} test images is {:.2}", values.len(), mean(&values));
    Ok(())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The pixels of all images, one image after the other.
fn images(lines: &str) -> Result<Vec<f64>, std::num::ParseIntError> {
    let mut pixels = Vec::new();
    for line in lines.lines() {
        let bits = u64::from_str_radix(line, 16)?;
        pixels.extend((0..PIXELS).rev().map(|i| f64::from(u8::from(bits >> i & 1 == 1))));
    }
    Ok(pixels)
}

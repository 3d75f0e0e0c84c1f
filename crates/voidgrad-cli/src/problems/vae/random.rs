//! What is drawn before the first step, and the names of all streams.

use voidgrad::Stream;
use voidgrad::network::{Parameter, Shape};

use super::experiment::{ETA, LAMBDA};
use voidgrad_models::{Model, UNITS};

/// The rows of the streams `(seed, run, row)`. Row 0 is the trainer's.
pub(super) const WEIGHTS: u64 = 1;
/// The images of each batch.
pub(super) const BATCHES: u64 = 2;
/// The weights of a control.
pub(super) const CONTROL: u64 = 3;
/// The codes of the samples that are shown.
pub(super) const PICTURES: u64 = 4;
/// The noise with which a control is learned.
pub(super) const LEARNER: u64 = 5;
/// Samples for numbers about a model: this one and those above it, one for each record.
pub(super) const RECORDS: u64 = 1 << 32;
/// Streams of each record.
pub(super) const STREAMS: u64 = 8;

/// The standard deviation of the first weights.
const DEVIATION: f64 = 0.1;

/// The first parameters of a network: matrices from N(0, 0.1²), everything else 0.
pub(super) fn parameters(shapes: &[Parameter], stream: &mut Stream) -> Vec<f64> {
    let mut flat = Vec::new();
    for Parameter { shape, .. } in shapes {
        match shape {
            Shape::Matrix(..) => flat.extend(normal(shape.entries(), DEVIATION, stream)),
            Shape::Number | Shape::Array(_) => flat.resize(flat.len() + shape.entries(), 0.0),
        }
    }
    flat
}

/// The first φ of RELAX's control: the weights of its hidden units from N(0, 1/(pixels + M)), its last layer 0.
pub(super) fn phi_of_relax(model: &dyn Model, stream: &mut Stream) -> Vec<f64> {
    let inputs = model.pixels() + model.latents();
    let mut phi = vec![ETA, LAMBDA.ln()];
    phi.extend(normal(UNITS * inputs, (1.0 / inputs as f64).sqrt(), stream));
    // Biases, the last layer and its bias.
    phi.resize(phi.len() + 2 * UNITS + 1, 0.0);
    phi
}

/// Normal numbers, by the method of Box and Muller.
fn normal(count: usize, deviation: f64, stream: &mut Stream) -> Vec<f64> {
    let mut uniform = vec![0.0; 2 * count];
    stream.fill_open01(&mut uniform);
    let pairs = uniform.chunks_exact(2);
    pairs
        .map(|pair| deviation * (-2.0 * pair[0].ln()).sqrt() * (std::f64::consts::TAU * pair[1]).cos())
        .collect()
}

/// The images of a batch, drawn with replacement from so many; step 0 is the first.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a uniform number times a length is an index"
)]
pub(super) fn batch(seed: u64, run: u64, step: u64, size: usize, images: usize) -> Vec<usize> {
    let mut stream = Stream::new(seed, run, BATCHES);
    // A number takes two words.
    stream.set_position(2 * u128::from(step) * size as u128);
    let mut uniform = vec![0.0; size];
    stream.fill_open01(&mut uniform);
    uniform.iter().map(|u| ((u * images as f64) as usize).min(images - 1)).collect()
}

//! The model of the example `vae` of voidgrad: a linear encoder and a linear decoder of handwritten digits.

use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::{network, softplus};

pub const LATENTS: usize = 32;
pub const PIXELS: usize = 64;
/// Images to train on; the others are for the test.
pub const TRAIN: usize = 1_500;

/// The logits of q(b|x).
#[network(each(x))]
pub fn encoder(x: &SVector<f64, 64>, w: &SMatrix<f64, 32, 64>, d: &SVector<f64, 32>) -> SVector<f64, 32> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

/// ln q(b|x) - ln p(b) - ln p(x|b): q has the logits `q`, p(b) the logits `a`, p(x|b) those of the decoder.
#[network(each(b, x, q))]
pub fn negative_bound(
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

/// The pixels of all images, one image after the other.
pub fn images() -> Result<Vec<f64>, std::num::ParseIntError> {
    let mut pixels = Vec::new();
    for line in include_str!("../../../../voidgrad/examples/data/digits.txt").lines() {
        let bits = u64::from_str_radix(line, 16)?;
        pixels.extend((0..PIXELS).rev().map(|i| f64::from(u8::from(bits >> i & 1 == 1))));
    }
    Ok(pixels)
}

//! One linear layer on either side.

use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::network::{Network, NetworkError, Parameter, Rows};
use voidgrad::{Stream, network, softplus};

use crate::literal::{rebar, relax};
use crate::model::{At, Bars, Model, Relaxed, Unavailable, networks};

/// The logits of q(b|x).
#[network(each(x))]
fn encoder(x: &DVector<f64>, w: &DMatrix<f64>, d: &DVector<f64>) -> DVector<f64> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

/// ln q(b|x) - ln p(b) - ln p(x|b).
#[network(each(b, x, q))]
fn bound(
    b: &DVector<f64>,
    x: &DVector<f64>,
    q: &DVector<f64>,
    w: &DMatrix<f64>,
    c: &DVector<f64>,
    a: &DVector<f64>,
) -> f64 {
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let prior = b.dot(a) - a.map(softplus).sum();
    b.dot(q) - q.map(softplus).sum() - prior - image
}

/// The networks of the model.
struct Networks {
    latents: usize,
    pixels: usize,
    encoder: Encoder,
    bound: Bound,
}

/// The model of these lengths. Its parameters are to be set.
///
/// # Errors
/// Returns an error if there is no memory for them.
pub(super) fn model(latents: usize, pixels: usize) -> Result<Box<dyn Model>, NetworkError> {
    let mut stream = Stream::new(0, 0, 0);
    let encoder = Encoder::draw(&mut stream, [latents, pixels], latents)?;
    let bound = Bound::draw(&mut stream, [pixels, latents], pixels, latents)?;
    Ok(Box::new(Networks { latents, pixels, encoder, bound }))
}

networks!();

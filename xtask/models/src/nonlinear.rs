//! Two hidden layers of [`UNITS`] tanh units on either side.

use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::network::{Network, NetworkError, Parameter, Rows};
use voidgrad::{Stream, network, softplus};

use crate::UNITS;
use crate::model::{At, Bars, Model, Relaxed, Unavailable, networks};

/// The logits of q(b|x).
#[network(each(x))]
fn encoder(
    x: &DVector<f64>,
    w_1: &DMatrix<f64>,
    d_1: &DVector<f64>,
    w_2: &DMatrix<f64>,
    d_2: &DVector<f64>,
    w_3: &DMatrix<f64>,
    d_3: &DVector<f64>,
) -> DVector<f64> {
    let h_1 = (w_1 * x.map(|x| 2.0 * x - 1.0) + d_1).map(f64::tanh);
    let h_2 = (w_2 * h_1 + d_2).map(f64::tanh);
    w_3 * h_2 + d_3
}

/// ln q(b|x) - ln p(b) - ln p(x|b).
#[network(each(b, x, q))]
fn bound(
    b: &DVector<f64>,
    x: &DVector<f64>,
    q: &DVector<f64>,
    w_1: &DMatrix<f64>,
    c_1: &DVector<f64>,
    w_2: &DMatrix<f64>,
    c_2: &DVector<f64>,
    w_3: &DMatrix<f64>,
    c_3: &DVector<f64>,
    a: &DVector<f64>,
) -> f64 {
    let h_1 = (w_1 * b.map(|b| 2.0 * b - 1.0) + c_1).map(f64::tanh);
    let h_2 = (w_2 * h_1 + c_2).map(f64::tanh);
    let logits = w_3 * h_2 + c_3;
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
    let hidden = [UNITS, UNITS];
    let encoder =
        Encoder::draw(&mut stream, [UNITS, pixels], UNITS, hidden, UNITS, [latents, UNITS], latents)?;
    let bound =
        Bound::draw(&mut stream, [UNITS, latents], UNITS, hidden, UNITS, [pixels, UNITS], pixels, latents)?;
    Ok(Box::new(Networks { latents, pixels, encoder, bound }))
}

fn rebar(_: usize, _: usize, _: &[f64]) -> Result<Box<dyn Relaxed>, Unavailable> {
    Err(Unavailable::Lengths)
}

use rebar as relax;

networks!();

//! One linear layer on either side.

use voidgrad::error::ControlError;
use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::network::{Network, NetworkError, Parameter, Rows};
use voidgrad::{Control, Stream, control, network, sigmoid, softplus};

use crate::UNITS;
use crate::model::{At, Bars, Controls, Model, Relaxed, Shared, model};

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

/// η·f(σ(z/λ)).
#[control(positive(lambda), each(x, q), data(w, c, a))]
fn rebar(
    z: &DVector<f64>,
    x: &DVector<f64>,
    q: &DVector<f64>,
    w: &DMatrix<f64>,
    c: &DVector<f64>,
    a: &DVector<f64>,
    eta: f64,
    lambda: f64,
) -> f64 {
    eta * bound(&z.map(|z| sigmoid(z / lambda)), x, q, w, c, a)
}

/// η·f(σ(z/λ)) and a network of the image and of σ(z/λ).
#[control(positive(lambda), each(x, q), data(w, c, a))]
fn relax(
    z: &DVector<f64>,
    x: &DVector<f64>,
    q: &DVector<f64>,
    w: &DMatrix<f64>,
    c: &DVector<f64>,
    a: &DVector<f64>,
    eta: f64,
    lambda: f64,
    of_x: &DMatrix<f64>,
    of_z: &DMatrix<f64>,
    bias: &DVector<f64>,
    last: &DVector<f64>,
    shift: f64,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let hidden = (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * b.map(|b| 2.0 * b - 1.0) + bias).map(f64::tanh);
    eta * bound(&b, x, q, w, c, a) + last.dot(&hidden) + shift
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

model!(
    latents, pixels;
    rebar: |phi| Rebar::from_phi(phi, DMatrix::zeros(pixels, latents), DVector::zeros(pixels), DVector::zeros(latents));
    relax: |phi| Relax::from_phi(phi, [UNITS, pixels], [UNITS, latents], UNITS, UNITS, DMatrix::zeros(pixels, latents), DVector::zeros(pixels), DVector::zeros(latents));
    set_w: pixels * latents, set_c: pixels, set_a: latents
);

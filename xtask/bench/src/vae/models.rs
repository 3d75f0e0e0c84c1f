//! The functions that the model is made of.

use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::{control, network, sigmoid, softplus};

/// The logits of q(b|x).
#[network(each(x))]
pub(super) fn encoder(
    x: &SVector<f64, 64>,
    w: &SMatrix<f64, 32, 64>,
    d: &SVector<f64, 32>,
) -> SVector<f64, 32> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

/// f.
#[network(each(b, x, q))]
pub(super) fn bound(
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

/// REBAR's control.
#[control(positive(lambda), each(x, q), data(w, c, a))]
pub(super) fn rebar(
    z: &SVector<f64, 32>,
    x: &SVector<f64, 64>,
    q: &SVector<f64, 32>,
    w: &SMatrix<f64, 64, 32>,
    c: &SVector<f64, 64>,
    a: &SVector<f64, 32>,
    eta: f64,
    lambda: f64,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let prior = b.dot(a) - a.map(softplus).sum();
    eta * (b.dot(q) - q.map(softplus).sum() - prior - image)
}

/// RELAX's control.
#[control(positive(lambda), each(x, q), data(w, c, a))]
pub(super) fn relax(
    z: &SVector<f64, 32>,
    x: &SVector<f64, 64>,
    q: &SVector<f64, 32>,
    w: &SMatrix<f64, 64, 32>,
    c: &SVector<f64, 64>,
    a: &SVector<f64, 32>,
    eta: f64,
    lambda: f64,
    of_x: &SMatrix<f64, 64, 64>,
    of_z: &SMatrix<f64, 64, 32>,
    bias: &SVector<f64, 64>,
    last: &SVector<f64, 64>,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let code = b.map(|b| 2.0 * b - 1.0);
    let logits = w * code + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let prior = b.dot(a) - a.map(softplus).sum();
    let hidden = (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * code + bias).map(f64::tanh);
    eta * (b.dot(q) - q.map(softplus).sum() - prior - image) + last.dot(&hidden)
}

/// [`encoder`] of more.
#[network(each(x))]
pub(super) fn wide_encoder(
    x: &SVector<f64, 784>,
    w: &SMatrix<f64, 200, 784>,
    d: &SVector<f64, 200>,
) -> SVector<f64, 200> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

/// [`bound`] of more.
#[network(each(b, x, q))]
pub(super) fn wide_bound(
    b: &SVector<f64, 200>,
    x: &SVector<f64, 784>,
    q: &SVector<f64, 200>,
    w: &SMatrix<f64, 784, 200>,
    c: &SVector<f64, 784>,
    a: &SVector<f64, 200>,
) -> f64 {
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let prior = b.dot(a) - a.map(softplus).sum();
    b.dot(q) - q.map(softplus).sum() - prior - image
}

//! Two layers of binary latent variables: a chain of two plates, checked against the sum over all 1,024 states.
//!
//! `cargo run --release --package voidgrad --example two_layers`
//!
//! A sigmoid belief network draws b₂, then b₁ given b₂, then an image x given b₁. Its encoder goes the other way: q(b₁|x), then q(b₂|b₁). The gradient of `E[f]` by the encoder takes two
//! rounds, one inside the other:
//!
//! 1. An estimator asks for K points b₁ of each of N images. These N·K points are the examples of a second plate, whose estimator asks for K' points b₂ of each.
//! 2. f is evaluated at all N·K·K' points, and told to the second plate.
//! 3. [`Plate::f`] of the second plate has an unbiased estimate of `E[f|b₁]` for each b₁. That is what the first plate is told: an estimator whose ĝ is linear in the values stays unbiased.
//! 4. Each b₁ has a weight in the first plate. The gradient by what made the logits of b₂ is that of the second plate times this weight, and a point has the product of both weights.
//!
//! `cargo xtask train --problem vae --model two-stochastic` trains such a model on handwritten digits.

use std::error::Error;

use voidgrad::estimator::{AnyEstimator, Want};
use voidgrad::estimators::{Disarm, Enumerate, Reinforce, Rloo, StraightThrough};
use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
use voidgrad::network::Rows;
use voidgrad::{Bernoulli, Plate, Stream, network, softplus};

const LATENTS: usize = 5;
const PIXELS: usize = 8;
/// Two images.
const X: [f64; 2 * PIXELS] = [1., 0., 0., 1., 1., 0., 1., 0., 0., 1., 1., 1., 0., 0., 1., 0.];
const IMAGES: usize = X.len() / PIXELS;

/// The logits of q(b₁|x), and those of q(b₂|b₁).
#[network(each(x), init(w = normal(1.0)))]
fn layer(x: &DVector<f64>, w: &DMatrix<f64>, d: &DVector<f64>) -> DVector<f64> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

/// ln q(b₁|x) + ln q(b₂|b₁) - ln p(b₂) - ln p(b₁|b₂) - ln p(x|b₁), with the logits `q_1` and `q_2` of q.
#[network(each(b_1, b_2, x, q_1, q_2), init(w = normal(1.0), v = normal(1.0)))]
fn negative_bound(
    b_1: &SVector<f64, 5>,
    b_2: &SVector<f64, 5>,
    x: &SVector<f64, 8>,
    q_1: &SVector<f64, 5>,
    q_2: &SVector<f64, 5>,
    w: &SMatrix<f64, 8, 5>,
    c: &SVector<f64, 8>,
    v: &SMatrix<f64, 5, 5>,
    e: &SVector<f64, 5>,
    a: &SVector<f64, 5>,
) -> f64 {
    let (pixels, bits) = (w * b_1.map(|b| 2.0 * b - 1.0) + c, v * b_2.map(|b| 2.0 * b - 1.0) + e);
    let image = x.dot(&pixels) - pixels.map(softplus).sum();
    let given_second = b_1.dot(&bits) - bits.map(softplus).sum();
    let prior = b_2.dot(a) - a.map(softplus).sum();
    let q = b_1.dot(q_1) - q_1.map(softplus).sum() + b_2.dot(q_2) - q_2.map(softplus).sum();
    q - prior - given_second - image
}

type Model = (Layer, Layer, NegativeBound);
type Outcome<T> = Result<T, Box<dyn Error>>;

/// The gradient of the mean of `E[f]` over the images by all parameters, from one round.
fn gradient([one, two]: &mut [AnyEstimator; 2], model: &Model, noise: &mut Stream) -> Outcome<Vec<f64>> {
    let ((first, second, bound), bits) = (model, Bernoulli::from_logits(&[0.0; LATENTS])?);
    // The first layer: the images are the examples.
    let mut images = Plate::new(bits.clone(), IMAGES);
    let mut q_1 = [0.0; IMAGES * LATENTS];
    first.rows(&X, &mut q_1)?;
    images.ask(one, &q_1, noise)?;
    // The second layer: the points of the first are the examples.
    let b_1 = images.points().to_vec();
    let mut rows = Plate::new(bits, b_1.len() / LATENTS);
    let mut q_2 = vec![0.0; b_1.len()];
    second.rows(&b_1, &mut q_2)?;
    rows.ask(two, &q_2, noise)?;
    // f at all points: each b₁ has K' of them, each image K·K'.
    let (b_2, few) = (rows.points().to_vec(), rows.points_each());
    let all = images.points_each() * few;
    let (x, p, q) = (Rows::repeated(&X, all), Rows::repeated(&q_1, all), Rows::repeated(&q_2, few));
    let b = Rows::repeated(&b_1, few);
    bound.rows(b, &b_2, x, p, q, rows.values_mut())?;
    if rows.wants().contains(&Want::Gradient) {
        let (ones, by) = (vec![1.0; b_2.len() / LATENTS], rows.gradients_mut());
        bound.rows_vjp(b, &b_2, x, p, q, &ones, &mut [0.0; 83], &mut [], by, &mut [], &mut [], &mut [])?;
    }
    // The second layer is told f, and the first what the second makes of it.
    rows.tell(two)?;
    images.values_mut().copy_from_slice(rows.f());
    images.tell(one)?;
    // What the parameters get from each layer.
    let average = |numbers: &[f64]| -> Vec<f64> { numbers.iter().map(|g| g / IMAGES as f64).collect() };
    let weights = average(images.weights());
    let weighted = |numbers: &[f64], each: usize| -> Vec<f64> {
        numbers.chunks(each).zip(&weights).flat_map(|(row, w)| row.iter().map(move |g| w * g)).collect()
    };
    let (mut of_first, mut of_second, mut of_bound) = ([0.0; 45], [0.0; 30], [0.0; 83]);
    first.rows_vjp(&X, &average(images.gradient()), &mut of_first, &mut [])?;
    second.rows_vjp(&b_1, &weighted(rows.gradient(), LATENTS), &mut of_second, &mut [])?;
    let w = weighted(rows.weights(), few);
    bound.rows_vjp(b, &b_2, x, p, q, &w, &mut of_bound, &mut [], &mut [], &mut [], &mut [], &mut [])?;
    Ok([&of_first[..], &of_second, &of_bound].concat())
}

/// The distance of the mean of many rounds from the gradient: the largest of all 158 derivatives, in standard errors of the mean.
fn distance(
    estimators: &mut [AnyEstimator; 2],
    model: &Model,
    exact: &[f64],
    noise: &mut Stream,
) -> Outcome<f64> {
    const ROUNDS: usize = 2_000;
    let rounds: Vec<Vec<f64>> =
        (0..ROUNDS).map(|_| gradient(estimators, model, noise)).collect::<Outcome<_>>()?;
    let of_parameter = |(place, exact): (usize, &f64)| {
        let values = || rounds.iter().map(|round| round[place]);
        let mean = values().sum::<f64>() / ROUNDS as f64;
        let squares: f64 = values().map(|value| (value - mean).powi(2)).sum();
        (mean - exact).abs() / (squares / (ROUNDS * (ROUNDS - 1)) as f64).sqrt()
    };
    Ok(exact.iter().enumerate().map(of_parameter).fold(0.0, f64::max))
}

fn main() -> Outcome<()> {
    let mut noise = Stream::new(1, 0, 0);
    let mut layer = |inputs| Layer::draw(&mut noise, [LATENTS, inputs], LATENTS);
    let model = (layer(PIXELS)?, layer(LATENTS)?, NegativeBound::draw(&mut noise)?);
    // Estimators that visit all states give the gradient itself, in one round of 32·32 points.
    let exact = gradient(&mut [Box::new(Enumerate), Box::new(Enumerate)], &model, &mut noise)?;
    let pairs: [(&str, [AnyEstimator; 2]); 5] = [
        ("reinforce", [Box::new(Reinforce::new(0.0)?), Box::new(Reinforce::new(0.0)?)]),
        ("rloo", [Box::new(Rloo::new(2)?), Box::new(Rloo::new(2)?)]),
        ("disarm", [Box::new(Disarm::new(2)?), Box::new(Disarm::new(2)?)]),
        ("disarm, then all states", [Box::new(Disarm::new(2)?), Box::new(Enumerate)]),
        // Biased, with the derivative of f by b₂. A layer below can't have one: what it is told are estimates.
        ("rloo, then straight-through", [Box::new(Rloo::new(2)?), Box::new(StraightThrough)]),
    ];
    for (name, mut estimators) in pairs {
        let distance = distance(&mut estimators, &model, &exact, &mut noise)?;
        // By chance, one of 158 is 5 standard errors away in one program of ten thousand.
        let verdict = if distance < 5.0 { "its mean is the gradient" } else { "biased" };
        println!("{name:28} {distance:6.2} standard errors: {verdict}");
    }
    Ok(())
}

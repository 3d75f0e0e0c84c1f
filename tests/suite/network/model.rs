//! A small variational autoencoder, whose exact bound is a sum over the states of its latent variables.

use voidgrad::estimators::Enumerate;
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::network::{Network, Rows};
use voidgrad::{Bernoulli, Plate, Stream, network, softplus};

use super::{close, difference, numbers};

const LATENTS: usize = 3;
const PIXELS: usize = 5;
const IMAGES: usize = 4;

#[network(each(x))]
fn encoder(x: &SVector<f64, 5>, w: &SMatrix<f64, 3, 5>, d: &SVector<f64, 3>) -> SVector<f64, 3> {
    w * x + d
}

#[network(each(b, x, q))]
fn negative_bound(
    b: &SVector<f64, 3>,
    x: &SVector<f64, 5>,
    q: &SVector<f64, 3>,
    w: &SMatrix<f64, 5, 3>,
    c: &SVector<f64, 5>,
    a: &SVector<f64, 3>,
) -> f64 {
    let logits = w * b + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let prior = b.dot(a) - a.map(softplus).sum();
    b.dot(q) - q.map(softplus).sum() - prior - image
}

/// ln p(b) with these logits.
fn ln_p(b: &[f64], logits: &[f64]) -> f64 {
    b.iter().zip(logits).map(|(b, a)| b * a - (1.0 + a.exp()).ln()).sum()
}

/// The bound of all images, by the sum over all states, from the parameters of the encoder and the decoder.
fn exact(images: &[f64], of_encoder: &[f64], of_model: &[f64]) -> f64 {
    let (w, d) = of_encoder.split_at(LATENTS * PIXELS);
    let (decoder, rest) = of_model.split_at(PIXELS * LATENTS);
    let (c, a) = rest.split_at(PIXELS);
    let layer = |w: &[f64], shift: &[f64], x: &[f64]| -> Vec<f64> {
        let sum = |i: usize| x.iter().enumerate().map(|(j, x)| w[i + shift.len() * j] * x).sum::<f64>();
        (0..shift.len()).map(|i| sum(i) + shift[i]).collect()
    };
    let mut bound = 0.0;
    for x in images.chunks(PIXELS) {
        let q = layer(w, d, x);
        for state in 0..1 << LATENTS {
            let b: Vec<f64> = (0..LATENTS).map(|m| f64::from(state >> m & 1)).collect();
            let ln_q = ln_p(&b, &q);
            bound += ln_q.exp() * (ln_q - ln_p(&b, a) - ln_p(x, &layer(decoder, c, &b)));
        }
    }
    bound
}

#[test]
fn the_gradients_of_a_small_model_are_those_of_its_exact_bound() {
    let images: Vec<f64> = (0..IMAGES * PIXELS).map(|i| f64::from(i * 7 % 5 < 2)).collect();
    let (of_encoder, of_model) = (numbers(18, 1), numbers(23, 2));
    let (mut encoder, mut model) =
        (super::functions::drawn(Encoder::draw), super::functions::drawn(NegativeBound::draw));
    encoder.set_parameters(&of_encoder).unwrap();
    model.set_parameters(&of_model).unwrap();

    let mut logits = [0.0; IMAGES * LATENTS];
    encoder.rows(&images, &mut logits).unwrap();
    let mut plate = Plate::new(Bernoulli::from_logits(&[0.0; LATENTS]).unwrap(), IMAGES);
    plate.ask(&Enumerate, &logits, &mut Stream::new(1, 0, 0)).unwrap();
    let (points, each) = (plate.points().to_vec(), plate.points_each());
    assert_eq!(each, 8);
    let (x, q) = (Rows::repeated(&images, each), Rows::repeated(&logits, each));
    model.rows(&points, x, q, plate.values_mut()).unwrap();
    plate.answer(&Enumerate).unwrap();
    let (mut encoder_bar, mut model_bar) = (vec![0.0; 18], vec![0.0; 23]);
    encoder.rows_vjp(&images, plate.gradient(), &mut encoder_bar, &mut []).unwrap();
    model.rows_vjp(&points, x, q, plate.weights(), &mut model_bar, &mut [], &mut [], &mut []).unwrap();

    let changed = |of: &[f64], i: usize, value: f64| {
        let mut of = of.to_vec();
        of[i] = value;
        of
    };
    for (i, found) in encoder_bar.iter().enumerate() {
        let at = |value| exact(&images, &changed(&of_encoder, i, value), &of_model);
        close(*found, difference(of_encoder[i], at), 1e-8, &format!("encoder, {i}"));
    }
    for (i, found) in model_bar.iter().enumerate() {
        let at = |value| exact(&images, &of_encoder, &changed(&of_model, i, value));
        close(*found, difference(of_model[i], at), 1e-8, &format!("decoder, {i}"));
    }
}

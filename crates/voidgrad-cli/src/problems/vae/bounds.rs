//! The evidence bounds of a model.

use std::iter;

use voidgrad::network::Rows;
use voidgrad::{Stream, sigmoid, softplus};

use super::error::StepError;
use voidgrad_models::Model;

/// Latent variables of all points that are evaluated at once.
const VARIABLES: usize = 640_000;

/// The mean over the images of the evidence lower bound: its KL divergence in closed form, the reconstruction term from so many samples. With two layers of latent variables the divergence
/// has no closed form, and all of it is from the samples.
///
/// # Errors
/// Returns an error if a number is NaN or infinite.
pub(super) fn evidence(
    model: &dyn Model,
    decoder: &[f64],
    images: &[f64],
    samples: usize,
    noise: &mut Stream,
) -> Result<f64, StepError> {
    if model.second().is_some() {
        return mean_over_rows(model, images, samples, noise, |f| -f.iter().sum::<f64>() / samples as f64);
    }
    let prior = &decoder[decoder.len() - model.latents()..];
    let divergence = |q: f64, a: f64| sigmoid(q) * (q - a) - softplus(q) + softplus(a);
    let mut values = Vec::new();
    over_rows(model, images, samples, noise, &mut |x, logits, b| {
        let rows = x.len() / model.pixels();
        // With the logits of p(b) for those of q(b|x), f is -ln p(x|b).
        let mut f = vec![0.0; rows * samples];
        model.bound(b, Rows::repeated(x, samples), prior, &mut f)?;
        for (f, q) in f.chunks(samples).zip(logits.chunks(prior.len())) {
            let divergence: f64 = q.iter().zip(prior).map(|(q, a)| divergence(*q, *a)).sum();
            values.push(-f.iter().sum::<f64>() / samples as f64 - divergence);
        }
        Ok(())
    })?;
    Ok(values.iter().sum::<f64>() / values.len() as f64)
}

/// The mean over the images of the importance-weighted bound `ln (1/K Σ_k p(x, b_k)/q(b_k|x))` with K samples (Burda, Grosse and Salakhutdinov 2016,
/// equation 8). It is above the evidence lower bound, and below ln p(x) in the mean.
///
/// # Errors
/// Returns an error if a number is NaN or infinite.
pub(super) fn importance_weighted(
    model: &dyn Model,
    images: &[f64],
    samples: usize,
    noise: &mut Stream,
) -> Result<f64, StepError> {
    of_samples(model, images, (samples, samples), noise)
}

/// The mean over the images of the same bound of `own` samples, each from the mean over all that `samples` make.
///
/// # Errors
/// Returns an error if a number is NaN or infinite.
pub(super) fn of_samples(
    model: &dyn Model,
    images: &[f64],
    (samples, own): (usize, usize),
    noise: &mut Stream,
) -> Result<f64, StepError> {
    mean_over_rows(model, images, samples, noise, |f| {
        let bounds = f.chunks_exact(own).map(log_mean_exp_of_negative);
        bounds.sum::<f64>() / (samples / own) as f64
    })
}

/// The mean over the images of a function of the values of f at so many samples.
///
/// # Errors
/// Returns an error if a number is NaN or infinite.
fn mean_over_rows(
    model: &dyn Model,
    images: &[f64],
    samples: usize,
    noise: &mut Stream,
    of_values: impl Fn(&[f64]) -> f64,
) -> Result<f64, StepError> {
    let mut values = Vec::new();
    over_rows(model, images, samples, noise, &mut |x, logits, b| {
        let mut f = vec![0.0; x.len() / model.pixels() * samples];
        model.bound(b, Rows::repeated(x, samples), logits, &mut f)?;
        values.extend(f.chunks(samples).map(&of_values));
        Ok(())
    })?;
    Ok(values.iter().sum::<f64>() / values.len() as f64)
}

/// `ln (1/K Σ_k exp(-f_k))`.
fn log_mean_exp_of_negative(f: &[f64]) -> f64 {
    let least = f.iter().copied().fold(f64::INFINITY, f64::min);
    (f.iter().map(|f| (least - f).exp()).sum::<f64>() / f.len() as f64).ln() - least
}

/// What is shown images, the logits of q of each image or of each sample, and samples b of each image.
type See<'a> = dyn FnMut(&[f64], &[f64], &[f64]) -> Result<(), StepError> + 'a;

/// Shows some images after the other with the logits of q, and with so many samples b of each.
fn over_rows(
    model: &dyn Model,
    images: &[f64],
    samples: usize,
    noise: &mut Stream,
    see: &mut See<'_>,
) -> Result<(), StepError> {
    let latents = model.latents();
    let at_once = (VARIABLES / latents / samples).max(1);
    for x in images.chunks(at_once * model.pixels()) {
        let mut logits = vec![0.0; x.len() / model.pixels() * latents];
        model.encode(x, &mut logits)?;
        let b = drawn(&logits, latents, samples, noise);
        let Some(second) = model.second() else {
            see(x, &logits, &b)?;
            continue;
        };
        let mut of_second = vec![0.0; b.len()];
        second.encode(&b, &mut of_second)?;
        let b_2 = drawn(&of_second, latents, 1, noise);
        let of_first = logits.chunks(latents).flat_map(|row| iter::repeat_n(row, samples));
        let q = of_first.zip(of_second.chunks(latents)).flat_map(|(first, second)| [first, second].concat());
        let b =
            b.chunks(latents).zip(b_2.chunks(latents)).flat_map(|(first, second)| [first, second].concat());
        see(x, &q.collect::<Vec<f64>>(), &b.collect::<Vec<f64>>())?;
    }
    Ok(())
}

/// So many samples of each row of logits.
fn drawn(logits: &[f64], latents: usize, samples: usize, noise: &mut Stream) -> Vec<f64> {
    let mut b = vec![0.0; logits.len() * samples];
    noise.fill_open01(&mut b);
    for (b, logits) in b.chunks_mut(samples * latents).zip(logits.chunks(latents)) {
        let theta: Vec<f64> = logits.iter().map(|q| sigmoid(*q)).collect();
        for (b, theta) in b.iter_mut().zip(theta.iter().cycle()) {
            *b = f64::from(u8::from(*b < *theta));
        }
    }
    b
}

//! The variance of ĝ.

use voidgrad::{Bernoulli, Stream};

use super::error::StepError;
use super::gradient::Gradient;
use super::images::Images;
use voidgrad_models::Model;

/// The variance of ĝ by the logits: summed over the latent variables, averaged over the images, from so many draws. Of a second layer, it is that by a shift of its logits, which are others
/// for every point of the first.
///
/// # Errors
/// Returns an error if a number is NaN or infinite.
pub(super) fn variance(
    model: &dyn Model,
    decoder: &[f64],
    gradient: &mut Gradient,
    x: &[f64],
    draws: u64,
    noise: &mut Stream,
) -> Result<f64, StepError> {
    let (latents, images) = (model.latents(), x.len() / model.pixels());
    let bernoulli = Bernoulli::from_logits(&vec![0.0; latents])?;
    if gradient.estimator().noise(&bernoulli) == 0 {
        return Ok(0.0);
    }
    let mut plate = Images::new(model, images)?;
    let numbers = images * latents * if model.second().is_some() { 2 } else { 1 };
    let (mut mean, mut squares) = (vec![0.0; numbers], vec![0.0; numbers]);
    for draw in 1..=draws {
        plate.ask(model, decoder, gradient, x, noise)?;
        plate.answer(gradient)?;
        for ((mean, squares), g) in mean.iter_mut().zip(&mut squares).zip(plate.estimates()) {
            let before = g - *mean;
            *mean += before / draw as f64;
            *squares += before * (g - *mean);
        }
    }
    Ok(squares.iter().sum::<f64>() / (draws - 1) as f64 / images as f64)
}

//! What the parameters of a network are before the first step.

use super::{NetworkError, Parameter, Shape};
use crate::error::{InvalidParameter, finite};
use crate::gaussian::Gaussian;
use crate::noise::Stream;

/// What the entries of a parameter are before the first step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// Of a matrix of C columns uniform in `±1/√C`, as linear layers commonly start; everything else is 0.
    Usual,
    /// This number.
    Constant(f64),
    /// Uniform in ± this number.
    Uniform(f64),
    /// Normal with the mean 0 and this standard deviation.
    Normal(f64),
}

/// The parameters, each with its start, one after the other.
///
/// # Errors
/// If there is no memory for so many, or the number of a start is not finite, or negative where it is a width.
pub fn drawn(
    parameters: &[Parameter],
    starts: &[Start],
    stream: &mut Stream,
) -> Result<Vec<f64>, NetworkError> {
    let mut flat: Vec<f64> = Vec::new();
    let count = parameters.iter().try_fold(0_usize, |count, parameter| {
        let entries = match parameter.shape {
            Shape::Matrix(rows, columns) => rows.checked_mul(columns)?,
            shape => shape.entries(),
        };
        count.checked_add(entries)
    });
    flat.try_reserve_exact(count.ok_or(NetworkError::Memory)?).map_err(|_| NetworkError::Memory)?;
    for (Parameter { name, shape }, start) in parameters.iter().zip(starts) {
        let first = flat.len();
        flat.resize(first + shape.entries(), 0.0);
        let entries = &mut flat[first..];
        match (*start, shape) {
            (Start::Usual, Shape::Matrix(_, columns)) => {
                uniform(entries, 1.0 / (*columns as f64).sqrt(), stream);
            }
            (Start::Usual, _) => {}
            (Start::Constant(value), _) => entries.fill(finite(name, value)?),
            (Start::Uniform(width), _) => uniform(entries, size(name, width)?, stream),
            (Start::Normal(sigma), _) => normal(entries, size(name, sigma)?, stream),
        }
    }
    Ok(flat)
}

/// A width of a distribution.
fn size(name: &'static str, value: f64) -> Result<f64, InvalidParameter> {
    let allowed = "drawn with a width in [0, ∞)";
    if value >= 0.0 && value.is_finite() { Ok(value) } else { Err(InvalidParameter { name, value, allowed }) }
}

fn uniform(entries: &mut [f64], width: f64, stream: &mut Stream) {
    stream.fill_open01(entries);
    for entry in entries {
        *entry = width * (2.0 * *entry - 1.0);
    }
}

fn normal(entries: &mut [f64], sigma: f64, stream: &mut Stream) {
    let mut u = vec![0.0; entries.len().next_multiple_of(2)];
    stream.fill_open01(&mut u);
    Gaussian::epsilon(&u, entries);
    for entry in entries {
        *entry *= sigma;
    }
}

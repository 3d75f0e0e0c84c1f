//! What the code that `#[network]` writes calls.

use voidgrad_real::Element;

use super::NetworkError;
pub use super::rows::{rows, rows_and_vjp, rows_vjp};
use crate::error::{InvalidParameter, all_finite, are_finite, finite, same_length};
use crate::flat::Flat;
use crate::tasks;

/// Adds the entries of a value to a flat vector.
///
/// # Errors
/// If one is NaN or infinite.
pub fn append(
    flat: &mut Vec<f64>,
    name: &'static str,
    value: &(impl Flat + ?Sized),
) -> Result<(), InvalidParameter> {
    for entry in value.entries() {
        flat.push(finite(name, *entry)?);
    }
    Ok(())
}

/// Writes the entries of a value to its place, which has as many.
///
/// # Errors
/// If one is NaN or infinite; then nothing is written.
pub fn set(place: &mut [f64], name: &'static str, value: &(impl Flat + ?Sized)) -> Result<(), NetworkError> {
    let entries = value.entries();
    same_length(name, entries.len(), place.len())?;
    all_finite(name, entries)?;
    place.copy_from_slice(entries);
    Ok(())
}

/// Takes other parameters.
///
/// # Errors
/// If there are more or fewer of them, or one is NaN or infinite; then nothing is taken.
pub fn take(own: &mut [f64], parameters: &[f64]) -> Result<(), NetworkError> {
    same_length("parameters", parameters.len(), own.len())?;
    if !tasks::all_shares(parameters, parameters, |parameters, _| are_finite(parameters)) {
        all_finite("a parameter", parameters)?;
    }
    tasks::on_shares(own, parameters, <[f64]>::copy_from_slice);
    Ok(())
}

/// Adds plain numbers of another type.
pub fn extend<T: Element>(numbers: &mut Vec<T>, flat: &[f64]) {
    let first = numbers.len();
    numbers.resize(first + flat.len(), T::default());
    tasks::on_shares(&mut numbers[first..], flat, |numbers, flat| {
        numbers.iter_mut().zip(flat).for_each(|(number, entry)| *number = T::default().constant(*entry));
    });
}

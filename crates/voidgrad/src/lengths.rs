//! Lengths that are no numbers in the source: what the structs of `#[control]` and `#[network]` check of them.

use voidgrad_real::Element;

use crate::error::{ControlError, LengthError, finite};
use crate::flat::{Flat, take_rows};

/// A length, if there are so many at least.
///
/// # Errors
/// If there are fewer.
pub fn at_least(name: &'static str, found: usize, least: usize) -> Result<usize, LengthError> {
    if found < least { Err(LengthError::TooShort { name, found, least }) } else { Ok(found) }
}

/// Refuses a length that is not that of another argument, with its name.
///
/// # Errors
/// If they differ.
pub fn agree(
    name: &'static str,
    found: usize,
    (other, expected): (&'static str, usize),
) -> Result<(), LengthError> {
    if found == expected { Ok(()) } else { Err(LengthError::Differ { name, found, other, expected }) }
}

/// Refuses another length than this one.
///
/// # Errors
/// If they differ.
pub fn same(name: &'static str, found: usize, expected: usize) -> Result<(), LengthError> {
    if found == expected { Ok(()) } else { Err(LengthError::Wrong { name, found, expected }) }
}

/// φ of a control whose parameters have these lengths, from a slice.
///
/// # Errors
/// If there are more or fewer numbers, or one is NaN or infinite.
pub fn checked<'a>(phi: &'a [f64], shapes: &[&[usize]]) -> Result<&'a [f64], ControlError> {
    // No slice has as many entries as there are where this saturates.
    let entries =
        |shape: &&[usize]| shape.iter().fold(1, |product: usize, length| product.saturating_mul(*length));
    let count = shapes.iter().map(entries).fold(0, usize::saturating_add);
    same("the entries of phi", phi.len(), count)?;
    phi.iter().try_for_each(|entry| finite("phi", *entry).map(drop))?;
    Ok(phi)
}

/// Takes other entries of a value. `names` are those of an entry and of the length.
///
/// # Errors
/// If there are more or fewer of them, or one is NaN or infinite; then nothing is taken.
pub fn set(
    value: &mut impl Flat,
    names: (&'static str, &'static str),
    entries: &[f64],
) -> Result<(), ControlError> {
    let own = value.entries_mut();
    same(names.1, entries.len(), own.len())?;
    entries.iter().try_for_each(|entry| finite(names.0, *entry).map(drop))?;
    own.copy_from_slice(entries);
    Ok(())
}

/// Takes other rows, of `row` numbers each. `names` are those of a number and of the length.
///
/// # Errors
/// If the last row is not whole, or a number is NaN or infinite; then nothing is taken.
pub fn set_rows<T: Element>(
    own: &mut Vec<f64>,
    names: (&'static str, &'static str),
    rows: &[T],
    row: usize,
) -> Result<(), ControlError> {
    if !rows.len().is_multiple_of(row) {
        return Err(LengthError::Ragged { name: names.1, found: rows.len(), row }.into());
    }
    Ok(take_rows(own, names.0, rows)?)
}

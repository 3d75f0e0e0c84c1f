//! Adam's memory, among the arrays of a learner's state.

use super::LearningError;
use super::error::array;
use crate::error::same_length;
use crate::optimise::{Adam, Optimiser};

/// The numbers of Adam's memory.
const NUMBERS: [&str; 3] = ["beta1_power", "beta2_power", "is_large"];

/// The memory of an Adam of so many parameters, as named arrays.
pub(super) fn arrays_of(adam: &Adam, parameters: usize) -> Vec<(&'static str, Vec<f64>)> {
    let state = adam.state();
    let numbers = NUMBERS.iter().filter_map(|name| state.number(name).ok());
    let entries = |name| state.array(name, parameters).unwrap_or_default().to_vec();
    vec![("adam", numbers.collect()), ("m", entries("m")), ("s", entries("s"))]
}

/// This Adam with the memory of a learner's state.
///
/// # Errors
/// Returns an error if an array is missing, is of another length, or has a number that no memory has.
pub(super) fn adam_of(adam: &Adam, state: &[(&str, &[f64])]) -> Result<Adam, LearningError> {
    let numbers = array(state, "adam")?;
    same_length("adam", numbers.len(), NUMBERS.len())?;
    let mut memory = adam.state();
    for (name, number) in NUMBERS.iter().zip(numbers) {
        memory = memory.with_number(name, *number);
    }
    for name in ["m", "s"] {
        memory = memory.with_array(name, array(state, name)?.to_vec());
    }
    let mut restored = adam.clone();
    restored.restore(&memory)?;
    Ok(restored)
}

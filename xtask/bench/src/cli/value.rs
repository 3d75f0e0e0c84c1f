//! How the values of arguments are read. Every refusal says what is allowed; clap puts the value and the argument before it.

use crate::case::{CASES, Case, PRECISIONS, Precision};
use crate::implementation::NAMES;

pub(super) fn case(name: &str) -> Result<Case, String> {
    CASES.into_iter().find_map(|(known, case)| (known == name).then_some(case)).ok_or_else(|| {
        let known = CASES.map(|(name, _)| name);
        format!("no case has this name; known: {}", known.join(", "))
    })
}

pub(super) fn implementation(name: &str) -> Result<&'static str, String> {
    NAMES
        .into_iter()
        .find(|known| *known == name)
        .ok_or_else(|| format!("no implementation has this name; known: {}", NAMES.join(", ")))
}

pub(super) fn scalar(name: &str) -> Result<Precision, String> {
    let known = PRECISIONS.into_iter().find(|precision| precision.name() == name);
    known.ok_or_else(|| "known: f64, f32".to_owned())
}

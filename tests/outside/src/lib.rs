//! A growth curve fitted to a count, with derivatives from a crate that is called `grad` here.
#![deny(warnings, missing_docs, clippy::pedantic)]

pub mod control;
pub mod curve;
pub mod model;
pub mod noise;

use grad::differentiate;

use crate::curve::logistic;
use crate::noise::{deviance, scaled as relative};

/// How badly the curve fits the count `y` at time `t`: three functions of two modules, one inside the other.
#[must_use]
#[differentiate(wrt(rate, capacity), order = 2)]
pub fn misfit(t: f64, rate: f64, capacity: f64, y: f64) -> f64 {
    let expected = logistic(t, rate, capacity);
    deviance(relative(expected, y))
}

//! How the line of an estimator is drawn.

use voidgrad::estimators::{Method, methods};

use crate::problems::quadratic::experiment::DEFAULT;
use xtask_kit::chart::Style;

/// The line of an estimator, the same in every picture.
pub(crate) fn of(method: &Method) -> Style {
    // The default ones come first, so that they are told apart most easily.
    let others = methods().map(|other| other.name).filter(|name| !DEFAULT.contains(name));
    let index = DEFAULT.into_iter().chain(others).position(|name| name == method.name).unwrap_or(0);
    Style::numbered(index)
}

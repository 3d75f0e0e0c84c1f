//! How the line of an estimator is drawn.

use voidgrad::estimators::methods;

use crate::problems::quadratic::experiment::{DEFAULT, LEARNED};
use crate::trained::Trained;
use voidgrad_kit::chart::Style;

/// The line of an estimator, the same in every picture.
pub(crate) fn of(method: &Trained) -> Style {
    // The default ones come first, so that they are told apart most easily.
    let others = Trained::learned_names().chain(methods().map(|other| other.name));
    let first = DEFAULT.into_iter().chain([LEARNED]);
    let others = others.filter(|name| !DEFAULT.contains(name) && *name != LEARNED);
    let index = first.chain(others).position(|name| name == method.name()).unwrap_or(0);
    Style::numbered(index)
}

//! The least variance that a control can leave.

use voidgrad::variance::{Floors, floors};

use crate::problems::quadratic::experiment::Experiment;
use xtask_kit::number::html as number;

/// The most variables whose states are added up for a sentence.
const MOST_VARIABLES: usize = 12;

/// What the best control of each family leaves at the start; nothing for more variables than can be added up in a moment, or if an `f64` does not hold a variance.
pub(super) fn paragraph(experiment: &Experiment) -> Option<String> {
    if experiment.dimension() > MOST_VARIABLES {
        return None;
    }
    let Floors { constant, additive, pairwise } = floors(&experiment.start, &experiment.objective).ok()?;
    let others = if experiment.dimension() == 1 {
        ": with one variable, no control needs more".to_owned()
    } else {
        // Below that, it is what rounding leaves.
        let shown = |floor: f64| number(if floor < 1e-12 * constant { 0.0 } else { floor });
        format!(
            ". With the best sum of functions of one variable each, it is {}, and with functions of two variables as well, {}. An estimator of several samples, or with a control of \
             another kind, can have less",
            shown(additive),
            shown(pairwise)
        )
    };
    Some(format!(
        "<b>What the best control leaves.</b> At the start, of all estimators of one sample, the one with the best constant control has a variance of {}{others}.",
        number(constant)
    ))
}

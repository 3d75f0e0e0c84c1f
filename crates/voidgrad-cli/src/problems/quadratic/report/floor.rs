//! The least variance that a control can leave.

use voidgrad::variance::{Floors, floors_of_multilinear};

use crate::problems::quadratic::experiment::Experiment;
use voidgrad_kit::number::html as number;

/// What the best control of each family leaves at the start; nothing if an `f64` does not hold a variance. The objective is a sum of one function for each variable, so
/// the floors are exact for any number of them.
pub(super) fn paragraph(experiment: &Experiment) -> Option<String> {
    let multilinear = experiment.objective.multilinear(experiment.dimension()).ok()?;
    let floors = floors_of_multilinear(&experiment.start, &multilinear).ok()?;
    let Floors { constant, additive, pairwise } = floors;
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

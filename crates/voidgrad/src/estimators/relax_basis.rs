//! RELAX with a control that is linear in its parameters.

use super::{Bias, Cost, Count, Method, Needs};

/// [`estimate`](crate::estimate()) with the control [`Basis`](crate::controls::Basis): a constant and five smooth steps of each z, which know nothing of f.
///
/// It is the control for [`GaussNewton`](crate::control_learning::GaussNewton), which has its φ after a few steps.
pub const METHOD: Method = Method {
    name: "relax-basis",
    title: "RELAX, linear basis",
    formula: "c(z) = w₀ + Σ_i w_i·tanh((z - c_i)/2), c = -4, -2, 0, 2, 4",
    source: "Grathwohl et al. 2018, equation 8, with another c",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(2)),
    parameters: "six weights, trained on the variance",
};

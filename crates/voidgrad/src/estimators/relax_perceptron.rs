//! RELAX of a black box: the control is a network alone.

use super::{Bias, Cost, Count, Method, Needs};

/// [`estimate`](crate::estimate()) with the control [`Perceptron`](crate::controls::Perceptron) of all of z, and nothing of f in it; for categorical variables
/// [`categorical::estimate`](super::categorical::estimate()) with the same.
pub const METHOD: Method = Method {
    name: "relax-perceptron",
    title: "RELAX of a black box",
    formula: "c(z) = r(z), r: one layer of 10 tanh over all of z",
    source: "Grathwohl et al. 2018, equation 8, with c as in section 3.1",
    bias: Bias::Unbiased,
    needs: Needs::Control,
    cost: Cost::ONE.and_control(Count::Fixed(2)),
    parameters: "the weights of 10 units, trained on the variance",
};

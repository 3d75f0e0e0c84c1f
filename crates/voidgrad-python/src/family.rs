//! The distributions, as arrays of their parameters and samples.

use numpy::Element;
use pyo3::{PyErr, PyResult};
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::Listed;
use voidgrad::variance::{self, Moments, VarianceError};
use voidgrad::{Bernoulli, Categorical, ClosedForms, Float, Gaussian, Objective};

use crate::arrays::Shape;
use crate::errors::value_error;

/// A number that plates store and NumPy knows.
pub(crate) trait Number: Float + Element {}

impl Number for f32 {}
impl Number for f64 {}

/// A distribution whose parameters are an array with a row for each example.
pub(crate) trait Family: Listed + ClosedForms + Clone {
    /// What Python calls it.
    const KEY: &'static str;
    /// What its parameters are called.
    const PARAMETERS: &'static str;
    /// The shape of its parameters, in words.
    const SHAPE: &'static str;
    /// The axes of a row of parameters.
    const AXES: usize;
    /// The row of the fewest variables.
    const SMALLEST: &'static [usize];

    /// Variables with parameters of this shape, all of them 0.
    fn of_shape(row: &[usize]) -> PyResult<Self>;

    /// The shape of a sample.
    fn sample_shape(row: &[usize]) -> Vec<usize> {
        row.to_vec()
    }

    /// Exact moments of an estimator.
    fn moments(
        &self,
        objective: &dyn Objective,
        estimator: &AnyEstimator<Self>,
    ) -> Result<Moments, VarianceError> {
        variance::over_rule(self, objective, estimator)
    }

    /// Checks the shape of the parameters, and takes it apart: N, and the shape of a row.
    fn take_apart(shape: &[usize]) -> PyResult<(usize, &[usize])> {
        match shape.split_first() {
            Some((&examples, row)) if row.len() == Self::AXES => Ok((examples, row)),
            _ => {
                let (name, axes, found) = (Self::PARAMETERS, Self::AXES + 1, shape.len());
                Err(value_error(format!("{name} has {found} axes where {axes} are needed: {}", Self::SHAPE)))
            }
        }
    }
}

impl Family for Bernoulli {
    const KEY: &'static str = "bernoulli";
    const PARAMETERS: &'static str = "logits";
    const SHAPE: &'static str = "(N, M), the logit of each variable";
    const AXES: usize = 1;
    const SMALLEST: &'static [usize] = &[1];

    fn of_shape(row: &[usize]) -> PyResult<Self> {
        Self::from_logits(&zeros(row)?).map_err(value_error)
    }
    fn moments(
        &self,
        objective: &dyn Objective,
        estimator: &AnyEstimator<Self>,
    ) -> Result<Moments, VarianceError> {
        variance::moments(self, objective, estimator)
    }
}

impl Family for Categorical {
    const KEY: &'static str = "categorical";
    const PARAMETERS: &'static str = "logits";
    const SHAPE: &'static str = "(N, M, S), the logit of each of the S states of each variable";
    const AXES: usize = 2;
    const SMALLEST: &'static [usize] = &[1, 2];

    fn of_shape(row: &[usize]) -> PyResult<Self> {
        Self::from_logits(&zeros(row)?, row[1]).map_err(value_error)
    }
}

impl Family for Gaussian {
    const KEY: &'static str = "gaussian";
    const PARAMETERS: &'static str = "parameters";
    const SHAPE: &'static str = "(N, 2, M), the means and then the logarithms of the standard deviations";
    const AXES: usize = 2;
    const SMALLEST: &'static [usize] = &[2, 1];

    fn of_shape(row: &[usize]) -> PyResult<Self> {
        if row[0] != 2 {
            let found = row[0];
            return Err(value_error(format!(
                "axis 1 of parameters has {found} entries where 2 are needed: {}",
                Self::SHAPE
            )));
        }
        Self::from_parameters(&zeros(row)?).map_err(value_error)
    }

    fn sample_shape(row: &[usize]) -> Vec<usize> {
        row[1..].to_vec()
    }
}

/// There is no such distribution.
pub(crate) fn unknown(distribution: &str) -> PyErr {
    let known = [Bernoulli::KEY, Categorical::KEY, Gaussian::KEY].join(", ");
    value_error(format!("there is no distribution {distribution:?}: there are {known}"))
}

/// As many zeros as a row of this shape has, if there is memory for some times as many.
fn zeros(row: &[usize]) -> PyResult<Vec<f64>> {
    /// A distribution, its estimator and a round have about as many copies of a row.
    const COPIES: usize = 16;
    let mut zeros = Vec::new();
    let length = row.iter().try_fold(1_usize, |length, entries| length.checked_mul(*entries));
    let fits = length.and_then(|length| length.checked_mul(COPIES));
    if fits.is_none_or(|length| zeros.try_reserve_exact(length).is_err()) {
        return Err(value_error(format!("a row of the shape {} is too large for the memory", Shape(row))));
    }
    zeros.resize(length.unwrap_or_default(), 0.0);
    zeros.shrink_to_fit();
    Ok(zeros)
}

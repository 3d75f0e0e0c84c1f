//! The distributions, as arrays of their parameters and samples.

use numpy::Element;
use pyo3::{PyErr, PyResult};
use voidgrad::counts::{Binomial, Counts, Geometric, Law, Poisson};
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::Listed;
use voidgrad::variance::{self, Moments, VarianceError};
use voidgrad::{Bernoulli, Categorical, Chain, Float, Gaussian, Objective, PlackettLuce, Subset};

use crate::arrays::Shape;
use crate::errors::value_error;

/// A number that plates store and NumPy knows.
pub(crate) trait Number: Float + Element {}

impl Number for f32 {}
impl Number for f64 {}

/// A distribution whose parameters are an array with a row for each example.
pub(crate) trait Family: Listed + Clone {
    /// What Python calls it.
    const KEY: &'static str;
    /// What its parameters are called.
    const PARAMETERS: &'static str;
    /// The shape of its parameters, in words.
    const SHAPE: &'static str;
    /// The axes of a row of parameters.
    const AXES: usize;
    /// What its size is, if it has one besides the shape of its parameters.
    const SIZE: Option<&'static str> = None;

    /// Variables with parameters of this shape, all of them 0.
    fn of_shape(row: &[usize], size: usize) -> PyResult<Self>;

    /// A row of few variables.
    fn smallest(size: usize) -> Vec<usize>;

    /// The shape of a sample.
    fn sample_shape(row: &[usize], _size: usize) -> Vec<usize> {
        row.to_vec()
    }

    /// The size that was given, 0 if there is none.
    fn check_size(size: Option<u64>) -> PyResult<usize> {
        match (Self::SIZE, size) {
            (None, None) => Ok(0),
            (Some(_), Some(size)) => usize::try_from(size).map_err(value_error),
            (Some(meaning), None) => {
                Err(value_error(format!("{} variables need an argument size: {meaning}", Self::KEY)))
            }
            (None, Some(_)) => Err(value_error(format!("{} variables have no argument size", Self::KEY))),
        }
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

    fn of_shape(row: &[usize], _: usize) -> PyResult<Self> {
        Self::from_logits(&zeros(row)?).map_err(value_error)
    }

    fn smallest(_: usize) -> Vec<usize> {
        vec![1]
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

    fn of_shape(row: &[usize], _: usize) -> PyResult<Self> {
        Self::from_logits(&zeros(row)?, row[1]).map_err(value_error)
    }

    fn smallest(_: usize) -> Vec<usize> {
        vec![1, 2]
    }

    fn moments(
        &self,
        objective: &dyn Objective,
        estimator: &AnyEstimator<Self>,
    ) -> Result<Moments, VarianceError> {
        variance::moments_of_categorical(self, objective, estimator)
    }
}

impl Family for Gaussian {
    const KEY: &'static str = "gaussian";
    const PARAMETERS: &'static str = "parameters";
    const SHAPE: &'static str = "(N, 2, M), the means and then the logarithms of the standard deviations";
    const AXES: usize = 2;

    fn of_shape(row: &[usize], _: usize) -> PyResult<Self> {
        if row[0] != 2 {
            let found = row[0];
            return Err(value_error(format!(
                "axis 1 of parameters has {found} entries where 2 are needed: {}",
                Self::SHAPE
            )));
        }
        Self::from_parameters(&zeros(row)?).map_err(value_error)
    }

    fn smallest(_: usize) -> Vec<usize> {
        vec![2, 1]
    }

    fn sample_shape(row: &[usize], _: usize) -> Vec<usize> {
        row[1..].to_vec()
    }

    fn moments(
        &self,
        objective: &dyn Objective,
        estimator: &AnyEstimator<Self>,
    ) -> Result<Moments, VarianceError> {
        variance::moments_of_gaussian(self, objective, estimator)
    }
}

impl Family for Subset {
    const KEY: &'static str = "subset";
    const PARAMETERS: &'static str = "logits";
    const SHAPE: &'static str = "(N, M), the logit of each element";
    const AXES: usize = 1;
    const SIZE: Option<&'static str> = Some("k, the number of elements that are chosen");

    fn of_shape(row: &[usize], size: usize) -> PyResult<Self> {
        Self::from_logits(&zeros(row)?, size).map_err(value_error)
    }

    fn smallest(size: usize) -> Vec<usize> {
        vec![size]
    }
}

impl Family for PlackettLuce {
    const KEY: &'static str = "plackett-luce";
    const PARAMETERS: &'static str = "logits";
    const SHAPE: &'static str = "(N, M), the logit of each item";
    const AXES: usize = 1;
    const SIZE: Option<&'static str> = Some("k, the number of places that are filled");

    fn of_shape(row: &[usize], size: usize) -> PyResult<Self> {
        Self::from_logits(&zeros(row)?, size).map_err(value_error)
    }

    fn smallest(size: usize) -> Vec<usize> {
        vec![size]
    }

    fn sample_shape(_: &[usize], size: usize) -> Vec<usize> {
        vec![size]
    }
}

impl Family for Chain {
    const KEY: &'static str = "chain";
    const PARAMETERS: &'static str = "logits";
    const SHAPE: &'static str = "(N, 1 + S, S) or (N, 1 + (T - 1)·S, S), the logits of the first of the S states, and then a matrix for all steps or one for each";
    const AXES: usize = 2;
    const SIZE: Option<&'static str> = Some("T, the number of places");

    fn of_shape(row: &[usize], size: usize) -> PyResult<Self> {
        let (logits, states) = (zeros(row)?, row[1]);
        let is_homogeneous = row[0] == states.saturating_add(1);
        let make = if is_homogeneous { Self::homogeneous } else { Self::from_logits };
        make(&logits, states, size).map_err(value_error)
    }

    fn smallest(_: usize) -> Vec<usize> {
        vec![3, 2]
    }

    fn sample_shape(row: &[usize], size: usize) -> Vec<usize> {
        vec![size, row[1]]
    }
}

/// Counts of a law.
fn counts<L: Law>(law: L, row: &[usize]) -> PyResult<Counts<L>> {
    Counts::new(law, &zeros(row)?).map_err(value_error)
}

impl Family for Counts<Poisson> {
    const KEY: &'static str = "poisson";
    const PARAMETERS: &'static str = "ln_rates";
    const SHAPE: &'static str = "(N, M), the logarithm of the rate of each count";
    const AXES: usize = 1;

    fn of_shape(row: &[usize], _: usize) -> PyResult<Self> {
        counts(Poisson, row)
    }

    fn smallest(_: usize) -> Vec<usize> {
        vec![1]
    }
}

impl Family for Counts<Geometric> {
    const KEY: &'static str = "geometric";
    const PARAMETERS: &'static str = "logits";
    const SHAPE: &'static str = "(N, M), the logit of the probability to stop, of each count";
    const AXES: usize = 1;

    fn of_shape(row: &[usize], _: usize) -> PyResult<Self> {
        counts(Geometric, row)
    }

    fn smallest(_: usize) -> Vec<usize> {
        vec![1]
    }
}

impl Family for Counts<Binomial> {
    const KEY: &'static str = "binomial";
    const PARAMETERS: &'static str = "logits";
    const SHAPE: &'static str = "(N, M), the logit of the probability of a success, of each count";
    const AXES: usize = 1;
    const SIZE: Option<&'static str> = Some("n, the number of trials");

    fn of_shape(row: &[usize], size: usize) -> PyResult<Self> {
        let trials = Binomial::new(u32::try_from(size).unwrap_or(u32::MAX)).map_err(value_error)?;
        counts(trials, row)
    }

    fn smallest(_: usize) -> Vec<usize> {
        vec![1]
    }
}

/// Does something with the distribution of this name, whose type has a name of its own there; with `closed` only with those whose entropy and divergence are known.
macro_rules! with_family {
    (closed $name:expr, $own:ident => $body:expr) => {
        match $name {
            <voidgrad::Bernoulli as $crate::family::Family>::KEY => {
                type $own = voidgrad::Bernoulli;
                $body
            }
            <voidgrad::Categorical as $crate::family::Family>::KEY => {
                type $own = voidgrad::Categorical;
                $body
            }
            <voidgrad::Gaussian as $crate::family::Family>::KEY => {
                type $own = voidgrad::Gaussian;
                $body
            }
            <voidgrad::Subset as $crate::family::Family>::KEY => {
                type $own = voidgrad::Subset;
                $body
            }
            <voidgrad::Chain as $crate::family::Family>::KEY => {
                type $own = voidgrad::Chain;
                $body
            }
            <$crate::family::PoissonCounts as $crate::family::Family>::KEY => {
                type $own = $crate::family::PoissonCounts;
                $body
            }
            <$crate::family::GeometricCounts as $crate::family::Family>::KEY => {
                type $own = $crate::family::GeometricCounts;
                $body
            }
            <$crate::family::BinomialCounts as $crate::family::Family>::KEY => {
                type $own = $crate::family::BinomialCounts;
                $body
            }
            name => Err($crate::family::unknown(name)),
        }
    };
    ($name:expr, $own:ident => $body:expr) => {
        match $name {
            <voidgrad::PlackettLuce as $crate::family::Family>::KEY => {
                type $own = voidgrad::PlackettLuce;
                $body
            }
            name => $crate::family::with_family!(closed name, $own => $body),
        }
    };
}
pub(crate) use with_family;

pub(crate) type PoissonCounts = Counts<Poisson>;
pub(crate) type GeometricCounts = Counts<Geometric>;
pub(crate) type BinomialCounts = Counts<Binomial>;

/// What Python calls the distributions, in the order in which they are listed.
pub(crate) const KEYS: [&str; 9] = [
    Bernoulli::KEY,
    Categorical::KEY,
    Gaussian::KEY,
    Subset::KEY,
    Chain::KEY,
    PlackettLuce::KEY,
    PoissonCounts::KEY,
    GeometricCounts::KEY,
    BinomialCounts::KEY,
];

/// There is no such distribution.
pub(crate) fn unknown(distribution: &str) -> PyErr {
    if distribution == PlackettLuce::KEY {
        // All others are looked for in vain under their own name.
        return value_error(
            "rankings have no entropy or divergence in closed form: there is no class for them",
        );
    }
    let known = KEYS.join(", ");
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

//! What a table is made of: its rows, and how a row makes its estimator.
//!
//! The functions here are `#[inline]`: all that is listed is then compiled where a table is used, and nowhere if none is.

use std::fmt;

use rand::Rng;

use super::{Asking, Auto, Method, MethodError, Reinforce, ReinforceEma, ReinforceOptimal, Rloo, Setup};
use super::{auto, distributions, reinforce, reinforce_ema, reinforce_optimal, rloo};
use crate::bernoulli::Bernoulli;
use crate::controls::{AnyControl, Perceptron, ReluNetwork};
use crate::distribution::Distribution;
use crate::estimator::{AnyEstimator, Estimator};

/// A distribution with a table of estimators.
///
/// ```
/// use voidgrad::estimators::{Listed, Setup};
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Categorical, Estimator, Stream};
/// let categorical = Categorical::from_logits(&[0.0; 6], 3)?;
/// let setup = Setup::relaxing(MeanQuadratic { target: 0.3 });
/// for row in Categorical::estimators() {
///     let estimator = row.make(&setup, &categorical, &mut Stream::new(0, 0, 0))?;
///     println!("{}: {} numbers of noise", row.method.name, estimator.noise(&categorical));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Listed: Distribution + Sized + 'static {
    /// What messages call its variables.
    const NAME: &'static str;

    /// Its table.
    fn estimators() -> &'static [Row<Self>];

    /// The row of the estimator of this name.
    ///
    /// ```
    /// use voidgrad::Bernoulli;
    /// use voidgrad::estimators::Listed;
    /// assert_eq!(Bernoulli::estimator("rebar")?.method.title, "REBAR");
    /// let error = Bernoulli::estimator("lax").unwrap_err();
    /// assert_eq!(error.to_string(), "the estimator lax is for Gaussian variables, and not for Bernoulli variables");
    /// # Ok::<(), voidgrad::estimators::MethodError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there is none, or if it is for other distributions.
    fn estimator(name: &str) -> Result<&'static Row<Self>, MethodError> {
        match Self::estimators().iter().find(|row| row.method.name == name) {
            Some(row) => Ok(row),
            None => Err(match Method::find(name) {
                Some(method) => MethodError::Distribution {
                    name: method.name,
                    asked: Self::NAME,
                    allowed: distributions(method).join(" and "),
                },
                None => MethodError::Unknown { name: name.to_owned() },
            }),
        }
    }
}

/// An estimator in the table of a distribution.
pub struct Row<D: Distribution> {
    /// What it is.
    pub method: &'static Method,
    /// What it is for another setup, if that changes it, and for which.
    other: Option<Other>,
    make: Make<D>,
}

/// What an estimator is for some setups.
#[derive(Clone, Copy)]
struct Other {
    is_for: fn(&Setup) -> bool,
    method: &'static Method,
}

/// Makes an estimator of variables like these: a control of all of z at once has to know how many there are. Weights come from
/// the generator.
type Make<D> = fn(&Setup, &D, &mut dyn Rng) -> Result<AnyEstimator<D>, MethodError>;

impl<D: Distribution> Row<D> {
    /// Makes the estimator for variables like these; weights come from the generator.
    ///
    /// # Errors
    /// Returns an error if a value of the setup is outside its domain, or if the estimator's control relaxes f and the setup has none.
    pub fn make(
        &self,
        setup: &Setup,
        distribution: &D,
        rng: &mut dyn Rng,
    ) -> Result<AnyEstimator<D>, MethodError> {
        (self.make)(setup, distribution, rng)
    }

    /// What the estimator is that this setup makes: `rebar` and `relax` need the gradient of f, if the setup has nothing to [relax](Setup::relaxes), and
    /// `local-expectation` takes one evaluation, if [f knows its flips](Setup::knows_flips).
    ///
    /// ```
    /// use voidgrad::Bernoulli;
    /// use voidgrad::estimators::{Listed, Needs, Setup};
    /// use voidgrad::toy::MeanQuadratic;
    /// let rebar = Bernoulli::estimator("rebar")?;
    /// assert_eq!(rebar.method_of(&Setup::relaxing(MeanQuadratic { target: 0.3 })).needs, Needs::Control);
    /// assert_eq!(rebar.method_of(&Setup::default()).needs, Needs::Gradient);
    /// # Ok::<(), voidgrad::estimators::MethodError>(())
    /// ```
    #[must_use]
    pub fn method_of(&self, setup: &Setup) -> &'static Method {
        self.other.filter(|other| (other.is_for)(setup)).map_or(self.method, |other| other.method)
    }

    /// The same row of an estimator that asks for f, if there is none to relax.
    pub(super) const fn or_asking(self, method: &'static Method) -> Self {
        Self { other: Some(Other { is_for: |setup| setup.relaxes.is_none(), method }), ..self }
    }

    /// The same row of an estimator that asks for the flips of f, if f knows them.
    pub(super) const fn or_by_flips(self, method: &'static Method) -> Self {
        Self { other: Some(Other { is_for: |setup| setup.knows_flips, method }), ..self }
    }
}

impl<D: Distribution> fmt::Debug for Row<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.method.name).finish()
    }
}

/// A row of an estimator that is the same for every setup.
pub(super) const fn row<D: Distribution>(method: &'static Method, make: Make<D>) -> Row<D> {
    Row { method, other: None, make }
}

/// K, if it is not given.
pub(super) const LEAST: u64 = 2;
/// Decay of a moving average.
pub(super) const DECAY: f64 = 0.99;
/// Decay of a regression, whose noise is a share of the variance.
pub(super) const REGRESSION: f64 = 0.999;
/// Units of a network of all of z.
pub(super) const UNITS: usize = 10;

/// The estimators that are for every distribution.
impl<D: Distribution> Row<D> {
    pub(super) const REINFORCE: Self =
        row(&reinforce::METHOD, |setup, _, _| Ok(Box::new(Reinforce::new(setup.baseline)?)));
    pub(super) const REINFORCE_EMA: Self = row(&reinforce_ema::METHOD, |setup, _, _| {
        Ok(Box::new(ReinforceEma::new(setup.decay.unwrap_or(DECAY))?))
    });
    pub(super) const REINFORCE_OPTIMAL: Self = row(&reinforce_optimal::METHOD, |setup, _, _| {
        Ok(Box::new(ReinforceOptimal::new(setup.decay.unwrap_or(DECAY))?))
    });
    pub(super) const RLOO: Self =
        row(&rloo::METHOD, |setup, _, _| Ok(Box::new(Rloo::new(setup.evaluations.unwrap_or(LEAST))?)));
}

/// The choice among those of the table.
impl<D: Listed> Row<D> {
    pub(super) const AUTO: Self = row(&auto::METHOD, |setup, distribution, rng| {
        Ok(Box::new(Auto::of_table(setup, distribution, rng)?))
    });
}

/// REBAR that asks for f.
pub(super) fn asking_rebar<D: Distribution>(setup: &Setup) -> Result<AnyEstimator<D>, MethodError>
where
    Asking: Estimator<D>,
{
    Ok(Box::new(Asking::rebar(setup.eta, setup.lambda, setup.decay.unwrap_or(REGRESSION))?))
}

/// RELAX that asks for f, with a network of so many entries of z.
pub(super) fn asking_relax<D: Distribution>(
    setup: &Setup,
    entries: usize,
    rng: &mut dyn Rng,
) -> Result<AnyEstimator<D>, MethodError>
where
    Asking<Perceptron>: Estimator<D>,
{
    let network = Perceptron::draw(entries, UNITS, rng)?;
    let decay = setup.decay.unwrap_or(REGRESSION);
    Ok(Box::new(Asking::relax(network, setup.eta, setup.lambda, decay)?))
}

/// REBAR's control of Bernoulli variables.
pub(super) fn relaxed(
    method: &Method,
    setup: &Setup,
    bernoulli: &Bernoulli,
) -> Result<AnyControl, MethodError> {
    Ok(setup.relaxed(method)?.of_bits(bernoulli, setup.eta, setup.lambda)?)
}

/// RELAX's control of Bernoulli variables.
pub(super) fn with(
    network: &ReluNetwork,
    method: &Method,
    setup: &Setup,
    bernoulli: &Bernoulli,
) -> Result<AnyControl, MethodError> {
    let f = setup.relaxed(method)?;
    Ok(f.of_bits_and_network(bernoulli, *network, setup.eta, setup.lambda)?)
}

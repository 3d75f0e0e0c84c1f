//! The tables of estimators, one for each distribution.
//!
//! The functions here are `#[inline]`: all that is listed is then compiled where a table is used, and nowhere if none is.
//!
//! A new estimator is a file with its [`Method`] and a line in each table that it is for. A new distribution is its module; to be found by name, it has a table
//! here and a line in [`tables`], and what is written for every [`Distribution`] can be listed at once.

use std::collections::BTreeSet;
use std::fmt;

use rand::Rng;

use super::{
    Arm, Arms, Asking, Auto, BitFlip, Coupled, Disarm, DoubleCv, Enumerate, Gapped, Gumbel, Lax, LocalDisarm,
    LocalExpectation, LocalExpectationByFlips, MeasureValued, Method, MethodError, Mixed, MuProp,
    RaoBlackwell, ReinMax, Reinforce, ReinforceEma, ReinforceOptimal, RelaxLoo, Rloo, Rodeo, Setup, Simple,
    StraightThrough, UnorderedSet, Vimco, local_disarm, vimco,
};
use super::{
    arm, arms, auto, bit_flip, disarm, double_cv, enumerate, gapped, gumbel, lax, local_expectation,
    measure_valued, mixed, muprop, rao_blackwell, rebar, rebar_coupled, reinforce, reinforce_ema,
    reinforce_optimal, reinmax, relax, relax_basis, relax_coupled, relax_linear, relax_loo, relax_perceptron,
    rloo, rodeo, simple, straight_through, unordered_set,
};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::chain::Chain;
use crate::controls::{AnyControl, Basis, Perceptron, ReluNetwork, Sum};
use crate::counts::{Binomial, Counts, Geometric, Law, Poisson};
use crate::distribution::Distribution;
use crate::estimator::{AnyEstimator, Estimator};
use crate::gaussian::Gaussian;
use crate::plackett_luce::PlackettLuce;
use crate::subset::Subset;

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
    const fn or_asking(self, method: &'static Method) -> Self {
        Self { other: Some(Other { is_for: |setup| setup.relaxes.is_none(), method }), ..self }
    }

    /// The same row of an estimator that asks for the flips of f, if f knows them.
    const fn or_by_flips(self, method: &'static Method) -> Self {
        Self { other: Some(Other { is_for: |setup| setup.knows_flips, method }), ..self }
    }
}

impl<D: Distribution> fmt::Debug for Row<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Row").field(&self.method.name).finish()
    }
}

const fn row<D: Distribution>(method: &'static Method, make: Make<D>) -> Row<D> {
    Row { method, other: None, make }
}

/// K, if it is not given.
const LEAST: u64 = 2;
/// Decay of a moving average.
const DECAY: f64 = 0.99;
/// Decay of a regression, whose noise is a share of the variance.
const REGRESSION: f64 = 0.999;
/// Units of a network of all of z.
const UNITS: usize = 10;

/// The estimators that are for every distribution.
impl<D: Distribution> Row<D> {
    const REINFORCE: Self =
        row(&reinforce::METHOD, |setup, _, _| Ok(Box::new(Reinforce::new(setup.baseline)?)));
    const REINFORCE_EMA: Self = row(&reinforce_ema::METHOD, |setup, _, _| {
        Ok(Box::new(ReinforceEma::new(setup.decay.unwrap_or(DECAY))?))
    });
    const REINFORCE_OPTIMAL: Self = row(&reinforce_optimal::METHOD, |setup, _, _| {
        Ok(Box::new(ReinforceOptimal::new(setup.decay.unwrap_or(DECAY))?))
    });
    const RLOO: Self =
        row(&rloo::METHOD, |setup, _, _| Ok(Box::new(Rloo::new(setup.evaluations.unwrap_or(LEAST))?)));
}

/// The choice among those of the table.
impl<D: Listed> Row<D> {
    const AUTO: Self = row(&auto::METHOD, |setup, distribution, rng| {
        Ok(Box::new(Auto::of_table(setup, distribution, rng)?))
    });
}

/// The estimators of the gradient of the importance-weighted bound of K samples, for Bernoulli variables. They are in none of the tables, whose estimators are of the gradient of `E[f]`; K is
/// [`Setup::evaluations`].
///
/// ```
/// use voidgrad::estimators::{Setup, of_bounds};
/// use voidgrad::{Bernoulli, Estimator, Stream};
/// let bernoulli = Bernoulli::from_logits(&[0.0; 3])?;
/// let setup = Setup { evaluations: Some(5), ..Setup::default() };
/// for row in of_bounds() {
///     let estimator = row.make(&setup, &bernoulli, &mut Stream::new(0, 0, 0))?;
///     println!("{}: {} evaluations of f", row.method.name, estimator.evaluations(&bernoulli));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
#[must_use]
pub fn of_bounds() -> &'static [Row<Bernoulli>] {
    const {
        &[
            row(&vimco::METHOD, |setup, _, _| Ok(Box::new(Vimco::new(setup.evaluations.unwrap_or(LEAST))?))),
            row(&local_disarm::METHOD, |setup, _, _| {
                Ok(Box::new(LocalDisarm::new(setup.evaluations.unwrap_or(LEAST))?))
            }),
        ]
    }
}

impl Listed for Bernoulli {
    const NAME: &'static str = "Bernoulli";

    #[inline]
    fn estimators() -> &'static [Row<Self>] {
        const {
            &[
                Row::REINFORCE,
                Row::REINFORCE_EMA,
                Row::REINFORCE_OPTIMAL,
                Row::RLOO,
                row(&arm::METHOD, |_, _, _| Ok(Box::new(Arm))),
                row(&disarm::METHOD, |setup, _, _| {
                    Ok(Box::new(Disarm::new(setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&arms::METHOD, |setup, _, _| {
                    Ok(Box::new(Arms::new(setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&double_cv::METHOD, |setup, _, _| {
                    let samples = setup.evaluations.unwrap_or(LEAST);
                    Ok(Box::new(DoubleCv::new(samples, setup.decay.unwrap_or(REGRESSION))?))
                }),
                row(&rodeo::METHOD, |setup, _, _| {
                    let samples = setup.evaluations.unwrap_or(LEAST);
                    let decay = setup.decay.unwrap_or(REGRESSION);
                    Ok(if setup.knows_flips {
                        Box::new(Rodeo::by_flips(samples, decay)?)
                    } else {
                        Box::new(Rodeo::new(samples, decay)?)
                    })
                })
                .or_by_flips(&rodeo::BY_FLIPS),
                row(&mixed::METHOD, |setup, _, _| {
                    let samples = setup.evaluations.unwrap_or(LEAST);
                    Ok(Box::new(Mixed::of_values(samples, setup.decay.unwrap_or(DECAY))?))
                }),
                row(&muprop::METHOD, |_, _, _| Ok(Box::new(MuProp))),
                row(&local_expectation::METHOD, |setup, _, _| {
                    Ok(if setup.knows_flips {
                        Box::new(LocalExpectationByFlips)
                    } else {
                        Box::new(LocalExpectation)
                    })
                })
                .or_by_flips(&local_expectation::BY_FLIPS),
                row(&bit_flip::METHOD, |setup, _, _| {
                    Ok(Box::new(BitFlip::new(setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&enumerate::METHOD, |_, _, _| Ok(Box::new(Enumerate))),
                row(&rebar::METHOD, |setup, bernoulli, _| match &setup.relaxes {
                    Some(f) => Ok(Box::new(f.of_bits(bernoulli, setup.eta, setup.lambda)?)),
                    None => asking_rebar(setup),
                })
                .or_asking(&rebar::ASKING),
                row(&rebar_coupled::METHOD, |setup, bernoulli, _| {
                    Ok(Box::new(Coupled::new(relaxed(&rebar_coupled::METHOD, setup, bernoulli)?)))
                }),
                row(&relax::METHOD, |setup, bernoulli: &Self, rng| {
                    if setup.relaxes.is_none() {
                        return asking_relax(setup, bernoulli.len(), rng);
                    }
                    let network = ReluNetwork::draw(true, rng);
                    Ok(Box::new(with(&network, &relax::METHOD, setup, bernoulli)?))
                })
                .or_asking(&relax::ASKING),
                row(&relax_linear::METHOD, |setup, bernoulli, rng| {
                    let network = ReluNetwork::draw(false, rng);
                    Ok(Box::new(with(&network, &relax_linear::METHOD, setup, bernoulli)?))
                }),
                row(&relax_basis::METHOD, |_, _, _| Ok(Box::new(Basis::flat()?))),
                row(&relax_coupled::METHOD, |setup, bernoulli, rng| {
                    let network = ReluNetwork::draw(false, rng);
                    Ok(Box::new(Coupled::new(with(&network, &relax_coupled::METHOD, setup, bernoulli)?)))
                }),
                row(&relax_loo::METHOD, |setup, bernoulli, rng| {
                    let control = with(&ReluNetwork::draw(false, rng), &relax_loo::METHOD, setup, bernoulli)?;
                    Ok(Box::new(RelaxLoo::new(control, setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&relax_perceptron::METHOD, |_, bernoulli, rng| {
                    Ok(Box::new(Perceptron::draw(bernoulli.len(), UNITS, rng)?))
                }),
                Row::AUTO,
                row(&straight_through::METHOD, |_, _, _| Ok(Box::new(StraightThrough))),
                row(&gumbel::METHOD, |setup, _, _| Ok(Box::new(Gumbel::new(setup.lambda)?))),
                row(&reinmax::METHOD, |_, _, _| Ok(Box::new(ReinMax))),
                row(&gapped::METHOD, |setup, _, _| Ok(Box::new(Gapped::new(setup.lambda)?))),
            ]
        }
    }
}

/// REBAR that asks for f.
fn asking_rebar<D: Distribution>(setup: &Setup) -> Result<AnyEstimator<D>, MethodError>
where
    Asking: Estimator<D>,
{
    Ok(Box::new(Asking::rebar(setup.eta, setup.lambda, setup.decay.unwrap_or(REGRESSION))?))
}

/// RELAX that asks for f, with a network of so many entries of z.
fn asking_relax<D: Distribution>(
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
fn relaxed(method: &Method, setup: &Setup, bernoulli: &Bernoulli) -> Result<AnyControl, MethodError> {
    Ok(setup.relaxed(method)?.of_bits(bernoulli, setup.eta, setup.lambda)?)
}

/// RELAX's control of Bernoulli variables.
fn with(
    network: &ReluNetwork,
    method: &Method,
    setup: &Setup,
    bernoulli: &Bernoulli,
) -> Result<AnyControl, MethodError> {
    let f = setup.relaxed(method)?;
    Ok(f.of_bits_and_network(bernoulli, *network, setup.eta, setup.lambda)?)
}

impl Listed for Categorical {
    const NAME: &'static str = "categorical";

    #[inline]
    fn estimators() -> &'static [Row<Self>] {
        const {
            &[
                Row::REINFORCE,
                Row::REINFORCE_EMA,
                Row::REINFORCE_OPTIMAL,
                Row::RLOO,
                row(&disarm::METHOD, |setup, _, _| {
                    Ok(Box::new(Disarm::new(setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&arms::METHOD, |setup, _, _| {
                    Ok(Box::new(Arms::new(setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&unordered_set::METHOD, |setup, _, _| {
                    Ok(Box::new(UnorderedSet::new(setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&rao_blackwell::METHOD, |setup, _, _| {
                    Ok(Box::new(RaoBlackwell::new(setup.evaluations.unwrap_or(LEAST))?))
                }),
                row(&enumerate::METHOD, |_, _, _| Ok(Box::new(Enumerate))),
                row(&rebar::METHOD, |setup, categorical, _| match &setup.relaxes {
                    Some(f) => Ok(Box::new(f.of_states(categorical, setup.eta, setup.lambda)?)),
                    None => asking_rebar(setup),
                })
                .or_asking(&rebar::ASKING),
                row(&relax::METHOD, |setup, categorical: &Self, rng| {
                    let Some(f) = &setup.relaxes else {
                        return asking_relax(setup, categorical.len(), rng);
                    };
                    let f = f.of_states(categorical, setup.eta, setup.lambda)?;
                    Ok(Box::new(Sum::new(f, Perceptron::draw(categorical.len(), UNITS, rng)?)))
                })
                .or_asking(&relax::ASKING),
                row(&relax_perceptron::METHOD, |_, categorical, rng| {
                    Ok(Box::new(Perceptron::draw(categorical.len(), UNITS, rng)?))
                }),
                Row::AUTO,
                row(&straight_through::METHOD, |_, _, _| Ok(Box::new(StraightThrough))),
                row(&gumbel::METHOD, |setup, _, _| Ok(Box::new(Gumbel::new(setup.lambda)?))),
                row(&reinmax::METHOD, |_, _, _| Ok(Box::new(ReinMax))),
                row(&gapped::METHOD, |setup, _, _| Ok(Box::new(Gapped::new(setup.lambda)?))),
            ]
        }
    }
}

impl Listed for Gaussian {
    const NAME: &'static str = "Gaussian";

    #[inline]
    fn estimators() -> &'static [Row<Self>] {
        const {
            &[
                Row::REINFORCE,
                Row::REINFORCE_EMA,
                Row::REINFORCE_OPTIMAL,
                Row::RLOO,
                Row::AUTO,
                row(&measure_valued::METHOD, |_, _, _| Ok(Box::new(MeasureValued))),
                row(&lax::METHOD, |_, gaussian, rng| {
                    Ok(Box::new(Lax::new(Perceptron::draw(gaussian.len(), UNITS, rng)?)))
                }),
            ]
        }
    }
}

impl Listed for Subset {
    const NAME: &'static str = "k-subset";

    #[inline]
    fn estimators() -> &'static [Row<Self>] {
        const {
            &[
                Row::REINFORCE,
                Row::REINFORCE_EMA,
                Row::REINFORCE_OPTIMAL,
                Row::RLOO,
                row(&enumerate::METHOD, |_, _, _| Ok(Box::new(Enumerate))),
                Row::AUTO,
                row(&simple::METHOD, |_, _, _| Ok(Box::new(Simple))),
            ]
        }
    }
}

impl Listed for Chain {
    const NAME: &'static str = "Markov chain";

    #[inline]
    fn estimators() -> &'static [Row<Self>] {
        const {
            &[
                Row::REINFORCE,
                Row::REINFORCE_EMA,
                Row::REINFORCE_OPTIMAL,
                Row::RLOO,
                row(&enumerate::METHOD, |_, _, _| Ok(Box::new(Enumerate))),
                Row::AUTO,
            ]
        }
    }
}

impl Listed for PlackettLuce {
    const NAME: &'static str = "Plackett-Luce";

    #[inline]
    fn estimators() -> &'static [Row<Self>] {
        const {
            &[
                Row::REINFORCE,
                Row::REINFORCE_EMA,
                Row::REINFORCE_OPTIMAL,
                Row::RLOO,
                row(&enumerate::METHOD, |_, _, _| Ok(Box::new(Enumerate))),
                Row::AUTO,
            ]
        }
    }
}

impl<L: Law> Listed for Counts<L> {
    const NAME: &'static str = L::NAME;

    #[inline]
    fn estimators() -> &'static [Row<Self>] {
        const { &[Row::REINFORCE, Row::REINFORCE_EMA, Row::REINFORCE_OPTIMAL, Row::RLOO, Row::AUTO] }
    }
}

/// The names of the distributions with what their tables list: a line for each.
#[inline]
fn tables() -> [(&'static str, Vec<&'static Method>); 9] {
    [
        table::<Bernoulli>(),
        table::<Categorical>(),
        table::<Gaussian>(),
        table::<Subset>(),
        table::<Chain>(),
        table::<PlackettLuce>(),
        table::<Counts<Poisson>>(),
        table::<Counts<Geometric>>(),
        table::<Counts<Binomial>>(),
    ]
}

#[inline]
fn table<D: Listed>() -> (&'static str, Vec<&'static Method>) {
    (D::NAME, D::estimators().iter().map(|row| row.method).collect())
}

/// All estimators, in the order of the tables; one that is in several is where the first has it.
#[inline]
pub fn methods() -> impl Iterator<Item = &'static Method> {
    let mut names = BTreeSet::new();
    tables().into_iter().flat_map(|(_, methods)| methods).filter(move |method| names.insert(method.name))
}

/// The distributions that an estimator is for.
#[inline]
#[must_use]
pub fn distributions(method: &Method) -> Vec<&'static str> {
    let has = |methods: &[&Method]| methods.iter().any(|other| other.name == method.name);
    tables().into_iter().filter(|(_, methods)| has(methods)).map(|(name, _)| name).collect()
}

//! The published estimators: one file each, and one table for each distribution.
//!
//! The tables ([`Listed`]) make the names of the command line, the table below, and the tests that every estimator has to
//! pass. A new estimator is a file with its [`Method`], and lines of the file of the tables: its module, and a row in each table that it is for. A new distribution is
//! its module; to be found by name, it has a table, and what is written for every [`Distribution`](crate::Distribution) can be listed at once.
//! [The guide](crate::guide::which_estimator) says which to use. [`zero_mean`] has the controls that [`Mixed`] mixes, and the trait of one's own.
//!
#![doc = include_str!("table.md")]

mod common;
mod control_variate;
mod cost;
mod joint;
mod leave_one_out;
mod listed;
mod method;
mod mixing;
mod pair;
mod sticks;

pub mod arm;
pub mod arms;
pub mod asking;
pub mod auto;
pub mod bit_flip;
pub mod coupled;
pub mod disarm;
pub mod double_cv;
pub mod enumerate;
pub mod gapped;
pub mod gumbel;
pub mod lax;
pub mod local_arms;
pub mod local_disarm;
pub mod local_expectation;
pub mod measure_valued;
pub mod mixed;
pub mod muprop;
pub mod rao_blackwell;
pub mod rebar;
pub mod rebar_coupled;
pub mod reinforce;
pub mod reinforce_ema;
pub mod reinforce_optimal;
pub mod reinmax;
pub mod reinmax_cv;
pub mod reinmax_rao;
pub mod relax;
pub mod relax_basis;
pub mod relax_coupled;
pub mod relax_linear;
pub mod relax_loo;
pub mod relax_perceptron;
pub mod rloo;
pub mod rodeo;
pub mod simple;
pub mod straight_through;
pub mod unordered_set;
pub mod vimco;
pub mod zero_mean;

/// The estimator of [`estimate`](crate::estimate()), for categorical variables.
pub mod categorical {
    pub use super::control_variate_categorical::{Estimate, estimate};
}
mod control_variate_categorical;

use std::collections::BTreeSet;

use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::chain::Chain;
use crate::controls::{Basis, Perceptron, ReluNetwork, Sum};
use crate::counts::{Binomial, Counts, Geometric, Law, Poisson};
use crate::gaussian::Gaussian;
use crate::plackett_luce::PlackettLuce;
use crate::subset::Subset;
use common::{count, samples, several};
pub(crate) use common::{decay, towards};
pub(crate) use leave_one_out::leave_one_out;
use listed::{DECAY, LEAST, REGRESSION, UNITS, asking_rebar, asking_relax, relaxed, row, with};

pub use arm::Arm;
pub use arms::Arms;
pub use asking::Asking;
pub use auto::{Auto, AutoError, Criterion};
pub use bit_flip::BitFlip;
pub use control_variate::{Estimate, estimate};
pub use cost::{Cost, Count};
pub use coupled::Coupled;
pub use disarm::Disarm;
pub use double_cv::DoubleCv;
pub use enumerate::Enumerate;
pub use gapped::Gapped;
pub use gumbel::Gumbel;
pub use lax::Lax;
pub use listed::{Listed, Row};
pub use local_arms::LocalArms;
pub use local_disarm::LocalDisarm;
pub use local_expectation::{LocalExpectation, LocalExpectationByFlips};
pub use measure_valued::MeasureValued;
pub use method::{Bias, Method, MethodError, Needs, Setup, table};
pub use mixed::Mixed;
pub use muprop::MuProp;
pub use rao_blackwell::RaoBlackwell;
pub use reinforce::Reinforce;
pub use reinforce_ema::ReinforceEma;
pub use reinforce_optimal::ReinforceOptimal;
pub use reinmax::ReinMax;
pub use reinmax_cv::ReinMaxCv;
pub use reinmax_rao::ReinMaxRao;
pub use relax_loo::RelaxLoo;
pub use rloo::Rloo;
pub use rodeo::Rodeo;
pub use simple::Simple;
pub use straight_through::StraightThrough;
pub use unordered_set::UnorderedSet;
pub use vimco::Vimco;

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
            row(&local_arms::METHOD, |setup, _, _| {
                Ok(Box::new(LocalArms::of_list(setup.evaluations.unwrap_or(LEAST))?))
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
                row(&reinmax_rao::METHOD, |setup, _, _| Ok(Box::new(ReinMaxRao::of_list(setup.lambda)?))),
                row(&reinmax_cv::METHOD, |setup, _, _| {
                    Ok(Box::new(ReinMaxCv::of_list(setup.lambda, setup.eta)?))
                }),
                row(&gapped::METHOD, |setup, _, _| Ok(Box::new(Gapped::new(setup.lambda)?))),
            ]
        }
    }
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
                row(&reinmax_rao::METHOD, |setup, _, _| Ok(Box::new(ReinMaxRao::of_list(setup.lambda)?))),
                row(&reinmax_cv::METHOD, |setup, _, _| {
                    Ok(Box::new(ReinMaxCv::of_list(setup.lambda, setup.eta)?))
                }),
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
        names::<Bernoulli>(),
        names::<Categorical>(),
        names::<Gaussian>(),
        names::<Subset>(),
        names::<Chain>(),
        names::<PlackettLuce>(),
        names::<Counts<Poisson>>(),
        names::<Counts<Geometric>>(),
        names::<Counts<Binomial>>(),
    ]
}

#[inline]
fn names<D: Listed>() -> (&'static str, Vec<&'static Method>) {
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

#[cfg(test)]
pub(crate) mod tests;

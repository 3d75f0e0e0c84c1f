//! The choice that is on the list of estimators.

use rand::Rng;

use super::{Auto, AutoError};
use crate::distribution::Distribution;
use crate::estimator::AnyEstimator;
use crate::estimators::{Listed, MethodError, Setup};

/// The most variables for which the automatic list has `local-expectation` of M + 1 evaluations.
const FEW: usize = 15;

impl<D: Distribution> Auto<D> {
    /// The choice of the [table](Listed): among the estimators of these variables that ask for values of f alone and need no control.
    ///
    /// With [`Setup::evaluations`] K they are `disarm`, `rloo` and `arms` of K samples. Without it they are those of two samples, `disarm` and `rloo`, those of one,
    /// `reinforce-ema` and `reinforce-optimal`, and `local-expectation` up to 15 variables, or for any number if [f knows its flips](Setup::knows_flips).
    ///
    /// With [`Setup::costs`] each of them needs a cost.
    ///
    /// # Errors
    /// Returns an error if none can be made with K samples, if the decay is not in [0, 1), or if the costs are not those of the candidates.
    #[inline]
    pub fn of_table(setup: &Setup, distribution: &D, rng: &mut dyn Rng) -> Result<Self, MethodError>
    where
        D: Listed,
    {
        if let Some(decay) = setup.decay {
            crate::estimators::decay(decay)?;
        }
        let names: &[&str] = match setup.evaluations {
            Some(_) => &["disarm", "rloo", "arms"],
            None => &["disarm", "rloo", "reinforce-ema", "reinforce-optimal", "local-expectation"],
        };
        let is_cheap = setup.knows_flips || distribution.uniforms() <= FEW;
        let names = names.iter().filter(|name| is_cheap || **name != "local-expectation");
        let (mut candidates, mut refusal) = (Vec::new(), None);
        for row in names.filter_map(|name| D::estimator(name).ok()) {
            match row.make(setup, distribution, rng) {
                Ok(estimator) => candidates.push((row.method.name.to_owned(), estimator)),
                // An odd K is none for pairs.
                Err(error) => {
                    refusal.get_or_insert(error);
                }
            }
        }
        match refusal {
            Some(error) if candidates.is_empty() => Err(error),
            _ if setup.costs.is_empty() => Ok(Self::new(candidates)?),
            _ => Ok(Self::new(candidates)?.with_named_costs(&setup.costs)?),
        }
    }

    /// The same with another candidate, the last of the list. Costs are to be given after it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_candidate(self, name: &str, estimator: AnyEstimator<D>) -> Result<Self, AutoError> {
        let Self { candidates, criterion, .. } = self;
        let candidates = candidates.into_iter().map(|candidate| (candidate.name, candidate.estimator));
        let candidates = candidates.chain([(name.to_owned(), estimator)]).collect();
        Ok(Self::new(candidates)?.with_criterion(criterion))
    }

    /// The same with a cost for each name.
    ///
    /// # Errors
    /// Returns an error if there is a name without a cost or a cost without a candidate, or if one is not a positive number.
    pub fn with_named_costs(self, costs: &[(String, f64)]) -> Result<Self, AutoError> {
        let names = || self.names().collect::<Vec<&str>>().join(", ");
        if let Some((name, _)) = costs.iter().find(|(name, _)| self.names().all(|other| other != name)) {
            return Err(AutoError::NoCandidate { name: name.clone(), candidates: names() });
        }
        let cost = |name: &str| {
            let found = costs.iter().find(|(other, _)| other == name).map(|(_, cost)| *cost);
            found.ok_or_else(|| AutoError::NoCost { name: name.to_owned(), candidates: names() })
        };
        let costs = self.names().map(cost).collect::<Result<Vec<f64>, AutoError>>()?;
        self.with_costs(&costs)
    }
}

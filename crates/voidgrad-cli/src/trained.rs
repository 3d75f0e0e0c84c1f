//! An estimator as a training has it: with what moves the parameters of its control.

use std::ops::Deref;

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed, Method};
use voidgrad::train::ControlOptimiser;

/// An estimator, with what moves the parameters of its control. Without one, that means nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trained {
    method: &'static Method,
    optimiser: ControlOptimiser,
}

/// What else than Adam along the variance's gradient can learn the control of an estimator, and the name that the estimator has then.
type Learned = &'static [(ControlOptimiser, &'static str)];

/// The estimators whose control can be learned so. RELAX's own control has no parameter in which it is linear.
const LEARNED: [(&str, Learned); 5] = [
    (
        "rebar",
        &[
            (ControlOptimiser::GaussNewton, "rebar+gauss-newton"),
            (ControlOptimiser::LeastSquares, "rebar+least-squares"),
            (ControlOptimiser::Replay, "rebar+replay"),
        ],
    ),
    (
        "relax",
        &[(ControlOptimiser::GaussNewton, "relax+gauss-newton"), (ControlOptimiser::Replay, "relax+replay")],
    ),
    (
        "relax-linear",
        &[
            (ControlOptimiser::GaussNewton, "relax-linear+gauss-newton"),
            (ControlOptimiser::LeastSquares, "relax-linear+least-squares"),
            (ControlOptimiser::Replay, "relax-linear+replay"),
        ],
    ),
    (
        "relax-basis",
        &[
            (ControlOptimiser::GaussNewton, "relax-basis+gauss-newton"),
            (ControlOptimiser::LeastSquares, "relax-basis+least-squares"),
            (ControlOptimiser::Replay, "relax-basis+replay"),
        ],
    ),
    (
        "relax-perceptron",
        &[
            (ControlOptimiser::GaussNewton, "relax-perceptron+gauss-newton"),
            (ControlOptimiser::LeastSquares, "relax-perceptron+least-squares"),
            (ControlOptimiser::Replay, "relax-perceptron+replay"),
        ],
    ),
];

impl Trained {
    /// The estimator, its control moved by Adam if it has one.
    pub(crate) fn by_adam(method: &'static Method) -> Self {
        Self { method, optimiser: ControlOptimiser::Adam }
    }

    /// The estimators, each with every one of these optimisers that it can have. One whose control has no name of its own then is there once: with the only optimiser, and with Adam if there
    /// are several.
    pub(crate) fn all(
        methods: impl IntoIterator<Item = &'static Method>,
        optimisers: &[ControlOptimiser],
    ) -> Vec<Self> {
        let of = |method: &'static Method| -> Vec<Self> {
            let with = |optimiser: &ControlOptimiser| Self { method, optimiser: *optimiser };
            match optimisers {
                [only] => vec![with(only)],
                _ if names(method).is_empty() => vec![Self::by_adam(method)],
                several => several.iter().map(with).filter(Self::is_possible).collect(),
            }
        };
        methods.into_iter().flat_map(of).collect()
    }

    /// The estimators that are asked for, in the order of the library's list: with the optimiser in the name, or with every one of these that they can have.
    pub(crate) fn asked(
        gradients: &[(&'static Method, Option<ControlOptimiser>)],
        optimisers: &[ControlOptimiser],
    ) -> Vec<Self> {
        let of = |method: &'static Method| -> Vec<Self> {
            let own = || gradients.iter().filter(|(other, _)| other.name == method.name);
            let mut trained: Vec<Self> = own()
                .filter_map(|(_, optimiser)| optimiser.map(|optimiser| Self { method, optimiser }))
                .collect();
            if own().any(|(_, optimiser)| optimiser.is_none()) {
                trained.extend(Self::all([method], optimisers));
            }
            let is_there = |optimiser: &ControlOptimiser| {
                trained.iter().find(|trained| trained.optimiser == *optimiser).copied()
            };
            ControlOptimiser::ALL.iter().filter_map(is_there).collect()
        };
        Bernoulli::estimators().iter().flat_map(|row| of(row.method)).collect()
    }

    /// The estimator of this name, with what learns its control after a plus sign.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let (method, optimiser) = name.split_once('+')?;
        let optimiser = ControlOptimiser::ALL.into_iter().find(|other| other.name() == optimiser)?;
        let trained = Self { method: Method::find(method)?, optimiser };
        (trained.name() == name).then_some(trained)
    }

    /// The name by which an option asks for it, beside these optimisers.
    pub(crate) fn option(&self, optimisers: &[ControlOptimiser]) -> &'static str {
        if optimisers.contains(&self.optimiser) { self.method.name } else { self.name() }
    }

    /// Whether the control of the estimator, if it is one that can be learned otherwise, can be learned by this optimiser.
    pub(crate) fn is_possible(&self) -> bool {
        let names = names(self.method);
        self.optimiser == ControlOptimiser::Adam
            || names.is_empty()
            || names.iter().any(|(by, _)| *by == self.optimiser)
    }

    /// The optimisers that are asked for, each once, in the order of the library's list; Adam if there is none.
    pub(crate) fn optimisers(asked: &[ControlOptimiser]) -> Vec<ControlOptimiser> {
        let is_asked = |optimiser: &ControlOptimiser| asked.contains(optimiser);
        let chosen: Vec<_> = ControlOptimiser::ALL.into_iter().filter(is_asked).collect();
        if chosen.is_empty() { vec![ControlOptimiser::Adam] } else { chosen }
    }

    /// What it is.
    pub(crate) fn method(&self) -> &'static Method {
        self.method
    }

    /// What moves the parameters of its control.
    pub(crate) fn optimiser(&self) -> ControlOptimiser {
        self.optimiser
    }

    /// Its name: that of the estimator, and after a plus sign what learns its control, if that is not Adam.
    pub(crate) fn name(&self) -> &'static str {
        let named = names(self.method).iter().find(|(by, _)| *by == self.optimiser);
        named.map_or(self.method.name, |(_, name)| name)
    }

    /// All names after a plus sign.
    pub(crate) fn learned_names() -> impl Iterator<Item = &'static str> {
        LEARNED.iter().flat_map(|(_, names)| names.iter().map(|(_, name)| *name))
    }
}

/// What can learn the control of an estimator, but Adam.
fn names(method: &Method) -> Learned {
    LEARNED.iter().find(|(name, _)| *name == method.name).map_or(&[], |(_, names)| names)
}

impl Deref for Trained {
    type Target = Method;

    fn deref(&self) -> &Method {
        self.method
    }
}

/// Estimators are known by their names.
impl PartialEq for Trained {
    fn eq(&self, other: &Self) -> bool {
        (self.method.name, self.optimiser) == (other.method.name, other.optimiser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimator_is_there_with_every_optimiser_that_it_can_have() {
        let methods =
            ["reinforce", "rebar", "relax", "relax-coupled"].map(|name| Method::find(name).unwrap());
        let names = |optimisers: &[ControlOptimiser]| -> Vec<&str> {
            Trained::all(methods, optimisers).iter().map(Trained::name).collect()
        };
        assert_eq!(
            names(&ControlOptimiser::ALL),
            [
                "reinforce",
                "rebar",
                "rebar+gauss-newton",
                "rebar+least-squares",
                "rebar+replay",
                "relax",
                "relax+gauss-newton",
                "relax+replay",
                "relax-coupled"
            ]
        );
        assert_eq!(
            names(&[ControlOptimiser::Replay]),
            ["reinforce", "rebar+replay", "relax+replay", "relax-coupled"]
        );
        let asked = [("relax", Some(ControlOptimiser::Replay)), ("relax", None), ("rebar", None)]
            .map(|(name, optimiser)| (Method::find(name).unwrap(), optimiser));
        let found = Trained::asked(&asked, &[ControlOptimiser::Adam]);
        assert_eq!(
            found.iter().map(Trained::name).collect::<Vec<&str>>(),
            ["rebar", "relax", "relax+replay"]
        );
        let options = |optimisers: &[ControlOptimiser]| -> Vec<&str> {
            found.iter().map(|trained| trained.option(optimisers)).collect()
        };
        assert_eq!(options(&[ControlOptimiser::Adam]), ["rebar", "relax", "relax+replay"]);
        assert_eq!(options(&ControlOptimiser::ALL), ["rebar", "relax", "relax"]);
        let is_possible: Vec<bool> = Trained::all(methods, &[ControlOptimiser::LeastSquares])
            .iter()
            .map(Trained::is_possible)
            .collect();
        assert_eq!(is_possible, [true, true, false, true]);
        let both = [ControlOptimiser::Replay, ControlOptimiser::Adam, ControlOptimiser::Replay];
        assert_eq!(Trained::optimisers(&both), [ControlOptimiser::Adam, ControlOptimiser::Replay]);
        assert_eq!(Trained::optimisers(&[]), [ControlOptimiser::Adam]);
    }
}

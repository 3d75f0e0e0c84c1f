//! An estimator as a training has it: with what moves the parameters of its control.

use std::ops::Deref;

use voidgrad::estimators::Method;
use voidgrad::train::ControlOptimiser;

/// An estimator, with what moves the parameters of its control. Without one, that means nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trained {
    method: &'static Method,
    optimiser: ControlOptimiser,
}

/// The estimators whose control can be learned otherwise than by Adam along the variance's gradient, with their names then.
const LEARNED: [(&str, [(ControlOptimiser, &str); 2]); 5] = [
    ("rebar", learned("rebar+gauss-newton", "rebar+replay")),
    ("relax", learned("relax+gauss-newton", "relax+replay")),
    ("relax-linear", learned("relax-linear+gauss-newton", "relax-linear+replay")),
    ("relax-basis", learned("relax-basis+gauss-newton", "relax-basis+replay")),
    ("relax-perceptron", learned("relax-perceptron+gauss-newton", "relax-perceptron+replay")),
];

const fn learned(
    by_gauss_newton: &'static str,
    by_replay: &'static str,
) -> [(ControlOptimiser, &'static str); 2] {
    [(ControlOptimiser::GaussNewton, by_gauss_newton), (ControlOptimiser::Replay, by_replay)]
}

impl Trained {
    /// The estimator, its control moved by Adam if it has one.
    pub(crate) fn by_adam(method: &'static Method) -> Self {
        Self { method, optimiser: ControlOptimiser::Adam }
    }

    /// The estimators, each with every one of these optimisers. One whose control has no name of its own then is there once: with the only optimiser, and with Adam if there
    /// are several.
    pub(crate) fn all(
        methods: impl IntoIterator<Item = &'static Method>,
        optimisers: &[ControlOptimiser],
    ) -> Vec<Self> {
        let of = |method: &'static Method| -> Vec<Self> {
            let has_names = LEARNED.iter().any(|(name, _)| *name == method.name);
            match optimisers {
                [only] => vec![Self { method, optimiser: *only }],
                several if has_names => {
                    several.iter().map(|optimiser| Self { method, optimiser: *optimiser }).collect()
                }
                _ => vec![Self::by_adam(method)],
            }
        };
        methods.into_iter().flat_map(of).collect()
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
        let learned = LEARNED.iter().find(|(name, _)| *name == self.method.name);
        let named = learned.and_then(|(_, names)| names.iter().find(|(by, _)| *by == self.optimiser));
        named.map_or(self.method.name, |(_, name)| name)
    }

    /// All names after a plus sign.
    pub(crate) fn learned_names() -> impl Iterator<Item = &'static str> {
        LEARNED.iter().flat_map(|(_, names)| names.iter().map(|(_, name)| *name))
    }
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
        let methods = ["reinforce", "rebar", "relax-coupled"].map(|name| Method::find(name).unwrap());
        let names = |optimisers: &[ControlOptimiser]| -> Vec<&str> {
            Trained::all(methods, optimisers).iter().map(Trained::name).collect()
        };
        assert_eq!(
            names(&ControlOptimiser::ALL),
            ["reinforce", "rebar", "rebar+gauss-newton", "rebar+replay", "relax-coupled"]
        );
        assert_eq!(names(&[ControlOptimiser::Replay]), ["reinforce", "rebar+replay", "relax-coupled"]);
        let both = [ControlOptimiser::Replay, ControlOptimiser::Adam, ControlOptimiser::Replay];
        assert_eq!(Trained::optimisers(&both), [ControlOptimiser::Adam, ControlOptimiser::Replay]);
        assert_eq!(Trained::optimisers(&[]), [ControlOptimiser::Adam]);
    }
}

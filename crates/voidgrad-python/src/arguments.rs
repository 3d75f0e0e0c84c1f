//! What an estimator is made with.

use std::sync::Arc;

use voidgrad::Stream;
use voidgrad::controls::Relaxable;
use voidgrad::estimator::AnyEstimator;
use voidgrad::estimators::{Method, MethodError, Row, Setup};
use voidgrad::toy::MeanQuadratic;

use crate::family::Family;

/// The arguments of an estimator, those of all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) samples: Option<u64>,
    pub(crate) baseline: f64,
    pub(crate) eta: f64,
    pub(crate) temperature: f64,
    /// t of the (b - t)² that controls relax; without it those that can ask for f do so, and for the others it is 0.
    pub(crate) target: Option<f64>,
    /// By which factor it forgets, if it is not the estimator's own.
    pub(crate) decay: Option<f64>,
    /// What a control's weights are drawn with.
    pub(crate) draw: u64,
    /// Of the control's parameters; 0 for none.
    pub(crate) learning_rate: f64,
}

impl Default for Arguments {
    fn default() -> Self {
        let Setup { lambda, eta, baseline, .. } = Setup::default();
        Self {
            samples: None,
            baseline,
            eta,
            temperature: lambda,
            target: None,
            decay: None,
            draw: 0,
            learning_rate: 0.01,
        }
    }
}

impl Arguments {
    /// The estimator of this row for such variables.
    pub(crate) fn make<D: Family>(
        &self,
        row: &Row<D>,
        variables: &D,
    ) -> Result<AnyEstimator<D>, MethodError> {
        // The first stream of the seed that no round of the library's own training takes.
        let make = |setup: &Setup| row.make(setup, variables, &mut Stream::new(self.draw, 0, u64::MAX));
        match make(&self.setup()) {
            Err(MethodError::NothingToRelax { .. }) => make(&Self { target: Some(0.0), ..*self }.setup()),
            made => made,
        }
    }

    /// What the estimator of this row is.
    pub(crate) fn method_of<D: Family>(&self, row: &Row<D>) -> &'static Method {
        row.method_of(&self.setup())
    }

    fn setup(&self) -> Setup {
        let relaxes = self.target.map(|target| Arc::new(MeanQuadratic { target }) as Arc<dyn Relaxable>);
        Setup {
            relaxes,
            knows_flips: false,
            lambda: self.temperature,
            eta: self.eta,
            baseline: self.baseline,
            evaluations: self.samples,
            decay: self.decay,
            costs: Vec::new(),
        }
    }
}

/// The names of the arguments that an estimator takes, found by asking it: one that takes an argument refuses what no argument can be, or comes out
/// different.
pub(crate) fn accepted<D: Family>(row: &Row<D>, variables: &D) -> Vec<&'static str> {
    let plain = Arguments::default();
    let refuses = |arguments: Arguments| arguments.make(row, variables).is_err();
    let phi = |arguments: Arguments| {
        let estimator = arguments.make(row, variables).ok()?;
        estimator.control().map(|control| control.phi().as_slice().to_vec())
    };
    let is_trained = |arguments: Arguments| phi(arguments).is_some_and(|phi| !phi.is_empty());
    let relaxes = || {
        let made = row.make(&plain.setup(), variables, &mut Stream::new(0, 0, u64::MAX));
        let asks = !std::ptr::eq(plain.method_of(row), row.method);
        asks || matches!(made, Err(MethodError::NothingToRelax { .. }))
    };
    let own = phi(plain);
    let takes = [
        ("samples", refuses(Arguments { samples: Some(0), ..plain })),
        ("baseline", refuses(Arguments { baseline: f64::NAN, ..plain })),
        ("temperature", refuses(Arguments { temperature: f64::NAN, ..plain })),
        ("eta", refuses(Arguments { eta: f64::NAN, ..plain })),
        ("target", relaxes()),
        ("decay", refuses(Arguments { decay: Some(f64::NAN), ..plain })),
        ("draw", own.is_some() && own != phi(Arguments { draw: 1, ..plain })),
        (
            "learning_rate",
            is_trained(plain) || relaxes() && is_trained(Arguments { target: Some(0.0), ..plain }),
        ),
    ];
    takes.into_iter().filter(|(_, takes)| *takes).map(|(name, _)| name).collect()
}

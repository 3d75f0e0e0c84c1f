//! Either an error or finite numbers: whatever promises an error for values that are not finite, at the ends of what an `f64` holds.
//!
//! The grids are of values of f, logits, temperatures and noise. A grid has to lead to both outcomes, so that neither is untested.

mod batches;
mod constructors;
mod estimates;
mod moments;
mod training;

use voidgrad::Objective;
use voidgrad::controls::ByGradient;
use voidgrad::error::ObjectiveError;
use voidgrad::estimators::Setup;
use voidgrad::objective::{Differentiable, Points, TwiceDifferentiable};
use voidgrad::toy::MeanQuadratic;

/// Values of f.
const VALUES: [f64; 12] =
    [0.0, 1e-300, -1e-300, 1.0, 1e154, -1e154, 1e200, -1e200, 1e308, -1e308, f64::INFINITY, f64::NAN];

/// Logits; the last is the largest number that there is.
const LOGITS: [f64; 7] = [0.0, -1.0, 36.0, -700.0, 700.0, -1e300, f64::MAX];

/// Temperatures, from a subnormal one.
const LAMBDAS: [f64; 6] = [1e-310, 1e-300, 1e-150, 0.5, 1e150, 1e300];

/// f by its values at two states, which the first variable tells apart.
#[derive(Debug, Clone, Copy)]
struct TwoValues([f64; 2]);

/// All pairs of a value with 0, with its negative, and with a large one.
fn objectives() -> impl Iterator<Item = TwoValues> {
    VALUES.into_iter().flat_map(|f| [0.0, -f, 1e308].map(|other| TwoValues([other, f])))
}

/// As the list has them, with the parameters at their ends, too.
fn setups() -> impl Iterator<Item = Setup> {
    let of_lambda = |lambda| {
        let toy = |target: f64| Setup { lambda, ..Setup::relaxing(MeanQuadratic { target }) };
        let scaled = Setup { eta: 1e300, baseline: -1e308, ..toy(1e150) };
        let several = Setup { baseline: 1e308, evaluations: Some(4), ..toy(1e200) };
        // Relaxed by its gradient, at the ends of the f that is averaged, too.
        let by_gradient = Setup { lambda, ..Setup::relaxing(ByGradient(TwoValues([-1e154, 1e200]))) };
        [toy(0.499), scaled, several, by_gradient]
    };
    LAMBDAS.into_iter().flat_map(of_lambda)
}

impl TwoValues {
    fn at(&self, b: &[f64]) -> f64 {
        self.0[usize::from(b[0] > 0.5)]
    }

    fn slope(&self) -> f64 {
        self.0[1] - self.0[0]
    }
}

impl Objective for TwoValues {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        points.fill(f, |b| self.at(b));
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }
}

impl Differentiable for TwoValues {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(self.slope());
        self.at(x)
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        Some(self)
    }
}

impl TwiceDifferentiable for TwoValues {
    fn hessian_product(&self, _: &[f64], x_dot: &[f64], product: &mut [f64]) {
        product.iter_mut().zip(x_dot).for_each(|(product, x_dot)| *product = self.slope() * x_dot);
    }
}

/// How often there was an error, and how often there were numbers.
#[derive(Debug, Default)]
struct Outcomes {
    errors: u32,
    numbers: u32,
}

impl Outcomes {
    /// Counts an outcome, whose numbers have to be finite.
    #[track_caller]
    fn see<'a, E>(
        &mut self,
        outcome: Result<impl IntoIterator<Item = &'a [f64]>, E>,
        what: impl FnOnce() -> String,
    ) {
        let Ok(rows) = outcome else {
            self.errors += 1;
            return;
        };
        self.numbers += 1;
        if let Some(number) = rows.into_iter().flatten().find(|number| !number.is_finite()) {
            panic!("{number} without an error: {}", what());
        }
    }

    /// Both were there.
    #[track_caller]
    fn are_both(&self) {
        assert!(self.errors > 0 && self.numbers > 0, "{self:?}");
    }
}

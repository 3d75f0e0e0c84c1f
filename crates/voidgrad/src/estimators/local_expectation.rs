//! Local expectation gradients: every variable summed out in its turn.

use super::{Bias, Draw, Estimator, Method, Needs, Rule};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::estimator::EstimateError;
use crate::noise::Uniforms;
use crate::objective::{Objective, evaluate};
use voidgrad_real::sigmoid;

/// `ĝ_m = (f(b with b_m = 1) - f(b with b_m = 0))·θ_m(1 - θ_m)`: the exact expectation over each variable, given the
/// others as they were drawn.
///
/// Source: Titsias and Lázaro-Gredilla 2015, equation 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalExpectation;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "local-expectation",
    title: "local expectation gradients",
    formula: "ĝ_m = (f(b, b_m = 1) - f(b, b_m = 0))·θ_m(1 - θ_m)",
    source: "Titsias and Lázaro-Gredilla 2015, equation 6",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: "M + 1",
    parameters: "",
    bernoulli: Some(|_, _| Ok(Box::new(LocalExpectation))),
    categorical: None,
    gaussian: None,
};

impl Estimator for LocalExpectation {
    fn estimate(
        &self,
        bernoulli: &Bernoulli,
        objective: &dyn Objective,
        noise: Uniforms<'_>,
        draw: &mut Draw,
    ) -> Result<(), EstimateError> {
        let Draw { gradient, f, memory } = draw;
        let b: &mut Vec<f64> = memory.of(Vec::new);
        b.resize(bernoulli.len(), 0.0);
        bernoulli.draw(&noise, b);
        *f = evaluate(objective, b)?;
        for (m, (gradient, &a)) in gradient.iter_mut().zip(bernoulli.logits()).enumerate() {
            let kept = b[m];
            b[m] = 1.0 - kept;
            let flipped = evaluate(objective, b);
            b[m] = kept;
            let difference = if kept == 1.0 { *f - flipped? } else { flipped? - *f };
            *gradient = difference * (sigmoid(a) * sigmoid(-a));
        }
        Ok(())
    }

    fn evaluations(&self, bernoulli: &Bernoulli) -> u64 {
        bernoulli.len() as u64 + 1
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        bernoulli.rule()
    }
}

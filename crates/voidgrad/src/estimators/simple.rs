//! SIMPLE: straight-through for subsets, by the derivative of their exact marginals.

use super::{Bias, Cost, Method, Needs};
use crate::distribution::Distribution as _;
use crate::estimator::{Answer, Estimator, Told, Want};
use crate::noise::Rule;
use crate::subset::Subset;

/// `ĝ = ∂θ/∂a·∇f(b)`, θ being the marginals, which is `ĝ_m = Cov[b_m, ∇f(b)ᵀb']` over b', with ∇f at the sample b. **Biased**, unless f is linear.
///
/// ```
/// use voidgrad::estimators::Simple;
/// use voidgrad::toy::MeanQuadratic;
/// use voidgrad::{Round, Subset};
/// let subset = Subset::from_logits(&[0.0; 4], 1)?;
/// let mut round = Round::new();
/// let f = MeanQuadratic { target: 0.5 };
/// round.estimate(&Simple, &subset, &f, &[0.9, 0.1, 0.5, 0.5])?;
/// // ∇f is ¼ where b is 1, and -¼ elsewhere.
/// assert_eq!(round.points().as_slice(), [0.0, 1.0, 0.0, 0.0]);
/// let expected = [-0.03125, 0.09375, -0.03125, -0.03125];
/// assert!(round.gradient().iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-16));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: Ahmed et al. 2023, section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simple;

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "simple",
    title: "SIMPLE",
    formula: "ĝ = ∂θ/∂a·∇f(b), θ the marginals",
    source: "Ahmed et al. 2023, section 3",
    bias: Bias::Biased,
    needs: Needs::Gradient,
    cost: Cost::ONE,
    parameters: "",
};

impl Estimator<Subset> for Simple {
    fn ask(&self, subset: &Subset, noise: &[f64], points: &mut [f64]) {
        subset.sample(noise, points);
    }

    fn answer(&self, subset: &Subset, told: Told<'_>, answer: Answer<'_>) {
        subset.add_covariances(1.0, |m, _| [told.gradients[m], 0.0], answer.gradient);
    }

    fn want(&self, _: usize) -> Want {
        Want::Gradient
    }

    fn rule(&self, subset: &Subset) -> Option<Rule> {
        subset.rule()
    }
}

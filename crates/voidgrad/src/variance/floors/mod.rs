//! The least variance that a family of controls leaves.

mod draws;
mod family;
mod fit;
mod gram;
mod multilinear;
mod ranges;
mod sampled;
mod states;
#[cfg(test)]
mod tests;

pub use multilinear::floors_of_multilinear;
pub use sampled::{DRAWS_FOR_A_WEIGHT, LARGEST_PAIRWISE, SampledFloor, SampledFloors, sampled_floors};

use family::Family;
use states::{States, is_one};

use super::VarianceError;
use super::enumeration::values;
use crate::bernoulli::{Bernoulli, LARGEST_ENUMERATION};
use crate::error::EstimateError;
use crate::objective::Objective;

/// What [`floors`] returns: the least `(1/M) Σ_m Var[ĝ_m]`, with respect to the logits, for each family of h. Each is at most
/// the one before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floors {
    /// With the best constant, `h = w₀`.
    pub constant: f64,
    /// With the best function of one variable for each coordinate, `h = w₀ + Σ_m w_m·(b_m - θ_m)`.
    pub additive: f64,
    /// With the best function of two variables for each pair, `Σ_{m<n} w_mn·(b_m - θ_m)·(b_n - θ_n)` on top.
    pub pairwise: f64,
}

/// The least variance that an estimator of one sample can have with a control `h(b)` of a family:
/// of `ĝ = (f(b) - h(b))·∂/∂a ln p(b) + ∂/∂a E[h(b)]` with the best h of it, by a sum over the `2ᴹ` states.
///
/// An estimator of the family that is trained can't come below. One whose h is not of the family can, and so can one that evaluates f
/// more than once, or that has an h of its own for each coordinate. With any h there is no floor: `h = f` leaves no variance.
///
/// ĝ is linear in the weights w, so the least `(1/M) Σ_m Var[ĝ_m]` is a problem of least squares. For the constant it is solved by
/// `w₀ = Σ_m E[f·s_m²] / Σ_m E[s_m²]`, where `s = b - θ` is the score. The functions `b_m - θ_m` are those of the θ at hand; what their
/// expectation changes by with a is `θ_m·(1 - θ_m)` for one of them, and 0 for a product of two.
///
/// The weights are found first. The variance that they leave is then added up over the states. Weights that are not quite the best leave too much: at most 1e-12 of the
/// variances of all terms of h together. In tests with θ down to 1e-5 that is less than 1e-9 of each floor. The floor of pairs falls with the cube of θ, so for rarer
/// states it may come out several times too large.
///
/// For more variables see [`floors_of_multilinear`], if f has no terms of three variables and its coefficients are known, and [`sampled_floors`].
///
/// Source: for the best constant Weaver and Tao 2001, and Greensmith, Bartlett and Baxter 2004; the other families are the same
/// least squares with more functions.
///
/// ```
/// use voidgrad::{Bernoulli, variance};
/// let bernoulli = Bernoulli::from_probabilities(&[0.5; 3])?;
/// let f = |b: &[f64]| b[0] + b[0] * b[1] * b[2];
/// let floors = variance::floors(&bernoulli, &f)?;
/// // In signs x = ±1, f is 5/8·(1 + x₀), and ⅛ times each of x₁, x₂, x₀x₁, x₀x₂, x₁x₂ and x₀x₁x₂. The score is x/2.
/// // Pairs leave the last of them: a variance of 1/64 times ¼.
/// assert!((floors.pairwise - 1.0 / 256.0).abs() < 1e-15);
/// // Without pairs there are four.
/// assert!((floors.additive - 4.0 / 256.0).abs() < 1e-15);
/// // A constant takes away 5/8. What is left has a mean: ĝ₀ that of 5/16, the other two 1/16.
/// assert!((floors.constant - (31.0 / 256.0 - 27.0 / 256.0 / 3.0)).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if M exceeds [`LARGEST_ENUMERATION`], if the objective fails, if f of a state is NaN or infinite, or if a variance is too large
/// for an `f64`.
pub fn floors(bernoulli: &Bernoulli, objective: &(impl Objective + ?Sized)) -> Result<Floors, VarianceError> {
    let variables = bernoulli.len();
    if variables > LARGEST_ENUMERATION {
        return Err(VarianceError::TooManyVariables { found: variables, allowed: LARGEST_ENUMERATION });
    }
    let f = values(bernoulli, objective)?;
    if let Some(state) = f.iter().position(|f| !f.is_finite()) {
        let b = (0..variables).map(|m| f64::from(u8::from(is_one(state, m)))).collect();
        return Err(EstimateError::Objective { value: f[state], b }.into());
    }
    let states = States::new(bernoulli);
    let mut left = states.left_by(f);
    let mut least = [0.0; 3];
    // Each family begins with what the one before it has left, and keeps what is less.
    for (degree, least) in least.iter_mut().enumerate() {
        let family = Family::new(&states, degree);
        for _ in 0..STEPS {
            let next = states.left_by(family.fitted(&states, &left));
            let before = left.variance;
            if next.variance < before {
                left = next;
            }
            // A NaN gains nothing, too.
            let gains = left.variance < before * (1.0 - 1e-12);
            if !gains {
                break;
            }
        }
        if !left.variance.is_finite() {
            return Err(VarianceError::NotFinite { mean: left.mean[0], variance: left.variance });
        }
        *least = left.variance;
    }
    let [constant, additive, pairwise] = least;
    Ok(Floors { constant, additive, pairwise })
}

/// The most steps of a fit. The first one has the digits that a matrix so conditioned leaves; others fit what is left again.
const STEPS: usize = 8;

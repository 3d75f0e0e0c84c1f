//! Floors of a function with terms of one and of two variables, in closed form.

use super::Floors;
use super::gram::{Variables, arrow};
use super::ranges::Ranges;
use crate::bernoulli::Bernoulli;
use crate::error::{EstimateError, same_length};
use crate::objective::Multilinear;
use crate::variance::VarianceError;

/// The [`floors`](super::floors) of a function whose coefficients are known, for any number of variables: no state is visited and f is not evaluated.
///
/// With `e_m = (b_m - θ_m)/σ_m`, `σ_m² = θ_m·(1 - θ_m)`, f is `E[f] + Σ_m α_m·e_m + Σ_{m<n} β_mn·e_m·e_n`, where `α_m = σ_m·(l_m + Σ_n q_mn·θ_n)` and `β_mn = q_mn·σ_m·σ_n`. If a constant w is
/// put in the place of `E[f]`,
///
/// `Σ_m Var[ĝ_m] = Σ_m (σ_m·w + τ_m·α_m)² + Σ_m Σ_{n≠m} (σ_m·α_n + τ_m·β_mn)² + Σ_m σ_m²·Σ_{k<n} β_kn²`, `τ_m = 1 - 2θ_m`.
///
/// The floor of constants is the least over w, that of additive controls the least over w and α, both a few sums; that of pairs is 0. All terms are squares, so nothing cancels. It takes time for
/// M + P·ln M operations with P pairs.
///
/// ```
/// use voidgrad::objective::Multilinear;
/// use voidgrad::{Bernoulli, variance};
/// // A cut of a ring of 1,000 vertices.
/// let edges: Vec<_> = (0..1000).map(|m| (m, (m + 1) % 1000, -2.0)).collect();
/// let cut = Multilinear::new(0.0, &[2.0; 1000], &edges)?;
/// let floors = variance::floors_of_multilinear(&Bernoulli::from_probabilities(&[0.5; 1000])?, &cut)?;
/// // At θ = ½ the cut is 500 - ½·Σ x_m·x_n over the edges, in signs x = ±1, and the score is x/2. A constant takes away the 500.
/// assert_eq!(floors.constant, 1000.0 / 4.0 / 4.0);
/// assert_eq!((floors.additive, floors.pairwise), (floors.constant, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if f has another number of variables, or if a variance is too large for an `f64`.
pub fn floors_of_multilinear(
    bernoulli: &Bernoulli,
    multilinear: &Multilinear,
) -> Result<Floors, VarianceError> {
    same_length("the function's linear terms", multilinear.variables(), bernoulli.len())
        .map_err(EstimateError::from)?;
    let centred = Centred::new(bernoulli, multilinear);
    let (constant, additive) = (centred.left_by_constant(), centred.left_by_additive());
    match [constant, additive].into_iter().find(|variance| !variance.is_finite()) {
        Some(variance) => Err(VarianceError::NotFinite { mean: f64::NAN, variance }),
        // Weights that are the best but for their rounding leave no more than those that are 0.
        None => Ok(Floors { constant, additive: additive.min(constant), pairwise: 0.0 }),
    }
}

/// f in the functions `e_m`.
struct Centred {
    variables: Variables,
    alpha: Vec<f64>,
    /// For each m the n of its pairs in their order, with `β_mn`.
    beta: Vec<Vec<(usize, f64)>>,
    /// Sums of `σ_m²`.
    squares: Ranges,
    /// `Σ_{m<n} β_mn²`.
    of_pairs: f64,
}

impl Centred {
    fn new(bernoulli: &Bernoulli, multilinear: &Multilinear) -> Self {
        let variables = Variables::new(bernoulli);
        let (theta, sigma) = (bernoulli.probabilities(), &variables.sigma);
        let mut alpha = multilinear.linear().to_vec();
        let mut beta = vec![Vec::new(); alpha.len()];
        for &(m, n, q) in multilinear.pairs() {
            alpha[m] += q * theta[n];
            alpha[n] += q * theta[m];
            let both = q * sigma[m] * sigma[n];
            // The pairs come in the order of their smaller number, so every m sees its smaller partners first.
            beta[m].push((n, both));
            beta[n].push((m, both));
        }
        alpha.iter_mut().zip(sigma).for_each(|(alpha, sigma)| *alpha *= sigma);
        for partners in &mut beta {
            partners.sort_by_key(|(n, _)| *n);
        }
        let of_pairs = beta.iter().flatten().map(|(_, beta)| beta * beta).sum::<f64>() / 2.0;
        let squares = Ranges::new(&sigma.iter().map(|sigma| sigma * sigma).collect::<Vec<_>>());
        Self { variables, alpha, beta, squares, of_pairs }
    }

    fn left_by_constant(&self) -> f64 {
        let slants = self.alpha.iter().enumerate().map(|(m, alpha)| alpha * self.variables.slant(m));
        let information = self.variables.information;
        // Without a score that varies there is no variance.
        let w = if information > 0.0 { -slants.sum::<f64>() / information } else { 0.0 };
        self.variance(w, &self.alpha)
    }

    /// The weights answer the pairs alone: they take away whatever else there is.
    fn left_by_additive(&self) -> f64 {
        let mut right = vec![0.0; self.alpha.len() + 1];
        for (m, partners) in self.beta.iter().enumerate() {
            right[m + 1] = -partners.iter().map(|(n, beta)| beta * self.variables.slant(*n)).sum::<f64>();
        }
        let weights = arrow(&self.variables, &right);
        self.variance(weights[0], &weights[1..])
    }

    /// `(1/M) Σ_m Var[ĝ_m]` of `w + Σ_m α_m·e_m + Σ_{m<n} β_mn·e_m·e_n`.
    fn variance(&self, w: f64, alpha: &[f64]) -> f64 {
        let Variables { sigma, tau, information, .. } = &self.variables;
        let mut sum = information * self.of_pairs;
        for (m, partners) in self.beta.iter().enumerate() {
            sum += (sigma[m] * w + tau[m] * alpha[m]).powi(2);
            // Of the variables that have no pair with m, `σ²·α_m²`.
            let mut next = 0;
            let mut outside = 0.0;
            let mut own_is_ahead = true;
            for &(n, beta) in partners {
                sum += (sigma[m] * alpha[n] + tau[m] * beta).powi(2);
                if own_is_ahead && n > m {
                    outside += self.squares.sum(next..m);
                    (next, own_is_ahead) = (m + 1, false);
                }
                outside += self.squares.sum(next..n);
                next = n + 1;
            }
            if own_is_ahead {
                outside += self.squares.sum(next..m);
                next = m + 1;
            }
            outside += self.squares.sum(next..sigma.len());
            sum += outside * alpha[m] * alpha[m];
        }
        sum / sigma.len() as f64
    }
}

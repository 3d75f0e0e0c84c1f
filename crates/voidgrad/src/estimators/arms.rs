//! ARMS: RLOO with samples that avoid one another.

use super::sticks::Order;
use super::{Bias, Cost, Count, Method, Needs, leave_one_out};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::distribution::Distribution as _;
use crate::error::InvalidParameter;
use crate::estimator::{Answer, Estimator, Told};
use voidgrad_real::{log_sigmoid, sigmoid};

/// `ĝ_m = 1/(1 - ρ_m)·1/K Σ_k (f(b_k) - 1/(K-1) Σ_{j≠k} f(b_j))·(b_km - θ_m)`, where the K samples of every variable are
/// negatively correlated, each pair by the same `ρ_m`.
///
/// The K uniform numbers of a variable make a point `d` of the simplex, Dirichlet(1, …, 1), and `d_k` says whether sample k
/// takes the rarer state, whose probability is `r = σ(-|a|)`: it does where `1 - d_k < r^(1/(K-1))`. Two of them do
/// together with the probability `(2·r^(1/(K-1)) - 1)₊^(K-1)`, which gives ρ. With K = 2 it is `DisARM`.
///
/// A categorical variable is drawn by bits, one for each state but the last, from the least to the most probable: the first bit that is 1 draws its state. The K samples of each bit are correlated as above, with
/// the probability p of a 1 and `q = (2·p^(1/(K-1)) - 1)₊^(K-1)` of two. A pair of samples with different states i and j, i the one of the earlier bit, is weighted by how much rarer it is
/// than with independent samples,
///
/// `ĝ = 1/(K(K-1)) Σ_{k<l} R_ij·(f(b_k) - f(b_l))·(b_k - b_l)`, `R_ij = p_i(1 - p_i)/(p_i - q_i)·Π_{c before i} (1 - p_c)²/(1 - 2·p_c + q_c)`.
///
/// In this order no p is above ½, so all pairs occur. Of two states that is ARMS of a Bernoulli variable.
///
/// Source: Dimitriev and Zhou 2021, "ARMS", theorem 1, with the Dirichlet copula of section 3.3. Categorical variables: Dimitriev and Zhou 2021, "CARMS", by stick breaking.
///
/// ```
/// use voidgrad::estimators::Arms;
/// use voidgrad::{Categorical, Round, Stream};
/// let variable = Categorical::from_logits(&[0.0, 0.5, 1.0], 3)?;
/// let f = |b: &[f64]| b[0] - 2.0 * b[1];
/// let mut round = Round::new();
/// round.draw(&Arms::new(3)?, &variable, &mut Stream::new(1, 0, 0))?;
/// round.evaluate(&f)?;
/// round.answer(&Arms::new(3)?, &variable)?;
/// // The softmax does not see a constant.
/// assert!(round.gradient().iter().sum::<f64>().abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arms {
    samples: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "arms",
    title: "ARMS",
    formula: "RLOO of K samples with pairwise correlation ρ, divided by 1 - ρ; Dirichlet copula; categorical: 1/(K(K-1)) Σ_{k<l} R·(f(b_k) - f(b_l))·(b_k - b_l), R: how much rarer the pair is than with independent samples",
    source: "Dimitriev and Zhou 2021, ARMS; categorical: CARMS of the same year",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::K),
    parameters: "K ≥ 2, 2 unless given",
};

impl Arms {
    /// ARMS with K samples.
    ///
    /// # Errors
    /// Returns an error if K is less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        Ok(Self { samples: super::several(samples)? })
    }

    /// `1/(1 - ρ)` at the logit a: `(1 - r)/(1 - p/r)`, where p is the probability that two samples take the rarer state.
    pub(super) fn correction(self, a: f64) -> f64 {
        sigmoid(a.abs()) / self.other(a)
    }

    /// `1 - p/r`, the probability that another sample does not take the rarer state, where one does.
    fn other(self, a: f64) -> f64 {
        let spare = (self.samples - 1) as f64;
        let ln_r = log_sigmoid(-a.abs());
        // p/r = (2 - r^(-1/(K-1)))₊^(K-1); by its logarithm, as 2 - 1 would lose the digits where K is large.
        let lack = (-ln_r / spare).exp_m1();
        if lack < 1.0 { -(spare * (-lack).ln_1p()).exp_m1() } else { 1.0 }
    }

    /// Gives `visit` whether each sample takes the rarer state of the logit a, from the last to the first, by its K uniform numbers. The memory is for sums of the first k exponential
    /// numbers, k = 0..=K.
    fn draw(self, a: f64, u: &[f64], sums: &mut Vec<f64>, mut visit: impl FnMut(usize, bool)) {
        let bound = (log_sigmoid(-a.abs()) / (self.samples as f64 - 1.0)).exp();
        sums.clear();
        sums.push(0.0);
        for u in u {
            sums.push(sums[sums.len() - 1] - u.ln());
        }
        let total = sums[self.samples];
        // What the others add up to, from both ends: the rest of a total would be rounded with it.
        let mut after = 0.0;
        for k in (0..self.samples).rev() {
            let others = sums[k] + after;
            visit(k, others < bound * total);
            after -= u[k].ln();
        }
    }
}

impl Estimator for Arms {
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let variables = bernoulli.len();
        let mut sums = Vec::with_capacity(self.samples + 1);
        for (m, (&a, u)) in bernoulli.logits().iter().zip(noise.chunks_exact(self.samples)).enumerate() {
            let rare = if a > 0.0 { 0.0 } else { 1.0 };
            self.draw(a, u, &mut sums, |k, is_rare| {
                points[k * variables + m] = if is_rare { rare } else { 1.0 - rare };
            });
        }
    }

    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let advantages: &mut Vec<f64> = memory.of(Vec::new);
        leave_one_out(told.values, advantages);
        for (b, advantage) in told.points.chunks_exact(bernoulli.len()).zip(&*advantages) {
            bernoulli.add_score(*advantage, b, gradient);
        }
        for (gradient, &a) in gradient.iter_mut().zip(bernoulli.logits()) {
            *gradient *= self.correction(a);
        }
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        self.samples as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.samples * bernoulli.len()
    }
}

/// What the samples in one state add up to.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    count: f64,
    /// Of f less its first value.
    values: f64,
}

impl Group {
    /// `Σ_k Σ_l (f_k - f_l)` over the samples here and those of another state.
    fn above(self, other: Self) -> f64 {
        self.values * other.count - self.count * other.values
    }

    fn add(&mut self, weight: f64, other: Self) {
        self.count += weight * other.count;
        self.values += weight * other.values;
    }
}

impl Estimator<Categorical> for Arms {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        let bits = Order::Ascending.bits(categorical);
        let mut drawn = vec![0.0; self.samples * bits.len()];
        let mut sums = Vec::with_capacity(self.samples + 1);
        for (bit, (&a, u)) in bits.logits().iter().zip(noise.chunks_exact(self.samples)).enumerate() {
            self.draw(a, u, &mut sums, |k, is_rare| {
                drawn[k * bits.len() + bit] = f64::from(u8::from(is_rare));
            });
        }
        for (bits, b) in drawn.chunks_exact(bits.len()).zip(points.chunks_exact_mut(categorical.len())) {
            Order::Ascending.draw(categorical, bits, b);
        }
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let Answer { gradient, memory, .. } = answer;
        let groups: &mut Vec<Group> = memory.of(Vec::new);
        groups.clear();
        groups.resize(categorical.len(), Group::default());
        // Differences before means, so that a large constant in f costs no digits.
        for (b, f) in told.points.chunks_exact(categorical.len()).zip(told.values) {
            for (group, b) in groups.iter_mut().zip(b) {
                group.add(*b, Group { count: 1.0, values: f - told.values[0] });
            }
        }
        let bits = Order::Ascending.bits(categorical);
        let (states, pairs) = (categorical.states(), (self.samples * (self.samples - 1)) as f64);
        let rows = gradient.chunks_exact_mut(states).zip(groups.chunks_exact(states));
        for (m, ((gradient, groups), a)) in rows.zip(bits.logits().chunks_exact(states - 1)).enumerate() {
            let mut after = Group::default();
            for group in groups {
                after.add(1.0, *group);
            }
            // The states before, each times its R, and what R has of the bits that are 0.
            let (mut before, mut zeros) = (Group::default(), 1.0);
            for (i, k) in Order::Ascending.states(categorical, m).enumerate() {
                let own = groups[k];
                after.add(-1.0, own);
                let pairs_before = own.above(before) / pairs;
                let Some(&a) = a.get(i) else {
                    gradient[k] = pairs_before;
                    break;
                };
                let ratio = zeros * self.correction(a);
                gradient[k] = ratio * (own.above(after) / pairs) + pairs_before;
                before.add(ratio, own);
                let (rare, often) = (sigmoid(-a.abs()), sigmoid(a.abs()));
                zeros *= often * (often / (often - rare * self.other(a)));
            }
        }
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Categorical) -> u64 {
        self.samples as u64
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        self.samples * categorical.variables() * (categorical.states() - 1)
    }
}

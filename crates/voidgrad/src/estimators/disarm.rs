//! `DisARM`, also called U2G: ARM with its uniform numbers integrated out.

use super::pair::{self, Between};
use super::sticks::Order;
use super::{Bias, Cost, Count, Method, Needs};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::error::InvalidParameter;
use crate::estimator::{Advantages, Answer, Estimator, Form, Told};
use crate::lanes::loops;
use crate::noise::Rule;

/// `ĝ_m = ½·(f(b) - f(b'))·(b_m - b'_m)·σ(|a_m|)`, where `b = H(a + ln(u/(1-u)))` and b' is what `1 - u` makes; with
/// several pairs, their mean.
///
/// A categorical variable is drawn by bits, one for each state but the last, from the most to the least probable: the first bit that is 1 draws its state. Both samples of a pair share the numbers of all bits,
/// u and 1 - u. With `p` the probability that a bit is 1, its logit has
///
/// - `½·(f(b) - f(b'))·(β - β')·max(p, 1 - p)` if the bits β and β' of both samples count, because neither sample had a 1 before,
/// - `½·(f(b) - f(b'))·(β - p)` if that of b alone counts, and `-½·(f(b) - f(b'))·(β' - p)` if that of b' alone does: the mean of the term above over the bit that does not count,
/// - 0 if none does.
///
/// The derivatives by the logits of the bits make those by the logits of the states. Of two states that is `DisARM` of a Bernoulli variable.
///
/// Source: Dong, Mnih and Tucker 2020, section 3; the same as U2G, Yin, Ho, Yan, Qian and Zhou 2020. Categorical variables: Dong, Mnih and Tucker 2021, `DisARM-SB`.
///
/// ```
/// use voidgrad::estimators::Disarm;
/// use voidgrad::{Bernoulli, Round};
/// let bernoulli = Bernoulli::from_logits(&[0.0])?;
/// let mut round = Round::new();
/// round.estimate(&Disarm::new(2)?, &bernoulli, &|b: &[f64]| 3.0 * b[0], &[0.75])?;
/// assert_eq!(round.gradient(), [0.5 * (3.0 - 0.0) * 0.5]);
/// assert_eq!(Disarm::new(3).unwrap_err().to_string(), "evaluations = 3 is not an even number from 2 to 1000000");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disarm {
    pairs: usize,
}

/// What the list says of it.
pub const METHOD: Method = Method {
    name: "disarm",
    title: "DisARM",
    formula: "ĝ = ½·(f(b) - f(b'))·(b - b')·σ(|a|), b of u and b' of 1 - u, the mean of K/2 pairs; categorical: of bits that draw the state one after the other",
    source: "Dong, Mnih and Tucker 2020, section 3; U2G of Yin et al. 2020; categorical: Dong, Mnih and Tucker 2021",
    bias: Bias::Unbiased,
    needs: Needs::Values,
    cost: Cost::f(Count::K),
    parameters: "K, even, 2 unless given",
};

impl Disarm {
    /// `DisARM` with K/2 pairs.
    ///
    /// # Errors
    /// Returns an error if K is odd, less than 2, or so large that nobody could wait for it.
    pub fn new(samples: u64) -> Result<Self, InvalidParameter> {
        let allowed = "an even number from 2 to 1000000";
        match super::several(samples) {
            Ok(count) if count.is_multiple_of(2) => Ok(Self { pairs: count / 2 }),
            _ => Err(InvalidParameter { name: "evaluations", value: samples as f64, allowed }),
        }
    }

    /// By how much the values of a pair differ, as its share of the mean.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn advantage(self, pair: &[f64]) -> f64 {
        0.5 * (pair[0] - pair[1]) / self.pairs as f64
    }
}

impl Estimator for Disarm {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn ask(&self, bernoulli: &Bernoulli, noise: &[f64], points: &mut [f64]) {
        let variables = bernoulli.len();
        for (u, pair) in noise.chunks_exact(variables).zip(points.chunks_exact_mut(2 * variables)) {
            pair::sample(bernoulli, u, pair);
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn answer(&self, bernoulli: &Bernoulli, told: Told<'_>, answer: Answer<'_>) {
        let variables = bernoulli.len();
        for (f, pair) in told.values.chunks_exact(2).zip(told.points.chunks_exact(2 * variables)) {
            let (b, reflected) = pair.split_at(variables);
            let share = self.advantage(f);
            let sides = bernoulli.probabilities().iter().zip(bernoulli.complements());
            let bits = b.iter().zip(reflected).zip(sides);
            let gradient = &mut *answer.gradient;
            loops(
                variables,
                #[inline(always)]
                || {
                    for (gradient, ((b, reflected), (theta, rest))) in gradient.iter_mut().zip(bits) {
                        // σ(|a|)
                        *gradient += share * (b - reflected) * theta.max(*rest);
                    }
                },
            );
        }
    }

    fn starts_with_a_sample(&self) -> bool {
        true
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Bernoulli) -> u64 {
        2 * self.pairs as u64
    }

    fn noise(&self, bernoulli: &Bernoulli) -> usize {
        self.pairs * bernoulli.len()
    }

    fn advantages(&self) -> Option<&dyn Advantages> {
        Some(self)
    }

    fn rule(&self, bernoulli: &Bernoulli) -> Option<Rule> {
        Some(pair::rule(bernoulli, Between::Constant).repeat(self.pairs))
    }
}

impl Advantages for Disarm {
    fn form(&self) -> Form {
        Form::Pair
    }

    fn advantages(&self, values: &[f64], advantages: &mut Vec<f64>) {
        advantages.clear();
        advantages.extend(values.chunks_exact(2).map(|pair| self.advantage(pair)));
    }
}

impl Estimator<Categorical> for Disarm {
    fn ask(&self, categorical: &Categorical, noise: &[f64], points: &mut [f64]) {
        let bits = Order::Descending.bits(categorical);
        let mut drawn = vec![0.0; 2 * bits.len()];
        let entries = categorical.len();
        for (u, pair) in noise.chunks_exact(bits.len()).zip(points.chunks_exact_mut(2 * entries)) {
            pair::sample(&bits, u, &mut drawn);
            for (bits, b) in drawn.chunks_exact(bits.len()).zip(pair.chunks_exact_mut(entries)) {
                Order::Descending.draw(categorical, bits, b);
            }
        }
    }

    fn answer(&self, categorical: &Categorical, told: Told<'_>, answer: Answer<'_>) {
        let bits = Order::Descending.bits(categorical);
        let (entries, states) = (categorical.len(), categorical.states());
        for (f, pair) in told.values.chunks_exact(2).zip(told.points.chunks_exact(2 * entries)) {
            let (b, reflected) = pair.split_at(entries);
            let share = self.advantage(f);
            for m in 0..categorical.variables() {
                let row = m * states..(m + 1) * states;
                let (b, reflected) = (&b[row.clone()], &reflected[row.clone()]);
                let gradient = &mut answer.gradient[row];
                // Whether the bits of both count, and what the states from here on have of those before.
                let (mut counts, mut flow) = ([true; 2], 0.0);
                for (i, k) in Order::Descending.states(categorical, m).enumerate() {
                    if i + 1 == states {
                        gradient[k] += flow;
                        break;
                    }
                    let bit = m * (states - 1) + i;
                    let (p, rest) = (bits.probabilities()[bit], bits.complements()[bit]);
                    let score = |bit: f64| if bit == 1.0 { rest } else { -p };
                    let weight = share
                        * match counts {
                            [true, true] => (b[k] - reflected[k]) * p.max(rest),
                            [true, false] => score(b[k]),
                            [false, true] => -score(reflected[k]),
                            [false, false] => 0.0,
                        };
                    gradient[k] += flow * p + weight;
                    flow = flow * rest - weight;
                    counts = [counts[0] && b[k] != 1.0, counts[1] && reflected[k] != 1.0];
                }
            }
        }
    }

    fn has_equal_weights(&self) -> bool {
        true
    }

    fn evaluations(&self, _: &Categorical) -> u64 {
        2 * self.pairs as u64
    }

    fn noise(&self, categorical: &Categorical) -> usize {
        self.pairs * categorical.variables() * (categorical.states() - 1)
    }

    fn rule(&self, categorical: &Categorical) -> Option<Rule> {
        Some(pair::rule(&Order::Descending.bits(categorical), Between::Constant).repeat(self.pairs))
    }
}

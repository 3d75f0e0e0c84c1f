//! The states, with the sums over them.

use crate::bernoulli::Bernoulli;

/// Whether `b_m` is 1 in a state.
pub(super) fn is_one(state: usize, m: usize) -> bool {
    state >> m & 1 == 1
}

/// What a control leaves.
pub(super) struct Left {
    /// `r = f - h` of every state; 0 if its probability is.
    pub(super) rest: Vec<f64>,
    /// `E[r·s_m]`.
    pub(super) mean: Vec<f64>,
    /// `(1/M) Σ_m Var[r·s_m]`, which is that of ĝ.
    pub(super) variance: f64,
}

/// The `2ᴹ` states; bit m of a state's number is `b_m`. The functions of a state are products `e_J` of
/// `e_m = (b_m - θ_m)/σ_m`, `σ_m² = θ_m·(1 - θ_m)`, over the bits m of a number J: they have the mean 0, if J is not, and the variance 1.
pub(super) struct States {
    /// p(b).
    pub(super) p: Vec<f64>,
    /// `Σ_m s_m²`.
    pub(super) squares: Vec<f64>,
    /// `s_m` where `b_m` is 0, and where it is 1.
    scores: Vec<[f64; 2]>,
    /// `σ_m`; 0 if θ is as good as 0 or 1.
    pub(super) deviations: Vec<f64>,
    /// `e_m` where `b_m` is 0, and where it is 1; 0 if `σ_m` is.
    functions: Vec<[f64; 2]>,
}

impl States {
    pub(super) fn new(bernoulli: &Bernoulli) -> Self {
        let sides: Vec<[f64; 2]> = bernoulli
            .complements()
            .iter()
            .zip(bernoulli.probabilities())
            .map(|(&rest, &theta)| [rest, theta])
            .collect();
        let scores: Vec<[f64; 2]> = sides.iter().map(|[rest, theta]| [-theta, *rest]).collect();
        let deviation = |[rest, theta]: &[f64; 2]| {
            let square = rest * theta;
            if square.is_normal() { square.sqrt() } else { 0.0 }
        };
        let deviations: Vec<f64> = sides.iter().map(deviation).collect();
        let function = |(score, deviation): (&[f64; 2], &f64)| {
            if *deviation == 0.0 { [0.0; 2] } else { score.map(|score| score / deviation) }
        };
        let functions = scores.iter().zip(&deviations).map(function).collect();
        let (mut p, mut squares) = (vec![1.0], vec![0.0]);
        for (sides, scores) in sides.iter().zip(&scores) {
            // The states with one more variable: first all with a 0, then all with a 1.
            p = sides.iter().flat_map(|side| p.iter().map(move |p| p * side)).collect();
            squares = scores
                .iter()
                .flat_map(|score| squares.iter().map(move |square| square + score * score))
                .collect();
        }
        Self { p, squares, scores, deviations, functions }
    }

    /// `Σ_b x(b)·e_J(b)` for every J, in the place of x(b).
    pub(super) fn analyse(&self, x: &mut [f64]) {
        self.butterflies(x, |[at_0, at_1], x_0, x_1| [x_0 + x_1, at_0 * x_0 + at_1 * x_1]);
    }

    /// `Σ_J x_J·e_J(b)` for every b, in the place of `x_J`.
    pub(super) fn synthesise(&self, x: &mut [f64]) {
        self.butterflies(x, |[at_0, at_1], x_0, x_1| [x_0 + at_0 * x_1, x_0 + at_1 * x_1]);
    }

    /// Combines all numbers that differ in one bit, bit by bit: M·2ᴹ operations in the place of 4ᴹ.
    fn butterflies(&self, x: &mut [f64], combine: impl Fn([f64; 2], f64, f64) -> [f64; 2]) {
        for (m, &function) in self.functions.iter().enumerate() {
            for pair in x.chunks_exact_mut(2 << m) {
                let (zeros, ones) = pair.split_at_mut(1 << m);
                for (x_0, x_1) in zeros.iter_mut().zip(ones) {
                    [*x_0, *x_1] = combine(function, *x_0, *x_1);
                }
            }
        }
    }

    /// The variance of ĝ with this rest of f.
    pub(super) fn left_by(&self, mut rest: Vec<f64>) -> Left {
        // A state of no probability adds nothing, whatever its rest.
        rest.iter_mut().zip(&self.p).filter(|(_, p)| **p == 0.0).for_each(|(rest, _)| *rest = 0.0);
        let mut terms: Vec<f64> = rest.iter().zip(&self.p).map(|(rest, p)| p * rest).collect();
        self.analyse(&mut terms);
        let mean: Vec<f64> =
            self.deviations.iter().enumerate().map(|(m, deviation)| deviation * terms[1 << m]).collect();
        // About the means: the difference of two raw moments would lose the digits of a small variance.
        for (state, ((term, rest), p)) in terms.iter_mut().zip(&rest).zip(&self.p).enumerate() {
            let deviations = mean.iter().zip(&self.scores).enumerate();
            *term = deviations
                .map(|(m, (mean, scores))| {
                    let deviation = rest * scores[usize::from(is_one(state, m))] - mean;
                    // Smaller first: the square alone may be too large.
                    p * deviation * deviation
                })
                .sum();
        }
        let variance = sum(&mut terms) / mean.len() as f64;
        Left { rest, mean, variance }
    }

    /// `Σ_m Cov[e_J·s_m, e_K·s_m]`.
    ///
    /// With `s_m² = σ_m² + (1 - 2θ_m)·σ_m·e_m`, the mean of `e_J·e_K·Σ_m s_m²` is a sum of means of products, and the mean of a product is 0 if some `e_n`
    /// is in it once. That leaves `J = K`, with the mean of `e_n³`, `(1 - 2θ_n)/σ_n`, and J and K that differ in one variable.
    pub(super) fn covariance(&self, j: usize, k: usize) -> f64 {
        let slant = |m: usize| self.scores[m][1] + self.scores[m][0];
        let variables = 0..self.scores.len();
        let has_none = |j: usize| variables.clone().any(|m| is_one(j, m) && self.deviations[m] == 0.0);
        let differing = j ^ k;
        if differing.count_ones() > 1 || has_none(j) || has_none(k) {
            0.0
        } else if differing != 0 {
            let m = differing.ilog2() as usize;
            slant(m) * self.deviations[m]
        } else {
            // Of one variable alone, what is its own is the square of the mean.
            let own = |m: usize| j == 1 << m;
            let spread: f64 =
                variables.clone().filter(|&m| !own(m)).map(|m| self.deviations[m].powi(2)).sum();
            spread + variables.clone().filter(|&m| is_one(j, m)).map(|m| slant(m).powi(2)).sum::<f64>()
        }
    }
}

/// The sum of a power of two of terms, halves onto halves, so that its error grows with the logarithm of their number.
fn sum(terms: &mut [f64]) -> f64 {
    let mut count = terms.len();
    while count > 1 {
        count /= 2;
        let (low, high) = terms[..2 * count].split_at_mut(count);
        low.iter_mut().zip(high).for_each(|(low, high)| *low += *high);
    }
    terms[0]
}

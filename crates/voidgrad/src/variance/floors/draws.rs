//! Draws of b, with sums over them.

use std::ops::Range;

use super::gram::{Gram, Variables};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::EstimateError;
use crate::noise::Stream;
use crate::objective::{Objective, Points};
use crate::tasks;
use crate::variance::VarianceError;

/// Draws of b in groups, a bit for each variable.
pub(super) struct Draws<'a> {
    pub(super) variables: &'a Variables,
    /// Words of a draw.
    words: usize,
    bits: Vec<u64>,
    /// `Σ_m s_m²` of each draw.
    pub(super) squares: Vec<f64>,
    /// The draws of each group. All groups are worked on side by side, so their number is the same whatever the number of threads.
    pub(super) groups: Vec<Range<usize>>,
}

/// Draws that share a stream, and whose f is evaluated together.
const BLOCK: usize = 256;

/// The run of the streams: that of no training, nor of samples of moments.
const RUN: u64 = u64::MAX - 1;

impl<'a> Draws<'a> {
    /// So many draws in so many groups of nearly one size, and f of each.
    ///
    /// # Errors
    /// Returns an error if the objective fails, or if a value is NaN or infinite.
    pub(super) fn new(
        (bernoulli, variables): (&Bernoulli, &'a Variables),
        objective: &(impl Objective + Sync + ?Sized),
        (samples, groups): (usize, usize),
        seed: u64,
    ) -> Result<(Self, Vec<f64>), VarianceError> {
        let count = bernoulli.len();
        let words = count.div_ceil(64);
        let (mut bits, mut f) = (vec![0; samples * words], vec![0.0; samples]);
        let blocks = bits.chunks_mut(BLOCK * words).zip(f.chunks_mut(BLOCK));
        let draw = |block: usize, bits: &mut [u64], f: &mut [f64]| -> Result<(), EstimateError> {
            let mut stream = Stream::new(seed, RUN, block as u64);
            let (mut noise, mut rows) = (vec![0.0; count], vec![0.0; f.len() * count]);
            for (row, bits) in rows.chunks_exact_mut(count).zip(bits.chunks_exact_mut(words)) {
                stream.fill_open01(&mut noise);
                bernoulli.sample(&noise, row);
                for (m, _) in row.iter().enumerate().filter(|(_, b)| **b == 1.0) {
                    bits[m / 64] |= 1 << (m % 64);
                }
            }
            objective.values(Points::rows(&rows, count), f).map_err(EstimateError::Failed)?;
            match f.iter().position(|f| !f.is_finite()) {
                Some(i) => Err(EstimateError::Objective {
                    value: f[i],
                    b: rows[i * count..(i + 1) * count].to_vec(),
                }),
                None => Ok(()),
            }
        };
        let draw = &draw;
        let drawn = tasks::results(blocks.enumerate().map(|(block, (bits, f))| move || draw(block, bits, f)));
        drawn.into_iter().collect::<Result<(), _>>()?;
        let groups = (0..groups).map(|g| samples * g / groups..samples * (g + 1) / groups).collect();
        let mut draws = Self { variables, words, bits, squares: Vec::new(), groups };
        draws.squares = draws.of_each(0..draws.groups.len(), |_, e, _| {
            e.iter().zip(&variables.sigma).map(|(e, sigma)| (sigma * e).powi(2)).sum()
        });
        Ok((draws, f))
    }

    /// The draws of these groups.
    pub(super) fn range(&self, groups: &Range<usize>) -> Range<usize> {
        self.groups[groups.start].start..self.groups[groups.end - 1].end
    }

    /// A number for each draw of these groups, from its group, its `e_m` and its own number.
    pub(super) fn of_each(
        &self,
        groups: Range<usize>,
        number: impl Fn(usize, &[f64], usize) -> f64 + Sync,
    ) -> Vec<f64> {
        let number = &number;
        let tasks = groups.map(|group| {
            move || {
                let mut numbers = Vec::with_capacity(self.groups[group].len());
                self.visit(group, |e, i| numbers.push(number(group, e, i)));
                numbers
            }
        });
        tasks::results(tasks).concat()
    }

    /// `h(b) = Σ_J w_J·e_J(b)` of each draw of these groups; a group may have weights of its own.
    pub(super) fn values<'w>(
        &self,
        groups: Range<usize>,
        weights: impl Fn(usize) -> &'w [f64] + Sync,
    ) -> Vec<f64> {
        let ones = self.variables.len();
        self.of_each(groups, |group, e, _| {
            let (low, pairs) = weights(group).split_at(weights(group).len().min(ones + 1));
            let mut sum = low[0] + dot(&low[1..], e);
            let mut rest = pairs;
            for m in 1..e.len() {
                let Some((row, after)) = rest.split_at_checked(m) else { break };
                sum += e[m] * dot(row, &e[..m]);
                rest = after;
            }
            sum
        })
    }

    /// `Σ_i y_i·e_J(b_i)` over the draws of each of these groups, for the functions of a degree; `y` is of the draws of all of them.
    pub(super) fn analyse(&self, groups: Range<usize>, degree: usize, y: &[f64]) -> Vec<Vec<f64>> {
        let ones = self.variables.len();
        let first = self.range(&groups).start;
        let analysis = |group: usize| {
            let mut sums = vec![0.0; Gram::weights(ones, degree)];
            self.visit(group, |e, i| {
                let y = y[i - first];
                let (low, mut rest) = sums.split_at_mut(if degree == 0 { 1 } else { ones + 1 });
                low[0] += y;
                add(&mut low[1..], y, e);
                for m in 1..e.len() {
                    let Some((row, after)) = std::mem::take(&mut rest).split_at_mut_checked(m) else {
                        break;
                    };
                    add(row, y * e[m], &e[..m]);
                    rest = after;
                }
            });
            sums
        };
        let analysis = &analysis;
        tasks::results(groups.map(|group| move || analysis(group)))
    }

    /// The mean of `y_i·s_m` over the draws of these groups.
    pub(super) fn mean_with_scores(&self, groups: Range<usize>, y: &[f64]) -> Vec<f64> {
        let sums = total(&self.analyse(groups, 1, y));
        let scale = 1.0 / y.len() as f64;
        sums[1..].iter().zip(&self.variables.sigma).map(|(sum, sigma)| scale * sigma * sum).collect()
    }

    /// `y_i·Σ_m s_m² - Σ_m s_m·μ_m` of each draw of these groups: what stands beside `e_J(b_i)` in the covariance of `e_J·s` and `y·s`.
    pub(super) fn about(&self, groups: Range<usize>, y: &[f64], mu: &[f64]) -> Vec<f64> {
        let first = self.range(&groups).start;
        let slopes: Vec<f64> = mu.iter().zip(&self.variables.sigma).map(|(mu, sigma)| mu * sigma).collect();
        self.of_each(groups, |_, e, i| y[i - first] * self.squares[i] - dot(&slopes, e))
    }

    /// Visits the draws of a group in their order: `e_m` of each, and its number.
    fn visit(&self, group: usize, mut visitor: impl FnMut(&[f64], usize)) {
        let functions = &self.variables.functions;
        let mut e = vec![0.0; functions.len()];
        for i in self.groups[group].clone() {
            let bits = &self.bits[i * self.words..(i + 1) * self.words];
            for ((e, functions), bits) in e.chunks_mut(64).zip(functions.chunks(64)).zip(bits) {
                for (m, (e, function)) in e.iter_mut().zip(functions).enumerate() {
                    *e = function[usize::from(bits >> m & 1 == 1)];
                }
            }
            visitor(&e, i);
        }
    }
}

/// The sum of the parts, in their order.
pub(super) fn total(parts: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; parts.first().map_or(0, Vec::len)];
    for part in parts {
        add(&mut sum, 1.0, part);
    }
    sum
}

fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

/// `Σ x·y`, in sums side by side, which do not wait for each other.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (x_parts, x_rest) = x.as_chunks::<8>();
    let (y_parts, y_rest) = y.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (x, y) in x_parts.iter().zip(y_parts) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    let [s0, s1, s2, s3, s4, s5, s6, s7] = sums;
    ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7)) + rest
}

//! The exact variance of REINFORCE and of RLOO for a cut, at any number of vertices.
//!
//! In spins `s = 2b - 1 = m + d`, with means m and `E[d] = 0`, the cut is `f = E[f] + Σ_i c_i d_i - ½ Σ_{ij} w_ij d_i d_j` with `c_i = -½ Σ_j w_ij m_j`. All of its
//! terms are uncorrelated, so with `v_i = E[d_i²] = 1 - m_i²` the variance is `Σ_i c_i² v_i + ¼ Σ_{ij} w_ij² v_i v_j`. If bit i is known, then `m_i` is 1 or -1 and `v_i` is 0; only
//! the terms of i and of its neighbours change.

use super::graph::Graph;

/// Moments of f and of the score `h_i = b_i - p_i`, which do not depend on how many samples an estimator takes.
#[derive(Debug)]
pub(super) struct Moments {
    variance: f64,
    /// One for each vertex.
    vertices: Vec<Vertex>,
}

/// Moments of f with the score of one vertex.
#[derive(Debug, Clone, Copy)]
struct Vertex {
    /// `E[f h]`, the exact gradient.
    gradient: f64,
    /// `E[h²]`.
    information: f64,
    /// `E[f² h²]`.
    raw: f64,
    /// `E[(f - E[f])² h²]`.
    centred: f64,
}

impl Moments {
    /// The moments at these probabilities.
    pub(super) fn of(graph: &Graph, p: &[f64]) -> Self {
        let m: Vec<f64> = p.iter().map(|p| 2.0 * p - 1.0).collect();
        let v: Vec<f64> = p.iter().map(|p| 4.0 * p * (1.0 - p)).collect();
        let pull = |vertex: usize| -> f64 {
            graph.neighbours(vertex).iter().map(|&(other, weight)| weight * m[other as usize]).sum()
        };
        let c: Vec<f64> = (0..p.len()).map(|vertex| -0.5 * pull(vertex)).collect();
        let linear: f64 = c.iter().zip(&v).map(|(c, v)| c * c * v).sum();
        let pairs = graph.edges().iter();
        let quadratic: f64 =
            pairs.map(|&(i, j, weight)| 0.25 * weight * weight * v[i as usize] * v[j as usize]).sum();
        let (mean, variance) = (graph.cut(p), linear + quadratic);
        let vertex = |i: usize| {
            let (mut raw, mut centred) = (0.0, 0.0);
            for (b, probability) in [(0.0, 1.0 - p[i]), (1.0, p[i])] {
                let (spin, score) = (2.0 * b - 1.0, b - p[i]);
                let conditional_mean = mean + c[i] * (spin - m[i]);
                let mut conditional = variance - c[i] * c[i] * v[i];
                for &(j, weight) in graph.neighbours(i) {
                    let j = j as usize;
                    let moved = c[j] - 0.5 * weight * (spin - m[i]);
                    conditional +=
                        v[j] * (moved * moved - c[j] * c[j]) - 0.25 * weight * weight * v[i] * v[j];
                }
                let weight = probability * score * score;
                raw += weight * (conditional_mean * conditional_mean + conditional);
                centred += weight * ((conditional_mean - mean).powi(2) + conditional);
            }
            let information = p[i] * (1.0 - p[i]);
            Vertex { gradient: information * 2.0 * c[i], information, raw, centred }
        };
        Self { variance, vertices: (0..p.len()).map(vertex).collect() }
    }

    /// The variance of REINFORCE's estimate by each logit, as the mean of `samples` of them.
    pub(super) fn reinforce(&self, samples: u64) -> impl Iterator<Item = f64> {
        self.vertices
            .iter()
            .map(move |vertex| (vertex.raw - vertex.gradient * vertex.gradient) / samples as f64)
    }

    /// The variance of RLOO's estimate of `samples` samples, 2 or more, by each logit: that of a sample covariance of f and the score.
    pub(super) fn rloo(&self, samples: u64) -> impl Iterator<Item = f64> {
        let k = samples as f64;
        self.vertices.iter().map(move |vertex| {
            let squared = vertex.gradient * vertex.gradient;
            vertex.centred / k - (k - 2.0) / (k * (k - 1.0)) * squared
                + self.variance * vertex.information / (k * (k - 1.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use voidgrad::estimators::{Reinforce, Rloo};
    use voidgrad::{Bernoulli, Estimator, Round, Stream};

    use super::*;
    use crate::problems::max_cut::generation;

    const SAMPLES: u32 = 20_000;

    /// A graph with weights of both signs, and its variables.
    fn example() -> (Graph, Bernoulli) {
        let torus = generation::torus(4, 3);
        let edges = torus.edges().iter().enumerate();
        let edges = edges.map(|(number, &(i, j, weight))| (i, j, weight * [1.0, 0.25, 3.0][number % 3]));
        let graph = Graph::new(16, edges.collect());
        let p: Vec<f64> = (1..=16).map(|i| f64::from(i) / 18.0).collect();
        (graph, Bernoulli::from_probabilities(&p).unwrap())
    }

    /// Means and variances of an estimator, by samples, with the standard errors of both.
    fn sampled(estimator: &dyn Estimator, graph: &Graph, bernoulli: &Bernoulli) -> Vec<[(f64, f64); 2]> {
        let mut round = Round::new();
        let mut stream = Stream::new(17, 0, 0);
        let estimates: Vec<Vec<f64>> = (0..SAMPLES)
            .map(|_| {
                round.draw(estimator, bernoulli, &mut stream).unwrap();
                round.evaluate(graph).unwrap();
                round.answer(estimator, bernoulli).unwrap();
                round.gradient().to_vec()
            })
            .collect();
        let n = f64::from(SAMPLES);
        (0..bernoulli.len())
            .map(|i| {
                let average = |value: &dyn Fn(f64) -> f64| -> f64 {
                    estimates.iter().map(|estimate| value(estimate[i])).sum::<f64>() / n
                };
                let mean = average(&|g| g);
                let variance = average(&|g| (g - mean).powi(2));
                let fourth = average(&|g| (g - mean).powi(4));
                [(mean, (variance / n).sqrt()), (variance, ((fourth - variance * variance) / n).sqrt())]
            })
            .collect()
    }

    /// 16 vertices, two estimators, two moments: 64 normal scores, each beyond 5 with probability 6e-7. The false-alarm rate of the test is 4e-5 if the seed
    /// is changed; 20,000 samples of bounded estimates are near enough to normal for that.
    #[test]
    fn exact_moments_agree_with_samples() {
        let (graph, bernoulli) = example();
        let moments = Moments::of(&graph, bernoulli.probabilities());
        let check = |estimator: &dyn Estimator, exact: Vec<f64>| {
            let sampled = sampled(estimator, &graph, &bernoulli);
            for ((vertex, exact), [mean, variance]) in moments.vertices.iter().zip(exact).zip(sampled) {
                for (exact, (found, error)) in [(vertex.gradient, mean), (exact, variance)] {
                    let score = (found - exact) / error;
                    assert!(score.abs() < 5.0, "{found} is {score} standard errors from {exact}");
                }
            }
        };
        check(&Reinforce::new(0.0).unwrap(), moments.reinforce(1).collect());
        check(&Rloo::new(2).unwrap(), moments.rloo(2).collect());
        check(&Rloo::new(5).unwrap(), moments.rloo(5).collect());
    }

    /// By enumeration of all points.
    #[test]
    fn exact_moments_are_sums_over_all_points() {
        let graph = Graph::new(4, vec![(0, 1, 1.0), (1, 2, -2.0), (2, 0, 0.5), (2, 3, 1.5)]);
        let p = [0.2, 0.5, 0.7, 0.9];
        let moments = Moments::of(&graph, &p);
        let mean = graph.cut(&p);
        for i in 0..4 {
            let sum = |value: &dyn Fn(f64) -> f64| -> f64 {
                (0..16_u32)
                    .map(|state| {
                        let b: Vec<f64> = (0..4).map(|i| f64::from(state >> i & 1)).collect();
                        let probability: f64 =
                            b.iter().zip(&p).map(|(b, p)| if *b == 1.0 { *p } else { 1.0 - p }).product();
                        probability * value(graph.cut(&b)) * (b[i] - p[i]).powi(2)
                    })
                    .sum()
            };
            let found = moments.vertices[i];
            // Rounding of 16 terms below 20.
            assert!((found.raw - sum(&|f| f * f)).abs() < 1e-12);
            assert!((found.centred - sum(&|f| (f - mean).powi(2))).abs() < 1e-12);
            let derivative = p[i] * (1.0 - p[i]) * graph.derivative(i, &p);
            assert!((found.gradient - derivative).abs() < 1e-12);
        }
    }
}

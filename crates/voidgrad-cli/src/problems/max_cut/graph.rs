//! A weighted graph, and the cut of a set of its vertices as a function of bits and of probabilities.

use rayon::prelude::*;
use voidgrad::Objective;
use voidgrad::error::ObjectiveError;
use voidgrad::objective::{Flips, Multilinear, MultilinearError, Points};

/// Points whose cuts are computed together.
const LANES: usize = 8;

/// An undirected graph. Bit i of a point says on which side vertex i is.
///
/// The cut is `f(b) = Σ_{ij} w_ij (b_i + b_j - 2 b_i b_j)`. It is linear in every bit, so for independent bits `E[f(b)] = f(p)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Graph {
    /// Every edge once: two vertices, from 0, and a weight.
    edges: Vec<(u32, u32, f64)>,
    /// Every edge from both of its ends: those of vertex i are `ends[starts[i]..starts[i + 1]]`.
    starts: Vec<usize>,
    ends: Vec<(u32, f64)>,
}

impl Graph {
    /// The graph of these edges, each of which is there once and has two ends below `vertices`.
    pub(super) fn new(vertices: usize, edges: Vec<(u32, u32, f64)>) -> Self {
        let mut starts = vec![0; vertices + 1];
        for &(i, j, _) in &edges {
            starts[i as usize + 1] += 1;
            starts[j as usize + 1] += 1;
        }
        for i in 0..vertices {
            starts[i + 1] += starts[i];
        }
        let (mut next, mut ends) = (starts.clone(), vec![(0, 0.0); 2 * edges.len()]);
        let mut put = |from: u32, to: u32, weight: f64| {
            ends[next[from as usize]] = (to, weight);
            next[from as usize] += 1;
        };
        for &(i, j, weight) in &edges {
            put(i, j, weight);
            put(j, i, weight);
        }
        Self { edges, starts, ends }
    }

    /// How many vertices there are.
    pub(super) fn vertices(&self) -> usize {
        self.starts.len() - 1
    }

    /// Every edge once.
    pub(super) fn edges(&self) -> &[(u32, u32, f64)] {
        &self.edges
    }

    /// [`cut`](Self::cut), by its coefficients.
    ///
    /// # Errors
    /// Returns an error if the weights of a vertex are too large for an `f64` together.
    pub(super) fn multilinear(&self) -> Result<Multilinear, MultilinearError> {
        let degree = |vertex: usize| self.neighbours(vertex).iter().map(|(_, weight)| weight).sum();
        let linear: Vec<f64> = (0..self.vertices()).map(degree).collect();
        let pairs: Vec<(usize, usize, f64)> =
            self.edges.iter().map(|&(i, j, weight)| (i as usize, j as usize, -2.0 * weight)).collect();
        Multilinear::new(0.0, &linear, &pairs)
    }

    /// The weight of all edges.
    pub(super) fn weight(&self) -> f64 {
        self.edges.iter().map(|(_, _, weight)| weight).sum()
    }

    /// The other ends of the edges of a vertex, with their weights.
    pub(super) fn neighbours(&self, vertex: usize) -> &[(u32, f64)] {
        &self.ends[self.starts[vertex]..self.starts[vertex + 1]]
    }

    /// The root of the mean of `Σ_j w_ij²` over the vertices: the unit of temperatures. In a random graph, mean-field annealing leaves p = ½ near it.
    pub(super) fn scale(&self) -> f64 {
        let squares: f64 = self.edges.iter().map(|(_, _, weight)| weight * weight).sum();
        let scale = (2.0 * squares / self.vertices() as f64).sqrt();
        // All weights may be 0.
        if scale > 0.0 { scale } else { 1.0 }
    }

    /// `f(p)`: the cut of bits, or the expected cut of independent bits with these probabilities.
    pub(super) fn cut(&self, p: &[f64]) -> f64 {
        let side = |vertex: u32| p[vertex as usize];
        self.edges.iter().map(|&(i, j, weight)| weight * (side(i) + side(j) - 2.0 * side(i) * side(j))).sum()
    }

    /// [`cut`](Self::cut) of up to [`LANES`] points, with the same bits.
    fn cuts(&self, rows: &[f64], f: &mut [f64]) {
        let mut sides = vec![[0.0; LANES]; self.vertices()];
        for (lane, row) in rows.chunks_exact(self.vertices()).enumerate() {
            for (sides, side) in sides.iter_mut().zip(row) {
                sides[lane] = *side;
            }
        }
        let mut sums = [0.0; LANES];
        for &(i, j, weight) in &self.edges {
            let (i, j) = (&sides[i as usize], &sides[j as usize]);
            for lane in 0..LANES {
                sums[lane] += weight * (i[lane] + j[lane] - 2.0 * i[lane] * j[lane]);
            }
        }
        f.copy_from_slice(&sums[..f.len()]);
    }

    /// The cut of the vertices for which `is_in` holds.
    pub(super) fn cut_of(&self, is_in: impl Fn(usize) -> bool) -> f64 {
        let cut = |&&(i, j, _): &&(u32, u32, f64)| is_in(i as usize) != is_in(j as usize);
        self.edges.iter().filter(cut).map(|(_, _, weight)| weight).sum()
    }

    /// What a step of an annealing must follow: `∂f/∂p_i = Σ_j w_ij (1 - 2 p_j)` of one vertex: what the cut gains if its bit goes from 0 to 1.
    #[cfg(test)]
    pub(super) fn derivative(&self, vertex: usize, p: &[f64]) -> f64 {
        self.neighbours(vertex).iter().map(|&(other, weight)| weight * (1.0 - 2.0 * p[other as usize])).sum()
    }
}

impl Objective for Graph {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        let rows = points.as_slice().par_chunks(points.dimension() * LANES);
        rows.zip(f.par_chunks_mut(LANES)).for_each(|(rows, f)| self.cuts(rows, f));
        Ok(())
    }

    fn flips(&self) -> Option<&dyn Flips> {
        Some(self)
    }
}

/// A vertex that changes sides cuts the edges to its own side, and no longer those to the other.
impl Flips for Graph {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        for (vertex, flip) in flips.iter_mut().enumerate() {
            let side = 1.0 - 2.0 * b[vertex];
            let ends = self.neighbours(vertex).iter();
            *flip = ends.map(|&(other, weight)| weight * side * (1.0 - 2.0 * b[other as usize])).sum();
        }
        self.cut(b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::max_cut::generation;

    /// A graph with weights of both signs, and probabilities.
    fn example() -> (Graph, Vec<f64>) {
        let mut graph = generation::regular(8, 3, 1);
        for (number, edge) in graph.edges.iter_mut().enumerate() {
            edge.2 = [1.0, -2.0, 0.5][number % 3];
        }
        let graph = Graph::new(8, graph.edges);
        (graph, (1..=8).map(|i| f64::from(i) / 10.0).collect())
    }

    /// All points with their probabilities.
    fn points(p: &[f64]) -> impl Iterator<Item = (Vec<f64>, f64)> {
        (0..1_u32 << p.len()).map(move |state| {
            let b: Vec<f64> = (0..p.len()).map(|i| f64::from(state >> i & 1)).collect();
            let probability = b.iter().zip(p).map(|(b, p)| if *b == 1.0 { *p } else { 1.0 - p }).product();
            (b, probability)
        })
    }

    #[test]
    fn flips_are_differences_of_cuts() {
        let (graph, _) = example();
        let mut flips = [0.0; 8];
        for (b, _) in points(&[0.5; 8]) {
            // Weights are multiples of ½, so nothing is rounded.
            assert_eq!(graph.value_and_flips(&b, &mut flips), graph.cut(&b));
            for (vertex, flip) in flips.iter().enumerate() {
                let mut flipped = b.clone();
                flipped[vertex] = 1.0 - b[vertex];
                assert_eq!(*flip, graph.cut(&flipped) - graph.cut(&b));
            }
        }
    }

    #[test]
    fn the_cut_counts_the_edges_between_the_sides() {
        let graph = Graph::new(3, vec![(0, 1, 2.0), (1, 2, -0.5)]);
        assert_eq!(graph.cut(&[0.0, 1.0, 1.0]), 2.0);
        assert_eq!(graph.cut(&[0.0, 1.0, 0.0]), 1.5);
        assert_eq!(graph.cut_of(|vertex| vertex == 2), -0.5);
        assert_eq!(graph.neighbours(1), [(0, 2.0), (2, -0.5)]);
    }

    /// Both add a few products of numbers with few digits, in other orders.
    #[test]
    fn the_coefficients_are_those_of_the_cut() {
        let (graph, p) = example();
        let multilinear = graph.multilinear().unwrap();
        assert!((multilinear.value(&p) - graph.cut(&p)).abs() < 1e-14);
        for (b, _) in points(&p) {
            assert_eq!(multilinear.value(&b), graph.cut(&b));
        }
    }

    #[test]
    fn cuts_of_many_points_are_those_of_one() {
        let (graph, p) = example();
        let rows: Vec<f64> = points(&p).take(21).flat_map(|(b, _)| b).collect();
        let mut cuts = vec![f64::NAN; 21];
        graph.values(Points::new(&rows, 8).unwrap(), &mut cuts).unwrap();
        let expected: Vec<f64> = rows.chunks_exact(8).map(|b| graph.cut(b)).collect();
        assert_eq!(cuts, expected);
    }

    #[test]
    fn the_expectation_is_the_sum_over_all_points() {
        let (graph, p) = example();
        let sum: f64 = points(&p).map(|(b, probability)| probability * graph.cut(&b)).sum();
        // Rounding of 256 terms below 10.
        assert!((graph.cut(&p) - sum).abs() < 1e-12);
    }

    /// With respect to the logit: `p (1 - p) ∂E/∂p`, against the sum of f times the score.
    #[test]
    fn the_gradient_is_the_sum_over_all_points() {
        let (graph, p) = example();
        for i in 0..p.len() {
            let sum: f64 =
                points(&p).map(|(b, probability)| probability * graph.cut(&b) * (b[i] - p[i])).sum();
            assert!((p[i] * (1.0 - p[i]) * graph.derivative(i, &p) - sum).abs() < 1e-12);
        }
    }
}

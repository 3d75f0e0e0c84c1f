//! Graphs that are made: the same seed gives the same graph.

use std::collections::HashSet;

use voidgrad::Stream;

use super::graph::Graph;

/// The kind of a graph that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Random edges, nine of ten between the two halves
    Planted,
    /// A random graph in which every vertex has the same degree
    Regular,
    /// A square grid whose ends are joined, with weights 1 and -1
    Torus,
}

impl Kind {
    /// Its name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Planted => "planted",
            Self::Regular => "regular",
            Self::Torus => "torus",
        }
    }

    /// The vertices, and the degree if the kind has one, with its defaults.
    ///
    /// # Errors
    /// Returns an error of one line if there is no such graph.
    pub(super) fn size(
        self,
        vertices: Option<u64>,
        degree: Option<u64>,
    ) -> Result<(u64, Option<u64>), String> {
        let (default_vertices, default_degree) = match self {
            Self::Planted => (800, Some(12)),
            Self::Regular => (800, Some(6)),
            Self::Torus => (784, None),
        };
        let vertices = vertices.unwrap_or(default_vertices);
        let Some(default_degree) = default_degree else {
            return match (vertices.isqrt().pow(2) == vertices, degree) {
                (_, Some(degree)) => Err(format!("--degree {degree} is not for a torus, whose degree is 4")),
                (false, _) => {
                    Err(format!("--vertices {vertices} must be a square, such as 784, for a torus"))
                }
                (true, None) => Ok((vertices, None)),
            };
        };
        let degree = degree.unwrap_or(default_degree);
        // A denser graph would have few ways to be made.
        if 4 * degree > vertices {
            return Err(format!("--degree {degree} may be at most a quarter of --vertices {vertices}"));
        }
        if self == Self::Regular && vertices * degree % 2 == 1 {
            return Err(format!("--vertices {vertices} or --degree {degree} must be even"));
        }
        Ok((vertices, Some(degree)))
    }
}

/// The run of the streams that graphs are made of; those of trainings are numbered from 0.
const RUN: u64 = u64::MAX;

/// Of ten edges of a planted graph, those that join the halves.
const CROSSING: f64 = 0.9;

/// Uniform whole numbers.
struct Numbers(Stream);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(Stream::new(seed, RUN, 0))
    }

    fn uniform(&mut self) -> f64 {
        let mut number = [0.0];
        self.0.fill_open01(&mut number);
        number[0]
    }

    /// A number below `count`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below the count")]
    fn below(&mut self, count: usize) -> usize {
        ((self.uniform() * count as f64) as usize).min(count - 1)
    }

    fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the command line allows fewer vertices")]
fn edge(i: usize, j: usize, weight: f64) -> (u32, u32, f64) {
    (i.min(j) as u32, i.max(j) as u32, weight)
}

/// `vertices · degree / 2` random edges of weight 1, nine of ten between the halves; and the cut between the halves.
pub(super) fn planted(vertices: usize, degree: usize, seed: u64) -> (Graph, f64) {
    let mut numbers = Numbers::new(seed);
    let mut side: Vec<bool> = (0..vertices).map(|vertex| vertex % 2 == 0).collect();
    numbers.shuffle(&mut side);
    let (mut edges, mut seen) = (Vec::new(), HashSet::new());
    while edges.len() < vertices * degree / 2 {
        let crosses = numbers.uniform() < CROSSING;
        let (i, j) = (numbers.below(vertices), numbers.below(vertices));
        if i != j && (side[i] != side[j]) == crosses && seen.insert((i.min(j), i.max(j))) {
            edges.push(edge(i, j, 1.0));
        }
    }
    let graph = Graph::new(vertices, edges);
    let cut = graph.cut_of(|vertex| side[vertex]);
    (graph, cut)
}

/// A random graph of degree `degree`, with weights 1. The ends of edges are paired at random; a pair that can't be an edge is exchanged with another.
pub(super) fn regular(vertices: usize, degree: usize, seed: u64) -> Graph {
    let mut numbers = Numbers::new(seed);
    let mut ends: Vec<usize> = (0..vertices * degree).map(|end| end % vertices).collect();
    numbers.shuffle(&mut ends);
    let mut pairs: Vec<(usize, usize)> = ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    let key = |(i, j): (usize, usize)| (i.min(j), i.max(j));
    loop {
        let mut seen = HashSet::new();
        let bad: Vec<usize> = (0..pairs.len())
            .filter(|&place| pairs[place].0 == pairs[place].1 || !seen.insert(key(pairs[place])))
            .collect();
        if bad.is_empty() {
            break;
        }
        for place in bad {
            let other = numbers.below(pairs.len());
            let (kept, given) = (pairs[place].1, pairs[other].1);
            (pairs[place].1, pairs[other].1) = (given, kept);
        }
    }
    Graph::new(vertices, pairs.into_iter().map(|(i, j)| edge(i, j, 1.0)).collect())
}

/// A grid of `side` by `side` vertices whose ends are joined, with weights 1 and -1.
pub(super) fn torus(side: usize, seed: u64) -> Graph {
    let mut numbers = Numbers::new(seed);
    let mut edges = Vec::new();
    for row in 0..side {
        for column in 0..side {
            let here = row * side + column;
            for there in [row * side + (column + 1) % side, (row + 1) % side * side + column] {
                edges.push(edge(here, there, if numbers.uniform() < 0.5 { 1.0 } else { -1.0 }));
            }
        }
    }
    Graph::new(side * side, edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(graph: &Graph) -> Vec<usize> {
        (0..graph.vertices()).map(|vertex| graph.neighbours(vertex).len()).collect()
    }

    fn is_simple(graph: &Graph) -> bool {
        let mut seen = HashSet::new();
        graph.edges().iter().all(|&(i, j, _)| i != j && seen.insert((i.min(j), i.max(j))))
    }

    #[test]
    fn graphs_are_what_they_are_called() {
        let graph = regular(50, 4, 1);
        assert!(is_simple(&graph) && degrees(&graph).iter().all(|&degree| degree == 4));
        // The densest that is allowed.
        assert!(is_simple(&regular(10, 5, 1)));
        let graph = torus(4, 1);
        assert!(is_simple(&graph) && degrees(&graph).iter().all(|&degree| degree == 4));
        let (graph, cut) = planted(100, 10, 1);
        assert!(is_simple(&graph) && graph.edges().len() == 500);
        // Nine of ten, up to five standard deviations.
        assert!((cut - 450.0).abs() < 34.0, "{cut}");
        assert_ne!(graph, planted(100, 10, 2).0);
        assert_eq!(graph, planted(100, 10, 1).0);
    }
}

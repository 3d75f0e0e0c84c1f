//! Graphs in the format of Gset: a line with the numbers of vertices and edges, then a line `i j weight` for every edge, vertices from 1.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use thiserror::Error;

use super::graph::Graph;
use voidgrad_kit::error::Error as Failure;
use voidgrad_kit::number::grouped;

/// The most vertices and edges.
pub(super) const LARGEST_GRAPH: usize = 10_000_000;

/// The sizes that a weight may have, so that sums of squares are numbers.
const SIZES: (f64, f64) = (1e-12, 1e12);

/// Why a text is no graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    /// A line of it is wrong.
    #[error("line {line}: {reason}")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// Edges are missing.
    #[error("it has {}, and its first line says {expected}", grouped(*.found as u64) + " edges")]
    Edges {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
}

/// Reads a file. The text is given as well.
///
/// # Errors
/// Returns an error of one line if the file can't be read or is malformed.
pub(super) fn read(path: &Path) -> Result<(Graph, Vec<u8>), Failure> {
    let refuse =
        |reason: &dyn std::fmt::Display| Failure::arguments(format!("--graph {}: {reason}", path.display()));
    let bytes = fs::read(path).map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse(&"it is no text"))?;
    let graph = parse(text).map_err(|malformed| refuse(&malformed))?;
    Ok((graph, bytes))
}

/// The graph in a text.
///
/// # Errors
/// Returns an error that names the line if the text is malformed.
pub(super) fn parse(text: &str) -> Result<Graph, Malformed> {
    let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line));
    let (line, first) = lines.next().unwrap_or((1, ""));
    let refuse = |reason: String| Malformed::Line { line, reason };
    let words: Vec<&str> = first.split_whitespace().collect();
    let counts: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let (&[vertices, expected], 2) = (&counts[..], words.len()) else {
        return Err(refuse(format!("{first:.40?} must be two numbers, of vertices and of edges")));
    };
    if !(2..=LARGEST_GRAPH).contains(&vertices) || !(1..=LARGEST_GRAPH).contains(&expected) {
        let most = grouped(LARGEST_GRAPH as u64);
        return Err(refuse(format!("there must be from 2 to {most} vertices, and from 1 to {most} edges")));
    }
    let mut edges = Vec::with_capacity(expected.min(1 << 20));
    let mut seen = HashMap::new();
    for (line, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let refuse = |reason: String| Malformed::Line { line, reason };
        if edges.len() == expected {
            return Err(refuse(format!("there are more edges than the {expected} of the first line")));
        }
        let edge = edge(text, vertices).map_err(refuse)?;
        let (i, j) = (edge.0.min(edge.1), edge.0.max(edge.1));
        if let Some(first) = seen.insert((i, j), line) {
            return Err(refuse(format!("the edge {} {} is on line {first} already", i + 1, j + 1)));
        }
        edges.push(edge);
    }
    if edges.len() < expected {
        return Err(Malformed::Edges { found: edges.len(), expected });
    }
    Ok(Graph::new(vertices, edges))
}

/// The edge in a line.
fn edge(text: &str, vertices: usize) -> Result<(u32, u32, f64), String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [i, j, weight] = words[..] else {
        return Err(format!("{:.40?} must be an edge: two vertices and a weight", text.trim()));
    };
    let vertex = |word: &str| {
        let number = word.parse::<u32>().ok().filter(|number| (1..=vertices).contains(&(*number as usize)));
        number
            .map(|number| number - 1)
            .ok_or_else(|| format!("vertex {word:.20} is not from 1 to {vertices}"))
    };
    let (i, j) = (vertex(i)?, vertex(j)?);
    if i == j {
        return Err(format!("the edge joins vertex {} with itself", i + 1));
    }
    let (least, most) = SIZES;
    let fits = |weight: &f64| *weight == 0.0 || (least..=most).contains(&weight.abs());
    let number = weight.parse().ok().filter(fits);
    let number = number.ok_or_else(|| {
        format!("weight {weight:.20} is not 0, or a number from {least:e} to {most:e} in size")
    })?;
    Ok((i, j, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_is_read() {
        let graph = parse("3 2\n1 2 1\n 3 1 -0.5 \n\n").unwrap();
        assert_eq!(graph, Graph::new(3, vec![(0, 1, 1.0), (2, 0, -0.5)]));
    }

    #[test]
    fn what_is_malformed_is_refused_with_its_line() {
        for (text, words) in [
            ("", "line 1: \"\" must be two numbers"),
            ("3", "line 1: \"3\" must be two numbers"),
            ("3 x", "line 1: "),
            ("3 2 1\n", "line 1: "),
            ("1 1\n1 1 1", "line 1: there must be from 2 to 10,000,000 vertices"),
            ("3 0", "line 1: "),
            ("3 99999999999", "line 1: "),
            ("3 2\n1 2\n", "line 2: \"1 2\" must be an edge"),
            ("3 2\n1 2 1 1\n", "line 2: "),
            ("3 2\n1 2 1\n\n0 1 1", "line 4: vertex 0 is not from 1 to 3"),
            ("3 2\n1 4 1", "line 2: vertex 4 is not from 1 to 3"),
            ("3 2\n1 -2 1", "line 2: vertex -2"),
            ("3 2\n2 2 1", "line 2: the edge joins vertex 2 with itself"),
            ("3 2\n1 2 NaN", "line 2: weight NaN is not 0, or a number from 1e-12 to 1e12"),
            ("3 2\n1 2 1e300", "line 2: weight 1e300"),
            ("3 2\n1 2 1\n2 1 1", "line 3: the edge 1 2 is on line 2 already"),
            ("3 1\n1 2 1\n2 3 1", "line 3: there are more edges than the 1 of the first line"),
            ("3 2\n1 2 1\n", "it has 1 edges, and its first line says 2"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(words) && error.lines().count() == 1, "{text:?}: {error}");
        }
    }
}

//! The kernel of a network: values and derivatives of many rows, each row a lane.
//!
//! The same stages as those of a control over arrays, at one point and with an array for a value.

use std::collections::HashMap;

use quote::format_ident;

use super::points::Points;
use super::terms::terms;
use super::write::{Effect, Given, Sums, Writer};
use super::{LARGEST, Obstacle, Panels, Slice, Stage, frontier, is_at_hand, residuals, stage};
use crate::emit::{Names, Types};
use crate::graph::{Graph, NodeId};
use crate::kernel::product::Products;

/// What the kernel is made from: nodes of the function's graph.
#[derive(Debug)]
pub struct RowParts<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// What differs from row to row, each with its derivative.
    pub each: &'a [(NodeId, NodeId)],
    /// The value `y` and the weight `ȳ`, of one shape.
    pub y: [NodeId; 2],
    /// The derivatives by the parameters, each with its first entry in the flat sum.
    pub parameters: &'a [(usize, NodeId)],
    /// What all rows share, parameters and data.
    pub shared: &'a [NodeId],
}

/// The stages. They read plain numbers as slices and numbers, and rows of lanes with the names of [`each`](Self::each); they write `y`, and
/// the derivatives of `each` to [`bars`](Self::bars), and add to `sums`, plain numbers.
#[derive(Debug)]
pub struct RowKernel {
    /// Parameters and data.
    pub shared: Vec<Slice>,
    /// What depends on them alone: plain numbers that [`numbers`](Self::numbers) writes.
    pub derived: Vec<Slice>,
    /// What differs from row to row.
    pub each: Vec<Slice>,
    /// The derivatives by it.
    pub bars: Vec<Slice>,
    /// What the forward pass leaves for the backward pass, rows of lanes.
    pub residuals: Vec<Slice>,
    /// Computes what all rows share.
    pub numbers: Stage,
    /// Computes `y`.
    pub forward: Stage,
    /// Computes all derivatives.
    pub backward: Backward,
    /// Computes those by the parameters alone.
    pub backward_of_parameters: Backward,
}

/// A backward pass. It keeps the factors of outer products in `panels`, for row `row` and those after it.
#[derive(Debug)]
pub struct Backward {
    /// The pass.
    pub stage: Stage,
    /// The outer products.
    pub panels: Panels,
}

/// What the stages are written with.
const OWN: [&str; 9] = ["hand", "numbers", "rows", "sums", "i", "y", "y_bar", "panels", "row"];

/// Derives the kernel, its lanes and its plain numbers named by the two types.
///
/// # Errors
/// Returns an error if something has no form in rows of lanes.
pub fn derive(parts: &RowParts<'_>, lanes: &Types, plain: &Types) -> Result<RowKernel, Obstacle> {
    let roots: Vec<NodeId> = [parts.y[0]]
        .into_iter()
        .chain(parts.each.iter().map(|(_, bar)| *bar))
        .chain(parts.parameters.iter().map(|(_, bar)| *bar))
        .collect();
    let given: Vec<NodeId> = parts.each.iter().map(|(id, _)| *id).chain([parts.y[1]]).collect();
    if let Some(obstacle) = Obstacle::find(parts.graph, &roots, &given) {
        return Err(obstacle);
    }
    let at_one = AtOne::new(parts, &given)?;
    write(at_one, lanes, plain).ok_or(Obstacle::Form)
}

/// Everything, in a graph of its own.
struct AtOne {
    graph: Graph,
    each: Vec<NodeId>,
    bars: Vec<NodeId>,
    y: [NodeId; 2],
    /// What is added to the sums.
    effects: Vec<Effect>,
    shared: Vec<NodeId>,
}

impl AtOne {
    fn new(parts: &RowParts<'_>, given: &[NodeId]) -> Result<Self, Obstacle> {
        let mut points = Points::one(parts.graph, given);
        let each: Vec<NodeId> = parts.each.iter().map(|(id, _)| points.at(0, *id)).collect();
        let mut bars: Vec<NodeId> = parts.each.iter().map(|(_, bar)| points.at(0, *bar)).collect();
        let mut y = parts.y.map(|id| points.at(0, id));
        let parameters: Vec<(usize, NodeId)> =
            parts.parameters.iter().map(|(first, bar)| (*first, points.at(0, *bar))).collect();
        let shared = parts.shared.iter().map(|id| points.at(0, *id)).collect();
        let mut graph = points.graph;
        let mut effects = Vec::new();
        for (first, bar) in parameters {
            let terms = terms(&mut graph, &[bar]).ok_or(Obstacle::Form)?;
            effects.extend(terms.entries.map(|entries| Effect::Add(entries, first)));
            if !terms.outer.is_empty() {
                effects.push(Effect::Outer(terms.outer, first));
            }
        }
        let is_large = |graph: &Graph, y: NodeId, bars: &[NodeId], effects: &[Effect]| {
            let roots: Vec<NodeId> = [y]
                .into_iter()
                .chain(bars.iter().copied())
                .chain(effects.iter().flat_map(Effect::nodes))
                .collect();
            graph.reachable(&roots).into_iter().filter(|is_needed| *is_needed).count() > LARGEST
        };
        if is_large(&graph, y[0], &bars, &effects) {
            return Err(Obstacle::Large);
        }
        let mut products = Products::new(&mut graph, &each, &[y[1]]);
        let mut write = |id| products.node(id);
        let as_products = (
            write(y[0]),
            bars.iter().map(|id| write(*id)).collect::<Vec<NodeId>>(),
            effects.iter().cloned().map(|effect| effect.map(&mut write)).collect::<Vec<Effect>>(),
        );
        // A long chain of sums and products has more of them when each is written anew.
        if !is_large(&graph, as_products.0, &as_products.1, &as_products.2) {
            (y[0], bars, effects) = as_products;
        }
        Ok(Self { graph, each, bars, y, effects, shared })
    }
}

fn write(at_one: AtOne, lanes: &Types, plain: &Types) -> Option<RowKernel> {
    let AtOne { graph, each, bars, y: [y, y_bar], effects, shared } = at_one;
    let graph = &graph;
    let given_rows: Vec<NodeId> = each.iter().copied().chain([y_bar]).collect();
    let varies = graph.dependent(&given_rows);
    let mut names = Names::new(OWN.iter().map(|name| (*name).to_owned()));
    let mut named = |ids: &[NodeId], suffix: &str| -> Option<Vec<Slice>> {
        let slice =
            |id: &NodeId| Slice::new(graph, *id, names.fresh(&format!("{}{suffix}", graph.describe(*id))));
        ids.iter().map(slice).collect()
    };
    let shared_slices = named(&shared, "")?;
    let each_slices = named(&each, "")?;
    let bar_slices: Vec<Slice> = named(&each, "_bar")?;
    let of_parameters = effects;
    let backward: Vec<Effect> = (bars.iter().zip(&bar_slices))
        .map(|(id, slice)| Effect::Store(*id, slice.ident.clone()))
        .chain(of_parameters.iter().cloned())
        .collect();
    let all: Vec<NodeId> = [y].into_iter().chain(backward.iter().flat_map(Effect::nodes)).collect();
    let derived = frontier(graph, &all, |id| !varies[id.index()] && !is_at_hand(graph, id));
    let derived_slices = named(&derived, "")?;
    let residuals = residuals(graph, &[y], &backward, &varies, &[y_bar]);
    let residual_slices = named(&residuals, "")?;

    let store = |ids: &[NodeId], slices: &[Slice]| -> Vec<Effect> {
        ids.iter().zip(slices).map(|(id, slice)| Effect::Store(*id, slice.ident.clone())).collect()
    };
    let mut given: HashMap<NodeId, Given> = HashMap::new();
    given.extend(shared.iter().zip(&shared_slices).map(|(id, slice)| (*id, slice.plain())));
    let effects = store(&derived, &derived_slices);
    let numbers = Writer::write(graph, plain, &given, &names, (&effects, Sums::Totals), None)?;
    given.extend(derived.iter().zip(&derived_slices).map(|(id, slice)| (*id, slice.plain())));
    given.extend(each.iter().zip(&each_slices).map(|(id, slice)| (*id, Given::Rows(slice.ident.clone()))));
    let mut effects = store(&residuals, &residual_slices);
    effects.push(Effect::Store(y, format_ident!("y")));
    let forward = Writer::write(graph, lanes, &given, &names, (&effects, Sums::Totals), None)?;
    given.insert(y_bar, Given::Rows(format_ident!("y_bar")));
    let kept = residuals.iter().zip(&residual_slices);
    given.extend(kept.map(|(id, slice)| (*id, Given::Rows(slice.ident.clone()))));
    let backward_of = |effects: &[Effect]| {
        let written = Writer::write(graph, lanes, &given, &names, (effects, Sums::Totals), None)?;
        Some(Backward { panels: written.panels.clone(), stage: stage(written) })
    };
    Some(RowKernel {
        shared: shared_slices,
        derived: derived_slices,
        each: each_slices,
        bars: bar_slices,
        residuals: residual_slices,
        numbers: stage(numbers),
        forward: stage(forward),
        backward: backward_of(&backward)?,
        backward_of_parameters: backward_of(&of_parameters)?,
    })
}

//! The kernel of a network: values and derivatives of many rows, each row a lane.
//!
//! The same stages as those of a control over arrays, at one point and with an array for a value.

use proc_macro2::Ident;
use quote::format_ident;

use super::points::Points;
use super::stages::{Stages, Work, as_products, stage};
use super::terms::{Total, effects};
use super::write::{Effect, Given, Sums};
use super::{Extent, Obstacle, Panels, Slice, Stage};
use crate::emit::{Names, Types};
use crate::graph::{Graph, NodeId};

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
    pub parameters: &'a [(Extent, NodeId)],
    /// What all rows share, parameters and data.
    pub shared: &'a [NodeId],
    /// Names that mean something else than values: lengths of the run.
    pub taken: &'a [Ident],
}

/// The stages. They read plain numbers as slices and numbers, and rows of lanes with the names of [`each`](Self::each); they write `y`, and
/// the derivatives of `each` to [`bars`](Self::bars), and add to `sums`, rows of lanes.
#[derive(Debug)]
pub struct RowKernel {
    /// What the backward passes add to their sums, in the order in which it stands there.
    pub totals: Vec<Total>,
    /// Parameters and data.
    pub shared: Vec<Slice>,
    /// What depends on them alone: plain numbers that [`numbers`](Self::numbers) writes.
    pub derived: Vec<Slice>,
    /// What differs from row to row.
    pub each: Vec<Slice>,
    /// The derivatives by it.
    pub bars: Vec<Slice>,
    /// Computes what all rows share.
    pub numbers: Stage,
    /// Computes `y`.
    pub forward: Stage,
    /// Computes all derivatives.
    pub backward: Backward,
    /// Computes those by the parameters alone.
    pub backward_of_parameters: Backward,
    /// Computes `y` and those by the parameters.
    pub both: Backward,
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
    write(at_one, parts.taken, lanes, plain).ok_or(Obstacle::Form)
}

/// Everything, in a graph of its own.
struct AtOne {
    graph: Graph,
    each: Vec<NodeId>,
    bars: Vec<NodeId>,
    y: [NodeId; 2],
    /// What is added to the sums.
    effects: Vec<Effect>,
    totals: Vec<Total>,
    shared: Vec<NodeId>,
}

impl AtOne {
    fn new(parts: &RowParts<'_>, given: &[NodeId]) -> Result<Self, Obstacle> {
        let mut points = Points::one(parts.graph, given);
        let each: Vec<NodeId> = parts.each.iter().map(|(id, _)| points.at(0, *id)).collect();
        let bars: Vec<NodeId> = parts.each.iter().map(|(_, bar)| points.at(0, *bar)).collect();
        let mut y = parts.y.map(|id| points.at(0, id));
        let parameters: Vec<(Extent, Vec<NodeId>)> =
            parts.parameters.iter().map(|(first, bar)| (first.clone(), vec![points.at(0, *bar)])).collect();
        let shared = parts.shared.iter().map(|id| points.at(0, *id)).collect();
        let mut graph = points.graph;
        let (effects, totals) = effects(&mut graph, parameters, Sums::Panels).ok_or(Obstacle::Form)?;
        // The derivatives by what differs from row to row are stored, and take part in what is common.
        let nodes: Vec<NodeId> = [y[0]].into_iter().chain(bars).collect();
        let (nodes, effects) = as_products(&mut graph, [&each, &[y[1]]], (nodes, effects))?;
        y[0] = nodes[0];
        let bars = nodes[1..].to_vec();
        Ok(Self { graph, each, bars, y, effects, totals, shared })
    }
}

fn write(at_one: AtOne, taken: &[Ident], lanes: &Types, plain: &Types) -> Option<RowKernel> {
    let AtOne { graph, each, bars, y: [y, y_bar], effects: of_parameters, totals, shared } = at_one;
    let graph = &graph;
    let mut names = Names::new(OWN.iter().map(|name| (*name).to_owned()));
    for name in taken {
        names.take(name);
    }
    let mut named = |suffix: &str| -> Vec<Slice> {
        let slice =
            |id: &NodeId| Slice::new(graph, *id, names.fresh(&format!("{}{suffix}", graph.describe(*id))));
        each.iter().map(slice).collect()
    };
    let (each_slices, bar_slices) = (named(""), named("_bar"));
    let backward: Vec<Effect> = (bars.iter().zip(&bar_slices))
        .map(|(id, slice)| Effect::Store(*id, slice.ident.clone()))
        .chain(of_parameters.iter().cloned())
        .collect();
    let store_y = Effect::Store(y, format_ident!("y"));
    let both: Vec<Effect> = [store_y.clone()].into_iter().chain(of_parameters.iter().cloned()).collect();
    let rows = each.iter().zip(&each_slices);
    let work = Work {
        graph,
        arguments: &shared,
        given: [
            rows.map(|(id, slice)| (*id, Given::Rows(slice.ident.clone()))).collect(),
            vec![(y_bar, Given::Rows(format_ident!("y_bar")))],
        ],
        forward: (vec![store_y], None),
        backward: vec![backward, of_parameters, both],
        // The values are computed much earlier, and their sums are not what derivatives take.
        keeps: false,
        sums: Sums::Panels,
        name: &|id| graph.describe(id),
    };
    let Stages { arguments, shared, residuals: _, numbers, forward, backward } =
        work.stages(names, lanes, plain)?;
    let mut passes = backward
        .into_iter()
        .map(|written| Backward { panels: written.panels.clone(), stage: stage(written) });
    Some(RowKernel {
        totals,
        shared: arguments,
        derived: shared,
        each: each_slices,
        bars: bar_slices,
        numbers: stage(numbers),
        forward: stage(forward),
        backward: passes.next()?,
        backward_of_parameters: passes.next()?,
        both: passes.next()?,
    })
}

//! What a control of examples is along a direction φ̇, at both points: one pass, which keeps nothing.

use proc_macro2::Ident;
use quote::format_ident;

use super::points::Points;
use super::stages::{Stages, Work, as_products, stage};
use super::write::{Effect, Given, Sums};
use super::{Obstacle, Slice, Stage};
use crate::emit::{Names, Types};
use crate::graph::{Graph, NodeId, Op};

/// What the pass is made from: nodes of the function's graph.
#[derive(Debug)]
pub struct AlongParts<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// `z`
    pub z: NodeId,
    /// `∂c/∂φ·φ̇`
    pub c_dot: NodeId,
    /// `∂²c/∂z∂φ·φ̇`
    pub c_z_dot: NodeId,
    /// The arguments of the function that differ from example to example, but z.
    pub each: &'a [NodeId],
    /// The others, and then φ̇.
    pub arguments: &'a [NodeId],
    /// Names that mean something else than values: lengths of the run.
    pub taken: &'a [Ident],
}

/// The pass. It reads plain numbers as slices and numbers with the names of the function's arguments and of their directions, and z and z̃ as rows of lanes; it
/// writes to `c_z_dot` and `c_z_tilde_dot`.
#[derive(Debug)]
pub struct AlongKernel {
    /// The arguments that all examples share, and then φ̇: plain numbers.
    pub arguments: Vec<Slice>,
    /// What differs from example to example, but z: rows of lanes.
    pub each: Vec<Slice>,
    /// What depends on the arguments alone: plain numbers that [`numbers`](Self::numbers) writes.
    pub shared: Vec<Slice>,
    /// Computes what all examples share.
    pub numbers: Stage,
    /// Computes `∂²c/∂z∂φ·φ̇` at both points and returns `∂c/∂φ·φ̇` at z̃.
    pub along: Stage,
}

/// What the pass is written with.
const OWN: [&str; 9] = ["hand", "numbers", "rows", "each", "i", "z", "z_tilde", "c_z_dot", "c_z_tilde_dot"];

/// Derives the pass, its lanes and its plain numbers named by the two types.
///
/// # Errors
/// Returns an error if something has no form in rows of lanes.
pub fn derive(parts: &AlongParts<'_>, lanes: &Types, plain: &Types) -> Result<AlongKernel, Obstacle> {
    let given: Vec<NodeId> = [parts.z].into_iter().chain(parts.each.iter().copied()).collect();
    if let Some(obstacle) = Obstacle::find(parts.graph, &[parts.c_dot, parts.c_z_dot], &given) {
        return Err(obstacle);
    }
    let both = Both::new(parts, &given)?;
    write(&both, parts.taken, lanes, plain).ok_or(Obstacle::Form)
}

/// Everything at both points.
struct Both {
    graph: Graph,
    /// z and z̃.
    z: [NodeId; 2],
    each: Vec<NodeId>,
    arguments: Vec<NodeId>,
    /// `∂²c/∂z∂φ·φ̇` at z and at z̃, and `∂c/∂φ·φ̇` at z̃.
    dots: [NodeId; 3],
}

impl Both {
    fn new(parts: &AlongParts<'_>, given: &[NodeId]) -> Result<Self, Obstacle> {
        let count = parts.graph.len();
        let numbered = given.iter().map(|id| match *parts.graph.op(*id) {
            Op::Parameter(index) if *id == parts.z => Ok((*id, [index, count])),
            Op::Parameter(index) => Ok((*id, [index; 2])),
            _ => Err(Obstacle::Form),
        });
        let mut points = Points::new(parts.graph, &numbered.collect::<Result<Vec<_>, Obstacle>>()?);
        let z = [0, 1].map(|at| points.at(at, parts.z));
        let dots = [points.at(0, parts.c_z_dot), points.at(1, parts.c_z_dot), points.at(1, parts.c_dot)];
        let each: Vec<NodeId> = parts.each.iter().map(|id| points.at(0, *id)).collect();
        let arguments = parts.arguments.iter().map(|id| points.at(0, *id)).collect();
        let mut graph = points.graph;
        let known: Vec<NodeId> = z.iter().chain(&each).copied().collect();
        let (dots, _) = as_products(&mut graph, [&known, &[]], (dots.to_vec(), Vec::new()))?;
        let dots = dots.try_into().map_err(|_| Obstacle::Form)?;
        Ok(Self { graph, z, each, arguments, dots })
    }
}

fn write(both: &Both, taken: &[Ident], lanes: &Types, plain: &Types) -> Option<AlongKernel> {
    let Both { graph, z: [z, z_tilde], each, arguments, dots: [c_z_dot, c_z_tilde_dot, c_dot] } = both;
    let mut names = Names::new(OWN.iter().map(|name| (*name).to_owned()));
    for name in taken {
        names.take(name);
    }
    let each_slices: Vec<Slice> =
        each.iter().map(|id| Slice::new(graph, *id, names.fresh(&graph.describe(*id)))).collect();
    let rows = |name: &str| Given::Rows(format_ident!("{name}"));
    let store = |id: &NodeId, to: &str| Effect::Store(*id, format_ident!("{to}"));
    let of_examples =
        each.iter().zip(&each_slices).map(|(id, slice)| (*id, Given::Rows(slice.ident.clone())));
    let work = Work {
        graph,
        arguments,
        given: [
            [(*z, rows("z")), (*z_tilde, rows("z_tilde"))].into_iter().chain(of_examples).collect(),
            Vec::new(),
        ],
        forward: (vec![store(c_z_dot, "c_z_dot"), store(c_z_tilde_dot, "c_z_tilde_dot")], Some(*c_dot)),
        backward: Vec::new(),
        keeps: false,
        sums: Sums::Panels,
        name: &|id| graph.describe(id),
    };
    let Stages { arguments, shared, residuals: _, numbers, forward, backward: _ } =
        work.stages(names, lanes, plain)?;
    Some(AlongKernel { arguments, each: each_slices, shared, numbers: stage(numbers), along: stage(forward) })
}

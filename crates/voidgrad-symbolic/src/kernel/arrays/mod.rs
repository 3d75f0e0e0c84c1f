//! The fused kernel of a function whose arrays are too large for straight-line code, or whose z is an array: loops over rows of
//! lanes.
//!
//! Every array is rows of lanes in memory, an entry a row, and every lane a sample; the parameters are plain numbers that all
//! lanes share. The stages are those of the kernels that are straight-line code. Each is written as waves: numbers, then loops over
//! the entries of arrays of one length, then products with matrices, then the next wave.

mod along;
mod body;
mod extent;
mod obstacle;
mod panels;
mod points;
mod rows;
mod schedule;
mod stages;
mod terms;
mod write;

use proc_macro2::{Ident, TokenStream};
use quote::format_ident;

pub use self::along::{AlongKernel, AlongParts, derive as derive_along};
pub use self::extent::{Extent, largest};
pub use self::obstacle::Obstacle;
pub use self::panels::{PanelProduct, Panels};
use self::points::Points;
pub use self::rows::{Backward, RowKernel, RowParts, derive as derive_rows};
use self::stages::{Stages, Work, as_products, stage};
pub use self::terms::Total;
use self::terms::effects;
use self::write::{Effect, Given, Sums};
use crate::emit::{Names, Types};
use crate::graph::{Graph, NodeId, Op};

/// What the kernel is made from: nodes of the function's graph.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// `z` and the direction `ż`, of one shape.
    pub z: [NodeId; 2],
    /// The weight `c̄`, a number.
    pub c_bar: NodeId,
    /// `c`
    pub c: NodeId,
    /// `∂c/∂z`
    pub c_z: NodeId,
    /// For each parameter φ its first entry, `∂/∂φ (∂c/∂z · ż)`, and that with `c̄·∂c/∂φ` added.
    pub phi: &'a [(Extent, [NodeId; 2])],
    /// The arguments of the function that differ from example to example, but z.
    pub each: &'a [NodeId],
    /// The others.
    pub arguments: &'a [NodeId],
    /// Names that mean something else than values: lengths of the run.
    pub taken: &'a [Ident],
}

/// Something that a stage keeps or is given.
#[derive(Debug, Clone)]
pub struct Slice {
    /// Its name.
    pub ident: Ident,
    /// How many numbers or rows it is.
    pub entries: Extent,
    /// True for a number, false for an array, also of one entry.
    pub is_number: bool,
}

impl Slice {
    fn new(graph: &Graph, id: NodeId, ident: Ident) -> Self {
        let shape = graph.shape(id);
        Self { ident, entries: Extent::of(shape), is_number: shape.is_scalar() }
    }

    /// Plain numbers, as a stage reads them.
    fn plain(&self) -> Given {
        let name = self.ident.clone();
        if self.is_number { Given::Number(name) } else { Given::Plain(name) }
    }
}

/// A stage, in its statements and the rows of lanes that it needs for itself.
#[derive(Debug)]
pub struct Stage {
    /// The statements.
    pub statements: TokenStream,
    /// Memory.
    pub memory: Vec<Slice>,
    /// What it returns.
    pub result: TokenStream,
}

/// The stages. They read plain numbers as slices and numbers with the names of the function's arguments; z and z̃ as `z` and `z_tilde`,
/// the directions as `z_dot` and `z_tilde_dot`, rows of lanes all of them, and `c_bar`. They write to `c_z`, `c_z_tilde` and `sums`. `hand` is 0 in every lane.
///
/// The sums of φ are rows of lanes. If lanes are examples, they are plain numbers, and the factors of outer products are kept in `panels`, for the example `row` and those after it.
#[derive(Debug)]
pub struct ArrayKernel {
    /// The arguments that all samples share, in their order: plain numbers.
    pub arguments: Vec<Slice>,
    /// What differs from example to example, but z: rows of lanes.
    pub each: Vec<Slice>,
    /// What depends on them alone: plain numbers that [`numbers`](Self::numbers) writes.
    pub shared: Vec<Slice>,
    /// What the forward pass leaves for the backward pass, rows of lanes.
    pub residuals: Vec<Slice>,
    /// Computes what all samples share.
    pub numbers: Stage,
    /// Computes `∂c/∂z` at both points and returns c at z̃.
    pub forward: Stage,
    /// Adds to the sums of φ.
    pub backward: Stage,
    /// The outer products of examples.
    pub panels: Panels,
    /// What the backward pass of examples adds to its sums, in the order in which it stands there.
    pub totals: Vec<Total>,
}

/// What the stages are written with.
const OWN: [&str; 12] = [
    "hand",
    "numbers",
    "rows",
    "sums",
    "i",
    "z",
    "z_tilde",
    "z_dot",
    "z_tilde_dot",
    "c_bar",
    "c_z",
    "c_z_tilde",
];

/// What they are written with besides, if lanes are examples.
const OWN_OF_EXAMPLES: [&str; 3] = ["each", "panels", "row"];

/// Derives the kernel, its lanes and its plain numbers named by the two types.
///
/// # Errors
/// Returns an error if something has no form in rows of lanes.
pub fn derive(parts: &Parts<'_>, lanes: &Types, plain: &Types) -> Result<ArrayKernel, Obstacle> {
    let roots: Vec<NodeId> =
        [parts.c, parts.c_z].into_iter().chain(parts.phi.iter().flat_map(|(_, nodes)| *nodes)).collect();
    let given: Vec<NodeId> =
        parts.z.into_iter().chain([parts.c_bar]).chain(parts.each.iter().copied()).collect();
    if let Some(obstacle) = Obstacle::find(parts.graph, &roots, &given) {
        return Err(obstacle);
    }
    write(both(parts)?, parts.taken, lanes, plain).ok_or(Obstacle::Form)
}

fn write(both: Both, taken: &[Ident], lanes: &Types, plain: &Types) -> Option<ArrayKernel> {
    let Both { graph, given, each, forward, backward, totals, arguments } = both;
    let [z, z_tilde, z_dot, z_tilde_dot, c_bar] = given;
    let [c_z, c_z_tilde, c] = forward;
    let graph = &graph;
    let more = if each.is_empty() { &[][..] } else { &OWN_OF_EXAMPLES[..] };
    let mut names = Names::new(OWN.iter().chain(more).map(|name| (*name).to_owned()));
    for name in taken {
        names.take(name);
    }
    let each_slices: Vec<Slice> =
        (each.iter()).map(|id| Slice::new(graph, *id, names.fresh(&graph.describe(*id)))).collect();
    let of_examples =
        each.iter().zip(&each_slices).map(|(id, slice)| (*id, Given::Rows(slice.ident.clone())));
    let rows = |name: &str| Given::Rows(format_ident!("{name}"));
    let store = |id: NodeId, to: &str| Effect::Store(id, format_ident!("{to}"));
    let at_z_tilde = graph.dependent(&[z_tilde]);
    let work = Work {
        graph,
        arguments: &arguments,
        given: [
            [(z, rows("z")), (z_tilde, rows("z_tilde"))].into_iter().chain(of_examples).collect(),
            vec![
                (z_dot, rows("z_dot")),
                (z_tilde_dot, rows("z_tilde_dot")),
                (c_bar, Given::Number(format_ident!("c_bar"))),
            ],
        ],
        forward: (vec![store(c_z, "c_z"), store(c_z_tilde, "c_z_tilde")], Some(c)),
        backward: vec![backward],
        keeps: true,
        sums: sums(&each),
        name: &|id| match graph.hint(id) {
            None if at_z_tilde[id.index()] => format!("{}_tilde", graph.describe(id)),
            _ => graph.describe(id),
        },
    };
    let Stages { arguments, shared, residuals, numbers, forward, backward } =
        work.stages(names, lanes, plain)?;
    let backward = backward.into_iter().next()?;
    Some(ArrayKernel {
        arguments,
        each: each_slices,
        shared,
        residuals,
        numbers: stage(numbers),
        forward: stage(forward),
        panels: backward.panels.clone(),
        totals,
        backward: stage(backward),
    })
}

/// Everything at both points.
struct Both {
    graph: Graph,
    /// z, z̃, ż at both, c̄.
    given: [NodeId; 5],
    /// What differs from example to example besides.
    each: Vec<NodeId>,
    /// `∂c/∂z` at z and at z̃, c at z̃.
    forward: [NodeId; 3],
    backward: Vec<Effect>,
    totals: Vec<Total>,
    /// The arguments that all samples share.
    arguments: Vec<NodeId>,
}

fn both(parts: &Parts<'_>) -> Result<Both, Obstacle> {
    let count = parts.graph.len();
    let [z, z_dot] = parts.z;
    let number = |id: NodeId| match *parts.graph.op(id) {
        Op::Parameter(index) => Ok(index),
        _ => Err(Obstacle::Form),
    };
    let (z_number, dot_number, bar_number) = (number(z)?, number(z_dot)?, number(parts.c_bar)?);
    let mut given = vec![
        (z, [z_number, count]),
        (z_dot, [dot_number, count + 1]),
        (parts.c_bar, [bar_number, bar_number]),
    ];
    for id in parts.each {
        given.push((*id, [number(*id)?; 2]));
    }
    let mut points = Points::new(parts.graph, &given);
    let [z, z_tilde] = [0, 1].map(|at| points.at(at, z));
    let [z_dot, z_tilde_dot] = [0, 1].map(|at| points.at(at, z_dot));
    let c_bar = points.at(1, parts.c_bar);
    let forward = [points.at(0, parts.c_z), points.at(1, parts.c_z), points.at(1, parts.c)];
    let phi: Vec<(Extent, Vec<NodeId>)> = (parts.phi.iter())
        .map(|(first, [slope, weighted])| {
            (first.clone(), vec![points.at(0, *slope), points.at(1, *weighted)])
        })
        .collect();
    let each: Vec<NodeId> = parts.each.iter().map(|id| points.at(0, *id)).collect();
    let arguments = parts.arguments.iter().map(|id| points.at(0, *id)).collect();
    let mut graph = points.graph;
    let (backward, totals) = effects(&mut graph, phi, sums(&each)).ok_or(Obstacle::Form)?;
    let of_forward: Vec<NodeId> = [z, z_tilde].into_iter().chain(each.iter().copied()).collect();
    let (forward, backward) =
        as_products(&mut graph, [&of_forward, &[z_dot, z_tilde_dot, c_bar]], (forward.to_vec(), backward))?;
    let forward = forward.try_into().map_err(|_| Obstacle::Form)?;
    let given = [z, z_tilde, z_dot, z_tilde_dot, c_bar];
    Ok(Both { graph, given, each, forward, backward, totals, arguments })
}

/// The sums of a kernel whose lanes are examples if something differs from example to example.
fn sums(each: &[NodeId]) -> Sums {
    if each.is_empty() { Sums::Lanes } else { Sums::Panels }
}

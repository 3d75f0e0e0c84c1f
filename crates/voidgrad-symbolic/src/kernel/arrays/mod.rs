//! The fused kernel of a function whose arrays are too large for straight-line code, or whose z is an array: loops over rows of
//! lanes.
//!
//! Every array is rows of lanes in memory, an entry a row, and every lane a sample; the parameters are plain numbers that all
//! lanes share. The stages are those of the kernels that are straight-line code. Each is written as waves: numbers, then loops over
//! the entries of arrays of one length, then products with matrices, then the next wave.

mod body;
mod obstacle;
mod points;
mod rows;
mod schedule;
mod terms;
mod write;

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::format_ident;

pub use self::obstacle::Obstacle;
use self::points::Points;
pub use self::rows::{Backward, RowKernel, RowParts, derive as derive_rows};
use self::terms::terms;
use self::write::{Effect, Given, Sums, Writer, Written};
pub use self::write::{PanelProduct, Panels};
use crate::emit::{Names, Types};
use crate::graph::{Graph, NodeId, Op};
use crate::kernel::product::Products;

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
    pub phi: &'a [(usize, [NodeId; 2])],
    /// The arguments of the function but z.
    pub arguments: &'a [NodeId],
}

/// Something that a stage keeps or is given.
#[derive(Debug, Clone)]
pub struct Slice {
    /// Its name.
    pub ident: Ident,
    /// How many numbers or rows it is.
    pub entries: usize,
    /// True for a number, false for an array, also of one entry.
    pub is_number: bool,
}

impl Slice {
    fn new(graph: &Graph, id: NodeId, ident: Ident) -> Option<Self> {
        let shape = graph.shape(id);
        Some(Self { ident, entries: shape.entries()?, is_number: shape.is_scalar() })
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
#[derive(Debug)]
pub struct ArrayKernel {
    /// The arguments but z, in their order: plain numbers.
    pub arguments: Vec<Slice>,
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

/// The most nodes of both points together that are computed.
const LARGEST: usize = 4_000;

/// Derives the kernel, its lanes and its plain numbers named by the two types.
///
/// # Errors
/// Returns an error if something has no form in rows of lanes.
pub fn derive(parts: &Parts<'_>, lanes: &Types, plain: &Types) -> Result<ArrayKernel, Obstacle> {
    let roots: Vec<NodeId> =
        [parts.c, parts.c_z].into_iter().chain(parts.phi.iter().flat_map(|(_, nodes)| *nodes)).collect();
    if let Some(obstacle) = Obstacle::find(parts.graph, &roots, &[parts.z[0], parts.z[1], parts.c_bar]) {
        return Err(obstacle);
    }
    write(both(parts)?, lanes, plain).ok_or(Obstacle::Form)
}

fn write(both: Both, lanes: &Types, plain: &Types) -> Option<ArrayKernel> {
    let Both { graph, given: [z, z_tilde, z_dot, z_tilde_dot, c_bar], forward, backward, arguments } = both;
    let [c_z, c_z_tilde, c] = forward;
    let graph = &graph;
    let varies = graph.dependent(&[z, z_tilde, z_dot, z_tilde_dot, c_bar]);
    let mut names = Names::new(OWN.iter().map(|name| (*name).to_owned()));
    let mut kept = |ids: &[NodeId]| -> Option<Vec<Slice>> {
        let at_z_tilde = graph.dependent(&[z_tilde]);
        let name = |id: NodeId| match graph.hint(id) {
            None if at_z_tilde[id.index()] => format!("{}_tilde", graph.describe(id)),
            _ => graph.describe(id),
        };
        ids.iter().map(|id| Slice::new(graph, *id, names.fresh(&name(*id)))).collect()
    };
    let argument_slices = kept(&arguments)?;
    let all = all(&forward, &backward);
    let shared = frontier(graph, &all, |id| !varies[id.index()] && !is_at_hand(graph, id));
    let shared_slices = kept(&shared)?;
    let residuals = residuals(graph, &forward, &backward, &varies, &[z_dot, z_tilde_dot, c_bar]);
    let residual_slices = kept(&residuals)?;

    let plain_numbers = |ids: &[NodeId], slices: &[Slice]| -> Vec<(NodeId, Given)> {
        ids.iter().zip(slices).map(|(id, slice)| (*id, slice.plain())).collect()
    };
    let store = |ids: &[NodeId], slices: &[Slice]| -> Vec<Effect> {
        ids.iter().zip(slices).map(|(id, slice)| Effect::Store(*id, slice.ident.clone())).collect()
    };
    let rows = |name: &str| Given::Rows(format_ident!("{name}"));
    let mut given: HashMap<NodeId, Given> = HashMap::new();
    given.extend(plain_numbers(&arguments, &argument_slices));
    let numbers =
        Writer::write(graph, plain, &given, &names, (&store(&shared, &shared_slices), Sums::Lanes), None)?;
    given.extend(plain_numbers(&shared, &shared_slices));
    given.extend([(z, rows("z")), (z_tilde, rows("z_tilde"))]);
    let mut effects = store(&residuals, &residual_slices);
    for (slope, to) in [(c_z, "c_z"), (c_z_tilde, "c_z_tilde")] {
        effects.push(Effect::Store(slope, format_ident!("{to}")));
    }
    let forward = Writer::write(graph, lanes, &given, &names, (&effects, Sums::Lanes), Some(c))?;
    given.extend([(z_dot, rows("z_dot")), (z_tilde_dot, rows("z_tilde_dot"))]);
    given.insert(c_bar, Given::Number(format_ident!("c_bar")));
    let kept = residuals.iter().zip(&residual_slices);
    given.extend(kept.map(|(id, slice)| (*id, Given::Rows(slice.ident.clone()))));
    let backward = Writer::write(graph, lanes, &given, &names, (&backward, Sums::Lanes), None)?;
    Some(ArrayKernel {
        arguments: argument_slices,
        shared: shared_slices,
        residuals: residual_slices,
        numbers: stage(numbers),
        forward: stage(forward),
        backward: stage(backward),
    })
}

/// Everything at both points.
struct Both {
    graph: Graph,
    /// z, z̃, ż at both, c̄.
    given: [NodeId; 5],
    /// `∂c/∂z` at z and at z̃, c at z̃.
    forward: [NodeId; 3],
    backward: Vec<Effect>,
    /// The arguments of the function but z.
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
    let given =
        [(z, [z_number, count]), (z_dot, [dot_number, count + 1]), (parts.c_bar, [bar_number, bar_number])];
    let mut points = Points::new(parts.graph, &given);
    let [z, z_tilde] = [0, 1].map(|at| points.at(at, z));
    let [z_dot, z_tilde_dot] = [0, 1].map(|at| points.at(at, z_dot));
    let c_bar = points.at(1, parts.c_bar);
    let forward = [points.at(0, parts.c_z), points.at(1, parts.c_z), points.at(1, parts.c)];
    let phi: Vec<(usize, [NodeId; 2])> = (parts.phi.iter())
        .map(|(first, [slope, weighted])| (*first, [points.at(0, *slope), points.at(1, *weighted)]))
        .collect();
    let arguments = parts.arguments.iter().map(|id| points.at(0, *id)).collect();
    let mut graph = points.graph;
    let mut backward = Vec::new();
    for (first, nodes) in phi {
        let terms = terms(&mut graph, &nodes).ok_or(Obstacle::Form)?;
        backward.extend(terms.entries.map(|entries| Effect::Add(entries, first)));
        if !terms.outer.is_empty() {
            backward.push(Effect::Outer(terms.outer, first));
        }
    }
    let is_large = |graph: &Graph, forward: &[NodeId], backward: &[Effect]| {
        graph.reachable(&all(forward, backward)).into_iter().filter(|is_needed| *is_needed).count() > LARGEST
    };
    if is_large(&graph, &forward, &backward) {
        return Err(Obstacle::Large);
    }
    let mut products = Products::new(&mut graph, &[z, z_tilde], &[z_dot, z_tilde_dot, c_bar]);
    let mut write = |id| products.node(id);
    let as_products = (
        forward.map(&mut write),
        backward.iter().cloned().map(|effect| effect.map(&mut write)).collect::<Vec<Effect>>(),
    );
    // A long chain of sums and products has more of them when each is written anew.
    let (forward, backward) =
        if is_large(&graph, &as_products.0, &as_products.1) { (forward, backward) } else { as_products };
    Ok(Both { graph, given: [z, z_tilde, z_dot, z_tilde_dot, c_bar], forward, backward, arguments })
}

/// Everything that the stages are to compute.
fn all(forward: &[NodeId], backward: &[Effect]) -> Vec<NodeId> {
    forward.iter().copied().chain(backward.iter().flat_map(Effect::nodes)).collect()
}

fn stage(Written { statements, memory, result, panels: _ }: Written) -> Stage {
    let slice = |(ident, entries)| Slice { ident, entries, is_number: false };
    let memory = memory.into_iter().map(slice).collect();
    Stage { statements, memory, result: result.unwrap_or_default() }
}

/// What the backward pass reads of the forward pass, or of what could be computed there: whichever is fewer rows.
fn residuals(
    graph: &Graph,
    forward: &[NodeId],
    backward: &[Effect],
    varies: &[bool],
    weights: &[NodeId],
) -> Vec<NodeId> {
    let back: Vec<NodeId> = backward.iter().flat_map(Effect::nodes).collect();
    let on_the_way = graph.reachable(forward);
    let of_the_way_back = graph.dependent(weights);
    let mut is_quick: Vec<bool> = Vec::with_capacity(graph.len());
    for id in graph.ids() {
        let mut is_of_quick = takes_one_operation(graph, id);
        graph.op(id).operands(|operand| {
            is_of_quick &= is_quick[operand.index()] || !varies[operand.index()];
        });
        is_quick.push(is_of_quick || is_at_hand(graph, id));
    }
    let is_kept = |id: NodeId| varies[id.index()] && !is_at_hand(graph, id);
    let read =
        frontier(graph, &back, |id| is_kept(id) && on_the_way[id.index()] && !takes_one_operation(graph, id));
    let made =
        frontier(graph, &back, |id| is_kept(id) && !of_the_way_back[id.index()] && !is_quick[id.index()]);
    let rows = |ids: &[NodeId]| -> usize { ids.iter().filter_map(|id| graph.shape(*id).entries()).sum() };
    if rows(&made) < rows(&read) { made } else { read }
}

/// The first nodes on the way down from `roots` that `is_wanted`, in the order of the graph.
fn frontier(graph: &Graph, roots: &[NodeId], is_wanted: impl Fn(NodeId) -> bool) -> Vec<NodeId> {
    let (mut seen, mut found) = (vec![false; graph.len()], vec![false; graph.len()]);
    let mut open = roots.to_vec();
    while let Some(id) = open.pop() {
        if std::mem::replace(&mut seen[id.index()], true) {
            continue;
        }
        if is_wanted(id) {
            found[id.index()] = true;
        } else {
            graph.op(id).operands(|operand| open.push(operand));
        }
    }
    graph.ids().filter(|id| found[id.index()]).collect()
}

/// What takes no time to make again: constants, arguments and their entries, and what is only another view of a value. Masks are compared
/// anew, since memory holds numbers.
fn is_at_hand(graph: &Graph, id: NodeId) -> bool {
    let is_argument = |id: NodeId| matches!(graph.op(id), Op::Parameter(_));
    graph.is_mask(id)
        || match *graph.op(id) {
            Op::Literal(_) | Op::Zero | Op::Constant(_) | Op::Bool(_) | Op::Parameter(_) => true,
            Op::Length(_) | Op::Places | Op::Broadcast(_) | Op::Transpose(_) => true,
            Op::Index(array, _) => is_argument(array),
            _ => false,
        }
}

/// What one operation of a few cycles makes of its operands again: less than to write it to memory and to read it.
fn takes_one_operation(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.op(id), Op::Neg(_) | Op::Add(..) | Op::Sub(..) | Op::Mul(..))
}

//! The stages of a kernel over arrays: what all samples share, the forward pass, and the backward passes.

use std::collections::HashMap;

use super::schedule::Width;
use super::write::{Effect, Given, Sums, Writer, Written};
use super::{Extent, Obstacle, Slice, Stage};
use crate::emit::{Names, Types};
use crate::graph::{Graph, NodeId, Op};
use crate::kernel::product::Products;

/// The most nodes that are computed.
const LARGEST: usize = 4_000;

/// What a kernel computes.
pub(super) struct Work<'a> {
    pub(super) graph: &'a Graph,
    /// What all samples share: parameters and data.
    pub(super) arguments: &'a [NodeId],
    /// What the forward pass is given of a sample, and what a backward pass is given besides.
    pub(super) given: [Vec<(NodeId, Given)>; 2],
    /// What the forward pass leaves, and the number that it returns.
    pub(super) forward: (Vec<Effect>, Option<NodeId>),
    /// What each backward pass leaves.
    pub(super) backward: Vec<Vec<Effect>>,
    /// Whether a backward pass reads what the forward pass leaves; else it computes all that it takes.
    pub(super) keeps: bool,
    pub(super) sums: Sums,
    /// The name of a value.
    pub(super) name: &'a dyn Fn(NodeId) -> String,
}

/// The stages, and what one leaves for another.
pub(super) struct Stages {
    pub(super) arguments: Vec<Slice>,
    /// What depends on the arguments alone.
    pub(super) shared: Vec<Slice>,
    /// What the forward pass leaves for the backward passes.
    pub(super) residuals: Vec<Slice>,
    pub(super) numbers: Written,
    pub(super) forward: Written,
    pub(super) backward: Vec<Written>,
}

impl Work<'_> {
    /// The stages; `None` where something has no form in rows of lanes. `names` are taken.
    pub(super) fn stages(self, mut names: Names, lanes: &Types, plain: &Types) -> Option<Stages> {
        let Self {
            graph,
            arguments,
            given: [rows, weights],
            forward: (mut effects, result),
            backward,
            keeps,
            ..
        } = self;
        let ids = |given: &[(NodeId, Given)]| given.iter().map(|(id, _)| *id).collect::<Vec<NodeId>>();
        let varies = graph.dependent(&[ids(&rows), ids(&weights)].concat());
        let mut slices = |ids: &[NodeId]| -> Vec<Slice> {
            ids.iter().map(|id| Slice::new(graph, *id, names.fresh(&(self.name)(*id)))).collect()
        };
        let ahead: Vec<NodeId> = effects.iter().flat_map(Effect::nodes).chain(result).collect();
        let back: Vec<Effect> = backward.iter().flatten().cloned().collect();
        let argument_slices = slices(arguments);
        let shared = frontier(graph, &all(&ahead, &back), |id| !varies[id.index()] && !is_at_hand(graph, id));
        let shared_slices = slices(&shared);
        let residuals =
            if keeps { residuals(graph, &ahead, &back, &varies, &ids(&weights)) } else { Vec::new() };
        let residual_slices = slices(&residuals);

        let store = |ids: &[NodeId], slices: &[Slice]| -> Vec<Effect> {
            ids.iter().zip(slices).map(|(id, slice)| Effect::Store(*id, slice.ident.clone())).collect()
        };
        let plain_numbers = |ids: &[NodeId], slices: &[Slice]| -> Vec<(NodeId, Given)> {
            ids.iter().zip(slices).map(|(id, slice)| (*id, slice.plain())).collect()
        };
        let mut given: HashMap<NodeId, Given> = HashMap::new();
        given.extend(plain_numbers(arguments, &argument_slices));
        let stored = store(&shared, &shared_slices);
        let numbers = Writer::write(graph, (plain, Width::One), &given, &names, (&stored, self.sums), None)?;
        given.extend(plain_numbers(&shared, &shared_slices));
        given.extend(rows);
        let mut stored = store(&residuals, &residual_slices);
        stored.append(&mut effects);
        let forward =
            Writer::write(graph, (lanes, Width::Many), &given, &names, (&stored, self.sums), result)?;
        given.extend(weights);
        let kept = residuals.iter().zip(&residual_slices);
        given.extend(kept.map(|(id, slice)| (*id, Given::Rows(slice.ident.clone()))));
        let backward = backward
            .iter()
            .map(|effects| {
                Writer::write(graph, (lanes, Width::Many), &given, &names, (effects, self.sums), None)
            })
            .collect::<Option<Vec<Written>>>()?;
        Some(Stages {
            arguments: argument_slices,
            shared: shared_slices,
            residuals: residual_slices,
            numbers,
            forward,
            backward,
        })
    }
}

/// The same values as products, with what they have in common taken out of sums; as they are, if that makes too much of them. `given` is known of a sample on
/// the forward pass, and on the backward pass alone.
pub(super) fn as_products(
    graph: &mut Graph,
    given: [&[NodeId]; 2],
    (forward, backward): (Vec<NodeId>, Vec<Effect>),
) -> Result<(Vec<NodeId>, Vec<Effect>), Obstacle> {
    let is_large = |graph: &Graph, forward: &[NodeId], backward: &[Effect]| {
        graph.reachable(&all(forward, backward)).into_iter().filter(|is_needed| *is_needed).count() > LARGEST
    };
    if is_large(graph, &forward, &backward) {
        return Err(Obstacle::Large);
    }
    let mut products = Products::new(graph, given[0], given[1]);
    let mut write = |id| products.node(id);
    let written: (Vec<NodeId>, Vec<Effect>) = (
        forward.iter().map(|id| write(*id)).collect(),
        backward.iter().cloned().map(|effect| effect.map(&mut write)).collect(),
    );
    // A long chain of sums and products has more of them when each is written anew.
    Ok(if is_large(graph, &written.0, &written.1) { (forward, backward) } else { written })
}

/// Everything that the passes are to compute.
fn all(forward: &[NodeId], backward: &[Effect]) -> Vec<NodeId> {
    forward.iter().copied().chain(backward.iter().flat_map(Effect::nodes)).collect()
}

/// A stage as its items are made of it.
pub(super) fn stage(Written { statements, memory, result, panels: _ }: Written) -> Stage {
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
    let rows = |ids: &[NodeId]| ids.iter().map(|id| Extent::of(graph.shape(*id))).sum::<Extent>().estimate();
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

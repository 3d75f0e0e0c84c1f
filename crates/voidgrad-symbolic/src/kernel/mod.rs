//! The fused kernel of a function `c(z, φ)` of one number `z`: what an estimator computes for many samples side by side.
//!
//! Three stages, each as straight-line code over single numbers:
//!
//! ```text
//! numbers    what depends on the parameters alone: once, on plain numbers
//! forward    ∂c/∂z at z, c and ∂c/∂z at z̃, side by side; the values and masks that the way back needs are kept
//! backward   adds ż·∂²c/∂z∂φ of z and c̄·∂c/∂φ + ż·∂²c/∂z∂φ of z̃ to the sums of φ; nothing is computed again
//! ```
//!
//! `z` stands for lanes of samples, the parameters for plain numbers that all lanes share, so nothing here is a matrix
//! of lanes: arrays are taken apart into their entries. A function whose entries are too many has no such kernel.

mod fuse;
mod scalars;
mod split;
mod stage;

use std::collections::HashSet;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use self::fuse::{shared_factor, weighted_sum};
use self::scalars::{Scalars, entry_number};
use self::stage::{Point, Stage};
use crate::emit::Types;
use crate::graph::{Graph, NodeId, Op};

/// What the kernel is made from: nodes of the function's graph.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// `z`, a number.
    pub z: NodeId,
    /// The direction `ż`, a number.
    pub z_dot: NodeId,
    /// The weight `c̄`, a number.
    pub c_bar: NodeId,
    /// `c`
    pub c: NodeId,
    /// `∂c/∂z`
    pub c_z: NodeId,
    /// `∂c/∂φ`, one array a parameter.
    pub partials: &'a [NodeId],
    /// `∂/∂φ (∂c/∂z · ż)`, one array a parameter.
    pub mixed: &'a [NodeId],
    /// The name of each argument of the function.
    pub arguments: &'a [Ident],
}

/// A value that one stage leaves for another.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its name.
    pub ident: Ident,
    /// True for a mask.
    pub mask: bool,
}

/// The statements of each stage. They read the arguments of the function as `numbers.name`, with arrays and matrices flat,
/// column by column; in [`uniform`](Self::uniform) as plain `name`.
#[derive(Debug)]
pub struct Kernel {
    /// What depends on the parameters alone and is no parameter itself.
    pub shared: Vec<Kept>,
    /// Statements that compute the values of `shared`, and one expression for each.
    pub uniform: (TokenStream, Vec<TokenStream>),
    /// What the way forward leaves for the way back.
    pub residuals: Vec<Kept>,
    /// Statements of the way forward, then the expressions of ∂c/∂z at z, of c and ∂c/∂z at z̃, and of each residual.
    pub forward: (TokenStream, Vec<TokenStream>),
    /// The way back from two points: from z, where the weight `c̄` of the value is 0, and from z̃.
    pub backward: TokenStream,
    /// Statements, and by entry of φ the factor that its sum is multiplied with at the end.
    pub scales: (TokenStream, Vec<(usize, TokenStream)>),
}

/// Derives the kernel, its lanes and its plain numbers named by the two types; `None` where the function is too large, or calls others with whole arrays.
#[must_use]
pub fn derive(parts: &Parts<'_>, lanes_types: &Types, plain_types: &Types) -> Option<Kernel> {
    let mut roots = vec![parts.z, parts.z_dot, parts.c_bar, parts.c, parts.c_z];
    roots.extend(parts.partials.iter().chain(parts.mixed));
    let mut scalars = Scalars::new(parts.graph, &[parts.z, parts.z_dot, parts.c_bar], &roots)?;
    let [z, z_dot, c_bar, c, c_z] =
        [parts.z, parts.z_dot, parts.c_bar, parts.c, parts.c_z].map(|id| scalars.of(id)[0]);
    let flat = |arrays: &[NodeId]| -> Vec<NodeId> {
        arrays.iter().flat_map(|id| scalars.of(*id).iter().copied()).collect()
    };
    let (partials, mut slopes) = (flat(parts.partials), flat(parts.mixed));
    let mut weighted: Vec<NodeId> =
        partials.iter().zip(&slopes).map(|(p, m)| weighted_sum(&mut scalars.graph, c_bar, *p, *m)).collect();
    let scales = take_out_scales(&mut scalars.graph, &[z, z_dot, c_bar], &mut slopes, &mut weighted);
    let graph = &scalars.graph;
    let given = [z, z_dot, c_bar];
    let varies = graph.dependent(&given);
    let (forward, forward_tilde) = ([c_z], [c, c_z]);
    let kept = split::residuals(graph, &varies, &given, &forward, &slopes);
    let kept_tilde = split::residuals(graph, &varies, &given, &forward_tilde, &weighted);
    let all: Vec<NodeId> = forward_tilde.iter().chain(&slopes).chain(&weighted).copied().collect();
    let all_shared = split::shared(graph, &varies, &all);

    let mut names = Names::new(parts.arguments);
    let shared = names.kept(graph, &all_shared, "");
    let residuals = [names.kept(graph, &kept, ""), names.kept(graph, &kept_tilde, "_tilde")].concat();
    let arguments: Vec<(NodeId, &Ident, Option<usize>)> = graph
        .ids()
        .filter(|id| !varies[id.index()])
        .filter_map(|id| argument(graph, id).map(|(index, at)| (id, &parts.arguments[index], at)))
        .collect();

    // Before the samples: plain numbers from the arguments.
    let mut plain = Stage::new(graph, plain_types, quote!(anchor));
    for (id, name, at) in &arguments {
        plain.given(*id, place(name, *at));
    }
    let uniform = plain.values(&[(&Point::default(), &all_shared)]);

    // After the samples: plain numbers from those.
    let mut ends = Stage::new(graph, plain_types, quote!(0.0_f64));
    let mut lanes = Stage::new(graph, lanes_types, quote!(z));
    for (id, name, at) in &arguments {
        let (local, number) = (names.local(name, *at), place(name, *at));
        ends.given(*id, quote!(numbers.#number));
        lanes.spread(*id, local, &quote!(numbers.#number));
    }
    for (id, Kept { ident, .. }) in all_shared.iter().zip(&shared) {
        ends.given(*id, quote!(numbers.#ident));
        lanes.spread(*id, ident.clone(), &quote!(numbers.#ident));
    }
    let (places, factors): (Vec<usize>, Vec<NodeId>) = scales.into_iter().unzip();
    let (statements, factors) = ends.values(&[(&Point::default(), &factors)]);
    let scales = (statements, places.into_iter().zip(factors).collect());

    // Lanes of samples.
    let mut at_z = Point { given: [(z, quote!(z))].into(), suffix: "" };
    let mut at_z_tilde = Point { given: [(z, quote!(z_tilde))].into(), suffix: "_tilde" };
    let (outputs, outputs_tilde) =
        ([&forward[..], &kept].concat(), [&forward_tilde[..], &kept_tilde].concat());
    let (statements, mut values) = lanes.values(&[(&at_z, &outputs), (&at_z_tilde, &outputs_tilde)]);
    let at_the_end = values.split_off(outputs.len());
    let (results, kept_values) = values.split_at(forward.len());
    let (results_tilde, kept_values_tilde) = at_the_end.split_at(forward_tilde.len());
    let forward = (statements, [results, results_tilde, kept_values, kept_values_tilde].concat());
    let (ids, ids_tilde) = (kept.iter(), kept_tilde.iter());
    for (id, Kept { ident, .. }) in ids.zip(&residuals) {
        at_z.given.insert(*id, quote!(residuals.#ident));
    }
    for (id, Kept { ident, .. }) in ids_tilde.zip(&residuals[kept.len()..]) {
        at_z_tilde.given.insert(*id, quote!(residuals.#ident));
    }
    at_z.given.insert(z_dot, quote!(z_dot));
    at_z_tilde.given.extend([(z_dot, quote!(z_tilde_dot)), (c_bar, quote!(c_bar))]);
    let backward = lanes.sums(&[(&at_z, &slopes), (&at_z_tilde, &weighted)]);
    Some(Kernel { shared, uniform, residuals, forward, backward, scales })
}

/// Takes a factor that all samples share out of both terms of an entry of φ, where they have the same one.
fn take_out_scales(
    graph: &mut Graph,
    given: &[NodeId],
    slopes: &mut [NodeId],
    weighted: &mut [NodeId],
) -> Vec<(usize, NodeId)> {
    let shared: Vec<bool> = graph.dependent(given).iter().map(|varies| !varies).collect();
    let mut scales = Vec::new();
    for (i, (slope, weighted)) in slopes.iter_mut().zip(weighted).enumerate() {
        let mut terms: Vec<&mut NodeId> =
            [slope, weighted].into_iter().filter(|term| !graph.is_zero(**term)).collect();
        let found: Option<Vec<(NodeId, NodeId)>> =
            terms.iter().map(|term| shared_factor(graph, &shared, **term)).collect();
        if let Some(found) = found
            && let Some((factor, _)) = found.first().copied()
            && found.iter().all(|(other, _)| *other == factor)
        {
            terms.iter_mut().zip(found).for_each(|(term, (_, rest))| **term = rest);
            scales.push((i, factor));
        }
    }
    scales
}

/// The argument that a node is, or is an entry of: its index, and the place of the entry.
fn argument(graph: &Graph, id: NodeId) -> Option<(usize, Option<usize>)> {
    match *graph.op(id) {
        Op::Parameter(index) if graph.shape(id).is_scalar() => Some((index, None)),
        Op::Index(array, at) => match *graph.op(array) {
            Op::Parameter(index) => Some((index, Some(entry_number(graph.shape(array), at)?))),
            _ => None,
        },
        _ => None,
    }
}

/// `w1[3]`
fn place(name: &Ident, at: Option<usize>) -> TokenStream {
    match at.map(Literal::usize_unsuffixed) {
        Some(at) => quote!(#name[#at]),
        None => quote!(#name),
    }
}

/// Names for what is kept.
struct Names {
    taken: HashSet<String>,
}

/// What the stages themselves are written with.
const OWN: [&str; 9] =
    ["anchor", "numbers", "residuals", "phi_bar", "z", "z_dot", "z_tilde", "z_tilde_dot", "c_bar"];

impl Names {
    fn new(arguments: &[Ident]) -> Self {
        Self { taken: arguments.iter().map(ToString::to_string).chain(OWN.map(str::to_owned)).collect() }
    }

    fn fresh(&mut self, name: &str) -> Ident {
        let name = if syn::parse_str::<Ident>(name).is_ok() { name } else { "value" };
        let mut candidate = name.to_owned();
        let mut count = 1;
        while !self.taken.insert(candidate.clone()) {
            count += 1;
            candidate = format!("{name}_{count}");
        }
        Ident::new(&candidate, Span::call_site())
    }

    fn kept(&mut self, graph: &Graph, ids: &[NodeId], suffix: &str) -> Vec<Kept> {
        let kept = ids.iter().map(|id| Kept {
            ident: self.fresh(&format!("{}{suffix}", graph.describe(*id))),
            mask: graph.is_mask(*id),
        });
        kept.collect()
    }

    /// The name of a shared number, spread over the lanes: an argument's own, or `w1_3` for an entry.
    fn local(&mut self, name: &Ident, at: Option<usize>) -> Ident {
        match at {
            Some(at) => self.fresh(&format!("{name}_{at}")),
            None if OWN.iter().any(|own| name == own) => self.fresh(&name.to_string()),
            None => name.clone(),
        }
    }
}

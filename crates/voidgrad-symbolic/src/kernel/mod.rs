//! The fused kernel of a function `c(z, φ)` of one number `z`: what an estimator computes for many samples side by side.
//!
//! Three stages, each as straight-line code over single numbers:
//!
//! ```text
//! numbers    what depends on the parameters alone: once, on plain numbers
//! forward    ∂c/∂z at z, c and ∂c/∂z at z̃, side by side; the values and masks that the backward pass needs are kept
//! backward   adds ż·∂²c/∂z∂φ of z and c̄·∂c/∂φ + ż·∂²c/∂z∂φ of z̃ to the sums of φ; nothing is computed again
//! ```
//!
//! `z` stands for lanes of samples, the parameters for plain numbers that all lanes share, so nothing here is a matrix
//! of lanes: arrays are taken apart into their entries. A function whose entries are too many has no such kernel.

pub mod arrays;
mod elimination;
mod product;
mod scalars;
mod split;
mod stage;
mod sums;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use self::elimination::Combination;
use self::product::{Product, Products};
pub(crate) use self::scalars::entries_behind;
use self::scalars::{Scalars, entry_number};
use self::stage::{Point, Stage};
use crate::emit::{Names, Types};
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
    /// A name that no argument and no value of `shared` has.
    pub marker: Ident,
    /// Statements that compute the values of `shared`, and one expression for each.
    pub uniform: (TokenStream, Vec<TokenStream>),
    /// What the forward pass leaves for the backward pass.
    pub residuals: Vec<Kept>,
    /// Statements of the forward pass, then the expressions of ∂c/∂z at z, of c and ∂c/∂z at z̃, and of each residual.
    pub forward: (TokenStream, Vec<TokenStream>),
    /// The backward pass from two points: from z, where the weight `c̄` of the value is 0, and from z̃.
    pub backward: TokenStream,
    /// What is made of the sums at the end.
    pub ends: Ends,
}

/// What is made of the sums, after the samples.
#[derive(Debug)]
pub struct Ends {
    /// Statements that the expressions below read.
    pub statements: TokenStream,
    /// Entries of φ whose sum is a combination of other sums: those with their factors.
    pub combinations: Vec<(usize, Vec<(usize, TokenStream)>)>,
    /// Entries of φ whose sum, combination or not, is then multiplied with a factor.
    pub scales: Vec<(usize, TokenStream)>,
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
    let (partials, mixed) = (flat(parts.partials), flat(parts.mixed));
    let Terms { c, c_z, slopes, weighted, scales, combinations } =
        terms(Products::new(&mut scalars.graph, &[z], &[z_dot, c_bar]), (c, c_z), &partials, &mixed, c_bar);
    let graph = &scalars.graph;
    let given = [z, z_dot, c_bar];
    let varies = graph.dependent(&given);
    let (forward, forward_tilde) = ([c_z], [c, c_z]);
    let kept = split::residuals(graph, &varies, &given, &forward, &slopes);
    let kept_tilde = split::residuals(graph, &varies, &given, &forward_tilde, &weighted);
    let all: Vec<NodeId> = forward_tilde.iter().chain(&slopes).chain(&weighted).copied().collect();
    let all_shared = split::shared(graph, &varies, &all);

    let mut names = StageNames::new(parts.arguments);
    let shared = names.kept(graph, &all_shared, "");
    let residuals = [names.kept(graph, &kept, ""), names.kept(graph, &kept_tilde, "_tilde")].concat();
    let arguments: Vec<(NodeId, &Ident, Option<usize>)> = graph
        .ids()
        .filter(|id| !varies[id.index()])
        .filter_map(|id| argument(graph, id).map(|(index, at)| (id, &parts.arguments[index], at)))
        .collect();

    // Before the samples: plain numbers from the arguments.
    let taken = names.of_the_stages();
    let mut plain = Stage::new(graph, plain_types, quote!(T::default()), &taken);
    for (id, name, at) in &arguments {
        plain.given(*id, place(name, *at));
    }
    let uniform = plain.values(&[(&Point::default(), &all_shared)]);

    // After the samples: plain numbers from those.
    let mut ends = Stage::new(graph, plain_types, quote!(0.0_f64), &taken);
    let mut lanes = Stage::new(graph, lanes_types, quote!(z), &taken);
    for (id, name, at) in &arguments {
        let (local, number) = (names.local(name, *at), place(name, *at));
        ends.given(*id, quote!(numbers.#number));
        lanes.spread(*id, local, &quote!(numbers.#number));
    }
    for (id, Kept { ident, .. }) in all_shared.iter().zip(&shared) {
        ends.given(*id, quote!(numbers.#ident));
        lanes.spread(*id, ident.clone(), &quote!(numbers.#ident));
    }
    let ends = after(&ends, &scales, &combinations);

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
    let marker = names.names.fresh("scalar");
    Some(Kernel { shared, marker, uniform, residuals, forward, backward, ends })
}

/// The values of the forward pass, and the terms of the sums.
struct Terms {
    c: NodeId,
    c_z: NodeId,
    /// At z, zeros where there is nothing to add.
    slopes: Vec<NodeId>,
    /// At z̃.
    weighted: Vec<NodeId>,
    /// By entry, what its sum is multiplied with at the end.
    scales: Vec<(usize, NodeId)>,
    /// By entry, the sums and factors that its own is made of.
    combinations: Vec<(usize, Vec<(usize, NodeId)>)>,
}

/// Writes everything as products, leaves for the end what all samples share, and leaves out sums that others give.
fn terms(
    mut products: Products<'_>,
    (c, c_z): (NodeId, NodeId),
    partials: &[NodeId],
    mixed: &[NodeId],
    c_bar: NodeId,
) -> Terms {
    let (c, c_z) = (products.node(c), products.node(c_z));
    let mut scales = Vec::new();
    let mut terms: Vec<[Option<Product>; 2]> = Vec::new();
    for (entry, (p, m)) in partials.iter().zip(mixed).enumerate() {
        let slope = (!products.graph.is_zero(*m)).then(|| products.of(*m));
        let value = (!products.graph.is_zero(*p)).then(|| products.of(*p).times(&products.of(c_bar)));
        let weighted = match (value, slope.clone()) {
            (Some(value), Some(slope)) => Some(products.sum(&value, &slope)),
            (value, slope) => value.or(slope),
        };
        let mut both = [slope, weighted];
        let scale = products.take_shared(&mut both.iter_mut().flatten().collect::<Vec<_>>());
        if scale != Product::one() {
            scales.push((entry, products.write(&scale)));
        }
        terms.push(both);
    }
    let found = elimination::combinations(&mut products, &terms);
    let mut write = |term: Option<Product>| match term {
        Some(term) => products.write(&term),
        None => products.graph.zero(),
    };
    let (mut slopes, mut weighted, mut combinations) = (Vec::new(), Vec::new(), Vec::new());
    for (entry, ([slope, at_z_tilde], combination)) in terms.into_iter().zip(found).enumerate() {
        let is_needed = combination.is_none();
        slopes.push(write(slope.filter(|_| is_needed)));
        weighted.push(write(at_z_tilde.filter(|_| is_needed)));
        let written = |combination: Combination| -> Vec<(usize, NodeId)> {
            combination.into_iter().map(|(sum, factor)| (sum, write(Some(factor)))).collect()
        };
        combinations.extend(combination.map(written).map(|combination| (entry, combination)));
    }
    Terms { c, c_z, slopes, weighted, scales, combinations }
}

/// What is made of the sums, on plain numbers.
fn after(
    stage: &Stage<'_>,
    scales: &[(usize, NodeId)],
    combinations: &[(usize, Vec<(usize, NodeId)>)],
) -> Ends {
    let factors: Vec<NodeId> = (scales.iter().map(|(_, factor)| *factor))
        .chain(combinations.iter().flat_map(|(_, sums)| sums.iter().map(|(_, factor)| *factor)))
        .collect();
    let (statements, values) = stage.values(&[(&Point::default(), &factors)]);
    let mut values = values.into_iter();
    let mut place = |(place, _): &(usize, NodeId)| Some((*place, values.next()?));
    let scales = scales.iter().filter_map(&mut place).collect();
    let combinations = combinations
        .iter()
        .map(|(entry, sums)| (*entry, sums.iter().filter_map(&mut place).collect()))
        .collect();
    Ends { statements, combinations, scales }
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
struct StageNames<'a> {
    arguments: &'a [Ident],
    names: Names,
}

/// What the stages themselves are written with.
const OWN: [&str; 9] =
    ["anchor", "numbers", "residuals", "phi_bar", "z", "z_dot", "z_tilde", "z_tilde_dot", "c_bar"];

impl<'a> StageNames<'a> {
    fn new(arguments: &'a [Ident]) -> Self {
        let taken = arguments.iter().map(ToString::to_string).chain(OWN.map(str::to_owned));
        Self { arguments, names: Names::new(taken) }
    }

    /// What no value of a stage may be called, since expressions of the stage mean something else by it.
    fn of_the_stages(&self) -> Vec<Ident> {
        let own = OWN.iter().map(|name| Ident::new(name, Span::call_site()));
        self.arguments.iter().cloned().chain(own).collect()
    }

    fn kept(&mut self, graph: &Graph, ids: &[NodeId], suffix: &str) -> Vec<Kept> {
        let kept = ids.iter().map(|id| Kept {
            ident: self.names.fresh(&format!("{}{suffix}", graph.describe(*id))),
            mask: graph.is_mask(*id),
        });
        kept.collect()
    }

    /// The name of a shared number, spread over the lanes: an argument's own, or `w1_3` for an entry.
    fn local(&mut self, name: &Ident, at: Option<usize>) -> Ident {
        match at {
            Some(at) => self.names.fresh(&format!("{name}_{at}")),
            None if OWN.iter().any(|own| name == own) => self.names.fresh(&name.to_string()),
            None => name.clone(),
        }
    }
}

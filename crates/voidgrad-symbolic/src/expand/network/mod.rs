//! `#[network]`: a function of many rows, as a struct of its parameters with values and derivatives on lanes of rows.

mod kernel;
mod structure;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use self::kernel::implementation;
use self::structure::structure;
use super::differentiate::filled;
use super::generics::check_generics;
use super::lengths::{Holder, Lengths, unify};
use super::names::check_network;
use super::structure::struct_name;
use super::{Derived, Source};
use crate::attribute::{NetworkAttribute, Start};
use crate::calculus::adjoints;
use crate::diagnostics::Diagnostics;
use crate::emit::Types;
use crate::graph::NodeId;
use crate::kernel::arrays::{Extent, Obstacle, RowParts, derive_rows};
use crate::signature::Parameter;

/// What the arguments of a network are: their indices.
struct Roles {
    /// What differs from row to row.
    each: Vec<usize>,
    /// What all rows share and is no parameter.
    data: Vec<usize>,
    parameters: Vec<usize>,
    /// What parameters are before the first step, if it was said.
    starts: Vec<(usize, Start)>,
}

/// The items of a network that is read.
pub(super) fn derived(
    attribute: &NetworkAttribute,
    mut source: Source,
    root: &TokenStream,
    diagnostics: &mut Diagnostics,
) -> Option<Derived> {
    let roles = roles(attribute, &source, diagnostics)?;
    let wrt: Vec<NodeId> =
        roles.each.iter().chain(&roles.parameters).map(|index| source.body.parameters[*index]).collect();
    source.check_calls(&wrt, diagnostics);
    check_network(&source, (&roles.each, &roles.data), diagnostics);
    let is_held = |argument: usize| !roles.each.contains(&argument);
    let lengths = unify(&source, Holder::Network, &is_held, diagnostics);
    if !diagnostics.is_empty() {
        return None;
    }
    lengths.apply(&mut source);
    let name = source.function.sig.ident.clone();
    derive(source, &roles, &lengths, root)
        .map_err(|obstacle| {
            diagnostics
                .error(&name, format!("this function has no form for many rows at once, since {obstacle}"));
        })
        .ok()
}

fn roles(attribute: &NetworkAttribute, source: &Source, diagnostics: &mut Diagnostics) -> Option<Roles> {
    check_generics("network", &source.function.sig.generics, diagnostics);
    let mut kinds: Vec<Option<bool>> = vec![None; source.signature.parameters.len()];
    let named = attribute.each.iter().map(|name| (name, true));
    for (name, is_each) in named.chain(attribute.data.iter().map(|name| (name, false))) {
        match source.signature.position(name) {
            Some(index) if kinds[index].is_some() => {
                diagnostics.error(name, format!("`{name}` is named twice"));
            }
            Some(index) => kinds[index] = Some(is_each),
            None => diagnostics.error(name, format!("`{name}` is not an argument of this function")),
        }
    }
    for parameter in &source.signature.parameters {
        if parameter.mask {
            diagnostics.error(
                &parameter.ident,
                "a `bool` is not an argument of a network; pass a number and compare it",
            );
        }
    }
    let of_kind = |wanted: Option<bool>| -> Vec<usize> {
        (0..kinds.len()).filter(|index| kinds[*index] == wanted).collect()
    };
    let mut starts: Vec<(usize, Start)> = Vec::new();
    for (name, start) in &attribute.init {
        match source.signature.position(name) {
            Some(index) if starts.iter().any(|(before, _)| *before == index) => {
                diagnostics.error(name, format!("`{name}` is given twice"));
            }
            Some(index) if kinds[index].is_none() => starts.push((index, start.clone())),
            Some(_) => {
                let hint = "only what is neither in `each(…)` nor in `data(…)` is drawn";
                diagnostics.error(name, format!("`{name}` is no parameter of this network; {hint}"));
            }
            None => diagnostics.error(name, format!("`{name}` is not an argument of this function")),
        }
    }
    let [each, data, parameters] = [Some(true), Some(false), None].map(of_kind);
    let roles = Roles { each, data, parameters, starts };
    diagnostics.is_empty().then_some(roles)
}

fn derive(
    mut source: Source,
    roles: &Roles,
    lengths: &Lengths,
    root: &TokenStream,
) -> Result<Derived, Obstacle> {
    let (graph, y) = (&mut source.body.graph, source.body.output);
    let shape = graph.shape(y).clone();
    let y_bar = graph.parameter(source.signature.parameters.len(), shape, false);
    graph.set_name(y_bar, "y_bar");
    let wrt: Vec<NodeId> =
        roles.each.iter().chain(&roles.parameters).map(|index| source.body.parameters[*index]).collect();
    let bars = adjoints(graph, &[(y, y_bar)], &wrt);
    let bars = filled(graph, bars, &wrt);
    let (of_each, of_parameters) = bars.split_at(roles.each.len());
    let mut first = Extent::default();
    let mut parameters = Vec::new();
    for (index, bar) in roles.parameters.iter().zip(of_parameters) {
        parameters.push((first.clone(), *bar));
        first = &first + &Extent::of(&source.signature.parameters[*index].shape);
    }
    let each: Vec<(NodeId, NodeId)> = wrt.iter().zip(of_each).map(|(id, bar)| (*id, *bar)).collect();
    let shared: Vec<NodeId> =
        roles.parameters.iter().chain(&roles.data).map(|index| source.body.parameters[*index]).collect();
    let parts = RowParts {
        graph: &source.body.graph,
        each: &each,
        y: [y, y_bar],
        parameters: &parameters,
        shared: &shared,
        taken: &lengths.idents(),
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = derive_rows(&parts, &types("R"), &types("T"))?;
    let (structure, implementation) =
        (structure(&source, roles, lengths, root), implementation(&source, roles, lengths, &kernel, root));
    Ok(Derived { items: quote!(#structure #implementation), formulas: Vec::new() })
}

/// The arguments of these indices.
fn arguments<'s>(source: &'s Source, indices: &[usize]) -> Vec<&'s Parameter> {
    indices.iter().map(|index| &source.signature.parameters[*index]).collect()
}

/// The name of the struct, which [`check_network`] has looked at.
fn name(source: &Source) -> Ident {
    struct_name(&source.function.sig.ident).expect("a network whose struct has no name was refused")
}

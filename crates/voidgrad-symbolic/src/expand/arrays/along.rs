//! `impl AlongKernel`: a control that differs from example to example, along a direction φ̇.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{plain, shared};
use crate::emit::Types;
use crate::expand::Source;
use crate::expand::control::{Along, Roles};
use crate::expand::lengths::Lengths;
use crate::expand::slices::{count, split, split_given};
use crate::expand::structure::name_of_struct;
use crate::graph::NodeId;
use crate::kernel::arrays::{AlongParts, Extent, derive_along};

/// The item; `None` for a control without parameters, or if the pass has no form in rows of lanes.
pub(super) fn write(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    along: &Along,
    root: &TokenStream,
) -> Option<TokenStream> {
    if roles.parameters.is_empty() {
        return None;
    }
    let of = |indices: &[usize]| -> Vec<NodeId> {
        indices.iter().map(|index| source.body.parameters[*index]).collect()
    };
    let parts = AlongParts {
        graph: &source.body.graph,
        z: source.body.parameters[0],
        c_dot: along.c_dot,
        c_z_dot: along.c_z_dot,
        each: &of(&roles.each),
        arguments: &[of(&shared(source, roles)), along.directions.clone()].concat(),
        taken: &lengths.idents(),
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = derive_along(&parts, &types("R"), &types("T")).ok()?;
    let name = name_of_struct(source);
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let examples = Literal::usize_unsuffixed(roles.each.len());
    let made = (&kernel.shared[..], &kernel.numbers);
    let (plain, numbers) =
        plain(source, roles, &kernel.arguments, made, &directions(source, roles, root), root);
    let (each, memory) = (split_given(&kernel.each), split(&kernel.along.memory));
    let (statements, result) = (&kernel.along.statements, &kernel.along.result);
    let (numbers, rows) = (lengths.named(&numbers), count(&kernel.along.memory));
    let rows = lengths.named(&quote!(#rows));
    let along = lengths.named(&quote!(#plain #each #memory #statements #result));
    Some(quote! {
        #[automatically_derived]
        impl #generics #root::AlongKernel<#examples> for #name #of_struct {
            fn numbers_along<T: #root::Element>(&self, phi_dot: &[f64], numbers: &mut ::std::vec::Vec<T>) {
                #numbers
            }

            fn rows_along(&self) -> usize {
                #rows
            }

            #[cfg_attr(not(debug_assertions), inline(always))]
            fn along<R: #root::Lanes<Element: #root::Element>>(
                &self,
                hand: R,
                numbers: &[R::Element],
                each: &[R::Element],
                [z, z_tilde]: [&[R::Element]; 2],
                [c_z_dot, c_z_tilde_dot]: [&mut [R::Element]; 2],
                rows: &mut [R::Element],
            ) -> R {
                #along
            }
        }
    })
}

/// Statements that add φ̇ to the plain numbers, one parameter after the other: `λ̇ = λ·φ̇` for one that stands in φ by its logarithm.
fn directions(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let mut first = Extent::default();
    let mut statements = TokenStream::new();
    for index in &roles.parameters {
        let parameter = &source.signature.parameters[*index];
        let behind = &first + &Extent::of(&parameter.shape);
        let ident = &parameter.ident;
        statements.extend(if roles.positive.contains(index) {
            quote!(#root::kernel::append_scaled(numbers, &phi_dot[#first..#behind], &self.#ident);)
        } else {
            quote!(#root::kernel::append_direction(numbers, &phi_dot[#first..#behind]);)
        });
        first = behind;
    }
    statements
}

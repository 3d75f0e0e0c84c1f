//! `impl ArrayKernel`: the fused kernel of a control whose arrays are too large for straight-line code, or whose z is an array.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::control::Roles;
use super::kernel::{Directions, chain};
use super::slices::{count, derived, named, split};
use super::structure::name_of_struct;
use crate::emit::Types;
use crate::graph::NodeId;
use crate::kernel::arrays::{self, ArrayKernel, Obstacle, Parts};

/// The items, or why the control's formula has no form in rows of lanes.
pub(super) fn array_kernel(
    source: &Source,
    roles: &Roles,
    nodes: &Directions,
    root: &TokenStream,
) -> Result<TokenStream, Obstacle> {
    let parameters = &source.signature.parameters;
    let mut first = 0;
    let mut phi: Vec<(usize, [NodeId; 2])> = Vec::new();
    for ((index, slope), weighted) in roles.parameters.iter().zip(&nodes.mixed).zip(&nodes.vjp_jvp) {
        phi.push((first, [*slope, *weighted]));
        first += parameters[*index].shape.entries().ok_or(Obstacle::Form)?;
    }
    let parts = Parts {
        graph: &source.body.graph,
        z: [source.body.parameters[0], nodes.z_dot],
        c_bar: nodes.c_bar,
        c: source.body.output,
        c_z: nodes.c_z,
        phi: &phi,
        arguments: &source.body.parameters[1..],
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = arrays::derive(&parts, &types("R"), &types("T"))?;
    Ok(write(source, roles, &kernel, root))
}

fn write(source: &Source, roles: &Roles, kernel: &ArrayKernel, root: &TokenStream) -> TokenStream {
    let name = name_of_struct(source);
    let (plain, own) = arguments(source, kernel);
    let numbers = numbers(source, kernel, (&plain, own), root);
    let (shared, _) = named(&kernel.shared, own);
    let plain = quote!(#plain #shared);
    let rows = count(&kernel.residuals) + count(&kernel.forward.memory).max(count(&kernel.backward.memory));
    let rows = Literal::usize_unsuffixed(rows);
    let residuals = split(&kernel.residuals);
    let (ahead, back) = (split(&kernel.forward.memory), split(&kernel.backward.memory));
    let (forward, result) = (&kernel.forward.statements, &kernel.forward.result);
    let backward = &kernel.backward.statements;
    let chain = chain(source, roles, root);
    quote! {
        // A stage need not read all that it is given, nor need `Real`'s methods or λ. Style lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #root::{Lanes as _, Real as _};

            #[automatically_derived]
            impl #root::ArrayKernel for #name {
                fn numbers<T: #root::Element>(&self, numbers: &mut ::std::vec::Vec<T>) {
                    #numbers
                }

                fn rows(&self) -> usize {
                    #rows
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn forward<R: #root::Lanes<Element: #root::Element>>(
                    &self,
                    hand: R,
                    numbers: &[R::Element],
                    [z, z_tilde]: [&[R::Element]; 2],
                    [c_z, c_z_tilde]: [&mut [R::Element]; 2],
                    rows: &mut [R::Element],
                ) -> R {
                    #plain
                    #residuals
                    #ahead
                    #forward
                    #result
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward<R: #root::Lanes<Element: #root::Element>>(
                    &self,
                    hand: R,
                    numbers: &[R::Element],
                    [z, z_tilde]: [&[R::Element]; 2],
                    [z_dot, z_tilde_dot]: [&[R::Element]; 2],
                    c_bar: R,
                    rows: &mut [R::Element],
                    sums: &mut [R::Element],
                ) {
                    #plain
                    #residuals
                    #back
                    #backward
                }

                fn chain(&self, phi_bar: &mut [f64]) {
                    #chain
                }
            }
        };
    }
}

/// The body of `numbers`: the arguments one after the other, then what is made of them, then memory for that.
fn numbers(
    source: &Source,
    kernel: &ArrayKernel,
    (plain, own): (&TokenStream, usize),
    root: &TokenStream,
) -> TokenStream {
    let fields =
        source.signature.parameters[1..].iter().filter(|parameter| !parameter.mask).map(|parameter| {
            let field = &parameter.ident;
            quote!(#root::kernel::append(numbers, &self.#field);)
        });
    let derived = derived(&kernel.shared, &kernel.numbers, plain, own);
    quote!(#(#fields)* #derived)
}

/// Names for the arguments, and how many plain numbers they are: a mask is read from the control.
fn arguments(source: &Source, kernel: &ArrayKernel) -> (TokenStream, usize) {
    let mut statements = TokenStream::new();
    let mut first = 0;
    for (parameter, slice) in source.signature.parameters[1..].iter().zip(&kernel.arguments) {
        if parameter.mask {
            let (field, ident) = (&parameter.ident, &slice.ident);
            statements.extend(quote!(let #ident = hand.mask(self.#field);));
        } else {
            let names;
            (names, first) = named(std::slice::from_ref(slice), first);
            statements.extend(names);
        }
    }
    (statements, first)
}

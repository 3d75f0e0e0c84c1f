//! `impl ArrayKernel`: the fused kernel of a control whose arrays are too large for straight-line code, or whose z is an array.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::control::Roles;
use super::kernel::{Directions, chain};
use super::structure::name_of_struct;
use crate::emit::Types;
use crate::graph::NodeId;
use crate::kernel::arrays::{self, ArrayKernel, Obstacle, Parts, Slice};

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
    let numbers = numbers(source, kernel, root);
    let plain = plain(source, kernel, true);
    let count = |slices: &[Slice]| slices.iter().map(|slice| slice.entries).sum::<usize>();
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
fn numbers(source: &Source, kernel: &ArrayKernel, root: &TokenStream) -> TokenStream {
    let fields =
        source.signature.parameters[1..].iter().filter(|parameter| !parameter.mask).map(|parameter| {
            let field = &parameter.ident;
            quote!(#root::kernel::append(numbers, &self.#field);)
        });
    let fields = quote!(#(#fields)*);
    if kernel.shared.is_empty() {
        return fields;
    }
    let entries = |slices: &[Slice]| slices.iter().map(|slice| slice.entries).sum::<usize>();
    let own = entries(&arguments(source, kernel));
    let all = own + entries(&kernel.shared) + entries(&kernel.numbers.memory);
    let [own, all] = [own, all].map(Literal::usize_unsuffixed);
    let plain = plain(source, kernel, false);
    let slices =
        kernel.shared.iter().chain(&kernel.numbers.memory).map(|Slice { ident, entries, .. }| {
            let entries = Literal::usize_unsuffixed(*entries);
            quote!(let (#ident, rows) = rows.split_at_mut(#entries);)
        });
    let statements = &kernel.numbers.statements;
    quote! {
        #fields
        numbers.resize(#all, T::default());
        let hand = T::default();
        let (numbers, rows) = numbers.split_at_mut(#own);
        #plain
        #(#slices)*
        #statements
    }
}

/// The arguments that are numbers.
fn arguments(source: &Source, kernel: &ArrayKernel) -> Vec<Slice> {
    let parameters = source.signature.parameters[1..].iter().zip(&kernel.arguments);
    parameters.filter(|(parameter, _)| !parameter.mask).map(|(_, slice)| slice.clone()).collect()
}

/// Names for the plain numbers: an array is a slice, a number is in every lane.
fn plain(source: &Source, kernel: &ArrayKernel, with_shared: bool) -> TokenStream {
    let mut statements = TokenStream::new();
    let mut first = 0;
    let parameters = source.signature.parameters[1..].iter().zip(&kernel.arguments);
    for (parameter, slice) in parameters {
        let field = &parameter.ident;
        if parameter.mask {
            let ident = &slice.ident;
            statements.extend(quote!(let #ident = hand.mask(self.#field);));
            continue;
        }
        statements.extend(named(slice, first));
        first += slice.entries;
    }
    if with_shared {
        for slice in &kernel.shared {
            statements.extend(named(slice, first));
            first += slice.entries;
        }
    }
    statements
}

pub(super) fn named(Slice { ident, entries, is_number }: &Slice, first: usize) -> TokenStream {
    let [from, to] = [first, first + entries].map(Literal::usize_unsuffixed);
    if *is_number {
        quote!(let #ident = hand.splat(numbers[#from]);)
    } else {
        quote!(let #ident = &numbers[#from..#to];)
    }
}

/// Takes rows of lanes from `rows`, one array after the other.
pub(super) fn split(slices: &[Slice]) -> TokenStream {
    let slices = slices.iter().map(|Slice { ident, entries, .. }| {
        let entries = Literal::usize_unsuffixed(*entries);
        quote!(let (#ident, rows) = rows.split_at_mut(#entries * R::LANES);)
    });
    quote!(#(#slices)*)
}

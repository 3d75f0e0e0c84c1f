//! `impl ExampleKernel`: the fused kernel of a control that differs from example to example.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{memory, plain};
use crate::expand::Source;
use crate::expand::control::Roles;
use crate::expand::kernel::chain;
use crate::expand::lengths::Lengths;
use crate::expand::slices::{products, split, split_given, totals};
use crate::expand::structure::name_of_struct;
use crate::kernel::arrays::{ArrayKernel, Extent};

pub(super) fn write(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    (kernel, along): (&ArrayKernel, &Option<TokenStream>),
    root: &TokenStream,
) -> TokenStream {
    let name = name_of_struct(source);
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let layout = layout(source, roles, lengths, kernel, root);
    let count = Literal::usize_unsuffixed(roles.each.len());
    let fields = roles.each.iter().map(|index| &source.signature.parameters[*index].ident);
    let places = (0..roles.each.len()).map(Literal::usize_unsuffixed);
    let made = (&kernel.shared[..], &kernel.numbers);
    let (plain, numbers) = plain(source, roles, &kernel.arguments, made, &TokenStream::new(), root);
    let (each, residuals) = (split_given(&kernel.each), split(&kernel.residuals));
    let (ahead, back) = (split(&kernel.forward.memory), split(&kernel.backward.memory));
    let (forward, result) = (&kernel.forward.statements, &kernel.forward.result);
    let backward = &kernel.backward.statements;
    let numbers = lengths.named(&numbers);
    let forward = lengths.named(&quote!(#plain #each #residuals #ahead #forward #result));
    let backward = lengths.named(&quote!(#plain #each #residuals #back #backward));
    let chain = lengths.named(&chain(source, roles, root));
    quote! {
        // A stage need not read all that it is given, nor need `Real`'s methods or λ. Style lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #root::{Lanes as _, Real as _};

            #[automatically_derived]
            impl #generics #root::ExampleKernel<#count> for #name #of_struct {
                #layout

                fn rows_of(&self, argument: usize) -> &[f64] {
                    match argument {
                        #(#places => &self.#fields,)*
                        _ => &[],
                    }
                }

                fn numbers<T: #root::Element>(&self, numbers: &mut ::std::vec::Vec<T>) {
                    #numbers
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn forward<R: #root::Lanes<Element: #root::Element>>(
                    &self,
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    [z, z_tilde]: [&[R::Element]; 2],
                    [c_z, c_z_tilde]: [&mut [R::Element]; 2],
                    rows: &mut [R::Element],
                ) -> R {
                    #forward
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward<R: #root::Lanes<Element: #root::Element>>(
                    &self,
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    [z, z_tilde]: [&[R::Element]; 2],
                    [z_dot, z_tilde_dot]: [&[R::Element]; 2],
                    c_bar: R,
                    rows: &mut [R::Element],
                    (panels, row): (&mut [R::Element], usize),
                    sums: &mut [R::Element],
                ) {
                    #backward
                }

                fn chain(&self, phi_bar: &mut [f64]) {
                    #chain
                }
            }
            #along
        };
    }
}

/// What `ExampleKernel` says of lengths, and the outer products.
fn layout(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    kernel: &ArrayKernel,
    root: &TokenStream,
) -> TokenStream {
    let entries = |index: usize| Extent::of(&source.signature.parameters[index].shape);
    let each = roles.each.iter().map(|index| entries(*index));
    let (z, memory, kept) = (entries(0), memory(kernel), kernel.panels.width());
    let layout = lengths.named(&quote! {
        #root::kernel::ExampleLayout {
            each: [#(#each),*],
            z: #z,
            rows: #memory,
            kept: #kept,
        }
    });
    let products = lengths.constant(&products(&kernel.panels, root));
    let totals = lengths.constant(&totals(&kernel.totals, root));
    let count = Literal::usize_unsuffixed(roles.each.len());
    quote! {
        #[inline(always)]
        fn layout(&self) -> #root::kernel::ExampleLayout<#count> {
            #layout
        }

        #[inline(always)]
        fn products(&self) -> impl ::core::convert::AsRef<[#root::kernel::PanelProduct]> {
            #products
        }

        #[inline(always)]
        fn totals(&self) -> impl ::core::convert::AsRef<[#root::kernel::Total]> {
            #totals
        }
    }
}

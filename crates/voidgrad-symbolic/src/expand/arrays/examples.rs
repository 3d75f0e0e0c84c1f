//! `impl ExampleKernel`: the fused kernel of a control that differs from example to example.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{memory, plain};
use crate::expand::Source;
use crate::expand::control::Roles;
use crate::expand::field::entries;
use crate::expand::kernel::chain;
use crate::expand::slices::{products, split, split_given};
use crate::expand::structure::name_of_struct;
use crate::kernel::arrays::ArrayKernel;

pub(super) fn write(source: &Source, roles: &Roles, kernel: &ArrayKernel, root: &TokenStream) -> TokenStream {
    let name = name_of_struct(source);
    let constants = constants(source, roles, kernel, root);
    let fields = roles.each.iter().map(|index| &source.signature.parameters[*index].ident);
    let places = (0..roles.each.len()).map(Literal::usize_unsuffixed);
    let (plain, numbers) = plain(source, roles, kernel, root);
    let (each, residuals) = (split_given(&kernel.each), split(&kernel.residuals));
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
            impl #root::ExampleKernel for #name {
                #constants

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
                    #plain
                    #each
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
                    each: &[R::Element],
                    [z, z_tilde]: [&[R::Element]; 2],
                    [z_dot, z_tilde_dot]: [&[R::Element]; 2],
                    c_bar: R,
                    rows: &mut [R::Element],
                    (panels, row): (&mut [R::Element], usize),
                    sums: &mut [R::Element],
                ) {
                    #plain
                    #each
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

/// The constants of `ExampleKernel`.
fn constants(source: &Source, roles: &Roles, kernel: &ArrayKernel, root: &TokenStream) -> TokenStream {
    let parameters = &source.signature.parameters;
    let counts = roles.each.iter().map(|index| {
        let (name, entries) =
            (parameters[*index].ident.to_string(), Literal::usize_unsuffixed(entries(&parameters[*index])));
        quote!((#name, #entries))
    });
    let products = products(&kernel.panels, root);
    let z = Literal::usize_unsuffixed(entries(&parameters[0]));
    let (memory, kept) = (memory(kernel), kernel.panels.width());
    quote! {
        const EACH: &'static [(&'static str, usize)] = &[#(#counts),*];
        const Z: usize = #z;
        const ROWS: usize = #memory;
        const KEPT: usize = #kept;
        const PRODUCTS: &'static [#root::kernel::PanelProduct] = &#products;
    }
}

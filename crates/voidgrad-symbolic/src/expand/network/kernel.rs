//! `impl RowKernel`: the passes over rows of lanes.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Roles, arguments, name};
use crate::expand::Source;
use crate::expand::field::entries;
use crate::expand::slices::{count, derived, named, products, split, split_given};
use crate::kernel::arrays::{RowKernel, Slice};

/// `impl RowKernel`.
pub(super) fn implementation(
    source: &Source,
    roles: &Roles,
    kernel: &RowKernel,
    root: &TokenStream,
) -> TokenStream {
    let name = name(source);
    let constants = constants(source, roles, kernel, root);
    let (plain, own) = named(&kernel.shared, 0);
    let (plain_derived, _) = named(&kernel.derived, own);
    let numbers = derived(&kernel.derived, &kernel.numbers, &plain, own);
    let each = split_given(&kernel.each);
    // What every pass reads.
    let read = quote!(#plain #plain_derived #each);
    let bars = kernel.bars.iter().map(|Slice { ident, entries, .. }| {
        let entries = Literal::usize_unsuffixed(*entries);
        quote!(let (#ident, each_bar) = each_bar.split_at_mut(#entries * R::LANES);)
    });
    let [forward, backward, backward_of_parameters] =
        [&kernel.forward, &kernel.backward.stage, &kernel.backward_of_parameters.stage].map(|stage| {
            let (memory, statements) = (split(&stage.memory), &stage.statements);
            quote!(#memory #statements)
        });
    quote! {
        // A stage need not read all that it is given. Style lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #root::{Lanes as _, Real as _};

            #[automatically_derived]
            impl #root::RowKernel for #name {
                #constants

                fn numbers<T: #root::Element>(&self, numbers: &mut ::std::vec::Vec<T>) {
                    #root::network::extend(numbers, &self.parameters);
                    #root::network::extend(numbers, &self.data);
                    #numbers
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn forward<R: #root::Lanes<Element: #root::Element>>(
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    y: &mut [R::Element],
                    rows: &mut [R::Element],
                ) {
                    #read
                    #forward
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward<R: #root::Lanes<Element: #root::Element>>(
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    y_bar: &[R::Element],
                    each_bar: &mut [R::Element],
                    rows: &mut [R::Element],
                    (panels, row): (&mut [R::Element], usize),
                    sums: &mut [R::Element],
                ) {
                    #read
                    #(#bars)*
                    #backward
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward_of_parameters<R: #root::Lanes<Element: #root::Element>>(
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    y_bar: &[R::Element],
                    rows: &mut [R::Element],
                    (panels, row): (&mut [R::Element], usize),
                    sums: &mut [R::Element],
                ) {
                    #read
                    #backward_of_parameters
                }
            }
        };
    }
}

/// The constants of `RowKernel`.
fn constants(source: &Source, roles: &Roles, kernel: &RowKernel, root: &TokenStream) -> TokenStream {
    let counts = arguments(source, &roles.each).into_iter().map(|parameter| {
        let (name, entries) = (parameter.ident.to_string(), Literal::usize_unsuffixed(entries(parameter)));
        quote!((#name, #entries))
    });
    let outputs = source.signature.output_shape.entries().unwrap_or(1);
    let parameters = arguments(source, &roles.parameters).into_iter().map(entries).sum();
    let passes = [&kernel.backward, &kernel.backward_of_parameters];
    let own = passes.iter().map(|pass| count(&pass.stage.memory)).chain([count(&kernel.forward.memory)]);
    let memory = own.max().unwrap_or(0);
    let kept = passes.iter().map(|pass| pass.panels.width()).max().unwrap_or(0);
    let [products, products_of_parameters] = passes.map(|pass| products(&pass.panels, root));
    let [outputs, parameters, memory, kept] =
        [outputs, parameters, memory, kept].map(Literal::usize_unsuffixed);
    quote! {
        const EACH: &'static [(&'static str, usize)] = &[#(#counts),*];
        const Y: usize = #outputs;
        const PARAMETERS: usize = #parameters;
        const ROWS: usize = #memory;
        const KEPT: usize = #kept;
        const PRODUCTS: &'static [#root::kernel::PanelProduct] = #products;
        const PRODUCTS_OF_PARAMETERS: &'static [#root::kernel::PanelProduct] = #products_of_parameters;
    }
}

//! `impl RowKernel`: the passes over rows of lanes.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Roles, arguments, name};
use crate::expand::Source;
use crate::expand::lengths::Lengths;
use crate::expand::slices::{count, derived, named, products, split, split_given, totals};
use crate::kernel::arrays::{Extent, RowKernel, Slice, Stage, largest};

/// `impl RowKernel`.
pub(super) fn implementation(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    kernel: &RowKernel,
    root: &TokenStream,
) -> TokenStream {
    let name = name(source);
    let (generics, arguments, _) = source.function.sig.generics.split_for_impl();
    let layout = layout(source, roles, lengths, kernel, root);
    let own = &count(&kernel.shared);
    let plain = named(&kernel.shared);
    let all_plain = named(&[&kernel.shared[..], &kernel.derived].concat());
    let numbers = lengths.named(&derived(&kernel.derived, &kernel.numbers, &quote!(#(#plain)*), own));
    let each = split_given(&kernel.each);
    // What every pass reads.
    let read = quote!(#(#all_plain)* #each);
    let bars = kernel.bars.iter().map(|Slice { ident, entries, .. }| {
        let entries = entries.factor();
        quote!(let (#ident, each_bar) = each_bar.split_at_mut(#entries * R::LANES);)
    });
    let bars = quote!(#(#bars)*);
    let pass = |stage: &Stage, bars: Option<&TokenStream>| {
        let (memory, statements) = (split(&stage.memory), &stage.statements);
        lengths.named(&quote!(#read #bars #memory #statements))
    };
    let forward = pass(&kernel.forward, None);
    // A backward pass, and what it writes besides the sums.
    let back = |name: &str, written: Option<&str>, body: &TokenStream| {
        let name = format_ident!("{name}");
        let written = written.map(|ident| {
            let ident = format_ident!("{ident}");
            quote!(#ident: &mut [R::Element],)
        });
        quote! {
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn #name<R: #root::Lanes<Element: #root::Element>>(
                &self,
                hand: R,
                numbers: &[R::Element],
                each: &[R::Element],
                y_bar: &[R::Element],
                #written
                rows: &mut [R::Element],
                (panels, row): (&mut [R::Element], usize),
                sums: &mut [R::Element],
            ) {
                #body
            }
        }
    };
    let backward = back("backward", Some("each_bar"), &pass(&kernel.backward.stage, Some(&bars)));
    let of_parameters = pass(&kernel.backward_of_parameters.stage, None);
    let backward_of_parameters = back("backward_of_parameters", None, &of_parameters);
    let both = back("both", Some("y"), &pass(&kernel.both.stage, None));
    let count = Literal::usize_unsuffixed(roles.each.len());
    let parameters_alone = (roles.data.is_empty() && kernel.derived.is_empty()).then(|| {
        quote! {
            fn parameters_alone(&self) -> ::core::option::Option<&[f64]> {
                ::core::option::Option::Some(&self.parameters)
            }
        }
    });
    quote! {
        // A stage need not read all that it is given. Style lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #root::{Lanes as _, Real as _};

            #[automatically_derived]
            impl #generics #root::RowKernel<#count> for #name #arguments {
                #layout

                #parameters_alone

                fn numbers<T: #root::Element>(&self, numbers: &mut ::std::vec::Vec<T>) {
                    #root::network::extend(numbers, &self.parameters);
                    #root::network::extend(numbers, &self.data);
                    #numbers
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn forward<R: #root::Lanes<Element: #root::Element>>(
                    &self,
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    y: &mut [R::Element],
                    rows: &mut [R::Element],
                ) {
                    #forward
                }

                #backward
                #backward_of_parameters
                #both
            }
        };
    }
}

/// What `RowKernel` says of lengths, and the outer products.
fn layout(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    kernel: &RowKernel,
    root: &TokenStream,
) -> TokenStream {
    let each = arguments(source, &roles.each).into_iter().map(|parameter| {
        let (name, entries) = (parameter.ident.to_string(), Extent::of(&parameter.shape));
        quote!((#name, #entries))
    });
    let y = Extent::of(source.body.graph.shape(source.body.output));
    let parameters: Extent =
        arguments(source, &roles.parameters).into_iter().map(|parameter| Extent::of(&parameter.shape)).sum();
    let passes = [&kernel.backward, &kernel.backward_of_parameters, &kernel.both];
    let memory = passes.iter().map(|pass| count(&pass.stage.memory)).chain([count(&kernel.forward.memory)]);
    let rows = largest(&memory.collect::<Vec<Extent>>());
    let kept = largest(&passes.map(|pass| pass.panels.width()));
    let layout = lengths.named(&quote! {
        #root::kernel::Layout {
            each: [#(#each),*],
            y: #y,
            parameters: #parameters,
            rows: #rows,
            kept: #kept,
        }
    });
    let [of_all, of_parameters, of_both] = passes.map(|pass| lengths.constant(&products(&pass.panels, root)));
    let totals = lengths.constant(&totals(&kernel.totals, root));
    let count = Literal::usize_unsuffixed(roles.each.len());
    quote! {
        #[inline(always)]
        fn layout(&self) -> #root::kernel::Layout<#count> {
            #layout
        }

        #[inline(always)]
        fn products(&self) -> impl ::core::convert::AsRef<[#root::kernel::PanelProduct]> {
            #of_all
        }

        #[inline(always)]
        fn products_of_parameters(&self) -> impl ::core::convert::AsRef<[#root::kernel::PanelProduct]> {
            #of_parameters
        }

        #[inline(always)]
        fn products_of_both(&self) -> impl ::core::convert::AsRef<[#root::kernel::PanelProduct]> {
            #of_both
        }

        #[inline(always)]
        fn totals(&self) -> impl ::core::convert::AsRef<[#root::kernel::Total]> {
            #totals
        }
    }
}

//! What the stages of a kernel over arrays read and write, as slices with names.

use proc_macro2::TokenStream;
use quote::quote;

use crate::kernel::arrays::{Extent, PanelProduct, Panels, Slice, Stage, Total};

/// How many numbers or rows they are.
pub(super) fn count(slices: &[Slice]) -> Extent {
    slices.iter().map(|slice| slice.entries.clone()).sum()
}

/// Names for all plain numbers, a statement each: an array is a slice, a number is in every lane. If a length is not known here, each takes its numbers
/// from the front of `numbers`.
pub(super) fn named(slices: &[Slice]) -> Vec<TokenStream> {
    let are_known = slices.iter().all(|slice| slice.entries.fixed().is_some());
    let mut first = Extent::default();
    let names = slices.iter().map(|Slice { ident, entries, is_number }| {
        let behind = &first + entries;
        let name = match (are_known, is_number) {
            (true, true) => quote!(let #ident = hand.splat(numbers[#first]);),
            (true, false) => quote!(let #ident = &numbers[#first..#behind];),
            (false, true) => quote!(let (#ident, numbers) = (hand.splat(numbers[0]), &numbers[1..]);),
            (false, false) => quote!(let (#ident, numbers) = numbers.split_at(#entries);),
        };
        first = behind;
        name
    });
    names.collect()
}

/// Takes rows of lanes from `rows`, one array after the other.
pub(super) fn split(slices: &[Slice]) -> TokenStream {
    let slices = slices.iter().map(|Slice { ident, entries, .. }| {
        let entries = entries.factor();
        quote!(let (#ident, rows) = rows.split_at_mut(#entries * R::LANES);)
    });
    quote!(#(#slices)*)
}

/// Takes rows of lanes from `each`, one argument after the other.
pub(super) fn split_given(slices: &[Slice]) -> TokenStream {
    let slices = slices.iter().map(|Slice { ident, entries, .. }| {
        let entries = entries.factor();
        quote!(let (#ident, each) = each.split_at(#entries * R::LANES);)
    });
    quote!(#(#slices)*)
}

/// The outer products of a backward pass.
pub(super) fn products(panels: &Panels, root: &TokenStream) -> TokenStream {
    let products = panels.products.iter().map(|PanelProduct { shape, factors, first }| {
        let ([rows, columns], [a, b]) = (shape, factors);
        quote!(#root::kernel::PanelProduct { shape: [#rows, #columns], factors: [#a, #b], first: #first })
    });
    quote!([#(#products),*])
}

/// What a backward pass adds up itself.
pub(super) fn totals(totals: &[Total], root: &TokenStream) -> TokenStream {
    let list = totals
        .iter()
        .map(|Total { first, entries }| quote!(#root::kernel::Total { first: #first, entries: #entries }));
    quote!([#(#list),*])
}

/// What is made of the `own` plain numbers that `numbers` holds, behind them, and memory for that. `names` are those of the plain numbers.
pub(super) fn derived(shared: &[Slice], stage: &Stage, names: &TokenStream, own: &Extent) -> TokenStream {
    if shared.is_empty() {
        return TokenStream::new();
    }
    let all: Extent = [own.clone(), count(shared), count(&stage.memory)].into_iter().sum();
    let slices = shared
        .iter()
        .chain(&stage.memory)
        .map(|Slice { ident, entries, .. }| quote!(let (#ident, rows) = rows.split_at_mut(#entries);));
    let statements = &stage.statements;
    quote! {
        numbers.resize(#all, T::default());
        let hand = T::default();
        let (numbers, rows) = numbers.split_at_mut(#own);
        #names
        #(#slices)*
        #statements
    }
}

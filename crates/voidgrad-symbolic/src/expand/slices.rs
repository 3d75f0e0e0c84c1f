//! What the stages of a kernel over arrays read and write, as slices with names.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::kernel::arrays::{PanelProduct, Panels, Slice, Stage};

/// How many numbers or rows they are.
pub(super) fn count(slices: &[Slice]) -> usize {
    slices.iter().map(|slice| slice.entries).sum()
}

/// Names for plain numbers from entry `first` on, and the first entry behind them: an array is a slice, a number is in every lane.
pub(super) fn named(slices: &[Slice], mut first: usize) -> (TokenStream, usize) {
    let mut names = TokenStream::new();
    for Slice { ident, entries, is_number } in slices {
        let [from, to] = [first, first + entries].map(Literal::usize_unsuffixed);
        names.extend(if *is_number {
            quote!(let #ident = hand.splat(numbers[#from]);)
        } else {
            quote!(let #ident = &numbers[#from..#to];)
        });
        first += entries;
    }
    (names, first)
}

/// Takes rows of lanes from `rows`, one array after the other.
pub(super) fn split(slices: &[Slice]) -> TokenStream {
    let slices = slices.iter().map(|Slice { ident, entries, .. }| {
        let entries = Literal::usize_unsuffixed(*entries);
        quote!(let (#ident, rows) = rows.split_at_mut(#entries * R::LANES);)
    });
    quote!(#(#slices)*)
}

/// Takes rows of lanes from `each`, one argument after the other.
pub(super) fn split_given(slices: &[Slice]) -> TokenStream {
    let slices = slices.iter().map(|Slice { ident, entries, .. }| {
        let entries = Literal::usize_unsuffixed(*entries);
        quote!(let (#ident, each) = each.split_at(#entries * R::LANES);)
    });
    quote!(#(#slices)*)
}

/// The outer products of a backward pass.
pub(super) fn products(panels: &Panels, root: &TokenStream) -> TokenStream {
    let products = panels.products.iter().map(|PanelProduct { shape, factors, first }| {
        let [rows, columns, a, b, first] =
            [shape[0], shape[1], factors[0], factors[1], *first].map(Literal::usize_unsuffixed);
        quote!(#root::kernel::PanelProduct { shape: [#rows, #columns], factors: [#a, #b], first: #first })
    });
    quote!(&[#(#products),*])
}

/// What is made of the `own` plain numbers that `numbers` holds, behind them, and memory for that. `names` are those of the plain numbers.
pub(super) fn derived(shared: &[Slice], stage: &Stage, names: &TokenStream, own: usize) -> TokenStream {
    if shared.is_empty() {
        return TokenStream::new();
    }
    let all = own + count(shared) + count(&stage.memory);
    let [own, all] = [own, all].map(Literal::usize_unsuffixed);
    let slices = shared.iter().chain(&stage.memory).map(|Slice { ident, entries, .. }| {
        let entries = Literal::usize_unsuffixed(*entries);
        quote!(let (#ident, rows) = rows.split_at_mut(#entries);)
    });
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

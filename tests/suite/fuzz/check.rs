//! What must hold of every input, Rust or not.

use proc_macro2::TokenStream;
use voidgrad_symbolic::expand::{Expansion, control, differentiate};

/// Both macros on these tokens: no panic, and what comes out is a file of Rust wherever the input was one.
///
/// # Panics
/// Panics if that does not hold.
pub(crate) fn check(attribute: &TokenStream, item: &TokenStream) {
    let root = "::voidgrad".parse().expect("this is a path");
    let is_rust = syn::parse2::<syn::File>(item.clone()).is_ok();
    for macro_ in [differentiate, control] {
        let Expansion { tokens, error, .. } = macro_(attribute.clone(), item, &root);
        if (error.is_none() || is_rust)
            && let Err(fault) = syn::parse2::<syn::File>(tokens.clone())
        {
            panic!("{fault} in\n{tokens}\nfrom #[{attribute}]\n{item}");
        }
    }
}

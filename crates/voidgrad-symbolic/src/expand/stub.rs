//! What stands in for a function that was refused: the function itself, and a namesake whose derivatives have the
//! right signatures, so that one mistake gives one error and not one more at every caller.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ItemFn;

/// The function, and the error.
pub(super) fn refused(function: &ItemFn, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    let function = function.to_token_stream();
    quote!(#function #error)
}

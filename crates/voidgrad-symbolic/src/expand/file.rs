//! All annotated functions of a source file, for people who want to read what is generated.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, ItemFn};

use super::{Expansion, control, differentiate};

/// The expansions of the annotated functions in `source`, in order, also of those in modules and function bodies.
///
/// # Errors
/// Where `source` is not Rust.
pub fn file(source: &str, root: &TokenStream) -> syn::Result<Vec<Expansion>> {
    let file = syn::parse_file(source)?;
    let mut found = Found { root, expansions: Vec::new() };
    found.visit_file(&file);
    Ok(found.expansions)
}

struct Found<'r> {
    root: &'r TokenStream,
    expansions: Vec<Expansion>,
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let named = |name: &str| {
            function.attrs.iter().position(|attribute| {
                attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
            })
        };
        let expand = |at: usize, how: fn(TokenStream, &TokenStream, &TokenStream) -> Expansion| {
            let mut function = function.clone();
            let attribute = function.attrs.remove(at);
            how(arguments(&attribute), &function.to_token_stream(), self.root)
        };
        if let Some(at) = named("differentiate") {
            self.expansions.push(expand(at, differentiate));
        } else if let Some(at) = named("control") {
            self.expansions.push(expand(at, control));
        }
        syn::visit::visit_item_fn(self, function);
    }
}

/// What stands between the parentheses.
fn arguments(attribute: &Attribute) -> TokenStream {
    attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default()
}

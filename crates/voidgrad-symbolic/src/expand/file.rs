//! All annotated functions of a source file, for people who want to read what is generated.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::{Expansion, control, differentiate, network};
use crate::{depth, inert};

/// The expansions of the annotated functions in `source`, in order, also of those in modules and function bodies.
///
/// # Errors
/// If `source` is not Rust.
pub fn file(source: &str, root: &TokenStream) -> syn::Result<Vec<Expansion>> {
    let tokens: TokenStream = source.parse()?;
    depth::with_room(&tokens, || {
        let file = syn::parse_file(source)?;
        let mut found = Found { root, expansions: Vec::new() };
        found.visit_file(&file);
        Ok(found.expansions)
    })?
}

struct Found<'r> {
    root: &'r TokenStream,
    expansions: Vec<Expansion>,
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if let Some(at) = function.attrs.iter().position(inert::is_own) {
            let mut function = function.clone();
            let attribute = function.attrs.remove(at);
            // rustc has evaluated the conditions above an attribute before it calls the macro.
            let mut above = at;
            function.attrs.retain(|attribute| {
                let is_above = above > 0;
                above = above.saturating_sub(1);
                !(is_above && attribute.path().is_ident("cfg"))
            });
            let last = attribute.path().segments.last().map(|last| last.ident.to_string());
            let expand = match last.as_deref() {
                Some("control") => control,
                Some("network") => network,
                _ => differentiate,
            };
            self.expansions.push(expand(arguments(&attribute), &function.to_token_stream(), self.root));
        }
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.refuse_inside(&function.attrs, &function.sig);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.refuse_inside(&function.attrs, &function.sig);
        syn::visit::visit_trait_item_fn(self, function);
    }
}

impl Found<'_> {
    /// Refuses an annotated function in an `impl` or a `trait`.
    fn refuse_inside(&mut self, attributes: &[Attribute], signature: &Signature) {
        if attributes.iter().any(inert::is_own) {
            let message = "a function in an `impl` or a `trait` is not differentiated, because its derivatives need a type beside it; write a free function and call it here";
            let error = syn::Error::new_spanned(&signature.ident, message);
            let name = signature.ident.to_string();
            self.expansions.push(Expansion::refused(name, &TokenStream::new(), error));
        }
    }
}

/// What stands between the parentheses.
fn arguments(attribute: &Attribute) -> TokenStream {
    attribute.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default()
}

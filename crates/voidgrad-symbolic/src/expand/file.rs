//! All annotated functions of a source file, for people who want to read what is generated.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::Expansion;
use super::request::{Kind, Request};
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
        Ok(with_bodies(found.expansions))
    })?
}

/// Goes on with the expansions that ask for the bodies of functions of this file.
fn with_bodies(mut expansions: Vec<Expansion>) -> Vec<Expansion> {
    loop {
        let known: Vec<(String, String)> = (expansions.iter())
            .filter_map(|expansion| Some((expansion.name.clone(), expansion.body()?.to_owned())))
            .collect();
        let mut goes_on = false;
        for expansion in &mut expansions {
            let Some(asked) = expansion.asks().and_then(|path| path.segments.last()) else { continue };
            if let Some((_, body)) = known.iter().find(|(name, _)| asked.ident == name) {
                *expansion = expansion.clone().with_body(body);
                goes_on = true;
            }
        }
        if !goes_on {
            break;
        }
    }
    for expansion in &mut expansions {
        if let Some(path) = expansion.asks() {
            let message = "the body of this function is needed, and it is no annotated function of this file";
            let error = syn::Error::new_spanned(path, message);
            *expansion = Expansion::refused(expansion.name.clone(), &TokenStream::new(), error);
        }
    }
    expansions
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
            let kind = last.as_deref().and_then(Kind::named).unwrap_or(Kind::Differentiate);
            let item = function.to_token_stream();
            self.expansions.push(Request::new(kind, arguments(&attribute), &item, self.root).expand());
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

//! The modules that a file names.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;

/// The top-level modules of the crate that the source of a file of `module` names by a `crate::` or `super::` path, itself excepted. Items for
/// tests are left out.
pub(super) fn modules(module: &str, source: &str) -> BTreeSet<String> {
    let file = syn::parse_file(source).unwrap();
    let mut found = BTreeSet::new();
    for item in file.items.iter().filter(|item| !is_for_tests(item)) {
        read(item.to_token_stream(), &mut found);
    }
    found.remove(module);
    found
}

fn is_for_tests(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| attribute.to_token_stream().to_string().contains("cfg (test)"))
}

/// Tokens are read, not syntax, so that paths inside macros are seen as well.
fn read(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => read(group.stream(), found),
            TokenTree::Ident(ident) if ident == "crate" => first(&tokens[i + 1..], found),
            // Of several `super`s the last leads farthest up: to the top, if it is a module of the crate that follows.
            TokenTree::Ident(ident) if ident == "super" => first_known(&tokens[i + 1..], found),
            _ => {}
        }
    }
}

/// The names that follow `::`, one or the first of each branch of a group.
fn names(tokens: &[TokenTree]) -> Vec<String> {
    let mut rest = tokens;
    while let [TokenTree::Punct(colon), after @ ..] = rest
        && colon.as_char() == ':'
    {
        rest = after;
    }
    if rest.len() == tokens.len() {
        return Vec::new();
    }
    match rest {
        [TokenTree::Ident(name), ..] => vec![name.to_string()],
        [TokenTree::Group(group), ..] => {
            let mut names = Vec::new();
            let mut is_first = true;
            for token in group.stream() {
                match token {
                    TokenTree::Ident(name) if is_first => {
                        names.push(name.to_string());
                        is_first = false;
                    }
                    TokenTree::Punct(comma) if comma.as_char() == ',' => is_first = true,
                    _ => {}
                }
            }
            names
        }
        _ => Vec::new(),
    }
}

fn first(tokens: &[TokenTree], found: &mut BTreeSet<String>) {
    found.extend(names(tokens));
}

/// Names after `super` that are modules of the crate; most are of the folder.
fn first_known(tokens: &[TokenTree], found: &mut BTreeSet<String>) {
    found.extend(names(tokens).into_iter().filter(|name| super::rank(name).is_some()));
}

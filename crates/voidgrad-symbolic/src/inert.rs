//! Attributes on the function and on its parts.
//!
//! An attribute can change what it stands on or take it away, and then the derivative would be another function's. So
//! only those that change no value are kept: lints and documentation. Everything else is refused on its own tokens.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, Expr, ItemFn};

use crate::diagnostics::Diagnostics;

/// Lint attributes, documentation, and the attributes of tools.
const EVERYWHERE: [&str; 8] = ["allow", "warn", "deny", "forbid", "expect", "doc", "clippy", "rustfmt"];
/// What else a function may have: none of these changes its value.
const ON_FUNCTIONS: [&str; 5] = ["inline", "cold", "must_use", "deprecated", "track_caller"];
/// The attributes that read a function.
const OWN: [&str; 3] = ["differentiate", "control", "network"];

/// Reports every attribute of a function, and of anything inside it, that could change the function's value. The visitor
/// of `syn` finds them all, so the reader of the body need not look at them.
pub(crate) fn check(function: &ItemFn, diagnostics: &mut Diagnostics) {
    let ItemFn { attrs, vis: _, modifiers: _, sig, block } = function;
    for attribute in attrs {
        if let Some(fault) = fault_on_function(attribute) {
            diagnostics.error(attribute, fault);
        }
    }
    let mut found = Found { diagnostics };
    found.visit_signature(sig);
    found.visit_block(block);
}

/// [`check`] of an expression in the tokens of a macro, which the walk over the function does not see.
pub(crate) fn check_expression(expression: &Expr, diagnostics: &mut Diagnostics) {
    Found { diagnostics }.visit_expr(expression);
}

/// True for `#[differentiate]`, `#[control]` and `#[network]`, by whatever path.
pub(crate) fn is_own(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| OWN.iter().any(|own| segment.ident == own))
}

struct Found<'d> {
    diagnostics: &'d mut Diagnostics,
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Some(fault) = fault_inside(attribute) {
            self.diagnostics.error(attribute, fault);
        }
    }
}

/// Why an attribute inside the function can't be kept.
fn fault_inside(attribute: &Attribute) -> Option<String> {
    if is_one_of(attribute, &EVERYWHERE) {
        return None;
    }
    Some(match name(attribute).as_str() {
        name @ ("cfg" | "cfg_attr") => format!(
            "`#[{name}]` inside an annotated function is not modelled, because the macro can't know if the condition holds; write one function for each case, with `#[cfg]` above its annotation"
        ),
        name => format!("`#[{name}]` could change what it stands on, so it is not modelled here; remove it"),
    })
}

/// Why an attribute of the function itself can't be kept.
fn fault_on_function(attribute: &Attribute) -> Option<String> {
    if is_one_of(attribute, &EVERYWHERE) || is_one_of(attribute, &ON_FUNCTIONS) {
        return None;
    }
    if is_own(attribute) {
        return Some("a function takes `#[differentiate]` or `#[control]`, once; `#[control]` includes all derivatives with respect to `z` and the parameters, so remove one of the two".to_owned());
    }
    Some(match name(attribute).as_str() {
        name @ ("cfg" | "cfg_attr") => {
            format!("`#[{name}]` below the annotation would not apply to what is generated; move it above")
        }
        name => format!(
            "`#[{name}]` could change the function after its derivatives are written; if it is a macro, move it above the annotation, otherwise remove it"
        ),
    })
}

/// True where the attribute's name, or the tool in `clippy::…`, is one of `names`.
fn is_one_of(attribute: &Attribute, names: &[&str]) -> bool {
    let segments = &attribute.path().segments;
    let is_tool = |name: &str| matches!(name, "clippy" | "rustfmt");
    segments.first().is_some_and(|first| {
        names.iter().any(|name| first.ident == name && (segments.len() == 1) != is_tool(name))
    })
}

fn name(attribute: &Attribute) -> String {
    attribute.path().to_token_stream().to_string().replace(' ', "")
}

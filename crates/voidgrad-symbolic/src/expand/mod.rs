//! From an annotated function to the items that replace it.

mod arrays;
mod bodies;
mod control;
mod differentiate;
mod directions;
mod field;
mod file;
mod function;
mod generics;
mod handed;
mod implementation;
mod kernel;
mod lengths;
mod names;
mod namesake;
mod network;
mod request;
mod slices;
mod structure;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ItemFn, TraitItemFn};

pub use file::file;
pub use function::{Formula, Function};
pub use request::{Kind, Request, control, differentiate, network, resume};

use crate::callees::Callees;
use crate::diagnostics::Diagnostics;
use crate::graph::{NodeId, Op, Shape};
use crate::parse::{self, Body, Reading};
use crate::signature::Signature;

/// What an attribute makes of a function.
#[derive(Debug, Clone)]
pub struct Expansion {
    /// The name of the function.
    pub name: String,
    /// The items: the function itself, its namesake, and what belongs to them.
    pub tokens: TokenStream,
    /// The formulas of the generated functions.
    pub formulas: Vec<Formula>,
    /// Why the function was refused, where it was.
    pub error: Option<syn::Error>,
    /// If the body of another function is needed to go on: its path, and what was to be expanded.
    pub(crate) asks: Option<(syn::Path, Request)>,
    /// What the function hands on to those that call it with whole arrays.
    pub(crate) handed: Option<String>,
}

impl Expansion {
    /// The path of the function whose body is needed to go on, if there is one: then the items are not there yet.
    #[must_use]
    pub fn asks(&self) -> Option<&syn::Path> {
        self.asks.as_ref().map(|(path, _)| path)
    }

    /// The body for callers that ask for it; none if the function takes no array.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.handed.as_deref()
    }

    /// The expansion with the body that it asks for, as the macro of that function would go on.
    #[must_use]
    pub fn with_body(self, body: &str) -> Self {
        match self.asks {
            Some((path, request)) => request.with(path, body.to_owned()).expand_whole(),
            None => self,
        }
    }

    /// A function that was refused: it stays as it is, beside the error.
    fn refused(name: String, item: &TokenStream, error: syn::Error) -> Self {
        let message = error.to_compile_error();
        let mut tokens = item.clone();
        tokens.extend(message);
        Self { name, tokens, formulas: Vec::new(), error: Some(error), asks: None, handed: None }
    }
}

/// What is made of a function that has no mistake.
struct Derived {
    items: TokenStream,
    formulas: Vec<Formula>,
}

/// Generated items, pointing at the user's name of the function: where items can't stand, as in an `impl`, the compiler
/// says so on that name.
fn located(items: TokenStream, name: &proc_macro2::Ident) -> TokenStream {
    items
        .into_iter()
        .map(|mut tree| {
            tree.set_span(tree.span().located_at(name.span()));
            tree
        })
        .collect()
}

/// A function that was read without a mistake.
struct Source {
    function: ItemFn,
    signature: Signature,
    body: Body,
}

impl Source {
    /// Reads a function, or gives the path of another one that has to be known before; what is wrong is reported.
    fn read(
        function: ItemFn,
        callees: &Callees,
        diagnostics: &mut Diagnostics,
    ) -> Option<Result<Self, syn::Path>> {
        let signature = Signature::read(&function, diagnostics)?;
        let body = match parse::body(&function, &signature, callees, diagnostics)? {
            Reading::Body(body) => *body,
            Reading::Asks(path) => return Some(Err(path)),
        };
        let source = Self { function, signature, body };
        names::check_namesake(&source, diagnostics);
        Some(Ok(source))
    }

    fn name(&self) -> String {
        self.function.sig.ident.to_string()
    }

    /// True where nalgebra's matrices occur, so that the numbers must be such that it takes them.
    fn has_matrices(&self) -> bool {
        self.body.graph.ids().any(|id| matches!(self.body.graph.shape(id), Shape::Matrix(..)))
    }

    /// Reports calls for each entry of an array that also take another array whole, through which the derivative would
    /// go: there would be an array of it for each entry.
    fn check_calls(&self, wrt: &[NodeId], diagnostics: &mut Diagnostics) {
        let graph = &self.body.graph;
        let dependent = graph.dependent(wrt);
        let reachable = graph.reachable(&[self.body.output]);
        for id in graph.ids().filter(|id| reachable[id.index()]) {
            let Op::Call(callee, _, arguments) = graph.op(id) else { continue };
            if graph.shape(id).is_scalar() {
                continue;
            }
            let callee = graph.callee(*callee);
            for (argument, pass) in arguments.iter().zip(&callee.passes) {
                if !pass.is_number() && dependent[argument.index()] {
                    diagnostics.error(
                        &callee.path,
                        "the derivative would go through a whole array that is passed to a call for each entry, which is not modelled; pass its entries as numbers, or write the function out here",
                    );
                }
            }
        }
    }
}

/// Why `item` is no function: it is something else, or it has an error of its own.
fn no_function(what: &str, item: &TokenStream, error: syn::Error) -> syn::Error {
    if let Ok(TraitItemFn { attrs: _, modifiers: _, sig, default: None, semi_token: _ }) =
        syn::parse2(item.clone())
    {
        let hint = "a function without a body has no derivative; write a free function, and call it where the trait is implemented";
        return syn::Error::new_spanned(sig.ident, hint);
    }
    if item.clone().into_iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn")) {
        return error;
    }
    let first = item.clone().into_iter().next().map_or_else(TokenStream::new, ToTokens::into_token_stream);
    syn::Error::new_spanned(first, format!("`{what}` belongs on a function"))
}

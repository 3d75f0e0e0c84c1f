//! From an annotated function to the items that replace it.

mod arrays;
mod control;
mod differentiate;
mod directions;
mod field;
mod file;
mod function;
mod generics;
mod implementation;
mod kernel;
mod lengths;
mod names;
mod namesake;
mod network;
mod slices;
mod structure;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parse;
use syn::{ItemFn, TraitItemFn};

pub use control::control;
pub use differentiate::differentiate;
pub use file::file;
pub use function::{Formula, Function};
pub use network::network;

use crate::depth;
use crate::diagnostics::Diagnostics;
use crate::graph::{NodeId, Op, Shape};
use crate::parse::{self, Body};
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
}

impl Expansion {
    /// A function that was refused: it stays as it is, beside the error.
    fn refused(name: String, item: &TokenStream, error: syn::Error) -> Self {
        let message = error.to_compile_error();
        let mut tokens = item.clone();
        tokens.extend(message);
        Self { name, tokens, formulas: Vec::new(), error: Some(error) }
    }
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
    /// Reads a function; what is wrong with it is reported.
    fn read(function: ItemFn, diagnostics: &mut Diagnostics) -> Option<Self> {
        let signature = Signature::read(&function, diagnostics)?;
        let body = parse::body(&function, &signature, diagnostics)?;
        let source = Self { function, signature, body };
        names::check_namesake(&source, diagnostics);
        Some(source)
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

/// Expands an attribute: reads its arguments and the function, and lets `derive` make the items; all that is wrong is
/// reported together.
fn expand<A: Parse>(
    what: &str,
    attribute: TokenStream,
    item: &TokenStream,
    derive: impl FnOnce(A, Source, &mut Diagnostics) -> Option<Expansion>,
) -> Expansion {
    let work = || read_and_derive(what, attribute, item, derive);
    depth::with_room(item, work).unwrap_or_else(|error| Expansion::refused(String::new(), item, error))
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

fn read_and_derive<A: Parse>(
    what: &str,
    attribute: TokenStream,
    item: &TokenStream,
    derive: impl FnOnce(A, Source, &mut Diagnostics) -> Option<Expansion>,
) -> Expansion {
    let function = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(error) => return Expansion::refused(String::new(), item, no_function(what, item, error)),
    };
    let name = function.sig.ident.to_string();
    let mut diagnostics = Diagnostics::default();
    let attribute = syn::parse2::<A>(attribute).map_err(|error| diagnostics.push(error)).ok();
    let source = Source::read(function, &mut diagnostics);
    let derived =
        attribute.zip(source).and_then(|(attribute, source)| derive(attribute, source, &mut diagnostics));
    match (diagnostics.check(), derived) {
        (Ok(()), Some(expansion)) => expansion,
        (Err(error), _) => Expansion::refused(name, item, error),
        (Ok(()), None) => unreachable!("what was refused was reported"),
    }
}

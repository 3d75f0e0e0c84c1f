//! What a function hands on to those that call it with whole arrays: a macro of its name.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Visibility;

use super::Source;
use crate::callees::Known;
use crate::graph::{Constant, NodeId, Op, text};
use crate::parse::TAKEN;

/// The body of a function for its callers.
pub(super) struct Handed {
    /// The text; none for a function that takes no arrays, or has the name of another macro.
    pub(super) text: Option<String>,
    /// Constants of the namesake that the text counts: numbers and lengths.
    constants: Vec<TokenStream>,
    /// Whether there is a namesake.
    has_namesake: bool,
    visibility: Visibility,
}

impl Handed {
    pub(super) fn new(source: &Source, has_namesake: bool) -> Self {
        let mut handed =
            Self { text: None, constants: Vec::new(), has_namesake, visibility: source.function.vis.clone() };
        let takes_arrays = source.signature.parameters.iter().any(|parameter| !parameter.shape.is_scalar());
        if takes_arrays && !TAKEN.contains(&source.name().as_str()) {
            handed.write(source);
        }
        handed
    }

    fn write(&mut self, source: &Source) {
        let body = &source.body;
        let graph = &body.graph;
        let roots: Vec<NodeId> = body.parameters.iter().copied().chain([body.output]).collect();
        let needed = graph.reachable(&roots);
        let ids = || graph.ids().filter(|id| needed[id.index()]);
        let called = ids().find_map(|id| match graph.op(id) {
            Op::Call(callee, ..) | Op::CallGradient(callee, ..) | Op::CallAlong(callee, ..) => {
                Some(&graph.callee(*callee).path)
            }
            _ => None,
        });
        if let Some(path) = called {
            let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
            let is_number = graph.shape(body.output).is_scalar();
            self.text = Some(Known::text(&format!("it calls another function, `{name}`"), is_number));
            return;
        }
        let generics = source.function.sig.generics.const_params();
        let generics: Vec<String> = generics.map(|parameter| parameter.ident.to_string()).collect();
        let (text, lengths) = text::write(graph, &body.parameters, body.output, &generics);
        self.text = Some(text);
        for (number, length) in lengths.iter().enumerate() {
            if !generics.contains(length) {
                let name = format_ident!("length_{number}");
                let length: TokenStream = length.parse().expect("it was printed from tokens");
                self.constants.push(quote!(pub const #name: usize = #length;));
            }
        }
        let mut seen = Vec::new();
        for id in ids() {
            let Op::Constant(index) = graph.op(id) else { continue };
            if seen.contains(index) {
                continue;
            }
            seen.push(*index);
            let Constant { path, is_cast } = graph.constant(*index);
            let name = format_ident!("constant_{index}");
            let cast = is_cast.then(|| quote!(as f64));
            self.constants.push(quote!(pub const #name: f64 = #path #cast;));
        }
    }

    /// The macro, and the constants; `place` tells the function from others of its name.
    pub(super) fn item(&self, name: &Ident, place: &str) -> TokenStream {
        let Some(text) = &self.text else { return TokenStream::new() };
        let (visibility, text) = (&self.visibility, Literal::string(text));
        // What is public has a name in the whole crate, so that name says where the function stands.
        let is_public = matches!(visibility, Visibility::Public(_));
        let (long, export) = if is_public {
            (format_ident!("__voidgrad_{name}_{place}"), Some(quote!(#[macro_export])))
        } else {
            (format_ident!("__voidgrad_{name}"), None)
        };
        let constants = &self.constants;
        let namesake = (!self.has_namesake && !constants.is_empty()).then(|| {
            quote! {
                // It has the name of the function, and is read by callers alone.
                #[doc(hidden)]
                #[allow(non_camel_case_types, dead_code)]
                #visibility enum #name {}
            }
        });
        let constants = (!constants.is_empty()).then(|| {
            quote! {
                // They are named by their numbers, for callers alone. Style lints are for code that people write.
                #[doc(hidden)]
                #[allow(non_upper_case_globals, dead_code, missing_docs, clippy::all, clippy::pedantic)]
                impl #name {
                    #(#constants)*
                }
            }
        });
        let item = quote! {
            #namesake
            #constants
            // No kernel need ask for the body, and the function may stand in another function. Style lints are for code that people write.
            #[doc(hidden)]
            #[allow(unused_macros, non_local_definitions, clippy::all, clippy::pedantic)]
            #export
            macro_rules! #long {
                (($($resume:tt)*) $($state:tt)*) => { $($resume)* { #text $($state)* } };
            }
            // The macro is imported with the function, whoever needs it, and is as visible as the function is declared to be.
            #[doc(hidden)]
            #[allow(unused_imports, unreachable_pub, clippy::all, clippy::pedantic)]
            #visibility use #long as #name;
        };
        item.into_token_stream()
    }
}

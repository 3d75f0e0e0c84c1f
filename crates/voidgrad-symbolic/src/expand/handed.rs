//! What a function hands on to those that call it with whole arrays: a macro of its name.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::Visibility;

use super::Source;
use crate::callees::Known;
use crate::graph::{Callee, Constant, NodeId, Op, text};
use crate::parse::{Body, TAKEN};

/// The body of a function for its callers.
pub(super) struct Handed {
    /// The text; none for a function that takes no arrays, or has the name of another macro.
    pub(super) text: Option<String>,
    /// Constants of the namesake that the text counts: numbers and lengths.
    constants: Vec<TokenStream>,
    /// The functions of numbers that the text calls, by their numbers there.
    callees: Vec<(usize, Callee)>,
    /// Whether there is a namesake.
    has_namesake: bool,
    visibility: Visibility,
}

impl Handed {
    /// `inlined` reads the body with all that it calls with whole arrays in the place of the calls.
    pub(super) fn new(source: &Source, has_namesake: bool, inlined: impl FnOnce() -> Option<Body>) -> Self {
        let mut handed = Self {
            text: None,
            constants: Vec::new(),
            callees: Vec::new(),
            has_namesake,
            visibility: source.function.vis.clone(),
        };
        let takes_arrays = source.signature.parameters.iter().any(|parameter| !parameter.shape.is_scalar());
        if takes_arrays && !TAKEN.contains(&source.name().as_str()) {
            let whole = called_with_an_array(&source.body);
            let body =
                whole.as_ref().and_then(|_| inlined()).filter(|body| called_with_an_array(body).is_none());
            match (body, whole) {
                (Some(body), _) => handed.write(source, &body),
                (None, None) => handed.write(source, &source.body),
                (None, Some(name)) => {
                    let is_number = source.body.graph.shape(source.body.output).is_scalar();
                    let reason = format!(
                        "it passes a whole array to `{name}`, whose body can't take the place of that call"
                    );
                    handed.text = Some(Known::text(&reason, is_number));
                }
            }
        }
        handed
    }

    fn write(&mut self, source: &Source, body: &Body) {
        let graph = &body.graph;
        let ids = needed(body);
        for (number, callee) in calls(body) {
            if self.callees.iter().all(|(known, _)| *known != number) {
                self.callees.push((number, callee.clone()));
            }
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
        for id in ids {
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
    pub(super) fn item(&self, name: &Ident, place: &str, root: &TokenStream) -> TokenStream {
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
        let callees: TokenStream =
            self.callees.iter().map(|(number, callee)| forwarded(name, *number, callee, root)).collect();
        let needs_namesake = !constants.is_empty() || !callees.is_empty();
        let namesake = (!self.has_namesake && needs_namesake).then(|| {
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
            #callees
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

/// What the value is made of.
fn needed(body: &Body) -> Vec<NodeId> {
    let roots: Vec<NodeId> = body.parameters.iter().copied().chain([body.output]).collect();
    let needed = body.graph.reachable(&roots);
    body.graph.ids().filter(|id| needed[id.index()]).collect()
}

/// The functions that a body calls, by their numbers in its graph.
fn calls(body: &Body) -> impl Iterator<Item = (usize, &Callee)> {
    needed(body).into_iter().filter_map(|id| match *body.graph.op(id) {
        Op::Call(callee, ..) | Op::CallGradient(callee, ..) | Op::CallAlong(callee, ..) => {
            Some((callee, body.graph.callee(callee)))
        }
        _ => None,
    })
}

/// The name of a function that a body passes a whole array to.
fn called_with_an_array(body: &Body) -> Option<String> {
    calls(body).find(|(_, callee)| !callee.takes_numbers()).map(|(_, callee)| callee.name())
}

/// A call that stands in the body of the function `name`, for those that inline it: as what it calls has a value and derivatives, so
/// has this.
fn forwarded(name: &Ident, number: usize, callee: &Callee, root: &TokenStream) -> TokenStream {
    let (path, number) = (&callee.path, Literal::usize_unsuffixed(number));
    let (callee, arguments, inner) = match &callee.within {
        None => (quote!((#path)), quote!(Args), quote!(arguments.0)),
        Some(within) => {
            let inner = Literal::usize_unsuffixed(within.number);
            (quote!((#path)), quote!(#root::Within<#inner, Args>), quote!(#root::Within(arguments.0)))
        }
    };
    let implement = |consts: &TokenStream, start: &TokenStream, method: &TokenStream| {
        quote! {
            #[automatically_derived]
            #[allow(private_bounds, unused_parens, clippy::all, clippy::pedantic)]
            impl<#consts D, Args> #root::#start D, #root::Within<#number, Args>> for #name
            where
                #callee: #root::#start D, #arguments>,
            {
                #[inline(always)]
                fn #method(arguments: #root::Within<#number, Args>) -> D {
                    <#callee as #root::#start D, #arguments>>::#method(#inner)
                }
            }
        }
    };
    let value = implement(&TokenStream::new(), &quote!(Value<), &quote!(value));
    let first = implement(&quote!(const I: usize,), &quote!(Partial < I,), &quote!(partial));
    let second = implement(
        &quote!(const I: usize, const J: usize,),
        &quote!(SecondPartial < I, J,),
        &quote!(second_partial),
    );
    quote!(#value #first #second)
}

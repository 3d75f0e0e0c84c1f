//! A generated function: its signature, its documentation and its body.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Generics;

use crate::emit::{self, Argument, Output, Types};
use crate::graph::{Graph, NodeId};
use crate::latex;

/// The formula of one generated function.
#[derive(Debug, Clone)]
pub struct Formula {
    /// The function: `g::d_theta`.
    pub function: String,
    /// Equations in LaTeX: intermediate values first, the result last.
    pub equations: Vec<String>,
}

/// A generated function before it is written.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name: `d_x`.
    pub name: Ident,
    /// What it is, in one line.
    pub doc: String,
    /// The left-hand side of its formula, in LaTeX.
    pub left: String,
    /// How many of the arguments it takes, and the type of each.
    pub arguments: Vec<(Ident, TokenStream)>,
    /// The result's type.
    pub result: TokenStream,
    /// What it computes.
    pub outputs: Vec<Output>,
}

/// What the functions of one namesake share.
pub(super) struct Context<'a> {
    pub(super) graph: &'a Graph,
    /// All arguments that the graph counts, those of the source first.
    pub(super) arguments: &'a [Argument],
    pub(super) types: &'a Types,
    pub(super) generics: &'a Generics,
    pub(super) vis: &'a syn::Visibility,
    /// The trait that the numbers have.
    pub(super) bound: TokenStream,
    pub(super) owner: &'a str,
}

impl Function {
    /// The function as an associated function of the namesake.
    pub(super) fn write(&self, context: &Context<'_>) -> (TokenStream, Formula) {
        let body = emit::body(context.graph, context.arguments, context.types, &self.outputs);
        let formula = self.formula(context);
        let tokens = self.with_body(context, &body, Some(&formula));
        (tokens, formula)
    }

    /// The function with a given body.
    pub(super) fn with_body(
        &self,
        context: &Context<'_>,
        body: &TokenStream,
        formula: Option<&Formula>,
    ) -> TokenStream {
        let Context { types, generics, vis, bound, .. } = context;
        let (name, result, real) = (&self.name, &self.result, types.real());
        let arguments = self.arguments.iter().map(|(name, ty)| quote!(#name: #ty));
        let docs = self.docs(formula);
        let lifetimes = generics.lifetimes();
        let consts = generics.const_params();
        let where_clause = &generics.where_clause;
        quote! {
            #(#[doc = #docs])*
            #[inline]
            #vis fn #name<#(#lifetimes,)* #real: #bound #(, #consts)*>(#(#arguments),*) -> #result #where_clause {
                #body
            }
        }
    }

    fn docs(&self, formula: Option<&Formula>) -> Vec<String> {
        let mut lines = vec![format!(" {}", self.doc)];
        if let Some(formula) = formula
            && formula.equations.len() <= 12
        {
            lines.extend([String::new(), " ```text".to_owned()]);
            lines.extend(formula.equations.iter().map(|equation| format!(" {equation}")));
            lines.push(" ```".to_owned());
        }
        lines
    }

    fn formula(&self, context: &Context<'_>) -> Formula {
        let graph = context.graph;
        let steps = emit::steps(graph, context.arguments, &self.outputs);
        let named =
            |id: NodeId| steps.iter().find(|(step, _)| *step == id).map(|(_, name)| latex::symbol(name));
        let mut equations: Vec<String> = steps
            .iter()
            .map(|(id, name)| format!("{} = {}", latex::symbol(name), latex::formula(graph, *id, &named)))
            .collect();
        let results: Vec<String> = self
            .outputs
            .iter()
            .flat_map(|output| output.nodes().iter().copied())
            .map(|id| named(id).unwrap_or_else(|| latex::formula(graph, id, &named)))
            .collect();
        let result = match results.as_slice() {
            [single] => single.clone(),
            several => format!(r"\left({}\right)", several.join(", ")),
        };
        equations.push(format!("{} = {result}", self.left));
        Formula { function: format!("{}::{}", context.owner, self.name), equations }
    }
}

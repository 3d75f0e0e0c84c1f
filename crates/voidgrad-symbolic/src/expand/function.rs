//! A generated function: its signature, its documentation and its body.

use std::collections::{HashMap, HashSet};

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
    /// How many of them are the source's.
    pub(super) own: usize,
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
        let body = emit::body(context.graph, context.arguments, context.own, context.types, &self.outputs);
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
            #[inline(always)]
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
            // Inside a block element, Markdown leaves everything alone.
            lines.extend([String::new(), " <div style=\"line-height: 2.2; overflow-y: hidden\">".to_owned()]);
            lines.extend(formula.equations.iter().map(|equation| format!(" {}", latex::mathml(equation))));
            lines.push(" </div>".to_owned());
        }
        lines
    }

    /// The formula, in equations that read like the code: the user's own values keep their names, short ones are
    /// written out where they are used, and the rest are `t_1`, `t_2`, ….
    fn formula(&self, context: &Context<'_>) -> Formula {
        let graph = context.graph;
        let mut symbols: HashMap<NodeId, String> = HashMap::new();
        let own: HashSet<&str> = graph.ids().filter_map(|id| graph.name(id)).collect();
        let mut equations = Vec::new();
        let mut count = 0;
        for (id, name) in emit::steps(graph, context.arguments, &self.outputs) {
            let right = latex::formula(graph, id, &|id| symbols.get(&id).cloned());
            let left = match is_own(&own, &name) {
                true => latex::symbol(&name),
                false if right.len() <= SHORT => continue,
                false => {
                    count += 1;
                    format!("t_{{{count}}}")
                }
            };
            equations.push(format!("{left} = {right}"));
            symbols.insert(id, left);
        }
        let symbol = |id: NodeId| symbols.get(&id).cloned();
        let nodes = self.outputs.iter().flat_map(|output| output.nodes().iter().copied());
        let results: Vec<String> =
            nodes.map(|id| symbol(id).unwrap_or_else(|| latex::formula(graph, id, &symbol))).collect();
        let result = match results.as_slice() {
            [single] => single.clone(),
            several => format!(r"\left({}\right)", several.join(", ")),
        };
        equations.push(format!("{} = {result}", self.left));
        Formula { function: format!("{}::{}", context.owner, self.name), equations }
    }
}

/// Formulas of fewer characters than this need no symbol.
const SHORT: usize = 60;

/// True for a name that the user gave, and for the adjoint or tangent of a value with such a name.
fn is_own(own: &HashSet<&str>, name: &str) -> bool {
    own.contains(name.trim_end_matches("_bar").trim_end_matches("_dot").trim_end_matches("_bar"))
}

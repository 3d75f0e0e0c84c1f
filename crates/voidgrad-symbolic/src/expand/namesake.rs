//! The namesake of a function among the types: `pub enum foo {}`, which carries the derivatives.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::function::{Context, Formula, Function};
use crate::emit::{Argument, Output, Types, type_with};
use crate::graph::{NodeId, Shape};
use crate::signature::Parameter;

/// Everything that is needed to write the namesake of a function.
pub(super) struct Namesake<'a> {
    pub(super) source: &'a Source,
    pub(super) types: Types,
    /// The arguments of the source, then those that derivatives take in addition.
    pub(super) arguments: Vec<Argument>,
}

impl<'a> Namesake<'a> {
    pub(super) fn new(source: &'a Source, root: &TokenStream) -> Self {
        let taken = |name: &str| {
            source.function.sig.generics.params.iter().any(|parameter| match parameter {
                syn::GenericParam::Type(parameter) => parameter.ident == name,
                syn::GenericParam::Const(parameter) => parameter.ident == name,
                syn::GenericParam::Lifetime(_) => false,
            })
        };
        let free = || ["R", "T", "Number"].into_iter().find(|name| !taken(name)).unwrap_or("Real_");
        let real = source.signature.real.clone().unwrap_or_else(|| Ident::new(free(), Span::call_site()));
        let arguments = source
            .signature
            .parameters
            .iter()
            .map(|parameter| {
                let Parameter { ident, shape, by_ref, mask, .. } = parameter;
                Argument { by_ref: *by_ref, ..Argument::named(ident.clone(), shape.clone(), *mask) }
            })
            .collect();
        let types = Types::new(real, root.clone());
        Self { source, types, arguments }
    }

    /// The source's arguments with their types.
    pub(super) fn own_arguments(&self) -> Vec<(Ident, TokenStream)> {
        let real = self.types.real();
        self.source
            .signature
            .parameters
            .iter()
            .map(|parameter| {
                let ty = type_with(&parameter.ty, real);
                (parameter.ident.clone(), quote!(#ty))
            })
            .collect()
    }

    /// The type of a derivative that has the shape of this parameter: the parameter's, by value.
    pub(super) fn type_of_parameter(&self, index: usize) -> TokenStream {
        let parameter = &self.source.signature.parameters[index];
        let ty = match &parameter.ty {
            syn::Type::Reference(reference) => &reference.elem,
            ty => ty,
        };
        let ty = type_with(ty, self.types.real());
        quote!(#ty)
    }

    /// The result's type.
    pub(super) fn result_type(&self) -> TokenStream {
        let ty = type_with(&self.source.signature.output, self.types.real());
        quote!(#ty)
    }

    /// Adds an argument that derivatives take beside the source's, and gives its name and its index.
    pub(super) fn add_argument(&mut self, name: &str, shape: &Shape) -> (Ident, usize) {
        let mut ident = format_ident!("{name}");
        while self.arguments.iter().any(|argument| argument.ident == ident) {
            ident = format_ident!("{ident}_");
        }
        self.arguments.push(Argument::named(ident.clone(), shape.clone(), false));
        (ident, self.arguments.len() - 1)
    }

    /// Adds an argument of a parameter's type, by reference if that is, and gives its name and type.
    pub(super) fn add_direction(&mut self, index: usize) -> (Ident, TokenStream) {
        let parameter = &self.source.signature.parameters[index];
        let ty = type_with(&parameter.ty, self.types.real());
        let (ident, at) = self.add_argument(&format!("{}_dot", parameter.ident), &parameter.shape);
        self.arguments[at].by_ref = parameter.by_ref;
        (ident, quote!(#ty))
    }

    /// The items: the namesake with `functions`, and the checks that the source's calls mean what they say.
    pub(super) fn write(&self, functions: &[Function], doc: &str) -> (TokenStream, Vec<Formula>) {
        let source = self.source;
        let name = source.name();
        let context = self.context(&name);
        let (written, formulas): (Vec<TokenStream>, Vec<Formula>) =
            functions.iter().map(|function| function.write(&context)).unzip();
        let checks = self.function_checks();
        let items = self.items(&quote!(#(#written)*), doc);
        (quote!(#items #checks), formulas)
    }

    pub(super) fn context<'c>(&'c self, owner: &'c str) -> Context<'c> {
        let root = self.types.root();
        let bound = if self.source.has_matrices() { quote!(#root::Scalar) } else { quote!(#root::Real) };
        Context {
            graph: &self.source.body.graph,
            arguments: &self.arguments,
            own: self.source.signature.parameters.len(),
            types: &self.types,
            generics: &self.source.function.sig.generics,
            vis: &self.source.function.vis,
            bound,
            owner,
        }
    }

    fn items(&self, functions: &TokenStream, doc: &str) -> TokenStream {
        items(&self.source.function.vis, &self.source.function.sig.ident, functions, doc)
    }

    /// A user's own `sigmoid` is not voidgrad's: the types of the two must be one, or the compiler says so at the
    /// user's path.
    fn function_checks(&self) -> TokenStream {
        let root = self.types.root();
        let mut seen = Vec::new();
        let mut checks = TokenStream::new();
        for (path, name) in &self.source.body.functions {
            if seen.contains(&path) {
                continue;
            }
            seen.push(path);
            let name = Ident::new(name, Span::call_site());
            checks.extend(quote!(const _: fn(#path) -> #root::#name = |function| function;));
        }
        checks
    }

    /// How callers reach the derivatives: by the position of the argument. `pairs` are the second derivatives that
    /// there are.
    pub(super) fn partials(&self, wrt: &[usize], pairs: &[(usize, usize)]) -> TokenStream {
        let scalar = |index: usize| self.arguments[index].shape.is_scalar();
        let mut tokens = TokenStream::new();
        if !self.source.signature.output_shape.is_scalar() {
            return tokens;
        }
        if self.source.signature.parameters.iter().all(|parameter| parameter.shape.is_scalar()) {
            tokens.extend(self.value());
        }
        for &i in wrt {
            let position = Literal::usize_unsuffixed(i);
            let function = format_ident!("d_{}", self.arguments[i].ident);
            let ty = self.type_of_parameter(i);
            tokens.extend(self.partial(&quote!(Partial<#position,), &quote!(partial), &function, &ty));
        }
        for &(i, j) in pairs.iter().filter(|(i, j)| scalar(*i) && scalar(*j)) {
            let function = format_ident!("d_{}_d_{}", self.arguments[i].ident, self.arguments[j].ident);
            let (first, second) = (Literal::usize_unsuffixed(i.min(j)), Literal::usize_unsuffixed(i.max(j)));
            let real = self.types.real();
            tokens.extend(self.partial(
                &quote!(SecondPartial<#first, #second,),
                &quote!(second_partial),
                &function,
                &quote!(#real),
            ));
        }
        tokens
    }

    /// How those that inline a caller reach the value.
    fn value(&self) -> TokenStream {
        let (idents, types, real) = (self.own_idents(), self.argument_types(), self.types.real());
        let name = &self.source.function.sig.ident;
        self.implement(
            &quote!(Value<#real, (#(#types,)*)>),
            &quote! {
                fn value((#(#idents,)*): (#(#types,)*)) -> #real {
                    #name::value(#(#idents),*)
                }
            },
        )
    }

    fn partial(
        &self,
        trait_start: &TokenStream,
        method: &TokenStream,
        function: &Ident,
        output: &TokenStream,
    ) -> TokenStream {
        let idents = self.own_idents();
        let types = self.argument_types();
        let name = &self.source.function.sig.ident;
        self.implement(
            &quote!(#trait_start #output, (#(#types,)*)>),
            &quote! {
                fn #method((#(#idents,)*): (#(#types,)*)) -> #output {
                    #name::#function(#(#idents),*)
                }
            },
        )
    }

    /// How callers reach a second derivative in the direction of an array: `function` is that with respect to the
    /// parameters i and j.
    pub(super) fn second_direction(&self, i: usize, j: usize, function: &Ident) -> TokenStream {
        let idents = self.own_idents();
        let types = self.argument_types();
        let name = &self.source.function.sig.ident;
        let (output, dot) = (self.type_of_parameter(i), self.type_of_parameter(j));
        let (i, j) = (Literal::usize_unsuffixed(i), Literal::usize_unsuffixed(j));
        self.implement(
            &quote!(SecondDirection<#i, #j, #output, #dot, (#(#types,)*)>),
            &quote! {
                fn second_direction((#(#idents,)*): (#(#types,)*), dot: #dot) -> #output {
                    #name::#function(#(#idents,)* dot)
                }
            },
        )
    }

    fn own_idents(&self) -> Vec<&Ident> {
        self.arguments[..self.source.signature.parameters.len()]
            .iter()
            .map(|argument| &argument.ident)
            .collect()
    }

    fn argument_types(&self) -> Vec<TokenStream> {
        let argument_type = |(index, parameter): (usize, &Parameter)| match &parameter.ty {
            syn::Type::Reference(_) => {
                let ty = self.type_of_parameter(index);
                quote!(&'a #ty)
            }
            _ => self.type_of_parameter(index),
        };
        self.source.signature.parameters.iter().enumerate().map(argument_type).collect()
    }

    fn implement(&self, trait_with_arguments: &TokenStream, method: &TokenStream) -> TokenStream {
        let (root, real) = (self.types.root(), self.types.real());
        let generics = &self.source.function.sig.generics;
        let (consts, where_clause) = (generics.const_params(), &generics.where_clause);
        let name = &self.source.function.sig.ident;
        let bound = self.context("").bound;
        let has_references = self.source.signature.parameters.iter().any(|parameter| parameter.by_ref);
        let lifetime = has_references.then(|| quote!('a,));
        quote! {
            #[automatically_derived]
            #[allow(clippy::all, clippy::pedantic)]
            impl<#lifetime #real: #bound #(, #consts)*> #root::#trait_with_arguments for #name #where_clause {
                #[inline(always)]
                #method
            }
        }
    }
}

/// The namesake around its functions.
pub(super) fn items(vis: &syn::Visibility, name: &Ident, functions: &TokenStream, doc: &str) -> TokenStream {
    let doc = format!(" {doc}");
    quote! {
        #[doc = #doc]
        // It is named as the function is.
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Debug, Clone, Copy)]
        #vis enum #name {}

        #[automatically_derived]
        // A user calls some of the functions, a derivative reads some of the arguments, and the types of callees stand in
        // parentheses; style lints are for code that people write.
        #[allow(dead_code, unused_parens, unused_variables, clippy::all, clippy::pedantic)]
        impl #name {
            #functions
        }
    }
}

/// One output.
pub(super) fn single(node: NodeId) -> Vec<Output> {
    vec![Output::Node(node)]
}

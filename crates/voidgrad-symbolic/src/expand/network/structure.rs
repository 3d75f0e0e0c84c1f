//! The struct of a network's parameters, its functions, and `impl Network`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Roles, arguments, name};
use crate::expand::Source;
use crate::expand::field::entries;
use crate::graph::Shape;
use crate::kernel::size;
use crate::signature::Parameter;

/// Arguments of one kind, as the struct's functions name them.
struct Named {
    idents: Vec<Ident>,
    names: Vec<String>,
    types: Vec<syn::Type>,
    /// Their entries among those of their kind.
    ranges: Vec<TokenStream>,
}

impl Named {
    fn new(source: &Source, indices: &[usize]) -> Self {
        let parameters = arguments(source, indices);
        let mut first = 0;
        let ranges = parameters.iter().map(|parameter| {
            let from = first;
            first += entries(parameter);
            let [from, to] = [from, first].map(Literal::usize_unsuffixed);
            quote!(#from..#to)
        });
        Self {
            ranges: ranges.collect(),
            idents: parameters.iter().map(|parameter| parameter.ident.clone()).collect(),
            names: parameters.iter().map(|parameter| parameter.ident.to_string()).collect(),
            types: parameters.iter().map(|parameter| owned(parameter).clone()).collect(),
        }
    }
}

/// The struct, its functions, and `impl Network`.
pub(super) fn structure(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let (vis, function, name) = (&source.function.vis, &source.function.sig.ident, name(source));
    let doc = format!(
        " The network [`{function}`](fn@{function}) with its parameters, for many rows at once on SIMD lanes."
    );
    let (making, holding, rows) = (
        constructors(source, roles, root),
        getters(source, roles, root),
        functions_of_rows(source, roles, root),
    );
    let shapes = arguments(source, &roles.parameters).into_iter().map(|parameter| shape(parameter, root));
    quote! {
        #[doc = #doc]
        #[derive(Debug, Clone, PartialEq)]
        #vis struct #name {
            parameters: ::std::vec::Vec<f64>,
            data: ::std::vec::Vec<f64>,
        }

        // A program need not call all of it; style lints are for code that people write.
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #name {
            #making
            #holding
            #rows
        }

        #[automatically_derived]
        impl #root::network::Network for #name {
            const PARAMETERS: &'static [#root::network::Parameter] = &[#(#shapes),*];

            fn parameters(&self) -> &[f64] {
                &self.parameters
            }

            fn set_parameters(
                &mut self,
                parameters: &[f64],
            ) -> ::core::result::Result<(), #root::network::NetworkError> {
                #root::network::take(&mut self.parameters, parameters)
            }
        }
    }
}

/// A parameter with its shape.
fn shape(parameter: &Parameter, root: &TokenStream) -> TokenStream {
    let name = parameter.ident.to_string();
    let shape = match &parameter.shape {
        Shape::Scalar => quote!(Number),
        shape if shape.is_column() || matches!(shape, Shape::Array(_)) => {
            let entries = Literal::usize_unsuffixed(entries(parameter));
            quote!(Array(#entries))
        }
        shape => {
            let (rows, columns) = size(shape).unwrap_or((1, 1));
            let [rows, columns] = [rows, columns].map(Literal::usize_unsuffixed);
            quote!(Matrix(#rows, #columns))
        }
    };
    quote!(#root::network::Parameter { name: #name, shape: #root::network::Shape::#shape })
}

/// `new` and `draw`.
fn constructors(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let vis = &source.function.vis;
    let Named { idents, names, types, .. } = Named::new(source, &roles.parameters);
    let Named { idents: data_idents, names: data_names, types: data_types, .. } =
        Named::new(source, &roles.data);
    quote! {
        /// The network with these values.
        ///
        /// # Errors
        /// If a value is NaN or infinite.
        #vis fn new(
            #(#idents: &#types,)*
            #(#data_idents: &#data_types,)*
        ) -> ::core::result::Result<Self, #root::InvalidParameter> {
            let (mut parameters, mut data) = (::std::vec::Vec::new(), ::std::vec::Vec::new());
            #(#root::network::append(&mut parameters, #names, #idents)?;)*
            #(#root::network::append(&mut data, #data_names, #data_idents)?;)*
            Ok(Self { parameters, data })
        }

        /// The network with parameters from the stream: a matrix of C columns uniform in `±1/√C`, everything else 0.
        ///
        /// # Errors
        /// If a number of the data is NaN or infinite.
        #vis fn draw(
            stream: &mut #root::Stream,
            #(#data_idents: &#data_types,)*
        ) -> ::core::result::Result<Self, #root::InvalidParameter> {
            let mut data = ::std::vec::Vec::new();
            #(#root::network::append(&mut data, #data_names, #data_idents)?;)*
            let parameters =
                #root::network::drawn(<Self as #root::network::Network>::PARAMETERS, stream);
            Ok(Self { parameters, data })
        }
    }
}

/// What the struct holds, by name, and what sets the data.
fn getters(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let vis = &source.function.vis;
    let Named { idents, ranges, .. } = Named::new(source, &roles.parameters);
    let data = Named::new(source, &roles.data);
    let Named { idents: data_idents, names: data_names, types: data_types, ranges: data_ranges } = &data;
    let setters: Vec<Ident> = data_idents.iter().map(|ident| format_ident!("set_{ident}")).collect();
    quote! {
        #(
            /// The entries of this parameter; of a matrix, column by column.
            #[must_use]
            #vis fn #idents(&self) -> &[f64] {
                &self.parameters[#ranges]
            }
        )*

        #(
            /// The entries of these data; of a matrix, column by column.
            #[must_use]
            #vis fn #data_idents(&self) -> &[f64] {
                &self.data[#data_ranges]
            }

            /// Takes other data.
            ///
            /// # Errors
            /// If a number is NaN or infinite.
            #vis fn #setters(
                &mut self,
                #data_idents: &#data_types,
            ) -> ::core::result::Result<(), #root::InvalidParameter> {
                #root::network::set(&mut self.data[#data_ranges], #data_names, #data_idents)
            }
        )*
    }
}

/// `rows` and `rows_vjp`.
fn functions_of_rows(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let (vis, function) = (&source.function.vis, &source.function.sig.ident);
    let Named { idents, .. } = Named::new(source, &roles.each);
    let bars: Vec<Ident> = idents.iter().map(|ident| format_ident!("{ident}_bar")).collect();
    let doc = [
        format!(" Writes `{function}` of every row to `y`."),
        String::new(),
        " Row n of an argument of k numbers is `[n * k..][..k]`, a matrix column by column; so it is for `y`, whose length says how many rows there are. `Rows::repeated` is for rows that several share."
            .to_owned(),
        String::new(),
        " # Errors".to_owned(),
        " If a length is not that of so many rows, or a value is NaN or infinite.".to_owned(),
    ];
    let vjp_doc = [
        " Adds `Σ_n ȳ_n·∂y_n/∂w` for all parameters w to `parameters_bar`, and writes `ȳ_n·∂y_n/∂x_n` for each argument x of a row.",
        "",
        " An empty slice stands for a derivative that is not wanted.",
        "",
        " # Errors",
        " If a length is not that of so many rows, or a derivative is NaN or infinite; then nothing is added, and what was written is of no use.",
    ];
    quote! {
        #(#[doc = #doc])*
        #vis fn rows<'rows, T: #root::network::Float>(
            &self,
            #(#idents: impl ::core::convert::Into<#root::network::Rows<'rows, T>>,)*
            y: &mut [T],
        ) -> ::core::result::Result<(), #root::network::NetworkError> {
            #root::network::rows(self, &[#(#idents.into()),*], y)
        }

        #(#[doc = #vjp_doc])*
        #vis fn rows_vjp<'rows, T: #root::network::Float>(
            &self,
            #(#idents: impl ::core::convert::Into<#root::network::Rows<'rows, T>>,)*
            y_bar: &[T],
            parameters_bar: &mut [f64],
            #(#bars: &mut [T],)*
        ) -> ::core::result::Result<(), #root::network::NetworkError> {
            #root::network::rows_vjp(self, &[#(#idents.into()),*], y_bar, parameters_bar, [#(#bars),*])
        }
    }
}

/// The type of an argument without its reference.
fn owned(parameter: &Parameter) -> &syn::Type {
    match &parameter.ty {
        syn::Type::Reference(reference) => &reference.elem,
        ty => ty,
    }
}

//! The struct of a network's parameters, its functions, and `impl Network`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{Roles, arguments, name};
use crate::attribute::Start;
use crate::expand::Source;
use crate::expand::field::owned;
use crate::expand::lengths::Lengths;
use crate::graph::Shape;
use crate::kernel::arrays::Extent;
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
        let mut first = Extent::default();
        let ranges = parameters.iter().map(|parameter| {
            let behind = &first + &Extent::of(&parameter.shape);
            let range = quote!(#first..#behind);
            first = behind;
            range
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
pub(super) fn structure(
    source: &Source,
    roles: &Roles,
    lengths: &Lengths,
    root: &TokenStream,
) -> TokenStream {
    let (vis, function, name) = (&source.function.vis, &source.function.sig.ident, name(source));
    let (generics, of_struct, _) = source.function.sig.generics.split_for_impl();
    let doc = format!(
        " The network [`{function}`](fn@{function}) with its parameters, for many rows at once on SIMD lanes."
    );
    let (making, holding, rows) = (
        constructors(source, roles, lengths, root),
        getters(source, roles, lengths, root),
        functions_of_rows(source, roles, root),
    );
    let field = lengths.field();
    let shapes = arguments(source, &roles.parameters).into_iter().map(|parameter| shape(parameter, root));
    let shapes = lengths.named(&quote!(::std::vec![#(#shapes),*]));
    quote! {
        #[doc = #doc]
        #[derive(Debug, Clone, PartialEq)]
        #vis struct #name #generics {
            #field
            parameters: ::std::vec::Vec<f64>,
            data: ::std::vec::Vec<f64>,
        }

        // A program need not call all of it; style lints are for code that people write.
        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #generics #name #of_struct {
            #making
            #holding
            #rows
        }

        #[automatically_derived]
        impl #generics #root::network::Network for #name #of_struct {
            fn shapes(&self) -> ::std::vec::Vec<#root::network::Parameter> {
                #shapes
            }

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
        Shape::Matrix(rows, columns) if !parameter.shape.is_column() => {
            let [rows, columns] = [rows, columns].map(Extent::from);
            quote!(Matrix(#rows, #columns))
        }
        Shape::Scalar => quote!(Number),
        shape => {
            let entries = Extent::of(shape);
            quote!(Array(#entries))
        }
    };
    quote!(#root::network::Parameter { name: #name, shape: #root::network::Shape::#shape })
}

/// `new` and `draw`.
fn constructors(source: &Source, roles: &Roles, lengths: &Lengths, root: &TokenStream) -> TokenStream {
    let vis = &source.function.vis;
    let Named { idents, names, types, .. } = Named::new(source, &roles.parameters);
    let Named { idents: data_idents, names: data_names, types: data_types, .. } =
        Named::new(source, &roles.data);
    let sizes = roles.parameters.iter().zip(&idents).filter_map(|(index, ident)| {
        let size = lengths.size(*index)?;
        Some(quote!(#ident: #size,))
    });
    let sizes: Vec<TokenStream> = sizes.collect();
    let (checks, checks_of_sizes) = (
        lengths.made(source, |_| false, &TokenStream::new(), root),
        lengths.made(source, |index| roles.parameters.contains(&index), &TokenStream::new(), root),
    );
    let made = lengths.value();
    let sizes_doc = (!sizes.is_empty()).then(|| {
        quote! {
            ///
            /// Parameters whose lengths are known only now come by their sizes: entries, or rows and columns.
        }
    });
    let errors = match (checks.is_empty(), checks_of_sizes.is_empty()) {
        (true, true) => [
            " If a value is NaN or infinite.",
            " If a number of the data is NaN or infinite, or there is no memory for so many parameters.",
        ],
        _ => [
            " If lengths do not agree, or a value is NaN or infinite.",
            " If lengths do not agree, a number of the data is NaN or infinite, or there is no memory for so many parameters.",
        ],
    };
    let [errors, errors_of_draw] = errors;
    let said = roles.starts.iter().map(|(index, start)| {
        let name = &source.signature.parameters[*index].ident;
        match start {
            Start::Constant(value) => format!("`{name}` is {}, ", value.to_token_stream()),
            Start::Uniform(width) => format!("`{name}` uniform in ±{}, ", width.to_token_stream()),
            Start::Normal(sigma) => {
                format!("`{name}` normal with the standard deviation {}, ", sigma.to_token_stream())
            }
        }
    });
    let matrix = if roles.starts.is_empty() { "a matrix" } else { "another matrix" };
    let draw_doc = format!(
        " The network with parameters from the stream: {}{matrix} of C columns uniform in `±1/√C`, everything else 0.",
        said.collect::<String>()
    );
    let starts = roles.parameters.iter().map(|index| {
        let start = roles.starts.iter().find(|(of, _)| of == index);
        match start.map(|(_, start)| start) {
            None => quote!(#root::network::Start::Usual),
            Some(Start::Constant(value)) => quote!(#root::network::Start::Constant(#value)),
            Some(Start::Uniform(width)) => quote!(#root::network::Start::Uniform(#width)),
            Some(Start::Normal(sigma)) => quote!(#root::network::Start::Normal(#sigma)),
        }
    });
    quote! {
        /// The network with these values.
        ///
        /// # Errors
        #[doc = #errors]
        #vis fn new(
            #(#idents: &#types,)*
            #(#data_idents: &#data_types,)*
        ) -> ::core::result::Result<Self, #root::network::NetworkError> {
            #checks
            let (mut parameters, mut data) = (::std::vec::Vec::new(), ::std::vec::Vec::new());
            #(#root::network::append(&mut parameters, #names, #idents)?;)*
            #(#root::network::append(&mut data, #data_names, #data_idents)?;)*
            Ok(Self { #made parameters, data })
        }

        #[doc = #draw_doc]
        #sizes_doc
        ///
        /// # Errors
        #[doc = #errors_of_draw]
        #vis fn draw(
            stream: &mut #root::Stream,
            #(#sizes)*
            #(#data_idents: &#data_types,)*
        ) -> ::core::result::Result<Self, #root::network::NetworkError> {
            #checks_of_sizes
            let mut data = ::std::vec::Vec::new();
            #(#root::network::append(&mut data, #data_names, #data_idents)?;)*
            let mut network = Self { #made parameters: ::std::vec::Vec::new(), data };
            network.parameters =
                #root::network::drawn(&#root::network::Network::shapes(&network), &[#(#starts),*], stream)?;
            Ok(network)
        }
    }
}

/// What the struct holds, by name, and what sets the data.
fn getters(source: &Source, roles: &Roles, lengths: &Lengths, root: &TokenStream) -> TokenStream {
    let vis = &source.function.vis;
    let Named { idents, ranges, .. } = Named::new(source, &roles.parameters);
    let data = Named::new(source, &roles.data);
    let Named { idents: data_idents, names: data_names, types: data_types, ranges: data_ranges } = &data;
    let entries = ranges.iter().map(|range| lengths.named(&quote!(&self.parameters[#range])));
    let data_entries = data_ranges.iter().map(|range| lengths.named(&quote!(&self.data[#range])));
    let setters =
        roles.data.iter().zip(data_idents).zip(data_names.iter().zip(data_types).zip(data_ranges)).map(
            |((index, ident), ((name, ty), range))| {
                let setter = format_ident!("set_{ident}");
                let checks = lengths.kept(source, *index, root);
                let errors = if checks.is_empty() {
                    " If a number is NaN or infinite."
                } else {
                    " If the length is another one, or a number is NaN or infinite."
                };
                let body = lengths.named(&quote! {
                    #checks
                    #root::network::set(&mut self.data[#range], #name, #ident)
                });
                quote! {
                    /// Takes other data.
                    ///
                    /// # Errors
                    #[doc = #errors]
                    #vis fn #setter(
                        &mut self,
                        #ident: &#ty,
                    ) -> ::core::result::Result<(), #root::network::NetworkError> {
                        #body
                    }
                }
            },
        );
    quote! {
        #(
            /// The entries of this parameter; of a matrix, column by column.
            #[must_use]
            #vis fn #idents(&self) -> &[f64] {
                #entries
            }
        )*

        #(
            /// The entries of these data; of a matrix, column by column.
            #[must_use]
            #vis fn #data_idents(&self) -> &[f64] {
                #data_entries
            }

            #setters
        )*
    }
}

/// `rows`, `rows_vjp` and `rows_and_vjp`.
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
    let both_doc = [
        " [`rows`](Self::rows) and [`rows_vjp`](Self::rows_vjp) by the parameters in one pass, which computes what they have in common once: for weights `ȳ` that are known before `y` is.",
        "",
        " # Errors",
        " If a length is not that of so many rows, or a value or a derivative is NaN or infinite; then nothing is added, and `y` is of no use.",
    ];
    quote! {
        #(#[doc = #both_doc])*
        #vis fn rows_and_vjp<'rows, T: #root::network::Float>(
            &self,
            #(#idents: impl ::core::convert::Into<#root::network::Rows<'rows, T>>,)*
            y_bar: &[T],
            y: &mut [T],
            parameters_bar: &mut [f64],
        ) -> ::core::result::Result<(), #root::network::NetworkError> {
            #root::network::rows_and_vjp(self, &[#(#idents.into()),*], y_bar, y, parameters_bar)
        }

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

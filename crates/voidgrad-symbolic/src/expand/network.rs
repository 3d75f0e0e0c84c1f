//! `#[network]`: a function of many rows, as a struct of its parameters with values and derivatives on lanes of rows.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::arrays::{named, split};
use super::differentiate::filled;
use super::names::check_network;
use super::structure::struct_name;
use super::{Expansion, Source, expand, located};
use crate::attribute::NetworkAttribute;
use crate::calculus::adjoints;
use crate::diagnostics::Diagnostics;
use crate::emit::Types;
use crate::graph::{NodeId, Shape};
use crate::kernel::arrays::{Backward, Obstacle, PanelProduct, RowKernel, RowParts, Slice, derive_rows};
use crate::kernel::size;
use crate::signature::Parameter;

/// What the arguments of a network are: their indices.
struct Roles {
    /// What differs from row to row.
    each: Vec<usize>,
    /// What all rows share and is no parameter.
    data: Vec<usize>,
    parameters: Vec<usize>,
}

/// Expands `#[network(attribute)] item`; `root` is the path of voidgrad.
#[must_use]
pub fn network(attribute: TokenStream, item: &TokenStream, root: &TokenStream) -> Expansion {
    expand("#[network]", attribute, item, |attribute: NetworkAttribute, source, diagnostics| {
        let roles = roles(&attribute, &source, diagnostics)?;
        let wrt: Vec<NodeId> =
            roles.each.iter().chain(&roles.parameters).map(|index| source.body.parameters[*index]).collect();
        source.check_calls(&wrt, diagnostics);
        check_network(&source, (&roles.each, &roles.data), diagnostics);
        if !diagnostics.is_empty() {
            return None;
        }
        let name = source.function.sig.ident.clone();
        derive(source, &roles, root)
            .map_err(|obstacle| {
                diagnostics.error(
                    &name,
                    format!("this function has no form for many rows at once, since {obstacle}"),
                );
            })
            .ok()
    })
}

fn roles(attribute: &NetworkAttribute, source: &Source, diagnostics: &mut Diagnostics) -> Option<Roles> {
    if let Some(parameter) = source.function.sig.generics.params.first() {
        diagnostics.error(
            parameter,
            "a network with generic parameters is not modelled; write the lengths as numbers",
        );
    }
    let mut kinds: Vec<Option<bool>> = vec![None; source.signature.parameters.len()];
    let named = attribute.each.iter().map(|name| (name, true));
    for (name, is_each) in named.chain(attribute.data.iter().map(|name| (name, false))) {
        match source.signature.position(name) {
            Some(index) if kinds[index].is_some() => {
                diagnostics.error(name, format!("`{name}` is named twice"));
            }
            Some(index) => kinds[index] = Some(is_each),
            None => diagnostics.error(name, format!("`{name}` is not an argument of this function")),
        }
    }
    for parameter in &source.signature.parameters {
        if parameter.mask {
            diagnostics.error(
                &parameter.ident,
                "a `bool` is not an argument of a network; pass a number and compare it",
            );
        } else if parameter.shape.entries().is_none() {
            diagnostics.error(&parameter.ty, "the length of a network's argument must be a number: `[f64; N]`, `SVector<f64, N>` or `SMatrix<f64, R, C>`");
        }
    }
    if source.signature.output_shape.entries().is_none() {
        diagnostics.error(&source.signature.output, "the length of a network's value must be a number");
    }
    let of_kind = |wanted: Option<bool>| -> Vec<usize> {
        (0..kinds.len()).filter(|index| kinds[*index] == wanted).collect()
    };
    let roles = Roles { each: of_kind(Some(true)), data: of_kind(Some(false)), parameters: of_kind(None) };
    diagnostics.is_empty().then_some(roles)
}

fn derive(mut source: Source, roles: &Roles, root: &TokenStream) -> Result<Expansion, Obstacle> {
    let (graph, y) = (&mut source.body.graph, source.body.output);
    let shape = graph.shape(y).clone();
    let y_bar = graph.parameter(source.signature.parameters.len(), shape, false);
    graph.set_name(y_bar, "y_bar");
    let wrt: Vec<NodeId> =
        roles.each.iter().chain(&roles.parameters).map(|index| source.body.parameters[*index]).collect();
    let bars = adjoints(graph, &[(y, y_bar)], &wrt);
    let bars = filled(graph, bars, &wrt);
    let (of_each, of_parameters) = bars.split_at(roles.each.len());
    let mut first = 0;
    let mut parameters = Vec::new();
    for (index, bar) in roles.parameters.iter().zip(of_parameters) {
        parameters.push((first, *bar));
        first += entries(&source.signature.parameters[*index]);
    }
    let each: Vec<(NodeId, NodeId)> = wrt.iter().zip(of_each).map(|(id, bar)| (*id, *bar)).collect();
    let shared: Vec<NodeId> =
        roles.parameters.iter().chain(&roles.data).map(|index| source.body.parameters[*index]).collect();
    let parts = RowParts {
        graph: &source.body.graph,
        each: &each,
        y: [y, y_bar],
        parameters: &parameters,
        shared: &shared,
    };
    let types = |name: &str| Types::new(format_ident!("{name}"), root.clone());
    let kernel = derive_rows(&parts, &types("R"), &types("T"))?;
    let (structure, implementation) =
        (structure(&source, roles, root), implementation(&source, roles, &kernel, root));
    let items = located(quote!(#structure #implementation), &source.function.sig.ident);
    let function = source.function.to_token_stream();
    // It is mostly called through its struct, and has as many arguments as parameters.
    let tokens = quote!(#[allow(dead_code, clippy::too_many_arguments)] #function #items);
    Ok(Expansion { name: source.name(), tokens, formulas: Vec::new(), error: None })
}

fn entries(parameter: &Parameter) -> usize {
    parameter.shape.entries().unwrap_or(1)
}

/// The arguments of these indices.
fn arguments<'s>(source: &'s Source, indices: &[usize]) -> Vec<&'s Parameter> {
    indices.iter().map(|index| &source.signature.parameters[*index]).collect()
}

/// The type of an argument without its reference.
fn owned(parameter: &Parameter) -> &syn::Type {
    match &parameter.ty {
        syn::Type::Reference(reference) => &reference.elem,
        ty => ty,
    }
}

fn name(source: &Source) -> Ident {
    struct_name(&source.function.sig.ident).expect("a network whose struct has no name was refused")
}

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
fn structure(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
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

/// `impl RowKernel`.
fn implementation(source: &Source, roles: &Roles, kernel: &RowKernel, root: &TokenStream) -> TokenStream {
    let name = name(source);
    let constants = constants(source, roles, kernel, root);
    let (plain, first) = plain(&kernel.shared, 0);
    let (derived, _) = self::plain(&kernel.derived, first);
    let numbers = numbers(kernel, &plain, first);
    let each = kernel.each.iter().map(|Slice { ident, entries, .. }| {
        let entries = Literal::usize_unsuffixed(*entries);
        quote!(let (#ident, each) = each.split_at(#entries * R::LANES);)
    });
    let residuals = split(&kernel.residuals);
    // What every pass reads.
    let read = quote!(#plain #derived #(#each)* #residuals);
    let bars = kernel.bars.iter().map(|Slice { ident, entries, .. }| {
        let entries = Literal::usize_unsuffixed(*entries);
        quote!(let (#ident, each_bar) = each_bar.split_at_mut(#entries * R::LANES);)
    });
    let [forward, backward, backward_of_parameters] =
        [&kernel.forward, &kernel.backward.stage, &kernel.backward_of_parameters.stage].map(|stage| {
            let (memory, statements) = (split(&stage.memory), &stage.statements);
            quote!(#memory #statements)
        });
    quote! {
        // A stage need not read all that it is given. Style lints are for code that people write.
        #[allow(dead_code, unused_imports, unused_variables, unused_parens, missing_docs, clippy::all, clippy::pedantic)]
        const _: () = {
            use #root::{Lanes as _, Real as _};

            #[automatically_derived]
            impl #root::RowKernel for #name {
                #constants

                fn numbers<T: #root::Element>(&self, numbers: &mut ::std::vec::Vec<T>) {
                    #root::network::extend(numbers, &self.parameters);
                    #root::network::extend(numbers, &self.data);
                    #numbers
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn forward<R: #root::Lanes<Element: #root::Element>>(
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    y: &mut [R::Element],
                    rows: &mut [R::Element],
                ) {
                    #read
                    #forward
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward<R: #root::Lanes<Element: #root::Element>>(
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    y_bar: &[R::Element],
                    each_bar: &mut [R::Element],
                    rows: &mut [R::Element],
                    (panels, row): (&mut [R::Element], usize),
                    sums: &mut [R::Element],
                ) {
                    #read
                    #(#bars)*
                    #backward
                }

                #[cfg_attr(not(debug_assertions), inline(always))]
                fn backward_of_parameters<R: #root::Lanes<Element: #root::Element>>(
                    hand: R,
                    numbers: &[R::Element],
                    each: &[R::Element],
                    y_bar: &[R::Element],
                    rows: &mut [R::Element],
                    (panels, row): (&mut [R::Element], usize),
                    sums: &mut [R::Element],
                ) {
                    #read
                    #backward_of_parameters
                }
            }
        };
    }
}

/// Names for plain numbers from entry `first` on, and the first entry behind them.
fn plain(slices: &[Slice], mut first: usize) -> (TokenStream, usize) {
    let mut names = TokenStream::new();
    for slice in slices {
        names.extend(named(slice, first));
        first += slice.entries;
    }
    (names, first)
}

/// The constants of `RowKernel`.
fn constants(source: &Source, roles: &Roles, kernel: &RowKernel, root: &TokenStream) -> TokenStream {
    let counts = arguments(source, &roles.each).into_iter().map(|parameter| {
        let (name, entries) = (parameter.ident.to_string(), Literal::usize_unsuffixed(entries(parameter)));
        quote!((#name, #entries))
    });
    let outputs = source.signature.output_shape.entries().unwrap_or(1);
    let parameters = arguments(source, &roles.parameters).into_iter().map(entries).sum();
    let count = |slices: &[Slice]| slices.iter().map(|slice| slice.entries).sum::<usize>();
    let passes = [&kernel.backward, &kernel.backward_of_parameters];
    let own = passes.iter().map(|pass| count(&pass.stage.memory)).chain([count(&kernel.forward.memory)]);
    let memory = count(&kernel.residuals) + own.max().unwrap_or(0);
    let kept = passes.iter().map(|pass| pass.panels.width()).max().unwrap_or(0);
    let [products, products_of_parameters] = passes.map(|pass| products(pass, root));
    let [outputs, parameters, memory, kept] =
        [outputs, parameters, memory, kept].map(Literal::usize_unsuffixed);
    quote! {
        const EACH: &'static [(&'static str, usize)] = &[#(#counts),*];
        const Y: usize = #outputs;
        const PARAMETERS: usize = #parameters;
        const ROWS: usize = #memory;
        const KEPT: usize = #kept;
        const PRODUCTS: &'static [#root::kernel::PanelProduct] = #products;
        const PRODUCTS_OF_PARAMETERS: &'static [#root::kernel::PanelProduct] = #products_of_parameters;
    }
}

/// The outer products of a backward pass.
fn products(pass: &Backward, root: &TokenStream) -> TokenStream {
    let products = pass.panels.products.iter().map(|PanelProduct { shape, factors, first }| {
        let [rows, columns, a, b, first] =
            [shape[0], shape[1], factors[0], factors[1], *first].map(Literal::usize_unsuffixed);
        quote!(#root::kernel::PanelProduct { shape: [#rows, #columns], factors: [#a, #b], first: #first })
    });
    quote!(&[#(#products),*])
}

/// What is made of the plain numbers, behind them, and memory for that.
fn numbers(kernel: &RowKernel, plain: &TokenStream, own: usize) -> TokenStream {
    if kernel.derived.is_empty() {
        return TokenStream::new();
    }
    let count = |slices: &[Slice]| slices.iter().map(|slice| slice.entries).sum::<usize>();
    let all = own + count(&kernel.derived) + count(&kernel.numbers.memory);
    let [own, all] = [own, all].map(Literal::usize_unsuffixed);
    let slices =
        kernel.derived.iter().chain(&kernel.numbers.memory).map(|Slice { ident, entries, .. }| {
            let entries = Literal::usize_unsuffixed(*entries);
            quote!(let (#ident, rows) = rows.split_at_mut(#entries);)
        });
    let statements = &kernel.numbers.statements;
    quote! {
        numbers.resize(#all, T::default());
        let hand = T::default();
        let (numbers, rows) = numbers.split_at_mut(#own);
        #plain
        #(#slices)*
        #statements
    }
}

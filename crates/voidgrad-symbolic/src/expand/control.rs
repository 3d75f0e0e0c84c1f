//! `#[control]`: the derivatives that an estimator needs, a struct of the parameters, and `impl Control`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::differentiate::{
    Derivatives, along, filled, named_functions, resolve, scalar_derivatives, tuple, zero_like,
};
use super::function::Function;
use super::namesake::Namesake;
use super::{Expansion, Source, parse_function};
use crate::attribute::ControlAttribute;
use crate::calculus::adjoints;
use crate::diagnostics::Diagnostics;
use crate::emit::Output;
use crate::graph::{NodeId, Shape};
use crate::latex;

/// What the arguments of a control are.
struct Roles {
    /// φ: the indices of the parameters.
    parameters: Vec<usize>,
    /// Those of them that are kept positive.
    positive: Vec<usize>,
}

/// Expands `#[control(attribute)] item`; `root` is the path of voidgrad.
#[must_use]
pub fn control(attribute: TokenStream, item: &TokenStream, root: &TokenStream) -> Expansion {
    let function = match parse_function(item, "#[control]") {
        Ok(function) => function,
        Err(refused) => return refused,
    };
    let name = function.sig.ident.to_string();
    let original = function.to_token_stream();
    let mut diagnostics = Diagnostics::default();
    let attribute = match syn::parse2::<ControlAttribute>(attribute) {
        Ok(attribute) => Some(attribute),
        Err(error) => {
            diagnostics.push(error);
            None
        }
    };
    let source = Source::read(function, &mut diagnostics);
    let derived = attribute.zip(source).and_then(|(attribute, source)| {
        let roles = roles(&attribute, &source, &mut diagnostics)?;
        let wrt: Vec<NodeId> = std::iter::once(&0)
            .chain(&roles.parameters)
            .map(|index| source.body.parameters[*index])
            .collect();
        source.check_calls(&wrt, &mut diagnostics);
        diagnostics.is_empty().then(|| derive(source, &roles, root))
    });
    match (diagnostics.check(), derived) {
        (Ok(()), Some(expansion)) => expansion,
        (Err(error), _) => Expansion::refused(name, &original, error),
        (Ok(()), None) => unreachable!("what gives no control was reported"),
    }
}

fn roles(attribute: &ControlAttribute, source: &Source, diagnostics: &mut Diagnostics) -> Option<Roles> {
    let signature = &source.signature;
    if !signature.output_shape.is_scalar() {
        diagnostics.error(&signature.output, "a control has one value: let it return `f64`");
    }
    if let Some(parameter) = source.function.sig.generics.params.first() {
        diagnostics.error(
            parameter,
            "a control with generic parameters is not modelled; write the lengths as numbers",
        );
    }
    match signature.parameters.first() {
        None => diagnostics
            .error(&source.function.sig.ident, "a control is a function of `z`: make it the first argument"),
        Some(z) if z.mask => diagnostics
            .error(&z.ty, "the first argument of a control is `z`, a real number or an array of them"),
        Some(z) if !matches!(z.shape, Shape::Scalar) && vector_length(&z.shape).is_none() => {
            diagnostics.error(&z.ty, "the first argument of a control is `z`: `f64`, `[f64; M]` or `SVector<f64, M>` with M a number");
        }
        Some(_) => {}
    }
    let data = resolve_data(&attribute.data, source, diagnostics);
    let positive = if attribute.positive.is_empty() {
        Vec::new()
    } else {
        resolve(&attribute.positive, source, diagnostics)?
    };
    for (&index, name) in positive.iter().zip(&attribute.positive) {
        if index == 0 || data.contains(&index) {
            diagnostics.error(
                name,
                format!("`{name}` is not one of the parameters φ, so it can't be kept positive"),
            );
        }
    }
    let mut parameters = Vec::new();
    for (index, parameter) in signature.parameters.iter().enumerate().skip(1) {
        if data.contains(&index) {
            if vector_length(&parameter.shape).is_none() && parameter.shape.entries().is_none() {
                diagnostics.error(
                    &parameter.ty,
                    "the length must be a number, so that the control can own a copy: `[f64; N]`",
                );
            }
        } else if parameter.mask {
            diagnostics.error(&parameter.ident, "a `bool` can't be a parameter φ; name it in `data(…)`");
        } else if parameter.shape.entries().is_none() {
            diagnostics.error(&parameter.ty, "the length of a parameter φ must be a number: `[f64; N]`, `SVector<f64, N>` or `SMatrix<f64, R, C>`");
        } else {
            parameters.push(index);
        }
    }
    diagnostics.is_empty().then_some(Roles { parameters, positive })
}

fn resolve_data(names: &[Ident], source: &Source, diagnostics: &mut Diagnostics) -> Vec<usize> {
    let mut data = Vec::new();
    for name in names {
        match source.signature.position(name) {
            Some(0) => diagnostics.error(name, "`z` is not data: the control is a function of it"),
            Some(index) => data.push(index),
            None => diagnostics.error(name, format!("`{name}` is not an argument of this function")),
        }
    }
    data
}

/// M, where `z` is a vector of a known length.
fn vector_length(shape: &Shape) -> Option<usize> {
    match shape {
        Shape::Array(n) => n.fixed(),
        shape if shape.is_column() => shape.entries(),
        _ => None,
    }
}

/// The nodes of the functions that only controls have.
struct Parts {
    partials: Vec<NodeId>,
    mixed: Vec<NodeId>,
    vjp_jvp: Vec<NodeId>,
}

fn derive(mut source: Source, roles: &Roles, root: &TokenStream) -> Expansion {
    let wrt: Vec<usize> = std::iter::once(0).chain(roles.parameters.iter().copied()).collect();
    let inputs: Vec<NodeId> = wrt.iter().map(|index| source.body.parameters[*index]).collect();
    let output = source.body.output;
    let derivatives = scalar_derivatives(&mut source.body.graph, output, &inputs, |i, _| i == 0);
    let parts = parts(&mut source, &inputs, &derivatives);
    let mut namesake = Namesake::new(&source, root);
    let z_shape = namesake.arguments[0].shape.clone();
    let (z_dot, _) = namesake.add_argument("z_dot", &z_shape);
    let (c_bar, _) = namesake.add_argument("c_bar", &Shape::Scalar);
    let mut functions = named_functions(&namesake, output, &wrt, &derivatives);
    functions.extend(control_functions(
        &namesake,
        roles,
        output,
        derivatives.first(0),
        &parts,
        (&z_dot, &c_bar),
    ));
    let name = source.name();
    let doc = format!("The derivatives of the control [`{name}`](fn@{name}), as associated functions.");
    let (items, formulas) = namesake.write(&functions, &doc);
    // A control of numbers can be a part of another one; networks are not called from networks.
    let of_numbers = source.signature.parameters.iter().all(|parameter| parameter.shape.is_scalar());
    let partials =
        if of_numbers { namesake.partials(&wrt, &derivatives.pairs(&wrt)) } else { TokenStream::new() };
    let parameters = structure(&source, roles, root);
    let implementation = implementation(&source, roles, root);
    let function = source.function.to_token_stream();
    // A control need not depend on z, and is mostly called through its struct.
    let tokens = quote!(#[allow(dead_code, unused_variables, clippy::too_many_arguments)] #function #items #partials #parameters #implementation);
    Expansion { name, tokens, formulas, error: None }
}

fn parts(source: &mut Source, inputs: &[NodeId], derivatives: &Derivatives) -> Parts {
    let (graph, output) = (&mut source.body.graph, source.body.output);
    let (z, phi) = inputs.split_first().expect("z is the first input");
    let count = source.signature.parameters.len();
    let shape = graph.shape(*z).clone();
    let z_dot = graph.parameter(count, shape.clone(), false);
    let c_bar = graph.parameter(count + 1, Shape::Scalar, false);
    graph.set_name(z_dot, "z_dot");
    graph.set_name(c_bar, "c_bar");
    let one = graph.literal(1.0);
    let partials = (1..inputs.len()).map(|i| derivatives.first(i)).collect();
    let [c_dot] = along(graph, &[(*z, z_dot)], &[output]);
    let c_dot = c_dot.unwrap_or_else(|| zero_like(graph, output));
    let bars = adjoints(graph, &[(output, c_bar), (c_dot, one)], phi);
    let vjp_jvp = filled(graph, bars, phi);
    // For one z the direction is 1; for a vector, the caller asks for one direction at a time.
    let slope = if shape.is_scalar() { derivatives.first(0) } else { c_dot };
    let bars = adjoints(graph, &[(slope, one)], phi);
    let mixed = filled(graph, bars, phi);
    Parts { partials, mixed, vjp_jvp }
}

fn control_functions(
    namesake: &Namesake<'_>,
    roles: &Roles,
    output: NodeId,
    d_z: NodeId,
    parts: &Parts,
    (z_dot, c_bar): (&Ident, &Ident),
) -> Vec<Function> {
    let own = namesake.own_arguments();
    let c = latex::symbol(&namesake.source.name());
    let (z_type, result) = (namesake.type_of_parameter(0), namesake.result_type());
    let mut functions = vec![Function {
        name: format_ident!("value_and_d_z"),
        doc: "The value and `∂c/∂z`, in one pass.".to_owned(),
        left: format!(r"\left({c}, \frac{{\partial {c}}}{{\partial z}}\right)"),
        arguments: own.clone(),
        result: tuple(&[result.clone(), z_type.clone()]),
        outputs: vec![Output::Node(output), Output::Node(d_z)],
    }];
    if roles.parameters.is_empty() {
        return functions;
    }
    let phi =
        tuple(&roles.parameters.iter().map(|index| namesake.type_of_parameter(*index)).collect::<Vec<_>>());
    let nodes = |nodes: &[NodeId]| nodes.iter().copied().map(Output::Node).collect::<Vec<_>>();
    let dot = (z_dot.clone(), z_type.clone());
    let is_scalar = namesake.arguments[0].shape.is_scalar();
    let mut mixed_arguments = own.clone();
    if !is_scalar {
        mixed_arguments.push(dot.clone());
    }
    let mut directed = own.clone();
    directed.extend([dot, (c_bar.clone(), result.clone())]);
    if is_scalar {
        functions.push(Function {
            name: format_ident!("derivatives"),
            doc: "The value and `∂c/∂z`, `∂c/∂φ` and `∂²c/∂z∂φ` for all parameters φ, in one pass."
                .to_owned(),
            left: format!(
                r"\left({c}, \partial_z {c}, \partial_\phi {c}, \partial_z \partial_\phi {c}\right)"
            ),
            arguments: own.clone(),
            result: tuple(&[tuple(&[result.clone(), z_type.clone()]), phi.clone(), phi.clone()]),
            outputs: vec![
                Output::Group(vec![output, d_z]),
                Output::Group(parts.partials.clone()),
                Output::Group(parts.mixed.clone()),
            ],
        });
    }
    functions.extend([
        Function {
            name: format_ident!("partials"),
            doc: "`∂c/∂φ` for all parameters φ, in one pass.".to_owned(),
            left: format!(r"\frac{{\partial {c}}}{{\partial \phi}}"),
            arguments: own,
            result: phi.clone(),
            outputs: nodes(&parts.partials),
        },
        Function {
            name: format_ident!("mixed_partials"),
            doc: if is_scalar {
                "`∂²c/∂z∂φ` for all parameters φ, in one pass.".to_owned()
            } else {
                "`∂/∂φ (∂c/∂z · ż)` for all parameters φ, in one pass.".to_owned()
            },
            left: format!(r"\frac{{\partial^2 {c}}}{{\partial z\,\partial \phi}}"),
            arguments: mixed_arguments,
            result: phi.clone(),
            outputs: nodes(&parts.mixed),
        },
        Function {
            name: format_ident!("vjp_jvp"),
            doc: "`c̄·∂c/∂φ + ∂/∂φ (∂c/∂z · ż)` for all parameters φ, in one pass.".to_owned(),
            left: format!(r"\frac{{\partial}}{{\partial \phi}} \left(\bar{{c}}\,{c} + \dot{{{c}}}\right)"),
            arguments: directed,
            result: phi,
            outputs: nodes(&parts.vjp_jvp),
        },
    ]);
    functions
}

/// `rebar` is `Rebar`, `relax_linear` is `RelaxLinear`.
fn struct_name(function: &Ident) -> Ident {
    let name: String = function
        .to_string()
        .trim_start_matches("r#")
        .split('_')
        .filter_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        })
        .collect();
    Ident::new(&name, function.span())
}

/// A field of the struct: every argument but `z`.
#[allow(clippy::struct_excessive_bools)] // four independent facts of a parameter
struct Field {
    ident: Ident,
    ty: syn::Type,
    by_ref: bool,
    mask: bool,
    is_parameter: bool,
    is_positive: bool,
}

fn fields(source: &Source, roles: &Roles) -> Vec<Field> {
    let parameters = source.signature.parameters.iter().enumerate().skip(1);
    parameters
        .map(|(index, parameter)| Field {
            ident: parameter.ident.clone(),
            ty: match &parameter.ty {
                syn::Type::Reference(reference) => (*reference.elem).clone(),
                ty => ty.clone(),
            },
            by_ref: parameter.by_ref,
            mask: parameter.mask,
            is_parameter: roles.parameters.contains(&index),
            is_positive: roles.positive.contains(&index),
        })
        .collect()
}

/// The struct, its constructor and its getters.
fn structure(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let (vis, function) = (&source.function.vis, &source.function.sig.ident);
    let name = struct_name(function);
    let fields = fields(source, roles);
    let (idents, types): (Vec<&Ident>, Vec<&syn::Type>) =
        fields.iter().map(|field| (&field.ident, &field.ty)).unzip();
    let checks = fields.iter().filter(|field| !field.mask).map(|Field { ident, is_positive, .. }| {
        let check = if *is_positive { quote!(check_positive) } else { quote!(check_finite) };
        let name = ident.to_string();
        quote!(#root::flat::#check(#name, &#ident)?;)
    });
    let docs: Vec<String> = fields
        .iter()
        .map(|Field { ident, is_parameter, is_positive, .. }| match (is_parameter, is_positive) {
            (true, true) => format!(" The parameter `{ident}`, kept positive: φ holds its logarithm."),
            (true, false) => format!(" The parameter `{ident}`."),
            _ => format!(" The data `{ident}`."),
        })
        .collect();
    let doc = format!(" The control [`{function}`](fn@{function}) with its parameters φ.");
    if fields.is_empty() {
        return quote! {
            #[doc = #doc]
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            #vis struct #name;
        };
    }
    let new_doc = format!(
        " The control with these values.\n\n # Errors\n Where a value is NaN or infinite{}.",
        if roles.positive.is_empty() { "" } else { ", or one that must be positive is not" }
    );
    quote! {
        #[doc = #doc]
        #[derive(Debug, Clone, PartialEq)]
        #vis struct #name {
            #(#idents: #types,)*
        }

        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #name {
            #[doc = #new_doc]
            #vis fn new(#(#idents: #types),*) -> ::core::result::Result<Self, #root::InvalidParameter> {
                #(#checks)*
                Ok(Self { #(#idents),* })
            }
            #(
                #[doc = #docs]
                #[must_use]
                #vis fn #idents(&self) -> #types {
                    self.#idents
                }
            )*
        }
    }
}

/// `impl Control`.
fn implementation(source: &Source, roles: &Roles, root: &TokenStream) -> TokenStream {
    let function = &source.function.sig.ident;
    let name = struct_name(function);
    let fields = fields(source, roles);
    let phi: Vec<&Field> = fields.iter().filter(|field| field.is_parameter).collect();
    let slots = phi.iter().map(|Field { ident, is_positive, .. }| {
        if *is_positive { quote!(Slot::Positive(&self.#ident)) } else { quote!(Slot::Free(&self.#ident)) }
    });
    let slots_mut = phi.iter().map(|Field { ident, is_positive, .. }| {
        if *is_positive {
            quote!(SlotMut::Positive(&mut self.#ident))
        } else {
            quote!(SlotMut::Free(&mut self.#ident))
        }
    });
    let names = phi.iter().map(|field| field.ident.to_string());
    let values: Vec<&Ident> = phi.iter().map(|field| &field.ident).collect();
    let arguments: Vec<TokenStream> = fields
        .iter()
        .map(|Field { ident, by_ref, .. }| if *by_ref { quote!(&self.#ident) } else { quote!(self.#ident) })
        .collect();
    let bars: Vec<Ident> = phi.iter().map(|field| format_ident!("{}_bar", field.ident)).collect();
    let adds: Vec<TokenStream> = phi
        .iter()
        .zip(&bars)
        .map(|(Field { ident, is_positive, .. }, bar)| {
            if *is_positive {
                quote!(phi.add_positive(&#bar, &self.#ident);)
            } else {
                quote!(phi.add(&#bar);)
            }
        })
        .collect();
    let add_all = |call: TokenStream| {
        if bars.is_empty() {
            return quote!({});
        }
        let pattern = match bars.as_slice() {
            [single] => quote!(#single),
            several => quote!((#(#several),*)),
        };
        quote!({ let #pattern = #call; #(#adds)* })
    };
    let z = &source.signature.parameters[0];
    let evaluation = match vector_length(&z.shape).filter(|_| !z.shape.is_scalar()) {
        None => elementwise(function, root, z.by_ref, &arguments, &add_all),
        Some(m) => vector(function, root, z, m, &arguments, &add_all),
    };
    let control = Ident::new("Control", Span::call_site());
    quote! {
        #[automatically_derived]
        #[allow(unused_variables, clippy::all, clippy::pedantic)]
        impl #root::#control for #name {
            fn parameters(&self) -> usize {
                #root::flat::count(&[#(&self.#values),*])
            }
            fn phi(&self) -> #root::nalgebra::DVector<f64> {
                use #root::flat::Slot;
                #root::flat::phi(&[#(#slots),*])
            }
            fn set_phi(
                &mut self,
                phi: #root::nalgebra::DVectorView<'_, f64>,
            ) -> ::core::result::Result<(), #root::ShapeMismatch> {
                use #root::flat::SlotMut;
                #root::flat::set_phi(phi, &mut [#(#slots_mut),*])
            }
            fn named(&self) -> ::std::vec::Vec<(::std::string::String, f64)> {
                #root::flat::named(&[#((#names, &self.#values)),*])
            }
            #evaluation
        }
    }
}

/// The methods of a control of one `z`: the mean over the coordinates.
fn elementwise(
    function: &Ident,
    root: &TokenStream,
    by_ref: bool,
    arguments: &[TokenStream],
    add_all: &dyn Fn(TokenStream) -> TokenStream,
) -> TokenStream {
    let z = if by_ref { quote!(&z) } else { quote!(z) };
    let partials = add_all(quote!(#function::partials(#z, #(#arguments),*)));
    let mixed = add_all(quote!(#function::mixed_partials(#z, #(#arguments),*)));
    let vjp_jvp = add_all(quote!(#function::vjp_jvp(#z, #(#arguments,)* z_dot, c_bar)));
    quote! {
        fn value(&self, z: &[f64]) -> f64 {
            #root::elementwise::value(z, |z| #function::value(#z, #(#arguments),*))
        }
        fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
            #root::elementwise::value_and_d_z(z, c_z, |z| #function::value_and_d_z(#z, #(#arguments),*))
        }
        fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
            #root::elementwise::d_phi(z, c_phi, |z, phi| #partials);
        }
        fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut #root::nalgebra::DMatrix<f64>) {
            #root::elementwise::d_z_d_phi(z, c_z_phi, |z, phi| #mixed);
        }
        fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
            #root::elementwise::vjp_jvp(z, z_dot, phi_bar, |z, z_dot, phi| #vjp_jvp);
        }
    }
}

/// The methods of a control of M coordinates at once.
fn vector(
    function: &Ident,
    root: &TokenStream,
    z: &crate::signature::Parameter,
    m: usize,
    arguments: &[TokenStream],
    add_all: &dyn Fn(TokenStream) -> TokenStream,
) -> TokenStream {
    let m = proc_macro2::Literal::usize_unsuffixed(m);
    let ty = match &z.ty {
        syn::Type::Reference(reference) => &*reference.elem,
        ty => ty,
    };
    let z = if z.by_ref { quote!(&z) } else { quote!(z) };
    let partials = add_all(quote!(#function::partials(#z, #(#arguments),*)));
    let mixed = add_all(quote!(#function::mixed_partials(#z, #(#arguments,)* z_dot)));
    let vjp_jvp = add_all(quote!(#function::vjp_jvp(#z, #(#arguments,)* z_dot, c_bar)));
    quote! {
        fn dimension(&self) -> ::core::option::Option<usize> {
            Some(#m)
        }
        fn value(&self, z: &[f64]) -> f64 {
            let z: #ty = #root::flat::take(z);
            #function::value(#z, #(#arguments),*)
        }
        fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
            let z: #ty = #root::flat::take(z);
            let (c, d_z) = #function::value_and_d_z(#z, #(#arguments),*);
            c_z.copy_from_slice(#root::flat::Flat::entries(&d_z));
            c
        }
        fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
            let z: #ty = #root::flat::take(z);
            #root::flat::fill(c_phi, |phi| #partials);
        }
        fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut #root::nalgebra::DMatrix<f64>) {
            let z: #ty = #root::flat::take(z);
            #root::flat::fill_rows(c_z_phi, |z_dot: #ty, phi| #mixed);
        }
        fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
            let z: #ty = #root::flat::take(z);
            let z_dot: #ty = #root::flat::take(z_dot);
            let phi = &mut #root::flat::Adder::new(phi_bar, 1.0);
            #vjp_jvp
        }
    }
}

//! What `#[control]` makes beside the derivatives: the struct of the parameters, and `impl Control`.

use std::fmt;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::control::{Roles, vector_length};
use crate::kernel::arrays::Obstacle;

/// `rebar` is `Rebar`, `relax_linear` is `RelaxLinear`; `None` for a name that gives no name of a type.
pub(super) fn struct_name(function: &Ident) -> Option<Ident> {
    let name: String = function
        .to_string()
        .trim_start_matches("r#")
        .split('_')
        .filter_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        })
        .collect();
    let is_name = syn::parse_str::<Ident>(&name).is_ok();
    is_name.then(|| Ident::new(&name, function.span()))
}

/// The name of the struct of a control, which [`check_struct`](super::names::check_struct) has looked at.
pub(super) fn name_of_struct(source: &Source) -> Ident {
    struct_name(&source.function.sig.ident).expect("a control whose struct has no name was refused")
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
pub(super) fn structure(source: &Source, roles: &Roles, batch: Batch, root: &TokenStream) -> TokenStream {
    let (vis, function) = (&source.function.vis, &source.function.sig.ident);
    let name = name_of_struct(source);
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
    let doc = [
        format!(" The control [`{function}`](fn@{function}) with its parameters φ."),
        String::new(),
        format!(" {batch}"),
    ];
    if fields.is_empty() {
        return quote! {
            #(#[doc = #doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            #vis struct #name;
        };
    }
    // Not every getter is called.
    let new_doc = format!(
        " The control with these values.\n\n # Errors\n Where a value is NaN or infinite{}.",
        if roles.positive.is_empty() { "" } else { ", or one that must be positive is not" }
    );
    quote! {
        #(#[doc = #doc])*
        #[derive(Debug, Clone, PartialEq)]
        #vis struct #name {
            #(#idents: #types,)*
        }

        // A crate may make its control by other means than `new`; style lints are for code that people write.
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

/// How batches go through a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Batch {
    /// There is an `impl Kernel`.
    StraightLine,
    /// There is an `impl ArrayKernel`.
    Arrays,
    /// One sample after the other.
    OneByOne(Obstacle),
}

/// As a sentence for the control's documentation.
impl fmt::Display for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StraightLine => {
                formatter.write_str("Batches and training run its fused `Kernel`, on SIMD lanes.")
            }
            Self::Arrays => formatter.write_str("Batches run its fused `ArrayKernel`, on SIMD lanes."),
            Self::OneByOne(obstacle) => {
                write!(
                    formatter,
                    "It has no fused kernel, since {obstacle}: batches go one sample after the other."
                )
            }
        }
    }
}

/// `impl Control`.
pub(super) fn implementation(
    source: &Source,
    roles: &Roles,
    batch: Batch,
    root: &TokenStream,
) -> TokenStream {
    let function = &source.function.sig.ident;
    let name = name_of_struct(source);
    let fields = fields(source, roles);
    let phi: Vec<&Field> = fields.iter().filter(|field| field.is_parameter).collect();
    let slots = phi.iter().map(|Field { ident, is_positive, .. }| {
        if *is_positive { quote!(Slot::Positive(&self.#ident)) } else { quote!(Slot::Free(&self.#ident)) }
    });
    let takes = phi.iter().map(|Field { ident, is_positive, .. }| {
        let take = if *is_positive { quote!(take_positive) } else { quote!(take_free) };
        quote!(#root::flat::#take(&mut self.#ident, &mut values);)
    });
    let entries = |index: &usize| source.signature.parameters[*index].shape.entries().unwrap_or(1);
    let count = Literal::usize_unsuffixed(roles.parameters.iter().map(entries).sum());
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
    let chunk = of_kernels(batch, root);
    quote! {
        #[automatically_derived]
        // A control that does not depend on z has arguments that it does not read; style lints are for code that people write.
        #[allow(unused_variables, unused_mut, clippy::all, clippy::pedantic)]
        impl #root::Control for #name {
            fn parameters(&self) -> usize {
                #count
            }
            fn phi(&self) -> #root::nalgebra::DVector<f64> {
                use #root::flat::Slot;
                #root::flat::phi(&[#(#slots),*])
            }
            fn set_phi(
                &mut self,
                phi: #root::nalgebra::DVectorView<'_, f64>,
            ) -> ::core::result::Result<(), #root::ShapeMismatch> {
                let mut values = #root::flat::values(phi, #count)?;
                #(#takes)*
                Ok(())
            }
            fn named(&self) -> ::std::vec::Vec<(::std::string::String, f64)> {
                #root::flat::named(&[#((#names, &self.#values)),*])
            }
            #evaluation
            #chunk
        }
    }
}

/// The methods that a kernel fills in.
fn of_kernels(batch: Batch, root: &TokenStream) -> Option<TokenStream> {
    let sample = (batch == Batch::StraightLine).then(|| {
        quote! {
            fn sample(
                &self,
                drawn: &#root::kernel::Drawn,
                phi_bar: &mut [f64],
            ) -> ::core::option::Option<f64> {
                Some(#root::kernel::sample(self, drawn, phi_bar))
            }
            fn descend(
                &mut self,
                run: &mut #root::train::Run<'_, #root::Bernoulli>,
            ) -> ::core::option::Option<::core::result::Result<(), #root::TrainError>> {
                #root::train::descend(self, run)
            }
        }
    });
    let run = match batch {
        Batch::StraightLine => Some(quote!(fused)),
        Batch::Arrays => Some(quote!(arrays)),
        Batch::OneByOne(_) => None,
    };
    run.map(|run| {
        quote! {
            #sample
            fn add_chunk(
                &self,
                chunk: &mut #root::batch::Chunk<'_>,
            ) -> ::core::result::Result<(), #root::EstimateError> {
                #root::batch::#run(self, chunk)
            }
        }
    })
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
    let m = Literal::usize_unsuffixed(m);
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

//! The bodies of the methods of a control that evaluate it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Source;
use super::field::{Field, owned};
use crate::signature::Parameter;

/// The bodies of the methods that evaluate a control.
pub(super) struct Bodies {
    pub(super) value: TokenStream,
    pub(super) value_and_d_z: TokenStream,
    pub(super) d_phi: TokenStream,
    pub(super) d_z_d_phi: TokenStream,
    pub(super) vjp_jvp: TokenStream,
    pub(super) along_phi: TokenStream,
}

/// The parts of φ̇ that belong to the parameters, as further arguments of the function.
pub(super) struct Directions {
    /// Statements that take them from `phi_dot`, by these names.
    taken: TokenStream,
    arguments: Vec<TokenStream>,
}

impl Directions {
    pub(super) fn new(phi: &[&Field], root: &TokenStream) -> Self {
        let dots: Vec<Ident> = phi.iter().map(|field| format_ident!("{}_dot", field.ident)).collect();
        let parts = phi.iter().map(|field| field.direction(root));
        let taken = match dots.as_slice() {
            [] => TokenStream::new(),
            // All at once: a parameter may be called phi.
            _ => quote! {
                let (#(#dots,)*) = {
                    let mut phi_dot = phi_dot;
                    (#(#parts,)*)
                };
            },
        };
        let arguments = phi.iter().zip(&dots).map(|(field, dot)| field.passed(&quote!(#dot))).collect();
        Self { taken, arguments }
    }
}

/// The function's derivatives as the methods call them: with its lengths, since not every argument says them.
pub(super) struct Callee<'a> {
    function: &'a Ident,
    lengths: Option<TokenStream>,
}

impl<'a> Callee<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        let mut lengths = source.function.sig.generics.const_params().map(|length| &length.ident).peekable();
        let lengths = lengths.peek().is_some().then(|| quote!(::<f64, #(#lengths),*>));
        Self { function: &source.function.sig.ident, lengths }
    }

    fn call(&self, derivative: &str, arguments: &TokenStream) -> TokenStream {
        let Self { function, lengths } = self;
        let derivative = format_ident!("{derivative}");
        quote!(#function::#derivative #lengths(#arguments))
    }
}

/// The methods of a control of one `z`: the mean over the coordinates.
pub(super) fn elementwise(
    function: &Callee<'_>,
    root: &TokenStream,
    by_ref: bool,
    arguments: &[TokenStream],
    (add_all, directions): (&dyn Fn(TokenStream) -> TokenStream, &Directions),
) -> Bodies {
    let z = if by_ref { quote!(&z) } else { quote!(z) };
    let at_z = quote!(#z, #(#arguments),*);
    let partials = add_all(function.call("partials", &at_z));
    let mixed = add_all(function.call("mixed_partials", &at_z));
    let vjp_jvp = add_all(function.call("vjp_jvp", &quote!(#z, #(#arguments,)* z_dot, c_bar)));
    let (value, value_and_d_z) = (function.call("value", &at_z), function.call("value_and_d_z", &at_z));
    let value = quote!(#root::elementwise::value(z, |z| #value));
    let value_and_d_z = quote!(#root::elementwise::value_and_d_z(z, c_z, |z| #value_and_d_z));
    let d_phi = quote!(#root::elementwise::d_phi(z, c_phi, |z, phi| #partials););
    let d_z_d_phi = quote!(#root::elementwise::d_z_d_phi(z, c_z_phi, |z, phi| #mixed););
    let vjp_jvp = quote!(#root::elementwise::vjp_jvp(z, z_dot, phi_bar, |z, z_dot, phi| #vjp_jvp););
    let Directions { taken, arguments: dots } = directions;
    let along_phi = if dots.is_empty() {
        still()
    } else {
        let along_phi = function.call("along_phi", &quote!(#z, #(#arguments,)* #(#dots),*));
        // The names of the parts of φ̇ begin behind those of the arguments.
        quote!(#root::elementwise::value_and_d_z(z, c_z_dot, { #taken move |z| #along_phi }))
    };
    Bodies { value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp, along_phi }
}

/// The methods of a control of M coordinates at once; zeros in the place of z, if the run alone knows M.
pub(super) fn vector(
    function: &Callee<'_>,
    root: &TokenStream,
    (z, zeros): (&Parameter, Option<TokenStream>),
    arguments: &[TokenStream],
    (add_all, directions): (&dyn Fn(TokenStream) -> TokenStream, &Directions),
) -> Bodies {
    let ty = owned(z);
    let take = |z: TokenStream| match &zeros {
        Some(zeros) => quote!(#root::flat::filled(#zeros, #z)),
        None => quote!(#root::flat::take(#z)),
    };
    let (take, take_dot) = (take(quote!(z)), take(quote!(z_dot)));
    let z = if z.by_ref { quote!(&z) } else { quote!(z) };
    let at_z = quote!(#z, #(#arguments),*);
    let partials = add_all(function.call("partials", &at_z));
    let mixed = add_all(function.call("mixed_partials", &quote!(#z, #(#arguments,)* z_dot)));
    let vjp_jvp = add_all(function.call("vjp_jvp", &quote!(#z, #(#arguments,)* z_dot, c_bar)));
    let (value, value_and_d_z) = (function.call("value", &at_z), function.call("value_and_d_z", &at_z));
    let value = quote! {
        let z: #ty = #take;
        #value
    };
    let value_and_d_z = quote! {
        let z: #ty = #take;
        let (c, d_z) = #value_and_d_z;
        c_z.copy_from_slice(#root::flat::Flat::entries(&d_z));
        c
    };
    let d_phi = quote! {
        let z: #ty = #take;
        #root::flat::fill(c_phi, |phi| #partials);
    };
    let fill = match &zeros {
        Some(zeros) => quote!(#root::flat::fill_rows_of(c_z_phi, || #zeros, |z_dot: #ty, phi| #mixed);),
        None => quote!(#root::flat::fill_rows(c_z_phi, |z_dot: #ty, phi| #mixed);),
    };
    let d_z_d_phi = quote! {
        let z: #ty = #take;
        #fill
    };
    let vjp_jvp = quote! {
        let z: #ty = #take;
        let z_dot: #ty = #take_dot;
        let phi = &mut #root::flat::Adder::new(phi_bar, 1.0);
        #vjp_jvp
    };
    let Directions { taken, arguments: dots } = directions;
    let along_phi = if dots.is_empty() {
        still()
    } else {
        let along_phi = function.call("along_phi", &quote!(#z, #(#arguments,)* #(#dots),*));
        quote! {
            let z: #ty = #take;
            let (c_dot, slope) = {
                #taken
                #along_phi
            };
            c_z_dot.copy_from_slice(#root::flat::Flat::entries(&slope));
            c_dot
        }
    };
    Bodies { value, value_and_d_z, d_phi, d_z_d_phi, vjp_jvp, along_phi }
}

/// A control without parameters does not change along φ̇.
fn still() -> TokenStream {
    quote! {
        c_z_dot.fill(0.0);
        0.0
    }
}

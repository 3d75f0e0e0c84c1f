//! The attribute macros of [voidgrad](https://docs.rs/voidgrad), which re-exports and documents them.
//!
//! This crate passes tokens on; the mathematics is in `voidgrad-symbolic`.

use proc_macro::{Span, TokenStream};
use voidgrad_symbolic::expand::{Kind, Request};

/// Writes the derivatives of a function, in closed form and at compile time.
///
/// `#[differentiate(wrt(x, p), order = 1)]` on `fn f(x: f64, p: [f64; 4], …) -> f64` leaves the function as it is
/// and adds a namesake among the types whose associated functions are the derivatives, generic over `Real`:
/// `f::value`, `f::d_x`, `f::d_p`, `f::gradient`, `f::jvp`, `f::vjp`, and with `order = 2` also `f::d_x_d_x`,
/// `f::d_x_d_p`, `f::d_p_d_p` and `f::vjp_jvp`.
#[proc_macro_attribute]
pub fn differentiate(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Differentiate, attribute, item)
}

/// Makes a control variate of a function: its derivatives, a struct of its parameters, and `impl Control`.
///
/// `#[control(positive(lambda), data(target))]` on `fn rebar(z: f64, eta: f64, lambda: f64, target: f64) -> f64`
/// gives `struct Rebar`. The first argument is `z`; those in `data(…)` are fixed, and can be set between steps; those in `each(…)` differ
/// from example to example of a plate; the others are the parameters φ, of which those in `positive(…)` are kept positive by storing their logarithms in φ.
///
/// Lengths are numbers, constants, const generics, or known only at run time (`DVector`, `DMatrix`).
#[proc_macro_attribute]
pub fn control(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Control, attribute, item)
}

/// Makes a network of a function: a struct of its parameters, and its values and derivatives for many rows at once.
///
/// `#[network(each(x), data(t))]` on `fn layer(x: &SVector<f64, 8>, w: &SMatrix<f64, 4, 8>, t: f64) -> SVector<f64, 4>` gives `struct Layer`.
/// The arguments in `each(…)` differ from row to row; those in `data(…)` are shared and fixed; the others are the parameters.
#[proc_macro_attribute]
pub fn network(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Network, attribute, item)
}

/// Goes on with an expansion that takes the body of another function: its macro calls this one.
#[doc(hidden)]
#[proc_macro]
pub fn resume(state: TokenStream) -> TokenStream {
    voidgrad_symbolic::expand::resume(state.into()).tokens.into()
}

fn expand(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    let here = Span::call_site();
    let place = format!("{}_{}_{}", here.line(), here.column(), here.file());
    Request::new(kind, attribute.into(), &item.into(), &root()).at(&place).expand().tokens.into()
}

/// The path of voidgrad, under the name that the user's `Cargo.toml` gives it.
fn root() -> proc_macro2::TokenStream {
    let name = match proc_macro_crate::crate_name("voidgrad") {
        Ok(proc_macro_crate::FoundCrate::Name(name)) => name,
        // The library itself is `voidgrad` to its own macros, too; so it is where a manifest can't be read.
        Ok(proc_macro_crate::FoundCrate::Itself) | Err(_) => "voidgrad".to_owned(),
    };
    let name = proc_macro2::Ident::new(&name, proc_macro2::Span::call_site());
    quote::quote!(::#name::__private)
}

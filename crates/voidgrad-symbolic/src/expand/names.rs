//! Names that the user gives and generated items take: a clash is reported on the user's own.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::format_ident;

use super::Source;
use super::structure::struct_name;
use crate::diagnostics::Diagnostics;

/// Types that are in scope everywhere, which the namesake of a function would hide.
const PRIMITIVE_TYPES: [&str; 17] = [
    "bool", "char", "str", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize", "f32", "f64",
];

/// Reports a function whose namesake would hide a type.
pub(super) fn check_namesake(source: &Source, diagnostics: &mut Diagnostics) {
    let name = &source.function.sig.ident;
    let is_generic = source.function.sig.generics.params.iter().any(|parameter| match parameter {
        syn::GenericParam::Type(parameter) => parameter.ident == *name,
        syn::GenericParam::Const(parameter) => parameter.ident == *name,
        syn::GenericParam::Lifetime(_) => false,
    });
    if is_generic || PRIMITIVE_TYPES.iter().any(|primitive| name == primitive) {
        diagnostics.error(
            name,
            format!("the derivatives belong to a type called `{name}` too, which would hide the type of that name; choose another name"),
        );
    }
}

/// Reports derivatives that would have one name: with respect to `x` twice, and with respect to `x_d_x`.
pub(super) fn check_derivatives(
    wrt: &[&Ident],
    is_wanted: impl Fn(usize, usize) -> bool,
    diagnostics: &mut Diagnostics,
) {
    let mut taken: HashMap<String, String> = HashMap::new();
    let mut take = |blamed: &Ident, name: Ident, what: String| {
        if let Some(other) = taken.insert(name.to_string(), what.clone()) {
            diagnostics.error(
                blamed,
                format!("the derivatives by {what} and by {other} would both be called `{name}`; rename `{blamed}`"),
            );
        }
    };
    for x in wrt {
        take(x, format_ident!("d_{x}"), format!("`{x}`"));
    }
    for (i, x) in wrt.iter().enumerate() {
        for (_, y) in wrt.iter().enumerate().skip(i).filter(|(j, _)| is_wanted(i, *j)) {
            let blamed = if x.to_string().len() > y.to_string().len() { x } else { y };
            take(blamed, format_ident!("d_{x}_d_{y}"), format!("`{x}` and `{y}`"));
            take(blamed, format_ident!("d_{x}_d_{y}_along"), format!("`{x}` along `{y}`"));
            if x != y {
                take(blamed, format_ident!("d_{y}_d_{x}_along"), format!("`{y}` along `{x}`"));
            }
        }
    }
}

/// Reports a control whose struct or one of whose getters would have a name that is taken or is none.
pub(super) fn check_struct(source: &Source, diagnostics: &mut Diagnostics) {
    let function = &source.function.sig.ident;
    match struct_name(function) {
        Some(name) if name == *function => diagnostics.error(
            function,
            format!("the struct of this control is called `{name}` too; write the function's name in lower case, with `_` between words"),
        ),
        Some(_) => {}
        None => diagnostics.error(
            function,
            "the struct of a control has the function's name in camel case, and this name gives none; choose another, such as `my_control`",
        ),
    }
    for parameter in source.signature.parameters.iter().skip(1).filter(|parameter| parameter.ident == "new") {
        diagnostics.error(
            &parameter.ident,
            "`new` is the constructor of the control's struct; choose another name for this argument",
        );
    }
}

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

/// Reports the first two derivatives that would have one name: with respect to `x` twice, and with respect to `x_d_x`.
pub(super) fn check_derivatives(
    wrt: &[&Ident],
    is_wanted: impl Fn(usize, usize) -> bool,
    diagnostics: &mut Diagnostics,
) {
    // Each name with the derivative in words, and with the longest of the user's names in it.
    let mut derivatives: Vec<(Ident, String, &Ident)> = Vec::new();
    for x in wrt {
        derivatives.push((format_ident!("d_{x}"), format!("`{x}`"), x));
    }
    for (i, x) in wrt.iter().enumerate() {
        for (_, y) in wrt.iter().enumerate().skip(i).filter(|(j, _)| is_wanted(i, *j)) {
            let longer = longest(x, y);
            derivatives.push((format_ident!("d_{x}_d_{y}"), format!("`{x}` and `{y}`"), longer));
            derivatives.push((format_ident!("d_{x}_d_{y}_along"), format!("`{x}` along `{y}`"), longer));
            if x != y {
                derivatives.push((format_ident!("d_{y}_d_{x}_along"), format!("`{y}` along `{x}`"), longer));
            }
        }
    }
    let mut taken: HashMap<&Ident, (&str, &Ident)> = HashMap::new();
    for (name, what, ident) in &derivatives {
        if let Some((other, of_other)) = taken.insert(name, (what, ident)) {
            let blamed = longest(ident, of_other);
            diagnostics.error(
                blamed,
                format!("the derivatives by {other} and by {what} would both be called `{name}`; rename `{blamed}`"),
            );
            return;
        }
    }
}

fn longest<'i>(a: &'i Ident, b: &'i Ident) -> &'i Ident {
    if a.to_string().len() > b.to_string().len() { a } else { b }
}

/// Reports a function whose struct or one of whose getters would have a name that is taken or is none.
pub(super) fn check_struct(source: &Source, diagnostics: &mut Diagnostics) {
    let function = &source.function.sig.ident;
    match struct_name(function) {
        Some(name) if name == *function => diagnostics.error(
            function,
            format!("the struct of this function is called `{name}` too; write the function's name in lower case, with `_` between words"),
        ),
        Some(_) => {}
        None => diagnostics.error(
            function,
            "the struct has the function's name in camel case, and this name gives none; choose another, such as `my_control`",
        ),
    }
    for parameter in source.signature.parameters.iter().skip(1).filter(|parameter| parameter.ident == "new") {
        diagnostics.error(
            &parameter.ident,
            "`new` is the constructor of the struct; choose another name for this argument",
        );
    }
}

/// Reports a network whose struct would have a name that is taken or is none, and arguments with the names of its functions.
pub(super) fn check_network(
    source: &Source,
    (each, data): (&[usize], &[usize]),
    diagnostics: &mut Diagnostics,
) {
    const TAKEN: [&str; 10] = [
        "data",
        "draw",
        "rows",
        "rows_vjp",
        "rows_and_vjp",
        "y",
        "y_bar",
        "parameters",
        "parameters_bar",
        "stream",
    ];
    check_struct(source, diagnostics);
    let parameters = &source.signature.parameters;
    for parameter in parameters.iter().filter(|parameter| TAKEN.iter().any(|name| parameter.ident == name)) {
        let name = &parameter.ident;
        diagnostics.error(
            name,
            format!("the network's struct has a `{name}` of its own; choose another name for this argument"),
        );
    }
    for index in each {
        let bar = format_ident!("{}_bar", parameters[*index].ident);
        if let Some(parameter) = parameters.iter().find(|parameter| parameter.ident == bar) {
            diagnostics.error(
                &parameter.ident,
                format!(
                    "`{bar}` is the derivative by `{}`; choose another name for this argument",
                    parameters[*index].ident
                ),
            );
        }
    }
    check_setters(source, data, diagnostics);
}

/// Reports arguments with the names of functions that set data.
pub(super) fn check_setters(source: &Source, data: &[usize], diagnostics: &mut Diagnostics) {
    let parameters = &source.signature.parameters;
    for index in data {
        let setter = format_ident!("set_{}", parameters[*index].ident);
        if let Some(parameter) = parameters.iter().find(|parameter| parameter.ident == setter) {
            diagnostics.error(
                &parameter.ident,
                format!(
                    "`{setter}` sets the data `{}`; choose another name for this argument",
                    parameters[*index].ident
                ),
            );
        }
    }
}

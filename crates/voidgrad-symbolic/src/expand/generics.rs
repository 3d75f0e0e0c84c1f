//! The generic parameters of a function that becomes a struct.

use syn::{GenericParam, Generics};

use crate::diagnostics::Diagnostics;

/// Reports generic parameters other than lengths; `what` is what is made of the function.
pub(super) fn check_generics(what: &str, generics: &Generics, diagnostics: &mut Diagnostics) {
    for parameter in &generics.params {
        match parameter {
            GenericParam::Const(length) if length.ident == "R" || length.ident == "T" => diagnostics.error(
                &length.ident,
                "`R` and `T` are types of numbers in the generated code; choose another name for this length",
            ),
            GenericParam::Const(_) => {}
            GenericParam::Lifetime(lifetime) => {
                diagnostics.error(lifetime, format!("a {what} needs no lifetimes; leave them out"));
            }
            GenericParam::Type(ty) => diagnostics.error(
                ty,
                format!("a {what} whose numbers have another type is not modelled; write `f64`; it runs on `f32` as well"),
            ),
        }
    }
    if let (Some(clause), true) = (&generics.where_clause, diagnostics.is_empty()) {
        diagnostics
            .error(clause, format!("conditions on the lengths of a {what} are not modelled; leave them out"));
    }
}

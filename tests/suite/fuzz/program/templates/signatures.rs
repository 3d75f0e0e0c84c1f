//! Constructs of a signature.

use super::{Template, row};

/// The first word says where the rest goes.
pub(crate) const SIGNATURES: &[Template] = &[
    row("a mut parameter", "instead mut x: f64", &["x"]),
    row("a cfg that removes a parameter", r#"parameter #[cfg(feature = "never")] x: f64"#, &[]),
    row("a cfg that keeps a parameter", "instead #[cfg(all())] y: f64", &["y"]),
    row("allow on a parameter", "instead #[allow(unused_variables)] y: f64", &["y"]),
    row("a pattern as a parameter", "parameter (g, h): (f64, f64)", &[]),
    row("a parameter without a name", "parameter _: f64", &[]),
    row("a type in parentheses", "instead y: (f64)", &["y"]),
    row("a type by its path", "instead y: core::primitive::f64", &["y"]),
    row("a reference to a number", "parameter k: &f64", &[]),
    row("a reference to a bool", "parameter k: &bool", &[]),
    row("an integer as a parameter", "parameter k: usize", &[]),
    row("an f32 as a parameter", "parameter k: f32", &[]),
    row("a tuple as a parameter", "parameter k: (f64, f64)", &[]),
    row("a mut reference as a parameter", "parameter k: &mut f64", &[]),
    row("an array of arrays as a parameter", "parameter k: [[f64; 2]; 2]", &[]),
    row("a const function", "before const", &[]),
    row("an unsafe function", "before unsafe", &[]),
    row("an extern function", r#"before extern "C""#, &[]),
    row("an async function", "before async", &[]),
    row("pub", "before pub", &[]),
    row("pub(crate)", "before pub(crate)", &[]),
    row("attributes on the function", "before #[allow(unused)] #[inline] #[must_use]", &[]),
    row("documentation on the function", r#"before #[doc = "a function"]"#, &[]),
    row("cfg on the function", "before #[cfg(all())]", &[]),
    row("a lifetime", "generics <'a>", &[]),
    row("a lifetime with a bound", "generics <'a, 'b: 'a>", &[]),
    row("a type parameter", "generics <T>", &[]),
    row("an inner attribute", "inner #![allow(unused)]", &[]),
];

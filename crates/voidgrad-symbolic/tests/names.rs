//! Errors stand on the user's own tokens, and say what to write: names that clash, places where no derivative can stand,
//! and what other functions give.

use voidgrad_symbolic::expand::{control, differentiate, file};

/// The only error for a file: the words that it stands on, and the message.
#[track_caller]
fn error(source: &str) -> (String, String) {
    let expansions = file(source, &"::voidgrad".parse().unwrap()).expect("the source is Rust");
    let errors: Vec<syn::Error> =
        expansions.into_iter().filter_map(|expansion| expansion.error).flatten().collect();
    let [error] = errors.as_slice() else { panic!("one error, not {errors:?}") };
    let (start, end) = (error.span().start(), error.span().end());
    let line: Vec<char> = source.lines().nth(start.line - 1).unwrap().chars().collect();
    let to = if end.line == start.line { end.column } else { line.len() };
    (line[start.column..to].iter().collect(), error.to_string())
}

#[track_caller]
fn refused(source: &str, words: &str, hint: &str) {
    let (at, message) = error(source);
    assert_eq!(at, words, "{message}");
    assert!(message.contains(hint), "{message}");
}

#[test]
fn a_function_inside_an_impl_or_a_trait_is_refused_on_its_name() {
    let hint = "write a free function and call it here";
    refused("impl S { #[differentiate(wrt(x))] fn f(x: f64) -> f64 { x } }", "f", hint);
    refused("trait T { #[control] fn c(z: f64) -> f64 { z } }", "c", hint);
    refused("trait T { #[differentiate(wrt(x))] fn f(x: f64) -> f64; }", "f", hint);
}

/// The macro isn't told where its function stands. In an `impl`, rustc points at the first generated item, so that has the
/// place of the function's name.
#[test]
fn generated_items_point_at_the_name_of_the_function() {
    let root = "::voidgrad".parse().unwrap();
    let item: proc_macro2::TokenStream = "fn   named_here(z: f64, w: f64) -> f64 { w * z }".parse().unwrap();
    let name = item.clone().into_iter().nth(1).unwrap().span().start();
    for expansion in
        [differentiate("wrt(w)".parse().unwrap(), &item, &root), control("".parse().unwrap(), &item, &root)]
    {
        assert!(expansion.error.is_none());
        for keyword in ["enum", "impl"] {
            let generated = expansion.tokens.clone().into_iter().filter(|tree| tree.to_string() == keyword);
            assert!(generated.map(|tree| tree.span().start()).all(|start| start == name), "{keyword}");
        }
    }
}

#[test]
fn a_function_without_a_body_has_no_derivative() {
    let item = "fn f(x: f64) -> f64;".parse().unwrap();
    let expansion = differentiate("wrt(x)".parse().unwrap(), &item, &"::voidgrad".parse().unwrap());
    assert!(expansion.error.unwrap().to_string().contains("a function without a body"));
}

#[test]
fn a_function_takes_one_of_the_two_attributes_once() {
    let hint = "remove one of the two";
    refused("#[differentiate(wrt(x))] #[control] fn f(x: f64) -> f64 { x }", "#[control]", hint);
    refused(
        "#[control] #[voidgrad::differentiate(wrt(x))] fn f(x: f64) -> f64 { x }",
        "#[voidgrad::differentiate(wrt(x))]",
        hint,
    );
    refused(
        "#[differentiate(wrt(x))] #[differentiate(wrt(y))] fn f(x: f64, y: f64) -> f64 { x }",
        "#[differentiate(wrt(y))]",
        hint,
    );
}

#[test]
fn conditions_on_the_function_stand_above_the_annotation() {
    refused(
        "#[differentiate(wrt(x))] #[cfg(test)] fn f(x: f64) -> f64 { x }",
        "#[cfg(test)]",
        "move it above",
    );
    refused(
        "#[differentiate(wrt(x))] #[instrument] fn f(x: f64) -> f64 { x }",
        "#[instrument]",
        "move it above",
    );
    let above = "#[cfg(test)] #[inline] #[differentiate(wrt(x))] #[must_use] fn f(x: f64) -> f64 { x }";
    assert!(file(above, &"::voidgrad".parse().unwrap()).unwrap()[0].error.is_none());
}

#[test]
fn names_that_clash_with_generated_ones_are_refused() {
    refused(
        "#[differentiate(wrt(x, x_d_x), order = 2)] fn f(x: f64, x_d_x: f64) -> f64 { x * x_d_x }",
        "x_d_x",
        "would both be called `d_x_d_x`; rename `x_d_x`",
    );
    refused(
        "#[differentiate(wrt(p, p_d_p_along), order = 2)] fn f(p: [f64; 2], p_d_p_along: f64) -> f64 { p[0] * p_d_p_along }",
        "p_d_p_along",
        "would both be called",
    );
    // There are no second derivatives to clash with.
    let first = "#[differentiate(wrt(x, x_d_x))] fn f(x: f64, x_d_x: f64) -> f64 { x * x_d_x }";
    assert!(file(first, &"::voidgrad".parse().unwrap()).unwrap()[0].error.is_none());
    refused("#[control] fn c(z: f64, z_d_z: f64) -> f64 { z * z_d_z }", "z_d_z", "rename `z_d_z`");
    refused("#[control] fn c(z: f64, new: f64) -> f64 { z * new }", "new", "choose another name");
    refused("#[differentiate(wrt(x))] fn f64(x: f64) -> f64 { x }", "f64", "choose another name");
    refused("#[differentiate(wrt(x))] fn R<R: Real>(x: R) -> R { x }", "R", "choose another name");
    refused("#[control] fn Ramp(z: f64) -> f64 { z }", "Ramp", "in lower case");
    refused("#[control] fn _0(z: f64) -> f64 { z }", "_0", "such as `my_control`");
    refused("#[control] fn self_(z: f64) -> f64 { z }", "self_", "such as `my_control`");
}

#[test]
fn a_const_parameter_is_a_length() {
    refused(
        "#[differentiate(wrt(x))] fn f<const N: i32>(x: f64) -> f64 { x * N as f64 }",
        "i32",
        "write `const N: usize`",
    );
}

#[test]
fn a_call_gives_one_number() {
    let source = "#[differentiate(wrt(x))] fn f(x: f64) -> f64 { polar(x)[0] }";
    refused(source, "polar(x)", "write a function for the entry that is needed here");
    let source = "#[differentiate(wrt(x))] fn f(x: f64) -> f64 { let p = polar(x); p[0] }";
    refused(source, "p", "write a function for the entry that is needed here");
}

#[test]
fn hints_suggest_what_is_modelled() {
    for method in ["chunks(2)", "rows(0, 2)", "windows(2)", "fixed_rows::<2>(0)", "unheard_of()"] {
        let argument = if method.starts_with("fixed") || method.starts_with("rows") {
            "SVector<f64, 4>"
        } else {
            "[f64; 4]"
        };
        let source = format!("#[differentiate(wrt(x))] fn f(x: {argument}) -> f64 {{ x.{method} }}");
        let (_, message) = error(&source);
        assert!(!message.contains("#[differentiate]"), "{message}");
    }
    // What the hint for parts of arrays says is accepted.
    let source = "#[differentiate(wrt(x))] fn f(x: [f64; 4]) -> f64 { let y = [x[0], x[1]]; y.iter().map(|y| y * y).sum::<f64>() }";
    assert!(file(source, &"::voidgrad".parse().unwrap()).unwrap()[0].error.is_none());
}

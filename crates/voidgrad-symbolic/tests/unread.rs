//! Nothing of a function passes unread: whatever could change its value is modelled, or refused on its own token.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{Attribute, ItemFn, parse_quote};
use voidgrad_symbolic::callees::Callees;
use voidgrad_symbolic::expand::{control, differentiate, file};

/// The errors for a function, each with the words that it stands on.
fn errors(source: &str) -> Vec<(String, String)> {
    let root = "::voidgrad".parse().unwrap();
    let expansions = file(source, &root).expect("the source is Rust");
    let errors = expansions.into_iter().filter_map(|expansion| expansion.error).flatten();
    errors
        .map(|error| {
            let (start, end) = (error.span().start(), error.span().end());
            let line: Vec<char> =
                source.lines().nth(start.line - 1).expect("it is in the source").chars().collect();
            let to = if end.line == start.line { end.column } else { line.len() };
            (line[start.column..to].iter().collect(), error.to_string())
        })
        .collect()
}

/// The body of `fn f(x: f64, p: [f64; 2], on: bool) -> f64` is refused on these words.
#[track_caller]
fn refused(body: &str, words: &str) {
    let source = format!(
        "#[differentiate(wrt(x, p), order = 2)] fn f(x: f64, p: [f64; 2], on: bool) -> f64 {{ {body} }}"
    );
    let errors = errors(&source);
    assert!(errors.iter().any(|(at, _)| at == words), "{body}: {errors:?}");
}

#[track_caller]
fn accepted(body: &str) {
    let source = format!(
        "#[differentiate(wrt(x, p), order = 2)] fn f(x: f64, p: [f64; 2], on: bool) -> f64 {{ {body} }}"
    );
    assert_eq!(errors(&source), [], "{body}");
}

/// A function with every construct of the language that can have an attribute.
fn everything() -> ItemFn {
    parse_quote! {
        fn f<'a, const N: usize>(x: f64, p: [f64; 2], on: bool, q: &'a [f64; N]) -> f64
        where
            f64: Copy,
        {
            let y: f64 = x * x;
            let (a, b) = (p[0], -p[1]);
            let mut s = (a + b) * [y, 2.0][0];
            for i in 0..2 {
                s += p[i] * (i as f64);
            }
            if on {
                s = s.max(f64::sin(x));
            } else {
                s *= 2.0;
            }
            let t = match x < 1.0 {
                true => s,
                false => { s + 1.0 }
            };
            let u: f64 = q.iter().map(|e: &f64| -> f64 { e.powi(2) }).sum::<f64>();
            let v = SVector::from([x, y]).map(|e| *e).x;
            let w = [x; 3];
            t + u + v + w[1] + (x, y).0 + if !on { 1.0 } else { CONSTANT as f64 }
        }
    }
}

/// Puts an attribute at one of the places that can have one.
struct Put {
    place: usize,
    attribute: Attribute,
}

impl VisitMut for Put {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        if self.place == 0 {
            attributes.insert(0, self.attribute.clone());
        }
        self.place = self.place.wrapping_sub(1);
    }
}

/// The function with the attribute at each place where Rust's syntax has one.
fn with_attribute(attribute: &Attribute) -> Vec<TokenStream> {
    let clean = everything().into_token_stream().to_string();
    let mut functions = Vec::new();
    for place in 0.. {
        let mut function = everything();
        let mut put = Put { place, attribute: attribute.clone() };
        put.visit_item_fn_mut(&mut function);
        if put.place < usize::MAX / 2 {
            // There are no more places.
            break;
        }
        let item = function.to_token_stream();
        // `syn` keeps attributes at some places that are no syntax, such as a type.
        if item.to_string() != clean && syn::parse2::<ItemFn>(item.clone()).is_ok() {
            functions.push(item);
        }
    }
    // The function itself, its generics and parameters, each statement and each expression.
    assert!(functions.len() >= 80, "{}", functions.len());
    functions
}

#[test]
fn an_attribute_that_could_change_the_value_is_refused_wherever_it_stands() {
    let root = "::voidgrad".parse().unwrap();
    let arguments = || "wrt(x, p), order = 2".parse().unwrap();
    let clean = differentiate(arguments(), &everything().into_token_stream(), &root);
    assert!(clean.error.is_none(), "{:?}", clean.error);
    for attribute in [
        parse_quote!(#[cfg(feature = "clip")]),
        parse_quote!(#[cfg_attr(all(), allow(unused))]),
        parse_quote!(#[instrument]),
    ] {
        let name = Attribute::path(&attribute).to_token_stream();
        for item in with_attribute(&attribute) {
            let expansion = differentiate(arguments(), &item, &root);
            let error = expansion.error.unwrap_or_else(|| panic!("#[{name}] passes unread: {item}"));
            for error in error {
                assert!(error.to_string().contains(&format!("`#[{name}]`")), "{error}: {item}");
            }
        }
    }
}

#[test]
fn lints_and_documentation_are_kept_wherever_they_stand() {
    let root = "::voidgrad".parse().unwrap();
    for attribute in [
        parse_quote!(#[allow(unused)]),
        parse_quote!(#[doc = "a"]),
        parse_quote!(#[expect(clippy::all)]),
        parse_quote!(#[rustfmt::skip]),
    ] {
        for item in with_attribute(&attribute) {
            let expansion = differentiate("wrt(x)".parse().unwrap(), &item, &root);
            assert!(expansion.error.is_none(), "{:?} {item}", expansion.error);
            assert!(expansion.tokens.to_string().contains(&item.to_string()), "the function stays as it is");
        }
    }
}

#[test]
fn a_condition_inside_a_control_is_refused() {
    let item =
        "fn c(z: f64, w: f64) -> f64 { let y = z * w; #[cfg(feature = \"clip\")] let y = y.min(1.0); y }";
    let expansion = control("".parse().unwrap(), &item.parse().unwrap(), &"::voidgrad".parse().unwrap());
    assert!(expansion.error.expect("it is refused").to_string().contains("#[cfg]"));
}

#[test]
fn declared_types_are_compared_with_the_value() {
    for ty in ["f64", "_", "(f64)"] {
        accepted(&format!("let k: {ty} = x * 2.0; k"));
    }
    accepted("let (k, l): (f64, &[f64; 2]) = (x, &p); k * l[0]");
    accepted("let k: &f64 = &x; *k");
    accepted("let k: bool = x > 1.0; if k { x } else { 1.0 }");
    accepted("let k: usize = 1; p[k]");
    accepted("p.iter().map(|e: &f64| -> f64 { e * x }).sum::<f64>()");
    for ty in [
        "f32",
        "f16",
        "i32",
        "usize",
        "Wrapping<f64>",
        "[f64; 2]",
        "[f64; 3]",
        "bool",
        "(f64, f64)",
        "impl Copy",
        "dyn Any",
        "fn(f64) -> f64",
        "*const f64",
        "<f64 as T>::U",
    ] {
        refused(&format!("let k: {ty} = x * 2.0; x"), ty);
    }
    for ty in ["[f32; 2]", "[f64; 3]", "[i32; 2]", "f64", "SVector<f64, 2>", "Vec<f64>"] {
        refused(&format!("let k: {ty} = [x, x]; x"), ty);
    }
    refused("let k: f32 = 16777217.0; x * (k as f64 - 16777216.0)", "f32");
    refused("p.iter().map(|e: &f32| *e as f64).sum::<f64>()", "f32");
    refused("p.iter().map(|e| -> f32 { *e }).sum::<f64>()", "f32");
    refused("p.iter().map(|e| *e).sum::<f32>()", "f32");
    refused("p.iter().map(|e| *e).sum::<Wrapping<f64>>()", "Wrapping<f64>");
    refused("x as f32 as f64", "x as f32");
    refused("let k: &mut f64 = &mut x; *k", "mut");
}

#[test]
fn integers_are_what_rust_makes_of_them() {
    // As `i32`, which nothing contradicts.
    accepted("let mut s = x; for i in 0..3 { s += (i - 1) as f64; } s");
    accepted("let k = -3; x * k as f64");
    accepted("x * (200 + 100) as f64");
    accepted("x * 3000000000 as u64 as f64");
    accepted("x.powi(-2) + x * (0 - 5) as f64");
    // As `usize`, which a use before or after decides.
    refused("let mut s = x; for i in 0..2 { s += p[i] * (i - 1) as f64; } s", "-");
    refused("let mut s = x; for i in 0..2 { s += (i - 1) as f64; s += p[i]; } s", "-");
    refused("let i: usize = 0; x * (i - 1) as f64", "-");
    refused("let i = 0; let j: usize = i; x * (i - 1) as f64 * p[j]", "-");
    refused("let i = p.len(); x * (i - 3) as f64", "-");
    refused("x * (0usize - 1) as f64", "-");
    refused("x * (100u8 + 156) as f64", "+");
    refused("x * (2147483647 + 1) as f64", "+");
    refused("x * 2147483648 as f64", "2147483648");
    refused("x * 300 as u8 as f64", "300 as u8");
    refused("x * (-1i64) as u32 as f64", "(-1i64) as u32");
    refused("let k: u8 = 256; x * k as f64", "256");
    refused("let k: usize = 5000000000; x * k as f64", "5000000000");
    refused("x * 5q as f64", "5q");
    refused("x * 7_i32.pow(2) as f64", "pow");
}

#[test]
fn modifiers_labels_and_arguments_of_types_are_refused() {
    refused("match on { true if x > 1.0 => x, _ => 1.0 }", "true if x > 1.0");
    refused("let mut s = x; 'a: for i in 0..2 { s += p[i]; } s", "'a:");
    refused("let s = 'a: { x }; s", "'a:");
    refused("let ref s = x; *s", "ref");
    refused("let s @ _ = x; s", "s @ _");
    refused("unsafe { x }", "unsafe");
    refused("const { 2.0 } * x", "const");
    refused("async { x }", "async");
    refused("g::<3>(x)", "::<3>");
    refused("f64::max::<f64>(x, 1.0)", "::<f64>");
    refused("sigmoid::<f64>(x)", "::<f64>");
    refused("<f64>::sin(x)", "<f64>::sin");
    refused("<f64 as Real>::PI * x", "<f64 as Real>::PI");
    refused("p.iter().map(async |e| *e).sum::<f64>()", "async");
    refused("let s = &mut x; *s", "mut");
    refused("let (a, ..) = (x, x); a", "..");
    refused("let mut n = 0.0; let s: f64 = p.iter().map(|e| { n += 1.0; *e }).sum(); s + n", "n");
}

#[test]
fn an_entry_of_one_array_is_no_entry_of_another() {
    refused("[x, 1.0].iter().map(|e| p.iter().map(|g| g * e).sum::<f64>()).sum::<f64>()", "e");
    refused("let mut s = x; for i in 0..300 { s += p.iter().map(|g| g * s).sum::<f64>(); } s", "s");
    refused("let mut s = x; for i in 0..300 { s += p.iter().map(|g| g * i as f64).sum::<f64>(); } s", "i");
    refused("p.iter().map(|e| { let mut s = x; for i in 0..300 { s = s * e; } s }).sum::<f64>()", "for");
    // A sum that doesn't depend on the outer entry is a number.
    accepted("[x, 1.0].iter().map(|e| e * p.iter().map(|g| g * x).sum::<f64>()).sum::<f64>()");
    // What is written out has no entries.
    accepted("(0..2).map(|i| p.iter().map(|g| g * p[i]).sum::<f64>()).sum::<f64>()");
}

#[test]
fn what_happens_only_sometimes_is_selected_or_refused() {
    refused("let mut s = x; let c = on && { s += 1.0; s > 0.0 }; if c { s } else { 2.0 * s }", "&&");
    refused("let mut s = x; let c = on || { s = 1.0; s > 0.0 }; if c { s } else { 2.0 * s }", "||");
    accepted("let c = on && { let s = x + 1.0; s > 0.0 }; if c { x } else { 2.0 * x }");
}

#[test]
fn code_that_no_round_reads_is_refused() {
    refused("let mut s = x; for i in 0..0 { s += unknown!(i); } s", "0..0");
    refused("(3..3).fold(x, |s, i| s * unknown!(i))", "fold");
    // One of the rounds of the outer loop reads it.
    accepted("let mut s = x; for i in 0..3 { for j in 0..i { s += (i * j) as f64; } } s");
}

#[test]
fn each_expression_is_read_once() {
    use voidgrad_symbolic::parse::{self, Reading};
    use voidgrad_symbolic::{diagnostics::Diagnostics, signature::Signature};
    struct Count(usize);
    impl<'ast> syn::visit::Visit<'ast> for Count {
        fn visit_expr(&mut self, expression: &'ast syn::Expr) {
            self.0 += 1;
            syn::visit::visit_expr(self, expression);
        }
    }
    for body in [
        "f64::max(x, f64::max(x, f64::max(x, f64::max(x, 1.0))))".to_owned(),
        "f64::clamp(x, f64::min(x, 1.0), f64::hypot(x, f64::powf(x, f64::atan2(x, 2.0))))".to_owned(),
        "x.max(x.max(x.max(x.max(1.0)))).mul_add(x.mul_add(x, x), x).clamp(x.min(1.0), x.max(2.0))".to_owned(),
        "logaddexp(logaddexp(x, 1.0), logaddexp(x, logaddexp(x, x))) + g(g(g(g(x))))".to_owned(),
        "if x > 1.0 { if x > 2.0 { x } else if x > 3.0 { 1.0 } else { 2.0 } } else { match x < 1.0 { true => x, false => 1.0 } }".to_owned(),
        "let mut s = x; s += s * s; s = s - 1.0; { s *= 2.0; } (s, x).0 + [s, x][1] + -s".to_owned(),
    ] {
        let function: ItemFn = syn::parse_str(&format!("fn f(x: f64) -> f64 {{ {body} }}")).unwrap();
        let mut diagnostics = Diagnostics::default();
        let signature = Signature::read(&function, &mut diagnostics).unwrap();
        let reading = parse::body(&function, &signature, &Callees::default(), &mut diagnostics);
        diagnostics.check().unwrap();
        let Some(Reading::Body(read)) = reading else { panic!("it calls no function with an array") };
        let read = read.read;
        let mut count = Count(0);
        syn::visit::Visit::visit_block(&mut count, &function.block);
        assert!(read <= count.0, "{body}: {read:?} of {}", count.0);
    }
}

//! Deep and long code is expanded like any other, on the stack of an ordinary thread, or refused on a token.
//!
//! rustc compiles each of these functions without the macro.

use std::thread;

use voidgrad_symbolic::expand::{Expansion, control, differentiate, file};

/// The stack of the threads that these tests run on: a quarter of the main thread's.
const STACK: usize = 2 << 20;

/// A kind of nesting by its name, and the body of `fn f(x: f64) -> f64` that has `n` levels of it.
fn bodies(n: usize) -> Vec<(&'static str, String)> {
    let around = |open: &str, close: &str| format!("{}x{}", open.repeat(n), close.repeat(n));
    let each = |statement: &dyn Fn(usize) -> String| (0..n).map(statement).collect::<String>();
    vec![
        ("terms", vec!["x"; n].join(" + ")),
        ("factors", vec!["x"; n].join(" * ")),
        ("parentheses", around("(", ")")),
        ("blocks", around("{", "}")),
        ("calls", around("sigmoid(", ")")),
        ("calls of two arguments", around("f64::max(x, ", ")")),
        ("methods", format!("x{}", ".sin()".repeat(n))),
        ("minuses", format!("{}x", "-".repeat(n))),
        ("negated parentheses", around("-(", ")")),
        ("branches", around("if x > 1.0 { x } else { ", "}")),
        ("else if", format!("{}{{ x }}", "if x > 2.0 { x * x } else ".repeat(n))),
        ("matches", around("match x > 1.0 { true => x, false => ", "}")),
        ("arrays", around("[", "][0]")),
        ("tuples", around("(", ", 1.0).0")),
        ("statements", format!("let mut s = x; {} s", "s = s * x + 1.0;".repeat(n))),
        (
            "arrays one after the other",
            format!("let mut v = [x, x * x]; {} v[0]", "v = [v[1], v[0] * x];".repeat(n)),
        ),
        (
            "conditions",
            format!(
                "let mut m = x > 0.0; {} if m {{ x * x }} else {{ x }}",
                each(&|i| format!("m = m && x > {i}.0;"))
            ),
        ),
        (
            "shared conditions",
            format!(
                "let mut m = x > 0.0; {} if m {{ x * x }} else {{ x }}",
                each(&|i| format!("m = (m && x > {i}.0) && (m || x < {i}.5);"))
            ),
        ),
    ]
}

/// Expands on a thread of its own. What the macro is given and what it gives are rustc's to free; here they are kept.
fn on_a_small_stack(kind: &str, body: &str, expand: fn(&str) -> Expansion) -> Option<String> {
    let (kind, body) = (kind.to_owned(), body.to_owned());
    let work = move || {
        let Expansion { tokens, error, .. } = expand(&body);
        assert!(!tokens.is_empty(), "{kind}");
        std::mem::forget(tokens);
        error.map(|error| error.to_string())
    };
    thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap()
}

fn derivatives(body: &str) -> Expansion {
    of_order(body, "wrt(x), order = 2")
}

fn first_derivatives(body: &str) -> Expansion {
    of_order(body, "wrt(x)")
}

fn of_order(body: &str, attribute: &str) -> Expansion {
    let item = format!("fn f(x: f64) -> f64 {{ {body} }}").parse().unwrap();
    let expansion = differentiate(attribute.parse().unwrap(), &item, &"::voidgrad".parse().unwrap());
    std::mem::forget(item);
    expansion
}

fn of_a_control(body: &str) -> Expansion {
    let item = format!("fn f(x: f64, w: f64) -> f64 {{ w * {{ {body} }} }}").parse().unwrap();
    let expansion = control("".parse().unwrap(), &item, &"::voidgrad".parse().unwrap());
    std::mem::forget(item);
    expansion
}

/// The body of this kind.
fn body(kind: &str, n: usize) -> String {
    bodies(n).into_iter().find(|(known, _)| *known == kind).expect("the kind is in the list").1
}

#[test]
fn what_crashed_the_compiler_is_expanded() {
    for (kind, n) in [
        ("terms", 3_500),
        ("parentheses", 5_000),
        ("blocks", 5_000),
        ("calls", 1_000),
        ("methods", 3_000),
        ("minuses", 5_000),
    ] {
        assert_eq!(on_a_small_stack(kind, &body(kind, n), first_derivatives), None, "{kind}");
    }
}

#[test]
fn every_kind_of_nesting_is_expanded() {
    for (kind, body) in bodies(150) {
        assert_eq!(on_a_small_stack(kind, &body, derivatives), None, "{kind}");
        assert_eq!(on_a_small_stack(kind, &body, of_a_control), None, "{kind}");
    }
}

#[test]
fn code_too_deep_for_any_stack_is_refused() {
    let error =
        on_a_small_stack("parentheses", &body("parentheses", 40_000), derivatives).expect("it is refused");
    assert!(error.contains("nested too deeply"), "{error}");
}

#[test]
fn a_file_of_deep_code_is_read() {
    let read = || {
        let source = format!(
            "#[differentiate(wrt(x))] fn f(x: f64) -> f64 {{ {}x{} }}",
            "(".repeat(5_000),
            ")".repeat(5_000)
        );
        let expansions = file(&source, &"::voidgrad".parse().unwrap()).unwrap();
        let error = expansions[0].error.clone();
        std::mem::forget(expansions);
        error
    };
    assert!(thread::Builder::new().stack_size(STACK).spawn(read).unwrap().join().unwrap().is_none());
}

/// The deepest nesting of the generated functions, in groups: rustc has to parse them.
#[test]
fn generated_code_is_shallow_whatever_it_is_made_of() {
    fn depth(code: proc_macro2::TokenStream) -> usize {
        code.into_iter()
            .map(|tree| match tree {
                proc_macro2::TokenTree::Group(group) => 1 + depth(group.stream()),
                _ => 0,
            })
            .max()
            .unwrap_or(0)
    }
    let expand = |body: &str| {
        let Expansion { tokens, error, .. } = derivatives(body);
        assert!(error.is_none());
        // The user's function comes first, as it is written.
        let generated = tokens.into_iter().skip_while(|tree| tree.to_string() != "enum").collect();
        depth(generated)
    };
    let short: Vec<usize> = bodies(20).iter().map(|(_, body)| expand(body)).collect();
    for ((kind, body), short) in bodies(100).into_iter().zip(short) {
        let long = expand(&body);
        assert!(long <= short + 4, "{kind}: {long} levels, where a function of 20 has {short}");
    }
}

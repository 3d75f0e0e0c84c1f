//! Expansion takes linear time and gives code of linear size, matrices stay matrices, and the bounds say so.
//!
//! Nothing here is timed: nodes, operations and tokens are counted.

use syn::ItemFn;
use voidgrad_symbolic::calculus::{adjoints, tangents};
use voidgrad_symbolic::callees::Callees;
use voidgrad_symbolic::cost::operations;
use voidgrad_symbolic::diagnostics::Diagnostics;
use voidgrad_symbolic::expand::{Expansion, differentiate};
use voidgrad_symbolic::graph::NODE_LIMIT;
use voidgrad_symbolic::parse::{self, Body, Reading};
use voidgrad_symbolic::signature::Signature;

fn expand(attribute: &str, source: &str) -> Expansion {
    let attribute = attribute.parse().expect("the attribute is tokens");
    let function = source.parse().expect("the source is tokens");
    differentiate(attribute, &function, &"::voidgrad".parse().expect("this is a path"))
}

/// The code without the formulas in its documentation.
fn code(expansion: &Expansion) -> String {
    assert!(expansion.error.is_none(), "{:?}", expansion.error);
    expansion.tokens.to_string().split('#').filter(|part| !part.contains("doc =")).collect()
}

fn read(source: &str) -> Body {
    let function: ItemFn = syn::parse_str(source).expect("the source is a function");
    let mut diagnostics = Diagnostics::default();
    let reading = Signature::read(&function, &mut diagnostics)
        .and_then(|signature| parse::body(&function, &signature, &Callees::default(), &mut diagnostics));
    diagnostics.check().expect("the function is in the language");
    let Some(Reading::Body(body)) = reading else { panic!("it calls no other function") };
    *body
}

/// `let a = a.sin()*a;`, n times: its value as a tree has 2ⁿ leaves.
fn chain(n: usize) -> String {
    format!("fn chain(a: f64) -> f64 {{ {} a }}", "let a = a.sin() * a; ".repeat(n))
}

#[test]
fn a_chain_grows_by_its_length_and_not_by_its_paths() {
    let size = |n: usize| expand("wrt(a), order = 2", &chain(n)).tokens.to_string().len();
    let (short, long) = (size(200), size(400));
    // Names become a digit longer; nothing else may grow.
    assert!(long * 10 < short * 22, "{short} characters for 200, {long} for 400");
}

#[test]
fn the_graph_of_a_chain_grows_by_its_length() {
    let nodes = |n: usize| {
        let Body { mut graph, parameters, output, .. } = read(&chain(n));
        let one = graph.literal(1.0);
        let gradient = adjoints(&mut graph, &[(output, one)], &parameters)[0].expect("it depends on `a`");
        let first = graph.len();
        tangents(&mut graph, &[(parameters[0], one)], &[gradient]);
        (first, graph.len())
    };
    let ((first, second), (first_twice, second_twice)) = (nodes(100), nodes(200));
    // One step in a hundred for what the ends of the chain have of their own.
    assert!(first_twice * 100 <= first * 201, "{first} nodes for 100, {first_twice} for 200");
    assert!(second_twice * 100 <= second * 201, "{second} nodes for 100, {second_twice} for 200");
}

/// The functions of the oracle, each as its text.
fn oracle() -> Vec<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oracle.json"))
        .expect("the fixtures are there");
    let fixtures: serde_json::Value = serde_json::from_str(&text).expect("the fixtures are JSON");
    let cases = fixtures["cases"].as_array().expect("there are cases");
    cases.iter().map(|case| case["source"].as_str().expect("a case has a source").to_owned()).collect()
}

#[test]
fn a_gradient_costs_4_values_and_a_hessian_row_10() {
    let mut counted = 0;
    for source in oracle() {
        let Body { mut graph, parameters, output, .. } = read(&source);
        let value = operations(&graph, &[output]);
        if value < 8 {
            continue;
        }
        counted += 1;
        let one = graph.literal(1.0);
        let mut roots: Vec<_> =
            adjoints(&mut graph, &[(output, one)], &parameters).into_iter().flatten().collect();
        roots.push(output);
        let gradient = operations(&graph, &roots);
        assert!(gradient <= 4 * value, "{gradient} operations for {value}: {source}");
        for &x in &parameters[..3] {
            let gradients = roots[..roots.len() - 1].to_vec();
            let row: Vec<_> = tangents(&mut graph, &[(x, one)], &gradients)
                .into_iter()
                .flatten()
                .chain(roots.clone())
                .collect();
            let row = operations(&graph, &row);
            assert!(row - gradient <= 10 * value, "{row} operations with a row for {value}: {source}");
        }
    }
    assert!(counted > 100, "only {counted} functions have 8 operations");
}

#[test]
fn a_layer_stays_a_matrix_product() {
    let source = "fn layer(w: SMatrix<f64, 200, 200>, x: SVector<f64, 200>, t: SVector<f64, 200>) -> f64 {
        (w * x).map(|h| h.tanh()).dot(&t)
    }";
    let nodes = read(source).graph.len();
    assert!(nodes < 10, "{nodes} nodes");
    let expansion = expand("wrt(w, x)", source);
    let code = code(&expansion);
    // One row of it written out would be 200 products: some 2,000 characters for each of the six functions.
    assert!(code.len() < 8_000, "{} characters:\n{code}", code.len());
    let products = code.matches("& w * & x ;").count();
    assert!(
        products >= 6,
        "value, d_w, d_x, gradient, jvp and vjp compute the product, {products} do:\n{code}"
    );
    assert!(code.contains("w . tr_mul (& h_bar)"), "∂/∂x goes back through the product:\n{code}");
    assert!(code.contains("matrix (| i , j | h_bar [i] * x [j])"), "∂/∂w is an outer product:\n{code}");
    assert!(!code.contains("[1]") && !code.contains("[199]"), "no entry is written out:\n{code}");
}

#[test]
fn two_layers_stay_four_products() {
    let source =
        "fn layers(v: SMatrix<f64, 100, 200>, w: SMatrix<f64, 200, 200>, x: SVector<f64, 200>) -> f64 {
        (v * (w * x).map(|h| h.tanh())).map(relu).sum()
    }";
    let expansion = expand("wrt(v, w, x), order = 2", source);
    let code = code(&expansion);
    assert!(code.len() < 25_000, "{} characters", code.len());
}

#[test]
fn a_function_that_grows_too_large_is_told_where() {
    let source = "fn f(x: f64) -> f64 {
        let mut s = x;
        for i in 0..100 { for j in 0..200 { s = s.sin() * (i as f64) + (j as f64) * x; } }
        s
    }";
    let error = expand("wrt(x)", source).error.expect("it is refused");
    let errors: Vec<String> = error.into_iter().map(|error| error.to_string()).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains(&format!("{NODE_LIMIT}")), "{errors:?}");
}

#[test]
fn the_construct_that_grew_is_named() {
    let terms = vec!["x.sin().cos().sin() * y"; 20].join(" + ");
    let steps: Vec<String> = (0..500).map(|i| format!("let x = {terms} + {i}.0;")).collect();
    let body = steps.join(" ");
    let source = format!("fn f(x: f64, y: f64) -> f64 {{ {body} x }}");
    let error = expand("wrt(x)", &source).error.expect("it is refused");
    let errors: Vec<syn::Error> = error.into_iter().collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let span = errors[0].span();
    let words: String =
        source.chars().skip(span.start().column).take(span.end().column - span.start().column).collect();
    assert!(!words.is_empty() && words.len() < 10, "the error stands on `{words}`");
}

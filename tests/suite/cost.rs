//! The bounds on the size of derivatives, counted in operations over the functions of the oracle.

use voidgrad_symbolic::calculus::{adjoints, tangents};
use voidgrad_symbolic::callees::Callees;
use voidgrad_symbolic::cost::operations;
use voidgrad_symbolic::diagnostics::Diagnostics;
use voidgrad_symbolic::graph::NodeId;
use voidgrad_symbolic::parse::{Body, Reading, body};
use voidgrad_symbolic::signature::Signature;

fn read(source: &str) -> Body {
    let function: syn::ItemFn = syn::parse_str(source).expect("the source is a function");
    let mut diagnostics = Diagnostics::default();
    let signature = Signature::read(&function, &mut diagnostics).expect("the signature is modelled");
    let reading = body(&function, &signature, &Callees::default(), &mut diagnostics);
    diagnostics.check().expect("the body is modelled");
    let Some(Reading::Body(body)) = reading else { panic!("nothing was refused, and nothing is called") };
    *body
}

fn sources() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/oracle.json");
    let text = std::fs::read_to_string(path).expect("the fixtures are there");
    let fixtures: serde_json::Value = serde_json::from_str(&text).expect("the fixtures are JSON");
    let cases = fixtures["cases"].as_array().expect("there are cases");
    cases.iter().map(|case| case["source"].as_str().expect("a case has a source").to_owned()).collect()
}

#[test]
fn value_and_gradient_cost_at_most_four_values_and_a_hessian_row_ten() {
    let mut counted = 0;
    for source in sources() {
        let Body { mut graph, parameters, output, .. } = read(&source);
        let value = operations(&graph, &[output]);
        if value < 8 {
            continue;
        }
        counted += 1;
        let one = graph.literal(1.0);
        let gradient: Vec<NodeId> =
            adjoints(&mut graph, &[(output, one)], &parameters).into_iter().flatten().collect();
        let mut roots = gradient.clone();
        roots.push(output);
        let with_gradient = operations(&graph, &roots);
        assert!(with_gradient <= 4 * value, "{with_gradient} operations for {value}: {source}");
        let row: Vec<NodeId> =
            tangents(&mut graph, &[(parameters[0], one)], &gradient).into_iter().flatten().collect();
        roots.extend(row);
        let with_row = operations(&graph, &roots) - with_gradient;
        assert!(with_row <= 10 * value, "{with_row} operations for {value}: {source}");
    }
    assert!(counted > 100, "only {counted} functions were large enough");
}

#[test]
fn repeated_sharing_grows_linearly() {
    let source = |n: usize| format!("fn f(a: f64) -> f64 {{ {} a }}", "let a = a.sin() * a;".repeat(n));
    let size = |n: usize| {
        let Body { mut graph, parameters, output, .. } = read(&source(n));
        let one = graph.literal(1.0);
        let gradient = adjoints(&mut graph, &[(output, one)], &parameters)[0].expect("it depends on a");
        tangents(&mut graph, &[(parameters[0], one)], &[gradient]);
        graph.len()
    };
    assert_eq!(size(200) - size(100), 2 * (size(100) - size(50)), "each round adds the same number of nodes");
}

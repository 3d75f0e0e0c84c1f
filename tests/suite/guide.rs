//! The guide says what the code does.

use std::path::Path;

use voidgrad::Bernoulli;
use voidgrad::estimators::Listed as _;
use voidgrad_symbolic::graph::{Comparison, Graph, NodeId, Op, Shape};
use voidgrad_symbolic::primitives::{BINARY, Call, UNARY};

const START: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->";

/// `GUIDE=overwrite cargo test` writes the table into the guide.
#[test]
fn the_table_of_primitives_is_the_engines() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/voidgrad/src/guide/primitives.md");
    let page = std::fs::read_to_string(&path).expect("the guide is there");
    let (before, rest) = page.split_once(START).expect("the page has a table");
    let (found, after) = rest.split_once(END).expect("the table has an end");
    let expected = table();
    if std::env::var_os("GUIDE").is_some_and(|value| value == "overwrite") {
        std::fs::write(&path, format!("{before}{START}{expected}{END}{after}"))
            .expect("the guide can be written");
        return;
    }
    assert_eq!(found, expected, "run the test with GUIDE=overwrite to write the table anew");
}

/// One line a row, in the order of the engine's table.
fn table() -> String {
    let mut lines = vec!["| written | derivative | jumps at |".to_owned(), "|---|---|---|".to_owned()];
    for row in UNARY {
        let mut graph = Graph::default();
        let [x, y] = parameters(&mut graph, ["x", "y"]);
        let derivative = (row.derivative)(&mut graph, x, y);
        let kinks: Vec<String> = row.kinks.iter().map(ToString::to_string).collect();
        let written = written(row.name, row.call, &["x"]);
        lines.push(format!("| {written} | {} | {} |", code(&graph, derivative), kinks.join(", ")));
    }
    for row in BINARY {
        let mut graph = Graph::default();
        let [a, b, y] = parameters(&mut graph, ["a", "b", "y"]);
        let derivatives = row.derivatives.map(|derivative| derivative(&mut graph, a, b, y));
        let [d_a, d_b] = derivatives.map(|derivative| code(&graph, derivative));
        let kink = if row.kink_at_equal { "a = b" } else { "" };
        lines.push(format!("| {} | {d_a}, {d_b} | {kink} |", written(row.name, row.call, &["a", "b"])));
    }
    lines.join("\n") + "\n"
}

fn parameters<const N: usize>(graph: &mut Graph, names: [&str; N]) -> [NodeId; N] {
    std::array::from_fn(|index| {
        let parameter = graph.parameter(index, Shape::Scalar, false);
        graph.set_name(parameter, names[index]);
        parameter
    })
}

fn written(name: &str, call: Call, arguments: &[&str]) -> String {
    match (call, arguments) {
        (Call::Method, [receiver, rest @ ..]) => format!("`{receiver}.{name}({})`", rest.join(", ")),
        (Call::Generated, _) => format!("`{name}({})`, generated", arguments.join(", ")),
        _ => format!("`{name}({})`", arguments.join(", ")),
    }
}

fn code(graph: &Graph, node: NodeId) -> String {
    format!("`{}`", formula(graph, node, 0).replace('|', "\\|"))
}

/// The formula in plain text, in parentheses where it binds less than `level`: 1 a sum, 2 a product, 3 a power.
fn formula(graph: &Graph, node: NodeId, level: u8) -> String {
    let at = |node: &NodeId, level: u8| formula(graph, *node, level);
    let (text, own) = match graph.op(node) {
        Op::Literal(bits) => (f64::from_bits(*bits).to_string(), 3),
        Op::Zero => ("0".to_owned(), 3),
        Op::Parameter(_) => (graph.name(node).expect("parameters have names").to_owned(), 3),
        Op::Neg(a) => (format!("-{}", at(a, 2)), 1),
        Op::Add(a, b) => (format!("{} + {}", at(a, 1), at(b, 1)), 1),
        Op::Sub(a, b) => (format!("{} - {}", at(a, 1), at(b, 2)), 1),
        Op::Mul(a, b) => (format!("{}·{}", at(a, 2), at(b, 2)), 2),
        Op::Div(a, b) => (format!("{}/{}", at(a, 2), at(b, 3)), 2),
        Op::Powi(a, 2) => (format!("{}²", at(a, 4)), 3),
        Op::Powi(a, n) => (format!("{}^{n}", at(a, 4)), 3),
        Op::Unary(primitive, a) => (format!("{}({})", primitive.row().name, at(a, 0)), 4),
        Op::Binary(primitive, a, b) => (format!("{}({}, {})", primitive.row().name, at(a, 0), at(b, 0)), 4),
        Op::Compare(comparison, a, b) => {
            let sign = match comparison {
                Comparison::Lt => "<",
                Comparison::Le => "≤",
                Comparison::Gt => ">",
                Comparison::Ge => "≥",
                Comparison::Eq => "=",
                Comparison::Ne => "≠",
            };
            (format!("{} {sign} {}", at(a, 1), at(b, 1)), 0)
        }
        Op::Or(a, b) => (format!("{} or {}", at(a, 1), at(b, 1)), 0),
        Op::Select(mask, a, b) => (format!("{} if {}, else {}", at(a, 1), at(mask, 0), at(b, 0)), 0),
        other => panic!("a rule of the table holds {other:?}, which this test does not write"),
    };
    // A parameter or a number is an atom for every purpose.
    let is_atom = matches!(graph.op(node), Op::Literal(_) | Op::Zero | Op::Parameter(_));
    if own < level && !is_atom { format!("({text})") } else { text }
}

/// `cargo xtask compare` prints what the page quotes: all estimators of Bernoulli variables, in each of the tables.
#[test]
fn every_estimator_is_in_the_decision_and_in_every_table() {
    let page = include_str!("../../crates/voidgrad/src/guide/which_estimator.md");
    let (decision, measured) = page.split_once("# Measured").expect("the page has two halves");
    let quoted: Vec<&str> = measured.split("```text\n").skip(1).take(3).collect();
    assert_eq!(quoted.len(), 3);
    for method in Bernoulli::estimators().iter().map(|row| row.method) {
        // `relax-coupled` is named with its kin.
        let kin = method.name.trim_end_matches("-coupled");
        assert!(decision.contains(&format!("`{kin}`")), "{}", method.name);
        for table in &quoted {
            let row = table.lines().find(|line| line.split_whitespace().next() == Some(method.name));
            // 2²⁰⁰ evaluations are left out.
            assert_eq!(
                row.is_none(),
                method.name == "enumerate" && table.contains("M = 200"),
                "{}",
                method.name
            );
            assert!(row.is_none_or(|row| row.contains("biased") == method.is_biased()), "{}", method.name);
        }
    }
}

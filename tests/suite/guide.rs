//! The guide says what the code does.

use std::collections::BTreeSet;
use std::path::Path;

use voidgrad::Bernoulli;
use voidgrad::estimators::{Listed as _, Method};
use voidgrad_symbolic::graph::{Comparison, Graph, NodeId, Op, Shape};
use voidgrad_symbolic::primitives::{BINARY, Call, UNARY};

const START: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->";

/// Whether tables are to be written anew, as snapshots are.
fn overwrites() -> bool {
    std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always")
}

/// `INSTA_UPDATE=always cargo test -p voidgrad-tests --test suite guide` writes the table into the guide.
#[test]
fn the_table_of_primitives_is_the_engines() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/voidgrad/src/guide/primitives.md");
    let page = std::fs::read_to_string(&path).expect("the guide is there");
    let (before, rest) = page.split_once(START).expect("the page has a table");
    let (found, after) = rest.split_once(END).expect("the table has an end");
    let expected = table();
    if overwrites() {
        std::fs::write(&path, format!("{before}{START}{expected}{END}{after}"))
            .expect("the guide can be written");
        return;
    }
    assert_eq!(found, expected, "run the test with INSTA_UPDATE=always to write the table anew");
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

/// `INSTA_UPDATE=always cargo test -p voidgrad-tests --test suite guide` writes it anew.
#[test]
fn the_table_of_estimators_is_made_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/voidgrad/src/estimators/table.md");
    let expected = voidgrad::estimators::table();
    if overwrites() {
        std::fs::write(&path, expected).expect("the table can be written");
        return;
    }
    let found = std::fs::read_to_string(&path).expect("the table is there");
    assert_eq!(found, expected, "run the test with INSTA_UPDATE=always to write the table anew");
}

/// The rows of a table that the command line has printed: what stands between its head and an empty line.
fn printed(table: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = table.lines().skip_while(|line| !line.starts_with("estimator ")).skip(1);
    rows.take_while(|line| !line.is_empty())
        .map(|line| (line.split_whitespace().next().expect("the line is not empty"), line))
}

/// `cargo xtask compare` prints what the page quotes: the estimators of Bernoulli variables that there were when it was measured, in each of the tables.
#[test]
fn what_is_measured_is_in_the_decision_and_in_every_table() {
    let page = include_str!("../../crates/voidgrad/src/guide/which_estimator.md");
    let (decision, measured) = page.split_once("# Measured").expect("the page has two halves");
    let quoted: Vec<&str> =
        measured.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(quoted.len(), 5);
    let names = |table: &str| {
        let mut names: BTreeSet<String> = printed(table).map(|(name, _)| name.to_owned()).collect();
        // 2²⁰⁰ evaluations are left out.
        assert!(!table.contains("M = 200") || names.insert("enumerate".to_owned()));
        names
    };
    let all = names(quoted[0]);
    assert!(all.len() >= 27 && names(quoted[1]) == all && names(quoted[2]) == all, "{all:?}");
    assert!(names(quoted[4]).is_subset(&all));
    for table in quoted {
        // The exact gradient is no estimator.
        for (name, row) in printed(table).filter(|(name, _)| *name != "exact") {
            let method = Bernoulli::estimator(name).unwrap_or_else(|error| panic!("{error}")).method;
            assert_eq!(row.contains("biased"), method.is_biased(), "{row}");
            // `relax-coupled` is named with its kin.
            let kin = name.trim_end_matches("-coupled");
            assert!(decision.contains(&format!("`{kin}`")), "{name}");
        }
    }
}

/// The second column of the decision, but for what is named as a path.
#[test]
fn every_estimator_that_the_guide_chooses_exists() {
    let page = include_str!("../../crates/voidgrad/src/guide/which_estimator.md");
    let (decision, _) = page.split_once("# What it costs").expect("the page has its parts");
    let mut chosen = 0;
    for row in decision.lines().filter(|line| line.starts_with("| ")) {
        let cell = row.split(" | ").nth(1).expect("a row has columns");
        for name in cell.split('`').skip(1).step_by(2) {
            // Types are links, which rustdoc follows.
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                assert!(Method::find(name).is_some(), "{name}");
                chosen += 1;
            }
        }
    }
    assert!(chosen >= 20, "{chosen}");
}

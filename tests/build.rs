//! Writes the functions of `fixtures/oracle*.json` as annotated Rust, with what is to be checked of each.
//!
//! `VOIDGRAD_ORACLE` names other files, separated by `:`, to be run instead (`fixtures/README.md` says how to make them).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

const FIXTURES: &str = "fixtures/oracle.json:fixtures/oracle_more.json";
/// num-dual's functions for the cases of `oracle.json`, which was made without them.
const DUALS: &str = "fixtures/oracle_dual.json";

fn main() {
    println!("cargo::rerun-if-env-changed=VOIDGRAD_ORACLE");
    let chosen = env::var("VOIDGRAD_ORACLE").ok();
    let duals = if chosen.is_none() { read(DUALS) } else { Value::Null };
    let mut cases = Vec::new();
    for path in chosen.as_deref().unwrap_or(FIXTURES).split(':') {
        let fixtures = read(path);
        for case in list(&fixtures["cases"]) {
            cases.push(if case["points"].is_array() { several(case) } else { single(case, &duals) });
        }
    }
    let mut module = String::new();
    let mut names = String::new();
    for case in &cases {
        case.write(&mut module);
        write!(names, "check_{}, ", case.id).unwrap();
    }
    writeln!(module, "pub(crate) const CASES: &[fn(&mut Checks)] = &[{names}];").unwrap();
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("oracle.rs"), module).expect("the folder is writable");
    fs::write(Path::new(&out).join("deep.rs"), deep()).expect("the folder is writable");
}

/// Functions of `x` that rustc compiles and that are deeper than an ordinary stack.
fn deep() -> String {
    let around = |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
    let bodies = [
        ("terms", vec!["x"; 3_500].join(" + ")),
        ("parentheses", around("(", ")", 700)),
        ("blocks", around("{", "}", 500)),
        ("calls", around("sigmoid(", ")", 1_000)),
        ("methods", format!("x{}", ".sin()".repeat(3_000))),
        ("minuses", format!("{}x", "-".repeat(2_000))),
    ];
    let functions = bodies.map(|(name, body)| {
        format!("#[differentiate(wrt(x))]\npub(super) fn {name}(x: f64) -> f64 {{ {body} }}\n")
    });
    functions.concat()
}

fn read(path: &str) -> Value {
    println!("cargo::rerun-if-changed={path}");
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is a string in {value}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn strings(value: &Value) -> Vec<String> {
    list(value).iter().map(|item| item.as_str().expect("this is a list of strings").to_owned()).collect()
}

/// A function to check, with those that it calls before it.
struct Case {
    id: String,
    /// What each is differentiated by, and its text.
    functions: Vec<(Vec<String>, String)>,
    /// The same for num-dual, where there is one.
    duals: Vec<String>,
    /// The numbers among the arguments, by name, in order.
    variables: Vec<String>,
    points: Vec<Point>,
}

struct Point {
    /// One text an argument, each number as `f64::from_bits(…)`.
    arguments: Vec<String>,
    expectations: Vec<Expectation>,
}

/// One number: `call(arguments)entry`, the derivative by the variables `wrt`.
struct Expectation {
    call: String,
    entry: String,
    wrt: Vec<String>,
    truth: Value,
}

/// A case of `oracle_more.py`: everything is written out.
fn several(case: &Value) -> Case {
    let functions =
        list(&case["functions"]).iter().map(|f| (strings(&f["wrt"]), text(f, "source").to_owned())).collect();
    let points = list(&case["points"]).iter().map(|point| {
        let value = Expectation {
            call: "value".into(),
            entry: String::new(),
            wrt: Vec::new(),
            truth: point["value"].clone(),
        };
        let derivatives = list(&point["grad"]).iter().chain(list(&point["second"])).map(|item| Expectation {
            call: text(item, "call").to_owned(),
            entry: text(item, "entry").to_owned(),
            wrt: item["wrt"].as_str().map_or_else(|| strings(&item["wrt"]), |one| vec![one.to_owned()]),
            truth: item.clone(),
        });
        Point {
            arguments: strings(&point["arguments"]),
            expectations: std::iter::once(value).chain(derivatives).collect(),
        }
    });
    Case {
        id: text(case, "id").to_owned(),
        functions,
        duals: strings(&case["dual"]),
        variables: strings(&case["variables"]),
        points: points.collect(),
    }
}

/// A case of `oracle.py`: a function of `x`, `y`, `z` and the four entries of `p`.
fn single(case: &Value, duals: &Value) -> Case {
    /// `p2` is an entry of `p`.
    fn split(variable: &str) -> (&str, String) {
        match variable.strip_prefix('p') {
            Some(index) => ("p", format!("[{index}]")),
            None => (variable, String::new()),
        }
    }
    let mut wrt: Vec<String> = Vec::new();
    for variable in strings(&case["active"]) {
        let (name, _) = split(&variable);
        if !wrt.iter().any(|known| known == name) {
            wrt.push(name.to_owned());
        }
    }
    let bits = |variable: &str| format!("f64::from_bits({})", text(&case["inputs"][variable], "bits"));
    let mut expectations = Vec::new();
    if case["value"].is_object() {
        let (call, truth) = ("value".to_owned(), case["value"].clone());
        expectations.push(Expectation { call, entry: String::new(), wrt: Vec::new(), truth });
    }
    for first in list(&case["grad"]) {
        let (name, entry) = split(text(first, "wrt"));
        let (call, truth) = (format!("d_{name}"), first.clone());
        expectations.push(Expectation { call, entry, wrt: vec![text(first, "wrt").to_owned()], truth });
    }
    for second in list(&case["second"]) {
        let wrt = strings(&second["wrt"]);
        let ((x, i), (y, j)) = (split(&wrt[0]), split(&wrt[1]));
        let (call, entry) = (format!("d_{x}_d_{y}"), format!("{i}{j}"));
        expectations.push(Expectation { call, entry, wrt, truth: second.clone() });
    }
    let id = text(case, "id");
    let entries = ["p0", "p1", "p2", "p3"].map(bits).join(", ");
    let dual = case["dual"].as_str().or_else(|| duals[id].as_str());
    Case {
        id: id.to_owned(),
        functions: vec![(wrt, text(case, "source").to_owned())],
        duals: dual.map(str::to_owned).into_iter().collect(),
        variables: ["x", "y", "z", "p0", "p1", "p2", "p3"].map(str::to_owned).to_vec(),
        points: vec![Point {
            arguments: vec![bits("x"), bits("y"), bits("z"), format!("[{entries}]")],
            expectations,
        }],
    }
}

impl Case {
    fn write(&self, module: &mut String) {
        for (wrt, source) in &self.functions {
            writeln!(module, "#[differentiate(wrt({}), order = 2)]\n{source}", wrt.join(", ")).unwrap();
        }
        for dual in &self.duals {
            writeln!(module, "{dual}").unwrap();
        }
        writeln!(module, "fn check_{}(checks: &mut Checks) {{", self.id).unwrap();
        for (at, point) in self.points.iter().enumerate() {
            let name = if at == 0 { self.id.clone() } else { format!("{} at point {at}", self.id) };
            self.write_point(&name, point, module);
        }
        module.push_str("}\n");
    }

    fn write_point(&self, name: &str, point: &Point, module: &mut String) {
        let id = &self.id;
        let arguments = point.arguments.join(", ");
        let mut calls = BTreeMap::new();
        for expectation in &point.expectations {
            let next = calls.len();
            let call = &expectation.call;
            calls.entry(call).or_insert_with(|| {
                writeln!(module, "    let r{next} = f_{id}::{call}({arguments});").unwrap();
                next
            });
        }
        if !self.duals.is_empty() {
            writeln!(module, "    let dual = |i, j| g_{id}({});", seeded(&arguments)).unwrap();
        }
        for Expectation { call, entry, wrt, truth } in &point.expectations {
            let dual = if self.duals.is_empty() { "None".to_owned() } else { self.dual(wrt) };
            let (ulps, absolute) = tolerance(truth);
            writeln!(
                module,
                "    checks.add(\"{name} d{}\", r{}{entry}, \"{}\", {ulps}, {absolute}, {dual});",
                wrt.join("d"),
                calls[call],
                text(truth, "truth"),
            )
            .unwrap();
        }
    }

    /// What num-dual finds for the derivative by `wrt`.
    fn dual(&self, wrt: &[String]) -> String {
        let index = |name: &String| {
            self.variables.iter().position(|known| known == name).expect("the variables are named")
        };
        match wrt {
            [] => "Some(dual(NONE, NONE).re)".to_owned(),
            [x] => format!("Some(dual({}, NONE).eps1)", index(x)),
            [x, y] => format!("Some(dual({}, {}).eps1eps2)", index(x), index(y)),
            _ => unreachable!("there are two orders"),
        }
    }
}

/// The arguments as dual numbers: the k-th number has the first tangent where `i = k` and the second where `j = k`.
fn seeded(arguments: &str) -> String {
    let mut parts = arguments.split("f64::from_bits(");
    let mut seeded = parts.next().unwrap_or_default().to_owned();
    for (k, part) in parts.enumerate() {
        write!(seeded, "seed({k}, i, j, {part}").unwrap();
    }
    seeded.replace("::<f64,", "::<D,")
}

/// In ulp, and as a number where the truth is 0.
fn tolerance(truth: &Value) -> (String, String) {
    let ulps = match (&truth["tol_ulp"], &truth["ref_ulp"]) {
        (Value::Number(ulps), _) => ulps.as_f64().expect("a tolerance is a number"),
        (_, Value::Number(ulps)) => (4.0 * ulps.as_f64().expect("a yardstick is a number")).max(4.0),
        // Kinks and conventions are exact.
        _ => 0.0,
    };
    (format!("{ulps:?}"), format!("{:?}", truth["abs_tol"].as_f64().unwrap_or(0.0)))
}

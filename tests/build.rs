//! Writes the functions of `fixtures/oracle.json` as annotated Rust, with a table of what is to be checked.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

fn main() {
    println!("cargo::rerun-if-changed=fixtures/oracle.json");
    let text = fs::read_to_string("fixtures/oracle.json").expect("the fixtures are there");
    let fixtures: Value = serde_json::from_str(&text).expect("the fixtures are JSON");
    let mut functions = String::new();
    let mut checks = String::new();
    for case in fixtures["cases"].as_array().expect("there are cases") {
        write_case(case, &mut functions, &mut checks);
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let module =
        format!("{functions}\npub(crate) fn checks() -> Vec<Check> {{\n    vec![\n{checks}    ]\n}}\n");
    fs::write(Path::new(&out).join("oracle.rs"), module).expect("the folder is writable");
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is a string in {value}"))
}

/// `p2` is an entry of `p`.
fn split(variable: &str) -> (&str, String) {
    match variable.strip_prefix('p') {
        Some(index) => ("p", format!("[{index}]")),
        None => (variable, String::new()),
    }
}

fn write_case(case: &Value, functions: &mut String, checks: &mut String) {
    let mut wrt: Vec<&str> = Vec::new();
    for variable in case["active"].as_array().expect("a case has variables") {
        let (name, _) = split(variable.as_str().expect("a variable is a string"));
        if !wrt.contains(&name) {
            wrt.push(name);
        }
    }
    writeln!(functions, "#[differentiate(wrt({}), order = 2)]\n{}", wrt.join(", "), text(case, "source"))
        .unwrap();
    let id = text(case, "id");
    let bits = |variable: &str| format!("f64::from_bits({})", text(&case["inputs"][variable], "bits"));
    let entries = ["p0", "p1", "p2", "p3"].map(bits).join(", ");
    let arguments = format!("{}, {}, {}, [{entries}]", bits("x"), bits("y"), bits("z"));
    let mut check = |what: &str, call: &str, entry: &str, expected: &Value| {
        let tolerance = match (&expected["tol_ulp"], &expected["ref_ulp"]) {
            (Value::Number(ulp), _) => format!("{:?}", ulp.as_f64().expect("a tolerance is a number")),
            (_, Value::Number(ulp)) => {
                format!("{:?}", (4.0 * ulp.as_f64().expect("a yardstick is a number")).max(4.0))
            }
            // The kinks are a convention: exact.
            _ => "0.0".to_owned(),
        };
        let absolute = expected["abs_tol"].as_f64().unwrap_or(0.0);
        let truth = text(expected, "truth");
        writeln!(
            checks,
            "        Check {{ name: \"{id} {what}\", got: f_{id}::{call}({arguments}){entry}, truth: \"{truth}\", ulps: {tolerance}, absolute: {absolute:?} }},"
        )
        .unwrap();
    };
    if let Value::Object(_) = case["value"] {
        check("value", "value", "", &case["value"]);
    }
    for first in case["grad"].as_array().expect("a case has a gradient") {
        let variable = text(first, "wrt");
        let (name, entry) = split(variable);
        check(&format!("d{variable}"), &format!("d_{name}"), &entry, first);
    }
    for second in case["second"].as_array().into_iter().flatten() {
        let [a, b] = [0, 1].map(|i| second["wrt"][i].as_str().expect("a variable is a string"));
        let ((x, i), (y, j)) = (split(a), split(b));
        check(&format!("d{a}d{b}"), &format!("d_{x}_d_{y}"), &format!("{i}{j}"), second);
    }
}

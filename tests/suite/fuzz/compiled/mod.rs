//! Random programs compiled by rustc, which the interpreter has to agree with.
//!
//! The interpreter is the oracle of the other tests, so something has to hold it to Rust. Here a batch of programs becomes a
//! crate: without the attribute, to find those that are valid Rust, and with it, to see that what the macro takes
//! compiles and computes what the interpreter says, bit for bit.

mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use self::text::{SHOW, helpers, manifest, rust};
use super::differential::{Expanded, Random};
use super::interpreter::{Context, Interpreter, Stop};
use super::program::Program;
use crate::outside::cargo_in;

/// What a batch showed.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// How many programs are valid Rust without the attribute.
    pub(crate) valid: usize,
    /// How many of those the macro takes.
    pub(crate) taken: usize,
    /// How many results were compared, and of how many the interpreter does not know the program.
    pub(crate) compared: usize,
    pub(crate) unknown: usize,
    pub(crate) faults: Vec<String>,
}

/// The folders of a batch.
pub(crate) struct Folders {
    pub(crate) source: PathBuf,
    pub(crate) workspace: PathBuf,
}

const HEAD: &str = "#![allow(warnings, clippy::all)]\nuse voidgrad::*;\nuse voidgrad::nalgebra::*;\n";
/// The points of each program: half of them ordinary, half extreme.
const POINTS: u64 = 6;

impl Folders {
    fn cargo(&self, command: &str, arguments: &[&str]) -> std::process::Output {
        cargo_in(&self.source, command).args(arguments).output().expect("cargo runs")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.source.join(name), text).expect("the folder is writable");
    }

    /// The programs of `names` that do not compile as `kind`, each with its first error.
    fn errors(&self, kind: &str) -> BTreeMap<usize, String> {
        let output = self.cargo("build", &["--bin", kind, "--message-format=json"]);
        let text = String::from_utf8_lossy(&output.stdout);
        let mut errors = BTreeMap::new();
        for line in text.lines().filter(|line| line.contains("\"level\":\"error\"")) {
            // `src/plain/p17.rs`
            let Some((_, rest)) = line.split_once(&format!("src/{kind}/p")) else { continue };
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let message = line.split_once("\"rendered\":\"").map_or(line, |(_, rest)| rest);
            let message: String = message.chars().take(400).collect();
            if let Ok(number) = number.parse() {
                errors.entry(number).or_insert(message);
            }
        }
        assert!(
            output.status.success() || !errors.is_empty(),
            "cargo build fails without an error of a program:\n{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        errors
    }

    /// Writes the crate's program `kind`, of these modules.
    fn write_main(&self, kind: &str, names: &BTreeSet<usize>, main: &str) {
        let modules = names
            .iter()
            .fold(String::new(), |text, n| format!("{text}#[path = \"{kind}/p{n}.rs\"] mod p{n};\n"));
        self.write(&format!("src/{kind}.rs"), &format!("#![allow(warnings)]\n{modules}{main}"));
    }
}

/// Compiles and runs `programs`.
pub(crate) fn compiled(folders: &Folders, programs: &[Program]) -> Batch {
    for folder in ["src/plain", "src/taken"] {
        let folder = folders.source.join(folder);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder is writable");
    }
    let voidgrad = folders.workspace.join("crates/voidgrad");
    folders.write("Cargo.toml", &manifest(&voidgrad));
    fs::copy(folders.workspace.join("Cargo.lock"), folders.source.join("Cargo.lock"))
        .expect("the workspace has a lock file");
    let mut batch = Batch::default();

    let mut valid: BTreeSet<usize> = (0..programs.len()).collect();
    for n in &valid {
        let text = format!("{HEAD}{}\n{}\n", helpers(false), programs[*n].item);
        folders.write(&format!("src/plain/p{n}.rs"), &text);
    }
    folders.write_main("taken", &BTreeSet::new(), "fn main() {}");
    // Errors of types hide those of borrows, so there may be more after the first ones are gone.
    loop {
        folders.write_main("plain", &valid, "fn main() {}");
        let errors = folders.errors("plain");
        if errors.is_empty() {
            break;
        }
        valid.retain(|n| !errors.contains_key(n));
    }
    batch.valid = valid.len();

    let kept = valid.iter().filter(|n| !programs[**n].is_left_to_the_compiler());
    let expanded: BTreeMap<usize, Expanded> =
        kept.filter_map(|n| Some((*n, Expanded::of(&programs[*n]).ok()?))).collect();
    batch.taken = expanded.len();
    let mut runs = BTreeMap::new();
    for (n, expanded) in &expanded {
        let (calls, expectations) = calls(expanded);
        let Program { attribute, item, .. } = &programs[*n];
        let text = format!("{HEAD}{}\n#[differentiate({attribute})]\n{item}\n{calls}", helpers(true));
        folders.write(&format!("src/taken/p{n}.rs"), &text);
        runs.insert(*n, expectations);
    }
    let mut taken: BTreeSet<usize> = expanded.keys().copied().collect();
    loop {
        let main = taken.iter().fold(String::new(), |text, n| format!("{text}p{n}::run({n}); "));
        folders.write_main(
            "taken",
            &taken,
            &format!("fn main() {{ std::panic::set_hook(Box::new(|_| {{}})); {main} }}"),
        );
        let errors = folders.errors("taken");
        if errors.is_empty() {
            break;
        }
        for (n, message) in &errors {
            let Program { attribute, item, .. } = &programs[*n];
            batch.faults.push(format!("the function compiles and its expansion does not: #[differentiate({attribute})] {item}\n{message}"));
        }
        taken.retain(|n| !errors.contains_key(n));
    }
    let output = folders.cargo("run", &["--bin", "taken"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(n), Some(call)) = (words.next(), words.next()) else { continue };
        let (Ok(n), Ok(call)) = (n.parse::<usize>(), call.parse::<usize>()) else { continue };
        let got: Vec<&str> = words.collect();
        let (written, expected) = &runs[&n][call];
        compare(&mut batch, &programs[n], written, expected.as_ref(), &got);
    }
    batch
}

/// A call as Rust, and what the interpreter finds; `None` where it does not know.
type Expectation = (String, Option<Vec<String>>);

/// `run`, which prints the bits of each result, and what the interpreter finds.
fn calls(expanded: &Expanded) -> (String, Vec<Expectation>) {
    let mut body = String::new();
    let mut expectations = Vec::new();
    for point in 0..POINTS {
        let mut random = Random::new(point);
        let Ok(arguments) = expanded.arguments(&mut random, point % 2 == 1) else { continue };
        let written: Vec<String> = arguments
            .iter()
            .zip(expanded.parameters())
            .map(|(argument, (_, ty))| rust(argument, ty))
            .collect();
        let written = written.join(", ");
        for name in ["", "value", "gradient", "jacobian"] {
            let function = match name {
                "" => Some(&expanded.function),
                name => expanded.generated(name),
            };
            let Some(function) = function else { continue };
            let mut interpreter = Interpreter::new(&expanded.program, Context::values());
            let expected = match interpreter.call(function, arguments.clone()) {
                Ok(value) => Some(value.numbers().iter().map(|number| bits(number.value)).collect()),
                Err(Stop::Panic(_)) => Some(vec!["panic".to_owned()]),
                Err(_) => None,
            };
            let path = if name.is_empty() { "f".to_owned() } else { format!("f::{name}") };
            let call = format!("{path}({written})");
            let place = expectations.len();
            writeln!(body, "    show(n, {place}, || {call});").expect("a string takes everything");
            expectations.push((call, expected));
        }
    }
    (format!("pub(crate) fn run(n: usize) {{\n{body}}}\n{SHOW}"), expectations)
}

fn bits(value: f64) -> String {
    format!("{:x}", value.to_bits())
}

/// Compares what rustc's code printed with what the interpreter found.
fn compare(batch: &mut Batch, program: &Program, call: &str, expected: Option<&Vec<String>>, got: &[&str]) {
    let Some(expected) = expected else {
        batch.unknown += 1;
        return;
    };
    batch.compared += 1;
    let number = |text: &str| u64::from_str_radix(text, 16).map(f64::from_bits);
    let fits = expected.len() == got.len()
        && expected.iter().zip(got).all(|(expected, got)| match (number(expected), number(got)) {
            (Ok(a), Ok(b)) => {
                // nalgebra adds the terms of its sums in another order: a few roundings of the largest term.
                let is_near =
                    program.uses_matrices() && (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
                a == b
                    || a.is_nan() && b.is_nan()
                    || is_near
                    || program.uses_matrices() && !(a.is_finite() && b.is_finite())
            }
            _ => expected == got,
        });
    if !fits {
        let Program { attribute, item, .. } = program;
        let values: Vec<String> = [expected.iter().map(String::as_str).collect::<Vec<_>>(), got.to_vec()]
            .iter()
            .map(|side| format!("{:?}", side.iter().map(|text| number(text)).collect::<Vec<_>>()))
            .collect();
        batch.faults.push(format!(
            "the interpreter says {}, rustc {} for {call} of #[differentiate({attribute})] {item}",
            values[0], values[1]
        ));
    }
}

//! A new primitive takes its row in the table, its method of `Real`, and a line among the functions if it is called as one; with arithmetic of its own it takes
//! its row, a line of the list, and its file. No other source file names it, nor do the tests of lanes.
//!
//! A new estimator takes its file, and its lines in the file of the tables. Nothing else has to name it but what is generated.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use voidgrad_symbolic::primitives::{Binary, Call, Unary};

/// The folders whose files are read.
const FOLDERS: [&str; 5] = [
    "crates/voidgrad-real/src",
    "crates/voidgrad-symbolic/src",
    "crates/voidgrad-macros/src",
    "crates/voidgrad/src",
    "tests/lanes",
];

const TABLE: &str = "crates/voidgrad-symbolic/src/primitives.rs";
const METHOD: &str = "crates/voidgrad-real/src/real.rs";
const FUNCTION: &str = "crates/voidgrad-real/src/functions.rs";
const ARITHMETIC: &str = "crates/voidgrad-real/src/arithmetic";

/// Primitives without arithmetic of their own for scalars or lanes, which nothing else happens to use or to be called like: methods that `f64` has, and generated
/// functions that are made of others.
const ALONE: [&str; 16] = [
    "cbrt",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "asinh",
    "acosh",
    "atanh",
    "atan2",
    "one_minus_square",
    "d_hypot",
    "d_ln_1p_ratio",
    "signum",
    "trunc",
];

/// Primitives of these that lanes have instructions for.
const ON_LANES: [&str; 2] = ["signum", "trunc"];
const LANES: &str = "crates/voidgrad-real/src/lanes/vector.rs";

/// The files, by their paths, with the names in each; comments and items for tests are left out.
fn sources() -> Vec<(String, BTreeSet<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut paths);
    }
    let named = |path: PathBuf| {
        let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
        let mut names = BTreeSet::new();
        for item in file.items.iter().map(syn::Item::to_token_stream) {
            if !item.to_string().starts_with("# [cfg (test)]") {
                read(item, &mut names);
            }
        }
        let relative = path.strip_prefix(&root).unwrap().components();
        let parts: Vec<&str> = relative.map(|part| part.as_os_str().to_str().unwrap()).collect();
        (parts.join("/"), names)
    };
    paths.into_iter().map(named).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().unwrap() == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Identifiers, and words in quotes, by which rules name rows of the table.
fn read(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => read(group.stream(), names),
            TokenTree::Ident(ident) => drop(names.insert(ident.to_string())),
            TokenTree::Literal(literal) => drop(names.insert(literal.to_string().replace('"', ""))),
            TokenTree::Punct(_) => {}
        }
    }
}

/// The files that name a primitive.
fn files<'a>(sources: &'a [(String, BTreeSet<String>)], name: &str) -> BTreeSet<&'a str> {
    sources.iter().filter(|(_, names)| names.contains(name)).map(|(path, _)| path.as_str()).collect()
}

#[test]
fn a_method_is_in_two_files() {
    let sources = sources();
    let table: Vec<&str> =
        Unary::all().map(|of| of.row().name).chain(Binary::all().map(|of| of.row().name)).collect();
    for name in ALONE {
        assert!(table.contains(&name), "{name} is in the table");
        let mut expected = BTreeSet::from([TABLE, METHOD]);
        expected.extend(ON_LANES.contains(&name).then_some(LANES));
        assert_eq!(files(&sources, name), expected, "{name}");
    }
}

#[test]
fn a_function_is_in_three_files() {
    let name = "log_sigmoid";
    assert!(Unary::find(name, Call::Function).is_some());
    let sources = sources();
    let mut found = files(&sources, name);
    // A rule that finds it in other code, an estimator that calls it, one of the functions of many numbers, which need not be all, and a test of a default method.
    for other in [
        "crates/voidgrad-symbolic/src/stable.rs",
        "crates/voidgrad/src/estimators/arms.rs",
        "crates/voidgrad/src/slices.rs",
        "tests/lanes/moves.rs",
    ] {
        assert!(found.remove(other), "{other}");
    }
    assert_eq!(found, BTreeSet::from([TABLE, METHOD, FUNCTION]));
}

/// Primitives with arithmetic of their own, with the files that use them: rules that find them in other code, a kernel that is written by hand, a distribution, and estimators.
const OWN: [(&str, &[&str]); 3] = [
    ("sech2", &["crates/voidgrad/src/controls/perceptron/kernel.rs"]),
    ("log1mexp", &["crates/voidgrad-symbolic/src/stable.rs"]),
    (
        "logaddexp",
        &[
            "crates/voidgrad-symbolic/src/stable.rs",
            "crates/voidgrad/src/categorical/logit.rs",
            "crates/voidgrad/src/categorical/state.rs",
            "crates/voidgrad/src/estimators/joint.rs",
            "crates/voidgrad/src/estimators/sticks.rs",
            "crates/voidgrad/src/estimators/unordered_set.rs",
        ],
    ),
];

#[test]
fn a_primitive_with_arithmetic_of_its_own_is_in_three_files() {
    let sources = sources();
    for (name, users) in OWN {
        let (list, own) = (format!("{ARITHMETIC}/mod.rs"), format!("{ARITHMETIC}/{name}.rs"));
        let mut found = files(&sources, name);
        // A function that nobody calls by name is named in its file only by the name of the file.
        found.insert(
            sources.iter().find(|(path, _)| *path == own).map(|(path, _)| path.as_str()).expect(name),
        );
        for user in users {
            assert!(found.remove(user), "{name}: {user}");
        }
        assert_eq!(found, BTreeSet::from([TABLE, &list, &own]), "{name}");
    }
}

/// The file of the tables.
const TABLES: &str = "crates/voidgrad/src/estimators/mod.rs";

/// What is made of the tables: two by `INSTA_UPDATE=always cargo test -p voidgrad-tests --test suite -- guide api`, and the last one by `python stubs.py`.
const GENERATED: [&str; 3] = [
    "crates/voidgrad/src/estimators/table.md",
    "tests/suite/snapshots/suite__api__voidgrad.snap",
    "crates/voidgrad-python/python/voidgrad/__init__.pyi",
];

/// Estimators that were added last: their names, modules and types, and the tests that they have of their own.
const ESTIMATORS: [([&str; 3], &[&str]); 6] = [
    (["bit-flip", "bit_flip", "BitFlip"], &["crates/voidgrad/src/estimators/tests/formulas.rs"]),
    (
        ["measure-valued", "measure_valued", "MeasureValued"],
        &["crates/voidgrad/src/estimators/tests/gaussian.rs"],
    ),
    (
        ["unordered-set", "unordered_set", "UnorderedSet"],
        &["crates/voidgrad/src/estimators/tests/categorical/sets.rs"],
    ),
    (
        ["rao-blackwell", "rao_blackwell", "RaoBlackwell"],
        &["crates/voidgrad/src/estimators/tests/categorical/sets.rs"],
    ),
    (
        ["rodeo", "rodeo", "Rodeo"],
        &[
            "crates/voidgrad-python/tests/test_relaxed.py",
            "crates/voidgrad/src/estimators/tests/formulas.rs",
            "crates/voidgrad/src/estimators/tests/mod.rs",
        ],
    ),
    (
        ["gapped-straight-through", "gapped", "Gapped"],
        &["crates/voidgrad/src/estimators/tests/categorical/mod.rs"],
    ),
];

/// All files of the repository that are no prose, and the generated table, with the words in each; comments are left out.
fn repository() -> Vec<(String, BTreeSet<String>)> {
    fn visit(folder: &Path, paths: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                // Built files, and environments of Python; `.ci` is read.
                if !name.starts_with("target") && (!name.starts_with('.') || name == ".ci") {
                    visit(&path, paths);
                }
            } else {
                paths.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let mut paths = Vec::new();
    visit(&root, &mut paths);
    let words = |path: PathBuf| {
        let relative = path.strip_prefix(&root).unwrap().to_str()?.replace('\\', "/");
        let is_prose = [".md", ".ipynb", ".lock", ".snap.new"].iter().any(|end| relative.ends_with(end));
        if is_prose && relative != GENERATED[0] || relative == "tests/suite/files.rs" {
            return None;
        }
        let text = fs::read_to_string(&path).ok()?;
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let is_apart = |c: char| !c.is_alphanumeric() && c != '_' && c != '-';
        Some((relative, code.flat_map(|line| line.split(is_apart)).map(str::to_owned).collect()))
    };
    paths.into_iter().filter_map(words).collect()
}

#[test]
fn an_estimator_is_in_its_file_and_in_the_file_of_the_tables() {
    let repository = repository();
    for (names, tests) in ESTIMATORS {
        let own = format!("crates/voidgrad/src/estimators/{}.rs", names[1]);
        let mut expected = BTreeSet::from([TABLES, &own]);
        expected.extend(GENERATED);
        expected.extend(tests);
        let found: BTreeSet<&str> = names.iter().flat_map(|name| files(&repository, name)).collect();
        assert_eq!(found, expected, "{}", names[0]);
    }
}

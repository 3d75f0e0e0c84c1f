//! A new primitive takes its row in the table, its method of `Real`, and a line among the functions if it is called as one; with arithmetic of its own it takes
//! its row, a line of the list, and its file. No other source file names it, nor do the tests of lanes.

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

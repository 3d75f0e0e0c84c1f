//! Documentation says "if" where it means "if".

use std::fs;
use std::path::Path;

/// Words before which `Where` means a place.
const PLACES: [&str; 23] = [
    "a group",
    "a kernel's",
    "a point",
    "a run",
    "a share",
    "all",
    "an entry",
    "an estimator",
    "and how",
    "every run",
    "files",
    "it comes",
    "its results",
    "its state",
    "the derivative",
    "the final",
    "the network",
    "the parameters",
    "the rows",
    "the slope",
    "the values",
    "the work",
    "what is left",
];

fn faults(folder: &Path, faults: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                self::faults(&path, faults);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for line in text.lines().map(str::trim_start) {
                let doc = line.strip_prefix("/// ").or_else(|| line.strip_prefix("//! "));
                let Some(rest) = doc.and_then(|doc| doc.strip_prefix("Where ")) else { continue };
                if !rest.starts_with(['[', '`']) && !PLACES.iter().any(|place| rest.starts_with(place)) {
                    faults.push(format!("{}: {line}", path.display()));
                }
            }
        }
    }
}

#[test]
fn no_line_of_documentation_says_where_and_means_if() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["crates", "xtask", "tests"] {
        faults(&root.join(folder), &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}

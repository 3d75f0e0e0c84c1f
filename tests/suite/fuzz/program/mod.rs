//! Random programs that are mostly valid Rust, and that say which constructs they are made of.
//!
//! Most of a program is of the language that the macro takes. A program also asks for up to three rows of the tables in
//! [`templates`], each of which is one construct of Rust that the macro may take, refuse, or get wrong.

mod collections;
mod expressions;
mod statements;
pub(crate) mod templates;

use std::collections::BTreeSet;

use self::templates::{EXPRESSIONS, SIGNATURES, STATEMENTS, Template, WITHOUT_DERIVATIVES};
use super::choices::Choices;

/// A program: one function, beside the functions and constants of [`HELPERS`].
#[derive(Debug)]
pub(crate) struct Program {
    /// The attribute's arguments.
    pub(crate) attribute: String,
    /// The names in `wrt`.
    pub(crate) wrt: Vec<&'static str>,
    /// The function, which is called `f`.
    pub(crate) item: String,
    /// The constructs in it.
    pub(crate) constructs: BTreeSet<&'static str>,
}

impl Program {
    /// True where the compiler refuses what the macro makes of it.
    pub(crate) fn is_left_to_the_compiler(&self) -> bool {
        WITHOUT_DERIVATIVES.iter().any(|row| self.constructs.contains(row))
    }

    /// True where nalgebra computes something.
    pub(crate) fn uses_matrices(&self) -> bool {
        ["SVector", "SMatrix", "DVector", "Vector2"].iter().any(|name| self.item.contains(name))
    }
}

/// A function that programs call: the attribute's arguments and the text.
pub(crate) const HELPERS: &[(&str, &str)] = &[
    ("wrt(a, b), order = 2", "fn bump(a: f64, b: f64) -> f64 { (a - 0.5 * b).tanh() * b + a * a }"),
    ("wrt(a), order = 2", "fn spread(a: &[f64; 2]) -> f64 { (a[0] - a[1]).sin() + a[0] * a[1] }"),
    ("wrt(a)", "fn turned(a: &[f64; 2]) -> [f64; 2] { [a[1] - 0.5 * a[0], a[0] * a[1]] }"),
];

/// The constants that programs name.
pub(crate) const CONSTANTS: &[(&str, f64)] = &[("FLOOR", 0.25), ("GAIN", 1.5)];

/// What a name in scope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    /// A scalar that may be assigned.
    Variable,
    /// `&f64`.
    Entry,
    Bool,
    /// A `usize` that is known while the macro runs.
    Index,
    /// `[f64; 2]`, or a reference to it.
    Array,
    /// `&[f64]`, of length 3.
    Slice,
    /// `SVector<f64, 2>`.
    Vector,
    /// `SMatrix<f64, 2, 2>`.
    Matrix,
    /// `DVector<f64>`.
    Dynamic,
}

/// A program while it is written.
struct Writer<'c, 'b> {
    choices: &'c mut Choices<'b>,
    scope: Vec<(&'static str, Kind)>,
    constructs: BTreeSet<&'static str>,
    /// The rows that the program is to have and has not yet.
    wanted: Vec<&'static Template>,
    /// How many more expressions may be written out in full.
    budget: u32,
    /// True inside a closure, whose names may not be assigned.
    in_closure: bool,
}

/// The program that the bytes choose, with up to three rows of the tables.
pub(crate) fn program(choices: &mut Choices<'_>) -> Program {
    let rows: Vec<&'static Template> = rows().collect();
    let wanted = (0..choices.below(4)).map(|_| rows[choices.below_many(rows.len())]).collect();
    program_with(wanted, choices)
}

/// All rows of the tables.
pub(crate) fn rows() -> impl Iterator<Item = &'static Template> {
    STATEMENTS.iter().chain(EXPRESSIONS).chain(SIGNATURES)
}

/// A program that is to have these rows, where it has a place for them.
pub(crate) fn program_with(wanted: Vec<&'static Template>, choices: &mut Choices<'_>) -> Program {
    let mut writer = Writer {
        choices,
        scope: Vec::new(),
        constructs: BTreeSet::new(),
        wanted,
        budget: 40,
        in_closure: false,
    };
    writer.program()
}

impl Writer<'_, '_> {
    fn below(&mut self, n: usize) -> usize {
        self.choices.below(n)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn mark(&mut self, construct: &'static str) {
        self.constructs.insert(construct);
    }

    fn program(&mut self) -> Program {
        let wrt = self.one::<&[&'static str]>(&[
            &["x"],
            &["x", "y"],
            &["x", "p"],
            &["p"],
            &["x", "y", "p"],
            &["v", "x"],
            &["m", "v"],
            &["p", "v", "x"],
            &["d", "y"],
        ]);
        let array = self.one(&["[f64; 2]", "[f64; 2]", "&[f64; 2]"]);
        let uses = |name: &str, this: &mut Self| wrt.contains(&name) || this.below(4) == 0;
        let mut parameters: Vec<String> =
            vec!["x: f64".into(), "y: f64".into(), "on: bool".into(), format!("p: {array}")];
        self.scope = vec![("x", Kind::Scalar), ("y", Kind::Scalar), ("on", Kind::Bool), ("p", Kind::Array)];
        for (name, ty, kind) in [
            ("q", "&[f64]", Kind::Slice),
            ("v", "SVector<f64, 2>", Kind::Vector),
            ("m", "SMatrix<f64, 2, 2>", Kind::Matrix),
            ("d", "DVector<f64>", Kind::Dynamic),
        ] {
            if uses(name, self) {
                let by = if kind == Kind::Matrix && self.below(3) == 0 { "&" } else { "" };
                parameters.push(format!("{name}: {by}{ty}"));
                if by.is_empty() {
                    self.scope.push((name, kind));
                }
                self.mark("matrices and slices as parameters");
            }
        }
        let signature =
            SIGNATURES.iter().find(|row| self.wanted.iter().any(|wanted| wanted.name == row.name));
        let (mut before, mut generics, mut inner) = ("", "", "");
        if let Some(row) = signature {
            self.mark(row.name);
            match row.text.split_once(' ') {
                Some(("parameter", parameter)) => parameters.push(parameter.to_owned()),
                Some(("instead", parameter)) => {
                    let name = row.binds[0];
                    if let Some(place) = parameters.iter().position(|old| old.starts_with(name)) {
                        parameter.clone_into(&mut parameters[place]);
                    }
                    if parameter.starts_with("mut")
                        && let Some(known) = self.scope.iter_mut().find(|(known, _)| *known == name)
                    {
                        known.1 = Kind::Variable;
                    }
                }
                Some(("before", text)) => before = text,
                Some(("generics", text)) => generics = text,
                _ => inner = row.text.split_once(' ').map_or("", |(_, text)| text),
            }
        }
        let depth = 1 + u32::try_from(self.below(3)).unwrap_or(0);
        let result = self.one(&["f64", "f64", "f64", "f64", "f64", "[f64; 2]", "SVector<f64, 2>"]);
        let kind = match result {
            "f64" => Kind::Scalar,
            "[f64; 2]" => Kind::Array,
            _ => Kind::Vector,
        };
        let body = self.block(depth, kind);
        let order = if self.below(3) == 0 { "" } else { ", order = 2" };
        Program {
            attribute: format!("wrt({}){order}", wrt.join(", ")),
            wrt: wrt.to_vec(),
            item: format!(
                "{before} fn f{generics}({}) -> {result} {{ {inner} {body} }}",
                parameters.join(", ")
            ),
            constructs: std::mem::take(&mut self.constructs),
        }
    }

    /// One of the wanted rows of a table, which is then no longer wanted.
    fn take(&mut self, table: &'static [Template]) -> Option<&'static Template> {
        let place = self
            .wanted
            .iter()
            .position(|wanted| table.iter().any(|row| row.name == wanted.name && row.text == wanted.text))?;
        let row = self.wanted.remove(place);
        self.mark(row.name);
        Some(row)
    }

    /// A row's text with random parts: `$s` a number, `$b` a condition, `$a` an array, `$v` a vector.
    fn fill(&mut self, text: &str, depth: u32) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            let part = match after.as_bytes().first() {
                Some(b's') => format!("({})", self.scalar(depth)),
                Some(b'b') => format!("({})", self.condition(depth)),
                Some(b'a') => self.array(depth),
                Some(b'v') => format!("({})", self.vector(depth)),
                _ => unreachable!("a template has four kinds of parts"),
            };
            filled.push_str(&part);
            rest = &after[1..];
        }
        filled + rest
    }

    fn names(&self, kinds: &[Kind]) -> Vec<&'static str> {
        let mut names = Vec::new();
        for (place, (name, kind)) in self.scope.iter().enumerate() {
            let is_shadowed = self.scope[place + 1..].iter().any(|(later, _)| later == name);
            if kinds.contains(kind) && !is_shadowed {
                names.push(*name);
            }
        }
        names
    }

    /// A name in scope of one of these kinds.
    fn name(&mut self, kinds: &[Kind]) -> Option<&'static str> {
        let names = self.names(kinds);
        if names.is_empty() { None } else { Some(self.one(&names)) }
    }
}

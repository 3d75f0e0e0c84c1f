//! Formulas in LaTeX, for the documentation of generated code and for people who check it by hand.

use std::collections::BTreeSet;

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::mathml::push_mathml;
use pulldown_latex::{Parser, Storage};

use crate::graph::{Comparison, Dim, Graph, NodeId, Op, Position, Shape};

/// The formula of `root` in terms of `symbol`s: nodes for which `symbol` gives a name are written as that name.
#[must_use]
pub fn formula(graph: &Graph, root: NodeId, symbol: &dyn Fn(NodeId) -> Option<String>) -> String {
    Printer { graph, symbol }.open(root, 0).0
}

/// Names that are Greek letters.
const GREEK: &[&str] = &[
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu",
    "xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
];

/// A Rust name as a symbol: `theta` is `\theta`, `z_tilde` is `\tilde{z}`, `w1` is `w_{1}`.
#[must_use]
pub fn symbol(name: &str) -> String {
    for (suffix, accent) in [("_bar", r"\bar"), ("_dot", r"\dot"), ("_tilde", r"\tilde"), ("_hat", r"\hat")] {
        if let Some(base) = name.strip_suffix(suffix) {
            return format!("{accent}{{{}}}", symbol(base));
        }
    }
    let name = name.trim_matches('_');
    if let Some((base, index)) = name.split_once('_') {
        return format!("{}_{{\\text{{{}}}}}", symbol(base), index.replace('_', r"\_"));
    }
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let (base, digits) = if base.is_empty() { (name, "") } else { name.split_at(base.len()) };
    let base = if GREEK.contains(&base) {
        format!(r"\{base}")
    } else if base.chars().count() > 1 {
        format!(r"\text{{{base}}}")
    } else {
        base.to_owned()
    };
    if digits.is_empty() { base } else { format!("{base}_{{{digits}}}") }
}

/// An equation as `MathML`, which browsers render without a script; the LaTeX stands in its `alttext`.
#[must_use]
pub fn mathml(equation: &str) -> String {
    let storage = Storage::new();
    let config = RenderConfig { display_mode: DisplayMode::Block, ..RenderConfig::default() };
    let mut math = String::new();
    let escaped =
        equation.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    match push_mathml(&mut math, Parser::new(equation, &storage), config) {
        Ok(()) => math
            .replace(r"\_", "_")
            .replace("<mo><</mo>", "<mo>&lt;</mo>")
            .replace("<mo>></mo>", "<mo>&gt;</mo>")
            .replacen("<math ", &format!("<math alttext=\"{escaped}\" "), 1),
        Err(_) => format!("<code>{escaped}</code>"),
    }
}

struct Printer<'a> {
    graph: &'a Graph,
    symbol: &'a dyn Fn(NodeId) -> Option<String>,
}

/// Weaker than a sum: nothing.
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const POWER: u8 = 3;
const ATOM: u8 = 4;

impl Printer<'_> {
    /// The formula of a node, in parentheses where it binds less than `level`.
    fn at(&self, id: NodeId, level: u8) -> String {
        let (text, own) = match (self.symbol)(id) {
            Some(name) => (name, ATOM),
            None => self.open(id, level),
        };
        if own < level { format!(r"\left({text}\right)") } else { text }
    }

    /// The formula of a node and how strongly it binds.
    #[allow(clippy::too_many_lines)] // one arm an operation
    fn open(&self, id: NodeId, _level: u8) -> (String, u8) {
        match self.graph.op(id) {
            Op::Literal(bits) => {
                let value = f64::from_bits(*bits);
                (number(value), if value.is_sign_negative() { SUM } else { ATOM })
            }
            Op::Zero => ("0".to_owned(), ATOM),
            Op::Constant(index) => {
                let path = &self.graph.constant(*index).path;
                let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                (format!(r"\text{{{}}}", name.replace('_', r"\_")), ATOM)
            }
            Op::Length(length) => (format!(r"\text{{{length}}}").replace('?', "n"), ATOM),
            Op::Places => ("i".to_owned(), ATOM),
            Op::State(_) => ("s".to_owned(), ATOM),
            Op::Scan(_, first, next) | Op::ScanEnd(_, first, next) => (
                format!(
                    r"\operatorname{{fold}}\left({}, s \mapsto {}\right)",
                    self.at(*first, 0),
                    self.at(*next, 0)
                ),
                ATOM,
            ),
            Op::Parameter(_) => (symbol(self.graph.name(id).unwrap_or("x")), ATOM),
            Op::Bool(value) => (format!(r"\text{{{value}}}"), ATOM),
            Op::Neg(a) => (format!("-{}", self.at(*a, PRODUCT)), SUM),
            Op::Add(a, b) => (format!("{} + {}", self.at(*a, SUM), self.at(*b, PRODUCT)), SUM),
            Op::Sub(a, b) => (format!("{} - {}", self.at(*a, SUM), self.at(*b, PRODUCT)), SUM),
            Op::Mul(a, b) => {
                let arrays = !self.graph.shape(*a).is_scalar() && !self.graph.shape(*b).is_scalar();
                let dot = if arrays { r"\odot" } else { r"\cdot" };
                (format!("{} {dot} {}", self.at(*a, PRODUCT), self.at(*b, POWER)), PRODUCT)
            }
            Op::Div(a, b) => (format!(r"\frac{{{}}}{{{}}}", self.at(*a, 0), self.at(*b, 0)), POWER),
            Op::Powi(a, n) => (format!("{{{}}}^{{{n}}}", self.at(*a, ATOM)), POWER),
            Op::Unary(primitive, a) => {
                let row = primitive.row();
                let encloses = row.latex.contains(['(', '{', '|']);
                let argument = self.at(*a, if encloses { 0 } else { ATOM });
                (row.latex.replace('#', &argument), if encloses { ATOM } else { POWER })
            }
            Op::Binary(primitive, a, b) => {
                let row = primitive.row();
                let level = if row.name == "powf" { ATOM } else { 0 };
                let text = row.latex.replace("#1", &self.at(*a, level)).replace("#2", &self.at(*b, 0));
                (text, POWER)
            }
            Op::Compare(comparison, a, b) => {
                let sign = match comparison {
                    Comparison::Lt => "<",
                    Comparison::Le => r"\le",
                    Comparison::Gt => ">",
                    Comparison::Ge => r"\ge",
                    Comparison::Eq => "=",
                    Comparison::Ne => r"\ne",
                };
                (format!("{} {sign} {}", self.at(*a, SUM), self.at(*b, SUM)), 0)
            }
            Op::And(a, b) => (format!(r"{} \wedge {}", self.at(*a, ATOM), self.at(*b, ATOM)), 0),
            Op::Or(a, b) => (format!(r"{} \vee {}", self.at(*a, ATOM), self.at(*b, ATOM)), 0),
            Op::Not(a) => (format!(r"\neg {}", self.at(*a, ATOM)), POWER),
            Op::Select(mask, a, b) => (
                format!(
                    r"\begin{{cases}} {} & {} \\ {} & \text{{otherwise}} \end{{cases}}",
                    self.at(*a, 0),
                    self.at(*mask, 0),
                    self.at(*b, 0)
                ),
                ATOM,
            ),
            Op::Broadcast(a) if !self.graph.shape(*a).is_scalar() => (self.at(*a, ATOM), ATOM),
            Op::Broadcast(a) => (format!(r"{}\,\mathbf{{1}}", self.at(*a, PRODUCT)), PRODUCT),
            Op::Index(a, Position::Entry(i)) => (format!("{{{}}}_{{{i}}}", self.at(*a, ATOM)), ATOM),
            Op::Index(a, Position::Cell(i, j)) => (format!("{{{}}}_{{{i},{j}}}", self.at(*a, ATOM)), ATOM),
            Op::Assemble(entries) if !is_list(entries, self.graph.shape(id)) => {
                (self.blocks(entries, self.graph.shape(id)), ATOM)
            }
            Op::Assemble(entries) => {
                let entries: Vec<String> = entries.iter().map(|(_, entry)| self.at(*entry, 0)).collect();
                (format!(r"\left({}\right)", entries.join(", ")), ATOM)
            }
            Op::Part(a, first) => {
                let places = places(*first, self.graph.shape(*a), self.graph.shape(id));
                (format!(r"{{{}}}_{{{places}}}", self.at(*a, ATOM)), ATOM)
            }
            Op::Join(parts) => (self.blocks(parts, self.graph.shape(id)), ATOM),
            Op::MatMul(a, b) => (format!(r"{}\,{}", self.at(*a, PRODUCT), self.at(*b, POWER)), PRODUCT),
            Op::Outer(a, b) => {
                (format!(r"{}\,{{{}}}^\top", self.at(*a, PRODUCT), self.at(*b, ATOM)), PRODUCT)
            }
            Op::Transpose(a) => (format!(r"{{{}}}^\top", self.at(*a, ATOM)), POWER),
            Op::Dot(a, b) => {
                (format!(r"\left\langle {}, {}\right\rangle", self.at(*a, 0), self.at(*b, 0)), ATOM)
            }
            Op::Sum(a) => (format!(r"\sum_i \left({}\right)_i", self.at(*a, 0)), PRODUCT),
            // What stands behind it would seem to be a part of the sum.
            Op::LogSumExp(a) => (format!(r"\ln \sum_i e^{{{{{}}}_i}}", self.at(*a, ATOM)), SUM),
            Op::CallAlong(callee, [i, j], arguments, dot) => {
                let call = self.call(*callee, &[*i, *j], arguments);
                (format!(r"{call}\left[{}\right]", self.at(*dot, 0)), POWER)
            }
            Op::CallGradient(callee, position, arguments) => {
                (self.call(*callee, &[*position], arguments), POWER)
            }
            Op::Call(callee, orders, arguments) => (self.call(*callee, orders, arguments), POWER),
        }
    }

    /// An array of blocks, with zeros beside them.
    fn blocks(&self, parts: &[(Position, NodeId)], whole: &Shape) -> String {
        // An array of the same entries with another shape.
        if let [(_, part)] = parts
            && self.graph.shape(*part).entries() == whole.entries()
            && whole.entries().is_some()
        {
            return self.at(*part, ATOM);
        }
        let blocks: Vec<Corners> =
            parts.iter().map(|(first, part)| corners(*first, self.graph.shape(*part), whole)).collect();
        // The first places of rows and columns of blocks, and the one behind the last.
        let [rows, columns] = [0, 1].map(|side| {
            let of_blocks = blocks.iter().flat_map(|corners| [corners[side].0, corners[side].1]);
            let ends = [0, end_of(&whole.sides()[side])];
            of_blocks.chain(ends).collect::<BTreeSet<usize>>().into_iter().collect::<Vec<usize>>()
        });
        let mut lines = Vec::new();
        for row in rows.windows(2) {
            let mut cells = Vec::new();
            for column in columns.windows(2) {
                let cell = [(row[0], row[1]), (column[0], column[1])];
                let is_over = |[of_rows, of_columns]: &Corners| {
                    of_rows.0 <= row[0]
                        && row[1] <= of_rows.1
                        && of_columns.0 <= column[0]
                        && column[1] <= of_columns.1
                };
                cells.push(match blocks.iter().position(is_over) {
                    Some(found) if blocks[found] == cell => self.at(parts[found].1, 0),
                    Some(_) => return self.placed(parts, whole),
                    None if cell.iter().all(|(first, end)| first + 1 == *end) => "0".to_owned(),
                    None => r"\mathbf{0}".to_owned(),
                });
            }
            lines.push(cells.join(" & "));
        }
        format!(r"\begin{{pmatrix}} {} \end{{pmatrix}}", lines.join(r" \\ "))
    }

    /// Blocks that no rows and columns of blocks show: each with its places.
    fn placed(&self, parts: &[(Position, NodeId)], whole: &Shape) -> String {
        let parts: Vec<String> = (parts.iter())
            .map(|(first, part)| {
                let places = places(*first, whole, self.graph.shape(*part));
                format!(r"{{\cdot}}_{{{places}}} = {}", self.at(*part, 0))
            })
            .collect();
        format!(r"\left[{}\right]", parts.join(r",\; "))
    }

    fn call(&self, callee: usize, orders: &[usize], arguments: &[NodeId]) -> String {
        let name = self.graph.callee(callee).name();
        let orders: Vec<String> =
            orders.iter().map(|order| format!(r"\partial_{{{}}} ", order + 1)).collect();
        let arguments: Vec<String> = arguments.iter().map(|argument| self.at(*argument, 0)).collect();
        format!(r"{}{}\left({}\right)", orders.concat(), symbol(&name), arguments.join(", "))
    }
}

/// Whether the entries are all that an array or a column has.
fn is_list(entries: &[(Position, NodeId)], shape: &Shape) -> bool {
    shape.sides()[1].fixed() == Some(1) && shape.entries() == Some(entries.len())
}

/// By side, the first place of a block and the one behind its last.
type Corners = [(usize, usize); 2];

/// The end of a side; if it is known at run time alone, it is behind all places.
fn end_of(side: &Dim) -> usize {
    side.fixed().unwrap_or(usize::MAX)
}

fn corners(first: Position, part: &Shape, whole: &Shape) -> Corners {
    let ((row, column), [rows, columns], all) = (first.cell(), part.sides(), whole.sides());
    let side = |first: usize, side: &Dim, all: &Dim| {
        let end = side.fixed().map_or_else(|| end_of(all), |count| first + count);
        (first, end)
    };
    [side(row, &rows, &all[0]), side(column, &columns, &all[1])]
}

/// The places of a part, counted from 0 as the code counts them: `2:4`, or `0:1, :` with all columns.
fn places(first: Position, whole: &Shape, part: &Shape) -> String {
    let (row, column) = first.cell();
    let side = |first: usize, [whole, part]: [&Dim; 2]| match part.fixed() {
        _ if whole == part => ":".to_owned(),
        Some(1) => first.to_string(),
        Some(count) => format!("{first}:{}", first + count - 1),
        None => format!("{first}:"),
    };
    let ([all_rows, all_columns], [rows, columns]) = (whole.sides(), part.sides());
    let of_rows = side(row, [&all_rows, &rows]);
    match first {
        Position::Entry(_) => of_rows,
        Position::Cell(..) => format!("{of_rows}, {}", side(column, [&all_columns, &columns])),
    }
}

/// A number without a needless fraction.
fn number(value: f64) -> String {
    if value.is_nan() {
        r"\text{NaN}".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { r"\infty".to_owned() } else { r"-\infty".to_owned() }
    } else {
        format!("{value}")
    }
}

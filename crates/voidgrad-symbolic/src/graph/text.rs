//! The body of a function as text, which one macro writes and another one reads.
//!
//! A node is a line: what it computes, its shape, and its name. Lengths and constants that have a name are numbered, since
//! only the function that they belong to can say what the name means.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{
    Callee, Comparison, Constant, Dim, Graph, NodeId, Op, Pass, Position, Recurrence, Shape, Within,
};
use crate::primitives::{Binary, Unary};

/// The body of a function, apart from it.
#[derive(Debug)]
pub struct Portable {
    /// The graph. A length that has a name there is numbered as [`numbered`] does; so are the paths of constants, by their index,
    /// and the functions of numbers that are called, by theirs.
    pub graph: Graph,
    /// The node of each parameter.
    pub parameters: Vec<NodeId>,
    /// The node of the result.
    pub output: NodeId,
    /// By number, whether the length is a constant; else it is a const generic, whose value the arguments say.
    pub lengths: Vec<bool>,
}

/// The length that has this number among those that [`write()`] gives.
#[must_use]
pub fn numbered(number: usize) -> Dim {
    Dim::Named(number.to_string())
}

/// The text, with the names of the lengths in it, in the order of their numbers. `generics` are those that are const generics.
#[must_use]
pub fn write(
    graph: &Graph,
    parameters: &[NodeId],
    output: NodeId,
    generics: &[String],
) -> (String, Vec<String>) {
    let roots: Vec<NodeId> = parameters.iter().copied().chain([output]).collect();
    let needed = graph.reachable(&roots);
    let mut writer = Writer { graph, lengths: Vec::new(), places: BTreeMap::new() };
    let mut text = String::new();
    for id in graph.ids().filter(|id| needed[id.index()]) {
        let mut words = writer.op(graph.op(id));
        words.push(writer.shape(graph.shape(id)));
        words.push(if graph.is_mask(id) { "mask" } else { "real" }.to_owned());
        words.extend(graph.name(id).map(str::to_owned));
        let place = writer.places.len();
        writer.places.insert(id, place);
        let _ = writeln!(text, "{}", words.join(" "));
    }
    for (a, b) in graph.agreements() {
        let _ = writeln!(text, "agree {} {}", writer.dim(a), writer.dim(b));
    }
    let lengths =
        writer.lengths.iter().map(|name| if generics.contains(name) { "generic" } else { "constant" });
    let _ = writeln!(text, "lengths {}", lengths.collect::<Vec<_>>().join(" "));
    let places: Vec<String> = roots.iter().map(|id| writer.place(*id)).collect();
    let _ = write!(text, "roots {}", places.join(" "));
    (text, writer.lengths)
}

struct Writer<'g> {
    graph: &'g Graph,
    lengths: Vec<String>,
    /// The line of each node.
    places: BTreeMap<NodeId, usize>,
}

impl Writer<'_> {
    fn place(&self, id: NodeId) -> String {
        self.places[&id].to_string()
    }

    fn dim(&mut self, dim: &Dim) -> String {
        match dim {
            Dim::Fixed(count) => count.to_string(),
            Dim::Named(name) => {
                let known = self.lengths.iter().position(|known| known == name);
                let number = known.unwrap_or_else(|| {
                    self.lengths.push(name.clone());
                    self.lengths.len() - 1
                });
                format!("n{number}")
            }
            Dim::Runtime(parameter, axis) => format!("r{parameter}:{axis}"),
        }
    }

    fn shape(&mut self, shape: &Shape) -> String {
        match shape {
            Shape::Scalar => "number".to_owned(),
            Shape::Array(length) => format!("array,{}", self.dim(length)),
            Shape::Matrix(rows, columns) => format!("matrix,{},{}", self.dim(rows), self.dim(columns)),
        }
    }

    /// The name of an operation with what it has beside operands, then the operands.
    fn op(&mut self, op: &Op) -> Vec<String> {
        let head = match op {
            Op::Literal(bits) => format!("literal,{bits}"),
            Op::Zero => "zero".to_owned(),
            Op::Constant(index) => format!("constant,{index}"),
            Op::Length(length) => format!("length,{}", self.dim(length)),
            Op::Places => "places".to_owned(),
            Op::Parameter(index) => format!("parameter,{index}"),
            Op::Neg(_) => "neg".to_owned(),
            Op::Add(..) => "add".to_owned(),
            Op::Sub(..) => "sub".to_owned(),
            Op::Mul(..) => "mul".to_owned(),
            Op::Div(..) => "div".to_owned(),
            Op::Powi(_, n) => format!("powi,{n}"),
            Op::Unary(primitive, _) => format!("unary,{}", primitive.row().name),
            Op::Binary(primitive, ..) => format!("binary,{}", primitive.row().name),
            Op::Compare(comparison, ..) => format!("compare,{}", comparison.method()),
            Op::And(..) => "and".to_owned(),
            Op::Or(..) => "or".to_owned(),
            Op::Not(_) => "not".to_owned(),
            Op::Bool(value) => format!("bool,{value}"),
            Op::Select(..) => "select".to_owned(),
            Op::Broadcast(_) => "broadcast".to_owned(),
            Op::Index(_, at) => format!("index,{}", position(*at)),
            Op::Assemble(entries) => {
                let places: Vec<String> = entries.iter().map(|(at, _)| position(*at)).collect();
                format!("assemble,{}", places.join(","))
            }
            Op::Part(_, first) => format!("part,{}", position(*first)),
            Op::Join(parts) => {
                let places: Vec<String> = parts.iter().map(|(first, _)| position(*first)).collect();
                format!("join,{}", places.join(","))
            }
            Op::MatMul(..) => "matmul".to_owned(),
            Op::Outer(..) => "outer".to_owned(),
            Op::Transpose(_) => "transpose".to_owned(),
            Op::Dot(..) => "dot".to_owned(),
            Op::Sum(_) => "sum".to_owned(),
            Op::LogSumExp(_) => "log_sum_exp".to_owned(),
            Op::State(state) => format!("state,{state}"),
            Op::Scan(Recurrence { state, backward }, ..) => format!("scan,{state},{backward}"),
            Op::ScanEnd(Recurrence { state, backward }, ..) => format!("scan_end,{state},{backward}"),
            Op::Call(callee, ..) => {
                let called = self.graph.callee(*callee);
                let passes: String = called.passes.iter().map(|pass| letter(*pass)).collect();
                format!("call,{callee},{},{passes}", called.name())
            }
            Op::CallGradient(..) | Op::CallAlong(..) => {
                unreachable!("a body is a value, and has no derivative of a call in it")
            }
        };
        let mut words = vec![head];
        op.operands(|operand| words.push(self.place(operand)));
        vec![words.join(" ")]
    }
}

/// How a number is passed. A body with calls that take whole arrays is not written.
fn letter(pass: Pass) -> char {
    match pass {
        Pass::Number => 'n',
        Pass::NumberReference => 'r',
        Pass::Array | Pass::Reference => unreachable!("this call takes numbers alone"),
    }
}

fn position(at: Position) -> String {
    match at {
        Position::Entry(i) => i.to_string(),
        Position::Cell(row, column) => format!("{row}:{column}"),
    }
}

/// The body that a text is; `None` if it is none.
#[must_use]
pub fn read(text: &str) -> Option<Portable> {
    let mut reader = Reader { graph: Graph::default(), nodes: Vec::new() };
    let (mut roots, mut lengths) = (None, Vec::new());
    for line in text.lines() {
        match line.split_once(' ')? {
            ("agree", pair) => {
                let (a, b) = pair.split_once(' ')?;
                reader.graph.must_agree(&dim(a)?, &dim(b)?);
            }
            ("lengths", kinds) => {
                lengths = kinds.split_whitespace().map(|kind| kind == "constant").collect();
            }
            ("roots", places) => {
                roots = Some(places.split(' ').map(|word| reader.node(word)).collect::<Option<Vec<_>>>()?);
            }
            _ => reader.line(line)?,
        }
    }
    let mut parameters = roots?;
    let output = parameters.pop()?;
    Some(Portable { graph: reader.graph, parameters, output, lengths })
}

struct Reader {
    graph: Graph,
    /// By line.
    nodes: Vec<NodeId>,
}

impl Reader {
    fn node(&self, word: &str) -> Option<NodeId> {
        self.nodes.get(word.parse::<usize>().ok()?).copied()
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        let head = words.next()?;
        let mut operands = Vec::new();
        let mut rest = words.peekable();
        while let Some(operand) = rest.peek().and_then(|word| self.node(word)) {
            operands.push(operand);
            rest.next();
        }
        let shape = shape(rest.next()?)?;
        let is_mask = rest.next()? == "mask";
        let op = self.op(head, &operands)?;
        let id = self.graph.insert(super::Node { op, shape }, is_mask);
        if let Some(name) = rest.next() {
            self.graph.set_name(id, name);
        }
        self.nodes.push(id);
        Some(())
    }

    fn op(&mut self, head: &str, operands: &[NodeId]) -> Option<Op> {
        let (name, more) = head.split_once(',').unwrap_or((head, ""));
        let recurrence = || {
            let (state, backward) = more.split_once(',')?;
            Some(Recurrence { state: state.parse().ok()?, backward: backward.parse().ok()? })
        };
        Some(match (name, operands) {
            ("literal", []) => Op::Literal(more.parse().ok()?),
            ("zero", []) => Op::Zero,
            ("constant", []) => self.constant(more.parse().ok()?)?,
            ("length", []) => Op::Length(dim(more)?),
            ("places", []) => Op::Places,
            ("parameter", []) => Op::Parameter(more.parse().ok()?),
            ("neg", [a]) => Op::Neg(*a),
            ("add", [a, b]) => Op::Add(*a, *b),
            ("sub", [a, b]) => Op::Sub(*a, *b),
            ("mul", [a, b]) => Op::Mul(*a, *b),
            ("div", [a, b]) => Op::Div(*a, *b),
            ("powi", [a]) => Op::Powi(*a, more.parse().ok()?),
            ("unary", [a]) => Op::Unary(Unary::all().find(|one| one.row().name == more)?, *a),
            ("binary", [a, b]) => Op::Binary(Binary::all().find(|one| one.row().name == more)?, *a, *b),
            ("compare", [a, b]) => Op::Compare(Comparison::of_method(more)?, *a, *b),
            ("and", [a, b]) => Op::And(*a, *b),
            ("or", [a, b]) => Op::Or(*a, *b),
            ("not", [a]) => Op::Not(*a),
            ("bool", []) => Op::Bool(more.parse().ok()?),
            ("select", [mask, a, b]) => Op::Select(*mask, *a, *b),
            ("broadcast", [a]) => Op::Broadcast(*a),
            ("index", [a]) => Op::Index(*a, read_position(more)?),
            ("assemble", entries) => {
                let places = more.split(',').map(read_position).collect::<Option<Vec<_>>>()?;
                Op::Assemble(places.into_iter().zip(entries.iter().copied()).collect())
            }
            ("part", [a]) => Op::Part(*a, read_position(more)?),
            ("join", parts) => {
                let places = more.split(',').map(read_position).collect::<Option<Vec<_>>>()?;
                Op::Join(places.into_iter().zip(parts.iter().copied()).collect())
            }
            ("matmul", [a, b]) => Op::MatMul(*a, *b),
            ("outer", [a, b]) => Op::Outer(*a, *b),
            ("transpose", [a]) => Op::Transpose(*a),
            ("dot", [a, b]) => Op::Dot(*a, *b),
            ("sum", [a]) => Op::Sum(*a),
            ("log_sum_exp", [a]) => Op::LogSumExp(*a),
            ("state", []) => {
                let state = more.parse().ok()?;
                self.graph.states = self.graph.states.max(state + 1);
                Op::State(state)
            }
            ("scan", [first, next]) => Op::Scan(recurrence()?, *first, *next),
            ("scan_end", [first, next]) => Op::ScanEnd(recurrence()?, *first, *next),
            ("call", arguments) => self.call(more, arguments)?,
            _ => return None,
        })
    }

    /// A call under a path that means nothing.
    fn call(&mut self, words: &str, arguments: &[NodeId]) -> Option<Op> {
        let [number, name, passes] = words.split(',').collect::<Vec<_>>().try_into().ok()?;
        let pass = |letter: char| match letter {
            'n' => Some(Pass::Number),
            'r' => Some(Pass::NumberReference),
            _ => None,
        };
        let callee = Callee {
            path: syn::parse_str("called").ok()?,
            within: Some(Within { number: number.parse().ok()?, name: name.to_owned() }),
            passes: passes.chars().map(pass).collect::<Option<_>>()?,
        };
        let is_complete = callee.passes.len() == arguments.len();
        is_complete.then(|| Op::Call(self.graph.intern_callee(callee), Vec::new(), arguments.to_vec()))
    }

    /// The constant with this number, under a path that says no more than that.
    fn constant(&mut self, number: usize) -> Option<Op> {
        let path = syn::parse_str(&format!("constant_{number}")).ok()?;
        Some(Op::Constant(self.graph.intern_constant(Constant { path, is_cast: false })))
    }
}

fn dim(word: &str) -> Option<Dim> {
    if let Some(number) = word.strip_prefix('n') {
        return Some(numbered(number.parse().ok()?));
    }
    if let Some(length) = word.strip_prefix('r') {
        let (parameter, axis) = length.split_once(':')?;
        return Some(Dim::Runtime(parameter.parse().ok()?, axis.parse().ok()?));
    }
    Some(Dim::Fixed(word.parse().ok()?))
}

fn shape(word: &str) -> Option<Shape> {
    let lengths: Vec<&str> = word.split(',').collect();
    match lengths.as_slice() {
        ["number"] => Some(Shape::Scalar),
        ["array", length] => Some(Shape::Array(dim(length)?)),
        ["matrix", rows, columns] => Some(Shape::Matrix(dim(rows)?, dim(columns)?)),
        _ => None,
    }
}

fn read_position(word: &str) -> Option<Position> {
    Some(match word.split_once(':') {
        Some((row, column)) => Position::Cell(row.parse().ok()?, column.parse().ok()?),
        None => Position::Entry(word.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callees::Callees;
    use crate::diagnostics::Diagnostics;
    use crate::evaluate::evaluate;
    use crate::parse::{Reading, body};
    use crate::signature::Signature;

    fn graph(source: &str) -> crate::parse::Body {
        let function: syn::ItemFn = syn::parse_str(source).expect("this is a function");
        let mut diagnostics = Diagnostics::default();
        let signature = Signature::read(&function, &mut diagnostics).expect("its types are known");
        let reading = body(&function, &signature, &Callees::default(), &mut diagnostics);
        diagnostics.check().expect("there is no mistake in it");
        let Some(Reading::Body(body)) = reading else { panic!("it calls no other function") };
        *body
    }

    #[test]
    fn a_body_that_is_written_and_read_is_the_same() {
        let source =
            "fn f(x: &[f64; 4], w: &SMatrix<f64, 2, 3>, v: &SVector<f64, 3>, t: f64, on: bool) -> f64 {
            let h = (w * v + w.column_sum()).map(f64::tanh);
            let outer = h.dot(&(w.transpose().tr_mul(&v.map(|v| v.powi(3) - 1.0 / v))));
            let parts = x[1..3].iter().chain(&[t, 2.0 * t]).map(|x| x.max(0.1).hypot(t)).sum::<f64>();
            let ends = if on && t < 1.0 || !(x[0] > t) { -x[3] } else { sigmoid(t) };
            let places = (0..4).map(|i| i as f64 * t).sum::<f64>();
            outer + parts + ends + places + log_sum_exp(x) + 3.5
        }";
        let written = graph(source);
        let (text, lengths) = write(&written.graph, &written.parameters, written.output, &[]);
        assert!(lengths.is_empty(), "all lengths are numbers");
        let read = read(&text).expect("it was written by `write`");
        let arguments = [
            vec![0.3, -0.7, 0.2, 0.9],
            vec![0.5, -0.2, 0.8, 0.1, -0.4, 0.6],
            vec![0.7, -0.3, 0.4],
            vec![0.6],
            vec![1.0],
        ];
        let value = evaluate(&written.graph, &arguments, written.output).expect("it has a value");
        assert_eq!(evaluate(&read.graph, &arguments, read.output), Some(value));
        // What is read is written as the same text: nothing is lost on the way.
        assert_eq!(write(&read.graph, &read.parameters, read.output, &[]).0, text);
    }

    #[test]
    fn lengths_and_constants_are_numbered_and_a_loop_stays_one() {
        let source = "fn f<const N: usize>(x: &[f64; N], y: &[f64; M], s: f64) -> f64 {
            let mut state = s;
            for i in 0..N { state = state * x[i] + RATE; }
            state + y.iter().map(|y| y * other::SCALE).sum::<f64>() + N as f64
        }";
        let written = graph(source);
        let generics = ["N".to_owned()];
        let (text, lengths) = write(&written.graph, &written.parameters, written.output, &generics);
        assert_eq!(lengths, ["N", "M"]);
        let read = read(&text).expect("it was written by `write`");
        assert_eq!(read.lengths, [false, true]);
        assert!(
            text.contains("constant,0") && text.contains("constant,1") && text.contains("scan_end,0,false")
        );
        assert!(super::read("something else").is_none());
    }
}

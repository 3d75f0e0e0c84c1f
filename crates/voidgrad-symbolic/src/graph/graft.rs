//! The body of a function in place of a call to it.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Path, PathArguments, PathSegment};

use super::text::{Portable, numbered};
use super::{Callee, Constant, Dim, Graph, Node, NodeId, Op, Position, Recurrence, Shape};

/// Lengths of the body, with what they are where it is called.
type Lengths = BTreeMap<Dim, Dim>;

impl Graph {
    /// The result of a body at these arguments. `function` is the path of the function that the body belongs to.
    ///
    /// # Errors
    /// Returns an error if the arguments do not fit: as a sentence without its subject, the function.
    pub fn graft(
        &mut self,
        body: &Portable,
        arguments: &[NodeId],
        function: &Path,
    ) -> Result<NodeId, String> {
        if arguments.len() != body.parameters.len() {
            let count = body.parameters.len();
            return Err(format!("takes {count} argument{}", if count == 1 { "" } else { "s" }));
        }
        let mut lengths = Lengths::new();
        for (argument, parameter) in arguments.iter().zip(&body.parameters) {
            self.fit(body, *argument, *parameter, &mut lengths)?;
        }
        for (number, is_constant) in body.lengths.iter().enumerate() {
            let length = numbered(number);
            if *is_constant {
                let path = item(function, &format!("length_{number}")).to_token_stream().to_string();
                lengths.entry(length).or_insert(Dim::Named(path));
            } else if !lengths.contains_key(&length) {
                return Err("has a length that none of its arguments has".to_owned());
            }
        }
        let to = |length: &Dim| lengths.get(length).cloned().unwrap_or_else(|| length.clone());
        for (a, b) in &body.graph.agreements {
            let (a, b) = (to(a), to(b));
            if !a.may_equal(&b) {
                return Err(format!("takes arrays of equal lengths, and these are {a} and {b}"));
            }
            self.must_agree(&a, &b);
        }
        let states = self.states;
        self.states += body.graph.states;
        let mut copies: Vec<NodeId> = Vec::with_capacity(body.graph.len());
        for id in body.graph.ids() {
            let shape = with_lengths(body.graph.shape(id), &to);
            if let Some(at) = body.parameters.iter().position(|parameter| *parameter == id) {
                copies.push(arguments[at]);
                continue;
            }
            let op = match body.graph.op(id) {
                Op::Index(array, at) => {
                    let array = copies[array.index()];
                    if !self.has(array, *at) {
                        let shape = self.shape(array);
                        return Err(format!("reads an entry behind the last one of its argument: {shape}"));
                    }
                    copies.push(self.index(array, *at));
                    continue;
                }
                Op::Part(array, first) => {
                    let array = copies[array.index()];
                    let [down, right] = shape.sides().map(|side| side.fixed().map_or(0, |count| count - 1));
                    let last = self.shape(array).behind(*first, shape.position(down, right));
                    if !self.has(array, last) {
                        let shape = self.shape(array);
                        return Err(format!("reads a part behind the last entry of its argument: {shape}"));
                    }
                    copies.push(self.part(array, *first, &shape));
                    continue;
                }
                Op::Length(length) => Op::Length(to(length)),
                Op::Constant(index) => {
                    let Constant { path, is_cast } = body.graph.constant(*index);
                    let name = path.segments.last().map(|segment| segment.ident.to_string());
                    let path = item(function, &name.unwrap_or_default());
                    Op::Constant(self.intern_constant(Constant { path, is_cast: *is_cast }))
                }
                Op::State(state) => Op::State(states + state),
                Op::Scan(recurrence, first, next) => {
                    Op::Scan(later(*recurrence, states), copies[first.index()], copies[next.index()])
                }
                Op::ScanEnd(recurrence, first, next) => {
                    Op::ScanEnd(later(*recurrence, states), copies[first.index()], copies[next.index()])
                }
                Op::Call(callee, orders, arguments) => {
                    let Callee { path: _, within, passes } = body.graph.callee(*callee).clone();
                    let callee = Callee { path: function.clone(), within, passes };
                    let arguments = arguments.iter().map(|argument| copies[argument.index()]).collect();
                    Op::Call(self.intern_callee(callee), orders.clone(), arguments)
                }
                op => op.clone().map_operands(|operand| copies[operand.index()]),
            };
            let copy = self.insert(Node { op, shape }, body.graph.is_mask(id));
            if let Some(name) = body.graph.name(id) {
                self.set_hint(copy, name.to_owned());
            }
            copies.push(copy);
        }
        Ok(copies[body.output.index()])
    }

    /// Notes what the lengths of a parameter are for its argument.
    fn fit(
        &self,
        body: &Portable,
        argument: NodeId,
        parameter: NodeId,
        lengths: &mut Lengths,
    ) -> Result<(), String> {
        let (given, taken) = (self.shape(argument), body.graph.shape(parameter));
        let is_mask = |is_mask: bool| if is_mask { "`bool`" } else { "real number" };
        if self.is_mask(argument) != body.graph.is_mask(parameter) {
            let [given, taken] = [self.is_mask(argument), body.graph.is_mask(parameter)].map(is_mask);
            return Err(format!("takes a {taken} here, and this is a {given}"));
        }
        let pairs = match (given, taken) {
            (Shape::Scalar, Shape::Scalar) => vec![],
            (Shape::Array(given), Shape::Array(taken)) => vec![(given, taken)],
            (Shape::Matrix(a, b), Shape::Matrix(c, d)) => vec![(a, c), (b, d)],
            _ => return Err(format!("takes a {} here, and this is a {given}", described(taken))),
        };
        for (given, taken) in pairs {
            let fits = match taken {
                Dim::Fixed(_) => given == taken,
                Dim::Named(_) | Dim::Runtime(..) => {
                    lengths.entry(taken.clone()).or_insert_with(|| given.clone()) == given
                }
            };
            if !fits {
                let known = lengths.get(taken).unwrap_or(taken);
                return Err(format!("takes a length of {known} here, and this is {given}"));
            }
        }
        Ok(())
    }

    /// Whether an array may have an entry at this place.
    fn has(&self, array: NodeId, at: Position) -> bool {
        let within = |place: usize, length: &Dim| length.fixed().is_none_or(|length| place < length);
        match (self.shape(array), at) {
            (Shape::Scalar, _) => false,
            (Shape::Array(length) | Shape::Matrix(length, _), Position::Entry(i)) => within(i, length),
            (Shape::Matrix(rows, columns), Position::Cell(i, j)) => within(i, rows) && within(j, columns),
            (Shape::Array(_), Position::Cell(..)) => false,
        }
    }
}

/// The path of an item of a function's namesake.
fn item(function: &Path, name: &str) -> Path {
    let mut path = function.clone();
    let ident = Ident::new(name, Span::call_site());
    path.segments.push(PathSegment { ident, arguments: PathArguments::None });
    path
}

fn later(Recurrence { state, backward }: Recurrence, states: usize) -> Recurrence {
    Recurrence { state: state + states, backward }
}

fn with_lengths(shape: &Shape, to: &dyn Fn(&Dim) -> Dim) -> Shape {
    match shape {
        Shape::Scalar => Shape::Scalar,
        Shape::Array(length) => Shape::Array(to(length)),
        Shape::Matrix(rows, columns) => Shape::Matrix(to(rows), to(columns)),
    }
}

/// A shape of the body, whose named lengths mean nothing here.
fn described(shape: &Shape) -> &'static str {
    match shape {
        Shape::Scalar => "number",
        Shape::Array(_) => "array",
        Shape::Matrix(..) => "matrix",
    }
}

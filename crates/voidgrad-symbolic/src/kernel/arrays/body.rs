//! Lines over numbers: those of a wave, or those of one round of a loop.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::Extent;
use super::schedule::{Kind, Loop, is_inline};
use super::write::{Given, Writer, place};
use crate::emit::{Argument, Names, Output, Sums, lines};
use crate::graph::{Graph, NodeId, Op, Position, Shape};

/// A part of the writer's graph over numbers; in a loop an array stands for its entry `i`.
pub(super) struct Body<'w, 'a> {
    writer: &'w Writer<'a>,
    graph: Graph,
    arguments: Vec<Argument>,
    names: Names,
    copies: HashMap<NodeId, NodeId>,
    region: Option<Loop>,
}

impl<'w, 'a> Body<'w, 'a> {
    /// The lines that compute values, and their expressions: numbers, or entries `i` of a loop. `None` where something that they read
    /// is not there.
    pub(super) fn write(
        writer: &'w Writer<'a>,
        wanted: &[NodeId],
        region: Option<Loop>,
    ) -> Option<(TokenStream, Vec<TokenStream>)> {
        let mut body = Self {
            writer,
            graph: Graph::default(),
            arguments: Vec::new(),
            names: writer.names.clone(),
            copies: HashMap::new(),
            region,
        };
        // Constants are made from `hand`, and no line binds a name that is in use.
        body.argument(format_ident!("hand"), None, false);
        for name in writer.names.all() {
            body.argument(name, None, false);
        }
        body.copy(wanted)?;
        let outputs = wanted.iter().map(|id| body.copies.get(id).copied().map(Output::Node));
        let outputs: Vec<Output> = outputs.collect::<Option<_>>()?;
        Some(lines(&body.graph, &body.arguments, 1, writer.types, &outputs, &[], Sums::Fused))
    }

    fn argument(&mut self, name: Ident, setup: Option<TokenStream>, mask: bool) -> NodeId {
        let id = self.graph.parameter(self.arguments.len(), Shape::Scalar, mask);
        self.arguments.push(Argument { setup, ..Argument::named(name, Shape::Scalar, mask) });
        id
    }

    /// Something that is read, with a name of its own.
    fn named(&mut self, id: NodeId, value: TokenStream) -> NodeId {
        let name = self.names.fresh(&self.name(id));
        self.argument(name, Some(value), false)
    }

    fn name(&self, id: NodeId) -> String {
        let name = self.writer.graph.describe(id);
        if self.region.is_some() { format!("{name}_i") } else { name }
    }

    /// Whether a value is computed in these lines; else it is there before them.
    fn is_here(&self, id: NodeId) -> bool {
        let Writer { graph, given, numbers, schedule, .. } = self.writer;
        match schedule.slot(id) {
            _ if given.contains_key(&id) => false,
            // A sum has its name while the loop adds it up.
            Some((_, Kind::Sum(_))) => self.region.is_some() && schedule.region(id) == self.region,
            _ if numbers.contains_key(&id) => false,
            _ if is_inline(graph, id) => true,
            Some((_, Kind::Entries(_))) => schedule.region(id) == self.region,
            Some((_, Kind::Product | Kind::Assembly)) => false,
            Some((_, Kind::Number | Kind::Lookup)) | None => true,
        }
    }

    fn copy(&mut self, wanted: &[NodeId]) -> Option<()> {
        let source = self.writer.graph;
        let mut needed = vec![false; source.len()];
        let mut open = wanted.to_vec();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut needed[id.index()], true) && self.is_here(id) {
                match source.op(id) {
                    // These read arrays in memory.
                    Op::Index(..) | Op::LogSumExp(_) => {}
                    op => op.operands(|operand| open.push(operand)),
                }
            }
        }
        for id in source.ids().filter(|id| needed[id.index()]) {
            let copy = if self.is_here(id) { self.computed(id) } else { self.read(id) }?;
            self.copies.insert(id, copy);
        }
        Some(())
    }

    fn computed(&mut self, id: NodeId) -> Option<NodeId> {
        let source = self.writer.graph;
        let copies = &self.copies;
        let copy = match source.op(id) {
            Op::Broadcast(a) | Op::Transpose(a) => return copies.get(a).copied(),
            Op::Sum(a) => {
                let term = *copies.get(a)?;
                return self.added(id, term);
            }
            Op::Dot(a, b) => {
                let op = Op::Mul(*copies.get(a)?, *copies.get(b)?);
                let term = self.graph.node(op, Shape::Scalar);
                return self.added(id, term);
            }
            Op::Places => return Some(self.named(id, quote!(hand.constant(i as f64)))),
            Op::Length(length) => {
                return Some(match length.fixed() {
                    Some(length) => self.graph.literal(length as f64),
                    None => {
                        let length = Extent::from(length);
                        self.named(id, quote!(hand.constant(#length as f64)))
                    }
                });
            }
            Op::Index(array, at) => return self.lookup(id, *array, *at),
            Op::LogSumExp(array) => {
                let (root, slice) = (self.writer.types.root(), self.writer.slice(*array)?);
                let sum = quote!(#root::kernel::log_sum_exp(hand, &*#slice));
                return Some(self.named(id, sum));
            }
            op => {
                let mut are_there = true;
                op.operands(|operand| are_there &= copies.contains_key(&operand));
                if !are_there {
                    return None;
                }
                let op = self.graph.adopt(op.clone(), source).map_operands(|operand| copies[&operand]);
                self.graph.node(op, Shape::Scalar)
            }
        };
        if source.hint(id).is_some() {
            let name = self.name(id);
            self.graph.set_hint(copy, name);
        }
        Some(copy)
    }

    /// A sum that this loop adds up, with this entry's term.
    fn added(&mut self, sum: NodeId, term: NodeId) -> Option<NodeId> {
        let name = self.writer.numbers.get(&sum)?.clone();
        let before = self.argument(name, None, false);
        Some(self.graph.node(Op::Add(before, term), Shape::Scalar))
    }

    fn lookup(&mut self, id: NodeId, array: NodeId, at: Position) -> Option<NodeId> {
        let at = place(self.writer.graph.shape(array), at);
        let entry = self.writer.entry(array, &quote!(#at))?;
        Some(self.named(id, entry))
    }

    /// A value that is there: a number, or an entry of an array in memory.
    fn read(&mut self, id: NodeId) -> Option<NodeId> {
        let Writer { graph, numbers, given, .. } = self.writer;
        if !graph.shape(id).is_scalar() {
            let entry = self.writer.entry(id, &quote!(i))?;
            let name = self.names.fresh(&format!("{}_i", self.writer.slice(id)?));
            return Some(self.argument(name, Some(entry), false));
        }
        match (numbers.get(&id), given.get(&id)) {
            (Some(name), _) | (None, Some(Given::Number(name))) => {
                Some(self.argument(name.clone(), None, graph.is_mask(id)))
            }
            _ => {
                let number = self.writer.number(id)?;
                Some(self.named(id, number))
            }
        }
    }
}

//! A part of the graph as statements, with the values that it is given.

use std::collections::HashMap;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::emit::{Argument, Output, Sums, Types, lines};
use crate::graph::{Graph, NodeId, Shape};

/// What a stage is given, and how it is written.
pub(super) struct Stage<'a> {
    graph: &'a Graph,
    types: &'a Types,
    /// A number at hand, to make constants from.
    anchor: TokenStream,
    /// What all points share: its name, and the expression that it names; without a name, the expression itself.
    shared: HashMap<NodeId, (Option<Ident>, TokenStream)>,
}

/// What is given at one z.
#[derive(Debug, Default)]
pub(super) struct Point {
    /// The values by their expressions.
    pub(super) given: HashMap<NodeId, TokenStream>,
    /// What the names of values at this point end in.
    pub(super) suffix: &'static str,
}

impl<'a> Stage<'a> {
    pub(super) fn new(graph: &'a Graph, types: &'a Types, anchor: TokenStream) -> Self {
        Self { graph, types, anchor, shared: HashMap::new() }
    }

    /// The value is `number`.
    pub(super) fn given(&mut self, id: NodeId, number: TokenStream) {
        self.shared.insert(id, (None, number));
    }

    /// The value is `number` in every lane.
    pub(super) fn spread(&mut self, id: NodeId, name: Ident, number: &TokenStream) {
        let anchor = &self.anchor;
        let method = if self.graph.is_mask(id) { quote!(mask) } else { quote!(splat) };
        self.shared.insert(id, (Some(name), quote!(#anchor.#method(#number))));
    }

    /// Statements, and the expressions of `outputs`, at one point.
    pub(super) fn values(&self, point: &Point, outputs: &[NodeId]) -> (TokenStream, Vec<TokenStream>) {
        let mut part = Part::new(self);
        let mut copies = HashMap::new();
        let outputs: Vec<Output> =
            outputs.iter().map(|id| Output::Node(part.copy(*id, point, &mut copies))).collect();
        part.write(&outputs)
    }

    /// Statements that add to each entry of `phi_bar` its term at each of the points. The terms of one entry are added
    /// together, so that its sum is read and written once.
    pub(super) fn sums(&self, points: &[(&Point, &[NodeId])]) -> TokenStream {
        let mut part = Part::new(self);
        let mut copies = vec![HashMap::new(); points.len()];
        let count = points.iter().map(|(_, terms)| terms.len()).max().unwrap_or(0);
        let (mut places, mut outputs) = (Vec::new(), Vec::new());
        for entry in 0..count {
            let at = Literal::usize_unsuffixed(entry);
            let mut sum = None;
            for ((point, terms), copies) in points.iter().zip(&mut copies) {
                if self.graph.is_zero(terms[entry]) {
                    continue;
                }
                let term = part.copy(terms[entry], point, copies);
                let before =
                    sum.unwrap_or_else(|| part.argument(format_ident!("sum"), quote!(phi_bar[#at]), false));
                sum = Some(part.graph.add(term, before));
            }
            if let Some(sum) = sum {
                outputs.push(Output::Node(sum));
                places.push(at);
            }
        }
        let (statements, values) = part.write(&outputs);
        quote!(#statements #(phi_bar[#places] = #values;)*)
    }
}

/// The part of a graph that a stage computes, as a graph of its own whose parameters are what is given.
struct Part<'s, 'a> {
    stage: &'s Stage<'a>,
    graph: Graph,
    arguments: Vec<Argument>,
    setups: TokenStream,
    /// What does not differ from point to point.
    common: HashMap<NodeId, NodeId>,
}

impl<'s, 'a> Part<'s, 'a> {
    fn new(stage: &'s Stage<'a>) -> Self {
        let mut part = Self {
            stage,
            graph: Graph::default(),
            arguments: Vec::new(),
            setups: TokenStream::new(),
            common: HashMap::new(),
        };
        part.argument(format_ident!("anchor"), stage.anchor.clone(), false);
        part
    }

    fn argument(&mut self, ident: Ident, expression: TokenStream, mask: bool) -> NodeId {
        let id = self.graph.parameter(self.arguments.len(), Shape::Scalar, mask);
        self.arguments.push(Argument { expression, ..Argument::named(ident, Shape::Scalar, mask) });
        id
    }

    /// The node at a point, and all that it is made of, down to what is given.
    fn copy(&mut self, root: NodeId, point: &Point, copies: &mut HashMap<NodeId, NodeId>) -> NodeId {
        let source = self.stage.graph;
        let mut needed = vec![false; source.len()];
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            let is_there = copies.contains_key(&id) || std::mem::replace(&mut needed[id.index()], true);
            if !is_there && !point.given.contains_key(&id) && !self.stage.shared.contains_key(&id) {
                source.op(id).operands(|operand| open.push(operand));
            }
        }
        for id in source.ids().filter(|id| needed[id.index()]) {
            let copy = if let Some(given) = point.given.get(&id) {
                self.argument(format_ident!("given"), given.clone(), source.is_mask(id))
            } else if let Some(given) = self.stage.shared.get(&id) {
                self.shared(id, given)
            } else {
                let op = source.op(id).clone();
                let op = self.graph.adopt(op, source).map_operands(|operand| copies[&operand]);
                let copy = self.graph.node(op, Shape::Scalar);
                match (source.hint(id), point.suffix) {
                    (Some(hint), suffix) => self.graph.set_hint(copy, format!("{hint}{suffix}")),
                    (None, "") => {}
                    (None, suffix) => {
                        let name = format!("{}{suffix}", source.describe(id));
                        self.graph.set_hint(copy, name);
                    }
                }
                copy
            };
            copies.insert(id, copy);
        }
        copies[&root]
    }

    fn shared(&mut self, id: NodeId, (name, number): &(Option<Ident>, TokenStream)) -> NodeId {
        if let Some(copy) = self.common.get(&id) {
            return *copy;
        }
        let mask = self.stage.graph.is_mask(id);
        let copy = match name {
            Some(name) => {
                self.setups.extend(quote!(let #name = #number;));
                self.argument(name.clone(), quote!(#name), mask)
            }
            None => self.argument(format_ident!("given"), number.clone(), mask),
        };
        self.common.insert(id, copy);
        copy
    }

    fn write(&self, outputs: &[Output]) -> (TokenStream, Vec<TokenStream>) {
        let (statements, values) =
            lines(&self.graph, &self.arguments, 1, self.stage.types, outputs, Sums::Fused);
        let setups = &self.setups;
        (quote!(#setups #statements), values)
    }
}

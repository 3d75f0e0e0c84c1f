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
    /// Names that no value may take.
    taken: &'a [Ident],
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
    pub(super) fn new(graph: &'a Graph, types: &'a Types, anchor: TokenStream, taken: &'a [Ident]) -> Self {
        Self { graph, types, anchor, taken, shared: HashMap::new() }
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

    /// Statements, and the expressions of the outputs of each point, one after the other. The points go through the graph side
    /// by side, so that what they share is read once.
    pub(super) fn values(&self, points: &[(&Point, &[NodeId])]) -> (TokenStream, Vec<TokenStream>) {
        let mut part = Part::new(self, points.len());
        let roots: Vec<(&Point, Vec<NodeId>)> =
            points.iter().map(|(point, outputs)| (*point, outputs.to_vec())).collect();
        part.copy(&roots);
        let nodes = points
            .iter()
            .enumerate()
            .flat_map(|(at, (_, outputs))| outputs.iter().map(move |id| (at, *id)).collect::<Vec<_>>());
        let outputs: Vec<Output> = nodes.map(|(at, id)| Output::Node(part.copies[at][&id])).collect();
        part.write(&outputs, &[])
    }

    /// Statements that add to each entry of `phi_bar` its term at each of the points. The terms of one entry are added
    /// together, so that its sum is read and written once.
    pub(super) fn sums(&self, points: &[(&Point, &[NodeId])]) -> TokenStream {
        let mut part = Part::new(self, points.len());
        let count = points.iter().map(|(_, terms)| terms.len()).max().unwrap_or(0);
        let mut stores = Vec::new();
        for entry in 0..count {
            let at = Literal::usize_unsuffixed(entry);
            let terms: Vec<(&Point, Vec<NodeId>)> = points
                .iter()
                .map(|(point, terms)| {
                    let term = Some(terms[entry]).filter(|term| !self.graph.is_zero(*term));
                    (*point, term.into_iter().collect())
                })
                .collect();
            part.copy(&terms);
            let mut sum = None;
            for (point, (_, terms)) in terms.iter().enumerate() {
                for term in terms {
                    let before = sum.unwrap_or_else(|| {
                        part.argument(format_ident!("sum"), quote!(phi_bar[#at]), None, false)
                    });
                    let term = part.copies[point][term];
                    sum = Some(part.graph.add(term, before));
                }
            }
            stores.extend(sum.map(|sum| (sum, quote!(phi_bar[#at]))));
        }
        part.write(&[], &stores).0
    }
}

/// The part of a graph that a stage computes, as a graph of its own whose parameters are what is given.
struct Part<'s, 'a> {
    stage: &'s Stage<'a>,
    graph: Graph,
    arguments: Vec<Argument>,
    /// The nodes of the stage's graph at each point.
    copies: Vec<HashMap<NodeId, NodeId>>,
    /// What does not differ from point to point.
    common: HashMap<NodeId, NodeId>,
}

impl<'s, 'a> Part<'s, 'a> {
    fn new(stage: &'s Stage<'a>, points: usize) -> Self {
        let copies = vec![HashMap::new(); points];
        let mut part =
            Self { stage, graph: Graph::default(), arguments: Vec::new(), copies, common: HashMap::new() };
        part.argument(format_ident!("anchor"), stage.anchor.clone(), None, false);
        for name in stage.taken {
            part.argument(name.clone(), quote!(#name), None, false);
        }
        part
    }

    fn argument(
        &mut self,
        ident: Ident,
        expression: TokenStream,
        setup: Option<TokenStream>,
        mask: bool,
    ) -> NodeId {
        let id = self.graph.parameter(self.arguments.len(), Shape::Scalar, mask);
        self.arguments.push(Argument { expression, setup, ..Argument::named(ident, Shape::Scalar, mask) });
        id
    }

    /// The nodes at each point, and all that they are made of, down to what is given.
    fn copy(&mut self, roots: &[(&Point, Vec<NodeId>)]) {
        let source = self.stage.graph;
        let needed: Vec<Vec<bool>> = roots
            .iter()
            .zip(&self.copies)
            .map(|((point, roots), copies)| self.needed(point, roots, copies))
            .collect();
        for id in source.ids() {
            for (at, (point, _)) in roots.iter().enumerate() {
                if needed[at][id.index()] && !self.copies[at].contains_key(&id) {
                    let copy = self.copy_node(id, point, at);
                    self.copies[at].insert(id, copy);
                }
            }
        }
    }

    /// What has to be copied for the roots, by index.
    fn needed(&self, point: &Point, roots: &[NodeId], copies: &HashMap<NodeId, NodeId>) -> Vec<bool> {
        let source = self.stage.graph;
        let mut needed = vec![false; source.len()];
        let mut open = roots.to_vec();
        while let Some(id) = open.pop() {
            let is_there = copies.contains_key(&id) || std::mem::replace(&mut needed[id.index()], true);
            if !is_there && !point.given.contains_key(&id) && !self.stage.shared.contains_key(&id) {
                source.op(id).operands(|operand| open.push(operand));
            }
        }
        needed
    }

    /// A node whose operands have been copied.
    fn copy_node(&mut self, id: NodeId, point: &Point, at: usize) -> NodeId {
        let source = self.stage.graph;
        if let Some(given) = point.given.get(&id) {
            return self.argument(format_ident!("given"), given.clone(), None, source.is_mask(id));
        }
        if let Some(given) = self.stage.shared.get(&id) {
            return self.shared(id, given);
        }
        let copies = &self.copies[at];
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
    }

    fn shared(&mut self, id: NodeId, (name, number): &(Option<Ident>, TokenStream)) -> NodeId {
        if let Some(copy) = self.common.get(&id) {
            return *copy;
        }
        let mask = self.stage.graph.is_mask(id);
        let copy = match name {
            Some(name) => self.argument(name.clone(), quote!(#name), Some(number.clone()), mask),
            None => self.argument(format_ident!("given"), number.clone(), None, mask),
        };
        self.common.insert(id, copy);
        copy
    }

    fn write(&self, outputs: &[Output], stores: &[(NodeId, TokenStream)]) -> (TokenStream, Vec<TokenStream>) {
        lines(&self.graph, &self.arguments, 1, self.stage.types, outputs, stores, Sums::Fused)
    }
}

//! Values as products, with what they have in common taken out of sums.
//!
//! A derivative is made of many products whose factors come in the order in which the rules met them. Here each value
//! is written anew as `±[guards] shared · forward · weights`: factors that all samples share, factors of the forward pass,
//! and `ż` or `c̄` last. What the terms of a sum have in common goes before the sum: `δ·h·c̄ + δ·ḣ` becomes `δ·(h·c̄ + ḣ)`. So
//! products that are equal are the same node, guards are applied once, and factors that all samples share can be left for the
//! end.
//!
//! Of arrays, numbers come first, and go before a sum over the entries, see [`sums`](super::sums).

use std::collections::HashMap;

use super::scalars::product;
use crate::graph::{Graph, NodeId, Op};

/// `±[guards] Π factors`: 0 where a guard does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    pub(super) negative: bool,
    /// Masks, in ascending order, each once.
    pub(super) guards: Vec<NodeId>,
    /// What is no product itself, in ascending order.
    pub(super) factors: Vec<NodeId>,
}

/// Writes the nodes of a graph as products.
pub(super) struct Products<'g> {
    pub(super) graph: &'g mut Graph,
    /// What is known of a sample on the forward pass, and on the backward pass alone.
    given: [Vec<NodeId>; 2],
    /// By index: what differs from sample to sample, and what depends on the weights.
    kinds: Vec<Kind>,
    known: HashMap<NodeId, Product>,
    pub(super) known_addends: HashMap<NodeId, Vec<Product>>,
    written: HashMap<NodeId, NodeId>,
}

/// More factors than this are not written anew: a square of squares has twice as many each time.
const MOST_FACTORS: usize = 16;

/// When a value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Before the samples.
    Shared,
    /// On the forward pass.
    Forward,
    /// On the backward pass.
    Weight,
}

impl Product {
    pub(super) fn one() -> Self {
        Self { negative: false, guards: Vec::new(), factors: Vec::new() }
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut guards = [&self.guards[..], &other.guards].concat();
        guards.sort_by_key(|id| id.index());
        guards.dedup();
        let mut factors = [&self.factors[..], &other.factors].concat();
        factors.sort_by_key(|id| id.index());
        Self { negative: self.negative != other.negative, guards, factors }
    }

    pub(super) fn negated(mut self) -> Self {
        self.negative = !self.negative;
        self
    }
}

impl<'g> Products<'g> {
    /// Over a graph where `z` and the weights, `ż` and `c̄`, belong to one sample.
    pub(super) fn new(graph: &'g mut Graph, z: &[NodeId], weights: &[NodeId]) -> Self {
        let given = [z.to_vec(), weights.to_vec()];
        let (known, known_addends, written) = Default::default();
        Self { graph, given, kinds: Vec::new(), known, known_addends, written }
    }

    /// When the value is known.
    pub(super) fn kind(&mut self, id: NodeId) -> Kind {
        for id in self.graph.ids().skip(self.kinds.len()) {
            let mut kind = match id {
                id if self.given[0].contains(&id) => Kind::Forward,
                id if self.given[1].contains(&id) => Kind::Weight,
                _ => Kind::Shared,
            };
            self.graph.op(id).operands(|operand| kind = kind.max(self.kinds[operand.index()]));
            self.kinds.push(kind);
        }
        self.kinds[id.index()]
    }

    /// A node as a product.
    pub(super) fn of(&mut self, id: NodeId) -> Product {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let found = match *self.graph.op(id) {
            Op::Neg(a) => self.of(a).negated(),
            Op::Mul(a, b) => {
                let (of_a, of_b) = (self.of(a), self.of(b));
                if of_a.factors.len() + of_b.factors.len() <= MOST_FACTORS {
                    of_a.times(&of_b)
                } else {
                    Product { factors: vec![self.rebuilt(id)], ..Product::one() }
                }
            }
            Op::Add(a, b) => {
                let (a, b) = (self.of(a), self.of(b));
                self.sum(&a, &b)
            }
            Op::Sub(a, b) => {
                let (a, b) = (self.of(a), self.of(b).negated());
                self.sum(&a, &b)
            }
            Op::Select(mask, value, zero) if self.graph.is_zero(zero) => {
                let (value, guards) = (self.of(value), vec![self.node(mask)]);
                value.times(&Product { guards, ..Product::one() })
            }
            Op::Literal(_) if self.graph.is_literal(id, 1.0) => Product::one(),
            Op::Broadcast(a) => self.of(a),
            Op::Sum(a) => {
                let addends = self.addends(a);
                self.summed(id, &addends)
            }
            Op::Dot(a, b) => {
                let addends = self.product_of_sums(a, b).unwrap_or_else(|| {
                    let (a, b) = (self.of(a), self.of(b));
                    vec![a.times(&b)]
                });
                self.summed(id, &addends)
            }
            _ => Product { factors: vec![self.rebuilt(id)], ..Product::one() },
        };
        self.known.insert(id, found.clone());
        found
    }

    /// A node, written as a product.
    pub(super) fn node(&mut self, id: NodeId) -> NodeId {
        if let Some(written) = self.written.get(&id) {
            return *written;
        }
        let written = if self.graph.is_mask(id) || self.graph.is_zero(id) {
            self.rebuilt(id)
        } else {
            let product = self.of(id);
            let written = self.write(&product);
            if self.graph.shape(written).is_scalar() {
                let shape = self.graph.shape(id).clone();
                self.graph.broadcast(written, &shape)
            } else {
                written
            }
        };
        self.name(id, written);
        self.written.insert(id, written);
        written
    }

    /// The same operation on operands that are written as products.
    pub(super) fn rebuilt(&mut self, id: NodeId) -> NodeId {
        let op = self.graph.op(id).clone();
        let shape = self.graph.shape(id).clone();
        let op = op.map_operands(|operand| self.node(operand));
        let rebuilt = self.graph.node(op, shape);
        self.name(id, rebuilt);
        rebuilt
    }

    /// A node that takes another one's place takes its name.
    pub(super) fn name(&mut self, from: NodeId, to: NodeId) {
        if from != to
            && self.graph.hint(to).is_none()
            && let Some(hint) = self.graph.hint(from).map(str::to_owned)
        {
            self.graph.set_hint(to, hint);
        }
    }

    /// `a + b`, with the factors and guards that they have in common before the sum.
    pub(super) fn sum(&mut self, a: &Product, b: &Product) -> Product {
        let (factors, rest_a, rest_b) = common(&a.factors, &b.factors);
        let (guards, guards_a, guards_b) = common(&a.guards, &b.guards);
        let (is_negative_a, is_negative_b) = (a.negative, b.negative);
        let plain = |guards, factors| Product { negative: false, guards, factors };
        let (a, b) = (plain(guards_a, rest_a), plain(guards_b, rest_b));
        let (a, b) = (self.write(&a), self.write(&b));
        let (negative, sum) = match (is_negative_a, is_negative_b) {
            (false, false) => (false, self.graph.add(a, b)),
            (true, true) => (true, self.graph.add(a, b)),
            (false, true) => (false, self.graph.sub(a, b)),
            (true, false) => (false, self.graph.sub(b, a)),
        };
        let before = Product { negative, guards, factors };
        if before.factors.is_empty() && before.guards.is_empty() && !negative {
            return Product { factors: vec![sum], ..Product::one() };
        }
        before.times(&Product { factors: vec![sum], ..Product::one() })
    }

    /// The node that is this product: a number where none of the factors is an array.
    pub(super) fn write(&mut self, product: &Product) -> NodeId {
        let (mut numbers, mut arrays) = ([None; 3], [None; 3]);
        // What is computed last comes first, so that products of the same few values share their beginnings.
        for factor in product.factors.iter().rev() {
            let parts = if self.graph.shape(*factor).is_scalar() { &mut numbers } else { &mut arrays };
            let part = &mut parts[self.kind(*factor) as usize];
            *part = self.times(*part, Some(*factor));
        }
        let [shared, forward, weight] = numbers;
        let outer = self.times(shared, weight);
        let number = self.times(outer, forward);
        let [shared, forward, weight] = arrays;
        let inner = self.times(shared, forward);
        let array = self.times(inner, weight);
        let value = self.times(number, array).unwrap_or_else(|| self.graph.literal(1.0));
        let zero = self.graph.zero();
        // The guards of what is computed first are the inner ones: those of a layer are shared by all units of the next.
        let mut guards = product.guards.clone();
        guards.sort_by_key(|guard| self.age(*guard));
        let guarded = guards.into_iter().fold(value, |value, guard| self.graph.select(guard, value, zero));
        if product.negative { self.graph.neg(guarded) } else { guarded }
    }

    /// `a·b`, by the constructor that keeps what stands.
    fn times(&mut self, a: Option<NodeId>, b: Option<NodeId>) -> Option<NodeId> {
        let (Some(a), Some(b)) = (a, b) else { return a.or(b) };
        Some(match (self.graph.literal_value(a), self.graph.literal_value(b)) {
            (Some(x), Some(y)) => self.graph.literal(x * y),
            _ => product(self.graph, a, b),
        })
    }

    /// When what a mask compares was computed.
    fn age(&self, mask: NodeId) -> usize {
        let mut latest = 0;
        self.graph.op(mask).operands(|operand| latest = latest.max(operand.index()));
        latest
    }

    /// Factors and a sign that all samples share and that all of these have in common, taken out of them.
    pub(super) fn take_shared(&mut self, products: &mut [&mut Product]) -> Product {
        let shared: Vec<Vec<NodeId>> = products
            .iter()
            .map(|product| {
                product.factors.iter().copied().filter(|id| self.kind(*id) == Kind::Shared).collect()
            })
            .collect();
        let Some((first, rest)) = shared.split_first() else { return Product::one() };
        let factors = rest.iter().fold(first.clone(), |taken, other| common(&taken, other).0);
        let negative = products.iter().all(|product| product.negative);
        for product in products {
            product.factors = common(&product.factors, &factors).1;
            product.negative ^= negative;
        }
        Product { negative, guards: Vec::new(), factors }
    }
}

/// What two ascending lists have in common, and the rest of each.
pub(super) fn common(a: &[NodeId], b: &[NodeId]) -> (Vec<NodeId>, Vec<NodeId>, Vec<NodeId>) {
    let (mut both, mut only_a, mut rest) = (Vec::new(), Vec::new(), b.to_vec());
    for id in a {
        match rest.iter().position(|other| other == id) {
            Some(at) => both.push(rest.remove(at)),
            None => only_a.push(*id),
        }
    }
    (both, only_a, rest)
}

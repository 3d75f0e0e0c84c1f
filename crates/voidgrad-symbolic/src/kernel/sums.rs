//! Sums over the entries of arrays, with numbers before them: `Σ s·a` is `s·Σ a`, and `Σ (s·a + t·b)·d` is `s·Σ a·d + t·Σ b·d`.

use super::product::{Product, Products};
use crate::graph::{NodeId, Op, Shape};

/// More terms than this of one sum stay together.
const MOST_ADDENDS: usize = 6;

impl Products<'_> {
    /// The terms of an array that are multiplied with different numbers; one term where there are none.
    pub(super) fn addends(&mut self, id: NodeId) -> Vec<Product> {
        if let Some(known) = self.known_addends.get(&id) {
            return known.clone();
        }
        let found = match *self.graph.op(id) {
            Op::Neg(a) => Some(self.addends(a).into_iter().map(Product::negated).collect()),
            Op::Add(a, b) => Some([self.addends(a), self.addends(b)].concat()),
            Op::Sub(a, b) => {
                let negated = self.addends(b).into_iter().map(Product::negated).collect();
                Some([self.addends(a), negated].concat())
            }
            Op::Mul(a, b) => self.product_of_sums(a, b),
            _ => None,
        };
        let addends = match found {
            Some(addends) if addends.len() <= MOST_ADDENDS && self.by_number(&addends).len() > 1 => addends,
            _ => vec![self.of(id)],
        };
        self.known_addends.insert(id, addends.clone());
        addends
    }

    /// The terms of a product, of which one factor has one term.
    pub(super) fn product_of_sums(&mut self, a: NodeId, b: NodeId) -> Option<Vec<Product>> {
        let (a, b) = (self.addends(a), self.addends(b));
        let is_linear = a.len() == 1 || b.len() == 1;
        is_linear.then(|| a.iter().flat_map(|a| b.iter().map(|b| a.times(b))).collect())
    }

    /// Terms by the numbers that they are multiplied with, but for those that are written out.
    fn by_number(&self, addends: &[Product]) -> Vec<(Vec<NodeId>, Vec<Product>)> {
        let mut groups: Vec<(Vec<NodeId>, Vec<Product>)> = Vec::new();
        for addend in addends {
            let is_number =
                |id: &NodeId| self.graph.shape(*id).is_scalar() && self.graph.literal_value(*id).is_none();
            let (numbers, rest) = addend.factors.iter().copied().partition(is_number);
            let rest = Product { factors: rest, ..addend.clone() };
            match groups.iter_mut().find(|(of, _)| *of == numbers) {
                Some((_, group)) => group.push(rest),
                None => groups.push((numbers, vec![rest])),
            }
        }
        groups
    }

    /// The sum over the entries of `terms`, which `id` is, as numbers times sums of arrays.
    pub(super) fn summed(&mut self, id: NodeId, terms: &[Product]) -> Product {
        let mut total: Option<Product> = None;
        for (numbers, terms) in self.by_number(terms) {
            let (first, rest) = terms.split_first().expect("a group has a term");
            let array = rest.iter().fold(first.clone(), |sum, term| self.sum(&sum, term));
            let is_array = |id: &NodeId| !self.graph.shape(*id).is_scalar();
            let (arrays, literals): (Vec<NodeId>, Vec<NodeId>) =
                array.factors.iter().partition(|id| is_array(id));
            let inside = self.write(&Product { negative: false, guards: array.guards, factors: arrays });
            if self.graph.shape(inside).is_scalar() {
                // A sum of equal numbers.
                return Product { factors: vec![self.rebuilt(id)], ..Product::one() };
            }
            let sum = self.graph.node(Op::Sum(inside), Shape::Scalar);
            self.name(id, sum);
            let outside =
                Product { negative: array.negative, factors: [numbers, literals].concat(), ..Product::one() };
            let term = outside.times(&Product { factors: vec![sum], ..Product::one() });
            total = Some(match total {
                Some(before) => self.sum(&before, &term),
                None => term,
            });
        }
        total.expect("a sum has terms")
    }
}

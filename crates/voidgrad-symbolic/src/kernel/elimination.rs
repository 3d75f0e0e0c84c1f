//! Sums that are combinations of other sums.
//!
//! Layers that are homogeneous obey Euler's relation: in `Σ_i w₃ᵢ·ReLU(Σ_j W₂ᵢⱼ h_j + b₂ᵢ)`, what is summed for `w₃ᵢ` is
//! `Σ_j W₂ᵢⱼ` times what is summed for `W₂ᵢⱼ`, plus `b₂ᵢ` times that of `b₂ᵢ`. Whatever the reason, where the terms of a sum are such a
//! combination, with factors that all samples share, the sum is made from the other sums, once, at the end.

use std::collections::BTreeMap;

use super::product::{Kind, Product, Products, common};
use crate::graph::{Comparison, NodeId, Op};

/// `Σ factor · sum`, the sum by its index.
pub(super) type Combination = Vec<(usize, Product)>;

/// A term without the factors that all samples share: the point, the guards, and the factors.
type Monomial = (usize, Vec<usize>, Vec<usize>);
/// What all samples share of each monomial.
type Terms = BTreeMap<Monomial, Product>;

/// More terms than that are left as they are.
const LARGEST: usize = 200;
/// Fewer are as quickly added up.
const SMALLEST: usize = 4;

/// For each sum its combination of others, where there is one. `terms` are those of each sum, at one point after the other.
pub(super) fn combinations(
    products: &mut Products<'_>,
    terms: &[[Option<Product>; 2]],
) -> Vec<Option<Combination>> {
    let expanded: Vec<Option<Terms>> = terms.iter().map(|terms| expand(products, terms)).collect();
    let mut found: Vec<Option<Combination>> = vec![None; terms.len()];
    // A sum that is a combination is not added up, so none is made of it: those of fewer terms, of which a combination is made,
    // are decided on before.
    let mut targets: Vec<usize> = (0..terms.len()).collect();
    targets.sort_by_key(|target| expanded[*target].as_ref().map_or(0, Terms::len));
    for target in targets {
        let Some(terms) = expanded[target].as_ref().filter(|terms| terms.len() >= SMALLEST) else { continue };
        let others: Vec<(usize, &Terms)> = expanded
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != target && found[*other].is_none())
            .filter_map(|(other, terms)| Some((other, terms.as_ref()?)))
            .filter(|(_, other)| other.len() < terms.len())
            .collect();
        found[target] = combine(terms, &others);
    }
    found
}

/// The target as a combination: the first monomial that is left must be in one of the others, which is then taken away.
fn combine(target: &Terms, others: &[(usize, &Terms)]) -> Option<Combination> {
    let (mut left, mut combination) = (target.clone(), Combination::new());
    while let Some((monomial, factor)) = left.first_key_value() {
        let fitting = others.iter().find_map(|(index, terms)| {
            let rate = quotient(factor, terms.get(monomial)?)?;
            let fits = |(monomial, factor): (&Monomial, &Product)| {
                left.get(monomial).is_some_and(|left| quotient(left, factor).as_ref() == Some(&rate))
            };
            terms.iter().all(fits).then_some((*index, *terms, rate))
        });
        let (index, terms, rate) = fitting?;
        left.retain(|monomial, _| !terms.contains_key(monomial));
        combination.push((index, rate));
    }
    Some(combination)
}

/// `a/b` where it is a product again.
fn quotient(a: &Product, b: &Product) -> Option<Product> {
    let (_, factors, missing) = common(&a.factors, &b.factors);
    missing.is_empty().then(|| Product { negative: a.negative != b.negative, guards: Vec::new(), factors })
}

/// Terms as sums of monomials; `None` where there are too many, or two of the same.
fn expand(products: &mut Products<'_>, terms: &[Option<Product>]) -> Option<Terms> {
    let mut found = Terms::new();
    for (point, term) in terms.iter().enumerate() {
        let mut open: Vec<Product> = term.iter().cloned().collect();
        while let Some(product) = open.pop() {
            if let Some(parts) = parts(products, &product) {
                open.extend(parts);
            } else {
                let (shared, own): (Vec<NodeId>, Vec<NodeId>) =
                    product.factors.iter().partition(|factor| products.kind(**factor) == Kind::Shared);
                let indices = |ids: &[NodeId]| ids.iter().map(|id| id.index()).collect::<Vec<_>>();
                let monomial = (point, indices(&conditions(products, &product.guards)), indices(&own));
                let factor = Product { negative: product.negative, guards: Vec::new(), factors: shared };
                if found.insert(monomial, factor).is_some() || found.len() > LARGEST {
                    return None;
                }
            }
        }
    }
    Some(found)
}

/// The masks that all have to hold, none of them a conjunction, in ascending order.
fn conditions(products: &Products<'_>, guards: &[NodeId]) -> Vec<NodeId> {
    let (mut open, mut found) = (guards.to_vec(), Vec::new());
    while let Some(guard) = open.pop() {
        match *products.graph.op(guard) {
            Op::And(a, b) => open.extend([a, b]),
            _ => found.push(guard),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The summands of a product that has a sum as a factor; a `ReLU` is a guard and what it guards.
fn parts(products: &mut Products<'_>, product: &Product) -> Option<Vec<Product>> {
    for (at, factor) in product.factors.iter().enumerate() {
        if products.kind(*factor) == Kind::Shared {
            continue;
        }
        let summands = match *products.graph.op(*factor) {
            Op::Add(a, b) => vec![products.of(a), products.of(b)],
            Op::Sub(a, b) => vec![products.of(a), products.of(b).negated()],
            Op::Unary(primitive, x) if primitive.row().name == "relu" => {
                let zero = products.graph.literal(0.0);
                let guard = products.graph.compare(Comparison::Gt, x, zero);
                let mut inner = products.of(x);
                inner.guards.push(guard);
                vec![inner]
            }
            _ => continue,
        };
        let mut rest = product.clone();
        rest.factors.remove(at);
        return Some(summands.iter().map(|summand| rest.times(summand)).collect());
    }
    None
}

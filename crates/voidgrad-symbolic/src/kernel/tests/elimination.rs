//! Sums that are combinations of others, term by term.

use super::Numbers;
use crate::graph::NodeId;
use crate::kernel::elimination::{Combination, combinations};
use crate::kernel::product::Product;

/// Terms of a sum: factors, and whether there is a minus before them.
type Summands<'a> = &'a [(&'a [NodeId], bool)];

/// The combination of the first sum, where the other sums are the next two.
fn combination(n: &mut Numbers, target: Summands<'_>, others: [Summands<'_>; 2]) -> Option<Combination> {
    let mut sum = |summands: Summands<'_>| {
        let terms: Vec<NodeId> = summands
            .iter()
            .map(|(factors, is_negative)| {
                let product = n.product(factors);
                if *is_negative { n.graph.neg(product) } else { product }
            })
            .collect();
        let total = terms.into_iter().reduce(|sum, term| n.graph.add(sum, term)).expect("a sum has terms");
        [None, Some(n.products().of(total))]
    };
    let terms = [sum(target), sum(others[0]), sum(others[1])];
    let mut found = combinations(&mut n.products(), &terms);
    assert!(found[1..].iter().all(Option::is_none));
    found.remove(0)
}

fn shared(factors: &[NodeId], negative: bool) -> Product {
    Product { negative, guards: Vec::new(), factors: factors.to_vec() }
}

#[test]
fn a_combination_is_found_with_its_factors_and_signs() {
    let mut n = Numbers::new();
    let ([s, e], z, a, b, c, d) = (n.of_z, n.z, n.a, n.b, n.c_bar, n.z_dot);
    let first: Summands<'_> = &[(&[s, c], false), (&[b, e, d], true)];
    let second: Summands<'_> = &[(&[z, s, c], false), (&[z, d], false)];
    // a²·first - b·second
    let target: Summands<'_> =
        &[(&[a, a, s, c], false), (&[b, a, a, e, d], true), (&[b, z, s, c], true), (&[b, z, d], true)];
    let mut found = combination(&mut n, target, [first, second]).expect("there is one");
    found.sort_by_key(|(sum, _)| *sum);
    assert_eq!(found, [(1, shared(&[a, a], false)), (2, shared(&[b], true))]);
}

#[test]
fn what_is_almost_a_combination_is_not_taken() {
    let mut n = Numbers::new();
    let ([s, e], z, a, b, c, d) = (n.of_z, n.z, n.a, n.b, n.c_bar, n.z_dot);
    let others: [Summands<'_>; 2] =
        [&[(&[s, c], false), (&[e, d], false)], &[(&[z, s, c], false), (&[z, d], false)]];
    let target: Summands<'_> =
        &[(&[a, s, c], false), (&[a, e, d], false), (&[b, z, s, c], false), (&[b, z, d], false)];
    assert!(combination(&mut n, target, others).is_some());

    // Another factor of one term, that all samples share or that they do not.
    let other_factor: Summands<'_> = &[target[0], (&[b, e, d], false), target[2], target[3]];
    assert_eq!(combination(&mut n, other_factor, others), None);
    let other_monomial: Summands<'_> = &[target[0], (&[a, e, c], false), target[2], target[3]];
    assert_eq!(combination(&mut n, other_monomial, others), None);
    let other_sign: Summands<'_> = &[target[0], (&[a, e, d], true), target[2], target[3]];
    assert_eq!(combination(&mut n, other_sign, others), None);
    // A factor that the other sum has and this one has not, which would have to be divided by.
    let with_factor: Summands<'_> = &[(&[a, s, c], false), (&[a, e, d], false)];
    let without: Summands<'_> = &[(&[s, c], false), (&[e, d], false), target[2], target[3]];
    assert_eq!(combination(&mut n, without, [with_factor, others[1]]), None);
    // A term more than the others have, and one less.
    let one_more: Summands<'_> = &[target[0], target[1], target[2], target[3], (&[a, z, z, c], false)];
    assert_eq!(combination(&mut n, one_more, others), None);
    let larger: Summands<'_> = &[others[0][0], others[0][1], (&[z, z, c], false)];
    assert_eq!(combination(&mut n, target, [larger, others[1]]), None);
}

#[test]
fn guards_and_points_must_be_the_same() {
    let mut n = Numbers::new();
    let [s, e] = n.of_z;
    let [positive, larger] = n.masks;
    let (z, a, c, d) = (n.z, n.a, n.c_bar, n.z_dot);
    let mut of = |factors: &[NodeId], guards: &[NodeId]| {
        let node = n.product(factors);
        Product { guards: guards.to_vec(), ..n.products().of(node) }
    };
    let (guard, other_guard) = ([positive], [larger]);
    let one = |guards: &[NodeId], of: &mut dyn FnMut(&[NodeId], &[NodeId]) -> Product| {
        [(s, c), (e, c), (z, d), (e, d)].map(|(factor, weight)| of(&[a, factor, weight], guards))
    };
    let [with, without] = [&guard, &other_guard].map(|guards| one(guards, &mut of));
    let parts = [(s, c), (e, c), (z, d), (e, d)].map(|(factor, weight)| of(&[factor, weight], &guard));

    // The target's four terms as one sum, and each of its monomials as a sum of its own.
    let mut found = |target: &[Product; 4], at_z_tilde: bool| {
        let mut products = n.products();
        let sum = target[1..].iter().fold(target[0].clone(), |sum, term| products.sum(&sum, term));
        let mut terms = vec![[None, Some(sum)]];
        for part in &parts {
            let (here, there) = if at_z_tilde { (None, Some(part)) } else { (Some(part), None) };
            terms.push([here.cloned(), there.cloned()]);
        }
        combinations(&mut products, &terms).remove(0).map(|combination| combination.len())
    };
    assert_eq!(found(&with, true), Some(4));
    assert_eq!(found(&without, true), None);
    assert_eq!(found(&with, false), None);
}

#[test]
fn no_combination_is_made_of_combinations() {
    let mut n = Numbers::new();
    let ([s, e], z, a, b, c, d) = (n.of_z, n.z, n.a, n.b, n.c_bar, n.z_dot);
    // b·(a·(s c + e d) + b·(z c + z d)) + a·s d, the middle of which is a sum of its own.
    let smallest: [Summands<'_>; 3] =
        [&[(&[s, c], false), (&[e, d], false)], &[(&[z, c], false), (&[z, d], false)], &[(&[s, d], false)]];
    let middle: Summands<'_> =
        &[(&[a, s, c], false), (&[a, e, d], false), (&[b, z, c], false), (&[b, z, d], false)];
    let largest: Summands<'_> = &[
        (&[b, a, s, c], false),
        (&[b, a, e, d], false),
        (&[b, b, z, c], false),
        (&[b, b, z, d], false),
        (&[a, s, d], false),
    ];
    let sums = [largest, middle, smallest[0], smallest[1], smallest[2]];
    let terms = sums.map(|summands| {
        let products: Vec<Product> = summands
            .iter()
            .map(|(factors, _)| {
                let node = n.product(factors);
                n.products().of(node)
            })
            .collect();
        let sum = products.into_iter().reduce(|sum, term| n.products().sum(&sum, &term));
        [None, sum]
    });
    let found = combinations(&mut n.products(), &terms);
    let of = |at: usize| -> Vec<usize> {
        let mut sums: Vec<usize> = found[at].iter().flatten().map(|(sum, _)| *sum).collect();
        sums.sort_unstable();
        sums
    };
    assert_eq!([of(0), of(1)], [vec![2, 3, 4], vec![2, 3]]);
}

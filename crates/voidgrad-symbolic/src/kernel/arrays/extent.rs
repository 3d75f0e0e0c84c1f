//! How many entries there are, where a length may be known only by its name.

use std::cmp::Reverse;
use std::iter::Sum;
use std::ops::{Add, Mul};

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};

use crate::graph::{Dim, Shape};

/// A count of entries: a sum of products of lengths, such as `2 * m * p + 64`. As tokens it is that expression, or a literal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Extent {
    /// Products of lengths that have names, each with how often it is added. None stands twice; the longest come first, so that what is a number
    /// comes last.
    terms: Vec<(Vec<Dim>, usize)>,
}

impl Extent {
    /// The entries of a value.
    #[must_use]
    pub fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Scalar => Self::from(1),
            Shape::Array(length) => Self::from(length),
            Shape::Matrix(rows, columns) => &Self::from(rows) * &Self::from(columns),
        }
    }

    /// The number, if it is known while the macro runs.
    #[must_use]
    pub fn fixed(&self) -> Option<usize> {
        match self.terms.as_slice() {
            [] => Some(0),
            [(lengths, count)] if lengths.is_empty() => Some(*count),
            _ => None,
        }
    }

    /// Whether it is known to be at least as large as another.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other
            .terms
            .iter()
            .all(|(lengths, count)| self.terms.iter().any(|(own, times)| own == lengths && times >= count))
    }

    /// Something to compare by: a length that has a name counts as 64.
    pub(crate) fn estimate(&self) -> usize {
        const LENGTH: usize = 64;
        let product = |(lengths, count): &(Vec<Dim>, usize)| {
            lengths.iter().fold(*count, |product, _| product.saturating_mul(LENGTH))
        };
        self.terms.iter().map(product).fold(0, usize::saturating_add)
    }

    /// The tokens as a factor of a product: a sum in parentheses.
    #[must_use]
    pub fn factor(&self) -> TokenStream {
        if self.terms.len() > 1 { quote!((#self)) } else { self.to_token_stream() }
    }

    /// The tokens as an operand of any operator: a sum or a product in parentheses.
    #[must_use]
    pub fn operand(&self) -> TokenStream {
        let is_one = match self.terms.as_slice() {
            [] => true,
            [(lengths, count)] => lengths.is_empty() || (lengths.len() == 1 && *count == 1),
            _ => false,
        };
        if is_one { self.to_token_stream() } else { quote!((#self)) }
    }

    fn push(&mut self, lengths: Vec<Dim>, count: usize) {
        if count == 0 {
            return;
        }
        let key = |lengths: &[Dim]| (Reverse(lengths.len()), lengths.to_vec());
        match self.terms.binary_search_by_key(&key(&lengths), |(own, _)| key(own)) {
            Ok(at) => self.terms[at].1 = self.terms[at].1.saturating_add(count),
            Err(at) => self.terms.insert(at, (lengths, count)),
        }
    }
}

/// The expression of the largest: one of them if it is known to be.
#[must_use]
pub fn largest(extents: &[Extent]) -> TokenStream {
    let mut left: Vec<&Extent> = Vec::new();
    for extent in extents {
        if !left.iter().any(|other| other.covers(extent)) {
            left.retain(|other| !extent.covers(other));
            left.push(extent);
        }
    }
    let Some((first, rest)) = left.split_first() else { return quote!(0) };
    rest.iter().fold(first.to_token_stream(), |largest, extent| quote!(::core::cmp::max(#largest, #extent)))
}

impl From<usize> for Extent {
    fn from(count: usize) -> Self {
        let mut extent = Self::default();
        extent.push(Vec::new(), count);
        extent
    }
}

impl From<&Dim> for Extent {
    fn from(length: &Dim) -> Self {
        match length {
            Dim::Fixed(count) => Self::from(*count),
            length => Self { terms: vec![(vec![length.clone()], 1)] },
        }
    }
}

impl Add for &Extent {
    type Output = Extent;

    fn add(self, other: Self) -> Extent {
        let mut sum = self.clone();
        for (lengths, count) in &other.terms {
            sum.push(lengths.clone(), *count);
        }
        sum
    }
}

impl Mul for &Extent {
    type Output = Extent;

    fn mul(self, other: Self) -> Extent {
        let mut product = Extent::default();
        for (left, times) in &self.terms {
            for (right, count) in &other.terms {
                let mut lengths = [&left[..], right].concat();
                lengths.sort();
                product.push(lengths, times.saturating_mul(*count));
            }
        }
        product
    }
}

impl Sum for Extent {
    fn sum<I: Iterator<Item = Self>>(extents: I) -> Self {
        extents.fold(Self::default(), |sum, extent| &sum + &extent)
    }
}

impl ToTokens for Extent {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let terms = self.terms.iter().map(|(lengths, count)| {
            let number = Literal::usize_unsuffixed(*count);
            let number = (*count != 1 || lengths.is_empty()).then(|| number.to_token_stream());
            let mut factors = number.into_iter().chain(lengths.iter().map(named));
            let first = factors.next();
            factors.fold(quote!(#first), |product, factor| quote!(#product * #factor))
        });
        if self.terms.is_empty() {
            tokens.extend(quote!(0));
        }
        tokens.extend(quote!(#(#terms)+*));
    }
}

/// A length as a factor: a path, or an expression in parentheses.
fn named(length: &Dim) -> TokenStream {
    match length {
        Dim::Fixed(count) => Literal::usize_unsuffixed(*count).to_token_stream(),
        Dim::Named(name) => {
            let length: TokenStream = name.parse().expect("it was printed from tokens");
            let is_path = syn::parse2::<syn::Path>(length.clone()).is_ok();
            if is_path { length } else { quote!((#length)) }
        }
        Dim::Runtime(..) => unreachable!("a length of the run has a name before a kernel is made of it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(name: &str) -> Extent {
        Extent::from(&Dim::Named(name.to_owned()))
    }

    #[test]
    fn a_count_is_a_literal_if_all_lengths_are_numbers() {
        let matrix = Extent::of(&Shape::Matrix(Dim::Fixed(3), Dim::Fixed(5)));
        let sum = &matrix + &Extent::from(2);
        assert_eq!((sum.fixed(), sum.to_token_stream().to_string()), (Some(17), "17".to_owned()));
        assert_eq!(Extent::default().to_token_stream().to_string(), "0");
        assert!(Extent::from(3) < Extent::from(20), "loops stand in the order of their lengths");
    }

    #[test]
    fn equal_terms_are_one_term_in_whatever_order_they_come() {
        let (m, p) = (length("m"), length("p"));
        let extents = [&p * &m, Extent::from(64), m.clone(), &m * &p];
        let backwards = extents.iter().rev().cloned().sum::<Extent>();
        let sum = extents.into_iter().sum::<Extent>();
        assert_eq!(sum, backwards);
        assert_eq!(sum.to_token_stream().to_string(), "2 * m * p + m + 64");
        assert_eq!(sum.factor().to_string(), "(2 * m * p + m + 64)");
        assert_eq!((sum.fixed(), m.factor().to_string()), (None, "m".to_owned()));
        let operands = [&m, &(&m + &m), &(&m * &p)].map(|extent| extent.operand().to_string());
        assert_eq!(operands, ["m", "(2 * m)", "(m * p)"]);
        assert_eq!((&length("{ N + 1 }") * &m).to_token_stream().to_string(), "m * ({ N + 1 })");
    }

    #[test]
    fn the_largest_is_found_by_terms_or_at_run_time() {
        let (m, p) = (length("m"), length("p"));
        let expression = |extents: &[Extent]| largest(extents).to_string();
        assert_eq!(expression(&[Extent::from(3), Extent::from(5)]), "5");
        assert_eq!(expression(&[m.clone(), &m + &p, p.clone()]), "m + p");
        assert_eq!(
            expression(&[m, p, Extent::from(7)]),
            ":: core :: cmp :: max (:: core :: cmp :: max (m , p) , 7)"
        );
    }
}

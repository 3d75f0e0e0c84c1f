//! Finite sets of noise that stand for all of it.

/// For each uniform number that an estimate takes, nodes with weights: a quadrature rule whose product over all numbers
/// gives the expectation of `ĝ` and of its squares exactly, because `ĝ` is constant, or a polynomial, between the points
/// where a sample changes.
///
/// The exact moments of an estimator are sums over its rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule(Vec<Vec<Node>>);

/// A value of one uniform number, and the share of its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// In (0, 1).
    pub u: f64,
    /// Its share; those of one number add up to 1.
    pub weight: f64,
}

impl Rule {
    /// The nodes of each number.
    #[must_use]
    pub fn new(nodes: Vec<Vec<Node>>) -> Self {
        Self(nodes)
    }

    /// The nodes of each number.
    #[must_use]
    pub fn nodes(&self) -> &[Vec<Node>] {
        &self.0
    }

    /// The rule for so many independent samples, one after the other.
    #[must_use]
    pub fn repeat(self, samples: usize) -> Self {
        Self((0..samples).flat_map(|_| self.0.iter().cloned()).collect())
    }

    /// How many combinations of nodes there are; `None` where that is more than a number holds.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.0.iter().try_fold(1_u64, |size, nodes| size.checked_mul(nodes.len() as u64))
    }

    /// Calls `visit` with every combination and its weight; there is none if a number has no node.
    ///
    /// # Errors
    /// The first that `visit` returns.
    pub fn for_each<E>(&self, mut visit: impl FnMut(&[f64], f64) -> Result<(), E>) -> Result<(), E> {
        let mut place = vec![0; self.0.len()];
        let first: Option<Vec<f64>> = self.0.iter().map(|nodes| Some(nodes.first()?.u)).collect();
        let Some(mut noise) = first else { return Ok(()) };
        loop {
            let weight = self.0.iter().zip(&place).map(|(nodes, &i)| nodes[i].weight).product();
            visit(&noise, weight)?;
            // The next combination, counting like an odometer.
            let Some(digit) = (0..place.len()).find(|&digit| place[digit] + 1 < self.0[digit].len()) else {
                return Ok(());
            };
            place[..digit].fill(0);
            place[digit] += 1;
            for (digit, &i) in place.iter().enumerate().take(digit + 1) {
                noise[digit] = self.0[digit][i].u;
            }
        }
    }
}

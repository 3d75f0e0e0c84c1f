//! Functions of bits with terms of one and of two variables.

use thiserror::Error;

use super::{Differentiable, Flips, Objective, Points, TwiceDifferentiable};
use crate::error::{InvalidParameter, ObjectiveError, finite, same_length};

/// `f(x) = c + Σ_m l_m·x_m + Σ_{m<n} q_mn·x_m·x_n`: a quadratic pseudo-Boolean function, such as a cut of a graph or the energy of an Ising model.
///
/// It is linear in each variable. So its expectation over independent Bernoulli variables is its value at their probabilities, `E[f(b)] = f(θ)`.
///
/// Source: Boros and Hammer 2002, section 4.1.
///
/// ```
/// use voidgrad::objective::Multilinear;
/// // The cut of a triangle: `b_m + b_n - 2·b_m·b_n` for each edge.
/// let cut = Multilinear::new(0.0, &[2.0; 3], &[(0, 1, -2.0), (1, 2, -2.0), (0, 2, -2.0)])?;
/// assert_eq!(cut.value(&[1.0, 0.0, 0.0]), 2.0);
/// // Each edge is cut half of the time.
/// assert_eq!(cut.value(&[0.5; 3]), 1.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Multilinear {
    constant: f64,
    linear: Vec<f64>,
    /// Each with the smaller number first, in their order, and each once.
    pairs: Vec<(usize, usize, f64)>,
}

/// Coefficients that make no function.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MultilinearError {
    /// No linear coefficient.
    #[error("there are no variables: at least 1 is needed")]
    Empty,
    /// A pair of a variable that is not there.
    #[error("a pair has variable {found}, where the {variables} variables are counted from 0")]
    Variable {
        /// The number.
        found: usize,
        /// M.
        variables: usize,
    },
    /// A pair of a variable with itself.
    #[error("a pair has variable {variable} twice; the square of a bit is the bit: it is a linear term")]
    Twice {
        /// The number.
        variable: usize,
    },
    /// A coefficient that is NaN or infinite.
    #[error(transparent)]
    Coefficient(#[from] InvalidParameter),
}

impl Multilinear {
    /// The function with these coefficients: c, M entries of l, and `(m, n, q_mn)` for the pairs that have one. The coefficients of a pair that is there several times
    /// are added.
    ///
    /// # Errors
    /// Returns an error if l is empty, if a pair has one variable twice or one that is not there, or if a coefficient is NaN or infinite.
    pub fn new(
        constant: f64,
        linear: &[f64],
        pairs: &[(usize, usize, f64)],
    ) -> Result<Self, MultilinearError> {
        let variables = linear.len();
        if variables == 0 {
            return Err(MultilinearError::Empty);
        }
        let coefficients = [constant].into_iter().chain(linear.iter().copied());
        for value in coefficients.chain(pairs.iter().map(|(.., q)| *q)) {
            finite("coefficient", value)?;
        }
        let mut sorted = Vec::with_capacity(pairs.len());
        for &(m, n, q) in pairs {
            if m == n {
                return Err(MultilinearError::Twice { variable: m });
            }
            let found = m.max(n);
            if found >= variables {
                return Err(MultilinearError::Variable { found, variables });
            }
            sorted.push((m.min(n), found, q));
        }
        // Stable: those of one pair are added in the order in which they are given.
        sorted.sort_by_key(|&(m, n, _)| (m, n));
        let mut pairs: Vec<(usize, usize, f64)> = Vec::with_capacity(sorted.len());
        for (m, n, q) in sorted {
            match pairs.last_mut() {
                Some(last) if (last.0, last.1) == (m, n) => last.2 = finite("coefficient", last.2 + q)?,
                _ => pairs.push((m, n, q)),
            }
        }
        Ok(Self { constant, linear: linear.to_vec(), pairs })
    }

    /// M.
    #[must_use]
    pub fn variables(&self) -> usize {
        self.linear.len()
    }

    /// c.
    #[must_use]
    pub fn constant(&self) -> f64 {
        self.constant
    }

    /// l, M entries.
    #[must_use]
    pub fn linear(&self) -> &[f64] {
        &self.linear
    }

    /// `(m, n, q_mn)` with m < n, each pair once, in the order of m and then n.
    #[must_use]
    pub fn pairs(&self) -> &[(usize, usize, f64)] {
        &self.pairs
    }

    /// `f(x)`, of bits or of numbers between; NaN if there are not M of them.
    #[must_use]
    pub fn value(&self, x: &[f64]) -> f64 {
        if x.len() != self.linear.len() {
            return f64::NAN;
        }
        let linear: f64 = self.linear.iter().zip(x).map(|(l, x)| l * x).sum();
        let pairs: f64 = self.pairs.iter().map(|&(m, n, q)| q * x[m] * x[n]).sum();
        self.constant + linear + pairs
    }
}

impl Objective for Multilinear {
    fn values(&self, points: Points<'_>, f: &mut [f64]) -> Result<(), ObjectiveError> {
        same_length("a point", points.dimension(), self.linear.len())?;
        points.fill(f, |x| self.value(x));
        Ok(())
    }

    fn differentiable(&self) -> Option<&dyn Differentiable> {
        Some(self)
    }

    fn flips(&self) -> Option<&dyn Flips> {
        Some(self)
    }
}

/// f is linear in each variable, so its differences are its derivatives.
impl Flips for Multilinear {
    fn value_and_flips(&self, b: &[f64], flips: &mut [f64]) -> f64 {
        let value = self.value_and_gradient(b, flips);
        flips.iter_mut().zip(b).for_each(|(flip, b)| *flip *= 1.0 - 2.0 * b);
        value
    }
}

impl Differentiable for Multilinear {
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        if x.len() != self.linear.len() || gradient.len() != x.len() {
            gradient.fill(f64::NAN);
            return f64::NAN;
        }
        gradient.copy_from_slice(&self.linear);
        for &(m, n, q) in &self.pairs {
            gradient[m] += q * x[n];
            gradient[n] += q * x[m];
        }
        self.value(x)
    }

    fn twice_differentiable(&self) -> Option<&dyn TwiceDifferentiable> {
        Some(self)
    }
}

impl TwiceDifferentiable for Multilinear {
    fn hessian_product(&self, _: &[f64], x_dot: &[f64], product: &mut [f64]) {
        if x_dot.len() != self.linear.len() || product.len() != x_dot.len() {
            product.fill(f64::NAN);
            return;
        }
        product.fill(0.0);
        for &(m, n, q) in &self.pairs {
            product[m] += q * x_dot[n];
            product[n] += q * x_dot[m];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Multilinear {
        Multilinear::new(0.5, &[1.0, -2.0, 3.0], &[(2, 0, 4.0), (0, 1, -1.0), (0, 2, 0.25)]).unwrap()
    }

    #[test]
    fn pairs_are_sorted_and_added() {
        assert_eq!(example().pairs(), [(0, 1, -1.0), (0, 2, 4.25)]);
        assert_eq!(example().value(&[1.0, 1.0, 1.0]), 0.5 + 1.0 - 2.0 + 3.0 - 1.0 + 4.25);
        assert!(example().value(&[1.0]).is_nan());
        assert!(Objective::value(&example(), &[1.0]).is_err());
    }

    /// All numbers are sums of a few powers of two, so differences of values are exact.
    #[test]
    fn derivatives_are_differences() {
        let (f, x, step) = (example(), [0.5, 0.25, -1.0], 0.125);
        let (mut gradient, mut moved, mut product) = ([0.0; 3], [0.0; 3], [0.0; 3]);
        assert_eq!(f.value_and_gradient(&x, &mut gradient), f.value(&x));
        for m in 0..3 {
            let (mut up, mut x_dot) = (x, [0.0; 3]);
            up[m] += step;
            x_dot[m] = step;
            assert_eq!(gradient[m] * step, f.value(&up) - f.value(&x));
            f.value_and_gradient(&up, &mut moved);
            f.hessian_product(&x, &x_dot, &mut product);
            for n in 0..3 {
                assert_eq!(product[n], moved[n] - gradient[n]);
            }
        }
    }

    #[test]
    fn flips_are_differences() {
        let (f, mut flips) = (example(), [0.0; 3]);
        for state in 0..8 {
            let b = [0, 1, 2].map(|m| f64::from(state >> m & 1));
            assert_eq!(f.value_and_flips(&b, &mut flips), f.value(&b));
            for m in 0..3 {
                let mut flipped = b;
                flipped[m] = 1.0 - b[m];
                assert_eq!(flips[m], f.value(&flipped) - f.value(&b));
            }
        }
    }

    #[test]
    fn what_is_no_function_is_refused() {
        let refused = |linear: &[f64], pairs: &[(usize, usize, f64)]| {
            Multilinear::new(0.0, linear, pairs).unwrap_err().to_string()
        };
        assert!(refused(&[], &[]).contains("at least 1"));
        assert!(refused(&[1.0; 2], &[(0, 2, 1.0)]).contains("variable 2, where the 2"));
        assert!(refused(&[1.0; 2], &[(1, 1, 1.0)]).contains("variable 1 twice"));
        assert!(refused(&[f64::NAN], &[]).contains("NaN"));
        assert!(refused(&[1.0; 2], &[(0, 1, 1e308), (1, 0, 1e308)]).contains("inf"));
    }
}

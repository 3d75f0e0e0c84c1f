//! Points at which f is wanted.

use crate::error::ShapeMismatch;

/// Points at which f is wanted: rows of `dimension` entries each, and for each row the number of its example.
///
/// Of Bernoulli variables a row is b as 0 and 1, M entries; of categorical ones it is one-hot, M rows of K entries; of Gaussian ones M
/// real numbers. A problem without examples has one, number 0.
///
/// ```
/// use voidgrad::objective::Points;
/// let points = Points::new(&[1.0, 0.0, 0.0, 1.0], 2)?;
/// assert_eq!((points.len(), points.row(1), points.example(1)), (2, &[0.0, 1.0][..], 0));
/// # Ok::<(), voidgrad::error::ShapeMismatch>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Points<'a> {
    rows: &'a [f64],
    dimension: usize,
    /// The example of the first row, and how many rows an example has; 0 for one example that has all of them.
    first: usize,
    each: usize,
}

impl<'a> Points<'a> {
    /// Points of one example.
    ///
    /// # Errors
    /// Returns an error if `dimension` is 0, or if the last row is not full.
    pub fn new(rows: &'a [f64], dimension: usize) -> Result<Self, ShapeMismatch> {
        if dimension == 0 {
            return Err(ShapeMismatch { name: "a point", found: 0, expected: 1 });
        }
        if !rows.len().is_multiple_of(dimension) {
            let expected = rows.len().next_multiple_of(dimension);
            return Err(ShapeMismatch { name: "points", found: rows.len(), expected });
        }
        Ok(Self::rows(rows, dimension))
    }

    /// Points of one example, whose lengths the caller knows.
    pub(crate) fn rows(rows: &'a [f64], dimension: usize) -> Self {
        Self { rows, dimension: dimension.max(1), first: 0, each: 0 }
    }

    /// The same points, of which the first `each` are of example `first`, the next of the example behind it, and so on.
    #[must_use]
    pub fn of_examples(self, first: usize, each: usize) -> Self {
        Self { first, each, ..self }
    }

    /// How many points there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() / self.dimension
    }

    /// Whether there is no point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The entries of a point.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All points, row by row.
    #[must_use]
    pub fn as_slice(&self) -> &'a [f64] {
        self.rows
    }

    /// Point i.
    ///
    /// # Panics
    /// Panics if there is no such point.
    #[must_use]
    pub fn row(&self, i: usize) -> &'a [f64] {
        &self.rows[i * self.dimension..][..self.dimension]
    }

    /// Point i alone, with its example.
    pub(crate) fn point(&self, i: usize) -> Self {
        Self { rows: self.row(i), dimension: self.dimension, first: self.example(i), each: 0 }
    }

    /// The example of point i.
    #[must_use]
    pub fn example(&self, i: usize) -> usize {
        self.first + i.checked_div(self.each).unwrap_or(0)
    }

    /// The points in their order.
    pub fn iter(&self) -> std::slice::ChunksExact<'a, f64> {
        self.rows.chunks_exact(self.dimension)
    }

    /// Writes a value for each point: the loop of an objective that computes one point at a time.
    ///
    /// ```
    /// use voidgrad::objective::Points;
    /// let mut f = [0.0; 2];
    /// Points::new(&[1.0, 0.0, 0.0, 1.0], 2)?.fill(&mut f, |b| 3.0 * b[0] + b[1]);
    /// assert_eq!(f, [3.0, 1.0]);
    /// # Ok::<(), voidgrad::error::ShapeMismatch>(())
    /// ```
    pub fn fill(&self, f: &mut [f64], value: impl Fn(&'a [f64]) -> f64) {
        self.iter().zip(f).for_each(|(b, f)| *f = value(b));
    }
}

impl<'a> IntoIterator for &Points<'a> {
    type Item = &'a [f64];
    type IntoIter = std::slice::ChunksExact<'a, f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

//! Derivatives by the parameters, summed over the rows of all ranks.

use std::ops::Range;

use super::rows::{add_sums, backward};
use super::{NetworkError, Rows};
use crate::error::same_length;
use crate::kernel::{LEAF, Pass, Reduction, RowKernel, RowParts};
use crate::lanes::Float;
use crate::ranks::{Exchange, Inbox, RanksError, Share, exchange};

/// `Σ ȳ·∂y/∂w` over rows that are shared out among [ranks](crate::ranks): what `rows_vjp` is for one process.
///
/// Every rank makes the derivatives of its own rows, and then all add them up. The sums have the bits that `rows_vjp` gives for all rows in one process. Rows are numbers of type `f64` or `f32`.
///
/// ```
/// use voidgrad::nalgebra::{SMatrix, SVector};
/// use voidgrad::network;
/// use voidgrad::network::{Network, RowSums};
/// use voidgrad::ranks::{Share, in_process};
///
/// #[network(each(x))]
/// fn layer(x: &SVector<f64, 3>, w: &SMatrix<f64, 2, 3>) -> SVector<f64, 2> {
///     (w * x).map(f64::tanh)
/// }
///
/// let model = Layer::new(&SMatrix::from_element(0.5))?;
/// // 200 examples with a row each.
/// let x: Vec<f64> = (0..600).map(|i| f64::from(i % 7) - 3.0).collect();
/// let y_bar = vec![1.0; 400];
/// let mut alone = [0.0; 6];
/// model.rows_vjp(&x, &y_bar, &mut alone, &mut [])?;
///
/// let of_ranks = in_process(3, |ranks| {
///     let share = Share::new(ranks, 200)?;
///     let mut sums = RowSums::new(share, 1);
///     sums.rows_vjp(&model, [share.own(&x)?.into()], share.own(&y_bar)?, [None])?;
///     let [total] = RowSums::add_up([sums])?;
///     let mut gradient = [0.0; 6];
///     total.add_to(&mut gradient)?;
///     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(gradient)
/// });
/// for gradient in of_ranks {
///     assert_eq!(gradient.unwrap(), alone);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RowSums<'r> {
    share: Share<'r>,
    /// The rows of an example.
    each: usize,
    parts: RowParts,
    /// How many sums there are.
    length: usize,
}

impl<'r> RowSums<'r> {
    /// Sums over the rows of these examples, `each` for each example: 1, or the [points](crate::Plate::points_each) of a plate.
    #[must_use]
    pub fn new(share: Share<'r>, each: usize) -> Self {
        Self { share, each, parts: RowParts::default(), length: 0 }
    }

    /// Makes `Σ ȳ·∂y/∂w` over the rows of this rank's examples, in place of what was there, and writes `ȳ·∂y/∂x` of each argument x that is given room. The arguments are in the order
    /// of `each(…)`.
    ///
    /// All ranks have to call it with the same network and the same arguments wanted, also those that have no rows.
    ///
    /// # Errors
    /// Returns an error if a length is wrong, or a derivative is NaN or infinite.
    pub fn rows_vjp<K: RowKernel<E>, T: Float, const E: usize>(
        &mut self,
        network: &K,
        each: [Rows<'_, T>; E],
        y_bar: &[T],
        each_bar: [Option<&mut [T]>; E],
    ) -> Result<(), NetworkError> {
        let layout = network.layout();
        let Self { share, each: rows_each, parts, length } = self;
        let rows = share.examples().len() * *rows_each;
        same_length("y_bar", y_bar.len(), rows * layout.y)?;
        *length = layout.parameters;
        let leaves = leaves(share, *rows_each, share.ranks().rank());
        let are_wanted = each_bar.iter().any(Option::is_some);
        let sum = |reduction: &Reduction<'_>, passes: Vec<Pass<'_, T>>, rows| {
            parts.sum(reduction, passes, (leaves, rows), *length);
        };
        backward(network, &each, y_bar, (each_bar.map(Option::unwrap_or_default), are_wanted), sum)?;
        Ok(())
    }

    /// Adds up the sums of all ranks, of several networks in one exchange. All ranks have to call it with the sums of the same networks in the same order.
    ///
    /// A rank sends the sums of the whole subtrees in its range of rows, and receives the total: 8 bytes for each parameter and subtree.
    ///
    /// # Errors
    /// Returns an error if a rank cannot be reached, or if the sums of the ranks have other lengths.
    pub fn add_up<const N: usize>(sums: [Self; N]) -> Result<[RowTotal; N], RanksError> {
        let totals = sums.each_ref().map(|sums| RowTotal { sums: vec![0.0; sums.length] });
        let Some(ranks) = sums.first().map(|sums| sums.share.ranks()) else { return Ok(totals) };
        let mut together = Together { sums, totals };
        exchange(ranks, false, &mut together)?;
        Ok(together.totals)
    }
}

/// The leaves of a rank's rows.
fn leaves(share: &Share<'_>, each: usize, rank: usize) -> Range<u64> {
    let Range { start, end } = share.examples_of(rank);
    let leaf = |row: usize| (row * each).div_ceil(LEAF) as u64;
    leaf(start)..leaf(end)
}

/// `Σ ȳ·∂y/∂w` over the rows of all ranks.
#[derive(Debug, Clone, PartialEq)]
pub struct RowTotal {
    sums: Vec<f64>,
}

impl RowTotal {
    /// Adds the sums to a gradient by the parameters.
    ///
    /// # Errors
    /// Returns an error if the gradient has another length, or if a sum is NaN or infinite; then nothing is added.
    pub fn add_to(&self, parameters_bar: &mut [f64]) -> Result<(), NetworkError> {
        same_length("parameters_bar", parameters_bar.len(), self.sums.len())?;
        add_sums(parameters_bar, &self.sums)
    }
}

/// The sums of several networks, which go together.
struct Together<'r, const N: usize> {
    sums: [RowSums<'r>; N],
    totals: [RowTotal; N],
}

impl<const N: usize> Exchange for Together<'_, N> {
    fn write(&self, message: &mut Vec<u64>) {
        self.sums.iter().for_each(|sums| sums.parts.write(message));
    }

    fn read(&mut self, ranks: Range<usize>, message: &mut Inbox<'_>) {
        for RowSums { share, each, parts, .. } in &mut self.sums {
            let own = |rank| leaves(share, *each, rank);
            parts.read(own(ranks.start).start..own(ranks.end - 1).end, message);
        }
    }

    fn finish(&mut self, message: &mut Vec<u64>) {
        for sums in &mut self.sums {
            let length = sums.length;
            let total = sums.parts.finish().unwrap_or_else(|| vec![0.0; length]);
            message.extend(total.into_iter().map(f64::to_bits));
        }
    }

    fn take(&mut self, message: &mut Inbox<'_>) {
        for RowTotal { sums } in &mut self.totals {
            let numbers = message.numbers(sums.len());
            sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum = number);
        }
    }
}

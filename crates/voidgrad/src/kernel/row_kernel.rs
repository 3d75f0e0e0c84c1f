//! A network's kernel: values and derivatives of many rows on lanes.

use voidgrad_real::{Element, Lanes};

use super::panel::PanelProduct;
use super::reduction::Total;

/// `y(x, w)` of many rows x side by side, and its derivatives: what `#[network]` writes.
///
/// `R` is lanes of rows (or one number), its element `f64` or `f32`. An array of n entries is n rows of lanes, one after the other, as in
/// [`ArrayKernel`](super::ArrayKernel). The E arguments that differ from row to row stand in `each`, one after the other; so do their derivatives in `each_bar`.
pub trait RowKernel<const E: usize>: Sync {
    /// How long everything is.
    fn layout(&self) -> Layout<E>;

    /// The outer products, whose factors [`backward`](Self::backward) keeps: the caller multiplies them.
    fn products(&self) -> impl AsRef<[PanelProduct]>;

    /// Those of [`backward_of_parameters`](Self::backward_of_parameters).
    fn products_of_parameters(&self) -> impl AsRef<[PanelProduct]>;

    /// Those of [`both`](Self::both).
    fn products_of_both(&self) -> impl AsRef<[PanelProduct]>;

    /// The sums that the backward passes add to, in their order.
    fn totals(&self) -> impl AsRef<[Total]>;

    /// What all rows share, if the parameters are all of it.
    fn parameters_alone(&self) -> Option<&[f64]> {
        None
    }

    /// Writes what all rows share to `numbers`, from its start (cleared by the caller): parameters and data as plain numbers, and what
    /// depends on them alone.
    fn numbers<T: Element>(&self, numbers: &mut Vec<T>);

    /// Writes y. `hand` is 0 in every lane, and `rows` is memory.
    fn forward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        each: &[R::Element],
        y: &mut [R::Element],
        rows: &mut [R::Element],
    );

    /// Makes of the arguments all that the derivatives take, writes `ȳ·∂y/∂x` of each argument x of a row, and adds `ȳ·∂y/∂w` to `sums`, rows of
    /// lanes, but for what is an outer product.
    ///
    /// The derivatives by matrices are outer products; their factors are written to the panels, as those of the rows from `row` on.
    #[expect(clippy::too_many_arguments, reason = "each is a name in the code that `#[network]` writes")]
    fn backward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        each: &[R::Element],
        y_bar: &[R::Element],
        each_bar: &mut [R::Element],
        rows: &mut [R::Element],
        panels: (&mut [R::Element], usize),
        sums: &mut [R::Element],
    );

    /// The backward pass for those who want the derivatives by the parameters alone.
    #[expect(clippy::too_many_arguments, reason = "each is a name in the code that `#[network]` writes")]
    fn backward_of_parameters<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        each: &[R::Element],
        y_bar: &[R::Element],
        rows: &mut [R::Element],
        panels: (&mut [R::Element], usize),
        sums: &mut [R::Element],
    );

    /// [`forward`](Self::forward) and [`backward_of_parameters`](Self::backward_of_parameters) in one pass.
    #[expect(clippy::too_many_arguments, reason = "each is a name in the code that `#[network]` writes")]
    fn both<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        each: &[R::Element],
        y_bar: &[R::Element],
        y: &mut [R::Element],
        rows: &mut [R::Element],
        panels: (&mut [R::Element], usize),
        sums: &mut [R::Element],
    );
}

/// How long everything is that a network's kernel reads and writes. Lengths that are numbers in the source are constants here.
#[derive(Debug, Clone, Copy)]
pub struct Layout<const E: usize> {
    /// The arguments that differ from row to row: their names, and how many entries they have.
    pub each: [(&'static str, usize); E],
    /// How many entries y has.
    pub y: usize,
    /// How many parameters there are.
    pub parameters: usize,
    /// How many rows of lanes a pass needs as memory.
    pub rows: usize,
    /// How many numbers of a row are kept for the outer products.
    pub kept: usize,
}

impl<const E: usize> Layout<E> {
    /// How many entries the arguments of a row have together.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn width(&self) -> usize {
        self.each.iter().map(|(_, entries)| entries).sum()
    }
}

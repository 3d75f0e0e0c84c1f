//! The fused kernel of a control that differs from example to example.

use voidgrad_real::{Element, Lanes};

use super::panel::PanelProduct;
use super::reduction::Total;

/// The derivatives of a control `c_φ(z, x)` for many examples side by side, each with its own z and x: what `#[control(each(x))]` writes.
///
/// `R` is lanes of examples (or one number), its element `f64` or `f32`. Arrays are rows of lanes, as in [`ArrayKernel`](super::ArrayKernel). The E arguments that differ from
/// example to example stand in `each`, one after the other. The sums of φ are those of [`RowKernel`](super::RowKernel).
pub trait ExampleKernel<const E: usize>: Sync {
    /// How long everything is.
    fn layout(&self) -> ExampleLayout<E>;

    /// The outer products, whose factors [`backward`](Self::backward) keeps: the caller multiplies them.
    fn products(&self) -> impl AsRef<[PanelProduct]>;

    /// The sums that [`backward`](Self::backward) adds to, in their order.
    fn totals(&self) -> impl AsRef<[Total]>;

    /// All rows of an argument, of the E that differ from example to example.
    fn rows_of(&self, argument: usize) -> &[f64];

    /// Writes what all examples share to `numbers`, from its start (cleared by the caller): parameters and data as plain numbers, and
    /// what depends on them alone.
    fn numbers<T: Element>(&self, numbers: &mut Vec<T>);

    /// Writes `∂c/∂z` at z and at z̃ to `c_z`, returns c at z̃, and keeps in `rows` what the backward pass needs. `hand` is 0 in
    /// every lane.
    fn forward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        each: &[R::Element],
        z: [&[R::Element]; 2],
        c_z: [&mut [R::Element]; 2],
        rows: &mut [R::Element],
    ) -> R;

    /// Adds `ż·∂²c/∂z∂φ` at z and `c̄·∂c/∂φ + ż·∂²c/∂z∂φ` at z̃, each point with its ż, to `sums`, rows of lanes,
    /// but for what is an outer product.
    ///
    /// The derivatives by matrices are outer products; their factors are written to the panels, as those of the examples from `row` on.
    #[expect(clippy::too_many_arguments, reason = "each is a name in the code that `#[control]` writes")]
    fn backward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        each: &[R::Element],
        z: [&[R::Element]; 2],
        z_dot: [&[R::Element]; 2],
        c_bar: R,
        rows: &mut [R::Element],
        panels: (&mut [R::Element], usize),
        sums: &mut [R::Element],
    );

    /// Finishes the sums over all examples: `λ·∂/∂λ` for a parameter that stands in φ by its logarithm.
    fn chain(&self, phi_bar: &mut [f64]);
}

/// How long everything is that the kernel reads and writes. Lengths that are numbers in the source are constants here.
#[derive(Debug, Clone, Copy)]
pub struct ExampleLayout<const E: usize> {
    /// How many entries the arguments have that differ from example to example, but z.
    pub each: [usize; E],
    /// How many entries z has.
    pub z: usize,
    /// How many rows of lanes the two passes need as memory.
    pub rows: usize,
    /// How many numbers of an example are kept for the outer products.
    pub kept: usize,
}

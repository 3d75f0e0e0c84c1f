//! A control's fused kernel over arrays: loops over rows of lanes, for what straight-line code is too long for.

use voidgrad_real::{Element, Lanes};

/// The derivatives of a control `c_φ(z)` for many samples side by side, where its arrays are too large for straight-line code, or
/// where z is an array: what `Kernel` is for a small control of one `z`.
///
/// `R` is lanes of samples (or one number), its element `f64` or `f32`. An array of n entries is n rows of lanes, one after the
/// other: row i is `[i * R::LANES..][..R::LANES]`. A scalar z is an array of one entry. A control of all of z has as many rows of
/// z as its [`dimension`](crate::Control::dimension).
///
/// `#[control]` writes the implementation. The loops are made of
/// `row`, `product`, `add_outer` and their like.
pub trait ArrayKernel {
    /// Writes what all samples share to `numbers`, from its start (cleared by the caller): parameters and data as plain numbers,
    /// and what depends on them alone.
    fn numbers<T: Element>(&self, numbers: &mut Vec<T>);

    /// How many rows of lanes the forward and backward passes need as memory.
    fn rows(&self) -> usize;

    /// Writes `∂c/∂z` at z and at z̃ to `c_z`, returns c at z̃, and keeps in `rows` what the backward pass needs. `hand` is 0 in
    /// every lane.
    fn forward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        z: [&[R::Element]; 2],
        c_z: [&mut [R::Element]; 2],
        rows: &mut [R::Element],
    ) -> R;

    /// Adds `ż·∂²c/∂z∂φ` at z and `c̄·∂c/∂φ + ż·∂²c/∂z∂φ` at z̃, each point with its ż, to `sums`, N rows of lanes.
    #[expect(clippy::too_many_arguments, reason = "each is a name in the code that `#[control]` writes")]
    fn backward<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        z: [&[R::Element]; 2],
        z_dot: [&[R::Element]; 2],
        c_bar: R,
        rows: &mut [R::Element],
        sums: &mut [R::Element],
    );

    /// Finishes the sums over all samples: `λ·∂/∂λ` for a parameter that stands in φ by its logarithm.
    fn chain(&self, phi_bar: &mut [f64]);
}

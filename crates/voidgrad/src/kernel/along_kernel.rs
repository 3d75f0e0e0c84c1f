//! The part of a control's fused kernel that is a derivative along φ̇.

use voidgrad_real::{Element, Lanes};

use super::ExampleKernel;

/// The derivatives of a control `c_φ(z, x)` along a direction φ̇, for many examples side by side, each with its own z and x: what `#[control(each(x))]` writes beside
/// its [`ExampleKernel`]. The direction is plain numbers that all lanes share, as φ is.
///
/// It is a trait of its own, since some controls have the one kernel and not the other.
pub trait AlongKernel<const E: usize>: ExampleKernel<E> {
    /// Writes what all examples share to `numbers`, from its start (cleared by the caller): parameters, data and φ̇ as plain numbers, and what
    /// depends on them alone. A positive λ has the direction `λ̇ = λ·φ̇`.
    fn numbers_along<T: Element>(&self, phi_dot: &[f64], numbers: &mut Vec<T>);

    /// How many rows of lanes [`along`](Self::along) needs as memory.
    fn rows_along(&self) -> usize;

    /// Writes `∂²c/∂z∂φ·φ̇` at z and at z̃ to `c_z_dot`, and returns `∂c/∂φ·φ̇` at z̃. `hand` is 0 in every lane.
    fn along<R: Lanes<Element: Element>>(
        &self,
        hand: R,
        numbers: &[R::Element],
        each: &[R::Element],
        z: [&[R::Element]; 2],
        c_z_dot: [&mut [R::Element]; 2],
        rows: &mut [R::Element],
    ) -> R;
}

//! A control's fused kernel: what `#[control]` writes for batches of samples on SIMD lanes.

use voidgrad_real::{Element, Lanes};

use crate::flat::Flat;

/// The derivatives of a control `c_φ(z)` of one `z`, for many samples side by side.
///
/// `R` is lanes of samples (or one number), its element `f64` or `f32`. The parameters are plain numbers that all lanes
/// share. The way forward gives `c` and `∂c/∂z` and keeps what the way back needs; the way back adds the samples'
/// `c̄·∂c/∂φ + ż·∂²c/∂z∂φ` to lanes of sums, one a parameter, with respect to λ itself where φ holds ln λ
/// ([`chain`](Self::chain) makes up for that once, at the end). `#[control]` writes the implementation; it is read
/// with `cargo xtask expand`.
pub trait Kernel {
    /// One sum for each entry of φ.
    type Sums<R: Lanes>: Copy + AsRef<[R]> + AsMut<[R]>;
    /// The parameters and data as plain numbers, and what depends on them alone.
    type Numbers<T: Element>: Send + Sync;
    /// What the way forward leaves for the way back.
    type Residuals<R: Lanes<Element: Element>>: Copy;

    /// Sums that start at `zero`.
    fn sums<R: Lanes>(zero: R) -> Self::Sums<R>;

    /// The numbers at the control's present parameters.
    fn numbers<T: Element>(&self) -> Self::Numbers<T>;

    /// `c(z)`, `∂c/∂z`, and what the way back needs.
    fn forward<R: Lanes<Element: Element>>(
        numbers: &Self::Numbers<R::Element>,
        z: R,
    ) -> (R, R, Self::Residuals<R>);

    /// Adds `ż·∂²c/∂z∂φ` at z and `c̄·∂c/∂φ + ż·∂²c/∂z∂φ` at z̃; each point comes with its ż and its residuals.
    fn backward<R: Lanes<Element: Element>>(
        numbers: &Self::Numbers<R::Element>,
        z: (R, R, &Self::Residuals<R>),
        z_tilde: (R, R, &Self::Residuals<R>),
        c_bar: R,
        phi_bar: &mut Self::Sums<R>,
    );

    /// Turns sums of `∂/∂λ` into such of `∂/∂(ln λ)` for the parameters that stand in φ by their logarithm.
    fn chain(&self, phi_bar: &mut [f64]);
}

/// The entries of an array as numbers of another type.
#[must_use]
pub fn entries<T: Element, const N: usize>(anchor: T, array: &impl Flat) -> [T; N] {
    let entries = array.entries();
    core::array::from_fn(|i| anchor.constant(entries[i]))
}

/// `λ·∂/∂λ` from `∂/∂λ`, entry by entry.
pub fn scale(phi_bar: &mut [f64], lambda: &impl Flat) {
    phi_bar.iter_mut().zip(lambda.entries()).for_each(|(phi_bar, lambda)| *phi_bar *= lambda);
}

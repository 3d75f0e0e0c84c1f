//! A control's fused kernel: what `#[control]` writes for batches of samples on SIMD lanes.

mod ahead;
mod along_kernel;
mod array_kernel;
pub(crate) mod chunk;
mod estimate;
mod example_kernel;
mod examples;
mod outer;
mod panel;
mod product;
mod reduction;
mod row_kernel;
mod row_parts;
mod rows;
mod steps;
#[cfg(test)]
mod tests;
pub(crate) mod transpose;

use voidgrad_real::{Element, Lanes};

pub(crate) use ahead::Ahead;
pub use along_kernel::AlongKernel;
pub use array_kernel::ArrayKernel;
pub(crate) use chunk::aligned;
pub use chunk::{Chunk, Precision, Sums, arrays, fused};
pub(crate) use estimate::{Weights, g_hat, pathwise, weights};
pub use example_kernel::{ExampleKernel, ExampleLayout};
pub(crate) use examples::Given;
pub use examples::{Along, Examples, along, examples};
pub use outer::add_outer;
pub use panel::{PanelProduct, keep};
pub use product::{product, transposed_product};
pub use reduction::Total;
pub(crate) use reduction::{CHUNK, Pass, Reduction, add_lanes};
pub use row_kernel::{Layout, RowKernel};
pub(crate) use row_parts::{LEAF, RowParts};
pub use rows::{add_row, log_sum_exp, row, set_row};
pub(crate) use steps::State;
pub use steps::{Steps, steps};

use crate::flat::Flat;

/// The derivatives of a control `c_φ(z)` of one `z`, for many samples side by side.
///
/// `R` is lanes of samples (or one number), its element `f64` or `f32`. The parameters are plain numbers that all lanes
/// share, [`numbers`](Self::numbers). The forward pass [`forward`](Self::forward) gives `c` and `∂c/∂z` and keeps what the backward pass needs; the way
/// [`backward`](Self::backward) adds the samples' `c̄·∂c/∂φ + ż·∂²c/∂z∂φ` to lanes of sums, one a parameter, but for what all samples share:
/// [`chain`](Self::chain) makes up for that once, at the end.
///
/// `#[control]` writes the implementation, unless z is a vector or the formula is too large; it is read with
/// `cargo xtask expand`. [The guide](crate::guide::batches) says which controls have one.
pub trait Kernel {
    /// Whether lanes go through it in pairs: what one vector of a small kernel computes is a chain that would leave the units idle.
    const PAIRS: bool = false;

    /// One sum for each entry of φ.
    type Sums<R: Lanes>: Copy + AsRef<[R]> + AsMut<[R]>;
    /// The parameters and data as plain numbers, and what depends on them alone.
    type Numbers<T: Element>: Send + Sync;
    /// What the forward pass leaves for the backward pass.
    type Residuals<R: Lanes<Element: Element>>: Copy;

    /// Sums that start at `zero`.
    fn sums<R: Lanes>(zero: R) -> Self::Sums<R>;

    /// Writes the first lane of each sum.
    fn first<R: Lanes>(sums: &Self::Sums<R>, phi_bar: &mut [R::Element]);

    /// The numbers at the control's present parameters.
    fn numbers<T: Element>(&self) -> Self::Numbers<T>;

    /// `∂c/∂z` at z, `c` and `∂c/∂z` at z̃, and what the backward pass needs.
    fn forward<R: Lanes<Element: Element>>(
        numbers: &Self::Numbers<R::Element>,
        z: R,
        z_tilde: R,
    ) -> (R, (R, R), Self::Residuals<R>);

    /// Adds `ż·∂²c/∂z∂φ` at z and `c̄·∂c/∂φ + ż·∂²c/∂z∂φ` at z̃, each point with its ż.
    fn backward<R: Lanes<Element: Element>>(
        numbers: &Self::Numbers<R::Element>,
        residuals: &Self::Residuals<R>,
        z: (R, R),
        z_tilde: (R, R),
        c_bar: R,
        phi_bar: &mut Self::Sums<R>,
    );

    /// Finishes the sums over all samples: makes those that other sums give, and multiplies with factors that all samples
    /// share, λ among them for a parameter that stands in φ by its logarithm, `∂/∂(ln λ) = λ·∂/∂λ`.
    fn chain(&self, numbers: &Self::Numbers<f64>, phi_bar: &mut [f64]);
}

/// One draw of one variable, with what `ĝ` takes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// `f(b)`
    pub f: f64,
    /// z
    pub z: f64,
    /// z̃
    pub z_tilde: f64,
    /// `∂z̃/∂a`, b held fixed.
    pub z_tilde_a: f64,
    /// `∂/∂a ln p(b)`
    pub score: f64,
}

/// `ĝ` of one draw of one variable, whose `2·ĝ·∂ĝ/∂φ` is added to `phi_bar` (N entries): the control goes forward once at
/// z and once at z̃, and back from both together. What `#[control]` makes of
/// [`Control::sample`](crate::Control::sample).
#[inline]
pub fn sample<C: Kernel>(control: &C, drawn: &Drawn, phi_bar: &mut [f64]) -> f64 {
    let Drawn { f, z, z_tilde, z_tilde_a, score } = *drawn;
    let numbers = control.numbers::<f64>();
    let (c_z, (c_tilde, c_z_tilde), residuals) = C::forward(&numbers, z, z_tilde);
    let gradient = g_hat(f - c_tilde, score, pathwise(c_z, c_z_tilde, z_tilde_a));
    let Weights { z_dot, z_tilde_dot, c_bar } = weights(2.0 * gradient, score, z_tilde_a);
    let mut sums = C::sums(0.0);
    C::backward(&numbers, &residuals, (z, z_dot), (z_tilde, z_tilde_dot), c_bar, &mut sums);
    let sums = sums.as_mut();
    control.chain(&numbers, sums);
    phi_bar.iter_mut().zip(&*sums).for_each(|(phi_bar, sum)| *phi_bar += sum);
    gradient
}

/// The entries of an array as numbers of another type.
#[must_use]
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn entries<T: Element, const N: usize>(anchor: T, array: &impl Flat) -> [T; N] {
    let mut numbers = [anchor; N];
    for (number, entry) in numbers.iter_mut().zip(array.entries()) {
        *number = anchor.constant(*entry);
    }
    numbers
}

/// Adds the entries of an array, or a number, to plain numbers of another type.
pub fn append<T: Element>(numbers: &mut Vec<T>, array: &impl Flat) {
    numbers.extend(array.entries().iter().map(|entry| T::default().constant(*entry)));
}

/// The same with a part of φ̇.
pub fn append_direction<T: Element>(numbers: &mut Vec<T>, phi_dot: &[f64]) {
    numbers.extend(phi_dot.iter().map(|entry| T::default().constant(*entry)));
}

/// The same with `λ̇ = λ·φ̇`, entry by entry, where φ̇ is the direction of `ln λ`.
pub fn append_scaled<T: Element>(numbers: &mut Vec<T>, phi_dot: &[f64], lambda: &impl Flat) {
    let entries = phi_dot.iter().zip(lambda.entries());
    numbers.extend(entries.map(|(entry, lambda)| T::default().constant(entry * lambda)));
}

/// `λ·∂/∂λ` from `∂/∂λ`, entry by entry.
#[inline]
pub fn scale(phi_bar: &mut [f64], lambda: &impl Flat) {
    phi_bar.iter_mut().zip(lambda.entries()).for_each(|(phi_bar, lambda)| *phi_bar *= lambda);
}

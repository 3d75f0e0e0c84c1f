//! First-order optimisers.

mod adam;
mod sgd;

pub use adam::Adam;
pub(crate) use adam::Schedule;
pub use sgd::Sgd;

/// Something that walks downhill.
///
/// ```
/// use voidgrad::{Optimiser, Sgd};
/// let mut x = [1.0];
/// Sgd::new(0.25)?.step(&mut x, &[2.0]);
/// assert_eq!(x, [0.5]);
/// # Ok::<(), voidgrad::InvalidParameter>(())
/// ```
pub trait Optimiser {
    /// Moves `parameters` one step against `gradient`.
    ///
    /// # Panics
    /// Where the two differ in length, or differ from what the optimiser was made for.
    fn step(&mut self, parameters: &mut [f64], gradient: &[f64]);
}

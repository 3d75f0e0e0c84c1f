//! The control of one example of a plate.

use std::ops::Range;

use nalgebra::{DMatrix, DVector, DVectorView};

use super::Control;
use crate::error::{ShapeMismatch, same_length};
use crate::kernel::Drawn;

/// A control at one example: what [`Control::of_example`] gives, or the control itself if it gives nothing.
///
/// It is for evaluation: φ of a control that is shared is not set through it.
pub(crate) enum OfExample<'a, C: ?Sized = dyn Control + 'a> {
    /// The control does not depend on the example.
    Same(&'a C),
    /// It does.
    Own(Box<dyn Control + 'a>),
}

impl<'a, C: Control + ?Sized> OfExample<'a, C> {
    /// The control of this example.
    #[inline]
    pub(crate) fn new(control: &'a C, example: usize) -> Self {
        control.of_example(example).map_or(Self::Same(control), Self::Own)
    }

    /// Whether it is another control than the one of which it was made.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }
}

/// Refuses a control of this example whose N or M is not that of the control it comes from; `entries` is how many numbers a point has.
pub(crate) fn check_of_example(
    control: &dyn Control,
    example: usize,
    entries: usize,
) -> Result<(), ShapeMismatch> {
    let Some(own) = control.of_example(example) else { return Ok(()) };
    same_length("φ of the control of an example", own.parameters(), control.parameters())?;
    let expected = control.dimension().unwrap_or(entries);
    same_length("z of the control of an example", own.dimension().unwrap_or(expected), expected)
}

/// Refuses a control that has data for fewer examples than this.
pub(crate) fn check_examples(control: &(impl Control + ?Sized), needed: usize) -> Result<(), ShapeMismatch> {
    match control.examples() {
        Some(found) if found < needed => {
            Err(ShapeMismatch { name: "the list of examples of the control", found, expected: needed })
        }
        _ => Ok(()),
    }
}

/// Passes a call on.
macro_rules! either {
    ($self:ident, $control:ident => $call:expr) => {
        match $self {
            Self::Same($control) => $call,
            Self::Own($control) => $call,
        }
    };
}

impl<C: Control + ?Sized> Control for OfExample<'_, C> {
    fn parameters(&self) -> usize {
        either!(self, control => control.parameters())
    }

    fn dimension(&self) -> Option<usize> {
        either!(self, control => control.dimension())
    }

    fn phi(&self) -> DVector<f64> {
        either!(self, control => control.phi())
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        match self {
            Self::Same(_) => {
                Err(ShapeMismatch { name: "phi of a control that is shared", found: phi.len(), expected: 0 })
            }
            Self::Own(control) => control.set_phi(phi),
        }
    }

    fn named(&self) -> Vec<(String, f64)> {
        either!(self, control => control.named())
    }

    #[inline]
    fn value(&self, z: &[f64]) -> f64 {
        either!(self, control => control.value(z))
    }

    #[inline]
    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        either!(self, control => control.value_and_d_z(z, c_z))
    }

    #[inline]
    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        either!(self, control => control.d_phi(z, c_phi));
    }

    #[inline]
    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        either!(self, control => control.d_z_d_phi(z, c_z_phi));
    }

    #[inline]
    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        either!(self, control => control.vjp_jvp(z, z_dot, c_bar, phi_bar));
    }

    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        either!(self, control => control.along_phi(z, phi_dot, c_z_dot))
    }

    fn linear(&self) -> Vec<Range<usize>> {
        either!(self, control => control.linear())
    }

    #[inline]
    fn sample(&self, drawn: &Drawn, phi_bar: &mut [f64]) -> Option<f64> {
        either!(self, control => control.sample(drawn, phi_bar))
    }
}

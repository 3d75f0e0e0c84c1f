//! Control variates, one file each.
//!
//! Most are scalar functions of one `z` and their parameters; at M variables the control is the mean over the
//! coordinates, `c_φ(z) = (1/M) Σ_m c_φ(z_m)`. A [`Perceptron`] takes all of z at once, and a [`Sum`] adds two controls. [`Relaxed`] is made of any
//! objective with a gradient; [`Relaxable`] says how an objective is relaxed. [`ByExample`] has a control for each example of a plate.

pub mod basis;
pub mod by_example;
pub mod constant;
pub mod kinked;
pub mod perceptron;
pub mod rebar;
pub mod relax;
pub mod relax_linear;
pub mod relaxable;
pub mod relaxed;
pub mod relu_network;
pub mod sum;
pub mod zero;

#[cfg(test)]
pub(crate) mod by_hand;
#[cfg(test)]
mod tests;

pub use basis::Basis;
pub use by_example::ByExample;
pub use constant::Constant;
pub use kinked::{Kink, Kinked};
pub use perceptron::Perceptron;
pub use rebar::Rebar;
pub use relax::Relax;
pub use relax_linear::RelaxLinear;
pub use relaxable::{AnyControl, ByGradient, Relaxable};
pub use relaxed::Relaxed;
pub(crate) use relaxed::Variables;
pub use relu_network::ReluNetwork;
pub use sum::Sum;
pub use zero::Zero;

use crate::control::{BatchControl, Control, forward};
use crate::kernel::{Along, Chunk, Drawn, Examples, Steps};

/// A control of a kind that is chosen at run time.
impl<C: Control + ?Sized> Control for Box<C> {
    forward!(self => (**self));

    fn of_example(&self, example: usize) -> Option<Box<dyn Control + '_>> {
        (**self).of_example(example)
    }

    fn examples(&self) -> Option<usize> {
        (**self).examples()
    }

    fn plate(&self, examples: &mut Examples<'_>) -> bool {
        (**self).plate(examples)
    }

    fn sample(&self, drawn: &Drawn, phi_bar: &mut [f64]) -> Option<f64> {
        (**self).sample(drawn, phi_bar)
    }

    fn steps(&mut self, steps: &mut Steps<'_>) -> usize {
        (**self).steps(steps)
    }
}

impl<C: BatchControl + ?Sized> BatchControl for Box<C> {
    fn chunk(&self, chunk: &mut Chunk<'_>) -> bool {
        (**self).chunk(chunk)
    }

    fn plate_along(&self, along: &mut Along<'_>) -> bool {
        (**self).plate_along(along)
    }
}

//! A control that depends on the example.

use crate::control::{BatchControl, Control, forward};
use crate::kernel::{Chunk, Steps};

/// `c_φ(z, n)`: example n of a [`Plate`](crate::batch::Plate) has a control of its own, and all of them share φ.
///
/// It is made of the control of example 0, which keeps φ, and of a function that makes the control of example n from that one. The function gives a control with the
/// same φ, N and M. It may be one that `#[control]` wrote, with the data of the example; its fused kernel is then used.
///
/// Without examples, in a [`Round`](crate::Round), a [`Batch`](crate::batch::Batch) or a
/// [`Training`](crate::train::Training), it is the control of example 0.
///
/// ```
/// use voidgrad::batch::Plate;
/// use voidgrad::controls::{ByExample, Rebar};
/// use voidgrad::objective::PerExample;
/// use voidgrad::{Bernoulli, Control, Stream};
/// // Example n has the target t_n, and REBAR's control with it; η and λ are shared.
/// let targets = [0.25, 0.75];
/// let of = |shared: &Rebar, n: usize| Rebar::new(shared.eta(), shared.lambda(), targets[n]).unwrap();
/// let control = ByExample::new(Rebar::new(1.0, 0.5, targets[0])?, of);
/// assert_eq!(control.of_example(1).unwrap().value(&[0.0]), 0.0625);
///
/// let mut plate = Plate::<_, f64>::new(Bernoulli::from_logits(&[0.0])?, 2);
/// plate.ask(&control, &[0.3, -0.4], &mut Stream::new(1, 0, 0))?;
/// plate.evaluate(&PerExample(|n: usize, b: &[f64]| (b[0] - targets[n]).powi(2)))?;
/// plate.answer(&control)?;
/// assert_eq!((plate.gradient().len(), plate.variance_gradient().len()), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ByExample<C, F> {
    first: C,
    of: F,
}

impl<C: Control, K: Control + 'static, F: Fn(&C, usize) -> K> ByExample<C, F> {
    /// The control whose example 0 has `first`, and whose example n has `of(&first, n)`.
    pub fn new(first: C, of: F) -> Self {
        Self { first, of }
    }

    /// The control of example 0, with the φ of all.
    pub fn first(&self) -> &C {
        &self.first
    }
}

impl<C: Control, K: Control + 'static, F: Fn(&C, usize) -> K> Control for ByExample<C, F> {
    forward!(self => self.first);

    fn of_example(&self, example: usize) -> Option<Box<dyn Control + '_>> {
        Some(Box::new((self.of)(&self.first, example)))
    }

    fn steps(&mut self, steps: &mut Steps<'_>) -> usize {
        self.first.steps(steps)
    }
}

impl<C: BatchControl, K: Control + 'static, F: Fn(&C, usize) -> K> BatchControl for ByExample<C, F> {
    fn chunk(&self, chunk: &mut Chunk<'_>) -> bool {
        self.first.chunk(chunk)
    }
}

//! Steps whose gradients have squares that no `f64` holds.

use super::{Adam, LARGEST, Rates};

impl Adam {
    /// The step with roots instead of squares: `√s ← hypot(√β₂·√s, √(1 - β₂)·g)`.
    ///
    /// It is the step for g/2 and ε/2, which is the same step: then no moment of a finite gradient can overflow by rounding. Once
    /// all moments are small enough, they are m and s again.
    #[cold]
    pub(super) fn step_large(&mut self, rates: &Rates, parameters: &mut [f64], gradient: &[f64]) {
        let Rates { beta1, beta2, epsilon, decay1, decay2, step, scale } = *rates;
        if !self.is_large {
            self.first.iter_mut().for_each(|m| *m *= 0.5);
            self.second.iter_mut().for_each(|s| *s = 0.5 * s.sqrt());
            self.is_large = true;
        }
        (self.decay1, self.decay2) = (decay1, decay2);
        let (kept, new) = (beta2.sqrt(), (1.0 - beta2).sqrt());
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((x, g), (m, root)) in parameters.iter_mut().zip(gradient).zip(moments) {
            let g = 0.5 * g;
            *m = beta1 * *m + (1.0 - beta1) * g;
            *root = (kept * *root).hypot(new * g);
            *x -= step * (*m / (*root * scale + 0.5 * epsilon));
        }
        let moments = self.first.iter().chain(&self.second);
        if moments.fold(true, |fit, moment| fit & (moment.abs() <= 0.5 * LARGEST)) {
            self.first.iter_mut().for_each(|m| *m *= 2.0);
            self.second.iter_mut().for_each(|root| *root = 4.0 * *root * *root);
            self.is_large = false;
        }
    }
}

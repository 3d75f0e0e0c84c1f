//! A training step of RELAX with dual numbers: one sample, then Adam on the logit and φ.

use std::marker::PhantomData;

use num_dual::DualNum;
use voidgrad::Stream;

use super::{Duals, Float, narrow, widen};
use crate::case::{Case, LEARNING_RATE};
use crate::given::Given;
use crate::implementation::{Compared, Implementation, Noise, Run};
use voidgrad_kit::error::Error;

/// Training from the case's start, in these numbers.
pub(super) struct Training<F>(pub(super) PhantomData<F>);

impl<F: Float> Training<F> {
    /// The logit and φ after a step for each pair of noise.
    fn trained(noise: impl Iterator<Item = [f64; 2]>) -> Result<Vec<f64>, Error> {
        let mut duals = Duals::<F>::new(Case::Step)?;
        let mut sums = duals.sums();
        let (mut descent, mut control_descent) = (Adam::new(1), Adam::new(duals.phi.len()));
        for [u, v] in noise {
            sums.fill(0.0);
            duals.add(&[u], &[v], &mut sums);
            // Behind ĝ stands ĝ², of which nobody takes a step.
            descent.step(&mut duals.logits, &sums[..1]);
            control_descent.step(&mut duals.phi, &sums[2..]);
        }
        Ok(duals.logits.iter().chain(&duals.phi).map(|x| widen(*x)).collect())
    }
}

impl<F: Float> Implementation for Training<F> {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let noise = given.u.iter().zip(&given.v).map(|(u, v)| [*u, *v]);
        Ok(Compared { sums: Self::trained(noise)?, noise: Noise::Given })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        let mut stream = Stream::new(2, 0, 0);
        let noise = (0..samples).map(|_| {
            let mut pair = [0.0; 2];
            stream.fill_open01(&mut pair);
            pair
        });
        Ok(Run::new(samples, Self::trained(noise)?))
    }
}

/// Adam (Kingma and Ba 2015, algorithm 1), as everybody has it.
struct Adam<F> {
    first: Vec<F>,
    second: Vec<F>,
    steps: i32,
}

impl<F: Float> Adam<F> {
    fn new(parameters: usize) -> Self {
        Self { first: vec![narrow(0.0); parameters], second: vec![narrow(0.0); parameters], steps: 0 }
    }

    fn step(&mut self, parameters: &mut [F], gradient: &[f64]) {
        let [keep1, keep2] = [0.9_f64, 0.999];
        self.steps += 1;
        let rate: F = narrow(LEARNING_RATE / (1.0 - keep1.powi(self.steps)));
        let scale: F = narrow((1.0 - keep2.powi(self.steps)).sqrt().recip());
        let [take1, take2, epsilon]: [F; 3] = [1.0 - keep1, 1.0 - keep2, 1e-8].map(narrow);
        let [keep1, keep2]: [F; 2] = [keep1, keep2].map(narrow);
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((x, g), (m, s)) in parameters.iter_mut().zip(gradient).zip(moments) {
            let g: F = narrow(*g);
            *m = keep1 * *m + take1 * g;
            *s = keep2 * *s + take2 * (g * g);
            *x -= rate * *m / (DualNum::sqrt(s) * scale + epsilon);
        }
    }
}

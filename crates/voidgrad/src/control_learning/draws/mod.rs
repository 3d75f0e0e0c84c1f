//! The draws of many examples: `ĝ` of all of them, and its derivatives by φ in one direction.

#[cfg(test)]
mod tests;

use crate::control::{BatchControl, Control, OfExample};
use crate::estimators::Estimate;
use crate::kernel::{Along, Examples, Given};
use crate::lanes::Float;
use crate::noise::Noise;
use crate::tasks;
use crate::tree::Tree;

/// Draws of N examples of M Bernoulli variables, with their values of f: all that their `ĝ` are made of but the control.
///
/// `ĝ` of all examples is one vector of N·M entries here, example after example. Its Jacobian by the flat φ is never written down; what there is are its products with one
/// vector. A control that [depends on the example](crate::Control::of_example) does so here.
///
/// A control with a kernel for plates is evaluated on lanes of examples; any other, and what lanes can't compute, one example after the other. Both are shared out among all cores, and
/// nothing depends on how many there are. Lanes compute in `T`. Nothing is checked: an entry may be NaN or infinite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draws<'a, T: Float = f64> {
    logits: &'a [T],
    b: &'a [T],
    f: &'a [T],
    noise: &'a [f64],
}

/// Examples that are worth a task, if they are evaluated one by one.
const SHARE: usize = 16;

impl<'a, T: Float> Draws<'a, T> {
    /// The draws of a plate: N·M logits, N·M entries of b, N values of f, and new noise, of which z and z̃ are made, given b: M numbers u and then M numbers v for each
    /// example.
    pub(super) fn new(logits: &'a [T], b: &'a [T], f: &'a [T], noise: &'a [f64]) -> Self {
        Self { logits, b, f, noise }
    }

    /// M.
    fn variables(&self) -> usize {
        self.logits.len() / self.f.len().max(1)
    }

    /// Writes `ĝ`, N·M entries.
    pub(super) fn estimates<C: BatchControl + Sync + ?Sized>(&self, control: &C, gradient: &mut [f64]) {
        let mut own = vec![T::default(); gradient.len()];
        let told = [self.logits, self.b, self.f];
        if control.plate(&mut Examples::estimates(told, (self.noise, Given::Sample), &mut own)) {
            widen(gradient, &own);
        } else {
            self.one_by_one(control, gradient, |estimate, control, gradient| {
                estimate.combine(control);
                gradient.copy_from_slice(estimate.gradient.as_slice());
            });
        }
    }

    /// Writes `∂ĝ/∂φ·φ̇`, N·M entries; φ̇ has an entry for each parameter.
    pub(super) fn along<C: BatchControl + Sync + ?Sized>(
        &self,
        control: &C,
        phi_dot: &[f64],
        gradient_dot: &mut [f64],
    ) {
        let mut own = vec![T::default(); gradient_dot.len()];
        let noise = (self.noise, Given::Sample);
        if control.plate_along(&mut Along::new([self.logits, self.b], noise, phi_dot, &mut own)) {
            widen(gradient_dot, &own);
        } else {
            self.one_by_one(control, gradient_dot, |estimate, control, gradient_dot| {
                estimate.along(control, phi_dot, gradient_dot);
            });
        }
    }

    /// Writes `Σ_n (∂ĝ_n/∂φ)ᵀ w_n`, an entry for each parameter; w has N·M entries.
    pub(super) fn transposed<C: BatchControl + Sync + ?Sized>(
        &self,
        control: &C,
        w: &[f64],
        phi_bar: &mut [f64],
    ) {
        let own: Vec<T> = w.iter().map(|w| T::default().constant(*w)).collect();
        let (told, noise) = ([self.logits, self.b, self.f], (self.noise, Given::Sample));
        phi_bar.fill(0.0);
        if !control.plate(&mut Examples::transposed(told, noise, &own, phi_bar)) {
            self.transposed_one_by_one(control, w, phi_bar);
        }
    }

    /// Writes `(2/M) Σ_n (∂ĝ_n/∂φ)ᵀ ĝ_n`, an entry for each parameter, in one pass.
    pub(super) fn variance_gradient(&self, control: &(impl Control + ?Sized), phi_bar: &mut [f64]) {
        let mut own = vec![T::default(); self.logits.len()];
        let (told, noise) = ([self.logits, self.b, self.f], (self.noise, Given::Sample));
        phi_bar.fill(0.0);
        if !control.plate(&mut Examples::variance(told, noise, &mut own, phi_bar)) {
            phi_bar.fill(0.0);
            let mut estimate = Estimate::new(self.variables());
            for n in 0..self.f.len() {
                self.take(n, &mut estimate);
                estimate.combine_and_add(&OfExample::new(control, n), phi_bar);
            }
        }
    }

    /// Writes the M entries of each example.
    fn one_by_one<C: BatchControl + Sync + ?Sized>(
        &self,
        control: &C,
        entries: &mut [f64],
        write: impl Fn(&mut Estimate, &OfExample<'_, C>, &mut [f64]) + Sync,
    ) {
        let (variables, write) = (self.variables(), &write);
        tasks::run(entries.chunks_mut((SHARE * variables).max(1)).enumerate().map(|(share, entries)| {
            move || {
                let mut estimate = Estimate::new(variables);
                for (n, entries) in (share * SHARE..).zip(entries.chunks_mut(variables)) {
                    self.take(n, &mut estimate);
                    write(&mut estimate, &OfExample::new(control, n), entries);
                }
            }
        }));
    }

    fn transposed_one_by_one<C: BatchControl + Sync + ?Sized>(
        &self,
        control: &C,
        w: &[f64],
        phi_bar: &mut [f64],
    ) {
        let variables = self.variables();
        let shares = w.chunks((SHARE * variables).max(1));
        let mut sums = vec![vec![0.0; phi_bar.len()]; shares.len()];
        tasks::run(shares.zip(&mut sums).enumerate().map(|(share, (w, sums))| {
            move || {
                let mut estimate = Estimate::new(variables);
                for (n, w) in (share * SHARE..).zip(w.chunks(variables)) {
                    self.take(n, &mut estimate);
                    estimate.add_transposed(&OfExample::new(control, n), w, sums);
                }
            }
        }));
        let add = |sum: &mut Vec<f64>, more: &Vec<f64>| {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        };
        let mut tree: Tree<Vec<f64>> = Tree::default();
        for sums in &sums {
            tree.push(|sum| sum.clone_from(sums), add);
        }
        match tree.finish(add) {
            Some(total) => phi_bar.copy_from_slice(total),
            None => phi_bar.fill(0.0),
        }
    }

    /// Lets the estimate be that of example n, but for the control.
    fn take(&self, n: usize, estimate: &mut Estimate) {
        let variables = self.variables();
        let wide = |numbers: &[T]| -> Vec<f64> {
            numbers[n * variables..][..variables].iter().map(|number| (*number).into()).collect()
        };
        let (logits, b, f) = (wide(self.logits), wide(self.b), self.f[n].into());
        let (u, v) = self.noise[2 * n * variables..][..2 * variables].split_at(variables);
        estimate.redraw(&logits, &b, f, Noise::trusted(u, v));
    }
}

fn widen<T: Float>(to: &mut [f64], from: &[T]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = (*from).into());
}

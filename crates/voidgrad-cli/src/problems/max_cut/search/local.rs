//! The baselines: one vertex after the other is flipped, or left.

use voidgrad::slices;

use super::{Name, Search};
use crate::problems::max_cut::experiment::MaxCut;
use voidgrad_kit::error::Error;

/// A state that changes by one flip at a time. A step attempts every vertex once, in order.
///
/// Local search flips if the cut grows. When a step flips nothing, it begins again from random bits. Simulated annealing also flips with probability
/// `exp(Δf/T)` if the cut shrinks by `-Δf` (Metropolis), at the temperatures of the annealing.
pub(super) struct Local<'a> {
    experiment: &'a MaxCut,
    is_annealed: bool,
    name: Name,
    now: State,
    /// The best cut so far, with its spins.
    best: (f64, Vec<f64>),
    /// Memory for random numbers.
    uniform: Vec<f64>,
    /// What a gain must be above: 0 in local search.
    thresholds: Vec<f64>,
}

/// Two sides.
struct State {
    /// 1 on the one side, -1 on the other.
    spins: Vec<f64>,
    cut: f64,
    /// What the cut gains if a vertex is flipped. It is kept from flip to flip, so an attempt reads one number, and a flip those of the neighbours.
    gains: Vec<f64>,
}

impl<'a> Local<'a> {
    /// A restart of this name, before the first step.
    pub(super) fn new(experiment: &'a MaxCut, is_annealed: bool, name: Name) -> Self {
        let mut uniform = vec![0.0; experiment.graph.vertices()];
        name.start().fill_open01(&mut uniform);
        let now = State::new(experiment, &uniform);
        let (best, thresholds) = ((now.cut, now.spins.clone()), vec![0.0; uniform.len()]);
        Self { experiment, is_annealed, name, now, best, uniform, thresholds }
    }

    fn step(&mut self, step: u64) -> Result<(), Error> {
        let Self { experiment, is_annealed, name, now, best, uniform, thresholds } = self;
        if *is_annealed {
            // A flip with probability min(1, exp(Δf/T)) is one with Δf > T ln u. The difference to 1 is exact.
            name.step(step).fill_open01(uniform);
            for u in uniform.iter_mut() {
                *u -= 1.0;
            }
            slices::ln_1p(uniform, thresholds).map_err(Error::computation)?;
            let temperature = experiment.temperature_at(step);
            for logarithm in thresholds.iter_mut() {
                *logarithm *= temperature;
            }
        }
        let mut flips = 0;
        for (vertex, threshold) in thresholds.iter().enumerate() {
            if now.gains[vertex] > *threshold {
                now.flip(experiment, vertex);
                flips += 1;
            }
        }
        if now.cut > best.0 {
            best.0 = now.cut;
            best.1.clone_from(&now.spins);
        }
        if flips == 0 && !*is_annealed {
            name.step(step).fill_open01(uniform);
            *now = State::new(experiment, uniform);
        }
        Ok(())
    }
}

impl State {
    /// Random sides.
    fn new(experiment: &MaxCut, uniform: &[f64]) -> Self {
        let graph = &experiment.graph;
        let spins: Vec<f64> = uniform.iter().map(|u| if *u < 0.5 { 1.0 } else { -1.0 }).collect();
        let gain = |vertex: usize| -> f64 {
            let pull = graph.neighbours(vertex).iter().map(|&(other, weight)| weight * spins[other as usize]);
            spins[vertex] * pull.sum::<f64>()
        };
        let gains: Vec<f64> = (0..spins.len()).map(gain).collect();
        // Every edge that is not cut is a gain at both ends, and every other one a loss.
        let cut = 0.5 * (graph.weight() - 0.5 * gains.iter().sum::<f64>());
        Self { spins, cut, gains }
    }

    fn flip(&mut self, experiment: &MaxCut, vertex: usize) {
        let Self { spins, cut, gains } = self;
        *cut += gains[vertex];
        spins[vertex] = -spins[vertex];
        gains[vertex] = -gains[vertex];
        let twice = 2.0 * spins[vertex];
        for &(other, weight) in experiment.graph.neighbours(vertex) {
            let other = other as usize;
            gains[other] += twice * weight * spins[other];
        }
    }
}

impl Search for Local<'_> {
    fn advance(&mut self, from: u64, to: u64) -> Result<(), Error> {
        (from..to).try_for_each(|step| self.step(step))
    }

    fn expectations(&self) -> Vec<f64> {
        vec![self.now.cut]
    }

    fn best(&self) -> (f64, Vec<bool>) {
        let sides: Vec<bool> = self.best.1.iter().map(|spin| *spin > 0.0).collect();
        // The sum of the gains is rounded.
        (self.experiment.graph.cut_of(|vertex| sides[vertex]), sides)
    }

    fn state(&self) -> Vec<f64> {
        let State { spins, cut, gains } = &self.now;
        let (best, best_spins) = &self.best;
        [&[*cut, *best], &spins[..], best_spins, gains].concat()
    }

    fn restore(&mut self, state: &[f64]) -> Option<()> {
        let (&[cut, best], rest) = state.split_first_chunk::<2>()?;
        let count = self.now.spins.len();
        let (spins, rest) = rest.split_at_checked(count)?;
        let (best_spins, gains) = rest.split_at_checked(count)?;
        let is_spin = |spin: &f64| spin.abs() == 1.0;
        if gains.len() != count || !spins.iter().chain(best_spins).all(is_spin) {
            return None;
        }
        self.now = State { spins: spins.to_vec(), cut, gains: gains.to_vec() };
        self.best = (best, best_spins.to_vec());
        Some(())
    }
}

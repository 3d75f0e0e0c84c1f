//! Noise that every implementation is given alike.

use voidgrad::Stream;

use super::case::Case;

/// The noise of some samples, M numbers of u and M of v each, sample after sample.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// M.
    pub(crate) variables: usize,
    pub(crate) u: Vec<f64>,
    pub(crate) v: Vec<f64>,
}

/// Steps of a training run that are compared. Rounding grows from step to step: Adam divides by the size of the
/// gradient, so a parameter whose gradient is nearly 0 moves by the sign of what is left of it.
const STEPS: usize = 64;
/// A multiple of every implementation's block.
const SAMPLES: usize = 4096;
/// Likewise, and few: num-dual takes 75 ms for one sample of `relax-wide`.
const WIDE_SAMPLES: usize = 128;

impl Given {
    /// The noise that a case is compared on. All of it are odd multiples of `2⁻²⁴`, which `f32` holds too, and so
    /// is `1 - u`.
    pub(crate) fn of(case: Case) -> Self {
        let samples = match case {
            Case::Step => STEPS,
            Case::Vae(method) => method.compared_steps(),
            Case::RelaxWide | Case::Quadratic200 => WIDE_SAMPLES,
            Case::Relax | Case::Rebar => SAMPLES,
        };
        let variables = case.variables();
        let mut noise = vec![0.0; 2 * samples * variables];
        Stream::new(0, 0, 0).fill_open01(&mut noise);
        for value in &mut noise {
            *value = ((*value * 8_388_608.0).floor() + 0.5) / 8_388_608.0;
        }
        let v = noise.split_off(samples * variables);
        Self { variables, u: noise, v }
    }

    /// More noise, for means.
    pub(crate) fn many(case: Case) -> Self {
        let samples = match case {
            Case::RelaxWide | Case::Quadratic200 => 16 * WIDE_SAMPLES,
            Case::Relax | Case::Rebar | Case::Step => 32 * SAMPLES,
            Case::Vae(method) => method.compared_steps(),
        };
        let variables = case.variables();
        let mut u = vec![0.0; samples * variables];
        let mut v = u.clone();
        let mut stream = Stream::new(0, 1, 0);
        stream.fill_open01(&mut u);
        stream.fill_open01(&mut v);
        Self { variables, u, v }
    }

    /// u and v of one sample after the other.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        self.u.chunks_exact(self.variables).zip(self.v.chunks_exact(self.variables))
    }

    /// How many samples there are.
    pub(crate) fn samples(&self) -> usize {
        self.u.len() / self.variables
    }
}

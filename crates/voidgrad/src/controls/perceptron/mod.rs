//! A learned control of all of z at once.

mod kernel;

use std::ops::Range;

use nalgebra::{DMatrix, DVector, DVectorView};
use rand::{Rng, RngExt};
use voidgrad_macros::differentiate;

use crate::control::{BatchControl, Control};
use crate::error::{InvalidParameter, ShapeMismatch};
use crate::kernel::{Chunk, arrays};

/// `c(z) = Σ_h w_h·tanh(W_h·z + s_h) + t`: one layer of H units over all D numbers of z, and a linear output.
///
/// `φ` has `H·(D + 2) + 1` entries: for each unit its D weights `W_h`, its shift `s_h` and its weight `w_h`, and last
/// t. It is smooth, so the variance's gradient by φ is unbiased, and it sees how coordinates depend on each other,
/// which the mean of a control of one coordinate does not. It needs nothing of f but values. A batch runs on lanes of samples: its kernel is
/// loops over arrays whose sizes are known when the program runs.
///
/// Source: RELAX (Grathwohl et al. 2018), section 3.1 (the network of LAX) and 3.2 (`r_ρ`).
///
/// ```
/// use voidgrad::controls::Perceptron;
/// use voidgrad::{Control, Stream};
/// let control = Perceptron::draw(6, 4, &mut Stream::new(1, 0, 0))?;
/// assert_eq!((control.dimension(), control.parameters()), (Some(6), 4 * 8 + 1));
/// # Ok::<(), voidgrad::error::InvalidParameter>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Perceptron {
    dimension: usize,
    phi: Vec<f64>,
}

/// One unit.
#[differentiate(wrt(x, w), order = 2)]
fn unit(x: f64, w: f64) -> f64 {
    w * x.tanh()
}

impl Perceptron {
    /// The control of D numbers with H units whose weights are drawn as `torch.nn.Linear` draws them: uniform on
    /// `±1/√D` for `W` and `s`, on `±1/√H` for w and t, in the order of φ.
    ///
    /// # Errors
    /// Returns an error if D or H is 0.
    pub fn draw(
        dimension: usize,
        units: usize,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, InvalidParameter> {
        for (name, value) in [("dimension", dimension), ("number of units", units)] {
            if value == 0 {
                return Err(InvalidParameter { name, value: 0.0, allowed: "at least 1" });
            }
        }
        let [narrow, wide] = [dimension, units].map(|inputs| 1.0 / (inputs as f64).sqrt());
        let mut phi = Vec::with_capacity(units * (dimension + 2) + 1);
        for _ in 0..units {
            phi.extend((0..=dimension).map(|_| rng.random_range(-narrow..narrow)));
            phi.push(rng.random_range(-wide..wide));
        }
        phi.push(rng.random_range(-wide..wide));
        Ok(Self { dimension, phi })
    }

    /// Adds `∂c/∂z` to `c_z` and returns `c(z)`.
    pub(crate) fn add_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        let mut c = self.t();
        for Unit { weights, shift, w } in self.units() {
            let x = dot(weights, z) + shift;
            c += unit(x, w);
            add(c_z, unit::d_x(x, w), weights);
        }
        c
    }

    fn t(&self) -> f64 {
        self.phi[self.phi.len() - 1]
    }

    fn units(&self) -> impl ExactSizeIterator<Item = Unit<'_>> {
        self.phi.chunks_exact(self.dimension + 2).map(|phi| {
            let (weights, rest) = phi.split_at(self.dimension);
            Unit { weights, shift: rest[0], w: rest[1] }
        })
    }
}

#[derive(Clone, Copy)]
struct Unit<'a> {
    weights: &'a [f64],
    shift: f64,
    w: f64,
}

fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// Adds `scale·x` to `sum`.
fn add(sum: &mut [f64], scale: f64, x: &[f64]) {
    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += scale * x);
}

impl Control for Perceptron {
    fn parameters(&self) -> usize {
        self.phi.len()
    }

    fn dimension(&self) -> Option<usize> {
        Some(self.dimension)
    }

    fn phi(&self) -> DVector<f64> {
        DVector::from_column_slice(&self.phi)
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        if phi.len() != self.phi.len() {
            return Err(ShapeMismatch { name: "phi", found: phi.len(), expected: self.phi.len() });
        }
        self.phi.iter_mut().zip(&phi).for_each(|(entry, value)| *entry = *value);
        Ok(())
    }

    fn named(&self) -> Vec<(String, f64)> {
        let name = |i: usize| {
            let (h, j) = (i / (self.dimension + 2), i % (self.dimension + 2));
            match j.checked_sub(self.dimension) {
                _ if i + 1 == self.phi.len() => "t".to_owned(),
                None => format!("W[{h},{j}]"),
                Some(0) => format!("s[{h}]"),
                Some(_) => format!("w[{h}]"),
            }
        };
        self.phi.iter().enumerate().map(|(i, value)| (name(i), *value)).collect()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.units().fold(self.t(), |c, Unit { weights, shift, w }| c + unit(dot(weights, z) + shift, w))
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        c_z.fill(0.0);
        self.add_d_z(z, c_z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        c_phi.fill(0.0);
        self.vjp_jvp(z, &vec![0.0; z.len()], 1.0, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        let mut direction = vec![0.0; z.len()];
        let mut row = vec![0.0; self.phi.len()];
        for m in 0..z.len() {
            direction[m] = 1.0;
            row.fill(0.0);
            self.vjp_jvp(z, &direction, 0.0, &mut row);
            c_z_phi.row_mut(m).iter_mut().zip(&row).for_each(|(cell, value)| *cell = *value);
            direction[m] = 0.0;
        }
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        let (units, t_bar) = phi_bar.split_at_mut(self.phi.len() - 1);
        let bars = units.chunks_exact_mut(self.dimension + 2);
        for (Unit { weights, shift, w }, bar) in self.units().zip(bars) {
            let (x, x_dot) = (dot(weights, z) + shift, dot(weights, z_dot));
            let (x_bar, w_bar) = unit::vjp_jvp(x, w, x_dot, 0.0, c_bar, 1.0);
            let (weights_bar, rest) = bar.split_at_mut(self.dimension);
            add(weights_bar, x_bar, z);
            // The weights make ẋ, too.
            add(weights_bar, unit::d_x(x, w), z_dot);
            rest[0] += x_bar;
            rest[1] += w_bar;
        }
        t_bar[0] += c_bar;
    }

    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        c_z_dot.fill(0.0);
        let (units, t_dot) = phi_dot.split_at(self.phi.len() - 1);
        let mut c_dot = t_dot[0];
        for (Unit { weights, shift, w }, dots) in self.units().zip(units.chunks_exact(self.dimension + 2)) {
            let (weights_dot, rest) = dots.split_at(self.dimension);
            let (x, x_dot) = (dot(weights, z) + shift, dot(weights_dot, z) + rest[0]);
            let (_, unit_dot) = unit::jvp(x, w, x_dot, rest[1]);
            c_dot += unit_dot;
            add(c_z_dot, unit::d_x(x, w), weights_dot);
            // ∂/∂x of the unit along ẋ and ẇ.
            let slope_dot = unit::d_x_d_x(x, w) * x_dot + unit::d_x_d_w(x, w) * rest[1];
            add(c_z_dot, slope_dot, weights);
        }
        c_dot
    }

    /// The weights of the units and t.
    fn linear(&self) -> Vec<Range<usize>> {
        let (length, end) = (self.dimension + 2, self.phi.len());
        let weights = (1..=self.units().len()).map(|h| h * length - 1..h * length);
        weights.chain(std::iter::once(end - 1..end)).collect()
    }
}

impl BatchControl for Perceptron {
    #[inline]
    fn chunk(&self, chunk: &mut Chunk<'_>) -> bool {
        arrays(self, chunk)
    }
}

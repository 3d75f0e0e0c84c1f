//! num-dual: hyper-dual numbers, which carry a value, z's direction, all of φ's, and the mixed second derivatives.

mod step;

use std::marker::PhantomData;

use num_dual::{DualNum, DualNumFloat, HyperDualVec};
use voidgrad::Stream;
use voidgrad::nalgebra::Const;
use voidgrad_real::Element;

use step::Training;

use super::case::{Case, MANY, Precision, TARGET, WIDE};
use super::given::Given;
use super::implementation::{Compared, Implementation, Noise, Run};
use voidgrad_kit::error::Error;

/// A case with dual numbers.
pub(super) fn of(case: Case, precision: Precision) -> Result<Box<dyn Implementation>, Error> {
    Ok(match (case, precision) {
        (Case::Step, Precision::F64) => Box::new(Training::<f64>(PhantomData)),
        (Case::Step, Precision::F32) => Box::new(Training::<f32>(PhantomData)),
        (_, Precision::F64) => Box::new(Duals::<f64>::new(case)?),
        (_, Precision::F32) => Box::new(Duals::<f32>::new(case)?),
    })
}

/// A number that dual numbers are made of.
trait Float: DualNumFloat + DualNum<Primitive = Self> + Element {}

impl Float for f64 {}
impl Float for f32 {}

struct Duals<F> {
    case: Case,
    logits: Vec<F>,
    phi: Vec<F>,
    stream: Stream,
}

/// One `z` in the first direction, N parameters in the second.
type One<F, const N: usize> = HyperDualVec<F, Const<1>, Const<N>>;
/// All of `z`, and both parameters.
type Many<F> = HyperDualVec<F, Const<MANY>, Const<2>>;

impl<F: Float> Duals<F> {
    fn new(case: Case) -> Result<Self, Error> {
        let narrow = |values: Vec<f64>| values.into_iter().map(narrow).collect();
        Ok(Self {
            case,
            logits: narrow(case.logits()),
            phi: narrow(case.phi()?),
            stream: Stream::new(2, 0, 0),
        })
    }

    fn add(&self, u: &[f64], v: &[f64], sums: &mut [f64]) {
        match self.case {
            Case::Rebar => self.add_one::<2>(u[0], v[0], sums, rebar),
            Case::RelaxWide => self.add_one::<64>(u[0], v[0], sums, |z, phi| {
                network::<_, WIDE>(z, phi, |x| DualNum::tanh(&x), |x| x)
            }),
            Case::Quadratic200 => self.add_many(u, v, sums),
            Case::Relax | Case::Step => {
                self.add_one::<47>(u[0], v[0], sums, |z, phi| network::<_, 5>(z, phi, relu, relu));
            }
            // No model is made with dual numbers.
            Case::Vae(_) => {}
        }
    }

    /// Adds a sample of one variable; the parameters are taken N at a time.
    fn add_one<const N: usize>(
        &self,
        u: f64,
        v: f64,
        sums: &mut [f64],
        control: impl Fn(One<F, N>, &dyn Fn(usize) -> One<F, N>) -> One<F, N>,
    ) {
        let Sample { z, z_tilde, z_tilde_a, score, f } =
            sample(self.logits[0], narrow_noise(u), narrow_noise(v));
        for first in (0..self.phi.len()).step_by(N) {
            let phi = |index: usize| {
                let value = One::from_re(self.phi[index]);
                if (first..first + N).contains(&index) { value.derivative2(index - first) } else { value }
            };
            let here = control(One::from_re(z).derivative1(0), &phi);
            let there = control(One::from_re(z_tilde).derivative1(0), &phi);
            let slope = |c: &One<F, N>| c.eps1.unwrap_generic(Const, Const)[0];
            let g = (f - there.re) * score + slope(&here) - slope(&there) * z_tilde_a;
            let bend = here.eps1eps2.unwrap_generic(Const, Const);
            let (c_phi, bend_tilde) =
                (there.eps2.unwrap_generic(Const, Const), there.eps1eps2.unwrap_generic(Const, Const));
            for n in 0..N.min(self.phi.len() - first) {
                let derivative = bend[n] - c_phi[n] * score - bend_tilde[n] * z_tilde_a;
                sums[2 + first + n] += widen((g + g) * derivative);
            }
            if first == 0 {
                sums[0] += widen(g);
                sums[1] += widen(g * g);
            }
        }
    }

    /// Adds a sample of all variables.
    fn add_many(&self, u: &[f64], v: &[f64], sums: &mut [f64]) {
        let samples: Vec<Sample<F>> = self
            .logits
            .iter()
            .zip(u.iter().zip(v))
            .map(|(a, (u, v))| sample(*a, narrow_noise(*u), narrow_noise(*v)))
            .collect();
        let control = |z: fn(&Sample<F>) -> F| {
            let (eta, lambda) =
                (Many::from_re(self.phi[0]).derivative2(0), Many::from_re(self.phi[1]).derivative2(1).exp());
            let point = |(m, sample): (usize, &Sample<F>)| Many::from_re(z(sample)).derivative1(m);
            let sum: Many<F> = samples.iter().enumerate().map(point).map(|z| relaxed(z, lambda)).sum();
            eta * sum / narrow::<F>(MANY as f64)
        };
        let (here, there) = (control(|sample| sample.z), control(|sample| sample.z_tilde));
        let f = samples.iter().fold(narrow(0.0), |sum: F, sample| sum + sample.f) / narrow::<F>(MANY as f64);
        let (c_z, c_z_tilde) =
            (here.eps1.unwrap_generic(Const, Const), there.eps1.unwrap_generic(Const, Const));
        let (bend, bend_tilde) =
            (here.eps1eps2.unwrap_generic(Const, Const), there.eps1eps2.unwrap_generic(Const, Const));
        let c_phi = there.eps2.unwrap_generic(Const, Const);
        for (m, sample) in samples.iter().enumerate() {
            let g = (f - there.re) * sample.score + c_z[m] - c_z_tilde[m] * sample.z_tilde_a;
            sums[m] += widen(g);
            sums[MANY] += widen(g * g);
            for n in 0..2 {
                let derivative =
                    bend[(m, n)] - c_phi[n] * sample.score - bend_tilde[(m, n)] * sample.z_tilde_a;
                sums[MANY + 1 + n] += widen((g + g) * derivative);
            }
        }
    }

    fn sums(&self) -> Vec<f64> {
        vec![0.0; self.logits.len() + 1 + self.phi.len()]
    }
}

impl<F: Float> Implementation for Duals<F> {
    fn compared(&mut self, given: &Given) -> Result<Compared, Error> {
        let mut sums = self.sums();
        for (u, v) in given.rows() {
            self.add(u, v, &mut sums);
        }
        Ok(Compared { sums, noise: Noise::Given })
    }

    fn run(&mut self, samples: u64) -> Result<Run, Error> {
        let variables = self.logits.len();
        let (mut sums, mut noise) = (self.sums(), vec![0.0; 2 * variables]);
        for _ in 0..samples {
            self.stream.fill_open01(&mut noise);
            let (u, v) = noise.split_at(variables);
            self.add(u, v, &mut sums);
        }
        Ok(Run::new(samples, sums))
    }
}

fn narrow<F: Element>(value: f64) -> F {
    F::default().constant(value)
}

/// Noise must not become 1 in `f32`.
fn narrow_noise<F: Element>(value: f64) -> F {
    narrow(value.min(1.0 - f64::from(f32::EPSILON) / 2.0))
}

fn widen<F: Element>(value: F) -> f64 {
    value.into()
}

struct Sample<F> {
    z: F,
    z_tilde: F,
    z_tilde_a: F,
    score: F,
    f: F,
}

fn sample<F: Element>(a: F, u: F, v: F) -> Sample<F> {
    let one = a.constant(1.0);
    let z = a + u.logit();
    let b = z >= a.constant(0.0);
    let w = if b { a.exp() } else { (-a).exp() };
    let size = (v * (one + w) / (one - v)).ln_1p();
    let rest = a.constant(if b { 1.0 - TARGET } else { TARGET });
    Sample {
        z,
        z_tilde: if b { size } else { -size },
        z_tilde_a: v * w / (one + v * w),
        score: if b { (-a).sigmoid() } else { -a.sigmoid() },
        f: rest * rest,
    }
}

fn sigmoid<D: DualNum<Primitive: Float> + Copy>(x: D) -> D {
    let (zero, one) = (D::from(narrow(0.0)), D::from(narrow(1.0)));
    // 1/(1 + e^-x) alone has the derivative NaN at x = -800.
    if x.re() >= zero.re() { ((-x).exp() + one).recip() } else { x.exp() / (x.exp() + one) }
}

fn relu<D: DualNum<Primitive: Float> + Copy>(x: D) -> D {
    let zero = D::from(narrow(0.0));
    if x.re() > zero.re() { x } else { zero }
}

/// `f(σ(z/λ))`
fn relaxed<D: DualNum<Primitive: Float> + Copy>(z: D, lambda: D) -> D {
    let distance = sigmoid(z / lambda) - D::from(narrow(TARGET));
    distance * distance
}

/// `φ = (η, ln λ)`
fn rebar<D: DualNum<Primitive: Float> + Copy>(z: D, phi: &dyn Fn(usize) -> D) -> D {
    phi(0) * relaxed(z, phi(1).exp())
}

/// `φ = (ln λ, w₁, b₁, W₂ by columns, b₂, w₃, b₃)`, W units in each layer.
fn network<D: DualNum<Primitive: Float> + Copy, const W: usize>(
    z: D,
    phi: &dyn Fn(usize) -> D,
    activation: fn(D) -> D,
    last: fn(D) -> D,
) -> D {
    let (b1, w2) = (1 + W, 1 + 2 * W);
    let (b2, w3) = (w2 + W * W, w2 + W * W + W);
    let h1: [D; W] = std::array::from_fn(|j| activation(phi(1 + j) * z + phi(b1 + j)));
    let unit = |i: usize| (0..W).fold(phi(b2 + i), |x, j| x + phi(w2 + W * j + i) * h1[j]);
    let output = (0..W).fold(phi(w3 + W), |x, i| x + phi(w3 + i) * activation(unit(i)));
    relaxed(z, phi(0).exp()) + last(output)
}

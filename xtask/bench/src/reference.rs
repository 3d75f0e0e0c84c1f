//! What every implementation is held against: the estimator, one sample after the other, through its interface.

use std::ops::Range;

use voidgrad::batch::{Batch, Options};
use voidgrad::error::ShapeMismatch;
use voidgrad::nalgebra::{DMatrix, DVector, DVectorView};
use voidgrad::optimise::{Adam, Optimiser};
use voidgrad::toy::MeanQuadratic;
use voidgrad::{BatchControl, Bernoulli, Control, Estimate, Stream};

use super::case::{Case, LEARNING_RATE, TARGET};
use super::generated::batch;
use super::given::Given;
use super::implementation::Noise;
use super::{training, vae};
use voidgrad_kit::error::Error;

/// What a case is held against.
pub(crate) enum Reference {
    /// The estimator of the toy.
    Toy(Toy),
    /// The training of a model.
    Model(vae::Reference),
}

impl Reference {
    /// That of a case.
    pub(crate) fn new(case: Case) -> Result<Self, Error> {
        match case {
            Case::Vae(method) => Ok(Self::Model(vae::Reference::new(method))),
            _ => Toy::new(case).map(Self::Toy),
        }
    }

    /// Whether it is the training of a model.
    pub(crate) fn is_model(&self) -> bool {
        matches!(self, Self::Model(_))
    }

    /// The sums over this noise; what is given is passed along with it.
    pub(crate) fn sums(&self, noise: Noise, given: &Given) -> Result<Vec<f64>, Error> {
        match (self, noise) {
            (Self::Toy(toy), noise) => toy.sums(noise, given),
            (Self::Model(model), Noise::Plates { steps, precision }) => {
                model.trained(&model.drawn(steps, precision))
            }
            (Self::Model(model), _) => model.trained(given),
        }
    }

    /// The terms of the sums over given noise; a training has none.
    pub(crate) fn terms(&self, given: &Given) -> Result<Vec<Terms>, Error> {
        match self {
            Self::Toy(toy) => toy.terms(given),
            Self::Model(_) => Ok(Vec::new()),
        }
    }
}

/// The estimator at the case's point.
pub(crate) struct Toy {
    case: Case,
    bernoulli: Bernoulli,
    control: Box<dyn BatchControl + Sync>,
}

/// The terms of a sum, added up in three ways.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    /// `Σx`
    pub(crate) sum: f64,
    /// `Σ|x|`
    pub(crate) size: f64,
    /// `Σx²`
    pub(crate) square: f64,
}

impl Terms {
    fn add(&mut self, x: f64) {
        self.sum += x;
        self.size += x.abs();
        self.square += x * x;
    }
}

impl Toy {
    /// The case at its point.
    fn new(case: Case) -> Result<Self, Error> {
        Ok(Self { case, bernoulli: case.bernoulli()?, control: case.control()? })
    }

    fn sums(&self, noise: Noise, given: &Given) -> Result<Vec<f64>, Error> {
        match noise {
            Noise::Given if self.case == Case::Step => self.trained(given),
            Noise::Given => Ok(self.terms(given)?.iter().map(|terms| terms.sum).collect()),
            Noise::Batch(options) => {
                let options = Options { instructions: voidgrad::batch::Instructions::Scalar, ..options };
                batch(&mut Batch::new(), &self.bernoulli, &OneByOne(&*self.control), &options)
            }
            Noise::Training { steps } | Noise::Plates { steps, .. } => {
                let settings = training::settings(steps);
                let (mut u, mut v) = (Vec::new(), Vec::new());
                let mut stream = Stream::new(settings.seed, 0, 0);
                for _ in 0..steps {
                    let mut pair = [0.0; 2];
                    stream.fill_open01(&mut pair);
                    u.push(pair[0]);
                    v.push(pair[1]);
                }
                self.trained(&Given { variables: 1, u, v })
            }
        }
    }

    fn terms(&self, given: &Given) -> Result<Vec<Terms>, Error> {
        let variables = self.bernoulli.len();
        let objective = MeanQuadratic { target: TARGET };
        let mut estimate = Estimate::new(variables);
        let mut phi_bar = vec![0.0; self.control.parameters()];
        let mut terms = vec![Terms::default(); variables + 1 + phi_bar.len()];
        for (u, v) in given.rows() {
            let noise = voidgrad::Noise::new(u, v).map_err(Error::computation)?;
            estimate.update(&self.bernoulli, &objective, &self.control, noise).map_err(Error::computation)?;
            phi_bar.fill(0.0);
            estimate.add_variance_gradient(&self.control, &mut phi_bar);
            // The library's derivative is that of the mean over the variables.
            let derivatives = phi_bar.iter().map(|derivative| derivative * variables as f64);
            let square = std::iter::once(estimate.gradient.norm_squared());
            for (terms, x) in
                terms.iter_mut().zip(estimate.gradient.iter().copied().chain(square).chain(derivatives))
            {
                terms.add(x);
            }
        }
        Ok(terms)
    }

    /// The logits and φ after a step for each sample, from the start.
    fn trained(&self, given: &Given) -> Result<Vec<f64>, Error> {
        let mut control = self.case.control()?;
        let mut logits = self.case.logits();
        let mut phi = control.phi();
        let mut descent = Adam::new(logits.len(), LEARNING_RATE).map_err(Error::computation)?;
        let mut control_descent = Adam::new(phi.len(), LEARNING_RATE).map_err(Error::computation)?;
        let objective = MeanQuadratic { target: TARGET };
        for (u, v) in given.rows() {
            let bernoulli = Bernoulli::from_logits(&logits).map_err(Error::computation)?;
            let noise = voidgrad::Noise::new(u, v).map_err(Error::computation)?;
            let estimate = voidgrad::estimate(&bernoulli, &objective, &control, noise);
            let estimate = estimate.map_err(Error::computation)?;
            descent.step(&mut logits, estimate.gradient.as_slice()).map_err(Error::computation)?;
            let moved =
                control_descent.step(phi.as_mut_slice(), estimate.variance_gradient(&control).as_slice());
            moved.map_err(Error::computation)?;
            control.set_phi(phi.as_view()).map_err(Error::computation)?;
        }
        logits.extend_from_slice(phi.as_slice());
        Ok(logits)
    }
}

/// A control without its kernel, so that the library estimates its batches one sample after the other.
struct OneByOne<'a>(&'a (dyn BatchControl + Sync));

impl Control for OneByOne<'_> {
    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn dimension(&self) -> Option<usize> {
        self.0.dimension()
    }

    fn phi(&self) -> DVector<f64> {
        self.0.phi()
    }

    fn set_phi(&mut self, phi: DVectorView<'_, f64>) -> Result<(), ShapeMismatch> {
        Err(ShapeMismatch { name: "phi of a shared control", found: phi.len(), expected: 0 })
    }

    fn named(&self) -> Vec<(String, f64)> {
        self.0.named()
    }

    fn value(&self, z: &[f64]) -> f64 {
        self.0.value(z)
    }

    fn value_and_d_z(&self, z: &[f64], c_z: &mut [f64]) -> f64 {
        self.0.value_and_d_z(z, c_z)
    }

    fn d_phi(&self, z: &[f64], c_phi: &mut [f64]) {
        self.0.d_phi(z, c_phi);
    }

    fn d_z_d_phi(&self, z: &[f64], c_z_phi: &mut DMatrix<f64>) {
        self.0.d_z_d_phi(z, c_z_phi);
    }

    fn vjp_jvp(&self, z: &[f64], z_dot: &[f64], c_bar: f64, phi_bar: &mut [f64]) {
        self.0.vjp_jvp(z, z_dot, c_bar, phi_bar);
    }

    fn along_phi(&self, z: &[f64], phi_dot: &[f64], c_z_dot: &mut [f64]) -> f64 {
        self.0.along_phi(z, phi_dot, c_z_dot)
    }

    fn linear(&self) -> Vec<Range<usize>> {
        self.0.linear()
    }
}

impl BatchControl for OneByOne<'_> {}

//! The models: every function that is annotated, one module for each number of latent variables.
//!
//! Lengths are numbers here. All other files take them from the [`Model`].

use voidgrad::network::NetworkError;

use crate::instance::Model;

/// A model that can be chosen.
#[derive(Debug)]
pub struct Row {
    /// What `--model` calls it.
    pub name: &'static str,
    /// Latent variables.
    pub latents: u64,
    /// Pixels of an image.
    pub pixels: usize,
    /// A model whose parameters are all 0.
    pub make: fn() -> Result<Box<dyn Model>, NetworkError>,
}

/// All models: a line for each.
pub const MODELS: [Row; 2] = [
    Row { name: LINEAR, latents: 10, pixels: 64, make: linear_10::model },
    Row { name: LINEAR, latents: 32, pixels: 64, make: linear_32::model },
];

/// One linear layer on either side.
pub const LINEAR: &str = "linear";

/// One linear layer on either side.
macro_rules! linear {
    ($module:ident, $latents:tt) => {
        mod $module {
            use voidgrad::error::InvalidParameter;
            use voidgrad::nalgebra::{SMatrix, SVector};
            use voidgrad::network::{Network, NetworkError, Parameter, Rows};
            use voidgrad::{Control, Stream, control, network, sigmoid, softplus};

            use crate::instance::{At, Bars, Model, Relaxed, Shared, instance, relaxed};

            /// The logits of q(b|x).
            #[network(each(x))]
            pub(super) fn encoder(
                x: &SVector<f64, 64>,
                w: &SMatrix<f64, $latents, 64>,
                d: &SVector<f64, $latents>,
            ) -> SVector<f64, $latents> {
                w * x.map(|x| 2.0 * x - 1.0) + d
            }

            /// ln q(b|x) - ln p(b) - ln p(x|b).
            #[network(each(b, x, q))]
            pub(super) fn bound(
                b: &SVector<f64, $latents>,
                x: &SVector<f64, 64>,
                q: &SVector<f64, $latents>,
                w: &SMatrix<f64, 64, $latents>,
                c: &SVector<f64, 64>,
                a: &SVector<f64, $latents>,
            ) -> f64 {
                let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
                let image = x.dot(&logits) - logits.map(softplus).sum();
                let prior = b.dot(a) - a.map(softplus).sum();
                b.dot(q) - q.map(softplus).sum() - prior - image
            }

            /// η·f(σ(z/λ)).
            #[control(positive(lambda), each(x, q), data(w, c, a))]
            pub(super) fn rebar(
                z: &SVector<f64, $latents>,
                x: &SVector<f64, 64>,
                q: &SVector<f64, $latents>,
                w: &SMatrix<f64, 64, $latents>,
                c: &SVector<f64, 64>,
                a: &SVector<f64, $latents>,
                eta: f64,
                lambda: f64,
            ) -> f64 {
                let b = z.map(|z| sigmoid(z / lambda));
                let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
                let image = x.dot(&logits) - logits.map(softplus).sum();
                let prior = b.dot(a) - a.map(softplus).sum();
                eta * (b.dot(q) - q.map(softplus).sum() - prior - image)
            }

            /// η·f(σ(z/λ)) and a network of the image and of σ(z/λ).
            #[control(positive(lambda), each(x, q), data(w, c, a))]
            pub(super) fn relax(
                z: &SVector<f64, $latents>,
                x: &SVector<f64, 64>,
                q: &SVector<f64, $latents>,
                w: &SMatrix<f64, 64, $latents>,
                c: &SVector<f64, 64>,
                a: &SVector<f64, $latents>,
                eta: f64,
                lambda: f64,
                of_x: &SMatrix<f64, 64, 64>,
                of_z: &SMatrix<f64, 64, $latents>,
                bias: &SVector<f64, 64>,
                last: &SVector<f64, 64>,
                shift: f64,
            ) -> f64 {
                let b = z.map(|z| sigmoid(z / lambda));
                let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
                let image = x.dot(&logits) - logits.map(softplus).sum();
                let prior = b.dot(a) - a.map(softplus).sum();
                let hidden = (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * b.map(|b| 2.0 * b - 1.0) + bias).map(f64::tanh);
                eta * (b.dot(q) - q.map(softplus).sum() - prior - image) + last.dot(&hidden) + shift
            }

            fn rebar_of(phi: &[f64]) -> Result<Rebar, InvalidParameter> {
                Rebar::from_phi(phi, SMatrix::zeros(), SVector::zeros(), SVector::zeros())
            }

            fn relax_of(phi: &[f64]) -> Result<Relax, InvalidParameter> {
                Relax::from_phi(phi, SMatrix::zeros(), SVector::zeros(), SVector::zeros())
            }

            instance!($latents, 64, set_w: 64 * $latents, set_c: 64, set_a: $latents);
        }
    };
}

linear!(linear_10, 10);
linear!(linear_32, 32);

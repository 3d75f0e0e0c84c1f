//! The controls of the linear model, for the lengths that they are compiled for.

use voidgrad::error::InvalidParameter;

use crate::model::{Relaxed, Unavailable};

/// A control with this φ.
type Make = fn(&[f64]) -> Result<Box<dyn Relaxed>, InvalidParameter>;

/// The lengths, latent variables and pixels, with REBAR's and RELAX's control.
const LENGTHS: [([usize; 2], [Make; 2]); 2] = [
    ([10, 64], [lengths_10::rebar_of, lengths_10::relax_of]),
    ([32, 64], [lengths_32::rebar_of, lengths_32::relax_of]),
];

/// REBAR's control.
pub(super) fn rebar(latents: usize, pixels: usize, phi: &[f64]) -> Result<Box<dyn Relaxed>, Unavailable> {
    let [rebar, _] = of_lengths(latents, pixels)?;
    Ok(rebar(phi)?)
}

/// RELAX's control.
pub(super) fn relax(latents: usize, pixels: usize, phi: &[f64]) -> Result<Box<dyn Relaxed>, Unavailable> {
    let [_, relax] = of_lengths(latents, pixels)?;
    Ok(relax(phi)?)
}

fn of_lengths(latents: usize, pixels: usize) -> Result<[Make; 2], Unavailable> {
    let found = LENGTHS.iter().find(|(lengths, _)| *lengths == [latents, pixels]);
    found.map(|(_, make)| *make).ok_or(Unavailable::Lengths)
}

/// The controls of so many latent variables.
macro_rules! literal {
    ($module:ident, $latents:tt) => {
        mod $module {
            use voidgrad::error::InvalidParameter;
            use voidgrad::nalgebra::{SMatrix, SVector};
            use voidgrad::{Control, control, sigmoid, softplus};

            use crate::model::{Relaxed, Shared};

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
                let hidden =
                    (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * b.map(|b| 2.0 * b - 1.0) + bias).map(f64::tanh);
                eta * (b.dot(q) - q.map(softplus).sum() - prior - image) + last.dot(&hidden) + shift
            }

            pub(super) fn rebar_of(phi: &[f64]) -> Result<Box<dyn Relaxed>, InvalidParameter> {
                Ok(Box::new(Rebar::from_phi(phi, SMatrix::zeros(), SVector::zeros(), SVector::zeros())?))
            }

            pub(super) fn relax_of(phi: &[f64]) -> Result<Box<dyn Relaxed>, InvalidParameter> {
                Ok(Box::new(Relax::from_phi(phi, SMatrix::zeros(), SVector::zeros(), SVector::zeros())?))
            }

            relaxed!(Rebar, $latents);
            relaxed!(Relax, $latents);
        }
    };
}

/// Gives a control the data of a plate.
macro_rules! relaxed {
    ($control:ident, $latents:tt) => {
        impl Relaxed for $control {
            fn set_data(&mut self, x: &[f64], q: &[f64], decoder: &[f64]) -> Result<(), InvalidParameter> {
                self.set_x(x)?;
                self.set_q(q)?;
                let (w, rest) = decoder.split_at(decoder.len().min(64 * $latents));
                let (c, a) = rest.split_at(rest.len().min(64));
                self.set_w(w)?;
                self.set_c(c)?;
                self.set_a(a)
            }

            fn control(&self) -> &dyn Control {
                self
            }

            fn control_mut(&mut self) -> &mut dyn Control {
                self
            }

            fn shared(&self) -> Shared {
                Box::new(self.clone())
            }
        }
    };
}

literal!(lengths_10, 10);
literal!(lengths_32, 32);

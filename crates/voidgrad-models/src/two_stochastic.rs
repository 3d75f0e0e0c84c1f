//! Two layers of latent variables, each linear in the other: a sigmoid belief network with an encoder of the same kind.

use voidgrad::nalgebra::{DMatrix, DVector};
use voidgrad::network::{Network, NetworkError, Parameter, Rows};
use voidgrad::{Stream, network, softplus};

use crate::model::{At, Bars, Model, Second, repeated};

/// The logits of the bits of a layer, given those of the one before it.
#[network(each(x))]
fn layer(x: &DVector<f64>, w: &DMatrix<f64>, d: &DVector<f64>) -> DVector<f64> {
    w * x.map(|x| 2.0 * x - 1.0) + d
}

/// `ln q(b_1|x) + ln q(b_2|b_1) - ln p(b_2) - ln p(b_1|b_2) - ln p(x|b_1)`.
#[network(each(b_1, b_2, x, q_1, q_2))]
fn bound(
    b_1: &DVector<f64>,
    b_2: &DVector<f64>,
    x: &DVector<f64>,
    q_1: &DVector<f64>,
    q_2: &DVector<f64>,
    w_1: &DMatrix<f64>,
    c_1: &DVector<f64>,
    w_2: &DMatrix<f64>,
    c_2: &DVector<f64>,
    a: &DVector<f64>,
) -> f64 {
    let pixels = w_1 * b_1.map(|b| 2.0 * b - 1.0) + c_1;
    let image = x.dot(&pixels) - pixels.map(softplus).sum();
    let of_first = w_2 * b_2.map(|b| 2.0 * b - 1.0) + c_2;
    let first = b_1.dot(&of_first) - of_first.map(softplus).sum();
    let second = b_2.dot(a) - a.map(softplus).sum();
    let q = b_1.dot(q_1) - q_1.map(softplus).sum() + b_2.dot(q_2) - q_2.map(softplus).sum();
    q - second - first - image
}

/// The networks of the model.
struct Networks {
    latents: usize,
    pixels: usize,
    /// Of q(b₁|x), of q(b₂|b₁), and of p(b₁|b₂), whose parameters are those of the bound.
    layers: [Layer; 3],
    bound: Bound,
}

/// The model of these lengths. Its parameters are to be set.
///
/// # Errors
/// Returns an error if there is no memory for them.
pub(super) fn model(latents: usize, pixels: usize) -> Result<Box<dyn Model>, NetworkError> {
    let mut stream = Stream::new(0, 0, 0);
    let mut layer = |inputs| Layer::draw(&mut stream, [latents, inputs], latents);
    let layers = [layer(pixels)?, layer(latents)?, layer(latents)?];
    let bound = Bound::draw(&mut stream, [pixels, latents], pixels, [latents, latents], latents, latents)?;
    Ok(Box::new(Networks { latents, pixels, layers, bound }))
}

impl Networks {
    /// Those of the first layer and those of the second, of rows that have both.
    fn halves(&self, rows: &[f64]) -> [Vec<f64>; 2] {
        let each = rows.chunks_exact(2 * self.latents);
        [
            each.clone().flat_map(|row| &row[..self.latents]).copied().collect(),
            each.flat_map(|row| &row[self.latents..]).copied().collect(),
        ]
    }
}

impl Model for Networks {
    fn latents(&self) -> usize {
        self.latents
    }

    fn pixels(&self) -> usize {
        self.pixels
    }

    fn shapes(&self) -> [Vec<Parameter>; 2] {
        let [first, second, _] = &self.layers;
        [[first.shapes(), second.shapes()].concat(), self.bound.shapes()]
    }

    fn set_parameters(&mut self, encoder: &[f64], decoder: &[f64]) -> Result<(), NetworkError> {
        let [first, second, prior] = &mut self.layers;
        let (of_first, of_second) = encoder.split_at(encoder.len().min(first.parameters().len()));
        first.set_parameters(of_first)?;
        second.set_parameters(of_second)?;
        self.bound.set_parameters(decoder)?;
        // The logits a of p(b₂) are the last, and before them are W and c of p(b₁|b₂).
        let end = decoder.len() - self.latents;
        prior.set_parameters(&decoder[end - self.latents * (self.latents + 1)..end])
    }

    fn encode(&self, x: &[f64], logits: &mut [f64]) -> Result<(), NetworkError> {
        self.layers[0].rows(x, logits)
    }

    fn encode_vjp(&self, x: &[f64], logits_bar: &[f64], gradient: &mut [f64]) -> Result<(), NetworkError> {
        let own = gradient.len().min(self.layers[0].parameters().len());
        self.layers[0].rows_vjp(x, logits_bar, &mut gradient[..own], &mut [])
    }

    fn bound(&self, b: &[f64], x: Rows<'_, f64>, q: &[f64], values: &mut [f64]) -> Result<(), NetworkError> {
        let ([b_1, b_2], [q_1, q_2]) = (self.halves(b), self.halves(q));
        self.bound.rows(&b_1, &b_2, x, repeated(&q_1, &b_1), repeated(&q_2, &b_2), values)
    }

    fn bound_vjp(&self, at: At<'_>, weights: &[f64], bars: Bars<'_>) -> Result<(), NetworkError> {
        let ([b_1, b_2], [q_1, q_2]) = (self.halves(at.b), self.halves(at.q));
        let Bars { gradient, b, x } = bars;
        let mut each = [vec![0.0; b.len() / 2], vec![0.0; b.len() / 2]];
        let [of_first, of_second] = &mut each;
        self.bound.rows_vjp(
            &b_1,
            &b_2,
            at.x,
            repeated(&q_1, &b_1),
            repeated(&q_2, &b_2),
            weights,
            gradient,
            of_first,
            of_second,
            x,
            &mut [],
            &mut [],
        )?;
        let latents = self.latents;
        for (row, (first, second)) in
            b.chunks_exact_mut(2 * latents).zip(each[0].chunks(latents).zip(each[1].chunks(latents)))
        {
            row[..latents].copy_from_slice(first);
            row[latents..].copy_from_slice(second);
        }
        Ok(())
    }

    fn second(&self) -> Option<&dyn Second> {
        Some(self)
    }
}

impl Second for Networks {
    fn encode(&self, first: &[f64], logits: &mut [f64]) -> Result<(), NetworkError> {
        self.layers[1].rows(first, logits)
    }

    fn encode_vjp(
        &self,
        first: &[f64],
        logits_bar: &[f64],
        gradient: &mut [f64],
    ) -> Result<(), NetworkError> {
        let before = gradient.len().min(self.layers[0].parameters().len());
        self.layers[1].rows_vjp(first, logits_bar, &mut gradient[before..], &mut [])
    }

    fn decode(&self, second: &[f64], logits: &mut [f64]) -> Result<(), NetworkError> {
        self.layers[2].rows(second, logits)
    }
}

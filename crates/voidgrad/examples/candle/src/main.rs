//! A variational autoencoder with 32 binary latent variables, whose networks are candle's.
//!
//! `cargo run --release`, in the folder of this package. candle draws other first weights in each run.
//!
//! candle differentiates what is inside of the expectation, voidgrad the expectation: [`Disarm`] makes points b of the encoder's logits, and of the values of f there an estimate ĝ for each logit.
//! Both go into one number whose derivatives candle takes, the surrogate `Σ w·f + Σ ĝ·(a - detach(a))`: its second sum is 0, and its derivative by a logit a is ĝ.

use candle_core::{D, DType, Device, Result as TensorResult, Tensor};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap};
use voidgrad::estimators::Disarm;
use voidgrad::train::Epochs;
use voidgrad::{Bernoulli, Plate, Stream};

const LATENTS: usize = 32;
const PIXELS: usize = 64;
const HIDDEN: usize = 64;
const BATCH: usize = 100;
const STEPS: usize = 3_000;

/// Two layers with a tanh between them.
struct Network(Linear, Linear);

impl Network {
    fn new(variables: &VarBuilder, inputs: usize, outputs: usize) -> TensorResult<Self> {
        let first = candle_nn::linear(inputs, HIDDEN, variables.pp("first"))?;
        Ok(Self(first, candle_nn::linear(HIDDEN, outputs, variables.pp("second"))?))
    }

    /// Of rows of bits, as numbers -1 and 1.
    fn logits(&self, bits: &Tensor) -> TensorResult<Tensor> {
        self.1.forward(&self.0.forward(&bits.affine(2.0, -1.0)?)?.tanh()?)
    }
}

/// `Σ_m b·a - softplus(a)` of each row, the logarithm of the probability of bits with these logits.
fn ln_p(bits: &Tensor, logits: &Tensor) -> TensorResult<Tensor> {
    // softplus(a) = max(a, 0) + ln(1 + e^-|a|)
    let softplus = (logits.relu()? + (logits.abs()?.neg()?.exp()? + 1.0)?.log()?)?;
    (bits.broadcast_mul(logits)?.broadcast_sub(&softplus)?).sum(D::Minus1)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::Cpu;
    let images = images(include_str!("../../data/digits.txt"))?;
    let (train, test) = images.split_at(1_500 * PIXELS);
    let map = VarMap::new();
    let variables = VarBuilder::from_varmap(&map, DType::F32, &device);
    let encoder = Network::new(&variables.pp("encoder"), PIXELS, LATENTS)?;
    let decoder = Network::new(&variables.pp("decoder"), LATENTS, PIXELS)?;
    let prior = variables.get_with_hints(LATENTS, "prior", candle_nn::init::ZERO)?;
    let settings = ParamsAdamW { lr: 3e-3, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimiser = AdamW::new(map.all_vars(), settings)?;
    // -ELBO of each row: ln q(b|x) - ln p(b) - ln p(x|b).
    let negative_bound = |b: &Tensor, x: &Tensor, q: &Tensor| -> TensorResult<Tensor> {
        (ln_p(b, q)? - ln_p(b, &prior)?)? - ln_p(x, &decoder.logits(b)?)?
    };

    let mut estimator = Disarm::new(2)?;
    let mut plate: Plate<Bernoulli, f32> = Plate::new(Bernoulli::from_logits(&[0.0; LATENTS])?, BATCH);
    let mut epochs = Epochs::new(train.len() / PIXELS, BATCH, 2)?;
    let mut noise = Stream::new(1, 0, 0);
    for step in 1..=STEPS {
        let batch: Vec<f32> =
            epochs.next_batch().iter().flat_map(|&n| &train[n * PIXELS..][..PIXELS]).copied().collect();
        let x = Tensor::from_vec(batch, (BATCH, PIXELS), &device)?;
        let logits = encoder.logits(&x)?;
        plate.ask(&estimator, &logits.flatten_all()?.to_vec1()?, &mut noise)?;

        // f at all points: each image is there as often as it has points.
        let each = plate.points_each();
        let b = Tensor::from_slice(plate.points(), (BATCH * each, LATENTS), &device)?;
        let rows = |of: &Tensor| of.unsqueeze(1)?.repeat((1, each, 1))?.flatten(0, 1);
        let f = negative_bound(&b, &rows(&x)?, &rows(&logits.detach())?)?;
        plate.values_mut().copy_from_slice(&f.to_vec1()?);
        plate.tell(&mut estimator)?;

        let weights = Tensor::from_slice(plate.weights(), BATCH * each, &device)?;
        let g = Tensor::from_slice(plate.gradient(), (BATCH, LATENTS), &device)?;
        let loss = ((f * weights)?.sum_all()? / BATCH as f64)?;
        let of_logits = ((&logits - logits.detach())?.mul(&g)?.sum_all()? / BATCH as f64)?;
        optimiser.backward_step(&(&loss + of_logits)?)?;
        if step % 500 == 0 {
            println!("step {step}: the negative bound of a batch is {:.2}", loss.to_scalar::<f32>()?);
        }
    }

    // One sample of b for each image that was not trained on.
    let count = test.len() / PIXELS;
    let x = Tensor::from_slice(test, (count, PIXELS), &device)?;
    let logits = encoder.logits(&x)?;
    let mut uniform = vec![0.0; count * LATENTS];
    noise.fill_open01(&mut uniform);
    let u = Tensor::from_vec(uniform, (count, LATENTS), &device)?.to_dtype(DType::F32)?;
    let b = u.lt(&candle_nn::ops::sigmoid(&logits)?)?.to_dtype(DType::F32)?;
    let bound = negative_bound(&b, &x, &logits)?.mean_all()?.to_scalar::<f32>()?;
    println!("the negative bound of {count} test images is {bound:.2}");
    Ok(())
}

/// The pixels of all images, one image after the other.
fn images(lines: &str) -> Result<Vec<f32>, std::num::ParseIntError> {
    let mut pixels = Vec::new();
    for line in lines.lines() {
        let bits = u64::from_str_radix(line, 16)?;
        pixels.extend((0..PIXELS).rev().map(|i| f32::from(u8::from(bits >> i & 1 == 1))));
    }
    Ok(pixels)
}

//! The trainer: a run that is interrupted has the bits of one that is not, and a step that fails has not been made.

mod clips;
mod failures;
mod files;
mod leaps;
mod logs;
mod prepared;
mod resume;

use voidgrad::Trainer;
use voidgrad::optimise::{Adam, Sgd};
use voidgrad::train::{Block, Gradients, TrainerError};

/// Sizes of the blocks: vectors with a rest, few numbers, one number.
const SIZES: [(&str, usize); 3] = [("encoder", 19), ("decoder", 3), ("prior", 1)];

fn start(size: usize) -> Vec<f64> {
    (0..size).map(|i| 0.5 - 0.25 * (i % 5) as f64).collect()
}

/// The three blocks, the first with Adam, the second with momentum, the third plain.
fn blocks() -> [Block; 3] {
    let [encoder, decoder, prior] = SIZES.map(|(_, size)| size);
    [
        Block::new(start(encoder), Adam::new(encoder, 0.05).unwrap()),
        Block::new(start(decoder), Sgd::new(0.01).unwrap().with_momentum(decoder, 0.9).unwrap()),
        Block::new(start(prior), Sgd::new(0.1).unwrap()),
    ]
}

fn trainer_of(blocks: [Block; 3]) -> Trainer {
    let named = SIZES.map(|(name, _)| name).into_iter().zip(blocks);
    named.fold(Trainer::new(5, 3), |trainer, (name, block)| trainer.block(name, block).unwrap())
}

/// The sum of `scale·(x - u)²` over all parameters x, with noise u; the first parameter and its loss are offered.
fn fill(scale: f64, step: &mut Gradients<'_>) -> Result<f64, TrainerError> {
    let (parts, noise) = step.parts(SIZES.map(|(name, _)| name))?;
    let (mut loss, mut first) = (0.0, Vec::new());
    for part in parts {
        let mut noises = vec![0.0; part.parameters.len()];
        noise.fill_open01(&mut noises);
        for ((g, x), u) in part.gradient.iter_mut().zip(part.parameters).zip(&noises) {
            *g = 2.0 * scale * (x - u);
            loss += (x - u).powi(2);
        }
        first.push(part.parameters[0]);
    }
    step.offer(loss, &first);
    Ok(loss)
}

fn model(step: &mut Gradients<'_>) -> Result<f64, TrainerError> {
    fill(1.0, step)
}

/// All parameters, bit by bit.
fn bits(trainer: &Trainer) -> Vec<u64> {
    let parameters = SIZES.map(|(name, _)| trainer.parameters(name).unwrap());
    parameters.into_iter().flatten().map(|x| x.to_bits()).collect()
}

//! Clipping, against formulas.

use voidgrad::Trainer;
use voidgrad::optimise::Clip;
use voidgrad::optimise::Sgd;
use voidgrad::train::{Block, Gradients, TrainerError};

/// The gradients of two blocks after the clips of a trainer.
fn followed(gradients: [&[f64]; 2], clips: [Option<Clip>; 2], largest: Option<f64>) -> [Vec<f64>; 2] {
    let mut trainer = Trainer::new(1, 0);
    for ((name, gradient), clip) in ["a", "b"].into_iter().zip(gradients).zip(clips) {
        let block = Block::new(vec![0.0; gradient.len()], Sgd::new(1e-300).unwrap());
        let block = if let Some(clip) = clip { block.clip(clip) } else { block };
        trainer.add_block(name, block).unwrap();
    }
    if let Some(largest) = largest {
        trainer = trainer.clip_norm(largest).unwrap();
    }
    let mut model = |step: &mut Gradients<'_>| {
        for (name, gradient) in ["a", "b"].into_iter().zip(gradients) {
            step.gradient_mut(name)?.copy_from_slice(gradient);
        }
        Ok::<_, TrainerError>(0.0)
    };
    let progress = trainer.step(&mut model).unwrap();
    ["a", "b"].map(|name| progress.gradient(name).unwrap().to_vec())
}

/// A few roundings each.
fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (x, y) in found.iter().zip(expected) {
        assert!((x - y).abs() <= 1e-15 * y.abs(), "{found:?} for {expected:?}");
    }
}

#[test]
fn the_global_norm_is_that_of_all_gradients_together() {
    // ‖(2, -3, 6, 4, -4)‖ = 9.
    let [a, b] = followed([&[2.0, -3.0, 6.0], &[4.0, -4.0]], [None; 2], Some(3.0));
    assert_close(&a, &[2.0 / 3.0, -1.0, 2.0]);
    assert_close(&b, &[4.0 / 3.0, -4.0 / 3.0]);
    let [a, b] = followed([&[2.0, -3.0, 6.0], &[4.0, -4.0]], [None; 2], Some(9.0));
    assert_eq!([a, b], [vec![2.0, -3.0, 6.0], vec![4.0, -4.0]]);
}

#[test]
fn blocks_are_clipped_before_the_whole() {
    let clips = [Some(Clip::Value(2.0)), Some(Clip::Norm(1.0))];
    // a becomes (2, -2, 0.5), b becomes (0.6, 0.8): the norm of both is √(8.25 + 1).
    let [a, b] = followed([&[5.0, -3.0, 0.5], &[3.0, 4.0]], clips, Some(1.0));
    let norm = 9.25_f64.sqrt();
    assert_close(&a, &[2.0 / norm, -2.0 / norm, 0.5 / norm]);
    assert_close(&b, &[0.6 / norm, 0.8 / norm]);
}

#[test]
fn a_gradient_of_any_finite_size_is_clipped() {
    let [a, b] = followed([&[3e300, 0.0], &[-4e300]], [None; 2], Some(1.0));
    assert_close(&a, &[0.6, 0.0]);
    assert_close(&b, &[-0.8]);
    let [a, b] = followed([&[f64::MAX; 2], &[f64::MAX; 2]], [None; 2], Some(1.0));
    assert_close(&[a, b].concat(), &[0.5; 4]);
    let [a, b] = followed([&[0.0; 2], &[0.0]], [Some(Clip::Norm(1.0)), None], Some(1.0));
    assert_eq!([a, b].concat(), [0.0; 3]);
}

#[test]
fn limits_outside_their_domain_are_refused() {
    let block = Block::new(vec![0.0], Sgd::new(1.0).unwrap()).clip(Clip::Norm(f64::NAN));
    let error = Trainer::new(1, 0).block("a", block).unwrap_err();
    assert_eq!(error.to_string(), "block `a`: largest norm = NaN is not a number in (0, ∞)");
    let error = Trainer::new(1, 0).clip_norm(0.0).unwrap_err();
    assert_eq!(error.to_string(), "largest norm = 0 is not a number in (0, ∞)");
}

//! A task and its implementations: the same numbers, each in its own way.

use std::hint::black_box;

use super::parameters::{C_BAR, SAMPLES};

/// The same numbers by several implementations; the first is what the others are held against.
pub(super) struct Task {
    pub(super) name: &'static str,
    pub(super) implementations: Vec<Implementation>,
}

/// One way to compute a task's numbers at every z.
pub(super) struct Implementation {
    pub(super) name: &'static str,
    run: Box<dyn FnMut()>,
    numbers: Box<dyn Fn() -> Vec<f64>>,
}

/// Numbers in the order of the task, in whatever an implementation keeps them.
pub(super) trait Numbers {
    /// `c`, `∂c/∂z`, then what belongs to φ.
    fn numbers(&self) -> Vec<f64>;
}

impl Implementation {
    /// `f(z, φ)` at each z.
    pub(super) fn new<P: Copy + 'static, N: Numbers + 'static>(
        name: &'static str,
        z: &[f64; SAMPLES],
        parameters: P,
        f: fn(f64, &P) -> N,
    ) -> Self {
        let z = *z;
        let run = move || {
            let parameters = black_box(parameters);
            for z in black_box(&z) {
                black_box(f(*z, &parameters));
            }
        };
        let numbers = move || z.iter().flat_map(|z| f(*z, &parameters).numbers()).collect();
        Self { name, run: Box::new(run), numbers: Box::new(numbers) }
    }

    /// Once through all z.
    pub(super) fn run(&mut self) {
        (self.run)();
    }
}

/// Stops where an implementation's numbers are not those of the first.
///
/// They may differ by the rounding of a few dozen operations, relative to the largest number that one z gives.
pub(super) fn agree(task: &Task) {
    let [first, others @ ..] = task.implementations.as_slice() else { return };
    let truth = (first.numbers)();
    for other in others {
        let numbers = (other.numbers)();
        assert_eq!(numbers.len(), truth.len(), "{}, {}", task.name, other.name);
        let width = truth.len() / SAMPLES;
        for (sample, (truth, numbers)) in truth.chunks(width).zip(numbers.chunks(width)).enumerate() {
            let scale = truth.iter().fold(C_BAR, |largest, number| largest.max(number.abs()));
            for (place, (truth, number)) in truth.iter().zip(numbers).enumerate() {
                assert!(
                    (truth - number).abs() <= 1e-13 * scale,
                    "{}, {}: number {place} of z {sample} is {number:e}, generated {truth:e}",
                    task.name,
                    other.name,
                );
            }
        }
    }
}

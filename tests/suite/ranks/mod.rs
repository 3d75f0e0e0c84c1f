//! Several ranks give the bits of one process.

mod batch;
mod failures;
mod rows;
mod training;

/// The bits of numbers: NaN and the sign of 0 count.
fn bits<T: Copy + Into<f64>>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|number| (*number).into().to_bits()).collect()
}

//! A control variate and an objective of our own.

use voidgrad::train::{Settings, Step};
use voidgrad::{Bernoulli, control, sigmoid, train};

/// What is minimised. It can be any code: it is called, and never differentiated.
fn f(b: &[f64]) -> f64 {
    (b[0] + 2.0 * b[1] + 4.0 * b[2] - 4.9).powi(2)
}

/// A smooth step between two heights. The other arguments than z are trained on the variance; `positive` ones stay positive.
#[control(positive(lambda))]
pub fn ramp(z: f64, left: f64, right: f64, lambda: f64) -> f64 {
    left + (right - left) * sigmoid(z / lambda)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Bernoulli::from_probabilities(&[0.5; 3])?;
    // The parameters before they are trained.
    let control = Ramp::new(0.0, 0.0, 1.0)?;
    let settings = Settings { iterations: 5_000, learning_rate: 0.05, ..Settings::default() };
    let end = train(start, &f, control, &settings, 0, &mut |_: &Step<'_>| ())?;
    // b = (1, 0, 1) has the least f.
    println!("probabilities of 1: {:.3?}", end.distribution.probabilities());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Ramp, f};
    use voidgrad::controls::Zero;
    use voidgrad::{Bernoulli, variance};

    /// A control changes the variance of the estimate, and leaves its mean as it is.
    #[test]
    fn the_estimate_is_unbiased() {
        let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.5, 0.6]).unwrap();
        let exact = variance::enumerate(&bernoulli, &f, &Zero).unwrap().mean;
        let control = Ramp::new(20.0, 5.0, 0.7).unwrap();
        let samples = 20_000;
        let sampled = variance::monte_carlo(&bernoulli, &f, &control, samples, 1).unwrap();
        // Of one entry of the mean: at most that of all three. Five of them: a false alarm in one of a million seeds.
        let error = (3.0 * sampled.variance / samples as f64).sqrt();
        for (mean, exact) in sampled.mean.iter().zip(exact) {
            assert!((mean - exact).abs() < 5.0 * error, "{mean}, not {exact}");
        }
    }
}

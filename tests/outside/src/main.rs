//! Prints derivatives and an estimate, each on a line of its own.
#![deny(warnings, missing_docs, clippy::pedantic)]

use grad::network::Network as _;
use grad::{Bernoulli, Control, Noise, estimate};
use outside::control::Bump;
use outside::misfit;
use outside::model::scaled;

/// A network with a function of another crate in it.
#[grad::network(each(x))]
fn unit(x: &[f64; 2], w: &[f64; 2], c: f64) -> f64 {
    scaled(x, w, c).tanh()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (t, rate, capacity, y) = (1.5, 0.4, 3.0, 1.7);
    println!("value {:e}", misfit(t, rate, capacity, y));
    println!("d_rate {:e}", misfit::d_rate(t, rate, capacity, y));
    println!("d_capacity {:e}", misfit::d_capacity(t, rate, capacity, y));
    println!("d_rate_d_rate {:e}", misfit::d_rate_d_rate(t, rate, capacity, y));
    println!("d_rate_d_capacity {:e}", misfit::d_rate_d_capacity(t, rate, capacity, y));
    println!("d_capacity_d_capacity {:e}", misfit::d_capacity_d_capacity(t, rate, capacity, y));

    let mut model = Unit::new(&[0.3, -0.7], &0.2)?;
    let mut y = [0.0];
    model.rows(&[0.5, 0.9], &mut y)?;
    println!("row {:e}", y[0]);
    model.set_parameters(&[0.1, 0.2, 0.3])?;

    let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.6])?;
    let control = Bump::new(0.5, 2.0, -0.1)?;
    let objective = |b: &[f64]| b[0] - b[0] * b[1];
    let estimate = estimate(&bernoulli, &objective, &control, Noise::new(&[0.2, 0.7], &[0.9, 0.4])?)?;
    println!("parameters {}", control.parameters());
    println!("jacobian {:?}", estimate.jacobian(&control).shape());
    println!("finite {}", estimate.gradient.iter().all(|entry| entry.is_finite()));
    Ok(())
}

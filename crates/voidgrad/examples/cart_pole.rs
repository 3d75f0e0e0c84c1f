//! A policy that learns to balance a pole on a cart.
//!
//! `cargo run --release --package voidgrad --example cart_pole`
//!
//! Every 0.02 seconds a policy pushes the cart to the left or to the right, and gets a reward of 1, until the pole falls or 500 pushes are made. Each push is a Bernoulli variable, whose logit a small
//! network makes of the state. 8 rollouts give an estimate of the gradient of the expected return by these logits; each of them is compared with the others. The network takes it back to its parameters.

use std::error::Error;

use voidgrad::error::ObjectiveError;
use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::network::Network;
use voidgrad::optimise::Adam;
use voidgrad::rollout::{Baseline, Environment, Rollouts, Settings, Transition};
use voidgrad::train::{Block, Gradients};
use voidgrad::{Bernoulli, Stream, Trainer, network};

const SEED: u64 = 1;
const ROLLOUTS: usize = 8;
const HORIZON: usize = 500;
const STEPS: u64 = 100;

/// Position and speed of the cart, angle of the pole from upright and its speed, in metres, radians and seconds (Barto, Sutton and Anderson 1983, without friction).
#[derive(Clone, Default)]
struct CartPole {
    state: [f64; 4],
}

impl Environment for CartPole {
    fn dimension(&self) -> usize {
        4
    }

    fn reset_uniforms(&self) -> usize {
        4
    }

    fn reset(&mut self, u: &[f64]) -> Result<(), ObjectiveError> {
        self.state = std::array::from_fn(|i| 0.1 * (u[i] - 0.5));
        Ok(())
    }

    fn state(&self, state: &mut [f64]) {
        state.copy_from_slice(&self.state);
    }

    fn step(&mut self, push: &[f64], _: &[f64]) -> Result<Transition, ObjectiveError> {
        const GRAVITY: f64 = 9.8;
        const MASS_OF_POLE: f64 = 0.1;
        const MASS: f64 = 1.0 + MASS_OF_POLE;
        const HALF_LENGTH: f64 = 0.5;
        const TIME: f64 = 0.02;
        let [x, speed, angle, turning] = self.state;
        let force = if push[0] == 1.0 { 10.0 } else { -10.0 };
        let (sine, cosine) = angle.sin_cos();
        let along = (force + MASS_OF_POLE * HALF_LENGTH * turning * turning * sine) / MASS;
        let turned = (GRAVITY * sine - cosine * along)
            / (HALF_LENGTH * (4.0 / 3.0 - MASS_OF_POLE * cosine * cosine / MASS));
        let moved = along - MASS_OF_POLE * HALF_LENGTH * turned * cosine / MASS;
        self.state =
            [x + TIME * speed, speed + TIME * moved, angle + TIME * turning, turning + TIME * turned];
        let [x, _, angle, _] = self.state;
        Ok(Transition { reward: 1.0, is_over: x.abs() > 2.4 || angle.abs() > 12.0_f64.to_radians() })
    }
}

/// The logit of a push to the right: one layer of tanh units.
#[network(each(state))]
fn policy(
    state: &SVector<f64, 4>,
    w: &SMatrix<f64, 16, 4>,
    d: &SVector<f64, 16>,
    v: &SVector<f64, 16>,
) -> f64 {
    v.dot(&(w * state + d).map(f64::tanh))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut policy = Policy::draw(&mut Stream::new(SEED, 0, u64::MAX))?;
    let first = policy.parameters().to_vec();
    let optimiser = Adam::new(first.len(), 0.02)?;
    let mut trainer = Trainer::new(SEED, 0).block("policy", Block::new(first, optimiser))?;

    let settings = Settings { rollouts: ROLLOUTS, horizon: HORIZON, discount: 1.0 };
    let mut rollouts = Rollouts::new(CartPole::default(), Bernoulli::from_logits(&[0.0])?, settings)?;
    for step in 0..STEPS {
        trainer.step(&mut |step: &mut Gradients<'_>| -> Result<f64, Box<dyn Error>> {
            // Rows of noise that no other rollout has; the trainer's own is row 0.
            let row = 1 + step.iteration() * ROLLOUTS as u64;
            let ([of_policy], _) = step.parts(["policy"])?;
            policy.set_parameters(of_policy.parameters)?;
            rollouts.draw(SEED, 0, row, |states, logits| policy.rows(states, logits))?;
            rollouts.estimate(Baseline::LeaveOneOut)?;
            // A trainer descends, and the return is to rise.
            let descent: Vec<f64> = rollouts.gradient().iter().map(|g| -g).collect();
            policy.rows_vjp(rollouts.states(), &descent, of_policy.gradient, &mut [])?;
            Ok(-rollouts.mean_return())
        })?;
        if (step + 1) % 5 == 0 {
            let episodes = (step + 1) * ROLLOUTS as u64;
            println!("{episodes} episodes: the pole stands for {:.0} decisions", rollouts.mean_return());
        }
    }
    Ok(())
}

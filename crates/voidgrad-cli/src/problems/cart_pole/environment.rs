//! A pole on a cart.

use voidgrad::error::ObjectiveError;
use voidgrad::rollout::{Environment, Transition};

/// The most decisions of an episode.
pub(super) const HORIZON: usize = 500;

const GRAVITY: f64 = 9.8;
const MASS_OF_CART: f64 = 1.0;
const MASS_OF_POLE: f64 = 0.1;
const HALF_LENGTH: f64 = 0.5;
const FORCE: f64 = 10.0;
/// Seconds between two decisions.
const TIME: f64 = 0.02;
const FARTHEST: f64 = 2.4;
const LARGEST_ANGLE: f64 = 12.0 * std::f64::consts::PI / 180.0;

/// Position and speed of the cart, angle of the pole from upright and its speed, in metres, radians and seconds. The first ones are uniform in ±0.05. A push to the right is a 1, one to the left a 0, and the reward is 1 for each push, the last
/// one included.
///
/// The equations are those of Barto, Sutton and Anderson 1983 without friction, the constants and Euler's method those of Gym's `CartPole-v1`.
#[derive(Debug, Clone, Default)]
pub(super) struct Pole {
    pub(super) state: [f64; 4],
}

impl Environment for Pole {
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
        let [x, speed, angle, turning] = self.state;
        let force = if push[0] == 1.0 { FORCE } else { -FORCE };
        let mass = MASS_OF_CART + MASS_OF_POLE;
        let (sine, cosine) = angle.sin_cos();
        let along = (force + MASS_OF_POLE * HALF_LENGTH * turning * turning * sine) / mass;
        let of_turning = (GRAVITY * sine - cosine * along)
            / (HALF_LENGTH * (4.0 / 3.0 - MASS_OF_POLE * cosine * cosine / mass));
        let of_speed = along - MASS_OF_POLE * HALF_LENGTH * of_turning * cosine / mass;
        let [x, angle] = [x + TIME * speed, angle + TIME * turning];
        self.state = [x, speed + TIME * of_speed, angle, turning + TIME * of_turning];
        Ok(Transition { reward: 1.0, is_over: x.abs() > FARTHEST || angle.abs() > LARGEST_ANGLE })
    }
}

//! Decisions in sequence: rollouts of a policy in an [`Environment`], and the gradient of their expected return.
//!
//! In a rollout, decision t is a sample `b_t` of a distribution whose parameters `a_t` (logits, of [`Bernoulli`](crate::Bernoulli) and [`Categorical`](crate::Categorical) variables) a policy makes of the state.
//! The environment gives a reward `r_t` for it, and moves to the next state. [`Rollouts`] makes N rollouts side by side and estimates the gradient of the expected return
//! `E[Σ_t γᵗ·r_t]` by the parameters of every decision:
//!
//! `ĝ_{n,t} = (1/N)·γᵗ·(G_{n,t} - c_{n,t})·∂/∂a ln p(b_{n,t}|a_{n,t})`, with the reward-to-go `G_{n,t} = Σ_{s≥t} γ^{s-t}·r_{n,s}`.
//!
//! There is one row of ĝ for each decision. A policy that has parameters of its own takes the rows back through its derivatives, such as `rows_vjp` of a [`#[network]`](macro@crate::network), which adds them up over all decisions. The sum is unbiased: rewards
//! before a decision do not depend on it, and a [`Baseline`] c does not either.
//!
//! ```
//! use voidgrad::error::ObjectiveError;
//! use voidgrad::rollout::{Baseline, Environment, Rollouts, Settings, Transition};
//! use voidgrad::{Bernoulli, sigmoid};
//!
//! /// A walk on the whole numbers, which starts at 0 or 1 and ends at 3 with a reward of 1.
//! #[derive(Clone)]
//! struct Walk(f64);
//!
//! impl Environment for Walk {
//!     fn dimension(&self) -> usize {
//!         1
//!     }
//!
//!     fn reset_uniforms(&self) -> usize {
//!         1
//!     }
//!
//!     fn reset(&mut self, u: &[f64]) -> Result<(), ObjectiveError> {
//!         self.0 = if u[0] < 0.5 { 0.0 } else { 1.0 };
//!         Ok(())
//!     }
//!
//!     fn state(&self, state: &mut [f64]) {
//!         state[0] = self.0;
//!     }
//!
//!     fn step(&mut self, b: &[f64], _: &[f64]) -> Result<Transition, ObjectiveError> {
//!         self.0 += 2.0 * b[0] - 1.0;
//!         let is_over = self.0 == 3.0;
//!         Ok(Transition { reward: f64::from(u8::from(is_over)), is_over })
//!     }
//! }
//!
//! // The policy has one parameter: in every state, the logit of a step to the right is w.
//! let w = 0.2;
//! let settings = Settings { rollouts: 1_000, horizon: 5, ..Settings::default() };
//! let mut rollouts = Rollouts::new(Walk(0.0), Bernoulli::from_logits(&[0.0])?, settings)?;
//! rollouts.draw(1, 0, 0, |_: &[f64], logits: &mut [f64]| -> Result<(), ObjectiveError> {
//!     logits.fill(w);
//!     Ok(())
//! })?;
//! rollouts.estimate(Baseline::LeaveOneOut)?;
//! assert_eq!(rollouts.gradient().len(), rollouts.decisions());
//!
//! // It arrives from 0 with the probability p³ + 3p⁴(1 - p), and from 1 with p² + 2p³(1 - p).
//! let p = sigmoid(w);
//! let by_p = 0.5 * (3.0 * p.powi(2) + 12.0 * p.powi(3) - 15.0 * p.powi(4)) + 0.5 * (2.0 * p + 6.0 * p.powi(2) - 8.0 * p.powi(3));
//! let exact = by_p * p * (1.0 - p);
//! let estimate: f64 = rollouts.gradient().iter().sum();
//! assert!((estimate - exact).abs() < 0.05, "{estimate} {exact}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sources: Williams 1992, section 5; Sutton, `McAllester`, Singh and Mansour 2000, theorem 1; Baxter and Bartlett 2001 and Greensmith, Bartlett and Baxter 2004 on rewards-to-go and baselines; Kool, van Hoof and
//! Welling 2019, equation 8, for the baseline that rollouts are for one another.

mod average;
mod baseline;
mod environment;
mod error;
mod rollouts;
mod runner;
#[cfg(test)]
mod tests;

pub use average::{TimeAverage, TimeAverageState};
pub use baseline::Baseline;
pub use environment::{Environment, Transition};
pub use error::RolloutError;
pub use rollouts::{Place, Rollouts, Settings};

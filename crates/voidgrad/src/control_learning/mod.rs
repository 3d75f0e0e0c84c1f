//! What learns the parameters φ of a control from evaluations of f that it remembers.
//!
//! RELAX moves φ by one gradient of the variance for each estimate, which takes thousands of steps. Given b and f(b), though, z and z̃ can be drawn again and again: each
//! draw is another equation for φ, and takes no evaluation of f. Four learners use that:
//!
//! | learner | how | parameters of the control | what it is for |
//! |---|---|---|---|
//! | [`GaussNewton`] | solves for all of φ, once for each evaluation at first, and then once for many | at most 512 | one distribution; an `E‖ĝ‖²` that can become small |
//! | [`LeastSquares`] | solves for the parameters that enter c linearly, from discounted sums over all evaluations; Adam moves the others | any; 1 to 512 of them linear | a control that is linear in what matters; a cheap step |
//! | [`TruncatedNewton`] | the same by conjugate gradients, once for each plate | at most half as many as `ĝ` of the plate has entries | plates; few parameters |
//! | [`Replay`] | steps of Adam, up to twenty for each round | any | plates; an `E‖ĝ‖²` that stays large |
//!
//! All move φ between estimates only, and by earlier evaluations alone, so `ĝ` stays unbiased.

mod caution;
mod draws;
mod error;
mod gauss_newton;
mod least_squares;
mod memory;
mod replay;
mod truncated_newton;
mod window;

pub use error::LearningError;
pub use gauss_newton::{GaussNewton, LARGEST};
pub use least_squares::LeastSquares;
pub use replay::Replay;
pub use truncated_newton::TruncatedNewton;

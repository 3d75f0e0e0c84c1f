//! An additive model of f, learned from values of f alone.

use super::taylor::add_mean;
use super::{Samples, ZeroMean};
use crate::bernoulli::Bernoulli;
use crate::distribution::Distribution as _;
use crate::error::{ShapeMismatch, same_length};
use crate::estimator::{Learned, Memory, learned};
use crate::estimators::towards;

/// The share of the newest error in the mean square of the errors: a memory of some twenty samples.
const NEWEST: f64 = 0.05;
/// The least step. It keeps the model moving if f looks different at every θ.
const LEAST: f64 = 0.05;
/// The least `θ(1 - θ)` that a direction is divided by. A state that is rarer than one in fifty says nothing of the other variables when it occurs.
const RAREST: f64 = 0.02;
/// Rounds that the mean of θ is over.
const ROUNDS: f64 = 1_000.0;

/// `h = 1/K Σ_k (β_k - f̂(b_k))·(b_k - θ) + w·θ(1 - θ)` with the model `f̂(b) = c + wᵀb`, which is learned from earlier rounds. It asks for values of f at
/// samples and nothing else.
///
/// A function of bits that is a sum of functions of one bit each is `c + wᵀb`. Of other functions the best `f̂` is the additive part at θ. With the weight 1 the control
/// takes all variance away that comes from the additive part. Before the first round, and for another number of variables than the model has, h is 0.
///
/// **How it learns.** Each sample moves the model in the direction `(1, (b - θ)/(θ(1 - θ)))`, with the mean of θ over the last thousand rounds, by a share of its error `f(b) - f̂(b)`: a step of normalised least mean squares. So
/// all slopes are learned equally fast, as far as a `θ(1 - θ)` is above 0.02.
/// The share is the part of the mean square error that more learning would take away, as far as is known; for the first twenty samples it is 1. Of an
/// additive f of 200 variables a seventh of RLOO's variance is left after 3·M samples, and a thousandth after 10·M; the error goes on falling by a factor. If there is an error that stays, the share falls, and the steps are an average over more and more
/// samples. It does not fall below 0.05. A step takes M multiplications.
///
/// On a plate all examples share the model. That is of use if they share f.
///
/// Source: `MuProp` (Gu et al. 2016), equation 4, with a learned slope instead of ∇f(θ). The step is that of Nagumo and Noda 1967. Its share, the excess error over the
/// error, is the one with which the excess falls fastest; how it is followed is this library's.
///
/// ```
/// use voidgrad::estimators::Mixed;
/// use voidgrad::estimators::zero_mean::Additive;
/// use voidgrad::{Bernoulli, Round, Stream};
/// let bernoulli = Bernoulli::from_logits(&[0.3, -0.4])?;
/// let mut mixed = Mixed::new(2, vec![Box::new(Additive::new())], 0.99)?;
/// let (mut stream, mut round) = (Stream::new(7, 0, 0), Round::new());
/// for _ in 0..300 {
///     round.draw(&mixed, &bernoulli, &mut stream)?;
///     // No gradient of f is asked for.
///     round.evaluate(&|b: &[f64]| if b[0] > 0.5 { 3.0 } else { 1.0 - b[1] })?;
///     round.tell(&mut mixed, &bernoulli)?;
/// }
/// let (name, weight) = mixed.weights().next().unwrap();
/// assert!(name == "additive" && weight > 0.8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additive {
    /// c.
    constant: f64,
    /// w; empty before the first round.
    slopes: Vec<f64>,
    /// The mean of θ, over the last rounds: what a step takes for the centre of the samples. The θ of the round itself would not do. Steps that each have another centre and another
    /// size of the directions make a model grow without end, on a plate whose examples differ.
    means: Vec<f64>,
    /// The share of the error by which the next step moves the model.
    share: f64,
    /// The root of the mean square of the errors.
    error: f64,
    /// Samples so far.
    samples: f64,
    /// Memory for a score.
    score: Vec<f64>,
}

impl Additive {
    /// A model that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// c.
    #[must_use]
    pub fn constant(&self) -> f64 {
        self.constant
    }

    /// w; none before the first round.
    #[must_use]
    pub fn slopes(&self) -> &[f64] {
        &self.slopes
    }

    /// `f̂(b)`.
    fn at(&self, b: &[f64]) -> f64 {
        self.constant + self.slopes.iter().zip(b).map(|(slope, b)| slope * b).sum::<f64>()
    }

    /// Takes in the error at a sample, and says by which share of it the model moves.
    fn step(&mut self, error: f64) -> f64 {
        let before = self.error;
        self.samples += 1.0;
        let newest = (1.0 / self.samples).max(NEWEST);
        self.error = ((1.0 - newest).sqrt() * before).hypot(newest.sqrt() * error);
        // The error is not known yet.
        if newest > NEWEST {
            return self.share;
        }
        // The excess error is the share times the error, and stays if the error changes.
        let change = (before / self.error).powi(2);
        if before > 0.0 && change.is_finite() {
            self.share = (self.share * change).clamp(LEAST, 1.0);
        }
        let step = self.share;
        // What the step takes from the excess, a number of directions at a time.
        self.share *= 1.0 - step / (self.slopes.len() as f64 + 1.0);
        step
    }
}

impl ZeroMean for Additive {
    fn name(&self) -> &'static str {
        "additive"
    }

    fn add(&self, bernoulli: &Bernoulli, samples: Samples<'_>, h: &mut [f64], _: &mut Memory) {
        if self.slopes.len() == bernoulli.len() {
            for (b, others) in samples.rows(bernoulli).zip(samples.others()) {
                bernoulli.add_score((others - self.at(b)) / samples.count(), b, h);
            }
            add_mean(bernoulli, 1.0, &self.slopes, h);
        }
    }

    fn learn(&mut self, bernoulli: &Bernoulli, samples: Samples<'_>) {
        if self.slopes.len() != bernoulli.len() {
            let mean = samples.values.iter().map(|f| f / samples.count()).sum();
            let nothing = vec![0.0; bernoulli.len()];
            *self =
                Self { constant: mean, slopes: nothing.clone(), share: 1.0, score: nothing, ..Self::new() };
            self.means = bernoulli.probabilities().to_vec();
        }
        let newest = 1.0 / (self.samples / samples.count() + 1.0).min(ROUNDS);
        for (mean, theta) in self.means.iter_mut().zip(bernoulli.probabilities()) {
            *mean = towards(*mean, *theta, newest);
        }
        for (b, f) in samples.rows(bernoulli).zip(samples.values) {
            let error = f - self.at(b);
            // Numbers at the ends of what an f64 holds say nothing.
            if !error.is_finite() {
                continue;
            }
            let step = self.step(error);
            let Self { constant, slopes, means, score, .. } = self;
            score.clear();
            score.extend(b.iter().zip(&*means).map(|(b, mean)| b - mean));
            let variance = |mean: &f64| (mean * (1.0 - mean)).max(RAREST);
            let scores = || score.iter().zip(means.iter().map(variance));
            let square = 1.0 + scores().map(|(score, variance)| score * score / variance).sum::<f64>();
            let move_by = step * (error / square);
            // The constant of b - θ moves by it, that of b by what the slopes leave.
            *constant += move_by;
            for ((slope, (score, variance)), b) in slopes.iter_mut().zip(scores()).zip(b) {
                let change = move_by * score / variance;
                *slope += change;
                *constant -= change * (b - score);
            }
        }
    }

    fn state(&self) -> Learned {
        let Self { constant, slopes, means, share, error, samples, .. } = self;
        vec![
            ("model".into(), [&[*constant], &slopes[..]].concat()),
            ("means".into(), means.clone()),
            ("steps".into(), vec![*share, *error, *samples]),
        ]
    }

    fn restore(&mut self, state: &[(&str, &[f64])]) -> Result<(), ShapeMismatch> {
        same_length("the control's state", state.len(), 3)?;
        let (model, steps) = (learned(state, "model", None)?, learned(state, "steps", Some(3))?);
        let (constant, slopes) =
            model.split_first().ok_or(ShapeMismatch { name: "model", found: 0, expected: 1 })?;
        let means = learned(state, "means", Some(slopes.len()))?;
        (self.constant, self.slopes, self.means) = (*constant, slopes.to_vec(), means.to_vec());
        (self.share, self.error, self.samples) = (steps[0], steps[1], steps[2]);
        Ok(())
    }

    /// The slopes would have the other sign.
    fn treats_states_alike(&self) -> bool {
        self.slopes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Additive;
    use crate::bernoulli::Bernoulli;
    use crate::distribution::Distribution as _;
    use crate::estimators::zero_mean::{Samples, ZeroMean as _};
    use crate::noise::Stream;

    /// The model after so many rounds of two samples.
    fn learned(bernoulli: &Bernoulli, f: impl Fn(&[f64]) -> f64, rounds: u64) -> Additive {
        let (mut additive, mut stream) = (Additive::new(), Stream::new(5, 0, 0));
        let mut points = vec![0.0; 2 * bernoulli.len()];
        for _ in 0..rounds {
            points.chunks_mut(bernoulli.len()).for_each(|b| bernoulli.sample_from(&mut stream, b));
            let values: Vec<f64> = points.chunks(bernoulli.len()).map(&f).collect();
            let (points, values) = (&points[..], &values[..]);
            let samples = Samples {
                example: 0,
                uniforms: &[],
                noise: &[],
                points,
                values,
                gradients: &[],
                at_mean: None,
            };
            additive.learn(bernoulli, samples);
        }
        additive
    }

    /// Each example has another θ, with logits up to ±10, and f has what no additive model knows. The slopes of the best one are below 4 in size.
    #[test]
    fn a_plate_of_different_examples_does_not_make_it_grow() {
        let (mut additive, mut stream) = (Additive::new(), Stream::new(9, 0, 0));
        let (mut uniforms, mut points) = ([0.0; 10], [0.0; 20]);
        for _ in 0..20_000 {
            stream.fill_open01(&mut uniforms);
            let logits: Vec<f64> = uniforms.iter().map(|u| 20.0 * (u - 0.5)).collect();
            let bernoulli = Bernoulli::from_logits(&logits).unwrap();
            points.chunks_mut(10).for_each(|b| bernoulli.sample_from(&mut stream, b));
            let f = |b: &[f64]| b.iter().sum::<f64>() - 4.0 * b[0] * b[1] + 3.0 * b[2] * b[3] * b[4];
            let values: Vec<f64> = points.chunks(10).map(f).collect();
            let samples = Samples {
                example: 0,
                uniforms: &[],
                noise: &[],
                points: &points,
                values: &values,
                gradients: &[],
                at_mean: None,
            };
            additive.learn(&bernoulli, samples);
            assert!(additive.slopes().iter().all(|slope| slope.abs() < 20.0), "{additive:?}");
        }
    }

    #[test]
    fn an_additive_f_is_known_up_to_rounding() {
        let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.85, 0.5]).unwrap();
        for offset in [0.0, 1e6] {
            let f = |b: &[f64]| offset + 1.5 * b[0] - 0.3 * b[1] + 0.02 * b[2];
            let additive = learned(&bernoulli, f, 2_000);
            for (found, slope) in additive.slopes().iter().zip([1.5, -0.3, 0.02]) {
                // Each error is rounded to 2⁻⁵² of f, and the next steps take most of it away.
                assert!((found - slope).abs() < 1e-12 * (1.0 + offset), "{additive:?}");
            }
            assert!((additive.constant() - offset).abs() < 1e-12 * (1.0 + offset), "{additive:?}");
        }
    }

    /// `w_m = E[f|b_m = 1] - E[f|b_m = 0]`. With a share of 0.1 the model is off by a twentieth of the variance of the rest, 0.05, that is by 0.05 of f; a third of its square is
    /// that of a slope times 0.16. So a slope is off by 0.07, and the bound is four times that.
    #[test]
    fn of_another_f_it_is_the_additive_part() {
        let bernoulli = Bernoulli::from_probabilities(&[0.3, 0.8]).unwrap();
        let f = |b: &[f64]| 2.0 * b[0] - b[1] + 1.2 * b[0] * b[1];
        let additive = learned(&bernoulli, f, 20_000);
        for (found, slope) in additive.slopes().iter().zip([2.0 + 1.2 * 0.8, -1.0 + 1.2 * 0.3]) {
            assert!((found - slope).abs() < 0.3, "{additive:?}");
        }
        assert!(additive.share < 0.4, "{additive:?}");
    }
}

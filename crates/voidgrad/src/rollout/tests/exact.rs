//! The mean of ĝ, as a sum over all noise, is the gradient of the expected return, which is known from the recursion over states.

use super::{CUT, moves, process, table};
use crate::bernoulli::Bernoulli;
use crate::categorical::Categorical;
use crate::distribution::Distribution;
use crate::noise::{Node, Rule};
use crate::rollout::{Baseline, Rollouts, Settings, TimeAverage, TimeAverageState};
use crate::{sigmoid, softmax};

/// The probabilities of the actions in both states, and the derivative of each by all logits.
struct Policy {
    p: [Vec<f64>; 2],
    /// By state, action and logit.
    d_p: [Vec<Vec<f64>>; 2],
}

impl Policy {
    fn of_bits(logits: [f64; 2]) -> Self {
        let theta = logits.map(sigmoid);
        let slope = theta.map(|theta| theta * (1.0 - theta));
        let row = |state: usize| {
            let mut by = [vec![0.0; 2], vec![0.0; 2]];
            (by[0][state], by[1][state]) = (-slope[state], slope[state]);
            by.to_vec()
        };
        Self { p: theta.map(|theta| vec![1.0 - theta, theta]), d_p: [row(0), row(1)] }
    }

    fn of_states(logits: &[f64; 6]) -> Self {
        let mut p = [vec![0.0; 3], vec![0.0; 3]];
        let mut d_p = [vec![vec![0.0; 6]; 3], vec![vec![0.0; 6]; 3]];
        for state in 0..2 {
            p[state] = softmax(&[logits[3 * state], logits[3 * state + 1], logits[3 * state + 2]]).to_vec();
            for (k, j) in (0..3).flat_map(|k| (0..3).map(move |j| (k, j))) {
                let own = f64::from(u8::from(k == j));
                d_p[state][k][3 * state + j] = p[state][k] * (own - p[state][j]);
            }
        }
        Self { p, d_p }
    }

    /// The expected return of the last `horizon` decisions from a state, with its derivatives: the product rule, from the end to the beginning.
    fn value(&self, state: usize, horizon: usize, discount: f64) -> (f64, Vec<f64>) {
        let parameters = self.d_p[0][0].len();
        let (mut value, mut gradient) = (0.0, vec![0.0; parameters]);
        if state == 2 || horizon == 0 {
            return (value, gradient);
        }
        for (action, p) in self.p[state].iter().enumerate() {
            for (side, share) in [CUT, 1.0 - CUT].into_iter().enumerate() {
                let (reward, next) = moves(state, action, side);
                let (later, by_later) = self.value(next, horizon - 1, discount);
                let q = reward + discount * later;
                value += p * share * q;
                for (i, sum) in gradient.iter_mut().enumerate() {
                    *sum += share * (self.d_p[state][action][i] * q + p * discount * by_later[i]);
                }
            }
        }
        (value, gradient)
    }

    /// The same from the first state.
    fn expected(&self, settings: Settings) -> (f64, Vec<f64>) {
        let [left, right] = [0, 1].map(|state| self.value(state, settings.horizon, settings.discount));
        let mean = |left: f64, right: f64| CUT * left + (1.0 - CUT) * right;
        (mean(left.0, right.0), left.1.iter().zip(right.1).map(|(left, right)| mean(*left, right)).collect())
    }
}

/// The cells between the places where the sample of one of the distributions changes.
fn cells(ends: impl IntoIterator<Item = f64>) -> Vec<Node> {
    let mut ends: Vec<f64> = ends.into_iter().chain([0.0, 1.0]).collect();
    ends.sort_unstable_by(f64::total_cmp);
    let cell = |ends: &[f64]| Node { u: f64::midpoint(ends[0], ends[1]), weight: ends[1] - ends[0] };
    ends.windows(2).map(cell).filter(|node| node.weight > 0.0).collect()
}

fn ends_of<D: Distribution>(distribution: &D) -> Vec<f64> {
    let rule = distribution.rule().unwrap();
    let ends = rule.nodes()[0].iter().scan(0.0, |end, node| {
        *end += node.weight;
        Some(*end)
    });
    ends.take(rule.nodes()[0].len() - 1).collect()
}

/// The means over all noise of the return, and of ĝ by the logits of the policy with each baseline, beside the exact ones.
fn check<D: Distribution + Clone>(
    rollouts: &mut Rollouts<super::Process, D>,
    (of_left, of_right): (D, D),
    exact: &(f64, Vec<f64>),
) {
    let settings = rollouts.settings();
    let logits = [of_left.parameters(), of_right.parameters()].concat();
    let each = logits.len() / 2;
    let decision = cells(ends_of(&of_left).into_iter().chain(ends_of(&of_right)));
    let cut = cells([CUT]);
    let steps = (0..settings.horizon).flat_map(|_| [decision.clone(), cut.clone()]);
    let rule = Rule::new(std::iter::once(cut.clone()).chain(steps).collect()).repeat(settings.rollouts);
    // As it is after some rollouts; not at every time.
    let state = TimeAverageState { decay: 0.9, means: vec![1.5, -0.75], weights: vec![2.0, 1.0] };
    let average = TimeAverage::from_state(&state).unwrap();
    let (mut value, mut means, mut total) = (0.0, vec![vec![0.0; logits.len()]; 4], 0.0);
    let made = rule.for_each(|noise, weight| {
        rollouts.draw_from(noise, table(&logits))?;
        total += weight;
        value += weight * rollouts.mean_return();
        let learned: Vec<f64> = rollouts.states().chunks(2).map(|state| 0.7 - 2.0 * state[1]).collect();
        let mut average = average.clone();
        let baselines = [
            Baseline::Zero,
            Baseline::Average(&mut average),
            Baseline::LeaveOneOut,
            Baseline::Values(&learned),
        ];
        for (baseline, mean) in baselines.into_iter().zip(&mut means) {
            if settings.rollouts == 1 && matches!(baseline, Baseline::LeaveOneOut) {
                mean.clone_from(&exact.1);
                continue;
            }
            rollouts.estimate(baseline)?;
            let rows = rollouts.states().chunks(2).zip(rollouts.gradient().chunks(each));
            for (state, row) in rows {
                let own = &mut mean[if state[1] == 1.0 { each } else { 0 }..][..each];
                own.iter_mut().zip(row).for_each(|(sum, g)| *sum += weight * g);
            }
        }
        Ok::<_, crate::rollout::RolloutError>(())
    });
    made.unwrap();
    // Rounding of a few hundred thousand terms of about 1.
    assert!((total - 1.0).abs() < 1e-12 && (value - exact.0).abs() < 1e-12, "{value} {}", exact.0);
    for (place, mean) in means.iter().enumerate() {
        for (mean, exact) in mean.iter().zip(&exact.1) {
            let is_own = settings.rollouts > 1 || place != 2;
            assert!(!is_own || (mean - exact).abs() < 1e-11, "baseline {place}: {means:?} for {exact:?}");
        }
    }
}

#[test]
fn the_mean_of_the_gradient_is_exact_for_bits_with_every_baseline() {
    let logits = [0.4, -0.9];
    for (rollouts, horizon, discount) in
        [(1, 3, 0.9), (2, 2, 1.0), (2, 3, 0.8), (1, 1, 0.0), (2, 2, 0.0), (3, 1, 0.5)]
    {
        let settings = Settings { rollouts, horizon, discount };
        let exact = Policy::of_bits(logits).expected(settings);
        let [left, right] = logits.map(|a| Bernoulli::from_logits(&[a]).unwrap());
        check(&mut process(left.clone(), 2, settings), (left, right), &exact);
    }
}

#[test]
fn the_mean_of_the_gradient_is_exact_for_categorical_variables_with_every_baseline() {
    let logits = [0.4, -0.9, 0.1, -1.5, 0.2, 0.7];
    for (rollouts, horizon, discount) in [(1, 3, 0.9), (2, 2, 0.7), (2, 1, 1.0)] {
        let settings = Settings { rollouts, horizon, discount };
        let exact = Policy::of_states(&logits).expected(settings);
        let [left, right] = [0, 3].map(|at| Categorical::from_logits(&logits[at..][..3], 3).unwrap());
        check(&mut process(left.clone(), 3, settings), (left, right), &exact);
    }
}

/// The derivatives of the recursion are those of its values.
#[test]
fn the_exact_gradient_agrees_with_differences() {
    let settings = Settings { rollouts: 1, horizon: 3, discount: 0.8 };
    let logits = [0.4, -0.9, 0.1, -1.5, 0.2, 0.7];
    let (_, gradient) = Policy::of_states(&logits).expected(settings);
    for i in 0..6 {
        let at = |h: f64| {
            let mut moved = logits;
            moved[i] += h;
            Policy::of_states(&moved).expected(settings).0
        };
        // The third derivative is of order 1, and so is a value: h² and 1e-16/h.
        assert!((gradient[i] - (at(1e-5) - at(-1e-5)) / 2e-5).abs() < 1e-9);
    }
}

#[test]
fn a_baseline_that_foretells_the_return_lowers_the_variance() {
    let settings = Settings { rollouts: 8, horizon: 3, discount: 1.0 };
    let logits = [0.4, -0.9];
    let mut rollouts = process(Bernoulli::from_logits(&[0.0]).unwrap(), 2, settings);
    let policy = Policy::of_bits(logits);
    let mut average = TimeAverage::new(0.99).unwrap();
    let mut squares = [0.0; 4];
    for round in 0..2_000 {
        rollouts.draw(1, 0, 8 * round, table(&logits)).unwrap();
        let rows = rollouts.states().chunks(2).zip(rollouts.places());
        let value = |(state, place): (&[f64], &crate::rollout::Place)| {
            policy.value(usize::from(state[1] == 1.0), settings.horizon - place.time, 1.0).0
        };
        let values: Vec<f64> = rows.map(value).collect();
        let baselines = [
            Baseline::Zero,
            Baseline::Average(&mut average),
            Baseline::LeaveOneOut,
            Baseline::Values(&values),
        ];
        for (baseline, square) in baselines.into_iter().zip(&mut squares) {
            rollouts.estimate(baseline).unwrap();
            *square += rollouts.gradient().iter().sum::<f64>().powi(2);
        }
    }
    let [zero, average, others, values] = squares;
    assert!(average < 0.7 * zero && others < 0.8 * zero && values < average.min(others), "{squares:?}");
}

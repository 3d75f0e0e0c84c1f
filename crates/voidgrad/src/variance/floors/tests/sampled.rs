use rayon::ThreadPoolBuilder;

use super::{drawn, of, state};
use crate::bernoulli::Bernoulli;
use crate::error::EstimateError;
use crate::estimator::{Estimator, Round};
use crate::estimators::{Reinforce, ReinforceEma, ReinforceOptimal};
use crate::noise::Stream;
use crate::objective::Multilinear;
use crate::toy::MeanQuadratic;
use crate::variance::{
    Floors, SampledFloor, SampledFloors, VarianceError, floors, floors_of_multilinear, monte_carlo,
    sampled_floors,
};

/// What there is, beside the exact number.
fn pairs(found: &SampledFloors, exact: &Floors) -> Vec<(SampledFloor, f64)> {
    let found = [Some(found.constant), found.additive, found.pairwise];
    let exact = [exact.constant, exact.additive, exact.pairwise];
    found.into_iter().zip(exact).filter_map(|(found, exact)| Some((found?, exact))).collect()
}

/// Variables of which no state is rare, so that a sum over samples is nearly normal.
fn thetas(seed: u64, variables: usize) -> Vec<f64> {
    drawn(seed, variables).iter().map(|x| 0.5 + 0.25 * x).collect()
}

// 4,000 samples of bounded terms are near enough to normal: 66 scores, each beyond 5 with probability 6e-7, have a false-alarm rate of 4e-5 if the seeds are changed. The mean of
// their squares has a standard deviation of √(2/66) = 0.17, and five of them are allowed.
#[test]
fn samples_agree_with_the_sum_over_all_states() {
    let (mut squares, mut count) = (0.0, 0.0);
    for variables in [2, 3, 6, 10] {
        for seed in 0..6 {
            let table = drawn(1000 + seed, 1 << variables);
            let f = |b: &[f64]| table[state(b)];
            let bernoulli = of(&thetas(seed, variables));
            let exact = floors(&bernoulli, &f).unwrap();
            let found = sampled_floors(&bernoulli, &f, 4_000, seed).unwrap();
            for (found, exact) in pairs(&found, &exact) {
                // Of two variables, pairs leave rounding alone.
                if exact > 1e-20 {
                    let score = (found.variance - exact) / found.standard_error;
                    assert!(
                        score.abs() < 5.0,
                        "{variables}, {seed}: {found:?} is {score} errors from {exact}"
                    );
                    assert!(found.standard_error < 0.1 * exact, "{found:?}");
                    squares += score * score;
                    count += 1.0;
                }
            }
        }
    }
    assert!(count == 66.0 && (squares / count - 1.0).abs() < 0.87, "{squares} {count}");
}

// 22 weights are fitted to 50 samples, so what they leave is nearly twice the floor; the correction has to take that away. Its error is that of the mean of 60, and four of them are a false alarm in one of 16,000 seeds
// for each family. The standard error may be too large by √2 here.
#[test]
fn few_samples_are_not_biased() {
    let table = drawn(1003, 64);
    let f = |b: &[f64]| table[state(b)];
    let bernoulli = of(&thetas(3, 6));
    let exact = floors(&bernoulli, &f).unwrap();
    let mut sums = [[0.0; 3]; 3];
    let runs = 60;
    for seed in 0..runs {
        let found = sampled_floors(&bernoulli, &f, 100, seed).unwrap();
        for ((found, exact), sums) in pairs(&found, &exact).into_iter().zip(&mut sums) {
            let deviation = found.variance / exact - 1.0;
            let error = found.standard_error / exact;
            sums.iter_mut()
                .zip([deviation, deviation * deviation, error * error])
                .for_each(|(sum, x)| *sum += x);
        }
    }
    let n = f64::from(u32::try_from(runs).unwrap());
    for sums in sums {
        let [deviation, square, error] = sums.map(|sum| sum / n);
        assert!(deviation.abs() < 4.0 * (square / n).sqrt(), "{sums:?}");
        // The mean of 60 squares of normal numbers has a standard deviation of 18 %, and the stated square is twice the true one at most.
        assert!(error > 0.5 * square && error < 4.0 * square, "{sums:?}");
    }
}

#[test]
fn more_variables_than_have_states_to_add_up() {
    let count = 40;
    let numbers = drawn(5, 1 + count + count * count);
    let all = (0..count).flat_map(|m| (0..m).map(move |n| (m, n))).zip(&numbers[1 + count..]);
    let some: Vec<_> = all.map(|((m, n), q)| (m, n, *q)).filter(|(m, n, _)| (m + 3 * n) % 7 == 0).collect();
    let f = Multilinear::new(1e6, &numbers[1..=count], &some).unwrap();
    let bernoulli = of(&thetas(6, count));
    let exact = floors_of_multilinear(&bernoulli, &f).unwrap();
    let found = sampled_floors(&bernoulli, &f, 4_000, 1).unwrap();
    for (found, exact) in pairs(&found, &exact).into_iter().take(2) {
        // False alarm: one seed of 16,000 for each.
        assert!((found.variance - exact).abs() < 4.0 * found.standard_error, "{found:?} {exact}");
        assert!(found.standard_error < 0.1 * exact);
    }
    // f is of the last family, so its floor is 0. The fit ends after 40 steps, each of which leaves about half of the variance with so few samples: 1e-12 of it.
    let pairwise = found.pairwise.unwrap();
    assert!(pairwise.variance.abs() < 1e-11 && pairwise.standard_error < 1e-11, "{pairwise:?}");
}

// One variable takes a constant alone; what is left is the square of roundings, 1e-32. With functions that are sums of each other, a ridge of 1e-12 may enlarge that, but no more than to 1e-24 of the
// variance of f times the score, which is below 0.1.
#[test]
fn nothing_is_left_of_one_variable() {
    for theta in [0.02, 0.5, 0.9] {
        let found = sampled_floors(&of(&[theta]), &MeanQuadratic { target: 0.499 }, 200, 3).unwrap();
        for floor in [found.constant, found.additive.unwrap(), found.pairwise.unwrap()] {
            assert!(floor.variance.abs() < 1e-25 && floor.standard_error < 1e-25, "{theta}: {floor:?}");
        }
    }
}

// All variables are alike, so a constant of each coordinate of its own, which `ReinforceOptimal` has, is one constant. Four standard errors of a difference: false alarm in one of 30,000
// seeds for each of four comparisons, and that only with the best baseline.
#[test]
fn no_estimator_of_one_sample_lies_below_the_floor_of_constants() {
    let bernoulli = of(&[0.4; 24]);
    let f = |b: &[f64]| 5.0 + (b.iter().sum::<f64>() - 7.0).powi(3) / 50.0;
    let floor = sampled_floors(&bernoulli, &f, 10_000, 1).unwrap().constant;
    let mut estimators: [Box<dyn Estimator>; 4] = [
        Box::new(Reinforce::new(0.0).unwrap()),
        Box::new(Reinforce::new(5.8).unwrap()),
        Box::new(ReinforceEma::new(0.99).unwrap()),
        Box::new(ReinforceOptimal::new(0.99).unwrap()),
    ];
    let mut least = f64::INFINITY;
    for (number, estimator) in estimators.iter_mut().enumerate() {
        let (mut round, mut stream) = (Round::new(), Stream::new(9, 0, 0));
        for _ in 0..1_000 {
            round.draw(estimator, &bernoulli, &mut stream).unwrap();
            round.evaluate(&f).unwrap();
            round.tell(estimator, &bernoulli).unwrap();
        }
        let found = monte_carlo(&bernoulli, &f, estimator, 10_000, 2).unwrap();
        let error = found.standard_error.hypot(floor.standard_error);
        assert!(found.variance > floor.variance - 4.0 * error, "{number}: {found:?} {floor:?}");
        least = least.min(found.variance);
    }
    // The floor is no number that all are above anyhow.
    assert!(least < 1.2 * floor.variance, "{least} {floor:?}");
}

#[test]
fn threads_change_no_bit() {
    let f = |b: &[f64]| b[0] * b[1] * b[2] - b[3];
    let found = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| sampled_floors(&of(&[0.3; 5]), &f, 1_000, 1)).unwrap()
    };
    assert_eq!(found(1), found(3));
}

#[test]
fn too_few_samples_leave_families_out() {
    let bernoulli = Bernoulli::from_logits(&[0.1; 30]).unwrap();
    let f = |b: &[f64]| b[0] * b[1] * b[2];
    let of_families = |samples: u64| {
        let found = sampled_floors(&bernoulli, &f, samples, 1).unwrap();
        (found.additive.is_some(), found.pairwise.is_some())
    };
    // 31 and 466 weights.
    assert_eq!(of_families(4 * 31 - 1), (false, false));
    assert_eq!(of_families(4 * 31), (true, false));
    assert_eq!(of_families(4 * 466 - 1), (true, false));
    assert_eq!(of_families(4 * 466), (true, true));
    let error = sampled_floors(&bernoulli, &f, 63, 1).unwrap_err();
    assert_eq!(error, VarianceError::TooFewForARegression { samples: 63, needed: 64 });
    let error = sampled_floors(&bernoulli, &f, 1 << 40, 1).unwrap_err();
    assert_eq!(error, VarianceError::TooManySamples { samples: 1 << 40, allowed: 1 << 25 });
}

#[test]
fn what_has_no_floor_is_an_error() {
    let broken = |b: &[f64]| if b[0] == 1.0 { f64::NAN } else { 1.0 };
    let error = sampled_floors(&of(&[0.5; 2]), &broken, 100, 1).unwrap_err();
    assert!(matches!(error, VarianceError::Estimate(EstimateError::Objective { .. })), "{error}");
    // Its square is no number; of smaller values, it is, and so is its error.
    let of_size =
        |size: f64| sampled_floors(&of(&[0.5; 3]), &move |b: &[f64]| size * b[0] * b[1] * b[2], 200, 1);
    assert!(matches!(of_size(1e200), Err(VarianceError::NotFinite { .. })));
    let (large, one) = (of_size(2.0_f64.powi(400)).unwrap(), of_size(1.0).unwrap());
    assert_eq!(large.constant.variance, one.constant.variance * 2.0_f64.powi(800));
    assert_eq!(large.constant.standard_error, one.constant.standard_error * 2.0_f64.powi(800));
}

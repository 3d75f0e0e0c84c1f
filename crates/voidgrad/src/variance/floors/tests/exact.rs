use nalgebra::{DMatrix, DVector};

use super::{drawn, of, point, state};
use crate::bernoulli::Bernoulli;
use crate::controls::{Constant, Zero};
use crate::error::EstimateError;
use crate::estimators::{MuProp, Reinforce};
use crate::objective::Smooth;
use crate::toy::MeanQuadratic;
use crate::variance::{VarianceError, enumerate, floors, moments, monte_carlo, quadrature};

/// The same problem once more: a row for each state and coordinate, the root of p(b) times the deviation of a function times the
/// score, and the functions as products of b, not of b - θ.
struct Rows {
    matrix: DMatrix<f64>,
    right: DVector<f64>,
    variables: usize,
}

impl Rows {
    fn new(thetas: &[f64], f: &dyn Fn(&[f64]) -> f64, degree: u32) -> Self {
        let variables = thetas.len();
        let states: Vec<Vec<f64>> = (0..1 << variables).map(|state| point(state, variables)).collect();
        let p: Vec<f64> = states
            .iter()
            .map(|b| {
                b.iter().zip(thetas).map(|(b, theta)| if *b == 1.0 { *theta } else { 1.0 - theta }).product()
            })
            .collect();
        let column = |h: &dyn Fn(&[f64]) -> f64| -> Vec<f64> {
            let of_coordinate = |m: usize| {
                let products: Vec<f64> = states.iter().map(|b| h(b) * (b[m] - thetas[m])).collect();
                let mean: f64 = products.iter().zip(&p).map(|(product, p)| product * p).sum();
                products.iter().zip(&p).map(|(product, p)| p.sqrt() * (product - mean)).collect::<Vec<_>>()
            };
            (0..variables).flat_map(of_coordinate).collect()
        };
        let members = (0..1_usize << variables).filter(|j| j.count_ones() <= degree);
        let columns: Vec<DVector<f64>> = members
            .map(|j| column(&|b| f64::from(u8::from(state(b) & j == j))))
            .map(DVector::from_vec)
            .collect();
        Self { matrix: DMatrix::from_columns(&columns), right: DVector::from_vec(column(f)), variables }
    }

    /// The variance that weights leave.
    fn left_by(&self, weights: &DVector<f64>) -> f64 {
        (&self.matrix * weights - &self.right).norm_squared() / self.variables as f64
    }

    fn best(&self) -> DVector<f64> {
        self.matrix.clone().svd(true, true).solve(&self.right, 1e-14).unwrap()
    }
}

const PROBLEMS: [&[f64]; 6] = [
    &[0.3, 0.6],
    &[0.5, 0.5],
    &[0.02, 0.9, 0.4],
    &[0.5; 3],
    &[0.2, 0.97, 0.5, 0.66],
    &[1e-3, 0.5, 0.999, 0.1],
];

// Both ways have rounding errors of 1e-16 in r, amplified by the condition of the rows: below 1e3 for these θ. Their squares are nothing beside 1e-12 of the
// variance of f times the score, the scale of all terms; what is left of 1e-12 is for the sums.
#[test]
fn floors_are_the_least_squares_of_all_states_and_coordinates() {
    for (seed, thetas) in PROBLEMS.iter().enumerate() {
        let table = drawn(seed as u64, 1 << thetas.len());
        let f = |b: &[f64]| table[state(b)];
        let bernoulli = of(thetas);
        let found = floors(&bernoulli, &f).unwrap();
        let scale = enumerate(&bernoulli, &f, &Zero).unwrap().variance;
        for (degree, found) in (0..).zip([found.constant, found.additive, found.pairwise]) {
            let rows = Rows::new(thetas, &f, degree);
            let best = rows.best();
            let expected = rows.left_by(&best);
            assert!((found - expected).abs() < 1e-12 * scale, "{thetas:?}, {degree}: {found} {expected}");
            // Weights that are not the best leave more, near and far.
            for (seed, size) in [1e-4, 1e-2, 1.0, 100.0].into_iter().cycle().take(40).enumerate() {
                let moved = &best + DVector::from_vec(drawn(100 + seed as u64, best.len())) * size;
                assert!(rows.left_by(&moved) > found - 1e-12 * scale, "{thetas:?}, {degree}, {size}");
            }
        }
    }
}

// The control of one variable is at best a constant, which is known to a rounding or two of f, and so is r; the variance is its square times
// that of the score.
#[test]
fn a_constant_is_all_that_one_variable_takes() {
    for theta in [1e-300, 1e-6, 0.2, 0.5, 0.93, 1.0 - 1e-12] {
        for values in [[0.3, 0.7], [-5.0, 1e6], [1e9, 1e9 + 1.0]] {
            let found = floors(&of(&[theta]), &|b: &[f64]| values[state(b)]).unwrap();
            let rounding = 4.0 * f64::EPSILON * values[0].abs().max(values[1].abs());
            let allowed = rounding * rounding * theta * (1.0 - theta);
            assert!(found.constant <= allowed, "{theta}, {values:?}: {found:?}");
            assert!(found.pairwise <= found.additive && found.additive <= found.constant);
        }
    }
}

// The last bits of the first two, which are sums in another order, may differ.
#[test]
fn each_floor_is_at_most_the_one_before() {
    for seed in 0..30 {
        let variables = 1 + usize::try_from(seed % 6).unwrap();
        let thetas: Vec<f64> = drawn(seed, variables).iter().map(|x| 0.5 + 0.499 * x).collect();
        let table = drawn(1000 + seed, 1 << variables);
        let (bernoulli, f) = (of(&thetas), |b: &[f64]| table[state(b)]);
        let found = floors(&bernoulli, &f).unwrap();
        let reinforce = enumerate(&bernoulli, &f, &Zero).unwrap().variance;
        assert!(found.constant <= reinforce * (1.0 + 1e-13), "{thetas:?}");
        assert!(found.additive <= found.constant && found.pairwise <= found.additive, "{thetas:?}");
        assert!(found.pairwise >= 0.0);
        // Pairs are all that there is of two variables, and not of three.
        let nothing = 1e-28 * reinforce;
        assert_eq!(found.pairwise > nothing, variables > 2, "{thetas:?}: {found:?}");
        assert_eq!(found.additive > nothing, variables > 1, "{thetas:?}: {found:?}");
    }
}

// A floor of 0 is found up to the squares of roundings of f, a few times 1e-16 of its size of about 10, and of 1e8 where it is shifted: at each θ 1e-28 of the square
// of that size is two digits more.
#[test]
fn a_family_that_f_belongs_to_leaves_nothing() {
    let slopes = drawn(1, 6);
    let linear = |b: &[f64]| 3.0 + b.iter().zip(&slopes).map(|(b, slope)| b * slope).sum::<f64>();
    let quadratic = |b: &[f64]| (linear(b) - b[2]).powi(2);
    for thetas in [[0.5; 6], [0.01, 0.9, 0.3, 0.5, 0.77, 0.2], [1e-6; 6]] {
        let bernoulli = of(&thetas);
        for (shift, size) in [(0.0, 10.0), (1e8, 1e8)] {
            let nothing = 1e-28 * size * size;
            let found = floors(&bernoulli, &|b: &[f64]| shift + linear(b)).unwrap();
            assert!(found.additive < nothing && found.constant > 1e-13, "{thetas:?}, {shift}: {found:?}");
            let found = floors(&bernoulli, &|b: &[f64]| shift + quadratic(b)).unwrap();
            assert!(found.pairwise < nothing && found.constant > 1e-13, "{thetas:?}, {shift}: {found:?}");
            let more = |b: &[f64]| shift + quadratic(b) + b[0] * b[3] * b[5];
            assert!(floors(&bernoulli, &more).unwrap().pairwise > found.pairwise, "{thetas:?}, {shift}");
        }
    }
}

// The constant of the formula has a rounding of its own, whose effect is its square. So have the moments, which are made in another order.
#[test]
fn the_best_constant_has_the_floor_of_constants() {
    for (seed, thetas) in PROBLEMS.iter().enumerate() {
        let table = drawn(50 + seed as u64, 1 << thetas.len());
        let (bernoulli, f) = (of(thetas), |b: &[f64]| 20.0 + table[state(b)]);
        let (mut above, mut below) = (0.0, 0.0);
        for (state, f) in table.iter().enumerate() {
            let b = point(state, thetas.len());
            let sides = b.iter().zip(*thetas);
            let p: f64 =
                sides.clone().map(|(b, theta)| if *b == 1.0 { *theta } else { 1.0 - theta }).product();
            let squares: f64 = sides.map(|(b, theta)| (b - theta).powi(2)).sum();
            above += p * (20.0 + f) * squares;
            below += p * squares;
        }
        let best = above / below;
        let floor = floors(&bernoulli, &f).unwrap().constant;
        let reinforce = Reinforce::new(best).unwrap();
        for found in
            [moments(&bernoulli, &f, &reinforce), enumerate(&bernoulli, &f, &Constant::new(best).unwrap())]
        {
            let found = found.unwrap().variance;
            assert!((found / floor - 1.0).abs() < 1e-12, "{thetas:?}: {found} {floor}");
        }
        for shift in [-1.0, -1e-3, 1e-3, 1.0] {
            let other = Reinforce::new(best + shift).unwrap();
            assert!(moments(&bernoulli, &f, &other).unwrap().variance > floor, "{thetas:?}, {shift}");
        }
    }
}

// Reinforce has a control that is a constant, and MuProp one that is a function of each coordinate.
#[test]
fn no_estimator_lies_below_the_floor_of_its_family() {
    let bernoulli = of(&[0.3, 0.5, 0.8, 0.65]);
    // Close to a sum of one function for each variable, so that the expansion of MuProp is worth having.
    let inner = |x: &[f64]| x[0] + x[1] * x[2] - x[3];
    let value = |x: &[f64]| inner(x) + 0.05 * inner(x).powi(2);
    let f = Smooth::new(value, |x: &[f64], slope: &mut [f64]| {
        slope.copy_from_slice(&[1.0, x[2], x[1], -1.0].map(|slope| (1.0 + 0.1 * inner(x)) * slope));
        value(x)
    });
    let found = floors(&bernoulli, &f).unwrap();
    assert!(found.pairwise > 1e-6 && found.pairwise < found.additive);
    let muprop = moments(&bernoulli, &f, &MuProp).unwrap().variance;
    assert!(muprop > found.additive && muprop < found.constant, "{muprop} {found:?}");
    for baseline in [-1.0, 0.0, 0.3, 0.5, 1.0] {
        let reinforce = Reinforce::new(baseline).unwrap();
        assert!(moments(&bernoulli, &f, &reinforce).unwrap().variance >= found.constant);
        // Four standard errors: false alarm in one of 30,000 seeds, and only if the baseline is the best.
        let sampled = monte_carlo(&bernoulli, &f, &reinforce, 20_000, 7).unwrap();
        assert!(sampled.variance > found.constant - 4.0 * sampled.standard_error, "{baseline}");
    }
    let sampled = monte_carlo(&bernoulli, &f, &MuProp, 20_000, 7).unwrap();
    assert!(sampled.variance > found.additive - 4.0 * sampled.standard_error);
    // The floor of one variable is 0, of whatever constant.
    let (one, toy) = (of(&[0.3]), MeanQuadratic { target: 0.499 });
    let found = floors(&one, &toy).unwrap();
    assert!(found.constant < 1e-31 && quadrature(&one, &toy, &Zero).unwrap().variance > found.constant);
}

#[test]
fn ten_variables_and_the_most() {
    // At θ = ½ the functions are orthogonal, and the score is ±½: what is left is ¼ of the squares of the weights.
    let signs = |b: &[f64], j: usize| {
        b.iter().enumerate().filter(|(m, _)| j >> m & 1 == 1).map(|(_, b)| 2.0 * b - 1.0).product::<f64>()
    };
    for variables in [10, 20] {
        let f = |b: &[f64]| {
            7.0 + 2.0 * signs(b, 0b100) + 0.5 * signs(b, 0b101) + 0.25 * signs(b, 0b111)
                - 3.0 * signs(b, 1 << 9)
        };
        let found = floors(&of(&vec![0.5; variables]), &f).unwrap();
        let (ones, pairs, more) = (13.0, 0.25, 0.0625);
        let expected =
            [(ones + pairs + more) / 4.0 - ones / 4.0 / variables as f64, (pairs + more) / 4.0, more / 4.0];
        for (found, expected) in [found.constant, found.additive, found.pairwise].into_iter().zip(expected) {
            // Sums over a million states in a tree have 20 roundings, and three or four of them follow each other.
            assert!((found / expected - 1.0).abs() < 1e-13, "{variables}: {found} {expected}");
        }
    }
}

#[test]
fn what_has_no_floor_is_an_error() {
    let many = Bernoulli::from_logits(&[0.0; 21]).unwrap();
    let error = floors(&many, &|b: &[f64]| b[0]).unwrap_err();
    assert_eq!(error, VarianceError::TooManyVariables { found: 21, allowed: 20 });
    let broken = |b: &[f64]| if state(b) == 2 { f64::INFINITY } else { 1.0 };
    let error = floors(&of(&[0.5, 0.5]), &broken).unwrap_err();
    let expected = EstimateError::Objective { value: f64::INFINITY, b: vec![0.0, 1.0] };
    assert_eq!(error, VarianceError::Estimate(expected));
    let large = |b: &[f64]| 1e300 * b[0] * b[1];
    assert!(matches!(floors(&of(&[0.5, 0.5]), &large), Err(VarianceError::NotFinite { .. })));
}

#[test]
fn extreme_logits_are_no_error() {
    for a in [36.0, 300.0, 700.0, 740.0, 1e300, f64::MAX] {
        for logits in [[a, a, a], [-a, -a, -a], [a, -a, 0.3], [0.1, -0.2, a]] {
            let bernoulli = Bernoulli::from_logits(&logits).unwrap();
            let f = |b: &[f64]| 1.0 + 2.0 * b[0] - b[1] * b[2] + b[0] * b[1] * b[2];
            let found = floors(&bernoulli, &f).unwrap();
            let reinforce = enumerate(&bernoulli, &f, &Zero).unwrap().variance;
            let all = [reinforce * (1.0 + 1e-13), found.constant, found.additive, found.pairwise];
            assert!(all.is_sorted_by(|a, b| a >= b) && found.pairwise >= 0.0, "{logits:?}: {all:?}");
        }
    }
}

// The rarer a 1, the closer a constant is to a sum of the other functions: the rows have a condition of 1/θ with pairs, and the normal equations its square.
// Down to 1e-5 fits of what is left keep nine digits and more of a floor that is a part of 1e-10 of that of constants. Beyond, the ridge leaves more
// than the least, but no more than is promised: 1e-12 of the variances of the terms of h, which are of the size of REINFORCE's.
#[test]
fn rare_states_keep_the_digits_that_are_promised() {
    for theta in [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8] {
        for variables in [3, 5] {
            let thetas: Vec<f64> = drawn(9, variables).iter().map(|x| theta * (1.0 + 0.5 * x)).collect();
            let table = drawn(77, 1 << variables);
            let f = |b: &[f64]| table[state(b)];
            let bernoulli = of(&thetas);
            let found = floors(&bernoulli, &f).unwrap();
            let scale = enumerate(&bernoulli, &f, &Zero).unwrap().variance;
            for (degree, found) in (0..).zip([found.constant, found.additive, found.pairwise]) {
                let rows = Rows::new(&thetas, &f, degree);
                let least = rows.left_by(&rows.best());
                let allowed = if theta < 1e-5 { 1e-12 * scale } else { 1e-9 * least };
                assert!(found - least < allowed, "{thetas:?}, {degree}: {found:e} {least:e}");
                assert!(found > least * (1.0 - 1e-9), "{thetas:?}, {degree}: {found:e} {least:e}");
            }
        }
    }
}

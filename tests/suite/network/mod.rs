//! `#[network]`: values and derivatives of many rows, against the function row by row and its differences.

mod errors;
mod functions;
mod inlined;
mod large;
mod lengths;
mod model;
mod state;
mod unbiased;

use functions::{Case, cases};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use voidgrad::network::{Network, Rows};

/// One row, one less and one more than lanes have, one less and one more than a chunk, and several chunks of which the last is not full.
const ROWS: [usize; 9] = [1, 7, 8, 9, 17, 63, 64, 65, 300];

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

/// The arguments of so many rows, one vector each.
fn arguments(case: &Case, rows: usize) -> Vec<Vec<f64>> {
    let vector = |(i, entries): (usize, &usize)| numbers(rows * entries, 10 + i as u64);
    case.each.iter().enumerate().map(vector).collect()
}

fn close(found: f64, expected: f64, bound: f64, what: &str) {
    assert!((found - expected).abs() <= bound * (1.0 + expected.abs()), "{what}: {found} and {expected}");
}

// Lanes have 2 to 4 ulp a function, and sums of up to 20 terms near 1 are taken in another order.
const EXACT: f64 = 1e-13;

#[test]
fn the_values_are_those_of_the_function() {
    for case in cases() {
        for rows in ROWS {
            let each = arguments(&case, rows);
            let mut y = vec![f64::NAN; rows * case.y];
            (case.rows)(&case.parameters, &each, &mut y).unwrap();
            for n in 0..rows {
                let row = row(&case, &each, n);
                let expected = (case.one)(&case.parameters, &row);
                for (found, expected) in y[n * case.y..][..case.y].iter().zip(expected) {
                    close(*found, expected, EXACT, case.name);
                }
            }
        }
    }
}

/// The arguments of one row.
fn row(case: &Case, each: &[Vec<f64>], n: usize) -> Vec<Vec<f64>> {
    each.iter().zip(&case.each).map(|(each, entries)| each[n * entries..][..*entries].to_vec()).collect()
}

/// `ȳ·y` of one row.
fn weighted(case: &Case, parameters: &[f64], row: &[Vec<f64>], y_bar: &[f64]) -> f64 {
    (case.one)(parameters, row).iter().zip(y_bar).map(|(y, bar)| y * bar).sum()
}

/// A central difference: an error of `h²/6` of a third derivative near 1, and `ε/h` of rounding, with `h = 1e-5` both near 2e-11.
fn difference(at: f64, mut value: impl FnMut(f64) -> f64) -> f64 {
    const H: f64 = 1e-5;
    (value(at + H) - value(at - H)) / (2.0 * H)
}

#[test]
fn the_derivatives_are_those_of_the_function() {
    for case in cases() {
        for rows in [1, 9, 67] {
            let each = arguments(&case, rows);
            let y_bar = numbers(rows * case.y, 3);
            let mut sums = vec![0.25; case.parameters.len()];
            let mut bars: Vec<Vec<f64>> = each.iter().map(|each| vec![f64::NAN; each.len()]).collect();
            (case.vjp)(&case.parameters, &each, &y_bar, &mut sums, &mut bars).unwrap();
            for (i, sum) in sums.iter().enumerate() {
                let expected = difference(case.parameters[i], |value| {
                    let mut parameters = case.parameters.clone();
                    parameters[i] = value;
                    let of_row = |n| {
                        weighted(&case, &parameters, &row(&case, &each, n), &y_bar[n * case.y..][..case.y])
                    };
                    (0..rows).map(of_row).sum()
                });
                // What was there stays.
                close(*sum - 0.25, expected, 1e-8, &format!("{}, parameter {i}", case.name));
            }
            for (argument, bar) in bars.iter().enumerate() {
                let entries = case.each[argument];
                for (place, found) in bar.iter().enumerate() {
                    let (n, i) = (place / entries, place % entries);
                    let mut at = row(&case, &each, n);
                    let y_bar = &y_bar[n * case.y..][..case.y];
                    let expected = difference(at[argument][i], |value| {
                        at[argument][i] = value;
                        weighted(&case, &case.parameters, &at, y_bar)
                    });
                    close(*found, expected, 1e-8, &format!("{}, argument {argument}, row {n}", case.name));
                }
            }
        }
    }
}

// Another function of the generated code, of the same operations in the same order.
#[test]
fn the_derivatives_by_the_parameters_alone_are_the_same() {
    for case in cases() {
        let rows = 75;
        let (each, y_bar) = (arguments(&case, rows), numbers(rows * case.y, 3));
        let [mut all, mut alone] = [0, 1].map(|_| vec![0.0; case.parameters.len()]);
        let mut bars: Vec<Vec<f64>> = each.iter().map(|each| vec![0.0; each.len()]).collect();
        (case.vjp)(&case.parameters, &each, &y_bar, &mut all, &mut bars).unwrap();
        (case.vjp)(&case.parameters, &each, &y_bar, &mut alone, &mut vec![Vec::new(); each.len()]).unwrap();
        for (i, (alone, all)) in alone.iter().zip(&all).enumerate() {
            close(*alone, *all, EXACT, &format!("{}, parameter {i}", case.name));
        }
        // One of several arguments.
        bars[0].fill(f64::NAN);
        bars[1..].fill(Vec::new());
        (case.vjp)(&case.parameters, &each, &y_bar, &mut alone, &mut bars).unwrap();
        assert!(bars[0].iter().all(|bar| bar.is_finite()), "{}", case.name);
    }
}

// A third function of the generated code.
#[test]
fn values_and_derivatives_of_one_pass_are_the_same() {
    for case in cases() {
        for rows in [1, 9, 75] {
            let (each, y_bar) = (arguments(&case, rows), numbers(rows * case.y, 3));
            let [mut y, mut expected] = [0, 1].map(|_| vec![f64::NAN; rows * case.y]);
            let [mut sums, mut alone] = [0.25, 0.25].map(|sum| vec![sum; case.parameters.len()]);
            (case.both)(&case.parameters, &each, &y_bar, &mut y, &mut sums).unwrap();
            (case.rows)(&case.parameters, &each, &mut expected).unwrap();
            (case.vjp)(&case.parameters, &each, &y_bar, &mut alone, &mut vec![Vec::new(); each.len()])
                .unwrap();
            for (i, (found, expected)) in y.iter().zip(&expected).chain(sums.iter().zip(&alone)).enumerate() {
                close(*found, *expected, EXACT, &format!("{}, {rows} rows, number {i}", case.name));
            }
        }
    }
}

/// `s` and its derivative, three rows each for a row of `s`; across groups of lanes and chunks.
#[test]
fn rows_that_several_share_are_as_if_each_had_its_own() {
    for own in [1, 5, 50] {
        let (model, rows) = (functions::mixture_model(), 3 * own);
        let (x, s, y_bar) = (numbers(5 * rows, 1), numbers(own, 2), numbers(5 * rows, 3));
        let repeated: Vec<f64> = s.iter().flat_map(|s| [*s; 3]).collect();
        let [mut apart, mut shared] = [0, 1].map(|_| vec![0.0; 5 * rows]);
        model.rows(&x, &repeated, &mut apart).unwrap();
        model.rows(&x, Rows::repeated(&s, 3), &mut shared).unwrap();
        assert_eq!(apart, shared);
        let [mut sums_apart, mut sums_shared] = [0, 1].map(|_| vec![0.0; model.parameters().len()]);
        let (mut bar_apart, mut bar_shared) = (vec![0.0; rows], vec![f64::NAN; own]);
        model.rows_vjp(&x, &repeated, &y_bar, &mut sums_apart, &mut [], &mut bar_apart).unwrap();
        model
            .rows_vjp(&x, Rows::repeated(&s, 3), &y_bar, &mut sums_shared, &mut [], &mut bar_shared)
            .unwrap();
        assert_eq!(sums_apart, sums_shared);
        let added: Vec<f64> = bar_apart.chunks(3).map(|rows| rows.iter().sum()).collect();
        assert_eq!(added, bar_shared);
        let error = model.rows(&x, Rows::repeated(&s, 2), &mut shared).unwrap_err();
        assert_eq!(error.to_string(), format!("s has {} entries where {rows} are needed", 2 * own));
    }
}

/// All derivatives of a case, one after the other.
fn derivatives(case: &Case, rows: usize) -> Vec<u64> {
    let each = arguments(case, rows);
    let mut sums = vec![0.0; case.parameters.len()];
    let mut bars: Vec<Vec<f64>> = each.iter().map(|each| vec![0.0; each.len()]).collect();
    (case.vjp)(&case.parameters, &each, &numbers(rows * case.y, 3), &mut sums, &mut bars).unwrap();
    sums.iter().chain(bars.iter().flatten()).map(|number| number.to_bits()).collect()
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for case in cases() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| derivatives(&case, 500))
        };
        let one = on(1);
        assert!(on(2) == one && on(7) == one, "{}", case.name);
    }
}

// Half a unit of f32 is 6e-8. 300 rows of up to 20 terms below 3 lose less than a thousand of them, relative to the largest sum.
#[test]
fn single_precision_is_near_double_precision() {
    for case in cases() {
        let rows = 300;
        let each = arguments(&case, rows);
        let y_bar = numbers(rows * case.y, 3);
        let mut double = vec![0.0; case.parameters.len()];
        let mut bars: Vec<Vec<f64>> = each.iter().map(|each| vec![0.0; each.len()]).collect();
        (case.vjp)(&case.parameters, &each, &y_bar, &mut double, &mut bars).unwrap();
        let mut single = vec![0.0; case.parameters.len()];
        (case.single)(&case.parameters, &each, &y_bar, &mut single).unwrap();
        let largest = double.iter().fold(1.0, |largest: f64, sum| largest.max(sum.abs()));
        for (single, double) in single.iter().zip(&double) {
            assert!((single - double).abs() < 6e-5 * largest, "{}: {single} and {double}", case.name);
            assert!(
                *double == 0.0 || single.to_bits() != double.to_bits(),
                "{} was computed in f64",
                case.name
            );
        }
    }
}

//! Lanes against the scalar, with every lane different.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::Level;
use voidgrad_symbolic::primitives::{Binary, Unary};

use crate::functions::{Bounds, Function, OnSlices, functions, levels, quick, ratios, sums};
use crate::ulps::{Number, steps};

const SPECIAL: [f64; 24] = [
    0.0,
    -0.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    0.499_999_999_999_999_94,
    0.499_999_97,
    1e-310,
    -1e-310,
    1e-40,
    1.797e308,
    3.4e38,
    88.7,
    709.7,
    -745.0,
    4_503_599_627_370_495.5,
    8_388_607.5,
];

/// Numbers of three kinds, the same ones every time: any bits, moderate ones, and special ones in all pairs.
fn inputs<T: Number>(salt: u64) -> Vec<T> {
    let mut state = salt;
    let mut bits = || {
        // SplitMix64 (Steele, Lea and Flood, 2014).
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    // NaNs are quiet: arithmetic makes no other, and what the larger one of a signalling NaN and a number is differs.
    let quiet = |x: T| if x.partial_cmp(&x).is_none() { T::of(f64::NAN) } else { x };
    let mut numbers: Vec<T> = (0..800).map(|_| quiet(T::from_seed(bits()))).collect();
    let unit = |bits: u64| f64::from_bits((bits >> 12) | 1.0_f64.to_bits()) - 1.0;
    for width in [1.0, 10.0, 100.0] {
        numbers.extend((0..400).map(|_| T::of(width * (2.0 * unit(bits()) - 1.0))));
    }
    // With strides that have no common divisor with their number, every pair of special numbers meets.
    let step = usize::try_from(salt).expect("a small number");
    numbers.extend((0..SPECIAL.len().pow(2)).map(|i| {
        let (row, column) = (i / SPECIAL.len(), i % SPECIAL.len());
        T::of(SPECIAL[(column + step * row) % SPECIAL.len()])
    }));
    numbers
}

/// Whether a lane's value is within `bound` steps of the scalar's.
type IsClose<T> = fn(bound: f64, value: T, expected: T, size: T) -> bool;

fn check<T: Number>(name: &str, bound: f64, function: OnSlices<T>, size: OnSlices<T>, is_close: IsClose<T>) {
    let [x, y, z] = [0, 1, 5].map(inputs::<T>);
    assert_eq!(x.len() % 16, 0, "the last lanes would not be tested");
    let from = [&x[..], &y, &z];
    let [mut expected, mut sizes, mut value] = [(); 3].map(|()| vec![T::default(); x.len()]);
    function(None, from, &mut expected);
    size(None, from, &mut sizes);
    for level in levels() {
        function(Some(level), from, &mut value);
        for i in 0..x.len() {
            let (value, expected) = (value[i], expected[i]);
            let message = || {
                format!("{name}({:?}, {:?}, {:?}) = {value:?}, not {expected:?}, {level:?}", x[i], y[i], z[i])
            };
            assert!(is_close(bound, value, expected, sizes[i]), "{}", message());
        }
    }
}

#[test]
fn each_lane_is_the_scalars_value() {
    fn is_close<T: Number>(bound: f64, value: T, expected: T, _: T) -> bool {
        steps(expected, value).abs() <= bound
    }
    for Function { name, bounds: Bounds { scalar, .. }, f64, f32, .. } in functions() {
        check(name, scalar, f64, f64, is_close);
        check(name, scalar, f32, f32, is_close);
    }
}

#[test]
fn each_lane_of_a_sum_that_cancels_is_the_scalars_value_to_the_digits_of_what_is_added() {
    fn is_close<T: Number>(bound: f64, value: T, expected: T, size: T) -> bool {
        let (difference, size) = ((value.into() - expected.into()).abs(), size.into());
        steps(expected, value) == 0.0 || difference <= bound * T::EPSILON * size.max(T::MIN_POSITIVE)
    }
    for [Function { name, bounds: Bounds { scalar, .. }, f64, f32, .. }, size] in sums() {
        check(name, scalar, f64, size.f64, is_close);
        check(name, scalar, f32, size.f32, is_close);
    }
}

#[test]
fn every_primitive_is_compared() {
    let sums = sums().into_iter().map(|[function, _]| function);
    let compared: Vec<&str> = functions().into_iter().chain(sums).map(|function| function.name).collect();
    for name in Unary::all().map(|of| of.row().name).chain(Binary::all().map(|of| of.row().name)) {
        assert!(compared.contains(&name), "{name} is in no list of `voidgrad-real`");
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
#[test]
fn avx2_and_avx512_give_the_same_bits() {
    fn check<T: Number>(name: &str, function: OnSlices<T>, levels: &[Level]) {
        let [x, y, z] = [0, 1, 5].map(inputs::<T>);
        let mut values = levels.iter().map(|level| {
            let mut value = vec![T::default(); x.len()];
            function(Some(*level), [&x, &y, &z], &mut value);
            value
        });
        let Some(first) = values.next() else { return };
        for value in values {
            for i in 0..x.len() {
                let (x, first, value) = (x[i], first[i], value[i]);
                assert_eq!(steps(first, value), 0.0, "{name}({x:?}, …) = {first:?} or {value:?}");
            }
        }
    }
    let mut levels = levels();
    levels.retain(|level| level.as_avx2().is_some());
    let others = sums().into_iter().chain(quick()).map(|[function, _]| function).chain(ratios());
    for function in functions().into_iter().chain(others) {
        check(function.name, function.f64, &levels);
        check(function.name, function.f32, &levels);
    }
}

#[test]
fn a_pair_is_both_of_its_halves() {
    fn check<T: Number>(name: &str, alone: OnSlices<T>, pairs: OnSlices<T>) {
        let [x, y, z] = [0, 1, 5].map(inputs::<T>);
        let [mut expected, mut value] = [(); 2].map(|()| vec![T::default(); x.len()]);
        alone(None, [&x, &y, &z], &mut expected);
        pairs(None, [&x, &y, &z], &mut value);
        for i in 0..x.len() {
            let (x, y, z, expected, value) = (x[i], y[i], z[i], expected[i], value[i]);
            assert_eq!(
                steps(expected, value),
                0.0,
                "{name}({x:?}, {y:?}, {z:?}) = {value:?}, not {expected:?}"
            );
        }
    }
    let others = sums().into_iter().chain(quick()).map(|[function, _]| function).chain(ratios());
    for Function { name, f64, f32, pairs, .. } in functions().into_iter().chain(others) {
        check(name, f64, pairs.f64);
        check(name, f32, pairs.f32);
    }
}

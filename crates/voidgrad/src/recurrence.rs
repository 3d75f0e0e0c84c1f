//! Loops `state = next(state, i)` as generated code writes them: forwards for values, backwards for adjoints.

use voidgrad_real::Real;

/// The state after the rounds `0..n`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn scan_end<R: Real>(n: usize, first: R, next: impl Fn(R, usize) -> R) -> R {
    (0..n).fold(first, next)
}

/// The state after the rounds `n - 1` down to 0.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn scan_end_back<R: Real>(n: usize, first: R, next: impl Fn(R, usize) -> R) -> R {
    (0..n).rev().fold(first, next)
}

/// The states before each of the rounds `0..N`.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn scan<const N: usize, R: Real>(first: R, next: impl Fn(R, usize) -> R) -> [R; N] {
    let mut state = first;
    core::array::from_fn(|i| {
        let before = state;
        state = next(state, i);
        before
    })
}

/// The states before each of the rounds `N - 1` down to 0, by the number of the round.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn scan_back<const N: usize, R: Real>(first: R, next: impl Fn(R, usize) -> R) -> [R; N] {
    let mut states = [first; N];
    let mut state = first;
    for i in (0..N).rev() {
        states[i] = state;
        state = next(state, i);
    }
    states
}

/// [`scan`] over a number of rounds that is found at run time.
pub fn scan_vec<R: Real>(n: usize, first: R, next: impl Fn(R, usize) -> R) -> Vec<R> {
    let mut state = first;
    let round = |i| {
        let before = state;
        state = next(state, i);
        before
    };
    (0..n).map(round).collect()
}

/// [`scan_back`] over a number of rounds that is found at run time.
pub fn scan_vec_back<R: Real>(n: usize, first: R, next: impl Fn(R, usize) -> R) -> Vec<R> {
    let mut states = vec![first; n];
    let mut state = first;
    for i in (0..n).rev() {
        states[i] = state;
        state = next(state, i);
    }
    states
}

//! Shapes that do not fit: the error stands on the operator and names both.
use nalgebra::{SMatrix, SVector};
use voidgrad::differentiate;

#[differentiate(wrt(w))]
fn multiplies_what_does_not_fit(w: SMatrix<f64, 3, 4>, x: SVector<f64, 3>) -> SVector<f64, 3> {
    w * x
}

#[differentiate(wrt(x))]
fn adds_what_does_not_fit(x: SVector<f64, 2>, y: SVector<f64, 3>) -> SVector<f64, 2> {
    x + y
}

#[differentiate(wrt(x))]
fn takes_the_dot_of_what_does_not_fit(x: SVector<f64, 2>, y: SVector<f64, 3>) -> f64 {
    x.dot(&y)
}

#[differentiate(wrt(x))]
fn indexes_beyond_the_end(x: [f64; 2]) -> f64 {
    x[2]
}

#[differentiate(wrt(x))]
fn indexes_a_number(x: f64) -> f64 {
    x[0]
}

#[differentiate(wrt(x))]
fn gives_another_shape(x: SVector<f64, 2>) -> SVector<f64, 3> {
    x + x
}

#[differentiate(wrt(x))]
fn divides_by_a_vector(x: SVector<f64, 2>, y: SVector<f64, 2>) -> SVector<f64, 2> {
    x / y
}

#[differentiate(wrt(x))]
fn mixes_an_array_into_a_closure(x: SVector<f64, 2>, y: SVector<f64, 2>) -> SVector<f64, 2> {
    x.map(|x| x * y)
}

fn main() {}

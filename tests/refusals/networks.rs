//! What `#[network]` refuses.
use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
use voidgrad::{Real, network};

#[network]
fn has_no_rows(x: f64, w: f64) -> f64 {
    w * x
}

#[network(each(x), rows(w))]
fn has_another_kind(x: f64, w: f64) -> f64 {
    w * x
}

#[network(each(x, z), data(x))]
fn names_what_is_not_there_and_twice(x: f64, w: f64) -> f64 {
    w * x
}

#[network(each(x))]
fn takes_a_bool(x: f64, on: bool, w: f64) -> f64 {
    if on { w * x } else { x }
}

#[network(each(x))]
fn has_a_length_that_only_its_rows_know(x: &DVector<f64>, w: f64) -> f64 {
    x.sum() * w
}

#[network(each(x, z))]
fn has_a_length_that_is_two_numbers(x: &SVector<f64, 3>, z: &SVector<f64, 4>, w: &DMatrix<f64>) -> f64 {
    (w * x).sum() + (w * z).sum()
}

#[network(each(x))]
fn reads_behind_the_last_entry(x: &SVector<f64, 3>, w: &DVector<f64>) -> f64 {
    w.dot(x) + w[3]
}

#[network(each(x))]
fn has_numbers_of_any_type<R: Real>(x: R, w: R) -> R {
    x * w
}

#[network(each(x))]
fn has_a_lifetime<'a>(x: f64, w: &'a [f64]) -> f64 {
    x * w.iter().sum::<f64>()
}

#[network(each(x))]
fn names_a_length_as_a_type<const R: usize>(x: f64, w: [f64; R]) -> f64 {
    x * w.iter().sum::<f64>()
}

#[network(each(x))]
fn has_conditions<const N: usize>(x: f64, w: [f64; N]) -> f64
where
    [f64; N]: Sized,
{
    x * w.iter().sum::<f64>()
}

#[network(each(x), data(t))]
fn takes_its_own_names(x: f64, rows: f64, y_bar: f64, t: f64, set_t: f64) -> f64 {
    x * rows * y_bar * t * set_t
}

#[network(each(x))]
fn takes_the_name_of_a_derivative(x: f64, x_bar: f64) -> f64 {
    x * x_bar
}

#[network(each(a, x))]
fn multiplies_with_a_matrix_of_the_row(a: &SMatrix<f64, 2, 2>, x: &SVector<f64, 2>, w: f64) -> f64 {
    (a * x).sum() * w
}

#[network(each(x))]
fn has_steps_that_depend_on_each_other(x: f64, w: f64) -> f64 {
    let mut state = x;
    for _ in 0..1000 {
        state = (w * state).tanh();
    }
    state
}

#[network(each(x))]
fn Capital(x: f64, w: f64) -> f64 {
    w * x
}

#[network(each(x))]
fn takes_nothing(x: &[f64; 0], w: f64) -> [f64; 0] {
    [w; 0]
}

#[network(each(x), data(t), init(x = 1.0, t = 1.0, v = 0.5, w = uniform(1.0), w = 2.0))]
fn starts_what_is_not_drawn(x: f64, t: f64, w: f64) -> f64 {
    w * x * t
}

#[network(each(x), init(w = normal(1.0, 2.0)))]
fn starts_with_two_numbers(x: f64, w: f64) -> f64 {
    w * x
}

fn main() {}

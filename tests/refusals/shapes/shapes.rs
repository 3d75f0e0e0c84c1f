//! Shapes that do not fit: the error stands on the operator and names both.
use nalgebra::{DMatrix, DVector, SMatrix, SVector, stack};
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
fn takes_a_part_beyond_the_end(x: [f64; 4]) -> f64 {
    x[2..5].iter().sum::<f64>()
}

#[differentiate(wrt(x))]
fn takes_rows_beyond_the_end(x: SVector<f64, 4>) -> f64 {
    x.rows(3, 2).sum()
}

#[differentiate(wrt(x))]
fn takes_no_entries(x: [f64; 4]) -> f64 {
    x[2..2].iter().sum::<f64>()
}

#[differentiate(wrt(s))]
fn takes_the_rest_of_a_slice(x: &[f64], s: f64) -> f64 {
    x[2..].iter().sum::<f64>() * s
}

#[differentiate(wrt(s))]
fn takes_chunks_of_a_slice(x: &[f64], s: f64) -> f64 {
    x.chunks(2).map(|x| x[0]).sum::<f64>() * s
}

#[differentiate(wrt(x))]
fn takes_chunks_with_a_rest(x: [f64; 5]) -> f64 {
    x.as_chunks::<2>().0.iter().map(|x| x[0]).sum::<f64>()
}

#[differentiate(wrt(x))]
fn adds_arrays_up(x: [f64; 4]) -> f64 {
    x.chunks(2).sum::<f64>()
}

#[differentiate(wrt(x))]
fn gives_a_size_that_its_type_has_not(x: &DVector<f64>) -> DVector<f64> {
    x.rows(0, 2).into_owned()
}

#[differentiate(wrt(w))]
fn takes_rows_beyond_those_of_a_matrix(w: SMatrix<f64, 3, 4>) -> f64 {
    w.rows(2, 2).sum()
}

#[differentiate(wrt(w))]
fn takes_a_column_beyond_the_last(w: SMatrix<f64, 3, 4>) -> f64 {
    w.column(4).sum()
}

#[differentiate(wrt(w))]
fn takes_a_block_without_its_size(w: SMatrix<f64, 3, 4>) -> f64 {
    w.fixed_view(0, 1).sum()
}

#[differentiate(wrt(w))]
fn takes_a_block_by_one_number(w: SMatrix<f64, 3, 4>) -> f64 {
    w.view(1, (2, 2)).sum()
}

#[differentiate(wrt(x))]
fn takes_as_many_rows_as_the_run_says(x: &DVector<f64>, y: &DVector<f64>) -> f64 {
    x.rows(0, y.len()).dot(y)
}

#[differentiate(wrt(w))]
fn goes_over_columns_that_only_the_run_counts(w: &DMatrix<f64>) -> f64 {
    w.column_iter().map(|column| column.norm()).sum::<f64>()
}

#[differentiate(wrt(a))]
fn stacks_blocks_that_do_not_fit(a: SMatrix<f64, 2, 2>, b: SVector<f64, 3>) -> f64 {
    stack![a, b].sum()
}

#[differentiate(wrt(a))]
fn stacks_a_number(a: SVector<f64, 2>, b: f64) -> f64 {
    stack![a; b].sum()
}

#[differentiate(wrt(a))]
fn stacks_a_row_of_zeros(a: SVector<f64, 2>) -> f64 {
    stack![a; 0].sum()
}

#[differentiate(wrt(a))]
fn stacks_what_only_the_run_measures(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    stack![a; b].sum()
}

#[differentiate(wrt(a))]
fn stacks_under_a_condition(a: SVector<f64, 2>) -> f64 {
    stack![#[cfg(test)] a; a].sum()
}

#[differentiate(wrt(a))]
fn says_another_number_of_columns(a: SVector<f64, 2>) -> f64 {
    SMatrix::<f64, 2, 3>::from_columns(&[a, a]).sum()
}

#[differentiate(wrt(a))]
fn makes_a_matrix_of_columns_for_rows(a: SVector<f64, 2>) -> f64 {
    SMatrix::<f64, 2, 2>::from_rows(&[a, a]).sum()
}

#[differentiate(wrt(x))]
fn slices_a_vector(x: SVector<f64, 4>) -> f64 {
    x[1..3].iter().sum::<f64>()
}

#[differentiate(wrt(x))]
fn says_another_length(x: [f64; 4]) -> f64 {
    SVector::<f64, 3>::from_iterator(x.iter().copied()).sum()
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

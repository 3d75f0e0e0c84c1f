//! Signatures outside the language.
use voidgrad::differentiate;

#[differentiate(wrt(x))]
fn takes_f32(x: f32) -> f64 {
    f64::from(x)
}

#[differentiate(wrt(x))]
fn returns_nothing(x: f64) {}

#[differentiate(wrt(x))]
fn returns_bool(x: f64) -> bool {
    x > 0.0
}

#[differentiate(wrt(x))]
fn takes_a_vec(x: Vec<f64>) -> f64 {
    x[0]
}

#[differentiate(wrt(x))]
fn takes_a_slice_to_differentiate(x: &[f64]) -> f64 {
    x[0]
}

#[differentiate(wrt(x))]
fn takes_a_mutable_reference(x: &mut f64) -> f64 {
    *x
}

#[differentiate(wrt(x))]
fn takes_a_pattern((x, y): (f64, f64)) -> f64 {
    x * y
}

#[differentiate(wrt(x))]
fn is_generic<T>(x: f64) -> f64 {
    x
}

#[differentiate(wrt(x))]
async fn is_async(x: f64) -> f64 {
    x
}

#[differentiate(wrt(x))]
unsafe fn is_unsafe(x: f64) -> f64 {
    x
}

#[differentiate(wrt(x))]
fn takes_a_raw_name(x: f64, r#type: f64) -> f64 {
    x * r#type
}

#[differentiate(wrt(x))]
fn r#loop(x: f64) -> f64 {
    x
}

fn main() {}

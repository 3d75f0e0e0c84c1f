//! Statements and patterns outside the language.
use voidgrad::differentiate;

#[differentiate(wrt(x))]
fn ends_in_a_semicolon(x: f64) -> f64 {
    x * x;
}

#[differentiate(wrt(x))]
fn calls_a_macro(x: f64) -> f64 {
    assert!(x > 0.0);
    x
}

#[differentiate(wrt(x))]
fn holds_an_item(x: f64) -> f64 {
    const TWO: f64 = 2.0;
    TWO * x
}

#[differentiate(wrt(x))]
fn assigns_to_an_entry(x: [f64; 2]) -> f64 {
    let mut y = x;
    y[0] = 1.0;
    y[0] + y[1]
}

#[differentiate(wrt(x))]
fn takes_an_array_apart(x: [f64; 2]) -> f64 {
    let [a, b] = x;
    a * b
}

#[differentiate(wrt(x))]
fn declares_without_a_value(x: f64) -> f64 {
    let y;
    y = x;
    y
}

#[differentiate(wrt(x))]
fn binds_unit(x: f64) -> f64 {
    let y = {
        x;
    };
    x
}

#[differentiate(wrt(x))]
fn binds_a_raw_name(x: f64) -> f64 {
    let r#type = x * x;
    r#type
}

fn main() {}

//! Loops and exits that the engine does not model.
use voidgrad::differentiate;

#[differentiate(wrt(x))]
fn loops_while(x: f64) -> f64 {
    let mut y = x;
    while y < 1.0 {
        y = y * 2.0;
    }
    y
}

#[differentiate(wrt(x))]
fn loops_forever(x: f64) -> f64 {
    loop {
        break x;
    }
}

#[differentiate(wrt(x))]
fn returns_early(x: f64) -> f64 {
    if x < 0.0 {
        return 0.0;
    }
    x
}

#[differentiate(wrt(x))]
fn matches_a_number(x: f64, n: i32) -> f64 {
    x
}

#[differentiate(wrt(x))]
fn matches_on_a_real(x: f64) -> f64 {
    match x {
        _ => x,
    }
}

#[differentiate(wrt(x))]
fn has_an_if_let(x: f64) -> f64 {
    if let 1.0 = x { x } else { 0.0 }
}

#[differentiate(wrt(x))]
fn uses_the_question_mark(x: f64) -> f64 {
    let y = Some(x)?;
    y
}

#[differentiate(wrt(x))]
fn couples_two_variables_for_too_long(x: f64) -> f64 {
    let mut y = 1.0;
    let mut z = x;
    for i in 0..100000 {
        y += z * x;
        z = z * y;
    }
    y + z
}

#[differentiate(wrt(x))]
fn nests_long_loops(x: f64) -> f64 {
    let mut y = 1.0;
    for i in 0..1000 {
        for j in 0..1000 {
            y += x;
        }
    }
    y
}

#[differentiate(wrt(x))]
fn runs_over_another_length(x: [f64; 400]) -> f64 {
    let mut y = 1.0;
    for i in 0..500 {
        y += x[i];
    }
    y
}

#[differentiate(wrt(x))]
fn matches_with_a_guard(x: f64, b: bool) -> f64 {
    match b {
        true if x > 0.0 => x,
        _ => 0.0,
    }
}

fn main() {}

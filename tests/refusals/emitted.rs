//! A function that is refused is still there, so that a mistake is one error and not one for each call.
use voidgrad::differentiate;

#[differentiate(wrt(x))]
fn reads_a_string(x: f64) -> f64 {
    let text = "x";
    x * text.len() as f64
}

fn calls_it(x: f64) -> f64 {
    reads_a_string(x) + reads_a_string(2.0 * x)
}

fn main() {
    println!("{}", calls_it(1.0));
}

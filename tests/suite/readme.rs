//! What the README shows, compiled and run: its code blocks are held against the copies here, word for word.

use crate::own_control::Ramp;
use voidgrad::estimators::Rloo;
use voidgrad::train::{Settings, Step};
use voidgrad::{Bernoulli, Plate, Stream, differentiate, train};

const README: &str = include_str!("../../README.md");

/// The code blocks of the README in Rust.
fn blocks() -> Vec<&'static str> {
    README.split("```rust\n").skip(1).map(|rest| rest.split("```").next().expect("a block ends")).collect()
}

#[test]
fn the_own_control_is_the_tested_file() {
    assert_eq!(blocks()[0], include_str!("own_control/ramp.rs"));
}

#[test]
fn the_own_control_trains_as_shown() {
    for line in [
        "let objective = |b: &[f64]| (b[0] - 0.499).powi(2);",
        "let start = Bernoulli::from_probabilities(&[0.5]).unwrap();",
        "let control = Ramp::new(0.0, 0.0, 0.5).unwrap();",
        "let outcome = train(start, &objective, control, &Settings::default(), 0, &mut |_: &Step<'_>| {}).unwrap();",
        "assert!(outcome.distribution.probabilities()[0] < 0.2);",
    ] {
        assert!(blocks()[1].lines().any(|shown| shown == line), "the README no longer shows {line}");
    }
    let objective = |b: &[f64]| (b[0] - 0.499).powi(2);
    let start = Bernoulli::from_probabilities(&[0.5]).unwrap();
    let control = Ramp::new(0.0, 0.0, 0.5).unwrap();
    let outcome = train(start, &objective, control, &Settings::default(), 0, &mut |_: &Step<'_>| {}).unwrap();
    assert!(outcome.distribution.probabilities()[0] < 0.2);
}

#[differentiate(wrt(x, p), order = 2)]
fn softplus_of_line(x: f64, p: [f64; 2]) -> f64 {
    (1.0 + (p[0] * x + p[1]).exp()).ln()
}

#[test]
fn the_derivatives_are_as_shown() {
    let shown = blocks()[2];
    assert!(shown.contains("(1.0 + (p[0] * x + p[1]).exp()).ln()"));
    assert!(shown.contains("assert_eq!(softplus_of_line::d_x(800.0, [1.0, 0.0]), 1.0);"));
    assert!(shown.contains("assert_eq!(softplus_of_line::d_x_d_p(0.0, [1.0, 0.0]), [0.5, 0.25]);"));
    assert_eq!(softplus_of_line::d_x(800.0, [1.0, 0.0]), 1.0);
    assert_eq!(softplus_of_line::d_x_d_p(0.0, [1.0, 0.0]), [0.5, 0.25]);
}

#[test]
fn the_plate_is_asked_and_told_as_shown() {
    let shown = blocks()[3];
    for line in [
        "let logits = vec![0.1_f32; 100 * 32];",
        "let (mut plate, mut estimator) = (Plate::<_, f32>::new(prototype, 100), Rloo::new(2).unwrap());",
        "plate.ask(&estimator, &logits, &mut stream).unwrap();",
        "let values: Vec<f32> = plate.points().chunks(32).map(|b| b.iter().sum::<f32>() / 32.0).collect();",
        "plate.tell(&mut estimator).unwrap();",
    ] {
        assert!(shown.lines().any(|other| other == line), "the README no longer shows {line}");
    }
    let logits = vec![0.1_f32; 100 * 32];
    let prototype = Bernoulli::from_logits(&[0.0; 32]).unwrap();
    let (mut plate, mut estimator) = (Plate::<_, f32>::new(prototype, 100), Rloo::new(2).unwrap());
    let mut stream = Stream::new(7, 0, 0);
    plate.ask(&estimator, &logits, &mut stream).unwrap();
    let values: Vec<f32> = plate.points().chunks(32).map(|b| b.iter().sum::<f32>() / 32.0).collect();
    plate.values_mut().copy_from_slice(&values);
    plate.tell(&mut estimator).unwrap();
    assert_eq!((plate.gradient().len(), plate.weights().len()), (100 * 32, 200));
}

/// Without what a block in the middle of a function is indented by.
fn unindented(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_start).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_model_is_that_of_the_example() {
    let example = unindented(include_str!("../../crates/voidgrad/examples/vae.rs"));
    for shown in &blocks()[4..6] {
        let shown = unindented(shown);
        assert!(example.windows(shown.len()).any(|lines| lines == shown), "the example has no {shown:#?}");
    }
}

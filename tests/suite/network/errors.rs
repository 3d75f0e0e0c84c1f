//! What is wrong is named, and nothing is added.

use voidgrad::nalgebra::SVector;
use voidgrad::network::{Network, NetworkError};
use voidgrad::{Stream, network};

#[network(each(x, s), data(t))]
fn growth(x: &SVector<f64, 3>, s: f64, rate: &SVector<f64, 3>, scale: f64, t: f64) -> f64 {
    (rate.dot(x) * t * s).exp() * scale
}

fn model() -> Growth {
    Growth::new(&SVector::from([1.0, 2.0, 3.0]), &0.5, &1.0).unwrap()
}

#[test]
fn a_wrong_length_is_named() {
    let message = |x: usize, s: usize, y: usize| {
        model().rows(&vec![0.1; x], &vec![0.1; s], &mut vec![0.0; y]).unwrap_err().to_string()
    };
    assert_eq!(message(5, 2, 2), "x has 5 entries where 6 are needed");
    assert_eq!(message(6, 1, 2), "s has 1 entries where 2 are needed");
    let vjp = |sums: usize, bar: usize| {
        let (x, s) = ([0.1; 6], [0.1; 2]);
        model()
            .rows_vjp(&x, &s, &[1.0; 2], &mut vec![0.0; sums], &mut vec![0.0; bar], &mut [])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(vjp(3, 6), "parameters_bar has 3 entries where 4 are needed");
    assert_eq!(vjp(4, 5), "x has 5 entries where 6 are needed");
}

#[test]
fn no_rows_have_no_values_and_add_nothing() {
    let mut sums = [0.5; 4];
    model().rows::<f64>(&[], &[], &mut []).unwrap();
    model().rows_vjp::<f64>(&[], &[], &[], &mut sums, &mut [], &mut []).unwrap();
    model().rows_and_vjp::<f64>(&[], &[], &[], &mut [], &mut sums).unwrap();
    assert_eq!(sums, [0.5; 4]);
}

#[test]
fn the_first_row_that_overflows_is_named_and_nothing_is_added() {
    let rows = 130;
    let (mut x, s) = (vec![0.1; 3 * rows], vec![1.0; rows]);
    for n in [70, 129] {
        x[3 * n] = 1e4;
    }
    let error = model().rows(&x, &s, &mut vec![0.0; rows]).unwrap_err();
    assert_eq!(error, NetworkError::Value { row: 70, value: f64::INFINITY });
    assert_eq!(error.to_string(), "y of row 70 has the entry inf, which is not a finite number");
    let mut sums = [0.5; 4];
    let error = model().rows_vjp(&x, &s, &vec![1.0; rows], &mut sums, &mut [], &mut []).unwrap_err();
    assert_eq!(error, NetworkError::Sum { entry: 0, value: f64::INFINITY });
    let mut bar = vec![0.0; 3 * rows];
    let error = model().rows_vjp(&x, &s, &vec![1.0; rows], &mut sums, &mut bar, &mut []).unwrap_err();
    assert_eq!(error, NetworkError::Derivative { name: "x", row: 70, value: f64::INFINITY });
    assert_eq!(sums, [0.5; 4]);
}

#[test]
fn parameters_and_data_are_finite_numbers_and_can_be_set() {
    let mut model = model();
    assert!(Growth::new(&SVector::from([1.0, f64::NAN, 3.0]), &0.5, &1.0).is_err());
    assert!(model.set_t(&f64::INFINITY).is_err());
    model.set_t(&0.25).unwrap();
    assert_eq!(model.t(), [0.25]);
    let error = model.set_parameters(&[1.0; 3]).unwrap_err();
    assert_eq!(error.to_string(), "parameters has 3 entries where 4 are needed");
    assert!(model.set_parameters(&[1.0, f64::NAN, 1.0, 1.0]).is_err());
    assert_eq!(model.parameters(), [1.0, 2.0, 3.0, 0.5]);
    model.set_parameters(&[0.0, 0.0, 2.0, 3.0]).unwrap();
    let mut y = [0.0];
    model.rows(&[0.0, 0.0, 1.0], &[1.0], &mut y).unwrap();
    // In lanes, e^½ is within 2 units of the last place.
    assert!((y[0] - 3.0 * 0.5_f64.exp()).abs() < 4.0 * f64::EPSILON * y[0]);
    let names: Vec<String> = model.named().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["rate[0]", "rate[1]", "rate[2]", "scale"]);
}

#[test]
fn a_matrix_is_drawn_in_the_range_of_its_columns_and_all_else_is_zero() {
    use super::functions::Decoder;
    let model = Decoder::draw(&mut Stream::new(3, 0, 0)).unwrap();
    let largest = model.w().iter().fold(0.0, |largest: f64, w| largest.max(w.abs()));
    // 171 uniform numbers in ±1/3: that none is beyond 0.3 has a chance of 0.9¹⁷¹, below 2e-8.
    assert!(largest > 0.3 && largest < 1.0 / 3.0, "{largest}");
    assert!(model.c().iter().all(|c| *c == 0.0));
    assert_ne!(model, Decoder::draw(&mut Stream::new(4, 0, 0)).unwrap());
}

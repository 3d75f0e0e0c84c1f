//! Lengths that are constants, const generics, or known only at run time.

use std::thread;

use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
use voidgrad::network::{Network, NetworkError, Shape};
use voidgrad::{Stream, network, sigmoid};

use super::functions::{Encoder as Literal, singles};
use super::{ROWS, numbers};

/// The encoder of [`functions`](super::functions) with the lengths of its parameters.
#[network(each(x))]
pub(crate) fn encoder(
    x: &DVector<f64>,
    w1: &DMatrix<f64>,
    b1: &DVector<f64>,
    w2: &DMatrix<f64>,
    b2: &DVector<f64>,
) -> DVector<f64> {
    let h = (w1 * x + b1).map(f64::tanh);
    w2 * h + b2
}

/// The same with constants.
mod constants {
    use super::{SMatrix, SVector, network};

    pub(super) const INPUTS: usize = 11;

    pub(super) mod layers {
        pub(crate) const HIDDEN: usize = 17;
    }

    #[network(each(x))]
    pub(super) fn encoder(
        x: &SVector<f64, INPUTS>,
        w1: &SMatrix<f64, { layers::HIDDEN }, INPUTS>,
        b1: &SVector<f64, { layers::HIDDEN }>,
        w2: &SMatrix<f64, { INPUTS - 8 }, { layers::HIDDEN }>,
        b2: &SVector<f64, { INPUTS - 8 }>,
    ) -> SVector<f64, { INPUTS - 8 }> {
        let h = (w1 * x + b1).map(f64::tanh);
        w2 * h + b2
    }
}

/// Numbers, arrays, data, a branch, and a matrix of other lengths than the row's, which is used twice.
#[network(each(x, s), data(t))]
pub(crate) fn mixture(
    x: &DVector<f64>,
    s: f64,
    w: &DMatrix<f64>,
    t: &DVector<f64>,
    lambda: f64,
    v: &DVector<f64>,
) -> DVector<f64> {
    let y = w * (w.transpose() * x);
    let gate = t.map(|t| sigmoid(s * lambda - t));
    let smooth = y.component_mul(&gate).component_mul(v);
    let rough = t.component_mul(x) + v.map(|v| (s * v).exp());
    let sum: f64 = x.iter().map(|x| x.max(0.25)).sum();
    if s > 0.25 { smooth * sum } else { rough }
}

/// Slices, entries that are read one by one, a length as a number, and a matrix whose columns the source says.
#[network(each(x), data(t))]
pub(crate) fn entries(x: &[f64; 3], w: &[f64], t: &[f64], m: &DMatrix<f64>, v: &SVector<f64, 4>) -> f64 {
    let mut sum = x[0] * x[2];
    for i in 0..w.len() {
        sum += (w[i] * x[1]).sin() * t[i];
    }
    let mean = sum / w.len() as f64;
    mean * m[(1, 2)] + w[3] * t[4] + (m * v * x[0]).map(f64::tanh).sum()
}

/// One layer of any lengths.
#[network(each(x))]
pub(crate) fn layer<const N: usize, const H: usize>(
    x: &SVector<f64, N>,
    w: &SMatrix<f64, H, N>,
    d: &SVector<f64, H>,
) -> f64 {
    (w * x + d).map(f64::tanh).sum()
}

/// y, the derivatives by the parameters with and without those by x, and those by x, as bits.
macro_rules! bits {
    ($model:expr, $x:expr, $y_bar:expr) => {{
        let (model, x, y_bar) = ($model, &$x[..], &$y_bar[..]);
        let count = model.parameters().len();
        let (mut y, mut x_bar) = (y_bar.to_vec(), x.to_vec());
        let [mut all, mut alone] = [0, 1].map(|_| vec![0.25_f64; count]);
        model.rows(x, &mut y).unwrap();
        model.rows_vjp(x, y_bar, &mut all, &mut x_bar).unwrap();
        model.rows_vjp(x, y_bar, &mut alone, &mut []).unwrap();
        let rows = y.iter().chain(&x_bar).map(|number| f64::from(*number).to_bits());
        rows.chain(all.iter().chain(&alone).map(|sum| sum.to_bits())).collect::<Vec<u64>>()
    }};
}

#[test]
fn the_bits_are_those_of_the_same_function_with_literal_lengths() {
    let parameters = numbers(258, 7);
    let [w1, b1, w2, b2] = super::functions::cut(&parameters, [187, 17, 51, 3]);
    let literal = Literal::new(
        &SMatrix::from_column_slice(w1),
        &SVector::from_column_slice(b1),
        &SMatrix::from_column_slice(w2),
        &SVector::from_column_slice(b2),
    )
    .unwrap();
    let constant = constants::Encoder::new(
        &SMatrix::from_column_slice(w1),
        &SVector::from_column_slice(b1),
        &SMatrix::from_column_slice(w2),
        &SVector::from_column_slice(b2),
    )
    .unwrap();
    let run = Encoder::new(
        &DMatrix::from_column_slice(17, 11, w1),
        &DVector::from_column_slice(b1),
        &DMatrix::from_column_slice(3, 17, w2),
        &DVector::from_column_slice(b2),
    )
    .unwrap();
    for (own, literal) in [(run.w1(), literal.w1()), (run.b1(), literal.b1()), (run.w2(), literal.w2())] {
        assert_eq!(own, literal);
    }
    assert_eq!((run.b2(), constant.b2()), (literal.b2(), literal.b2()));
    assert_eq!((run.named(), constant.shapes()), (literal.named(), literal.shapes()));
    for rows in ROWS {
        let (x, y_bar) = (numbers(11 * rows, 1), numbers(3 * rows, 2));
        let expected = bits!(&literal, x, y_bar);
        assert_eq!(bits!(&run, x, y_bar), expected, "{rows} rows");
        assert_eq!(bits!(&constant, x, y_bar), expected, "{rows} rows");
        let (x, y_bar) = (singles(&x), singles(&y_bar));
        let expected = bits!(&literal, x, y_bar);
        assert_eq!(bits!(&run, x, y_bar), expected, "{rows} rows of f32");
        assert_eq!(bits!(&constant, x, y_bar), expected, "{rows} rows of f32");
    }
}

#[test]
fn parameters_are_drawn_by_their_sizes_as_those_of_literal_lengths_are() {
    let stream = || Stream::new(5, 0, 0);
    let literal = Literal::draw(&mut stream()).unwrap();
    let run = Encoder::draw(&mut stream(), [17, 11], 17, [3, 17], 3).unwrap();
    let constant = constants::Encoder::draw(&mut stream()).unwrap();
    assert_eq!(run.parameters(), literal.parameters());
    assert_eq!(constant.parameters(), literal.parameters());
    let shapes: Vec<Shape> = run.shapes().into_iter().map(|parameter| parameter.shape).collect();
    assert_eq!(shapes, [Shape::Matrix(17, 11), Shape::Array(17), Shape::Matrix(3, 17), Shape::Array(3)]);
    let two = Layer::<4, 2>::draw(&mut stream()).unwrap();
    assert_eq!((two.w().len(), two.d().len(), two.parameters().len()), (8, 2, 10));
}

/// What an encoder says of parameters of these lengths, made of values and drawn, which must be the same.
fn refusal(w1: [usize; 2], b1: usize, w2: [usize; 2], b2: usize) -> String {
    let matrix = |[rows, columns]: [usize; 2]| DMatrix::from_element(rows, columns, 0.5);
    let vector = |entries: usize| DVector::from_element(entries, 0.5);
    let made = Encoder::new(&matrix(w1), &vector(b1), &matrix(w2), &vector(b2)).unwrap_err();
    let drawn = Encoder::draw(&mut Stream::new(1, 0, 0), w1, b1, w2, b2).unwrap_err();
    assert_eq!(made, drawn);
    made.to_string()
}

#[test]
fn lengths_that_disagree_are_named() {
    assert_eq!(
        refusal([5, 4], 6, [2, 5], 2),
        "the entries of b1 are 6, but the rows of w1 are 5, and they have to be the same"
    );
    assert_eq!(
        refusal([5, 4], 5, [5, 2], 2),
        "the columns of w2 are 2, but the rows of w1 are 5, and they have to be the same"
    );
    assert_eq!(
        refusal([5, 4], 5, [2, 5], 5),
        "the entries of b2 are 5, but the rows of w2 are 2, and they have to be the same"
    );
    assert_eq!(refusal([5, 0], 5, [2, 5], 2), "the columns of w1 are 0 where at least 1 are needed");
    assert_eq!(refusal([0, 0], 0, [0, 0], 0), "the rows of w1 are 0 where at least 1 are needed");
    let huge = Encoder::draw(&mut Stream::new(1, 0, 0), [usize::MAX, 3], usize::MAX, [1, usize::MAX], 1);
    assert_eq!(huge.unwrap_err(), NetworkError::Memory);
    let large = Encoder::draw(&mut Stream::new(1, 0, 0), [1 << 40, 1 << 20], 1 << 40, [1, 1 << 40], 1);
    assert_eq!(large.unwrap_err().to_string(), "there is no memory for parameters of these lengths");
}

#[test]
fn a_length_that_the_source_says_and_entries_that_it_reads_have_to_be_there() {
    let mut stream = Stream::new(1, 0, 0);
    let t = [0.5; 6];
    let mut draw = |w: usize, m: [usize; 2], t: &[f64]| {
        Entries::draw(&mut stream, w, m, t).map(|network| network.parameters().len())
    };
    assert_eq!(draw(6, [2, 4], &t), Ok(6 + 8 + 4));
    let message = |found: Result<usize, NetworkError>| found.unwrap_err().to_string();
    assert_eq!(message(draw(6, [2, 3], &t)), "the columns of m are 3 where 4 are needed");
    assert_eq!(message(draw(6, [1, 4], &t)), "the rows of m are 1 where at least 2 are needed");
    assert_eq!(message(draw(4, [2, 4], &t[..4])), "the entries of w are 4 where at least 5 are needed");
    assert_eq!(
        message(draw(6, [2, 4], &t[1..])),
        "the entries of t are 5, but the entries of w are 6, and they have to be the same"
    );
}

#[test]
fn rows_and_setters_are_held_to_the_lengths_of_the_run() {
    let mut model =
        Mixture::draw(&mut Stream::new(1, 0, 0), [5, 7], 5, &DVector::from_element(5, 0.5)).unwrap();
    let message = |x: usize, s: usize, y: usize| {
        model.rows(&vec![0.5; x], &vec![0.5; s], &mut vec![0.0; y]).unwrap_err().to_string()
    };
    assert_eq!(message(9, 2, 10), "x has 9 entries where 10 are needed");
    assert_eq!(message(10, 3, 10), "s has 3 entries where 2 are needed");
    assert_eq!(message(10, 2, 11), "y has 11 entries where 10 are needed");
    let error = model.rows_vjp(&[0.5; 5], &[0.5], &[1.0; 5], &mut [0.0; 5], &mut [], &mut []).unwrap_err();
    assert_eq!(error.to_string(), "parameters_bar has 5 entries where 41 are needed");
    let error = model.set_t(&DVector::from_element(6, 0.5)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the entries of t are 6, but the rows of w are 5, and they have to be the same"
    );
    assert!(model.set_t(&DVector::from_element(5, f64::NAN)).is_err());
    assert_eq!(model.t(), [0.5; 5]);
    model.set_t(&DVector::from_element(5, 0.25)).unwrap();
    assert_eq!(model.t(), [0.25; 5]);
    assert!(model.set_parameters(&[0.0; 40]).is_err());
    // Another number of rows of the same lengths is another network.
    let other = Mixture::draw(&mut Stream::new(1, 0, 0), [7, 5], 7, &DVector::from_element(7, 0.25)).unwrap();
    assert_ne!(model, other);
}

/// A step against the gradient lowers the square of y, on a small stack, whatever the lengths are.
#[test]
fn a_large_encoder_of_lengths_from_a_configuration_trains() {
    let work = || {
        let configuration = [784, 200, 200];
        let [inputs, hidden, outputs] = configuration;
        let mut stream = Stream::new(1, 0, 0);
        let mut model =
            Encoder::draw(&mut stream, [hidden, inputs], hidden, [outputs, hidden], outputs).unwrap();
        let mut parameters = model.parameters().to_vec();
        assert_eq!(parameters.len(), 200 * 784 + 200 + 200 * 200 + 200);
        let x: Vec<f32> = (0..3 * 784_u16).map(|i| f32::from(i % 101 * 37 % 101) / 101.0).collect();
        let mut y = vec![0.0_f32; 3 * outputs];
        let square = |y: &[f32]| y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>();
        model.rows(&x, &mut y).unwrap();
        let before = square(&y);
        let mut gradient = vec![0.0; parameters.len()];
        let y_bar: Vec<f32> = y.iter().map(|y| 2.0 * y).collect();
        model.rows_vjp(&x, &y_bar, &mut gradient, &mut []).unwrap();
        let norm = gradient.iter().map(|partial| partial * partial).sum::<f64>();
        // A step that would lower a linear function by a tenth of the square.
        let rate = 0.1 * before / norm;
        parameters.iter_mut().zip(&gradient).for_each(|(w, partial)| *w -= rate * partial);
        model.set_parameters(&parameters).unwrap();
        model.rows(&x, &mut y).unwrap();
        let after = square(&y);
        assert!(after < 0.95 * before && after > 0.85 * before, "{before}, then {after}");
    };
    thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

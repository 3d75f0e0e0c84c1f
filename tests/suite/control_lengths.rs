//! Controls with lengths that are constants, const generics, or known only at run time.

use std::thread;

use voidgrad::batch::{Batch, Options, Precision};
use voidgrad::error::{ControlError, LengthError};
use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
use voidgrad::train::{Settings, Step};
use voidgrad::{
    BatchControl, Bernoulli, Control, Float, Plate, Stream, control, differentiate, sigmoid, softplus, train,
};

use super::control_trait::is_consistent;
use super::examples::{answered, control as literal, numbers};

/// The control of [`examples`](super::examples) with the lengths of its arguments.
#[control(positive(lambda), each(x, q), data(w, c))]
pub(crate) fn relaxed(
    z: &DVector<f64>,
    x: &DVector<f64>,
    q: &DVector<f64>,
    w: &DMatrix<f64>,
    c: &DVector<f64>,
    eta: f64,
    lambda: f64,
    of_x: &DMatrix<f64>,
    of_z: &DMatrix<f64>,
    bias: &DVector<f64>,
    last: &DVector<f64>,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let code = b.dot(q) - q.map(softplus).sum();
    let hidden = (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * b + bias).map(f64::tanh);
    eta * (code - image) + last.dot(&hidden)
}

/// A small control, for the snapshot of its code.
#[control(positive(lambda), each(x))]
pub(crate) fn tilt(z: &DVector<f64>, x: &DVector<f64>, w: &DMatrix<f64>, lambda: f64) -> f64 {
    x.dot(&(w * z.map(|z| sigmoid(z / lambda))))
}

/// The relaxed control with constants and const generics.
mod constants {
    use super::{SMatrix, SVector, control, sigmoid, softplus};

    const PIXELS: usize = 5;

    #[control(positive(lambda), each(x, q), data(w, c))]
    pub(super) fn bound<const M: usize, const UNITS: usize>(
        z: &SVector<f64, M>,
        x: &SVector<f64, PIXELS>,
        q: &SVector<f64, M>,
        w: &SMatrix<f64, PIXELS, M>,
        c: &SVector<f64, PIXELS>,
        eta: f64,
        lambda: f64,
        of_x: &SMatrix<f64, UNITS, PIXELS>,
        of_z: &SMatrix<f64, UNITS, M>,
        bias: &SVector<f64, UNITS>,
        last: &SVector<f64, UNITS>,
    ) -> f64 {
        let b = z.map(|z| sigmoid(z / lambda));
        let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
        let image = x.dot(&logits) - logits.map(softplus).sum();
        let code = b.dot(q) - q.map(softplus).sum();
        let hidden = (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * b + bias).map(f64::tanh);
        eta * (code - image) + last.dot(&hidden)
    }
}

fn vector(entries: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(entries)
}

/// The control of the run with what the literal one has.
fn of_the_run(examples: usize) -> Relaxed {
    let literal = literal(examples);
    let (w, c) = (DMatrix::from_column_slice(5, 3, literal.w().as_slice()), vector(literal.c().as_slice()));
    let phi = literal.phi();
    let mut control = Relaxed::from_phi(phi.as_slice(), [9, 5], [9, 3], 9, 9, w, c).unwrap();
    control.set_x(literal.x()).unwrap();
    control.set_q(literal.q()).unwrap();
    control
}

fn of_constants(examples: usize) -> constants::Bound<3, 9> {
    let literal = literal(examples);
    let phi = literal.phi();
    let mut control = constants::Bound::from_phi(phi.as_slice(), *literal.w(), *literal.c()).unwrap();
    control.set_x(literal.x()).unwrap();
    control.set_q(literal.q()).unwrap();
    control
}

/// All that a plate is answered with, as bits.
fn bits<T: Float>(control: &(impl Control + Send + Sync), examples: usize) -> Vec<u64> {
    let plate: Plate<_, T> = answered(control, examples);
    let gradient = plate.gradient().iter().map(|entry| Into::<f64>::into(*entry));
    gradient.chain(plate.variance_gradient().iter().copied()).map(f64::to_bits).collect()
}

#[test]
fn a_plate_has_the_bits_of_the_same_control_with_literal_lengths() {
    for examples in [1, 7, 65] {
        let (literal, run, constant) = (literal(examples), of_the_run(examples), of_constants(examples));
        let expected = bits::<f64>(&literal, examples);
        assert!(bits::<f64>(&run, examples) == expected, "{examples} examples");
        assert!(bits::<f64>(&constant, examples) == expected, "{examples} examples");
        let expected = bits::<f32>(&literal, examples);
        assert!(bits::<f32>(&run, examples) == expected, "{examples} examples of f32");
        assert!(bits::<f32>(&constant, examples) == expected, "{examples} examples of f32");
    }
}

/// The single example's numbers differ from those of literal lengths in the order of sums alone: each is a sum of a few dozen products of size 1.
#[test]
fn an_example_has_the_values_of_literal_lengths_and_derivatives_of_differences() {
    let (literal, run, constant) = (literal(3), of_the_run(3), of_constants(3));
    assert_eq!((run.parameters(), run.dimension(), run.examples()), (92, Some(3), Some(3)));
    assert_eq!((constant.parameters(), constant.dimension(), constant.examples()), (92, Some(3), Some(3)));
    assert_eq!((run.phi(), constant.named()), (literal.phi(), literal.named()));
    assert_eq!(run.named(), literal.named());
    let z = [0.3, -0.2, 0.9];
    for n in 0..3 {
        let expected = literal.of_example(n).unwrap().value(&z);
        for control in [run.of_example(n).unwrap(), constant.of_example(n).unwrap()] {
            assert!((control.value(&z) - expected).abs() < 1e-13, "{n}");
        }
    }
    is_consistent(&run, &z);
    is_consistent(&constant, &z);
    assert!(run.of_example(3).unwrap().value(&z).is_nan());
}

/// A number, an array that is kept positive, data of all kinds and a branch; all samples share everything.
#[control(positive(lambda), data(t, on, m))]
fn shared(
    z: &DVector<f64>,
    w: &DMatrix<f64>,
    t: f64,
    lambda: &DVector<f64>,
    on: bool,
    m: &DVector<f64>,
    v: &SVector<f64, 4>,
) -> f64 {
    let h = (w * z.component_div(lambda) + m).map(|h| h.max(0.25));
    let smooth = h.map(f64::tanh).dot(m) + v.sum() * t / h.len() as f64;
    if on { smooth * v[2] } else { m[1] }
}

#[control(positive(lambda), data(t, on, m))]
fn shared_of_numbers(
    z: &SVector<f64, 3>,
    w: &SMatrix<f64, 30, 3>,
    t: f64,
    lambda: &SVector<f64, 3>,
    on: bool,
    m: &SVector<f64, 30>,
    v: &SVector<f64, 4>,
) -> f64 {
    let h = (w * z.component_div(lambda) + m).map(|h| h.max(0.25));
    let smooth = h.map(f64::tanh).dot(m) + v.sum() * t / h.len() as f64;
    if on { smooth * v[2] } else { m[1] }
}

/// A control of one z, with units.
#[control(positive(scale), data(shift))]
fn units(z: f64, w: &DVector<f64>, v: &DVector<f64>, scale: f64, shift: &DVector<f64>) -> f64 {
    let h = (w * (z / scale) + shift).map(f64::tanh);
    v.dot(&h)
}

#[control(positive(scale), data(shift))]
fn units_of_numbers(
    z: f64,
    w: &SVector<f64, 300>,
    v: &SVector<f64, 300>,
    scale: f64,
    shift: &SVector<f64, 300>,
) -> f64 {
    let h = (w * (z / scale) + shift).map(f64::tanh);
    v.dot(&h)
}

fn shared_control() -> Shared {
    let (w, m) = (DMatrix::from_column_slice(30, 3, &numbers(90, 0.2)), vector(&numbers(30, 0.8)));
    Shared::new(w, 0.7, vector(&[0.5, 1.5, 0.8]), true, m, [0.3, -0.4, 0.9, 0.2].into()).unwrap()
}

fn units_control(units: usize) -> Units {
    let of = |seed: f64| vector(&numbers(units, seed));
    Units::new(of(0.1), of(0.2), 0.8, of(0.3)).unwrap()
}

/// The sums of a batch, as bits.
fn sums(control: &(impl BatchControl + Sync), variables: usize, precision: Precision) -> Vec<u64> {
    let bernoulli = Bernoulli::from_logits(&numbers(variables, 0.5)).unwrap();
    let objective = |b: &[f64]| b.iter().enumerate().map(|(m, b)| b * (m as f64 + 0.5)).sum::<f64>();
    let options = Options { precision, ..Options::new(100, 3) };
    let mut batch = Batch::new();
    let sums = batch.estimate(&bernoulli, &objective, control, &options).unwrap();
    let all = sums.gradient.iter().chain(&sums.square).chain(&sums.variance_gradient);
    all.map(|sum| sum.to_bits()).collect()
}

#[test]
fn a_batch_has_the_bits_of_the_same_control_with_literal_lengths() {
    let run = shared_control();
    let numbers = SharedOfNumbers::from_phi(
        run.phi().as_slice(),
        run.t(),
        run.on(),
        SVector::from_column_slice(run.m().as_slice()),
    )
    .unwrap();
    let one = units_control(300);
    let one_of_numbers =
        UnitsOfNumbers::from_phi(one.phi().as_slice(), SVector::from_column_slice(one.shift().as_slice()))
            .unwrap();
    for precision in [Precision::Double, Precision::Single] {
        assert!(sums(&run, 3, precision) == sums(&numbers, 3, precision), "{precision:?}");
        for variables in [1, 2] {
            let expected = sums(&one_of_numbers, variables, precision);
            assert!(sums(&one, variables, precision) == expected, "{precision:?}, {variables}");
        }
    }
    is_consistent(&run, &[0.3, -0.2, 0.9]);
    is_consistent(&units_control(4), &[0.3, -0.2]);
    let copied = Shared::from_phi(run.phi().as_slice(), [30, 3], 3, 0.7, true, run.m().clone()).unwrap();
    // The exponential of a logarithm is off by a few units in the last place.
    assert!((copied.lambda() - run.lambda()).amax() < 1e-15);
    assert_eq!((copied.w(), copied.v()), (run.w(), run.v()));
}

/// All numbers that a short training ends with: the logits and φ.
fn trained(control: &(impl Control + Clone + Send + Sync)) -> Vec<u64> {
    let start = Bernoulli::from_logits(&[0.1, -0.4, 0.6]).unwrap();
    let objective = |b: &[f64]| b[0] - 2.0 * b[1] * b[2];
    let settings =
        Settings { iterations: 20, learning_rate: 0.05, control_learning_rate: 0.05, ..Settings::default() };
    let end =
        train(start.clone(), &objective, control.clone(), &settings, 0, &mut |_: &Step<'_>| ()).unwrap();
    assert_ne!(end.distribution.logits(), start.logits());
    assert_ne!(end.estimator.phi(), control.phi());
    end.distribution
        .logits()
        .iter()
        .chain(end.estimator.phi().iter())
        .map(|number| number.to_bits())
        .collect()
}

#[test]
fn a_training_has_the_bits_of_the_same_control_with_literal_lengths() {
    let run = shared_control();
    let m = SVector::from_column_slice(run.m().as_slice());
    let numbers = SharedOfNumbers::from_phi(run.phi().as_slice(), run.t(), run.on(), m).unwrap();
    assert_eq!(trained(&run), trained(&numbers));
    let units = units_control(300);
    let shift = SVector::from_column_slice(units.shift().as_slice());
    let numbers = UnitsOfNumbers::from_phi(units.phi().as_slice(), shift).unwrap();
    assert_eq!(trained(&units), trained(&numbers));
}

fn text(error: &dyn std::fmt::Display) -> String {
    error.to_string()
}

#[test]
fn lengths_that_disagree_are_named() {
    let matrix = |[rows, columns]: [usize; 2]| DMatrix::from_element(rows, columns, 0.5);
    let vector = |entries: usize| DVector::from_element(entries, 0.5);
    let refusal = |w: [usize; 2], c: usize, of_x: [usize; 2], of_z: [usize; 2], bias: usize, last: usize| {
        let made = Relaxed::new(
            matrix(w),
            vector(c),
            0.5,
            0.5,
            matrix(of_x),
            matrix(of_z),
            vector(bias),
            vector(last),
        )
        .unwrap_err();
        let phi = vec![0.5; 2 + of_x[0] * of_x[1] + of_z[0] * of_z[1] + bias + last];
        let of_phi = Relaxed::from_phi(&phi, of_x, of_z, bias, last, matrix(w), vector(c)).unwrap_err();
        assert_eq!(made, of_phi);
        text(&made)
    };
    assert_eq!(
        refusal([5, 3], 4, [9, 5], [9, 3], 9, 9),
        "the entries of c are 4, but the rows of w are 5, and they have to be the same"
    );
    assert_eq!(
        refusal([5, 3], 5, [9, 6], [9, 3], 9, 9),
        "the columns of of_x are 6, but the rows of w are 5, and they have to be the same"
    );
    assert_eq!(
        refusal([5, 3], 5, [9, 5], [9, 5], 9, 9),
        "the columns of of_z are 5, but the columns of w are 3, and they have to be the same"
    );
    assert_eq!(
        refusal([5, 3], 5, [9, 5], [9, 3], 9, 8),
        "the entries of last are 8, but the rows of of_x are 9, and they have to be the same"
    );
    assert_eq!(
        refusal([5, 0], 5, [9, 5], [9, 0], 9, 9),
        "the columns of w are 0 where at least 1 are needed"
    );
    let error = Relaxed::from_phi(&[0.5; 91], [9, 5], [9, 3], 9, 9, matrix([5, 3]), vector(5)).unwrap_err();
    assert_eq!(text(&error), "the entries of phi are 91 where 92 are needed");
    let huge = [usize::MAX, 5];
    let error = Relaxed::from_phi(
        &[0.5; 92],
        huge,
        [usize::MAX, 3],
        usize::MAX,
        usize::MAX,
        matrix([5, 3]),
        vector(5),
    );
    assert!(matches!(error, Err(ControlError::Length(LengthError::Wrong { found: 92, .. }))));
    let error =
        Shared::new(matrix([4, 2]), 0.5, vector(2), true, vector(4), [f64::NAN; 4].into()).unwrap_err();
    assert_eq!(text(&error), "v = NaN is not a finite number");
    // `m[1]` is read, and the rows of w are as many as the entries of m.
    let error = Shared::new(matrix([1, 2]), 0.5, vector(2), true, vector(1), [0.5; 4].into()).unwrap_err();
    assert_eq!(text(&error), "the rows of w are 1 where at least 2 are needed");
}

#[test]
fn setters_are_held_to_the_lengths_of_the_run() {
    let mut control = of_the_run(3);
    let unchanged = control.clone();
    let error = control.set_x(&[0.0; 7]).unwrap_err();
    assert_eq!(text(&error), "the entries of x are 7, which is not a multiple of the 5 of one example");
    assert_eq!(text(&control.set_q(&[f32::NAN; 3]).unwrap_err()), "q = NaN is not a finite number");
    assert_eq!(text(&control.set_w(&[0.0; 7]).unwrap_err()), "the entries of w are 7 where 15 are needed");
    assert_eq!(text(&control.set_c(&[f64::INFINITY; 5]).unwrap_err()), "c = inf is not a finite number");
    assert!(control.set_phi(DVector::zeros(91).as_view()).is_err());
    assert_eq!(control, unchanged);
    control.set_w(&numbers(15, 2.0)).unwrap();
    assert_eq!((control.w().shape(), control.w().as_slice()), ((5, 3), &numbers(15, 2.0)[..]));
    let mut constant = of_constants(3);
    let error = constant.set_x(&[0.0; 7]).unwrap_err();
    assert_eq!(text(&error), "the entries of x are 7, which is not a multiple of the 5 of one example");
    let bernoulli = Bernoulli::from_logits(&[0.0; 4]).unwrap();
    let error = Plate::<_, f64>::new(bernoulli, 3).ask(&control, &[0.0; 12], &mut Stream::new(1, 0, 0));
    assert!(text(&error.unwrap_err()).contains('3'));
    let mut shared = shared_control();
    shared.set_t(0.25).unwrap();
    shared.set_on(false);
    assert_eq!((shared.value(&[0.1, 0.2, 0.3]), shared.t()), (shared.m()[1], 0.25));
}

/// Lengths that the source says beside those of the run.
#[control(data(t))]
fn mixed(
    z: &SVector<f64, 3>,
    w: &DMatrix<f64>,
    v: &DVector<f64>,
    m: &SMatrix<f64, 2, 3>,
    t: [f64; 2],
) -> f64 {
    v.dot(&(w * z).map(f64::tanh)) + (m * z).dot(&(m * z)) * t[1] + z.norm_squared() * v[0]
}

#[control(positive(scale))]
fn of_a_matrix(z: &DVector<f64>, m: &SMatrix<f64, 2, 3>, w: &DMatrix<f64>, scale: f64) -> f64 {
    (w * (m * z)).map(|h| (h * scale).sin()).sum()
}

#[test]
fn lengths_of_the_source_and_of_the_run_meet() {
    let matrix = |rows: usize, columns: usize| {
        DMatrix::from_column_slice(rows, columns, &numbers(rows * columns, 0.4))
    };
    let m = SMatrix::from_column_slice(&numbers(6, 0.6));
    let control = Mixed::new(matrix(5, 3), vector(&numbers(5, 0.2)), m, [0.3, 0.7]).unwrap();
    is_consistent(&control, &[0.3, -0.2, 0.9]);
    let error = Mixed::new(matrix(5, 4), vector(&numbers(5, 0.2)), m, [0.3, 0.7]).unwrap_err();
    assert_eq!(text(&error), "the columns of w are 4 where 3 are needed");
    let control = OfAMatrix::new(m, matrix(4, 2), 0.8).unwrap();
    assert_eq!(control.dimension(), Some(3));
    is_consistent(&control, &[0.3, -0.2, 0.9]);
    let copy = OfAMatrix::from_phi(control.phi().as_slice(), [4, 2]).unwrap();
    assert_eq!(copy.w(), control.w());
    assert!(OfAMatrix::from_phi(control.phi().as_slice(), [2, 4]).is_err());
}

/// The decoder as a function of its own, whose lengths only the run knows either.
#[differentiate(wrt(w, b, c))]
fn logits(w: &DMatrix<f64>, b: &DVector<f64>, c: &DVector<f64>) -> DVector<f64> {
    w * b.map(|b| 2.0 * b - 1.0) + c
}

/// [`relaxed`] with a call in the place of the logits.
#[control(positive(lambda), each(x, q), data(w, c))]
fn calling(
    z: &DVector<f64>,
    x: &DVector<f64>,
    q: &DVector<f64>,
    w: &DMatrix<f64>,
    c: &DVector<f64>,
    eta: f64,
    lambda: f64,
    of_x: &DMatrix<f64>,
    of_z: &DMatrix<f64>,
    bias: &DVector<f64>,
    last: &DVector<f64>,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let logits = logits(w, &b, c);
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let code = b.dot(q) - q.map(softplus).sum();
    let hidden = (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * b + bias).map(f64::tanh);
    eta * (code - image) + last.dot(&hidden)
}

/// Parts of a vector whose length the run knows.
#[control(data(c))]
fn of_parts(z: &DVector<f64>, c: &DVector<f64>, w: &DMatrix<f64>) -> f64 {
    let h = w * z + c;
    h.rows(0, 2).map(f64::tanh).sum() * h.rows(1, 2).sum()
}

#[test]
fn calls_and_parts_have_lengths_of_the_run() {
    let run = of_the_run(7);
    let phi = run.phi();
    let sizes = ([9, 5], [9, 3]);
    let mut control =
        Calling::from_phi(phi.as_slice(), sizes.0, sizes.1, 9, 9, run.w().clone(), run.c().clone()).unwrap();
    control.set_x(run.x()).unwrap();
    control.set_q(run.q()).unwrap();
    assert!(bits::<f64>(&control, 7) == bits::<f64>(&run, 7));
    is_consistent(&control, &[0.3, -0.2, 0.9]);
    let of = |entries: usize| {
        OfParts::new(
            vector(&numbers(entries, 0.3)),
            DMatrix::from_column_slice(entries, 3, &numbers(3 * entries, 0.7)),
        )
    };
    is_consistent(&of(4).unwrap(), &[0.3, -0.4, 0.9]);
    assert_eq!(text(&of(2).unwrap_err()), "the entries of c are 2 where at least 3 are needed");
}

/// As many units as a model of images has: on a small stack, whatever the lengths are.
#[test]
fn large_lengths_work_on_a_small_stack() {
    const PIXELS: usize = 784;
    const UNITS: usize = 200;

    #[control(positive(lambda), each(x))]
    fn wide(
        z: &SVector<f64, UNITS>,
        x: &SVector<f64, PIXELS>,
        w: &SMatrix<f64, PIXELS, UNITS>,
        lambda: f64,
    ) -> f64 {
        x.dot(&(w * z.map(|z| sigmoid(z / lambda))))
    }

    let work = || {
        let (w, c) = (DMatrix::from_element(PIXELS, 20, 0.01), DVector::from_element(PIXELS, 0.1));
        let phi: Vec<f64> = numbers(2 + UNITS * (PIXELS + 20 + 2), 0.3).iter().map(|w| 0.01 * w).collect();
        let mut control = Relaxed::from_phi(&phi, [UNITS, PIXELS], [UNITS, 20], UNITS, UNITS, w, c).unwrap();
        control.set_x(&vec![0.5; 2 * PIXELS]).unwrap();
        control.set_q(&[0.25; 40]).unwrap();
        let mut plate = Plate::<_, f64>::new(Bernoulli::from_logits(&[0.0; 20]).unwrap(), 2);
        plate.ask(&control, &numbers(40, 0.4), &mut Stream::new(1, 0, 0)).unwrap();
        plate.values_mut().fill(1.0);
        plate.answer(&control).unwrap();
        assert_eq!(plate.variance_gradient().len(), phi.len());
        let mut slope = [0.0; 20];
        let value = control.value_and_d_z(&[0.1; 20], &mut slope);
        assert!(value.is_finite() && slope.iter().all(|slope| *slope != 0.0));
        // Lengths that are constants of the program are on the heap, too.
        let mut wide = Wide::from_phi(&[&vec![0.01; PIXELS * UNITS][..], &[0.0]].concat()).unwrap();
        wide.set_x(&[0.5; PIXELS]).unwrap();
        let wide = wide.clone();
        let mut tilt = Tilt::new(DMatrix::from_element(PIXELS, UNITS, 0.01), 1.0).unwrap();
        tilt.set_x(&[0.5; PIXELS]).unwrap();
        // σ(0)·0.5·0.01 for each cell.
        let expected = 0.5 * 0.5 * 0.01 * (PIXELS * UNITS) as f64;
        for control in [&wide as &dyn Control, &tilt] {
            assert!((control.value(&[0.0; UNITS]) - expected).abs() < 1e-10);
            // λ is the last parameter, and at z = 0 nothing depends on it.
            let mut phi_bar = vec![0.0; PIXELS * UNITS + 1];
            control.d_phi(&[0.0; UNITS], &mut phi_bar);
            assert!(
                phi_bar[..PIXELS * UNITS].iter().all(|entry| *entry == 0.25)
                    && phi_bar[PIXELS * UNITS] == 0.0
            );
        }
    };
    thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

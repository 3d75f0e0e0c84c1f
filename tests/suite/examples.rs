//! Controls with data for each example, alone and in a plate.

use rayon::ThreadPoolBuilder;
use voidgrad::controls::ByExample;
use voidgrad::nalgebra::{DVector, SMatrix, SVector};
use voidgrad::{Bernoulli, Control, Float, Plate, Round, Stream, control, sigmoid, softplus};

use super::control_trait::is_consistent;

const M: usize = 3;
const PIXELS: usize = 5;

/// REBAR's relaxed bound of a linear decoder (W, c), and a network of the image and the relaxed code beside it.
#[control(positive(lambda), each(x, q), data(w, c))]
pub(crate) fn bound(
    z: &SVector<f64, 3>,
    x: &SVector<f64, 5>,
    q: &SVector<f64, 3>,
    w: &SMatrix<f64, 5, 3>,
    c: &SVector<f64, 5>,
    eta: f64,
    lambda: f64,
    of_x: &SMatrix<f64, 9, 5>,
    of_z: &SMatrix<f64, 9, 3>,
    bias: &SVector<f64, 9>,
    last: &SVector<f64, 9>,
) -> f64 {
    let b = z.map(|z| sigmoid(z / lambda));
    let logits = w * b.map(|b| 2.0 * b - 1.0) + c;
    let image = x.dot(&logits) - logits.map(softplus).sum();
    let code = b.dot(q) - q.map(softplus).sum();
    let hidden = (of_x * x.map(|x| 2.0 * x - 1.0) + of_z * b + bias).map(f64::tanh);
    eta * (code - image) + last.dot(&hidden)
}

/// Numbers that look drawn.
pub(crate) fn numbers(count: usize, seed: f64) -> Vec<f64> {
    (0..count).map(|i| ((i as f64 + 1.0) * 1.7 + seed).sin()).collect()
}

pub(crate) fn control(examples: usize) -> Bound {
    let phi = [&[0.8, -0.4][..], &numbers(9 * (5 + 3 + 2), 0.3)].concat();
    let (w, c) =
        (SMatrix::from_column_slice(&numbers(15, 0.1)), SVector::from_column_slice(&numbers(5, 0.2)));
    let mut control = Bound::from_phi(&phi, w, c).unwrap();
    let x: Vec<f64> = numbers(examples * PIXELS, 0.7).iter().map(|x| f64::from(u8::from(*x > 0.0))).collect();
    control.set_x(&x).unwrap();
    control.set_q(&numbers(examples * M, 0.9)).unwrap();
    control
}

/// The same without a kernel: each example has a copy.
fn one_by_one(control: &Bound) -> ByExample<Bound, impl Fn(&Bound, usize) -> Bound> {
    let (x, q) = (control.x().to_vec(), control.q().to_vec());
    ByExample::new(control.clone(), move |shared: &Bound, n: usize| {
        let mut own = shared.clone();
        own.set_x(&x[n * PIXELS..][..PIXELS]).unwrap();
        own.set_q(&q[n * M..][..M]).unwrap();
        own
    })
}

/// A plate that is answered, with values of f that look drawn.
pub(crate) fn answered<T: Float>(
    control: &(impl Control + Send + Sync),
    examples: usize,
) -> Plate<Bernoulli, T> {
    let numbers = |count, seed| -> Vec<T> {
        numbers(count, seed).iter().map(|number| T::default().constant(*number)).collect()
    };
    let mut plate = Plate::new(Bernoulli::from_logits(&[0.0; M]).unwrap(), examples);
    plate.ask(control, &numbers(examples * M, 0.4), &mut Stream::new(5, 6, 7)).unwrap();
    plate.values_mut().copy_from_slice(&numbers(examples, 0.6));
    plate.answer(control).unwrap();
    plate
}

#[test]
fn an_example_has_the_control_of_its_own_data() {
    let control = control(4);
    assert_eq!(control.examples(), Some(4));
    let z = [0.3, -0.2, 0.9];
    for n in 0..4 {
        let x = SVector::from_column_slice(&control.x()[n * PIXELS..][..PIXELS]);
        let q = SVector::from_column_slice(&control.q()[n * M..][..M]);
        let expected = bound(
            &z.into(),
            &x,
            &q,
            control.w(),
            control.c(),
            control.eta(),
            control.lambda(),
            control.of_x(),
            control.of_z(),
            control.bias(),
            control.last(),
        );
        let own = control.of_example(n).unwrap();
        assert_eq!(own.value(&z), expected);
        if n == 0 {
            assert_eq!(control.value(&z), expected);
        }
        // The slope is that of the values: central differences of step h err by h²/6 of the third derivative and by the rounding of c over h.
        let (mut slope, h) = ([0.0; M], 1e-5);
        assert_eq!(own.value_and_d_z(&z, &mut slope), expected);
        for m in 0..M {
            let at = |step: f64| {
                let mut z = z;
                z[m] += step;
                own.value(&z)
            };
            assert!((slope[m] - (at(h) - at(-h)) / (2.0 * h)).abs() < 1e-8, "{n} {m}");
        }
    }
    is_consistent(&control, &z);
    // η and the last layer; λ is positive, and the others are in tanh.
    assert_eq!(
        (control.linear(), control.of_example(3).unwrap().linear()),
        (vec![0..1, 83..92], control.linear())
    );
    // There is no such example.
    assert!(control.of_example(4).unwrap().value(&z).is_nan());
}

/// Each ĝ is a sum of a few hundred products of numbers of size 1, in another order and with another `exp`: a thousand units in the last place are far from
/// what a wrong term would give. The sums over examples have as many terms more.
#[test]
fn a_plate_on_lanes_is_the_plate_of_its_examples() {
    fn compare<T: Float>(examples: usize, tolerance: f64) {
        let control = control(examples);
        let (lanes, single): (Plate<_, T>, Plate<_, T>) =
            (answered(&control, examples), answered(&one_by_one(&control), examples));
        let close = |a: f64, b: f64, scale: f64| (a - b).abs() <= tolerance * (scale + b.abs());
        for (i, (a, b)) in lanes.gradient().iter().zip(single.gradient()).enumerate() {
            assert!(close((*a).into(), (*b).into(), 1.0), "ĝ {i} of {examples}: {a:?} {b:?}");
        }
        let sums = lanes.variance_gradient().iter().zip(single.variance_gradient());
        for (i, (a, b)) in sums.enumerate() {
            assert!(close(*a, *b, examples as f64), "φ {i} of {examples}: {a} {b}");
        }
        assert_eq!(lanes.points(), single.points());
        assert_eq!(lanes.weights(), single.weights());
        assert_eq!(lanes.f(), single.f());
    }
    for examples in [1, 7, 64, 65, 200] {
        compare::<f64>(examples, 2e-13);
        compare::<f32>(examples, 1e-4);
    }
}

#[test]
fn a_plate_has_the_same_bits_for_every_number_of_threads() {
    let control = control(150);
    let of_threads = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let plate: Plate = pool.install(|| answered(&control, 150));
        (plate.gradient().to_vec(), plate.variance_gradient().to_vec())
    };
    let alone = of_threads(1);
    for threads in [2, 3] {
        assert_eq!(of_threads(threads), alone);
    }
}

#[test]
fn data_are_set_between_rounds() {
    let mut control = control(7);
    let before = answered::<f64>(&control, 7).gradient().to_vec();
    let w = numbers(15, 2.0);
    control.set_w(&w).unwrap();
    assert_eq!(control.w().as_slice(), w);
    let after = answered::<f64>(&control, 7);
    assert_ne!(after.gradient(), before);
    let single = answered::<f64>(&one_by_one(&control), 7);
    let near = after.gradient().iter().zip(single.gradient()).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(near);
}

fn text(error: &dyn std::fmt::Display) -> String {
    error.to_string()
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut control = control(3);
    assert_eq!(text(&control.set_x(&[0.0; 7]).unwrap_err()), "the length of x = 7 is not a multiple of 5");
    assert_eq!(text(&control.set_x(&[f64::NAN; 5]).unwrap_err()), "x = NaN is not a finite number");
    assert_eq!(text(&control.set_w(&[0.0; 7]).unwrap_err()), "the length of w = 7 is not 15");
    assert_eq!(control.examples(), Some(3), "nothing was taken");
    let bernoulli = Bernoulli::from_logits(&[0.0; M]).unwrap();
    let mut plate = Plate::<_, f64>::new(bernoulli.clone(), 4);
    let error = plate.ask(&control, &[0.0; 4 * M], &mut Stream::new(1, 0, 0)).unwrap_err();
    assert_eq!(text(&error), "the list of examples of the control has 3 entries where 4 are needed");
    control.set_x(&[0.0; 0]).unwrap();
    let mut round = Round::new();
    assert!(round.draw(&control, &bernoulli, &mut Stream::new(1, 0, 0)).is_err());
}

/// What overflows on lanes is answered for one example after the other, which names it.
#[test]
fn an_overflow_is_the_error_of_its_example() {
    let mut control = control(40);
    let mut phi = control.phi();
    phi[0] = 1e308;
    control.set_phi(phi.column(0)).unwrap();
    let mut plate = Plate::<_, f64>::new(Bernoulli::from_logits(&[0.0; M]).unwrap(), 40);
    plate.ask(&control, &[0.0; 40 * M], &mut Stream::new(1, 0, 0)).unwrap();
    plate.values_mut().fill(1.0);
    let lanes = plate.answer(&control).unwrap_err();
    let single = plate.answer(&one_by_one(&control)).unwrap_err();
    // A NaN is not equal to itself.
    assert_eq!(text(&lanes), text(&single));
    // Logits beyond what lanes compute with are answered as well.
    let control = self::control(2);
    let mut plate = Plate::<_, f64>::new(Bernoulli::from_logits(&[0.0; M]).unwrap(), 2);
    plate.ask(&control, &[700.0, 0.0, -700.0, 1.0, 2.0, 3.0], &mut Stream::new(1, 0, 0)).unwrap();
    plate.values_mut().fill(1.0);
    plate.answer(&control).unwrap();
    assert_eq!(DVector::from_column_slice(plate.gradient()).len(), 6);
}

//! A network of 784, 200 and 200 units, on a small stack.

use std::thread;

use voidgrad::nalgebra::{SMatrix, SVector};
use voidgrad::network::Network;
use voidgrad::{Stream, network};

#[network(each(x))]
fn deep(
    x: &SVector<f64, 784>,
    w1: &SMatrix<f64, 200, 784>,
    b1: &SVector<f64, 200>,
    w2: &SMatrix<f64, 200, 200>,
    w3: &SVector<f64, 200>,
) -> f64 {
    let h1 = (w1 * x + b1).map(f64::tanh);
    let h2 = (w2 * h1).map(f64::tanh);
    w3.dot(&h2)
}

/// A step against the gradient lowers the square of y, in a build without optimisation, where frames are largest.
#[test]
fn a_large_network_descends_on_a_stack_of_2_mib() {
    let work = || {
        let mut model = Deep::draw(&mut Stream::new(1, 0, 0)).unwrap();
        let mut parameters = model.parameters().to_vec();
        assert_eq!(parameters.len(), 200 * 784 + 200 + 200 * 200 + 200);
        // w3 starts at 0, and so would the derivative of all else.
        parameters[200 * 984 + 200..].fill(0.1);
        model.set_parameters(&parameters).unwrap();
        let x: Vec<f32> = (0..3 * 784_u16).map(|i| f32::from(i % 101 * 37 % 101) / 101.0).collect();
        let mut y = [0.0_f32; 3];
        let square = |y: &[f32; 3]| y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>();
        model.rows(&x, &mut y).unwrap();
        let before = square(&y);
        let mut gradient = vec![0.0; parameters.len()];
        model.rows_vjp(&x, &y.map(|y| 2.0 * y), &mut gradient, &mut []).unwrap();
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

//! What parameters are before the first step, and as data.

use voidgrad::nalgebra::{DMatrix, DVector, SMatrix, SVector};
use voidgrad::network::{Network, NetworkState, NetworkStateError};
use voidgrad::{Stream, network};

const SIGMA: f64 = 0.1;

#[network(each(x), init(b = normal(SIGMA), c = uniform(0.5), scale = 2.0 * 0.75))]
fn layers(
    x: &SVector<f64, 2>,
    a: &SMatrix<f64, 200, 2>,
    b: &SMatrix<f64, 4, 200>,
    c: &SVector<f64, 4>,
    d: &SVector<f64, 200>,
    scale: f64,
) -> f64 {
    scale * (b * (a * x + d) + c).sum()
}

#[network(each(x))]
fn affine(x: &DVector<f64>, w: &DMatrix<f64>, c: &DVector<f64>) -> DVector<f64> {
    w * x + c
}

fn mean(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    values.iter().map(|value| of(*value)).sum::<f64>() / values.len() as f64
}

/// One seed, so there is nothing to be unlucky with. The bounds are 5 standard errors, as one in 1.7 million seeds would miss.
#[test]
fn parameters_start_as_the_attribute_says() {
    let network = Layers::draw(&mut Stream::new(3, 0, 0)).unwrap();
    assert_eq!(network.scale(), [1.5]);
    assert_eq!(network.d(), [0.0; 200]);
    // Without a word a matrix of C columns is uniform in ±1/√C.
    let width = 0.5_f64.sqrt();
    assert!(network.a().iter().all(|entry| entry.abs() < width));
    // The square of a uniform number in ±w has the mean w²/3 and the standard deviation 2w²/√45.
    let error = (mean(network.a(), |x| x * x) - width.powi(2) / 3.0).abs();
    assert!(error < 5.0 * 2.0 * width.powi(2) / 45.0_f64.sqrt() / 400.0_f64.sqrt(), "{error}");
    // Of 800 normal numbers: the mean, and the mean square, whose standard deviation is √2·σ².
    assert!(mean(network.b(), |x| x).abs() < 5.0 * SIGMA / 800.0_f64.sqrt());
    let error = (mean(network.b(), |x| x * x) - SIGMA.powi(2)).abs();
    assert!(error < 5.0 * 2.0_f64.sqrt() * SIGMA.powi(2) / 800.0_f64.sqrt(), "{error}");
    assert!(network.b().iter().any(|entry| entry.abs() > 2.0 * SIGMA));
    assert!(network.c().iter().all(|entry| entry.abs() < 0.5 && *entry != 0.0));
}

#[test]
fn a_width_that_is_none_is_refused() {
    #[network(each(x), init(w = normal(-0.5)))]
    fn line(x: f64, w: f64) -> f64 {
        w * x
    }
    let error = Line::draw(&mut Stream::new(1, 0, 0)).unwrap_err();
    assert_eq!(error.to_string(), "w = -0.5 is not drawn with a width in [0, ∞)");
}

fn matrix() -> Affine {
    let w = DMatrix::from_row_slice(2, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    Affine::new(&w, &DVector::from_vec(vec![0.5, -0.5])).unwrap()
}

#[test]
fn a_state_has_matrices_row_by_row_and_comes_back() {
    let state = matrix().state();
    let w = &state.parameters[0];
    assert_eq!((&*w.name, &*w.shape), ("w", &[2, 3][..]));
    assert_eq!(w.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let json = serde_json::to_string(&state).unwrap();
    let bytes = state.to_safetensors().unwrap();
    assert_eq!(bytes, matrix().state().to_safetensors().unwrap());
    for read in [serde_json::from_str(&json).unwrap(), NetworkState::from_safetensors(&bytes).unwrap()] {
        let mut network = Affine::draw(&mut Stream::new(1, 0, 0), [2, 3], 2).unwrap();
        network.restore(&read).unwrap();
        assert_eq!(network, matrix());
    }
    // As the format says: 8 bytes of length, a header, then the numbers of c and of w.
    let numbers: Vec<u8> =
        [0.5, -0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0_f64].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert!(bytes.ends_with(&numbers));
}

#[test]
fn a_state_that_does_not_fit_is_refused_and_changes_nothing() {
    let whole = matrix().state();
    let refused = |change: &dyn Fn(&mut NetworkState)| {
        let (mut state, mut network) = (whole.clone(), matrix());
        change(&mut state);
        let error = network.restore(&state).unwrap_err();
        assert_eq!(network, matrix());
        error.to_string()
    };
    let twice = |state: &mut NetworkState| state.parameters.push(state.parameters[0].clone());
    assert_eq!(refused(&twice), "the state has a parameter `w` that this network does not take");
    assert_eq!(refused(&|state| drop(state.parameters.pop())), "the state has no parameter `c`");
    assert_eq!(refused(&|state| state.version = 2), "the state has version 2, where version 1 is read");
    let turned = |state: &mut NetworkState| state.parameters[0].shape.reverse();
    assert_eq!(refused(&turned), "the parameter `w` has the shape [3, 2], where [2, 3] is needed");
    let nan = |state: &mut NetworkState| state.parameters[0].values[0] = f64::NAN;
    assert_eq!(refused(&nan), "a parameter = NaN is not a finite number");
}

#[test]
fn a_file_that_is_none_of_a_network_is_refused() {
    let bytes = matrix().state().to_safetensors().unwrap();
    for broken in [&bytes[..bytes.len() - 1], &[][..], b"not a file at all, but a text"] {
        let error = NetworkState::from_safetensors(broken).unwrap_err();
        assert!(matches!(error, NetworkStateError::Unreadable { .. }), "{error}");
    }
    let of_a_trainer = voidgrad::Trainer::new(1, 0).state().to_safetensors().unwrap();
    let error = NetworkState::from_safetensors(&of_a_trainer).unwrap_err().to_string();
    assert_eq!(
        error,
        "the file is no state of a network: its metadata have no entry `voidgrad` with `network 1`"
    );
    let mut two = matrix().state();
    two.parameters.push(two.parameters[0].clone());
    assert_eq!(
        two.to_safetensors().unwrap_err().to_string(),
        "the state can't be written: it has two parameters `w`"
    );
}

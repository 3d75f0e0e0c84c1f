//! States that are damaged, or of something else.

use voidgrad::Trainer;
use voidgrad::optimise::{Adam, Optimiser, Sgd};
use voidgrad::optimise::{OptimiserState, OptimiserStateError};
use voidgrad::train::Block;
use voidgrad::train::{StateError, TrainerState};

use super::{blocks, model, start, trainer_of};

/// A trainer after a few steps, with a best point and extras.
fn state() -> TrainerState {
    let mut trainer = trainer_of(blocks());
    (0..3).for_each(|_| _ = trainer.step(&mut model).unwrap());
    let mut state = trainer.state();
    state.extras.insert("averages/of φ".into(), vec![0.5, f64::MAX, -0.0]);
    state.extras.insert("none".into(), Vec::new());
    state.position = (1 << 68) - 1;
    state.seed = u64::MAX;
    state
}

/// The file with a text of its header replaced by one of the same length.
fn with(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let place = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut bytes = bytes.to_vec();
    bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    bytes
}

fn header_length(bytes: &[u8]) -> usize {
    usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap()
}

fn refused(bytes: &[u8]) -> StateError {
    TrainerState::from_safetensors(bytes).unwrap_err()
}

#[test]
fn a_file_holds_every_bit_and_its_bytes_are_those_of_the_state() {
    let state = state();
    let bytes = state.to_safetensors().unwrap();
    assert_eq!(bytes, state.clone().to_safetensors().unwrap());
    let read = TrainerState::from_safetensors(&bytes).unwrap();
    assert_eq!(read, state);
    assert!(read.extra("averages/of φ").unwrap()[2].is_sign_negative());
    assert_eq!(bytes, read.to_safetensors().unwrap());
    let empty = Trainer::new(0, 0).state();
    assert_eq!(TrainerState::from_safetensors(&empty.to_safetensors().unwrap()).unwrap(), empty);
}

/// What `PyTorch` and numpy see: 8 bytes of length, JSON, and numbers, least significant byte first.
#[test]
fn the_header_names_the_arrays() {
    let bytes = state().to_safetensors().unwrap();
    let length = header_length(&bytes);
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let text = header["__metadata__"]["voidgrad"].as_str().unwrap();
    let expected = format!(
        "version 1\niteration 3\nseed {}\nrun 3\nposition {}\nblock encoder/adam\nblock decoder/sgd\nblock prior/sgd",
        u64::MAX,
        (1_u128 << 68) - 1
    );
    assert_eq!(text, expected);
    for (name, shape) in [
        ("encoder/parameters", serde_json::json!([19])),
        ("encoder/adam/m", serde_json::json!([19])),
        ("encoder/adam/beta1", serde_json::json!([])),
        ("decoder/sgd/v", serde_json::json!([3])),
        ("best/value", serde_json::json!([])),
        ("extras/averages/of φ", serde_json::json!([3])),
    ] {
        assert_eq!(header[name]["dtype"], "F64", "{name}");
        assert_eq!(header[name]["shape"], shape, "{name}");
    }
    let start = header["extras/averages/of φ"]["data_offsets"][0].as_u64().unwrap();
    let start = usize::try_from(start).unwrap();
    assert_eq!(bytes[8 + length + start..][..8], 0.5_f64.to_le_bytes());
}

#[test]
fn a_file_that_is_cut_off_or_longer_is_unreadable() {
    let bytes = state().to_safetensors().unwrap();
    for length in (0..bytes.len()).step_by(3).chain([bytes.len() - 1]) {
        let error = refused(&bytes[..length]);
        assert!(matches!(error, StateError::Unreadable { .. }), "{length}: {error}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(matches!(refused(&longer), StateError::Unreadable { .. }));
}

#[test]
fn no_damaged_byte_is_a_panic() {
    let bytes = state().to_safetensors().unwrap();
    let length = header_length(&bytes);
    let mut refused = 0;
    for place in 0..8 + length {
        for change in [1, 32, 128] {
            let mut damaged = bytes.clone();
            damaged[place] ^= change;
            if let Ok(state) = TrainerState::from_safetensors(&damaged) {
                let mut trainer = trainer_of(blocks());
                let before = trainer.state();
                if trainer.restore(&state).is_err() {
                    assert_eq!(trainer.state(), before);
                }
            } else {
                refused += 1;
            }
        }
    }
    // A digit of a seed, a letter of an extra's name and the like are another state. Most bytes of the header are not.
    assert!(refused > 2 * length, "{refused} of {}", 3 * length);
}

#[test]
fn another_version_is_refused_before_anything_else() {
    let mut state = state();
    state.version = 2;
    let bytes = state.to_safetensors().unwrap();
    let message = "the state has version 2, and this is a reader of version 1";
    assert_eq!(refused(&bytes).to_string(), message);
    // Also if all that follows is unknown.
    let bytes = with(&with(&bytes, "iteration 3", "steps     3"), "block encoder", "layer encoder");
    assert_eq!(refused(&bytes).to_string(), message);
    assert_eq!(trainer_of(blocks()).restore(&state).unwrap_err().to_string(), message);
}

#[test]
fn a_file_with_other_tensors_names_the_first() {
    let bytes = state().to_safetensors().unwrap();
    let error = refused(&with(&bytes, "\"encoder/parameters", "\"encoder/parametres"));
    assert!(matches!(error, StateError::MissingTensor { name } if name == "encoder/parameters"));
    let error = refused(&with(&bytes, "\"extras/none", "\"extars/none"));
    assert!(matches!(error, StateError::UnknownTensor { name } if name == "extars/none"));
    let error = refused(&with(&bytes, "\"best/value", "\"bets/value"));
    assert!(matches!(error, StateError::MissingTensor { name } if name == "best/value"));
    let error = refused(&with(&bytes, "\"F64\"", "\"I64\""));
    assert!(matches!(error, StateError::Tensor { .. }), "{error}");
    let error = refused(&with(&bytes, "block prior", "block pr\\/r"));
    assert!(matches!(error, StateError::Metadata { .. }), "{error}");
    let error = refused(&with(&bytes, "run 3", "run x"));
    assert_eq!(
        error.to_string(),
        "the file is no state of a trainer: its metadata entry `voidgrad` has no line `run` with a whole number in its place"
    );
    assert!(matches!(refused(&with(&bytes, "\"voidgrad", "\"voidgrat")), StateError::Metadata { .. }));
}

#[test]
fn names_that_no_file_can_hold_are_refused() {
    let check = |change: &dyn Fn(&mut TrainerState)| {
        let mut state = state();
        change(&mut state);
        state.to_safetensors().unwrap_err()
    };
    let error = check(&|state| state.blocks[0].name = "a/b".into());
    assert!(matches!(error, StateError::Name { name } if name == "a/b"));
    let error = check(&|state| state.blocks[0].name = "extras".into());
    assert!(matches!(error, StateError::Name { .. }));
    let error = check(&|state| state.blocks[0].optimiser = OptimiserState::new("x\ny"));
    assert!(matches!(error, StateError::Name { .. }));
    let error = check(&|state| _ = state.extras.insert(String::new(), Vec::new()));
    assert!(matches!(error, StateError::Name { .. }));
    let error = check(&|state| state.blocks[0].name = "prior".into());
    assert!(matches!(error, StateError::SameBlock { block } if block == "prior"));
}

#[test]
fn a_state_that_does_not_fit_changes_nothing() {
    let mut trainer = trainer_of(blocks());
    trainer.offer(3.0, &[1.0]);
    let before = trainer.state();
    let mut check = |change: &dyn Fn(&mut TrainerState)| {
        let mut state = state();
        change(&mut state);
        let error = trainer.restore(&state).unwrap_err();
        assert_eq!(trainer.state(), before, "{error}");
        error
    };
    let error = check(&|state| _ = state.blocks.remove(1));
    assert_eq!(error.to_string(), "the state has no block `decoder`");
    let error = check(&|state| state.blocks[1].name = "critic".into());
    assert_eq!(error.to_string(), "the state has a block `critic`, which the trainer does not have");
    let error = check(&|state| state.blocks.push(state.blocks[0].clone()));
    assert_eq!(error.to_string(), "the state has two blocks `encoder`");
    let error = check(&|state| state.blocks[1].parameters.push(0.0));
    assert_eq!(error.to_string(), "block `decoder` has 4 parameters in the state, and 3 in the trainer");
    let error = check(&|state| state.blocks[1].parameters[2] = f64::NAN);
    assert_eq!(error.to_string(), "decoder/parameters[2] of the state is NaN, which is not a finite number");
    let error = check(&|state| state.blocks[1].learning_rate = 0.0);
    assert_eq!(error.to_string(), "decoder/learning_rate of the state is 0, which is not a number in (0, ∞)");
    let error = check(&|state| state.best.as_mut().unwrap().value = f64::NAN);
    assert!(matches!(error, StateError::Value { .. }));
    let error = check(&|state| state.position = 1 << 68);
    assert!(matches!(error, StateError::Value { name, .. } if name == "position"));
    // The optimisers of the first two blocks are restored by then.
    let error = check(&|state| state.blocks[2].optimiser = state.blocks[1].optimiser.clone());
    assert_eq!(
        error.to_string(),
        "block `prior`: the state of the optimiser `sgd` has a value `v`, which this optimiser does not have"
    );
}

#[test]
fn adam_refuses_what_it_can_not_have() {
    let mut trainer =
        Trainer::new(1, 0).block("a", Block::new(start(3), Adam::new(3, 0.1).unwrap())).unwrap();
    let state = trainer.state();
    let mut check = |optimiser: OptimiserState| {
        let mut changed = state.clone();
        changed.blocks[0].optimiser = optimiser;
        let StateError::Optimiser { source, .. } = trainer.restore(&changed).unwrap_err() else { panic!() };
        assert_eq!(trainer.state(), state);
        source
    };
    let good = || state.blocks[0].optimiser.clone();
    for (name, value) in [
        ("learning_rate", -1.0),
        ("beta1", 1.0),
        ("beta2", f64::NAN),
        ("epsilon", 0.0),
        ("beta1_power", 1.5),
        ("beta2_power", -0.5),
        ("is_large", 0.5),
    ] {
        let error = check(good().with_number(name, value));
        assert!(matches!(&error, OptimiserStateError::Value { name: found, .. } if found == name), "{error}");
    }
    let error = check(good().with_array("s", vec![0.0, -1.0, 0.0]));
    assert!(matches!(error, OptimiserStateError::Value { index: 1, .. }), "{error}");
    let error = check(good().with_array("m", vec![0.0, 0.0, 1.0]));
    assert!(matches!(error, OptimiserStateError::Value { index: 2, value: 1.0, .. }), "{error}");
    let error = check(good().with_array("m", vec![0.0; 2]));
    assert!(matches!(error, OptimiserStateError::Length { found: 2, expected: 3, .. }), "{error}");
    let error = check(good().with_number("m", 0.0));
    assert!(matches!(error, OptimiserStateError::Form { .. }), "{error}");
    let error = check(Sgd::new(0.1).unwrap().state());
    assert_eq!(error.to_string(), "the state is of the optimiser `sgd` where one of `adam` is needed");
}

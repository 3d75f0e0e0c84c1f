//! A trainer's state as a safetensors file.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, Metadata, SafeTensorError, SafeTensors, TensorInfo, TensorView, serialize};

use super::name::is_name;
use super::{Best, BlockState, StateError, TrainerState};
use crate::optimise::{OptimiserState, StateValue};

/// The one entry of the metadata. A second one would make the bytes depend on the order of a hash map.
const ENTRY: &str = "voidgrad";

impl TrainerState {
    /// The state as the bytes of a file in the format `safetensors`. Equal states give equal bytes.
    ///
    /// `PyTorch`, numpy and others read the arrays by name. All are of `f64`; a number is an array without dimensions.
    ///
    /// | tensor | holds |
    /// |---|---|
    /// | `encoder/parameters` | the parameters of the block `encoder` |
    /// | `encoder/learning_rate` | its base learning rate |
    /// | `encoder/adam/m` | the value `m` of its optimiser, whose kind is `adam` |
    /// | `best/value`, `best/point` | the best point, if there is one |
    /// | `extras/averages` | the extra values `averages` |
    ///
    /// The entry `voidgrad` of the metadata is a text of lines: `version 1`, `iteration 100`, `seed 7`, `run 0`, `position 200`, and for each block
    /// `block encoder/adam`.
    ///
    /// This needs the feature `safetensors` of this crate.
    ///
    /// ```
    /// use voidgrad::optimise::Adam;
    /// use voidgrad::train::{Block, TrainerState};
    /// use voidgrad::Trainer;
    /// let trainer = Trainer::new(1, 0).block("encoder", Block::new(vec![0.5; 3], Adam::new(3, 0.01)?))?;
    /// let bytes = trainer.state().to_safetensors()?;
    /// assert_eq!(TrainerState::from_safetensors(&bytes)?, trainer.state());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if a name was put into the state that the format can't hold. An extra's name may contain `/`; the kind and
    /// the names of an optimiser may not.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, StateError> {
        let mut lines = vec![
            format!("version {}", self.version),
            format!("iteration {}", self.iteration),
            format!("seed {}", self.seed),
            format!("run {}", self.run),
            format!("position {}", self.position),
        ];
        let mut tensors = Tensors::default();
        for BlockState { name, parameters, learning_rate, optimiser } in &self.blocks {
            let kind = optimiser.kind();
            check(name, is_name(name) && !super::name::RESERVED.contains(&name.as_str()))?;
            check(kind, is_name(kind))?;
            lines.push(format!("block {name}/{kind}"));
            tensors.array(format!("{name}/parameters"), parameters)?;
            tensors.number(format!("{name}/learning_rate"), *learning_rate)?;
            for (value_name, value) in optimiser.values() {
                check(value_name, is_name(value_name))?;
                let value_name = format!("{name}/{kind}/{value_name}");
                match value {
                    StateValue::Number(number) => tensors.number(value_name, *number)?,
                    StateValue::Array(values) => tensors.array(value_name, values)?,
                }
            }
        }
        if let Some(Best { value, point }) = &self.best {
            tensors.number("best/value".to_owned(), *value)?;
            tensors.array("best/point".to_owned(), point)?;
        }
        for (name, values) in &self.extras {
            check(name, !name.is_empty() && !name.contains(char::is_control))?;
            tensors.array(format!("extras/{name}"), values)?;
        }
        tensors.serialize(lines.join("\n"))
    }

    /// The state that such a file holds. The version is looked at before anything else of it.
    ///
    /// # Errors
    /// Returns an error if the bytes are not a whole safetensors file, if it is not one of a trainer, if its version is another, or if a tensor is missing, is one too
    /// many, or has another type or shape than the state needs.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, StateError> {
        let (header, metadata) = SafeTensors::read_metadata(bytes)
            .map_err(|source| StateError::Unreadable { source: Box::new(source) })?;
        let text = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let text = text.ok_or_else(|| problem("is missing"))?;
        let mut lines = Lines(text.lines());
        let version = lines.number("version")?;
        Self::check_version(version)?;
        let [iteration, seed, run] =
            [lines.number("iteration")?, lines.number("seed")?, lines.number("run")?];
        let position = lines.number("position")?;
        // The length of the header itself takes 8 bytes. The reader has compared all offsets with the length of the file.
        let mut arrays = Arrays::new(&metadata, &bytes[8 + header..])?;
        let mut blocks = Vec::new();
        while let Some((name, kind)) = lines.block()? {
            blocks.push(arrays.block(name, kind)?);
        }
        let best = if arrays.has("best/value") || arrays.has("best/point") {
            Some(Best { value: arrays.number("best/value")?, point: arrays.array("best/point")? })
        } else {
            None
        };
        let extras = arrays.extras()?;
        arrays.finish()?;
        Ok(Self { version, iteration, seed, run, position, blocks, best, extras })
    }
}

fn check(name: &str, is_allowed: bool) -> Result<(), StateError> {
    if is_allowed { Ok(()) } else { Err(StateError::Name { name: name.to_owned() }) }
}

fn problem(problem: impl Into<String>) -> StateError {
    StateError::Metadata { problem: problem.into() }
}

/// Tensors to be written: name, shape, and bytes, least significant first.
#[derive(Default)]
struct Tensors(BTreeMap<String, (Vec<usize>, Vec<u8>)>);

impl Tensors {
    fn number(&mut self, name: String, value: f64) -> Result<(), StateError> {
        self.insert(name, Vec::new(), &[value])
    }

    fn array(&mut self, name: String, values: &[f64]) -> Result<(), StateError> {
        self.insert(name, vec![values.len()], values)
    }

    /// A second tensor of a name would be lost: there are two blocks of a name.
    fn insert(&mut self, name: String, shape: Vec<usize>, values: &[f64]) -> Result<(), StateError> {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        if self.0.contains_key(&name) {
            let block = name.split('/').next().unwrap_or_default().to_owned();
            return Err(StateError::SameBlock { block });
        }
        self.0.insert(name, (shape, bytes));
        Ok(())
    }

    fn serialize(&self, text: String) -> Result<Vec<u8>, StateError> {
        let unwritable = |source| StateError::Unwritable { source: Box::new(source) };
        let views = self.0.iter().map(view).collect::<Result<Vec<_>, _>>().map_err(unwritable)?;
        let metadata = std::iter::once((ENTRY.to_owned(), text)).collect();
        serialize(views, Some(metadata)).map_err(unwritable)
    }
}

fn view<'a>(
    (name, (shape, bytes)): (&'a String, &'a (Vec<usize>, Vec<u8>)),
) -> Result<(&'a str, TensorView<'a>), SafeTensorError> {
    Ok((name, TensorView::new(Dtype::F64, shape.clone(), bytes)?))
}

/// The lines of the metadata, each a word and a value.
struct Lines<'a>(std::str::Lines<'a>);

impl<'a> Lines<'a> {
    fn number<T: std::str::FromStr>(&mut self, word: &str) -> Result<T, StateError> {
        let value = self.0.next().and_then(|line| line.strip_prefix(word)?.strip_prefix(' '));
        value
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| problem(format!("has no line `{word}` with a whole number in its place")))
    }

    /// The name and the kind of the next block.
    fn block(&mut self) -> Result<Option<(&'a str, &'a str)>, StateError> {
        let Some(line) = self.0.next() else { return Ok(None) };
        let block = line.strip_prefix("block ").and_then(|block| block.split_once('/'));
        let block = block.filter(|(name, kind)| is_name(name) && is_name(kind));
        block.map(Some).ok_or_else(|| problem(format!("has a line {line:?} in the place of a block")))
    }
}

/// Tensors that were read, each to be taken once.
struct Arrays(BTreeMap<String, Array>);

struct Array {
    /// None for a number, and the length of an array.
    length: Option<usize>,
    values: Vec<f64>,
}

impl Arrays {
    fn new(metadata: &Metadata, data: &[u8]) -> Result<Self, StateError> {
        let read = |(name, info): (String, &TensorInfo)| {
            let length = match (info.dtype, info.shape.as_slice()) {
                (Dtype::F64, []) => None,
                (Dtype::F64, [length]) => Some(*length),
                (dtype, shape) => {
                    let found = format!("{dtype:?} with the shape {shape:?}");
                    let expected = "F64 with at most one dimension";
                    return Err(StateError::Tensor { name, found, expected });
                }
            };
            let (start, end) = info.data_offsets;
            let values = data[start..end].as_chunks().0.iter().copied().map(f64::from_le_bytes).collect();
            Ok((name, Array { length, values }))
        };
        metadata.tensors().into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn take(&mut self, name: &str) -> Result<Array, StateError> {
        self.0.remove(name).ok_or_else(|| StateError::MissingTensor { name: name.to_owned() })
    }

    fn number(&mut self, name: &str) -> Result<f64, StateError> {
        match self.take(name)? {
            Array { length: None, values } => Ok(values[0]),
            Array { length: Some(length), .. } => Err(StateError::Tensor {
                name: name.to_owned(),
                found: format!("an array of {length}"),
                expected: "a number",
            }),
        }
    }

    fn array(&mut self, name: &str) -> Result<Vec<f64>, StateError> {
        let Array { length, values } = self.take(name)?;
        if length.is_some() {
            return Ok(values);
        }
        let (name, found) = (name.to_owned(), "a number".to_owned());
        Err(StateError::Tensor { name, found, expected: "an array" })
    }

    fn block(&mut self, name: &str, kind: &str) -> Result<BlockState, StateError> {
        let parameters = self.array(&format!("{name}/parameters"))?;
        let learning_rate = self.number(&format!("{name}/learning_rate"))?;
        let mut optimiser = OptimiserState::new(kind);
        for (value_name, Array { length, values }) in self.below(&format!("{name}/{kind}/")) {
            optimiser = match length {
                Some(_) => optimiser.with_array(&value_name, values),
                None => optimiser.with_number(&value_name, values[0]),
            };
        }
        Ok(BlockState { name: name.to_owned(), parameters, learning_rate, optimiser })
    }

    fn extras(&mut self) -> Result<BTreeMap<String, Vec<f64>>, StateError> {
        let prefix = "extras/";
        let names: Vec<String> =
            self.0.keys().filter_map(|name| Some(name.strip_prefix(prefix)?.to_owned())).collect();
        names
            .into_iter()
            .map(|name| {
                let values = self.array(&format!("{prefix}{name}"))?;
                Ok((name, values))
            })
            .collect()
    }

    /// Takes all tensors whose names begin so; the names are what follows.
    fn below(&mut self, prefix: &str) -> Vec<(String, Array)> {
        let (below, others): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.0).into_iter().partition(|(name, _)| name.starts_with(prefix));
        self.0 = others;
        below.into_iter().map(|(name, array)| (name[prefix.len()..].to_owned(), array)).collect()
    }

    /// Refuses what nobody took.
    fn finish(mut self) -> Result<(), StateError> {
        match self.0.pop_first() {
            Some((name, _)) => Err(StateError::UnknownTensor { name }),
            None => Ok(()),
        }
    }
}

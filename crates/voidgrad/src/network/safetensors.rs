//! The state of a network as a safetensors file.

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView, serialize};

use super::{NetworkState, NetworkStateError, ParameterState};

/// The one entry of the metadata. A second one would make the bytes depend on the order of a hash map.
const ENTRY: &str = "voidgrad";

/// What the entry says, before the version.
const KIND: &str = "network ";

impl NetworkState {
    /// The state as the bytes of a file in the format `safetensors`: a tensor of `f64` for each parameter, with its name and shape. Equal states give equal
    /// bytes.
    ///
    /// The entry `voidgrad` of the metadata is `network 1`, with the version. This needs the feature `safetensors` of this crate.
    ///
    /// # Errors
    /// If the state is larger than the format allows, or two parameters have one name.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, NetworkStateError> {
        let unwritable =
            |problem: SafeTensorError| NetworkStateError::Unwritable { problem: problem.to_string() };
        let bytes: Vec<Vec<u8>> = (self.parameters.iter())
            .map(|state| state.values.iter().flat_map(|value| value.to_le_bytes()).collect())
            .collect();
        for (i, state) in self.parameters.iter().enumerate() {
            if self.parameters[..i].iter().any(|before| before.name == state.name) {
                let problem = format!("it has two parameters `{}`", state.name);
                return Err(NetworkStateError::Unwritable { problem });
            }
        }
        let views = self.parameters.iter().zip(&bytes).map(|(ParameterState { name, shape, .. }, bytes)| {
            Ok((name, TensorView::new(Dtype::F64, shape.clone(), bytes).map_err(unwritable)?))
        });
        let views = views.collect::<Result<Vec<_>, NetworkStateError>>()?;
        let metadata = std::iter::once((ENTRY.to_owned(), format!("{KIND}{}", self.version))).collect();
        serialize(views, Some(metadata)).map_err(unwritable)
    }

    /// The state that such a file holds; its parameters are in the order of their names.
    ///
    /// # Errors
    /// If the bytes are not a whole safetensors file, if it is not one of a network, if its version is another, or if a tensor is not of `f64`.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, NetworkStateError> {
        let unreadable = |problem: String| NetworkStateError::Unreadable { problem };
        let broken = |problem: SafeTensorError| unreadable(problem.to_string());
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let text = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let version = text.and_then(|text| text.strip_prefix(KIND)?.parse().ok());
        let version = version
            .ok_or_else(|| unreadable("its metadata have no entry `voidgrad` with `network 1`".to_owned()))?;
        Self::check_version(version)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
        let mut parameters = Vec::new();
        for (name, tensor) in tensors.iter() {
            if tensor.dtype() != Dtype::F64 {
                return Err(unreadable(format!(
                    "the tensor `{name}` is of {:?}, not of F64",
                    tensor.dtype()
                )));
            }
            let (numbers, _) = tensor.data().as_chunks::<8>();
            let values = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
            parameters.push(ParameterState { name: name.to_owned(), shape: tensor.shape().to_vec(), values });
        }
        parameters.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Self { version, parameters })
    }
}

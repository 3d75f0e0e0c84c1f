"""The files that `python -m voidgrad new NAME` writes."""

FILES = {
    "Cargo.toml": """[workspace]

[package]
name = "NAME"
version = "0.1.0"
edition = "2024"
publish = false

[lib]
name = "_NAME"
crate-type = ["cdylib"]

[dependencies]
pyo3 = { version = "0.30", features = ["abi3-py39"] }
voidgrad = { path = "SOURCE/../voidgrad" }
voidgrad_python = { package = "voidgrad-python", path = "SOURCE" }

[profile.release]
debug = false
strip = true
""",
    "pyproject.toml": """[build-system]
requires = ["maturin>=1.9,<2"]
build-backend = "maturin"

[project]
name = "NAME"
version = "0.1.0"
requires-python = ">=3.9"
dependencies = ["voidgrad"]

[tool.maturin]
python-source = "python"
module-name = "NAME._NAME"
features = ["pyo3/extension-module"]
""",
    "src/lib.rs": """//! A control variate of our own.

use pyo3::prelude::*;
use voidgrad::{control, sigmoid};
use voidgrad_python::add_control;

/// A smooth step between two heights. Change it: voidgrad writes all derivatives when this is compiled.
///
/// z is the relaxed sample. The other arguments are the parameters, which are trained on the variance; `positive` ones stay positive.
#[control(positive(lambda))]
pub fn ramp(z: f64, left: f64, right: f64, lambda: f64) -> f64 {
    left + (right - left) * sigmoid(z / lambda)
}

#[pymodule]
fn _NAME(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // The parameters before they are trained, in the order of the function.
    add_control(module, "ramp", || Ramp::new(0.0, 0.0, 1.0))
}
""",
    "python/NAME/__init__.py": """from voidgrad import own_control

from . import _NAME

Ramp = own_control(_NAME, "ramp", __name__)
""",
    "example.py": """import numpy as np
import voidgrad
import NAME

f = lambda b: (b.sum(-1) - 3.3) ** 2
for one in voidgrad.variance.compare(f, np.zeros(5), ["reinforce", NAME.Ramp(learning_rate=0.1)]):
    print(f"{one.name:10} variance {one.variance:.3f}, bias {one.bias:.3f} +- {one.bias_error:.3f}")
""",
    ".gitignore": """/target
*.so
*.pyd
__pycache__/
""",
}

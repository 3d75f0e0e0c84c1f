//! The text of a batch's crate.

use std::fmt::Write as _;
use std::path::Path;

use super::super::interpreter::Value;
use super::super::program::{CONSTANTS, HELPERS};

/// Prints the bits of what a call gives.
pub(super) const SHOW: &str = "
pub(crate) trait Numbers { fn numbers(&self, to: &mut Vec<f64>); }
impl Numbers for f64 { fn numbers(&self, to: &mut Vec<f64>) { to.push(*self) } }
impl<T: Numbers, const N: usize> Numbers for [T; N] { fn numbers(&self, to: &mut Vec<f64>) { for part in self { part.numbers(to) } } }
impl<const R: usize, const C: usize> Numbers for SMatrix<f64, R, C> { fn numbers(&self, to: &mut Vec<f64>) { to.extend(self.iter()) } }
impl Numbers for DVector<f64> { fn numbers(&self, to: &mut Vec<f64>) { to.extend(self.iter()) } }
impl<A: Numbers, B: Numbers> Numbers for (A, B) { fn numbers(&self, to: &mut Vec<f64>) { self.0.numbers(to); self.1.numbers(to) } }
impl<A: Numbers, B: Numbers, C: Numbers> Numbers for (A, B, C) { fn numbers(&self, to: &mut Vec<f64>) { self.0.numbers(to); self.1.numbers(to); self.2.numbers(to) } }
impl<A: Numbers, B: Numbers, C: Numbers, D: Numbers> Numbers for (A, B, C, D) { fn numbers(&self, to: &mut Vec<f64>) { self.0.numbers(to); self.1.numbers(to); self.2.numbers(to); self.3.numbers(to) } }
fn show<T: Numbers>(n: usize, call: usize, f: impl FnOnce() -> T) {
    let mut text = format!(\"{n} {call}\");
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)) {
        Ok(value) => {
            let mut numbers = Vec::new();
            value.numbers(&mut numbers);
            for number in numbers { text += &format!(\" {:x}\", number.to_bits()); }
        }
        Err(_) => text += \" panic\",
    }
    println!(\"{text}\");
}
";

/// An argument as Rust.
pub(super) fn rust(value: &Value, ty: &syn::Type) -> String {
    let numbers = |value: &Value| {
        let bits = value.numbers();
        let bits = bits.iter().map(|number| format!("f64::from_bits(0x{:x})", number.value.to_bits()));
        bits.collect::<Vec<String>>().join(", ")
    };
    match (value, ty) {
        (Value::Bool(value), _) => value.to_string(),
        (Value::Reference(inner), syn::Type::Reference(ty)) => format!("&{}", rust(inner, &ty.elem)),
        (Value::Reference(inner), _) => format!("&{}", rust(inner, ty)),
        (Value::Number(..), _) => numbers(value),
        (Value::Matrix(matrix), syn::Type::Path(path)) => {
            let name = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
            match name.as_str() {
                "DVector" => format!("DVector::from_vec(vec![{}])", numbers(value)),
                _ => format!(
                    "SMatrix::<f64, {}, {}>::from_column_slice(&[{}])",
                    matrix.rows,
                    matrix.columns,
                    numbers(value)
                ),
            }
        }
        (value, _) => format!("[{}]", numbers(value)),
    }
}

pub(super) fn helpers(is_annotated: bool) -> String {
    let mut text = String::new();
    for (name, value) in CONSTANTS {
        writeln!(text, "const {name}: f64 = {value:?};").expect("a string takes everything");
    }
    for (attribute, item) in HELPERS {
        let attribute = if is_annotated { format!("#[differentiate({attribute})]") } else { String::new() };
        writeln!(text, "{attribute} {item}").expect("a string takes everything");
    }
    text
}

pub(super) fn manifest(voidgrad: &Path) -> String {
    format!(
        "[workspace]\n[package]\nname = \"batch\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\
         [features]\nnever = []\n\
         [[bin]]\nname = \"plain\"\npath = \"src/plain.rs\"\n[[bin]]\nname = \"taken\"\npath = \"src/taken.rs\"\n\
         [dependencies]\nvoidgrad = {{ path = \"{}\" }}\n",
        // TOML takes a backslash for an escape.
        voidgrad.display().to_string().replace('\\', "/")
    )
}

//! Benchmarks, which `cargo bench --package voidgrad-benches` runs. This program is there because cargo asks for a library or a program.

fn main() {
    println!("cargo bench --package voidgrad-benches");
}

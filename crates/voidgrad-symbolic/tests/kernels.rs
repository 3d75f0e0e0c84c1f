//! Which controls have a kernel: what the documentation of the struct says, which is for people who wonder why a batch is slow.

use syn::{Expr, ExprLit, Item, Lit, Meta};
use voidgrad_symbolic::expand::file;

/// The last line of the documentation of the control's struct.
fn sentence(source: &str) -> String {
    let root = "::voidgrad".parse().unwrap();
    let expansion = file(source, &root).unwrap().into_iter().last().expect("there is a control");
    let code: syn::File = syn::parse2(expansion.tokens).expect("generated code is Rust");
    let structure = code.items.into_iter().find_map(|item| match item {
        Item::Struct(item) => Some(item),
        _ => None,
    });
    let lines = structure.expect("a control has a struct").attrs.into_iter().filter_map(|attribute| {
        let Meta::NameValue(doc) = attribute.meta else { return None };
        match doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if doc.path.is_ident("doc") => Some(text.value()),
            _ => None,
        }
    });
    lines.last().expect("a struct has documentation").trim().to_owned()
}

fn assert_none(source: &str, reason: &str) {
    let expected = format!("It has no fused kernel, since {reason}: batches go one sample after the other.");
    assert_eq!(sentence(source), expected, "{source}");
}

#[test]
fn a_control_of_one_z_has_a_kernel() {
    let source = "#[control(positive(lambda))] fn c(z: f64, eta: f64, lambda: f64) -> f64 { eta * sigmoid(z / lambda) }";
    assert_eq!(sentence(source), "Batches and training run its fused `Kernel`, on SIMD lanes.");
}

#[test]
fn loops_over_arrays_are_a_kernel() {
    for source in [
        "#[control] fn c(z: &[f64; 5], w: &[f64; 5]) -> f64 { z.iter().zip(w).map(|(z, w)| w * z.tanh()).sum() }",
        // Parameters of one row, of one column and of one entry, which have no outer product on the backward pass.
        "#[control] fn c(z: &SVector<f64, 5>, w: &SMatrix<f64, 1, 5>, v: &SMatrix<f64, 4, 1>, u: &SMatrix<f64, 1, 1>) -> f64 {
            (v * (u * (w * z)).map(f64::tanh)).map(f64::tanh).sum()
        }",
        // Products of parameters alone, whose matrix is a part or is computed.
        "#[control(data(u))] fn c(z: &SVector<f64, 3>, w: &SMatrix<f64, 3, 5>, v: &SVector<f64, 2>, u: &SMatrix<f64, 3, 2>) -> f64 {
            (w.columns(1, 2) * v + u.map(f64::tanh) * v).dot(z)
        }",
        // A matrix that is transposed entry by entry.
        "#[control] fn c(z: &[f64; 5], w: &SMatrix<f64, 3, 5>, v: &SMatrix<f64, 5, 3>) -> f64 {
            (w.transpose() + v).map(|x| x.tanh()).sum() * z[0]
        }",
    ] {
        assert_eq!(sentence(source), "Batches run its fused `ArrayKernel`, on SIMD lanes.", "{source}");
    }
}

const CALLS: [&str; 2] = ["inner(z, w)", "z[0] * w * inner(d, 1.0)"];

/// A control that calls a function of an array, which has this body.
fn with_a_call(call: &str, inner: &str) -> String {
    format!(
        "#[differentiate(wrt(x))] fn bump(x: f64, w: f64) -> f64 {{ (w * x).tanh() }}
         #[differentiate(wrt(x))] fn bend(x: f64, w: &[f64; 5]) -> f64 {{ (w[0] * x).tanh() }}
         #[differentiate(wrt(x))] fn norm(x: &[f64; 5]) -> f64 {{ x.iter().map(|x| bump(*x, 0.5)).sum() }}
         #[differentiate(wrt(w))] fn inner(x: &[f64; 5], w: f64) -> f64 {{ {inner} }}
         #[control(data(d))] fn c(z: &[f64; 5], w: f64, d: &[f64; 5]) -> f64 {{ {call} }}"
    )
}

#[test]
fn a_function_of_an_array_becomes_a_part_of_the_kernel() {
    for call in CALLS {
        for inner in [
            "x.iter().map(|x| (w * x).tanh()).sum()",
            "x.iter().map(|x| bump(*x, w)).sum()",
            "w * norm(x) + bump(x[0], w)",
        ] {
            let source = with_a_call(call, inner);
            let found = sentence(&source);
            assert_eq!(found, "Batches run its fused `ArrayKernel`, on SIMD lanes.", "{call}, {inner}");
        }
    }
}

#[test]
fn what_has_none_says_why() {
    assert_none(
        "#[control] fn c(z: &[f64; 5000], w: f64) -> f64 {
            let mut s = 0.0;
            for i in 0..5000 { s = (w * s + z[i]).tanh(); }
            s
        }",
        "it has a loop whose steps depend on each other",
    );
    // Also if no derivative of the call is needed.
    for call in CALLS {
        let inner = "x.iter().map(|entry| w * bend(*entry, x)).sum()";
        assert_none(&with_a_call(call, inner), "it passes a whole array to another function");
    }
    assert_none(
        "#[control] fn c(z: &SVector<f64, 5>, w: &SMatrix<f64, 3, 5>) -> f64 { (w.map(|w| (w * z[0]).tanh()) * z).sum() }",
        "it multiplies with a matrix that is another one at each sample",
    );
    assert_none(
        "#[control(data(w, v))] fn c(z: &[f64; 5], w: &SVector<f64, 3>, v: &SVector<f64, 5>) -> f64 { (w * v.transpose()).map(|x| x.tanh()).sum() * z[0] }",
        "its formula can't be written as loops over the entries of arrays",
    );
    let many = "s = (w * s + z[1]).tanh();".repeat(1_000);
    assert_none(
        &format!("#[control] fn c(z: &[f64; 5], w: f64) -> f64 {{ let mut s = z[0]; {many} s }}"),
        "it takes too many operations",
    );
    assert_none(
        "#[control] fn c(z: &SVector<f64, 5>, w: &SMatrix<f64, 3, 5>, x: &SVector<f64, 5>) -> f64 { (w * (x * z.transpose())).map(f64::tanh).sum() }",
        "it multiplies with a matrix that is another one at each sample",
    );
}

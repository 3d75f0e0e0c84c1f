//! The generated code of the library's functions, as people read it: formatted, without the formulas.
//!
//! A snapshot shows the shape of the code; that it is true, the oracle and the finite differences show.

use std::fmt::Write as _;
use std::path::Path;

use syn::visit_mut::VisitMut;
use voidgrad_symbolic::expand::file;
use voidgrad_symbolic::latex::mathml;

/// The code of the function `name` in a source file of the library.
fn code(path: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/voidgrad/src").join(path);
    let source = std::fs::read_to_string(&path).expect("the library's source is there");
    let root = "::voidgrad::__private".parse().expect("this is a path");
    let expansions = file(&source, &root).expect("the library is Rust");
    let expansion =
        expansions.into_iter().find(|expansion| expansion.name == name).expect("the function is there");
    let mut code: syn::File = syn::parse2(expansion.tokens).expect("generated code is Rust");
    WithoutDocs.visit_file_mut(&mut code);
    if name.starts_with("relax") {
        Fused.visit_file_mut(&mut code);
    }
    if name == "tilt" {
        // The struct and what it implements.
        code.items.retain(|item| match item {
            syn::Item::Struct(_) | syn::Item::Const(_) => true,
            syn::Item::Impl(item) => item.self_ty == syn::parse_quote!(Tilt),
            _ => false,
        });
    }
    if name == "relu_layers" || name == "bound" {
        // The kernel alone: the rest is as in the others.
        code.items.retain(|item| matches!(item, syn::Item::Const(_)));
    }
    prettyplease::unparse(&code)
}

/// Of a network's functions, those that an estimator calls: what `d_w1` and its kin compute stands in them too.
struct Fused;

impl VisitMut for Fused {
    fn visit_item_impl_mut(&mut self, implementation: &mut syn::ItemImpl) {
        let called = ["value", "value_and_d_z", "partials", "mixed_partials", "vjp_jvp", "along_phi"];
        if implementation.trait_.is_none() {
            implementation.items.retain(|item| {
                matches!(item, syn::ImplItem::Fn(function) if called.iter().any(|name| function.sig.ident == name))
            });
        }
    }
}

struct WithoutDocs;

impl VisitMut for WithoutDocs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<syn::Attribute>) {
        attributes.retain(|attribute| !attribute.path().is_ident("doc"));
    }
}

macro_rules! snapshots {
    ($($test:ident: $path:literal, $name:literal;)*) => {
        $(
            #[test]
            fn $test() {
                insta::assert_snapshot!(code($path, $name));
            }
        )*
    };
}

snapshots! {
    logit_g: "bernoulli/logit.rs", "g";
    logit_g_tilde: "bernoulli/logit.rs", "g_tilde";
    logit_ln_p: "bernoulli/logit.rs", "ln_p";
    probability_g: "bernoulli/probability.rs", "g";
    probability_g_tilde: "bernoulli/probability.rs", "g_tilde";
    probability_ln_p: "bernoulli/probability.rs", "ln_p";
    quadratic: "toy.rs", "quadratic";
    rebar: "controls/rebar.rs", "rebar";
    relax: "controls/relax.rs", "relax";
    relax_linear: "controls/relax_linear.rs", "relax_linear";
    array_kernel: "batch/tests/array_controls.rs", "relu_layers";
    control_of_run_time_lengths: "../../../tests/suite/control_lengths.rs", "tilt";
    example_kernel: "../../../tests/suite/examples.rs", "bound";
    network: "../../../tests/suite/network/functions.rs", "encoder";
    network_of_run_time_lengths: "../../../tests/suite/network/lengths.rs", "encoder";
}

/// The formulas of parts, of blocks, and of what is appended.
#[test]
fn formulas_of_parts() {
    let source = "
        #[differentiate(wrt(z))]
        fn rows(z: &SVector<f64, 8>) -> SVector<f64, 3> { z.rows(2, 3).map(f64::exp) }

        #[differentiate(wrt(z))]
        fn chunks(z: &[f64; 6]) -> f64 { z.chunks(4).map(|z| log_sum_exp(z) * z[1]).sum::<f64>() }

        #[differentiate(wrt(a))]
        fn appended(a: &SVector<f64, 2>, b: &SVector<f64, 3>, w: &SMatrix<f64, 2, 5>) -> SVector<f64, 2> {
            w * SVector::<f64, 5>::from_iterator(a.iter().chain(b.iter()).copied())
        }

        #[differentiate(wrt(m))]
        fn lines(m: &SMatrix<f64, 3, 4>, n: &DMatrix<f64>) -> f64 {
            let corner = m.view((0, 1), (2, 3));
            m.column(2).dot(&m.column(3)) + m.row(1).norm_squared() + corner.norm_squared() + n.columns(1, 2).norm_squared()
        }

        #[differentiate(wrt(a, d))]
        fn blocks(a: &SMatrix<f64, 2, 2>, d: &SMatrix<f64, 1, 2>, x: &SVector<f64, 4>) -> SVector<f64, 3> {
            stack![a, 0; 0, d] * x
        }

        #[differentiate(wrt(p))]
        fn entries(p: &[f64; 5]) -> f64 { p[1].sin() * p[3] }
    ";
    let root = "::voidgrad".parse().expect("this is a path");
    let mut text = String::new();
    for expansion in file(source, &root).expect("this is Rust") {
        assert!(expansion.error.is_none(), "{:?}", expansion.error);
        for formula in expansion.formulas {
            let _ = writeln!(text, "{}", formula.function);
            for equation in &formula.equations {
                assert!(mathml(equation).starts_with("<math"), "{equation}");
                let _ = writeln!(text, "    {equation}");
            }
        }
    }
    insta::assert_snapshot!(text);
}

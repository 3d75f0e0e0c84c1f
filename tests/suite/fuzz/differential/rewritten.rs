//! The programs whose `f::value` may differ from `f` by rounding errors.

use std::collections::BTreeSet;

use syn::ItemFn;
use syn::visit::Visit;

/// What stable forms are made of.
const STABLE: &[&str] = &[
    "sigmoid",
    "softplus",
    "log_sigmoid",
    "logit",
    "logaddexp",
    "log1mexp",
    "exp_m1",
    "ln_1p",
    "ln_1p_ratio",
];
/// What they are made from, and what generated code rounds otherwise: products that are fused, sums that a long loop becomes,
/// and voidgrad's `softmax`.
const WRITTEN: &[&str] = &["exp", "ln", "ln_1p", "sigmoid"];
const ROUNDED: &[&str] = &["mul_add", "softmax"];

/// True where `value` may differ from `function` by rounding errors.
pub(super) fn may_be_rewritten(function: &ItemFn, value: &ItemFn) -> bool {
    let (written, generated) = (names(function), names(value));
    let has = |names: &BTreeSet<String>, known: &[&str]| known.iter().any(|name| names.contains(*name));
    let is_loop = written.contains("for") && has(&generated, &["sum", "scan_end"]);
    has(&written, WRITTEN) && has(&generated, STABLE) || has(&written, ROUNDED) || is_loop
}

/// The names in a function, and `for`.
fn names(function: &ItemFn) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
            self.0.insert(ident.to_string());
        }
        fn visit_expr_for_loop(&mut self, for_loop: &'ast syn::ExprForLoop) {
            self.0.insert("for".to_owned());
            syn::visit::visit_expr_for_loop(self, for_loop);
        }
    }
    let mut names = Names(BTreeSet::new());
    names.visit_block(&function.block);
    names.0
}

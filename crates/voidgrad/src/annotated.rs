//! The source text of the annotated functions of this library, for tools that show what the macros write of them.

/// The files that hold them, by the module that each is.
pub const FILES: &[(&str, &str)] = &[
    ("bernoulli::logit", include_str!("bernoulli/logit.rs")),
    ("bernoulli::probability", include_str!("bernoulli/probability.rs")),
    ("toy", include_str!("toy.rs")),
    ("controls::zero", include_str!("controls/zero.rs")),
    ("controls::constant", include_str!("controls/constant.rs")),
    ("controls::rebar", include_str!("controls/rebar.rs")),
    ("controls::relax", include_str!("controls/relax.rs")),
    ("controls::relax_linear", include_str!("controls/relax_linear.rs")),
];

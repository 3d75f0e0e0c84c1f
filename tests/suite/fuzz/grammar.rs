//! Random functions: mostly of the language, with slips.

use std::fmt::Write as _;

use super::choices::Choices;

const SCALARS: &[&str] = &["x", "y", "t", "s", "p[0]", "p[1]", "v[0]", "m[(1, 0)]", "q[0]"];
const VECTORS: &[&str] = &[
    "v",
    "w",
    "m * v",
    "v + w",
    "v.map(|e| e.tanh())",
    "v.component_mul(&w)",
    "m.transpose() * v",
    "d",
    "w",
];
const LITERALS: &[&str] =
    &["1.0", "2.0", "0.0", "0.5", "1e300", "-1.0", "f64::NAN", "f64::INFINITY", "1e-300"];
const METHODS: &[&str] = &[
    "sin",
    "cos",
    "tan",
    "exp",
    "ln",
    "sqrt",
    "abs",
    "tanh",
    "recip",
    "cbrt",
    "exp2",
    "exp_m1",
    "ln_1p",
    "log2",
    "log10",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "asinh",
    "acosh",
    "atanh",
    "signum",
    "floor",
    "ceil",
    "round",
    "trunc",
    "clone",
    "is_nan",
    "fract",
    "to_degrees",
];
const BINARY_METHODS: &[&str] = &["max", "min", "powf", "hypot", "atan2", "copysign", "rem_euclid", "dot"];
const FUNCTIONS: &[&str] = &[
    "sigmoid",
    "logit",
    "softplus",
    "log_sigmoid",
    "relu",
    "log1mexp",
    "f64::sin",
    "f64::exp",
    "other",
    "a::b",
];
const OPERATORS: &[&str] = &["+", "-", "*", "/", "+", "*", "%", "&"];
const COMPARISONS: &[&str] = &["<", "<=", ">", ">=", "==", "!="];
/// What stands where something else should: each has made some parser stumble.
const SLIPS: &[&str] = &[
    "0..=9223372036854775807",
    "9223372036854775807 + 1",
    "-9223372036854775808",
    "7 / 2",
    "1",
    "()",
    "{}",
    "{ x; }",
    "v",
    "m",
    "p",
    "(x, y)",
    "x as i32",
    "x?",
    "loop {}",
    "return x",
    "|x| x",
    "\"x\"",
    "x..y",
    "&mut x",
    "vec![x]",
    "p[9]",
    "m[(7, 7)]",
    "v[(0, 0)]",
    "undefined",
    "true",
    "[x; 3]",
    "[x, y]",
    "(0..3).map(|i| x * i as f64).sum::<f64>()",
    "p.iter()",
    "v.x",
    "x.0",
    "unsafe { x }",
    "if let 1.0 = x { y } else { x }",
    "x as f64",
    "i",
    "p.len()",
    "1.0f32",
    "0x10",
    "1_000f64",
    "p.iter().zip(&v)",
    "v * w",
    "m * m",
    "v / v",
    "!x",
    "-on",
    "*x",
];

pub(crate) fn condition(c: &mut Choices<'_>, depth: u32) -> String {
    match c.below(7) {
        0 => "on".to_owned(),
        1 => format!(
            "!{}",
            if c.below(2) == 0 {
                "on".to_owned()
            } else {
                format!("({})", condition(c, depth.saturating_sub(1)))
            }
        ),
        2 if depth > 0 => {
            let operator = c.one(&["&&", "||", "&", "|", "^", "=="]);
            format!("({}) {operator} ({})", condition(c, depth - 1), condition(c, depth - 1))
        }
        _ => {
            format!("{} {} {}", expression(c, depth.saturating_sub(1)), c.one(COMPARISONS), expression(c, 0))
        }
    }
}

fn sequence(c: &mut Choices<'_>) -> String {
    let of = c.one(&["p", "q", "v", "m", "w", "x", "(0..3)", "(0..300)"]);
    let entry = c.one(&[
        "e * e",
        "e.sin() * x",
        "*e",
        "if *e > 0.0 { e.ln() } else { x }",
        "e + t",
        "sigmoid(*e)",
        "e",
    ]);
    match c.below(7) {
        0 => format!("{of}.iter().map(|e| {entry}).sum::<f64>()"),
        1 => format!(
            "{of}.iter().zip({}).map(|(e, g)| e * g).sum::<f64>()",
            c.one(&["p", "q.iter()", "v", "w.iter()", "x"])
        ),
        2 => format!("{of}.iter().fold({}, |s, e| s * {entry})", c.one(LITERALS)),
        3 => format!(
            "{of}.map(|e| {entry}){}",
            c.one(&[".sum()", ".norm_squared()", "", ".dot(&w)", ".sum::<f64>()"])
        ),
        4 => format!("{of}.iter().map(|e| {entry}).product::<f64>()"),
        5 => format!("{of}.iter().copied().enumerate().map(|(i, e)| e).sum::<f64>()"),
        _ => format!("{of}.zip_map(&{}, |e, g| e * g.tanh()).sum()", c.one(VECTORS)),
    }
}

pub(crate) fn expression(c: &mut Choices<'_>, depth: u32) -> String {
    c.budget = c.budget.saturating_sub(1);
    if depth == 0 || c.budget == 0 {
        return match c.below(8) {
            0..=5 => c.one(SCALARS).to_owned(),
            6 => c.one(LITERALS).to_owned(),
            _ if c.below(4) == 3 => c.one(SLIPS).to_owned(),
            _ => "x".to_owned(),
        };
    }
    let inner = depth - 1;
    match c.below(16) {
        0..=4 => format!("({} {} {})", expression(c, inner), c.one(OPERATORS), expression(c, inner)),
        5 | 6 => format!("({}).{}()", expression(c, inner), c.one(METHODS)),
        7 => format!("({}).{}({})", expression(c, inner), c.one(BINARY_METHODS), expression(c, inner)),
        8 => format!("{}({})", c.one(FUNCTIONS), expression(c, inner)),
        9 => format!("logaddexp({}, {})", expression(c, inner), expression(c, inner)),
        10 => format!(
            "({}).powi({})",
            expression(c, inner),
            c.one(&["2", "-1", "0", "3", "1", "99999999999", "n", "-3"])
        ),
        11 => {
            format!("(if {} {{ {} }} else {{ {} }})", condition(c, inner), block(c, inner), block(c, inner))
        }
        12 => format!(
            "(match {} {{ true => {}, {} => {} }})",
            condition(c, inner),
            expression(c, inner),
            c.one(&["false", "_", "true"]),
            expression(c, inner)
        ),
        13 => sequence(c),
        14 => format!(
            "({}).{}",
            c.one(VECTORS),
            c.one(&["dot(&w)", "sum()", "norm()", "norm_squared()", "dot(&v)", "transpose()", "len()", "x"])
        ),
        _ => format!("-({})", expression(c, inner)),
    }
}

pub(crate) fn block(c: &mut Choices<'_>, depth: u32) -> String {
    let mut text = String::new();
    for _ in 0..c.below(4) {
        let value = expression(c, depth);
        match c.below(10) {
            0..=2 => write!(text, "let t = {value}; "),
            3 => write!(text, "let (t, s) = ({value}, {}); ", expression(c, 1)),
            4 => write!(
                text,
                "let mut s = {value}; s {}= {}; ",
                c.one(&["+", "*", "-", "/", ""]),
                expression(c, 1)
            ),
            5 => write!(text, "if {} {{ s = {value}; }} ", condition(c, 1)),
            6 => write!(
                text,
                "for i in 0..{} {{ s = s {} {value}; }} ",
                c.one(&["3", "0", "300", "p.len()", "N", "-1", "4"]),
                c.one(OPERATORS)
            ),
            7 => write!(
                text,
                "for e in {} {{ s += {value} * e; }} ",
                c.one(&["p", "&p", "p.iter()", "v.iter()", "q", "x"])
            ),
            8 => write!(
                text,
                "let {} = {value}; ",
                c.one(&["v", "m", "x", "[a, b]", "_", "mut p", "(t)", "ref t"])
            ),
            _ => write!(text, "{value}; "),
        }
        .expect("a string takes everything");
    }
    text + &expression(c, depth)
}

/// The attribute's arguments and the function.
pub(crate) fn function(c: &mut Choices<'_>) -> (String, String) {
    let attribute = c.one(&[
        "wrt(x)",
        "wrt(x), order = 2",
        "wrt(x, y), order = 2",
        "wrt(p), order = 2",
        "wrt(x, p), order = 2",
        "wrt(v), order = 2",
        "wrt(m, x), order = 2",
        "wrt(v, w, m, x), order = 2",
        "wrt(d, x), order = 2",
        "wrt(y)",
    ]);
    let result = c.one(&["f64", "f64", "f64", "f64", "f64", "f64", "[f64; 2]", "SVector<f64, 2>"]);
    let p = c.one(&["[f64; 2]", "[f64; 4]", "&[f64; 3]"]);
    let q = c.one(&["&[f64]", "[f64; 2]", "&[f64; 2]"]);
    let m = c.one(&[
        "SMatrix<f64, 2, 2>",
        "Matrix2<f64>",
        "&SMatrix<f64, 2, 3>",
        "DMatrix<f64>",
        "&DMatrix<f64>",
    ]);
    let v = c.one(&["SVector<f64, 2>", "Vector2<f64>", "&SVector<f64, 3>", "DVector<f64>"]);
    let d = c.one(&["DVector<f64>", "&DVector<f64>", "SVector<f64, 2>"]);
    // After a fault in the signature the body is not read, so these are few.
    let (attribute, result, p, m, generics) = match c.below(24) {
        1 => (attribute, result, "[f64; N]", m, "<const N: usize>"),
        2 => (attribute, result, "[f64; N]", "SMatrix<f64, N, 2>", "<const N: usize>"),
        3 => (attribute, result, p, m, c.one(&["<'a>", "<T>", "<R: Real>"])),
        4 => (attribute, c.one(&["bool", "()", "(f64, f64)", "f32"]), p, m, ""),
        5 => (c.one(&["wrt(on)", "wrt()", "", "order = 2", "wrt(q)"]), result, p, m, ""),
        6 => (attribute, result, c.one(&["Vec<f64>", "&[f32]", "[[f64; 2]; 2]", "&mut [f64; 2]"]), m, ""),
        _ => (attribute, result, p, m, ""),
    };
    let depth = 1 + u32::try_from(c.below(4)).unwrap_or(0);
    let body = block(c, depth);
    let function = format!(
        "fn f{generics}(x: f64, y: f64, on: bool, p: {p}, q: {q}, m: {m}, v: {v}, w: SVector<f64, 2>, d: {d}) -> {result} {{ {body} }}"
    );
    (attribute.to_owned(), function)
}

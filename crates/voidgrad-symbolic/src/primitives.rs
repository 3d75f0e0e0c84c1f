//! The table of primitives: each row is a function with its derivative, and everything iterates the table.
//!
//! A new primitive is one new row here and one method of [`Real`], in two files, or three if users call it as a function or it has arithmetic of its own
//! (`tests/suite/files.rs` counts): the parser, the differentiation, the emitted code, the formulas and the finite-difference test read the row.

use voidgrad_real::Real;

use crate::graph::{Comparison, Graph, NodeId};

/// A one-argument primitive: its row in [`UNARY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unary(usize);

/// A two-argument primitive: its row in [`BINARY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Binary(usize);

/// How a primitive is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// As a method of `f64`: `x.tanh()`.
    Method,
    /// As a function of voidgrad: `sigmoid(x)`.
    Function,
    /// By generated code alone.
    Generated,
}

/// A row of the table of one-argument primitives.
pub struct UnaryRow {
    /// The name of the method of [`Real`], and of the function or method that a user calls.
    pub name: &'static str,
    /// How it is called.
    pub call: Call,
    /// The function itself.
    pub evaluate: fn(f64) -> f64,
    /// The derivative at `x`, where the value is `y`.
    pub derivative: fn(&mut Graph, NodeId, NodeId) -> NodeId,
    /// The formula, `#` standing for the argument.
    pub latex: &'static str,
    /// An interval inside the domain and away from poles, to test in.
    pub domain: (f64, f64),
    /// Where the derivative jumps.
    pub kinks: &'static [f64],
}

/// A rule: the partial derivative at `(a, b)`, where the value is `y`.
pub type Partial = fn(&mut Graph, NodeId, NodeId, NodeId) -> NodeId;

/// A row of the table of two-argument primitives.
pub struct BinaryRow {
    /// The name of the method of [`Real`], and of the function or method that a user calls.
    pub name: &'static str,
    /// How it is called.
    pub call: Call,
    /// The function itself.
    pub evaluate: fn(f64, f64) -> f64,
    /// The two partial derivatives at `(a, b)`, where the value is `y`.
    pub derivatives: [Partial; 2],
    /// The formula, `#1` and `#2` standing for the arguments.
    pub latex: &'static str,
    /// A rectangle inside the domain, to test in.
    pub domain: [(f64, f64); 2],
    /// True where the derivative jumps at `a = b`.
    pub kink_at_equal: bool,
}

impl Unary {
    /// The primitive of this name that is called in this way.
    #[must_use]
    pub fn find(name: &str, call: Call) -> Option<Self> {
        UNARY.iter().position(|row| row.name == name && row.call == call).map(Self)
    }

    /// The row.
    #[must_use]
    pub fn row(self) -> &'static UnaryRow {
        &UNARY[self.0]
    }

    /// All rows.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..UNARY.len()).map(Self)
    }
}

impl Binary {
    /// The primitive of this name that is called in this way.
    #[must_use]
    pub fn find(name: &str, call: Call) -> Option<Self> {
        BINARY.iter().position(|row| row.name == name && row.call == call).map(Self)
    }

    /// The row.
    #[must_use]
    pub fn row(self) -> &'static BinaryRow {
        &BINARY[self.0]
    }

    /// All rows.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..BINARY.len()).map(Self)
    }
}

/// Rules name other primitives by the row's name.
impl Graph {
    /// The primitive `name` of `x`.
    ///
    /// # Panics
    /// Panics if the table has no such row: a slip in a rule, which the table's test finds.
    pub fn unary(&mut self, name: &str, x: NodeId) -> NodeId {
        let row = UNARY.iter().position(|row| row.name == name).expect("rules name rows of the table");
        let shape = self.shape(x).clone();
        self.node(crate::graph::Op::Unary(Unary(row), x), shape)
    }

    /// The primitive `name` of `a` and `b`.
    ///
    /// # Panics
    /// Panics if the table has no such row, or the shapes do not fit.
    pub fn binary(&mut self, name: &str, a: NodeId, b: NodeId) -> NodeId {
        let row = BINARY.iter().position(|row| row.name == name).expect("rules name rows of the table");
        let shape = self.shape(a).join(self.shape(b)).expect("the parser joined the shapes before");
        self.node(crate::graph::Op::Binary(Binary(row), a, b), shape)
    }

    /// `1/√(1 - x²)`.
    fn reciprocal_root_of_one_minus_square(&mut self, x: NodeId) -> NodeId {
        let (one, square) = (self.literal(1.0), self.unary("one_minus_square", x));
        let root = self.unary("sqrt", square);
        self.div(one, root)
    }

    /// `(numerator / (a² + b²))`.
    fn over_squared_norm(&mut self, numerator: NodeId, a: NodeId, b: NodeId) -> NodeId {
        let (aa, bb) = (self.powi(a, 2), self.powi(b, 2));
        let norm = self.add(aa, bb);
        self.div(numerator, norm)
    }

    /// `factor/divisor`, and 0 where `divisor` is 0.
    fn over_or_zero(&mut self, factor: NodeId, divisor: NodeId) -> NodeId {
        let zero = self.literal(0.0);
        let away = self.compare(Comparison::Ne, divisor, zero);
        let ratio = self.div(factor, divisor);
        let nothing = self.zero();
        self.select(away, ratio, nothing)
    }

    /// `b·a^(b - 1)`, never `b/a·a^b`, which is NaN at a = 0. At a = b = 0 the product would be 0·∞, but `a^0` is 1 for all
    /// a. The guard asks for both, because at b = 0 alone the rate changes with b.
    fn power_rate(&mut self, a: NodeId, b: NodeId) -> NodeId {
        if self.is_literal(b, 0.0) {
            return self.zero();
        }
        let one = self.literal(1.0);
        let less = self.sub(b, one);
        let power = self.binary("powf", a, less);
        let rate = self.mul(b, power);
        if [a, b].into_iter().any(|node| self.literal_value(node).is_some_and(|value| value != 0.0)) {
            return rate;
        }
        let zero = self.literal(0.0);
        let (a_is_some, b_is_some) =
            (self.compare(Comparison::Ne, a, zero), self.compare(Comparison::Ne, b, zero));
        let (is_defined, nothing) = (self.or(a_is_some, b_is_some), self.zero());
        self.select(is_defined, rate, nothing)
    }

    /// -1, 0 or 1: the derivative of `|x|`.
    fn sign_or_zero(&mut self, x: NodeId) -> NodeId {
        let (zero, one, nothing) = (self.literal(0.0), self.literal(1.0), self.zero());
        let minus_one = self.neg(one);
        let (above, below) = (self.compare(Comparison::Gt, x, zero), self.compare(Comparison::Lt, x, zero));
        let negative = self.select(below, minus_one, nothing);
        self.select(above, one, negative)
    }

    /// 1 where `max` (`Gt`) or `min` (`Lt`) takes the first operand: where it is strictly beyond the second, or
    /// the second is NaN, which `f64::max` ignores.
    fn takes_first(&mut self, order: Comparison, a: NodeId, b: NodeId) -> NodeId {
        let beyond = self.compare(order, a, b);
        if self.literal_value(b).is_some_and(|value| !value.is_nan()) {
            return beyond;
        }
        let nan = self.compare(Comparison::Ne, b, b);
        self.or(beyond, nan)
    }

    fn first_taken(&mut self, order: Comparison, a: NodeId, b: NodeId) -> NodeId {
        let (mask, one, nothing) = (self.takes_first(order, a, b), self.literal(1.0), self.zero());
        self.select(mask, one, nothing)
    }

    fn second_taken(&mut self, order: Comparison, a: NodeId, b: NodeId) -> NodeId {
        let (mask, one, nothing) = (self.takes_first(order, a, b), self.literal(1.0), self.zero());
        self.select(mask, nothing, one)
    }
}

macro_rules! unary {
    ($name:ident, $call:ident, $latex:literal, $domain:expr, |$g:ident, $x:ident, $y:ident| $derivative:expr) => {
        unary!($name, $call, $latex, $domain, [], |$g, $x, $y| $derivative)
    };
    ($name:ident, $call:ident, $latex:literal, $domain:expr, $kinks:expr, |$g:ident, $x:ident, $y:ident| $derivative:expr) => {
        UnaryRow {
            name: stringify!($name),
            call: Call::$call,
            evaluate: <f64 as Real>::$name,
            derivative: |$g, $x, $y| {
                let _ = (&$g, $x, $y);
                $derivative
            },
            latex: $latex,
            domain: $domain,
            kinks: &$kinks,
        }
    };
}

macro_rules! binary {
    ($name:ident, $call:ident, $latex:literal, $domain:expr, $kink:literal,
     |$g:ident, $a:ident, $b:ident, $y:ident| [$first:expr, $second:expr]) => {
        BinaryRow {
            name: stringify!($name),
            call: Call::$call,
            evaluate: <f64 as Real>::$name,
            derivatives: [
                |$g, $a, $b, $y| {
                    let _ = (&$g, $a, $b, $y);
                    $first
                },
                |$g, $a, $b, $y| {
                    let _ = (&$g, $a, $b, $y);
                    $second
                },
            ],
            latex: $latex,
            domain: $domain,
            kink_at_equal: $kink,
        }
    };
}

/// `{ let a = g.…; let b = g.…; … }` without the borrow checker's objection to `g.mul(g.neg(x), y)`.
macro_rules! steps {
    ($g:ident; $($name:ident = $method:ident($($argument:expr),*)),+ $(,)?) => {{
        $(let $name = $g.$method($($argument),*);)+
        steps!(@last $($name)+)
    }};
    (@last $only:ident) => { $only };
    (@last $first:ident $($rest:ident)+) => { steps!(@last $($rest)+) };
}

/// The one-argument primitives.
pub static UNARY: &[UnaryRow] = &[
    unary!(sqrt, Method, r"\sqrt{#}", (0.1, 9.0), |g, x, y| steps!(g; half = literal(0.5), d = div(half, y))),
    unary!(cbrt, Method, r"\sqrt[3]{#}", (0.1, 9.0), |g, x, y| steps!(g;
        square = powi(y, 2), three = literal(3.0), denominator = mul(three, square), one = literal(1.0),
        d = div(one, denominator))),
    unary!(
        recip,
        Method,
        r"\frac{1}{#}",
        (0.1, 9.0),
        |g, x, y| steps!(g; square = powi(y, 2), d = neg(square))
    ),
    unary!(abs, Method, r"\left|#\right|", (-3.0, 3.0), [0.0], |g, x, y| g.sign_or_zero(x)),
    unary!(signum, Method, r"\operatorname{sgn}#", (-3.0, 3.0), [0.0], |g, x, y| g.zero()),
    unary!(floor, Method, r"\left\lfloor #\right\rfloor", (0.1, 0.9), |g, x, y| g.zero()),
    unary!(ceil, Method, r"\left\lceil #\right\rceil", (0.1, 0.9), |g, x, y| g.zero()),
    unary!(round, Method, r"\operatorname{round}#", (0.6, 1.4), |g, x, y| g.zero()),
    unary!(trunc, Method, r"\operatorname{trunc}#", (0.1, 0.9), |g, x, y| g.zero()),
    unary!(exp, Method, r"e^{#}", (-5.0, 5.0), |g, x, y| y),
    unary!(
        exp2,
        Method,
        r"2^{#}",
        (-5.0, 5.0),
        |g, x, y| steps!(g; ln2 = literal(core::f64::consts::LN_2), d = mul(ln2, y))
    ),
    // y + 1 would lose every digit where e^x is small.
    unary!(exp_m1, Method, r"\left(e^{#} - 1\right)", (-5.0, 5.0), |g, x, y| g.unary("exp", x)),
    unary!(ln, Method, r"\ln #", (0.1, 9.0), |g, x, y| steps!(g; one = literal(1.0), d = div(one, x))),
    unary!(ln_1p, Method, r"\ln\left(1 + #\right)", (-0.9, 9.0), |g, x, y| steps!(g;
        one = literal(1.0), denominator = add(one, x), d = div(one, denominator))),
    unary!(log2, Method, r"\log_2 #", (0.1, 9.0), |g, x, y| steps!(g;
        log2e = literal(core::f64::consts::LOG2_E), d = div(log2e, x))),
    unary!(log10, Method, r"\log_{10} #", (0.1, 9.0), |g, x, y| steps!(g;
        log10e = literal(core::f64::consts::LOG10_E), d = div(log10e, x))),
    unary!(sin, Method, r"\sin #", (-6.0, 6.0), |g, x, y| g.unary("cos", x)),
    unary!(cos, Method, r"\cos #", (-6.0, 6.0), |g, x, y| steps!(g; sin = unary("sin", x), d = neg(sin))),
    unary!(tan, Method, r"\tan #", (-1.2, 1.2), |g, x, y| steps!(g;
        square = powi(y, 2), one = literal(1.0), d = add(one, square))),
    unary!(asin, Method, r"\arcsin #", (-0.9, 0.9), |g, x, y| g.reciprocal_root_of_one_minus_square(x)),
    unary!(acos, Method, r"\arccos #", (-0.9, 0.9), |g, x, y| steps!(g;
        rate = reciprocal_root_of_one_minus_square(x), d = neg(rate))),
    unary!(atan, Method, r"\arctan #", (-6.0, 6.0), |g, x, y| steps!(g;
        square = powi(x, 2), one = literal(1.0), denominator = add(one, square), d = div(one, denominator))),
    unary!(sinh, Method, r"\sinh #", (-4.0, 4.0), |g, x, y| g.unary("cosh", x)),
    unary!(cosh, Method, r"\cosh #", (-4.0, 4.0), |g, x, y| g.unary("sinh", x)),
    unary!(tanh, Method, r"\tanh #", (-4.0, 4.0), |g, x, y| g.unary("sech2", x)),
    // 1/cosh² as a row of its own: the quotient rule on cosh² is ∞/∞ from |x| = 356 on.
    unary!(sech2, Generated, r"\operatorname{sech}^2 #", (-4.0, 4.0), |g, x, y| steps!(g;
        two = literal(2.0), tanh = unary("tanh", x), double = mul(two, tanh), product = mul(double, y), d = neg(product))),
    unary!(asinh, Method, r"\operatorname{arsinh} #", (-6.0, 6.0), |g, x, y| steps!(g;
        one = literal(1.0), norm = binary("hypot", x, one), d = div(one, norm))),
    unary!(acosh, Method, r"\operatorname{arcosh} #", (1.2, 6.0), |g, x, y| steps!(g;
        one = literal(1.0), below = sub(x, one), above = add(x, one), product = mul(below, above),
        root = unary("sqrt", product), d = div(one, root))),
    unary!(atanh, Method, r"\operatorname{artanh} #", (-0.9, 0.9), |g, x, y| steps!(g;
        one = literal(1.0), square = unary("one_minus_square", x), d = div(one, square))),
    // (1 - x)(1 + x) as a row of its own: differentiating the product subtracts two numbers that are equal at 0.
    unary!(one_minus_square, Generated, r"\left(1 - {#}^2\right)", (-0.9, 0.9), |g, x, y| steps!(g;
        two = literal(-2.0), d = mul(two, x))),
    unary!(sigmoid, Function, r"\sigma\left(#\right)", (-6.0, 6.0), |g, x, y| g.unary("d_sigmoid", x)),
    // σ(x)·σ(-x) as a row of its own: differentiating the product subtracts two numbers that are equal at 0.
    unary!(d_sigmoid, Generated, r"\sigma'\left(#\right)", (-6.0, 6.0), |g, x, y| g.unary("d2_sigmoid", x)),
    unary!(d2_sigmoid, Generated, r"\sigma''\left(#\right)", (-6.0, 6.0), |g, x, y| steps!(g;
        slope = unary("d_sigmoid", x), six = literal(6.0), part = mul(six, slope), one = literal(1.0),
        rest = sub(one, part), d = mul(slope, rest))),
    unary!(logit, Function, r"\operatorname{logit} #", (0.05, 0.95), |g, x, y| steps!(g;
        one = literal(1.0), rest = sub(one, x), product = mul(x, rest), d = div(one, product))),
    unary!(softplus, Function, r"\operatorname{softplus}\left(#\right)", (-6.0, 6.0), |g, x, y| g
        .unary("sigmoid", x)),
    unary!(log_sigmoid, Function, r"\ln\sigma\left(#\right)", (-6.0, 6.0), |g, x, y| steps!(g;
        minus = neg(x), d = unary("sigmoid", minus))),
    unary!(log1mexp, Function, r"\ln\left(1 - e^{#}\right)", (-6.0, -0.1), |g, x, y| steps!(g;
        numerator = unary("exp", x), denominator = unary("exp_m1", x), d = div(numerator, denominator))),
    unary!(relu, Function, r"\operatorname{ReLU}\left(#\right)", (-3.0, 3.0), [0.0], |g, x, y| steps!(g;
        zero = literal(0.0), mask = compare(Comparison::Gt, x, zero), one = literal(1.0), nothing = zero(),
        d = select(mask, one, nothing))),
];

/// The two-argument primitives.
pub static BINARY: &[BinaryRow] = &[
    binary!(powf, Method, r"{#1}^{#2}", [(0.2, 4.0), (-3.0, 3.0)], false, |g, a, b, y| [
        g.power_rate(a, b),
        // 0·ln 0 is no number, but 0^b is 0 for every b > 0
        steps!(g; zero = literal(0.0), some = compare(Comparison::Ne, y, zero), ln = unary("ln", a),
            rate = mul(y, ln), nothing = zero(), d = select(some, rate, nothing))
    ]),
    binary!(max, Method, r"\max\left(#1, #2\right)", [(-3.0, 3.0), (-3.0, 3.0)], true, |g, a, b, y| [
        g.first_taken(Comparison::Gt, a, b),
        g.second_taken(Comparison::Gt, a, b)
    ]),
    binary!(min, Method, r"\min\left(#1, #2\right)", [(-3.0, 3.0), (-3.0, 3.0)], true, |g, a, b, y| [
        g.first_taken(Comparison::Lt, a, b),
        g.second_taken(Comparison::Lt, a, b)
    ]),
    binary!(hypot, Method, r"\sqrt{{#1}^2 + {#2}^2}", [(0.2, 3.0), (0.2, 3.0)], false, |g, a, b, y| [
        g.binary("d_hypot", a, b),
        g.binary("d_hypot", b, a)
    ]),
    // a/√(a² + b²) as a row of its own: its derivative by a is b², not the difference of two numbers that are nearly 1.
    binary!(
        d_hypot,
        Generated,
        r"\frac{#1}{\sqrt{{#1}^2 + {#2}^2}}",
        [(0.2, 3.0), (0.2, 3.0)],
        false,
        |g, a, b, y| [
            steps!(g; norm = binary("hypot", a, b), other = binary("d_hypot", b, a), square = powi(other, 2),
            d = over_or_zero(square, norm)),
            steps!(g; norm = binary("hypot", a, b), other = binary("d_hypot", b, a), product = mul(y, other),
            rate = over_or_zero(product, norm), d = neg(rate))
        ]
    ),
    binary!(
        atan2,
        Method,
        r"\operatorname{atan2}\left(#1, #2\right)",
        [(0.2, 3.0), (0.2, 3.0)],
        false,
        |g, a, b, y| [
            g.over_squared_norm(b, a, b),
            steps!(g; rate = over_squared_norm(a, a, b), d = neg(rate))
        ]
    ),
    binary!(
        copysign,
        Method,
        r"\left|#1\right|\operatorname{sgn} #2",
        [(0.2, 3.0), (0.2, 3.0)],
        false,
        |g, a, b, y| [
            steps!(g; of_a = sign_or_zero(a), of_b = unary("signum", b), d = mul(of_a, of_b)),
            g.zero()
        ]
    ),
    // ln(1 + n/d): the chain rule through the quotient subtracts terms that are equal to within n/d.
    binary!(
        ln_1p_ratio,
        Generated,
        r"\ln\left(1 + \frac{#1}{#2}\right)",
        [(0.2, 3.0), (0.2, 3.0)],
        false,
        |g, n, d, y| [
            steps!(g; sum = add(n, d), one = literal(1.0), rate = div(one, sum)),
            steps!(g; rate = binary("d_ln_1p_ratio", n, d), minus = neg(rate))
        ]
    ),
    // n/(d·(n + d)), minus the derivative of the row above with respect to d.
    binary!(
        d_ln_1p_ratio,
        Generated,
        r"\frac{#1}{#2\left(#1 + #2\right)}",
        [(0.2, 3.0), (0.2, 3.0)],
        false,
        |g, n, d, y| [
            steps!(g; sum = add(n, d), square = powi(sum, 2), one = literal(1.0), rate = div(one, square)),
            steps!(g; sum = add(n, d), one = literal(1.0), far = div(one, sum), near = div(one, d), both = add(near, far),
            rate = mul(y, both), minus = neg(rate))
        ]
    ),
    binary!(
        logaddexp,
        Function,
        r"\operatorname{logaddexp}\left(#1, #2\right)",
        [(-6.0, 6.0), (-6.0, 6.0)],
        false,
        |g, a, b, y| [
            steps!(g; difference = sub(a, b), d = unary("sigmoid", difference)),
            steps!(g; difference = sub(b, a), d = unary("sigmoid", difference))
        ]
    ),
];

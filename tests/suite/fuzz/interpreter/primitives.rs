//! The functions of one and two numbers: their values as rustc's code has them, and their derivatives by textbook formulas
//! that keep their digits.

use voidgrad_real::Real;

use super::number::{Context, Number};

impl Context {
    /// `x.name()`, where there is such a method of `f64`.
    pub(super) fn method(&self, name: &str, x: Number) -> Option<Number> {
        let v = x.value;
        let jumps = |at: f64| self.jump(v - at, v.abs().max(1.0));
        Some(match name {
            "sqrt" => self.unary(x, v.sqrt(), |x| {
                let y = x.sqrt();
                [y, 0.5 / y, -0.25 / (x * y)]
            }),
            "cbrt" => self.unary(x, v.cbrt(), |x| {
                let y = x.cbrt();
                [y, (3.0 * y * y).recip(), -2.0 / (9.0 * x * y * y)]
            }),
            "recip" => self.unary(x, v.recip(), |x| [x.recip(), -(x * x).recip(), 2.0 / (x * x * x)]),
            "abs" => {
                jumps(0.0);
                self.unary(x, v.abs(), |x| [x.abs(), x.signum(), 0.0])
            }
            "signum" => {
                jumps(0.0);
                self.unary(x, v.signum(), |_| [v.signum(), 0.0, 0.0])
            }
            "floor" | "ceil" | "trunc" => {
                jumps(v.round());
                let y = match name {
                    "floor" => v.floor(),
                    "ceil" => v.ceil(),
                    _ => v.trunc(),
                };
                self.unary(x, y, |_| [y, 0.0, 0.0])
            }
            "round" => {
                jumps(v.floor() + 0.5);
                self.unary(x, v.round(), |_| [v.round(), 0.0, 0.0])
            }
            "fract" => {
                jumps(v.round());
                self.unary(x, v.fract(), |x| [x.fract(), 1.0, 0.0])
            }
            "exp" => self.unary(x, v.exp(), |x| [x.exp(); 3]),
            "exp2" => self.unary(x, v.exp2(), |x| {
                let (y, rate) = (x.exp2(), std::f64::consts::LN_2);
                [y, rate * y, rate * rate * y]
            }),
            "exp_m1" => self.unary(x, v.exp_m1(), |x| [x.exp_m1(), x.exp(), x.exp()]),
            "ln" => self.unary(x, v.ln(), |x| [x.ln(), x.recip(), -(x * x).recip()]),
            "ln_1p" => {
                self.unary(x, v.ln_1p(), |x| [x.ln_1p(), (1.0 + x).recip(), -((1.0 + x) * (1.0 + x)).recip()])
            }
            "log2" => self.unary(x, v.log2(), |x| logarithm(x.log2(), std::f64::consts::LN_2, x)),
            "log10" => self.unary(x, v.log10(), |x| logarithm(x.log10(), std::f64::consts::LN_10, x)),
            "sin" => self.unary(x, v.sin(), |x| [x.sin(), x.cos(), -x.sin()]),
            "cos" => self.unary(x, v.cos(), |x| [x.cos(), -x.sin(), -x.cos()]),
            "tan" => self.unary(x, v.tan(), |x| {
                let (y, rate) = (x.tan(), x.cos().powi(2).recip());
                [y, rate, 2.0 * y * rate]
            }),
            "asin" => self.unary(x, v.asin(), |x| {
                let rest = (1.0 - x) * (1.0 + x);
                [x.asin(), rest.sqrt().recip(), x / (rest * rest.sqrt())]
            }),
            "acos" => self.unary(x, v.acos(), |x| {
                let rest = (1.0 - x) * (1.0 + x);
                [x.acos(), -rest.sqrt().recip(), -x / (rest * rest.sqrt())]
            }),
            "atan" => self.unary(x, v.atan(), |x| {
                let sum = 1.0 + x * x;
                [x.atan(), sum.recip(), -2.0 * x / (sum * sum)]
            }),
            "sinh" => self.unary(x, v.sinh(), |x| [x.sinh(), x.cosh(), x.sinh()]),
            "cosh" => self.unary(x, v.cosh(), |x| [x.cosh(), x.sinh(), x.cosh()]),
            "tanh" => self.unary(x, v.tanh(), |x| {
                let rate = x.cosh().powi(2).recip();
                [x.tanh(), rate, -2.0 * x.tanh() * rate]
            }),
            "asinh" => self.unary(x, v.asinh(), |x| {
                let sum = 1.0 + x * x;
                [x.asinh(), sum.sqrt().recip(), -x / (sum * sum.sqrt())]
            }),
            "acosh" => self.unary(x, v.acosh(), |x| {
                let rest = (x - 1.0) * (x + 1.0);
                let rate = (x - 1.0).sqrt().recip() * (x + 1.0).sqrt().recip();
                [x.acosh(), rate, -x * rate / rest]
            }),
            "atanh" => self.unary(x, v.atanh(), |x| {
                let rest = (1.0 - x) * (1.0 + x);
                [x.atanh(), rest.recip(), 2.0 * x / (rest * rest)]
            }),
            "to_degrees" => {
                self.unary(x, v.to_degrees(), |x| [x.to_degrees(), 180.0 / std::f64::consts::PI, 0.0])
            }
            "to_radians" => {
                self.unary(x, v.to_radians(), |x| [x.to_radians(), std::f64::consts::PI / 180.0, 0.0])
            }
            _ => return None,
        })
    }

    /// `name(x)`, where voidgrad has such a function; its value is voidgrad's, which the function itself calls too.
    pub(super) fn function(&self, name: &str, x: Number) -> Option<Number> {
        let v = x.value;
        Some(match name {
            "sigmoid" => self.unary(x, voidgrad_real::sigmoid(v), logistic),
            "softplus" => self.unary(x, voidgrad_real::softplus(v), |x| {
                [voidgrad_real::softplus(x), logistic(x)[0], logistic(x)[1]]
            }),
            "log_sigmoid" => self.unary(x, voidgrad_real::log_sigmoid(v), |x| {
                [voidgrad_real::log_sigmoid(x), logistic(-x)[0], -logistic(x)[1]]
            }),
            "logit" => self.unary(x, voidgrad_real::logit(v), |x| {
                let product = x * (1.0 - x);
                [voidgrad_real::logit(x), product.recip(), (2.0 * x - 1.0) / (product * product)]
            }),
            // The derivative is 1 - 1/(1 - e^x) = 1/(1 - e^-x).
            "log1mexp" => self.unary(x, voidgrad_real::log1mexp(v), |x| {
                let rest = -(-x).exp_m1();
                [voidgrad_real::log1mexp(x), rest.recip(), -(-x).exp() / (rest * rest)]
            }),
            "relu" => {
                self.jump(v, v.abs().max(1.0));
                self.unary(x, voidgrad_real::relu(v), |x| [x.max(0.0), if x > 0.0 { 1.0 } else { 0.0 }, 0.0])
            }
            _ => return None,
        })
    }

    /// `a.name(b)` or `name(a, b)`.
    pub(super) fn method_of_two(&self, name: &str, a: Number, b: Number) -> Option<Number> {
        let (u, v) = (a.value, b.value);
        Some(match name {
            "powf" => self.binary(a, b, u.powf(v), power),
            "max" | "min" => {
                self.compared(a, b);
                let is_first = v.is_nan() || if name == "max" { u > v } else { u < v };
                let value = if name == "max" { u.max(v) } else { u.min(v) };
                let (first, second) = if is_first { (1.0, 0.0) } else { (0.0, 1.0) };
                self.binary(a, b, value, |a, b| [if is_first { a } else { b }, first, second, 0.0, 0.0, 0.0])
            }
            "hypot" => self.binary(a, b, u.hypot(v), |a, b| {
                let h = a.hypot(b);
                let (s, t) = (a / h, b / h);
                [h, s, t, t * t / h, -s * t / h, s * s / h]
            }),
            "atan2" => self.binary(a, b, u.atan2(v), |a, b| {
                let sum = a * a + b * b;
                let (s, t) = (a / sum, b / sum);
                [a.atan2(b), t, -s, -2.0 * s * t, (s - t) * (s + t), 2.0 * s * t]
            }),
            "copysign" => {
                self.jump(u, u.abs().max(1.0));
                self.jump(v, v.abs().max(1.0));
                self.binary(a, b, u.copysign(v), |a, b| {
                    [a.copysign(b), a.signum() * b.signum(), 0.0, 0.0, 0.0, 0.0]
                })
            }
            "logaddexp" => self.binary(a, b, voidgrad_real::logaddexp(u, v), |a, b| {
                let [first, rate, _] = logistic(a - b);
                [voidgrad_real::logaddexp(a, b), first, logistic(b - a)[0], rate, -rate, rate]
            }),
            _ => return None,
        })
    }

    pub(super) fn powi(&self, a: Number, n: i32) -> Number {
        self.unary(a, a.value.powi(n), |x| {
            let rate = f64::from(n);
            let first = if n == 0 { 0.0 } else { rate * x.powi(n - 1) };
            let second = if n == 0 || n == 1 { 0.0 } else { rate * (rate - 1.0) * x.powi(n - 2) };
            [x.powi(n), first, second]
        })
    }

    /// `a.mul_add(b, c)`.
    pub(super) fn mul_add(&self, a: Number, b: Number, c: Number) -> Number {
        let sum = self.add(self.mul(a, b), c);
        Number { value: a.value.mul_add(b.value, c.value), ..sum }
    }
}

/// A method that only generated code calls: values alone.
pub(super) fn generated(name: &str, x: f64) -> Option<f64> {
    Some(match name {
        "sigmoid" => Real::sigmoid(x),
        "d_sigmoid" => Real::d_sigmoid(x),
        "d2_sigmoid" => Real::d2_sigmoid(x),
        "softplus" => Real::softplus(x),
        "log_sigmoid" => Real::log_sigmoid(x),
        "logit" => Real::logit(x),
        "log1mexp" => Real::log1mexp(x),
        "relu" => Real::relu(x),
        "sech2" => Real::sech2(x),
        "one_minus_square" => Real::one_minus_square(x),
        _ => return None,
    })
}

/// The same of two numbers.
pub(super) fn generated_of_two(name: &str, a: f64, b: f64) -> Option<f64> {
    Some(match name {
        "logaddexp" => Real::logaddexp(a, b),
        "d_hypot" => Real::d_hypot(a, b),
        "ln_1p_ratio" => Real::ln_1p_ratio(a, b),
        "d_ln_1p_ratio" => Real::d_ln_1p_ratio(a, b),
        _ => return None,
    })
}

/// `a^b` with its derivatives.
fn power(a: f64, b: f64) -> [f64; 6] {
    let y = a.powf(b);
    // x⁰ and x¹ are smooth at 0, where 0·x⁻¹ is no number.
    let first = if b == 0.0 { 0.0 } else { b * a.powf(b - 1.0) };
    let second = if b == 0.0 || b == 1.0 { 0.0 } else { b * (b - 1.0) * a.powf(b - 2.0) };
    let mixed = a.powf(b - 1.0) * (1.0 + b * a.ln());
    [y, first, y * a.ln(), second, mixed, y * a.ln() * a.ln()]
}

/// σ, σ′ and σ″.
fn logistic(x: f64) -> [f64; 3] {
    let e = (-x.abs()).exp();
    let value = if x >= 0.0 { (1.0 + e).recip() } else { e / (1.0 + e) };
    let rate = e / ((1.0 + e) * (1.0 + e));
    [value, rate, -rate * (0.5 * x).tanh()]
}

/// A logarithm whose base has the natural logarithm `ln_base`.
fn logarithm(y: f64, ln_base: f64, x: f64) -> [f64; 3] {
    [y, (ln_base * x).recip(), -(ln_base * x * x).recip()]
}

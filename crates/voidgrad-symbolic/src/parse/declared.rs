//! What the source says of types inside the body: `let x: f64`, `|e: &f64| -> f64`, `n as f64`, `sum::<f64>()`.
//!
//! A declared type changes what the expression computes, so it is compared with the value, and a type that is not
//! modelled is refused.

use syn::{
    AngleBracketedGenericArguments, Expr, ExprCast, ExprGroup, ExprLit, ExprParen, ExprUnary,
    GenericArgument, Ident, Type, TypeReference, TypeTuple, UnOp,
};

use super::integer::IntegerType;
use super::{Reader, Value};
use crate::declaration::{Numbers, stripped};
use crate::graph::{Op, Shape};

impl Reader<'_> {
    /// `value`, if it is of the declared type.
    pub(super) fn declared(&mut self, ty: &Type, value: Value) -> Option<Value> {
        let (ty, reference) = stripped(ty);
        if let Some(TypeReference { attrs: _, and_token: _, lifetime: _, mutability: Some(token), elem: _ }) =
            reference
        {
            return self.refuse(token, "a mutable reference is not modelled; return the new value instead");
        }
        let real = self.real.clone();
        let numbers = Numbers(real.as_ref());
        let is_real = |reader: &Self, value: &Value| match value {
            Value::Node(node) => reader.graph.shape(*node).is_scalar() && !reader.graph.is_mask(*node),
            Value::Item(node) => !reader.graph.is_mask(*node),
            _ => false,
        };
        match (ty, &value) {
            (Type::Infer(_), _) => return Some(value),
            (Type::Tuple(tuple), Value::Tuple(parts)) => {
                let TypeTuple { attrs: _, paren_token: _, elems } = tuple;
                if elems.len() == parts.len() {
                    let parts: Vec<Option<Value>> =
                        elems.iter().zip(parts).map(|(ty, part)| self.declared(ty, part.clone())).collect();
                    return Some(Value::Tuple(parts.into_iter().collect::<Option<_>>()?));
                }
            }
            (ty, value) if numbers.is_number(ty) && is_real(self, value) => return Some(value.clone()),
            (ty, Value::Node(node) | Value::Item(node))
                if numbers.is_mask(ty) && self.graph.is_mask(*node) =>
            {
                return Some(value);
            }
            (ty, Value::Node(node)) => {
                let shape = self.graph.shape(*node);
                let declared = match ty {
                    Type::Slice(slice)
                        if numbers.is_number(&slice.elem) && matches!(shape, Shape::Array(_)) =>
                    {
                        return Some(value);
                    }
                    ty => numbers.shape_of(ty, usize::MAX, false),
                };
                if declared.is_some_and(|declared| {
                    declared.is_scalar() == shape.is_scalar() && declared.join(shape).is_some()
                }) && !self.graph.is_mask(*node)
                {
                    return Some(value);
                }
            }
            (ty, Value::Integer(_, variable)) if integer_type(ty).is_some() => {
                if let Some(ty) = integer_type(ty) {
                    self.integers.decide(*variable, ty);
                }
                return Some(value);
            }
            (ty, Value::Length(_) | Value::Place(_))
                if integer_type(ty).is_some_and(|ty| ty.name() == "usize") =>
            {
                return Some(value);
            }
            _ => {}
        }
        let what = self.described(&value);
        self.refuse(
            ty,
            format!("the value is {what}, which this type is not, or the type is not modelled; write the value's type, or leave the type out"),
        )
    }

    /// What a value is, in words.
    fn described(&self, value: &Value) -> String {
        match value {
            Value::Node(node) | Value::Item(node) if self.graph.is_mask(*node) => "a `bool`".to_owned(),
            Value::Item(_) => "a real number (`f64`)".to_owned(),
            Value::Node(node) => match self.graph.shape(*node) {
                Shape::Scalar => "a real number (`f64`)".to_owned(),
                shape => format!("a {shape}"),
            },
            Value::Integer(..) => "an integer".to_owned(),
            Value::Length(_) | Value::Place(_) => "a length or an index (`usize`)".to_owned(),
            Value::Tuple(parts) => format!("a tuple of {}", parts.len()),
            Value::Sequence(..) | Value::Parts(_) => "an iterator".to_owned(),
            Value::Range(..) | Value::Places(_) => "a range".to_owned(),
            Value::Unit => "`()`".to_owned(),
        }
    }

    /// `value as type`.
    pub(super) fn cast(&mut self, cast: &ExprCast) -> Option<Value> {
        let ExprCast { attrs: _, expr, as_token: _, ty } = cast;
        let value = self.expression(expr)?;
        let (target, reference) = stripped(ty);
        if reference.is_some() {
            return self.refuse(ty, "a cast to a reference is not modelled; stay in `f64`");
        }
        let is_f64 = crate::declaration::is_path(target, "f64");
        match value {
            #[allow(clippy::cast_precision_loss)] // the user's own cast
            Value::Integer(value, _) if is_f64 => Some(Value::Node(self.graph.literal(value as f64))),
            Value::Integer(value, variable) => match integer_type(target) {
                Some(ty) => {
                    // `3000000000 as u64` is a literal of that type.
                    if is_literal(expr) {
                        self.integers.decide(variable, ty);
                    }
                    if ty.holds(value) {
                        Some(Value::Integer(value, self.integers.of(ty)))
                    } else {
                        self.refuse(
                            cast,
                            format!("this cast changes the number: {value} is no `{}`", ty.name()),
                        )
                    }
                }
                None => self.refuse(ty, "a cast to this type is not modelled; stay in `f64`"),
            },
            Value::Length(length) if is_f64 => {
                Some(Value::Node(self.graph.node(Op::Length(length), Shape::Scalar)))
            }
            Value::Place(length) if is_f64 => {
                Some(Value::Item(self.graph.node(Op::Places, Shape::Array(length))))
            }
            Value::Node(node) | Value::Item(node) if self.graph.is_mask(node) => {
                self.refuse(cast, "a cast of a `bool` is not modelled; write `if … { 1.0 } else { 0.0 }`")
            }
            // A constant may be of any type of numbers.
            Value::Node(node) if is_f64 && matches!(self.graph.op(node), Op::Constant(_)) => {
                Some(Value::Node(self.graph.cast_constant(node)))
            }
            value @ (Value::Node(_) | Value::Item(_)) if is_f64 => self.declared(target, value),
            _ => self.refuse(cast, "this cast loses what a derivative needs; stay in `f64`"),
        }
    }

    /// The types in `sum::<f64>()`: anything but a real number would make another sum of it.
    pub(super) fn turbofish(
        &mut self,
        turbofish: Option<&AngleBracketedGenericArguments>,
        method: &Ident,
    ) -> Option<()> {
        let Some(AngleBracketedGenericArguments { colon2_token: _, lt_token: _, args, gt_token: _ }) =
            turbofish
        else {
            return Some(());
        };
        let real = self.real.clone();
        let numbers = Numbers(real.as_ref());
        let is_fold = ["sum", "product", "fold"].iter().any(|known| method == known);
        for argument in args {
            match argument {
                GenericArgument::Type(Type::Infer(_)) if is_fold => {}
                GenericArgument::Type(ty) if is_fold && numbers.is_number(ty) => {}
                other => {
                    return self.refuse(
                        other,
                        "this type argument is not modelled; write `f64`, or leave the arguments out",
                    );
                }
            }
        }
        Some(())
    }
}

fn integer_type(ty: &Type) -> Option<IntegerType> {
    let Type::Path(path) = ty else { return None };
    path.path
        .get_ident()
        .filter(|_| path.qself.is_none())
        .and_then(|name| IntegerType::named(&name.to_string()))
}

/// True for an integer literal, also with a sign: a cast decides its type.
fn is_literal(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(ExprLit { attrs: _, lit: _ }) => true,
        Expr::Unary(ExprUnary { attrs: _, op: UnOp::Neg(_), expr }) => is_literal(expr),
        Expr::Paren(ExprParen { attrs: _, paren_token: _, expr })
        | Expr::Group(ExprGroup { attrs: _, group_token: _, expr }) => is_literal(expr),
        _ => false,
    }
}

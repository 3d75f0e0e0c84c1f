//! Expressions.

use syn::{Attribute, Expr, ExprMatch, ExprRange, Member, RangeLimits};

use super::types::Ty;
use super::value::{Closure, Float, Integer, Width};
use super::{DEEPEST, Interpreter, Result, Stop, Value, attributes, unknown};

impl Interpreter<'_> {
    /// The value of an expression. `wanted` is its type as far as the place where it stands says.
    pub(super) fn expression(&mut self, expression: &Expr, wanted: Option<&Ty>) -> Result<Value> {
        attributes::only_known(attributes_of(expression))?;
        self.step()?;
        if self.depth >= DEEPEST {
            return Err(Stop::Limit);
        }
        self.depth += 1;
        let value = self.inner(expression, wanted);
        self.depth -= 1;
        value
    }

    fn inner(&mut self, expression: &Expr, wanted: Option<&Ty>) -> Result<Value> {
        match expression {
            Expr::Lit(literal) => Self::literal(&literal.lit),
            Expr::Path(path) => self.path(path),
            Expr::Paren(inner) => self.expression(&inner.expr, wanted),
            Expr::Group(inner) => self.expression(&inner.expr, wanted),
            Expr::Reference(inner) if inner.mutability.is_none() => {
                let wanted = match wanted {
                    Some(Ty::Reference(wanted)) => Some(&**wanted),
                    _ => None,
                };
                Ok(self.expression(&inner.expr, wanted)?.reference())
            }
            Expr::Block(block) => {
                let value = self.block(&block.block, wanted);
                match (value, &block.label) {
                    (Err(Stop::Break(Some(named), value)), Some(label)) if label.name.ident == named => {
                        Ok(*value)
                    }
                    (value, _) => value,
                }
            }
            Expr::Unsafe(block) => self.block(&block.block, wanted),
            Expr::If(branch) => {
                let depth = self.names.len();
                let value = if self.condition(&branch.cond)? {
                    self.block(&branch.then_branch, wanted)
                } else {
                    self.names.truncate(depth);
                    match &branch.else_branch {
                        Some((_, otherwise)) => self.expression(otherwise, wanted),
                        None => Ok(Value::Unit),
                    }
                };
                self.names.truncate(depth);
                value
            }
            Expr::Match(choice) => self.choose(choice, wanted),
            Expr::Unary(unary) => {
                let value = self.expression(&unary.expr, None)?;
                Self::unary(&unary.op, value)
            }
            Expr::Binary(binary) => self.binary_expression(binary),
            Expr::Assign(assignment) => {
                let value = self.expression(&assignment.right, None)?;
                self.store(&assignment.left, value)?;
                Ok(Value::Unit)
            }
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Call(call) => self.call_expression(call, wanted),
            Expr::Index(index) => {
                let whole = self.expression(&index.expr, None)?;
                let at = self.expression(&index.index, Some(&Ty::Integer(Width::Usize)))?;
                Self::index(&whole, &at)
            }
            Expr::Tuple(tuple) if tuple.elems.is_empty() => Ok(Value::Unit),
            Expr::Tuple(tuple) => {
                let mut parts = Vec::new();
                let present = present(tuple.elems.iter())?;
                for (place, part) in present.into_iter().enumerate() {
                    let wanted = match wanted {
                        Some(Ty::Tuple(wanted)) => wanted.get(place),
                        _ => None,
                    };
                    parts.push(self.expression(part, wanted)?);
                }
                Ok(Value::Tuple(parts))
            }
            Expr::Repeat(repeat) => {
                let part = self.expression(&repeat.expr, element_of(wanted))?;
                let n = self.length(&repeat.len)?;
                if n > 5000 { unknown("a long array") } else { Ok(Value::Array(vec![part; n])) }
            }
            Expr::Range(range) => self.range(range),
            Expr::Cast(cast) => {
                let ty = self.ty(&cast.ty)?;
                let value = self.expression(&cast.expr, None)?;
                self.cast(value, &ty)
            }
            Expr::Closure(closure) => {
                if closure.asyncness.is_some() || closure.constness.is_some() || closure.lifetimes.is_some() {
                    return unknown("a closure");
                }
                Ok(Value::Closure(std::rc::Rc::new(Closure {
                    code: closure.clone(),
                    names: self.names.clone(),
                })))
            }
            other => self.other_expression(other, wanted),
        }
    }

    fn other_expression(&mut self, expression: &Expr, wanted: Option<&Ty>) -> Result<Value> {
        match expression {
            Expr::ForLoop(for_loop) => self.for_loop(for_loop).map(|()| Value::Unit),
            Expr::While(while_loop) => self.while_loop(while_loop).map(|()| Value::Unit),
            Expr::Loop(endless) => {
                let label = endless.label.as_ref().map(|label| label.name.ident.to_string());
                self.endless_loop(&endless.body, label.as_ref())
            }
            Expr::Break(leave) => {
                let value = match &leave.expr {
                    Some(value) => self.expression(value, None)?,
                    None => Value::Unit,
                };
                Err(Stop::Break(leave.label.as_ref().map(|label| label.ident.to_string()), Box::new(value)))
            }
            Expr::Continue(next) => {
                Err(Stop::Continue(next.label.as_ref().map(|label| label.ident.to_string())))
            }
            Expr::Return(leave) => match &leave.expr {
                Some(value) => {
                    let value = self.expression(value, None)?;
                    Err(Stop::Return(Box::new(value)))
                }
                None => unknown("a return without a value"),
            },
            Expr::Const(block) => self.block(&block.block, wanted),
            Expr::Macro(call) => self.macro_(&call.mac),
            Expr::Array(array) => {
                let element = element_of(wanted);
                let mut parts = Vec::new();
                for part in present(array.elems.iter())? {
                    parts.push(self.expression(part, element)?);
                }
                alike(parts)
            }
            Expr::Field(field) => {
                let base = self.expression(&field.base, None)?;
                match (base.behind(), &field.member) {
                    (Value::Tuple(parts), Member::Unnamed(at)) => match parts.get(at.index as usize) {
                        Some(part) => Ok(part.clone()),
                        None => unknown("a field"),
                    },
                    (Value::Matrix(matrix), Member::Named(name)) if matrix.columns == 1 => {
                        let at = ["x", "y", "z", "w"].iter().position(|known| name == known);
                        match at.and_then(|at| matrix.entries.get(at)) {
                            Some(entry) => Ok(Value::Number(*entry, Float::F64)),
                            None => unknown("a field"),
                        }
                    }
                    _ => unknown("a field"),
                }
            }
            _ => unknown("an expression"),
        }
    }

    pub(super) fn condition(&mut self, condition: &Expr) -> Result<bool> {
        if let Expr::Let(condition) = condition {
            let value = self.expression(&condition.expr, None)?;
            return self.bind(&condition.pat, value);
        }
        match self.expression(condition, Some(&Ty::Bool))? {
            Value::Bool(value) => Ok(value),
            _ => unknown("a condition that is no bool"),
        }
    }

    fn choose(&mut self, choice: &ExprMatch, wanted: Option<&Ty>) -> Result<Value> {
        let value = self.expression(&choice.expr, None)?;
        for arm in &choice.arms {
            if !attributes::is_present(&arm.attrs)? {
                continue;
            }
            let (pattern, guard) = match &arm.pat {
                syn::Pat::Guard(guarded) => (&*guarded.pat, Some(&guarded.guard)),
                pattern => (pattern, None),
            };
            let depth = self.names.len();
            let mut matches = self.bind(pattern, value.clone())?;
            if matches && let Some(guard) = guard {
                matches = self.condition(guard)?;
            }
            if matches {
                let value = self.expression(&arm.body, wanted);
                self.names.truncate(depth);
                return value;
            }
            self.names.truncate(depth);
        }
        unknown("a match without an arm for the value")
    }

    fn range(&mut self, range: &ExprRange) -> Result<Value> {
        let (Some(from), Some(to)) = (&range.start, &range.end) else {
            return unknown("a range without an end");
        };
        let (from, to) = (self.expression(from, None)?, self.expression(to, None)?);
        let (Value::Integer(from), Value::Integer(to)) = (from, to) else {
            return unknown("a range of no integers");
        };
        let (from, to) = Integer::pair(from, to)?;
        match range.limits {
            RangeLimits::HalfOpen(_) => Ok(Value::Range(from, to)),
            RangeLimits::Closed(_) => {
                // The last item may be the largest of its type, so one more is no value of it.
                let items: Result<Vec<Value>> = (from.value..=to.value)
                    .take(5000)
                    .map(|n| Integer::new(n, from.width).map(Value::Integer))
                    .collect();
                if to.value - from.value >= 5000 {
                    unknown("a long range")
                } else {
                    Ok(Value::Iterator(items?))
                }
            }
        }
    }
}

/// The expressions that `cfg` leaves.
pub(super) fn present<'e>(expressions: impl Iterator<Item = &'e Expr>) -> Result<Vec<&'e Expr>> {
    let mut left = Vec::new();
    for expression in expressions {
        if attributes::is_present(attributes_of(expression))? {
            left.push(expression);
        }
    }
    Ok(left)
}

fn element_of(wanted: Option<&Ty>) -> Option<&Ty> {
    match wanted {
        Some(Ty::Array(element, _)) => Some(element),
        _ => None,
    }
}

/// An array; a literal among numbers takes their type.
fn alike(parts: Vec<Value>) -> Result<Value> {
    let mut float = Float::Literal;
    for part in &parts {
        if let Value::Number(_, other) = part {
            float = float.with(*other)?;
        }
    }
    Ok(Value::Array(
        parts
            .into_iter()
            .map(|part| match part {
                Value::Number(number, _) => Value::Number(number, float),
                other => other,
            })
            .collect(),
    ))
}

/// The attributes of an expression.
pub(super) fn attributes_of(expression: &Expr) -> &[Attribute] {
    macro_rules! all {
        ($($variant:ident),*) => {
            match expression {
                $(Expr::$variant(inner) => &inner.attrs,)*
                _ => &[],
            }
        };
    }
    all!(
        Array, Assign, Async, Await, Binary, Block, Break, Call, Cast, Closure, Const, Continue, Field,
        ForLoop, Group, If, Index, Infer, Let, Lit, Loop, Macro, Match, MethodCall, Paren, Path, Range,
        RawAddr, Reference, Repeat, Return, Struct, Try, TryBlock, Tuple, Unary, Unsafe, While, Yield
    )
}

//! Blocks, `let`, assignments, loops and macros.

use syn::{Block, Expr, ExprForLoop, ExprWhile, Item, Local, Macro, Member, Stmt};

use super::types::Ty;
use super::value::Width;
use super::{Interpreter, Result, Stop, Value, attributes, panics, unknown};

impl Interpreter<'_> {
    /// The value of a block, of whose type `wanted` says what is known.
    pub(super) fn block(&mut self, block: &Block, wanted: Option<&Ty>) -> Result<Value> {
        let (depth, functions) = (self.names.len(), self.local_functions.len());
        let value = self.statements(&block.stmts, wanted);
        self.names.truncate(depth);
        self.local_functions.truncate(functions);
        value
    }

    fn statements(&mut self, statements: &[Stmt], wanted: Option<&Ty>) -> Result<Value> {
        let mut present = Vec::new();
        for statement in statements {
            let attributes = match statement {
                Stmt::Local(local) => &local.attrs,
                Stmt::Expr(expression, _) => super::expression::attributes_of(expression),
                Stmt::Macro(call) => &call.attrs,
                Stmt::Item(Item::Const(item)) => &item.attrs,
                Stmt::Item(Item::Fn(item)) => &item.attrs,
                Stmt::Item(_) => return unknown("an item in a body"),
            };
            if attributes::is_present(attributes)? {
                present.push(statement);
            }
        }
        // Items are visible in all of their block.
        for statement in &present {
            match statement {
                Stmt::Item(Item::Fn(item)) => {
                    self.local_functions.push((item.sig.ident.to_string(), item.clone()));
                }
                Stmt::Item(Item::Const(item)) => {
                    let ty = self.ty(&item.ty)?;
                    let value = self.expression(&item.expr, Some(&ty))?;
                    let value = Self::fit(value, &ty)?;
                    self.names.push((item.ident.to_string(), Some(value)));
                }
                _ => {}
            }
        }
        let mut value = Value::Unit;
        for (place, statement) in present.iter().enumerate() {
            let is_last = place + 1 == present.len();
            value = match statement {
                Stmt::Local(local) => self.local(local)?,
                Stmt::Expr(expression, None) if is_last => self.expression(expression, wanted)?,
                Stmt::Expr(expression, semicolon) => {
                    let value = self.expression(expression, None)?;
                    if semicolon.is_none() && !matches!(value, Value::Unit) {
                        return unknown("a value that nothing takes");
                    }
                    Value::Unit
                }
                Stmt::Macro(call) => {
                    let value = self.macro_(&call.mac)?;
                    if is_last && call.semi_token.is_none() { value } else { Value::Unit }
                }
                Stmt::Item(_) => Value::Unit,
            };
        }
        Ok(value)
    }

    fn local(&mut self, local: &Local) -> Result<Value> {
        let mut pattern = &local.pat;
        let mut ty = None;
        if let syn::Pat::Type(typed) = pattern {
            attributes::only_known(&typed.attrs)?;
            ty = Some(self.ty(&typed.ty)?);
            pattern = &typed.pat;
        }
        let Some(init) = &local.init else {
            let syn::Pat::Ident(ident) = pattern else { return unknown("a pattern without a value") };
            self.names.push((ident.ident.to_string(), None));
            // Its type would have to be kept for the assignment.
            return if ty.is_some_and(|ty| ty != Ty::Float(super::value::Float::F64)) {
                unknown("a declared type of a later value")
            } else {
                Ok(Value::Unit)
            };
        };
        let value = self.expression(&init.expr, ty.as_ref())?;
        let value = match &ty {
            Some(ty) => Self::fit(value, ty)?,
            None => value,
        };
        let depth = self.names.len();
        if self.bind(pattern, value)? {
            return Ok(Value::Unit);
        }
        self.names.truncate(depth);
        match &init.diverge {
            Some((_, otherwise)) => {
                self.expression(otherwise, None)?;
                unknown("an else that does not leave")
            }
            None => unknown("a pattern that may not match"),
        }
    }

    /// `target = value`.
    pub(super) fn assign(&mut self, target: &Expr, value: Value) -> Result<()> {
        match target {
            Expr::Infer(_) => Ok(()),
            Expr::Tuple(targets) => match value {
                Value::Tuple(parts) if parts.len() == targets.elems.len() => {
                    targets.elems.iter().zip(parts).try_for_each(|(target, part)| self.assign(target, part))
                }
                _ => unknown("an assignment to a tuple"),
            },
            Expr::Paren(inner) => self.assign(&inner.expr, value),
            _ => {
                let place = self.place(target)?;
                let is_first = place.is_none();
                let fits = is_first || place.as_ref().is_some_and(|old| is_alike(old, &value));
                *place = Some(value);
                if fits { Ok(()) } else { unknown("an assignment of another type") }
            }
        }
    }

    /// A variable, or a part of one.
    fn place(&mut self, target: &Expr) -> Result<&mut Option<Value>> {
        attributes::only_known(super::expression::attributes_of(target))?;
        match target {
            Expr::Path(path) if path.qself.is_none() => {
                let Some(name) = path.path.get_ident().map(ToString::to_string) else {
                    return unknown("an assignment to a path");
                };
                let floor = self.floor;
                let found = self.names.iter().rposition(|(bound, _)| *bound == name);
                match found {
                    Some(place) if place >= floor => Ok(&mut self.names[place].1),
                    _ => unknown("an assignment to something outside"),
                }
            }
            _ => unknown("an assignment to a place"),
        }
    }

    /// `target[index] = value` and `target.0 = value`.
    pub(super) fn store(&mut self, target: &Expr, value: Value) -> Result<()> {
        match target {
            Expr::Index(index) => {
                let at = self.expression(&index.index, Some(&Ty::Integer(Width::Usize)))?;
                let mut whole = self.expression(&index.expr, None)?;
                match (&mut whole, at) {
                    (Value::Array(parts), Value::Integer(at)) => match parts.get_mut(at.as_usize()?) {
                        Some(part) => *part = value,
                        None => return panics("an index out of bounds"),
                    },
                    (Value::Matrix(matrix), at) => {
                        let place = super::array::place(matrix, &at)?;
                        let Value::Number(number, _) = value else {
                            return unknown("an entry that is no number");
                        };
                        matrix.entries[place] = number;
                    }
                    _ => return unknown("an assignment to an entry"),
                }
                self.store(&index.expr, whole)
            }
            Expr::Field(field) => {
                let mut whole = self.expression(&field.base, None)?;
                match (&mut whole, &field.member) {
                    (Value::Tuple(parts), Member::Unnamed(at)) => match parts.get_mut(at.index as usize) {
                        Some(part) => *part = value,
                        None => return unknown("a field"),
                    },
                    _ => return unknown("an assignment to a field"),
                }
                self.store(&field.base, whole)
            }
            _ => self.assign(target, value),
        }
    }

    pub(super) fn for_loop(&mut self, for_loop: &ExprForLoop) -> Result<()> {
        let over = self.expression(&for_loop.expr, None)?;
        let label = for_loop.label.as_ref().map(|label| label.name.ident.to_string());
        for item in Self::items(over)? {
            self.step()?;
            let depth = self.names.len();
            if !self.bind(&for_loop.pat, item)? {
                return unknown("a pattern of a loop that does not match");
            }
            let round = self.block(&for_loop.body, Some(&Ty::Unit));
            self.names.truncate(depth);
            match Self::after_round(round, label.as_ref())? {
                Round::Next => {}
                Round::Left(Value::Unit) => return Ok(()),
                Round::Left(_) => return unknown("a for loop with a value"),
            }
        }
        Ok(())
    }

    pub(super) fn while_loop(&mut self, while_loop: &ExprWhile) -> Result<()> {
        let label = while_loop.label.as_ref().map(|label| label.name.ident.to_string());
        while self.condition(&while_loop.cond)? {
            self.step()?;
            let round = self.block(&while_loop.body, Some(&Ty::Unit));
            if let Round::Left(_) = Self::after_round(round, label.as_ref())? {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn endless_loop(&mut self, body: &Block, label: Option<&String>) -> Result<Value> {
        loop {
            self.step()?;
            let round = self.block(body, Some(&Ty::Unit));
            if let Round::Left(value) = Self::after_round(round, label)? {
                return Ok(value);
            }
        }
    }

    fn after_round(round: Result<Value>, label: Option<&String>) -> Result<Round> {
        let is_mine = |named: &Option<String>| named.is_none() || named.as_ref() == label;
        match round {
            Ok(Value::Unit) => Ok(Round::Next),
            Ok(_) => unknown("a loop body with a value"),
            Err(Stop::Continue(named)) if is_mine(&named) => Ok(Round::Next),
            Err(Stop::Break(named, value)) if is_mine(&named) => Ok(Round::Left(*value)),
            Err(stop) => Err(stop),
        }
    }

    /// Assertions; other macros are not known.
    pub(super) fn macro_(&mut self, call: &Macro) -> Result<Value> {
        let name = call.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "assert" | "debug_assert" => {
                let Ok(condition) = call.parse_body::<Expr>() else {
                    return unknown("an assertion with a message");
                };
                if self.condition(&condition)? { Ok(Value::Unit) } else { panics("an assertion fails") }
            }
            "todo" | "unimplemented" | "unreachable" | "panic" => panics("a panic"),
            _ => unknown(format!("the macro {name}")),
        }
    }
}

enum Round {
    Next,
    Left(Value),
}

/// True for two values that may have one type.
fn is_alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_, a), Value::Number(_, b)) => a.with(*b).is_ok(),
        (Value::Integer(a), Value::Integer(b)) => super::value::Integer::pair(*a, *b).is_ok(),
        (Value::Bool(_), Value::Bool(_)) | (Value::Unit, Value::Unit) => true,
        (Value::Array(a), Value::Array(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_alike(a, b))
        }
        (Value::Matrix(a), Value::Matrix(b)) => (a.rows, a.columns) == (b.rows, b.columns),
        (Value::Reference(a), Value::Reference(b)) => is_alike(a, b),
        _ => false,
    }
}

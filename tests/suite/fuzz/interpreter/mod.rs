//! A small interpreter of Rust, which is the oracle of the differential test.
//!
//! It walks `syn`'s tree and shares nothing with the engine: neither the reader nor the graph nor the calculus. It knows the
//! semantics of Rust (typed integers that overflow, references, scopes, `cfg`), and it stops with
//! [`Stop::Unknown`] at whatever it does not know. A value that it gives is therefore meant to be rustc's; the batches of
//! compiled programs hold it to that.
//!
//! Every number also carries a hyper-dual number, so one run gives a value, two first derivatives and a second one.

mod array;
mod attributes;
mod call;
mod closure;
mod expression;
mod generated;
mod iterator;
mod method;
mod number;
mod operator;
mod pattern;
mod primitives;
mod statement;
mod types;
mod value;

use std::collections::HashMap;

use syn::{FnArg, ItemFn, ReturnType};

pub(crate) use self::number::{Context, Number};
pub(crate) use self::types::Ty;
pub(crate) use self::value::{Matrix, Value};

/// Why there is no value.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The interpreter does not know this construct, or the program is not valid Rust.
    Unknown(String),
    /// The program takes too long, or is too deep.
    Limit,
    /// The program panics.
    Panic(String),
    /// `break`, with its label and its value.
    Break(Option<String>, Box<Value>),
    /// `continue`, with its label.
    Continue(Option<String>),
    /// `return`.
    Return(Box<Value>),
}

pub(crate) type Result<T> = std::result::Result<T, Stop>;

/// Stops at something unknown.
pub(crate) fn unknown<T>(what: impl Into<String>) -> Result<T> {
    Err(Stop::Unknown(what.into()))
}

/// Stops as a panic does.
pub(crate) fn panics<T>(why: impl Into<String>) -> Result<T> {
    Err(Stop::Panic(why.into()))
}

/// The functions that can be called: the user's, and those that the macro wrote for each of them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Program {
    pub(crate) functions: HashMap<String, ItemFn>,
    /// `namesake::function`.
    pub(crate) generated: HashMap<(String, String), ItemFn>,
    pub(crate) constants: HashMap<String, f64>,
    /// What functions of arrays hand on to their callers.
    pub(crate) bodies: HashMap<String, String>,
}

/// One run: the names in scope and what a number is at the moment.
pub(crate) struct Interpreter<'p> {
    program: &'p Program,
    pub(crate) context: Context,
    /// The names in scope, innermost last; `None` before the first assignment.
    names: Vec<(String, Option<Value>)>,
    /// Names below this are outside of the function, or of the closure, which may read but not assign them.
    floor: usize,
    /// The type parameters that stand for the number type.
    reals: Vec<String>,
    /// Functions among the statements of a body.
    local_functions: Vec<(String, ItemFn)>,
    /// What may still be evaluated: a program that takes longer is given up.
    fuel: u32,
    depth: u32,
}

const FUEL: u32 = 200_000;
const DEEPEST: u32 = 150;

impl<'p> Interpreter<'p> {
    pub(crate) fn new(program: &'p Program, context: Context) -> Self {
        Self {
            program,
            context,
            names: Vec::new(),
            floor: 0,
            reals: Vec::new(),
            local_functions: Vec::new(),
            fuel: FUEL,
            depth: 0,
        }
    }

    /// The value of `function` at `arguments`.
    pub(crate) fn call(&mut self, function: &ItemFn, arguments: Vec<Value>) -> Result<Value> {
        attributes::only_known(&function.attrs)?;
        let signature = &function.sig;
        if signature.asyncness.is_some() || signature.variadic.is_some() || signature.abi.is_some() {
            return unknown("a function that is more than its formula");
        }
        let outer = std::mem::take(&mut self.names);
        let outer_floor = std::mem::take(&mut self.floor);
        let mut reals = std::mem::take(&mut self.reals);
        for parameter in signature.generics.type_params() {
            self.reals.push(parameter.ident.to_string());
        }
        let result = self.enter(function, arguments);
        self.names = outer;
        self.floor = outer_floor;
        std::mem::swap(&mut self.reals, &mut reals);
        match result {
            Err(Stop::Return(value)) => Ok(*value),
            other => other,
        }
    }

    /// The types of a function's parameters.
    pub(crate) fn types_of(&mut self, function: &ItemFn) -> Result<Vec<Ty>> {
        self.reals.extend(function.sig.generics.type_params().map(|parameter| parameter.ident.to_string()));
        for constant in function.sig.generics.const_params() {
            self.names.push((constant.ident.to_string(), Some(Value::usize(3))));
        }
        let inputs = function.sig.inputs.iter();
        inputs
            .map(|input| match input {
                FnArg::Typed(typed) => self.ty(&typed.ty),
                FnArg::Receiver(_) => unknown("a method"),
            })
            .collect()
    }

    fn enter(&mut self, function: &ItemFn, arguments: Vec<Value>) -> Result<Value> {
        let signature = &function.sig;
        let mut parameters = Vec::new();
        for input in &signature.inputs {
            let FnArg::Typed(typed) = input else { return unknown("a method") };
            if attributes::is_present(&typed.attrs)? {
                parameters.push(typed);
            }
        }
        if parameters.len() != arguments.len() {
            return unknown("the number of arguments");
        }
        for constant in signature.generics.const_params() {
            let name = constant.ident.to_string();
            let length = parameters
                .iter()
                .zip(&arguments)
                .find_map(|(parameter, argument)| types::length_named(&parameter.ty, &name, argument));
            let Some(length) = length else { return unknown("a const generic that no argument gives") };
            self.names.push((name, Some(Value::usize(length))));
        }
        for (parameter, argument) in parameters.iter().zip(arguments) {
            let ty = self.ty(&parameter.ty)?;
            let argument = Self::fit(argument, &ty)?;
            if !self.bind(&parameter.pat, argument)? {
                return unknown("a pattern of a parameter that does not match");
            }
        }
        let ReturnType::Type(_, ty) = &signature.output else {
            return unknown("a function without a result");
        };
        let ty = self.ty(ty)?;
        let value = match self.block(&function.block, Some(&ty)) {
            Err(Stop::Return(value)) => *value,
            other => other?,
        };
        Self::fit(value, &ty)
    }

    /// One step; a program without end is given up.
    fn step(&mut self) -> Result<()> {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 { Err(Stop::Limit) } else { Ok(()) }
    }
}

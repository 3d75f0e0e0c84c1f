//! A program with what the macro makes of it.

use std::cell::RefCell;
use std::rc::Rc;

use proc_macro2::TokenStream;
use syn::{File, FnArg, ImplItem, Item, ItemFn, Pat, Type};
use voidgrad_symbolic::expand::differentiate;

use super::super::interpreter::{self, Context, Interpreter};
use super::super::program::{CONSTANTS, HELPERS, Program};
use super::{Matrix, Number, Random, Result, Ty, Value};

/// A program that the macro took.
pub(crate) struct Expanded {
    pub(crate) program: interpreter::Program,
    pub(crate) function: ItemFn,
    /// The names of the parameters that `wrt` names.
    pub(super) wrt: Vec<&'static str>,
    /// True where a stable form may stand for what was written.
    pub(super) is_rewritten: bool,
}

thread_local! {
    /// The functions that programs call, expanded once.
    static HELPER_FUNCTIONS: RefCell<Option<Rc<interpreter::Program>>> = const { RefCell::new(None) };
}

impl Expanded {
    /// Expands a program; the error is the macro's refusal.
    pub(crate) fn of(source: &Program) -> std::result::Result<Self, String> {
        let mut program = helpers();
        let function = expand(&source.attribute, &source.item, &mut program)?;
        let value = &program.generated[&("f".to_owned(), "value".to_owned())];
        let is_rewritten = super::rewritten::may_be_rewritten(&function, value);
        Ok(Self { program, function, wrt: source.wrt.clone(), is_rewritten })
    }

    /// A generated function of `f`.
    pub(crate) fn generated(&self, name: &str) -> Option<&ItemFn> {
        self.program.generated.get(&("f".to_owned(), name.to_owned()))
    }

    /// The parameters of `f::value`, which are those that are left of the function's own.
    pub(crate) fn parameters(&self) -> Vec<(String, &Type)> {
        let value = self.generated("value").expect("it was looked up before");
        let inputs = value.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(ident) => Some((ident.ident.to_string(), &*typed.ty)),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        });
        inputs.collect()
    }

    /// Random arguments.
    pub(crate) fn arguments(&self, random: &mut Random, is_extreme: bool) -> Result<Vec<Value>> {
        let value = self.generated("value").expect("it was looked up before");
        let mut interpreter = Interpreter::new(&self.program, Context::values());
        let types = interpreter.types_of(value)?;
        Ok(types.iter().map(|ty| argument(ty, random, is_extreme)).collect())
    }
}

fn argument(ty: &Ty, random: &mut Random, is_extreme: bool) -> Value {
    let number = |random: &mut Random| if is_extreme { random.extreme() } else { random.number() };
    match ty {
        Ty::Bool => Value::Bool(random.below(2) == 0),
        Ty::Reference(ty) => match &**ty {
            Ty::Slice(element) => {
                Value::Array((0..3).map(|_| argument(element, random, is_extreme)).collect()).reference()
            }
            ty => argument(ty, random, is_extreme).reference(),
        },
        Ty::Array(element, n) => {
            Value::Array((0..n.unwrap_or(3)).map(|_| argument(element, random, is_extreme)).collect())
        }
        Ty::Matrix(rows, columns) => {
            let (rows, columns) = (rows.unwrap_or(2), columns.unwrap_or(2));
            let entries = (0..rows * columns).map(|_| Number::constant(number(random))).collect();
            Value::Matrix(Matrix { rows, columns, entries })
        }
        Ty::Tuple(parts) => {
            Value::Tuple(parts.iter().map(|part| argument(part, random, is_extreme)).collect())
        }
        _ => Value::number(number(random)),
    }
}

fn helpers() -> interpreter::Program {
    HELPER_FUNCTIONS.with_borrow_mut(|known| {
        let helpers = known.get_or_insert_with(|| {
            let mut program = interpreter::Program::default();
            program.constants.extend(CONSTANTS.iter().map(|(name, value)| ((*name).to_owned(), *value)));
            for (attribute, item) in HELPERS {
                expand(attribute, item, &mut program)
                    .expect("the macro takes the functions that programs call");
            }
            Rc::new(program)
        });
        interpreter::Program::clone(helpers)
    })
}

/// Expands a function into `program`, and gives the function itself.
fn expand(
    attribute: &str,
    item: &str,
    program: &mut interpreter::Program,
) -> std::result::Result<ItemFn, String> {
    let tokens =
        |text: &str| -> TokenStream { text.parse().unwrap_or_else(|error| panic!("{error}: {text}")) };
    let root = tokens("::voidgrad");
    let function: ItemFn = syn::parse_str(item).map_err(|error| format!("not parsed: {error}"))?;
    let mut expansion = differentiate(tokens(attribute), &tokens(item), &root);
    while let Some(path) = expansion.asks() {
        let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let Some(body) = program.bodies.get(&name) else {
            return Err(format!("the body of `{name}` is needed"));
        };
        expansion = expansion.with_body(body);
    }
    if let Some(error) = expansion.error {
        return Err(error.to_string());
    }
    let body = expansion.body().map(str::to_owned);
    let file: File = syn::parse2(expansion.tokens).expect("the expansion is Rust");
    let name = function.sig.ident.to_string();
    program.bodies.extend(body.map(|body| (name.clone(), body)));
    for item in file.items {
        let Item::Impl(block) = item else { continue };
        if block.trait_.is_some() {
            continue;
        }
        for item in block.items {
            let ImplItem::Fn(item) = item else { continue };
            let function = ItemFn {
                attrs: item.attrs,
                vis: item.vis,
                modifiers: syn::FnModifiers::default(),
                sig: item.sig,
                block: Box::new(item.block),
            };
            program.generated.insert((name.clone(), function.sig.ident.to_string()), function);
        }
    }
    program.functions.insert(name, function.clone());
    Ok(function)
}

//! `expand`: the generated code of annotated functions, with its formulas.

use std::fmt::Write as _;
use std::path::Path;

use syn::visit_mut::VisitMut;
use voidgrad::annotated::FILES;
use voidgrad_symbolic::depth::with_room;
use voidgrad_symbolic::expand::{Expansion, file};

use voidgrad_kit::error::Error;
use voidgrad_kit::terminal;

/// Prints the functions named `name` (all without one) of the library, or of the file at `path`.
pub(crate) fn run(name: Option<&str>, path: Option<&Path>) -> Result<(), Error> {
    let expansions = match path {
        None => {
            FILES.iter().map(|(module, source)| read(module, source)).collect::<Result<Vec<_>, _>>()?.concat()
        }
        Some(path) => {
            let source = std::fs::read_to_string(path)
                .map_err(|error| Error::arguments(format!("cannot read {}: {error}", path.display())))?;
            let module =
                path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
            read(&module, &source)?
        }
    };
    let chosen: Vec<&(String, Expansion)> =
        expansions.iter().filter(|(_, expansion)| name.is_none_or(|name| name == expansion.name)).collect();
    if chosen.is_empty() {
        let mut known: Vec<&str> = expansions.iter().map(|(_, expansion)| expansion.name.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(Error::arguments(match name {
            Some(name) => format!("no annotated function is named {name:?}; there are: {known}"),
            None => "no function in this file is annotated with #[differentiate] or #[control]".to_owned(),
        }));
    }
    let (mut text, mut refused) = (String::new(), Vec::new());
    for (module, expansion) in chosen {
        // The user's function may be deeper than this stack.
        let printed =
            with_room(&expansion.tokens, || print(module, expansion)).map_err(Error::arguments)??;
        match printed {
            Ok(code) => text.push_str(&code),
            Err(errors) => refused.push(errors),
        }
    }
    terminal::print(&text)?;
    // The file is the argument.
    if refused.is_empty() { Ok(()) } else { Err(Error::arguments(refused.join("\nerror: "))) }
}

fn read(module: &str, source: &str) -> Result<Vec<(String, Expansion)>, Error> {
    let root = "::voidgrad::__private".parse().expect("this is a path");
    let expansions =
        file(source, &root).map_err(|error| Error::arguments(format!("{module}: {}", located(&error))))?;
    Ok(expansions.into_iter().map(|expansion| (module.to_owned(), expansion)).collect())
}

/// Leaves out the documentation that is there for browsers: the formulas stand below the code.
struct WithoutMarkup;

impl VisitMut for WithoutMarkup {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<syn::Attribute>) {
        attributes.retain(|attribute| match &attribute.meta {
            syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
                    let text = text.value();
                    !text.is_empty() && !text.starts_with(" <")
                }
                _ => true,
            },
            _ => true,
        });
    }
}

fn located(error: &syn::Error) -> String {
    let start = error.span().start();
    format!("line {}, column {}: {error}", start.line, start.column + 1)
}

/// The code, and behind it the formulas as comments; a line for each error where the function is refused.
fn print(module: &str, expansion: &Expansion) -> Result<Result<String, String>, Error> {
    let name = format!("{module}::{}", expansion.name);
    if let Some(errors) = &expansion.error {
        let lines: Vec<String> =
            errors.clone().into_iter().map(|error| format!("{name}, {}", located(&error))).collect();
        return Ok(Err(lines.join("\nerror: ")));
    }
    let mut code: syn::File = syn::parse2(expansion.tokens.clone()).map_err(Error::computation)?;
    WithoutMarkup.visit_file_mut(&mut code);
    let mut text = format!("// {name}\n\n{}\n", prettyplease::unparse(&code));
    if !expansion.formulas.is_empty() {
        text.push_str("// Formulas, in LaTeX\n");
    }
    for formula in &expansion.formulas {
        let _ = write!(text, "//\n// {}\n", formula.function);
        for equation in &formula.equations {
            let _ = writeln!(text, "//     {equation}");
        }
    }
    text.push('\n');
    Ok(Ok(text))
}

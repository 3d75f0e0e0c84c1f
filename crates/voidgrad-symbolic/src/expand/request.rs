//! An annotated function that is to be expanded: at once, or in steps, if it takes the bodies of other functions.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{ItemFn, LitStr, Path};

use super::handed::Handed;
use super::{Derived, Expansion, Source, located, no_function};
use crate::callees::{Callees, Known, Numbers};
use crate::depth;
use crate::diagnostics::Diagnostics;
use crate::parse::{self, Body, Reading};

/// The attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `#[differentiate]`
    Differentiate,
    /// `#[control]`
    Control,
    /// `#[network]`
    Network,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Differentiate, Self::Control, Self::Network];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Differentiate => "differentiate",
            Self::Control => "control",
            Self::Network => "network",
        }
    }

    /// The kind of this name.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Lints that the function itself is no subject of.
    fn allowed(self) -> TokenStream {
        match self {
            // It is often called through its namesake alone, and the compiler can't see that as a use of the function.
            Self::Differentiate => quote!(#[allow(dead_code)]),
            // A control need not depend on z, is mostly called through its struct, and has as many arguments as parameters.
            Self::Control => quote!(#[allow(dead_code, unused_variables, clippy::too_many_arguments)]),
            // So is a network, and so has it.
            Self::Network => quote!(#[allow(dead_code, clippy::too_many_arguments)]),
        }
    }

    fn numbers(self) -> Numbers {
        match self {
            Self::Differentiate => Numbers::Called,
            Self::Control => Numbers::InlinedIfPossible,
            Self::Network => Numbers::Inlined,
        }
    }
}

/// Expands `#[differentiate(attribute)] item`; `root` is the path of voidgrad.
#[must_use]
pub fn differentiate(attribute: TokenStream, item: &TokenStream, root: &TokenStream) -> Expansion {
    Request::new(Kind::Differentiate, attribute, item, root).expand()
}

/// Expands `#[control(attribute)] item`; `root` is the path of voidgrad.
#[must_use]
pub fn control(attribute: TokenStream, item: &TokenStream, root: &TokenStream) -> Expansion {
    Request::new(Kind::Control, attribute, item, root).expand()
}

/// Expands `#[network(attribute)] item`; `root` is the path of voidgrad.
#[must_use]
pub fn network(attribute: TokenStream, item: &TokenStream, root: &TokenStream) -> Expansion {
    Request::new(Kind::Network, attribute, item, root).expand()
}

/// Goes on with an expansion that asked for the body of another function: `state` is that body as text, and what [`Expansion`] had written behind it.
#[must_use]
pub fn resume(state: TokenStream) -> Expansion {
    match syn::parse2::<Request>(state) {
        Ok(request) => request.expand(),
        Err(error) => Expansion::refused(String::new(), &TokenStream::new(), error),
    }
}

/// An annotated function, and what is known of others.
#[derive(Debug, Clone)]
pub struct Request {
    kind: Kind,
    root: TokenStream,
    /// What tells this function from all others of the crate, as a part of a name.
    place: String,
    attribute: TokenStream,
    item: TokenStream,
    /// The paths of functions, with what they hand on.
    known: Vec<(Path, String)>,
}

impl Request {
    /// `#[kind(attribute)] item`; `root` is the path of voidgrad.
    #[must_use]
    pub fn new(kind: Kind, attribute: TokenStream, item: &TokenStream, root: &TokenStream) -> Self {
        let place = String::new();
        Self { kind, root: root.clone(), place, attribute, item: item.clone(), known: Vec::new() }
    }

    /// The same at a place, which tells public functions of one name apart.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self { place: place.chars().filter(char::is_ascii_alphanumeric).collect(), ..self }
    }

    /// The same with one more function known.
    pub(crate) fn with(mut self, path: Path, handed: String) -> Self {
        self.known.push((path, handed));
        self
    }

    /// Reads the arguments of the attribute and the function, and derives the items; all that is wrong is reported together.
    #[must_use]
    pub fn expand(self) -> Expansion {
        // The function itself is emitted with the first step.
        let stays = if self.known.is_empty() { self.item.clone() } else { TokenStream::new() };
        self.expand_beside(&stays)
    }

    /// [`Request::expand`] with the function itself, in whatever step.
    pub(crate) fn expand_whole(self) -> Expansion {
        let stays = self.item.clone();
        self.expand_beside(&stays)
    }

    fn expand_beside(self, stays: &TokenStream) -> Expansion {
        let item = self.item.clone();
        depth::with_room(&item, || self.read_and_derive(stays))
            .unwrap_or_else(|error| Expansion::refused(String::new(), stays, error))
    }

    fn read_and_derive(self, stays: &TokenStream) -> Expansion {
        let what = format!("#[{}]", self.kind.word());
        let function = match syn::parse2::<ItemFn>(self.item.clone()) {
            Ok(function) => function,
            Err(error) => {
                return Expansion::refused(String::new(), stays, no_function(&what, &self.item, error));
            }
        };
        let name = function.sig.ident.clone();
        let stays_allowed = if stays.is_empty() {
            TokenStream::new()
        } else {
            let allowed = self.kind.allowed();
            quote!(#allowed #function)
        };
        let mut diagnostics = Diagnostics::default();
        let outcome = self.outcome(function, &mut diagnostics);
        if let Err(error) = diagnostics.check() {
            return Expansion::refused(name.to_string(), stays, error);
        }
        let mut expansion = Expansion {
            name: name.to_string(),
            tokens: stays_allowed,
            formulas: Vec::new(),
            error: None,
            asks: None,
            handed: None,
        };
        match outcome {
            Some(Outcome::Derived(Derived { items, formulas }, handed)) => {
                let macro_ = handed.item(&name, &self.place, &self.root);
                let items = located(quote!(#items #macro_), &name);
                expansion.tokens.extend(items);
                expansion.formulas = formulas;
                expansion.handed = handed.text;
            }
            Some(Outcome::Asks(path)) => {
                let state = self.state(&path);
                expansion.tokens.extend(quote!(#path! { #state }));
                expansion.asks = Some((path, self));
            }
            None => unreachable!("what was refused was reported"),
        }
        expansion
    }

    fn outcome(&self, function: ItemFn, diagnostics: &mut Diagnostics) -> Option<Outcome> {
        let callees = self.callees(self.kind.numbers(), diagnostics);
        match self.kind {
            Kind::Differentiate => {
                self.derive(function, &callees, super::differentiate::derived, diagnostics)
            }
            Kind::Control => self.derive(function, &callees, super::control::derived, diagnostics),
            Kind::Network => self.derive(function, &callees, super::network::derived, diagnostics),
        }
    }

    /// The functions that are known.
    fn callees(&self, numbers: Numbers, diagnostics: &mut Diagnostics) -> Callees {
        let mut callees = Callees::new(numbers);
        for (path, handed) in &self.known {
            match Known::read(handed) {
                Some(known) => callees.add(path, known),
                None => {
                    diagnostics.error(path, "another version of voidgrad wrote the macro of this function");
                }
            }
        }
        callees
    }

    /// The body with all calls inlined that take whole arrays; nothing if one of them can't be.
    fn inlined(&self, source: &Source) -> Option<Body> {
        let mut diagnostics = Diagnostics::default();
        let callees = self.callees(Numbers::Inlined, &mut diagnostics);
        let reading = parse::body(&source.function, &source.signature, &callees, &mut diagnostics);
        match (diagnostics.check(), reading) {
            (Ok(()), Some(Reading::Body(body))) => Some(*body),
            _ => None,
        }
    }

    fn derive<A: Parse>(
        &self,
        function: ItemFn,
        callees: &Callees,
        derived: fn(&A, Source, &TokenStream, &mut Diagnostics) -> Option<Derived>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Outcome> {
        let attribute =
            syn::parse2::<A>(self.attribute.clone()).map_err(|error| diagnostics.push(error)).ok();
        match (attribute, Source::read(function, callees, diagnostics)?) {
            (Some(attribute), Ok(source)) => {
                let handed = Handed::new(&source, self.kind != Kind::Network, || self.inlined(&source));
                let derived = derived(&attribute, source, &self.root, diagnostics)?;
                Some(Outcome::Derived(derived, handed))
            }
            (Some(_), Err(path)) => Some(Outcome::Asks(path)),
            (None, _) => None,
        }
    }

    /// What [`resume`] reads behind the body of the function that is asked for, with the path of `resume` before it.
    fn state(&self, asked: &Path) -> TokenStream {
        let Self { kind, root, place, attribute, item, known } = self;
        let kind = Ident::new(kind.word(), Span::call_site());
        let known = known.iter().map(|(path, handed)| quote!((#path) #handed));
        quote!((#root::resume!) #kind (#root) #place (#attribute) (#item) (#(#known)*) (#asked))
    }
}

enum Outcome {
    Derived(Derived, Handed),
    Asks(Path),
}

impl Parse for Request {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let handed: LitStr = input.parse()?;
        let kind: Ident = input.parse()?;
        let kind = Kind::named(&kind.to_string())
            .ok_or_else(|| syn::Error::new(kind.span(), "this is no attribute of voidgrad"))?;
        let group = || Ok::<_, syn::Error>(input.parse::<Group>()?.stream());
        let root = group()?;
        let place = input.parse::<LitStr>()?.value();
        let (attribute, item, list, asked) = (group()?, group()?, group()?, group()?);
        let mut known = Vec::new();
        let mut list = list.into_iter();
        while let (Some(path), Some(handed)) = (list.next(), list.next()) {
            let path = match path {
                TokenTree::Group(path) => path.stream(),
                other => other.into(),
            };
            let handed: LitStr = syn::parse2(handed.into_token_stream())?;
            known.push((syn::parse2(path)?, handed.value()));
        }
        known.push((syn::parse2(asked)?, handed.value()));
        Ok(Self { kind, root, place, attribute, item, known })
    }
}

//! A piece of an expression, with what it takes to put it into another one without needless parentheses.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;

/// How strongly an expression holds together, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Sum,
    Product,
    Unary,
    Postfix,
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) struct Fragment {
    pub(super) tokens: TokenStream,
    level: Level,
}

impl Fragment {
    pub(super) fn new(tokens: TokenStream, level: Level) -> Self {
        Self { tokens, level }
    }

    /// A name, a call, an index.
    pub(super) fn atom(tokens: TokenStream) -> Self {
        Self::new(tokens, Level::Postfix)
    }

    /// The tokens, in parentheses where they hold together less than `level`.
    pub(super) fn at(self, level: Level) -> TokenStream {
        let tokens = self.tokens;
        if self.level < level { quote!((#tokens)) } else { tokens }
    }

    /// `left op right`; operators of one level associate to the left.
    pub(super) fn infix(left: Self, op: &TokenStream, right: Self, level: Level) -> Self {
        let tighter = match level {
            Level::Or => Level::And,
            Level::And => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product | Level::Unary | Level::Postfix => Level::Unary,
        };
        let (left, right) = (left.at(level), right.at(tighter));
        Self::new(quote!(#left #op #right), level)
    }

    /// `op self`.
    pub(super) fn prefix(self, op: &TokenStream) -> Self {
        let tokens = self.at(Level::Unary);
        Self::new(quote!(#op #tokens), Level::Unary)
    }

    /// `self.name(arguments)`.
    pub(super) fn method(self, name: &str, arguments: &[TokenStream]) -> Self {
        let (receiver, name) = (self.at(Level::Postfix), ident(name));
        Self::atom(quote!(#receiver.#name(#(#arguments),*)))
    }
}

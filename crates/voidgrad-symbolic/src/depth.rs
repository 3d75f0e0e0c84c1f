//! Room on the stack for deeply nested code.
//!
//! `syn` parses, and this crate walks, nested code by recursion. rustc grows its own stack for such code, so an annotated
//! function may be deeper than what fits the stack that a macro is called on. The depth is estimated from the tokens,
//! before anything is parsed, and all work is done on a stack that is large enough for it.

use std::cell::Cell;

use corosensei::stack::{DefaultStack, Stack};
use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Span, TokenStream, TokenTree};

/// Stack for one level of groups, `(…)` or `{…}`. The most that was measured is 28 KiB, for nested blocks without
/// optimisation.
const PER_GROUP: usize = 48 << 10;
/// Stack for one more token of an expression, such as a term of a sum. The most that was measured is 7 KiB, for a chain of
/// unary minuses without optimisation.
const PER_TOKEN: usize = 10 << 10;
/// Stack for everything that does not grow with the depth.
const BASE: usize = 8 << 20;
/// The largest stack. Memory that is not touched takes only addresses.
const LARGEST: usize = 1 << 30;

/// Runs `work` on a stack with room for code as deep as `code`.
///
/// # Errors
/// If the code is too deep for any stack.
pub fn with_room<T>(code: &TokenStream, work: impl FnOnce() -> T) -> syn::Result<T> {
    let Depth { stack, place } = depth(code.clone());
    if stack > LARGEST - BASE {
        return Err(syn::Error::new(
            place,
            "this code is nested too deeply, or an expression is too long; split it with `let`, or into several functions",
        ));
    }
    Ok(on_new_stack(BASE + stack, work))
}

/// Runs one step of a recursion over the graph, on a new stack if little is left of this one.
pub(crate) fn with_more_room<T>(step: impl FnOnce() -> T) -> T {
    const LITTLE: usize = 256 << 10;
    let place = 0_u8;
    let limit = LIMIT.get();
    let is_enough = limit != 0 && std::ptr::from_ref(&place).addr() - limit > LITTLE;
    if is_enough { step() } else { on_new_stack(BASE, step) }
}

thread_local! {
    /// The lowest address of the stack that this thread works on; 0 on its first one, whose size is not known.
    static LIMIT: Cell<usize> = const { Cell::new(0) };
}

fn on_new_stack<T>(size: usize, work: impl FnOnce() -> T) -> T {
    let stack = DefaultStack::new(size).expect("there are addresses for a stack");
    let _before = LimitBefore(LIMIT.replace(stack.limit().get()));
    corosensei::on_stack(stack, work)
}

/// Sets the limit back, also after a panic.
struct LimitBefore(usize);

impl Drop for LimitBefore {
    fn drop(&mut self) {
        LIMIT.set(self.0);
    }
}

/// How deep some code is.
struct Depth {
    /// Bytes of stack, an upper bound.
    stack: usize,
    /// The token at the deepest place.
    place: Span,
}

/// The tokens of one group, as far as they were looked at.
struct Level {
    trees: IntoIter,
    /// The tokens since the last `;` or `,`: one expression, each token at most one level of it.
    tokens: usize,
    /// The deepest group among them.
    inner: Depth,
    /// The deepest expression so far.
    deepest: Depth,
    opened: Span,
}

impl Level {
    fn new(code: TokenStream, opened: Span) -> Self {
        let none = || Depth { stack: 0, place: opened };
        Self { trees: code.into_iter(), tokens: 0, inner: none(), deepest: none(), opened }
    }

    /// Ends an expression.
    fn end(&mut self) {
        let stack = self.tokens * PER_TOKEN + self.inner.stack;
        if stack > self.deepest.stack {
            let place = if self.inner.stack > 0 { self.inner.place } else { self.opened };
            self.deepest = Depth { stack, place };
        }
        self.tokens = 0;
        self.inner.stack = 0;
    }
}

fn depth(code: TokenStream) -> Depth {
    let mut levels = vec![Level::new(code, Span::call_site())];
    loop {
        let level = levels.last_mut().expect("the outermost level is left by returning");
        match level.trees.next() {
            Some(TokenTree::Group(group)) => {
                level.tokens += 1;
                levels.push(Level::new(group.stream(), group.span_open()));
            }
            Some(TokenTree::Punct(mark)) if matches!(mark.as_char(), ';' | ',') => level.end(),
            Some(tree) => {
                if level.tokens == 0 {
                    level.opened = tree.span();
                }
                level.tokens += 1;
            }
            None => {
                level.end();
                let Some(Level { deepest, .. }) = levels.pop() else { unreachable!("it was just looked at") };
                let Some(outer) = levels.last_mut() else { return deepest };
                let stack = deepest.stack + PER_GROUP;
                if stack > outer.inner.stack {
                    outer.inner = Depth { stack, place: deepest.place };
                }
            }
        }
    }
}

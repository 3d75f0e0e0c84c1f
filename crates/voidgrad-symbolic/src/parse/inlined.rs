//! Calls of other annotated functions that take whole arrays: their bodies stand for them.

use syn::Path;

use super::{Reader, Value};
use crate::callees::Known;
use crate::graph::NodeId;

/// Macros and attributes that are in scope everywhere, or are imported to annotate functions. A function of such a name has no macro of its own.
pub(crate) const TAKEN: [&str; 66] = [
    "allow",
    "assert",
    "assert_eq",
    "assert_ne",
    "automatically_derived",
    "bench",
    "cfg",
    "cfg_attr",
    "cold",
    "column",
    "compile_error",
    "concat",
    "control",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "deny",
    "deprecated",
    "derive",
    "differentiate",
    "doc",
    "env",
    "eprint",
    "eprintln",
    "expect",
    "file",
    "forbid",
    "format",
    "format_args",
    "global_allocator",
    "ignore",
    "include",
    "include_bytes",
    "include_str",
    "inline",
    "line",
    "macro_export",
    "macro_use",
    "matches",
    "module_path",
    "must_use",
    "network",
    "no_mangle",
    "non_exhaustive",
    "option_env",
    "panic",
    "path",
    "print",
    "println",
    "proc_macro",
    "repr",
    "stringify",
    "test",
    "test_case",
    "thread_local",
    "todo",
    "track_caller",
    "try",
    "unimplemented",
    "unreachable",
    "used",
    "vec",
    "warn",
    "write",
    "writeln",
];

impl Reader<'_> {
    /// A call that takes whole arrays and no entries; `None` in the inner place if it stays a call.
    #[allow(clippy::option_option)] // an error, a call, a value
    pub(super) fn inlined(&mut self, path: &Path, arguments: &[NodeId]) -> Option<Option<Value>> {
        let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if TAKEN.contains(&name.as_str()) {
            return self.refuse(
                path,
                format!("a call with a whole array needs the function's body, and `{name}` is the name of a macro, so it can't hand its body on; choose another name for the function"),
            );
        }
        let callees = self.callees;
        match callees.find(path) {
            None => {
                if self.asks.is_none() {
                    self.asks = Some(path.clone());
                }
                None
            }
            Some(known) if callees.stays(known) => Some(None),
            Some(Known::Alone { reason, .. }) => {
                let message =
                    format!("`{name}` can't be a part of this function, since {reason}; write it out here");
                self.refuse(path, message)
            }
            Some(Known::Body(body)) => match self.graph.graft(body, arguments, path) {
                Ok(node) => {
                    self.within_bounds(path)?;
                    Some(Some(Value::Node(node)))
                }
                Err(misfit) => self.refuse(path, format!("`{name}` {misfit}")),
            },
        }
    }
}

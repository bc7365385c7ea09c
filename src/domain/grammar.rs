//! Grammars of this program as regular expressions.

use regex::Regex;

/// Compiles an expression that is part of this program; give it to a `LazyLock`, so that only a run that needs it pays.
///
/// `\w`, `\d` and the like are not compiled in: they are Unicode classes, and no grammar here means more than ASCII.
#[expect(
    clippy::expect_used,
    reason = "every expression is a constant of the program, and tests use each of them"
)]
pub(crate) fn compile(expression: &str) -> Regex {
    Regex::new(expression).expect("a constant expression is valid")
}

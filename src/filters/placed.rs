//! Patterns in YAML files.

use super::pattern::Pattern;
use crate::yaml::{Place, YamlError, shown};

/// The pattern `text`, which begins at `begin` in the file `source`.
///
/// # Errors
/// One that cannot be matched exactly, with the place of what is wrong in it.
pub(crate) fn parse_at(source: &str, text: &str, begin: Place) -> Result<Pattern, YamlError> {
    Pattern::parse(text).map_err(|error| {
        let message = format!("the pattern '{}' cannot be used: {error}", shown(text));
        YamlError::new(message, within(source, begin, text, error.column()))
    })
}

/// The place of the `character` (from 1) of `pattern`, which begins at `begin`; there, if YAML's escapes keep the two
/// texts apart.
fn within(source: &str, begin: Place, pattern: &str, character: usize) -> Place {
    let text = source.strip_prefix('\u{feff}').unwrap_or(source);
    let line = text.lines().nth(begin.line.saturating_sub(1)).unwrap_or_default();
    let written: String = line.chars().skip(begin.column.saturating_sub(1)).collect();
    let unquoted = written.strip_prefix(['\'', '"']);
    let before = |text: &str| text.chars().take(character).collect::<String>();
    if before(unquoted.unwrap_or(&written)) != before(pattern) {
        return begin;
    }
    Place { column: begin.column + character - 1 + usize::from(unquoted.is_some()), ..begin }
}

//! What our readers of YAML share: where a text is wrong, and how much of it is too much.

use std::fmt;

use serde_yaml::Deserializer;

/// Deeper than anything a person writes.
const NESTING_MAX: usize = 200;

/// A text that is no YAML, or not of the shape its reader expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// What is wrong.
    pub message: String,
    /// Line and column, from 1, where they are known.
    pub location: Option<(usize, usize)>,
}

impl YamlError {
    /// `file` with line and column, where they are known.
    pub fn place(&self, file: &str) -> String {
        self.location.map_or_else(|| file.to_owned(), |(line, column)| format!("{file}:{line}:{column}"))
    }
}

/// The documents of `text`, each still to be read.
///
/// # Errors
/// Brackets nested absurdly deep, which would take the parser quadratic time.
pub(crate) fn documents(text: &str) -> Result<Deserializer<'_>, YamlError> {
    if nesting(text) > NESTING_MAX {
        let message = format!("brackets are nested more than {NESTING_MAX} deep");
        return Err(YamlError { message, location: None });
    }
    Ok(Deserializer::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)))
}

/// How deep flow collections are nested at most.
fn nesting(text: &str) -> usize {
    let depths = text.bytes().scan(0_usize, |depth, byte| {
        *depth = match byte {
            b'[' | b'{' => *depth + 1,
            b']' | b'}' => depth.saturating_sub(1),
            _ => *depth,
        };
        Some(*depth)
    });
    depths.max().unwrap_or(0)
}

impl From<serde_yaml::Error> for YamlError {
    fn from(error: serde_yaml::Error) -> Self {
        let location = error.location().map(|at| (at.line(), at.column()));
        let message = error.to_string();
        // The place stands in front of the message already.
        let place = location.map(|(line, column)| format!(" at line {line} column {column}"));
        let message = place.and_then(|place| message.strip_suffix(&place)).unwrap_or(&message).to_owned();
        YamlError { message, location }
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for YamlError {}

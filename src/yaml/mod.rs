//! What our readers of YAML share: where a text is wrong, how much of it is too much, and a tree that knows where
//! everything stands.

pub mod tree;

use std::fmt;

use serde_yaml::Deserializer;

/// More than anybody writes: the parser takes quadratic time for brackets within brackets.
const BRACKETS_MAX: usize = 10_000;

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
/// More opening brackets than the parser can take in reasonable time, wherever they stand.
pub(crate) fn documents(text: &str) -> Result<Deserializer<'_>, YamlError> {
    Ok(Deserializer::from_str(checked(text)?))
}

/// `text` without a byte order mark, if a parser can take it in reasonable time.
fn checked(text: &str) -> Result<&str, YamlError> {
    if let Some((at, _)) = text.match_indices(['[', '{']).nth(BRACKETS_MAX) {
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |begun| begun.chars().count()) + 1;
        let message = format!("there are more than {BRACKETS_MAX} brackets");
        return Err(YamlError { message, location: Some((line, column)) });
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
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

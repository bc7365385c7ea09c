//! What our readers of YAML share: where a text is wrong, how much of it is too much, and a tree that knows where
//! everything stands.

pub mod tree;

use std::fmt;

use serde::Deserialize as _;
use serde::de::IgnoredAny;
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

/// `bytes` as text.
///
/// # Errors
/// They are not UTF-8.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, YamlError> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
        let message = "it is not UTF-8 here: save the file as UTF-8".to_owned();
        YamlError { message, location: Some(end(&before)) }
    })
}

/// Whether `text` is YAML, whatever it says.
pub(crate) fn is_sound(text: &str) -> bool {
    let read = |document| IgnoredAny::deserialize(document).is_ok();
    documents(text).is_ok_and(|mut documents| documents.next().is_none_or(read))
}

/// Line and column, from 1, behind `text`.
fn end(text: &str) -> (usize, usize) {
    let line = text.matches('\n').count() + 1;
    (line, text.rsplit('\n').next().map_or(0, |begun| begun.chars().count()) + 1)
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
        let place = end(text.get(..at).unwrap_or_default());
        let message = format!("there are more than {BRACKETS_MAX} brackets, which is more than is read");
        return Err(YamlError { message, location: Some(place) });
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

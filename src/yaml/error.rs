//! Where a YAML file is wrong, and how.

use std::fmt;

/// A place in a file. Displays as `LINE:COLUMN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// A value, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it begins.
    pub place: Place,
}

/// A text that is not YAML, or does not have the form that its reader expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// What is wrong.
    pub message: String,
    /// Where, if that is known.
    pub location: Option<Place>,
    /// Whether the text is not YAML at all.
    is_syntax: bool,
}

/// `text` as an error shows it: cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    /// Nobody needs more to find it.
    const SHOWN_MAX: usize = 200;
    let begin: String = text.chars().take(SHOWN_MAX).collect();
    if begin.len() < text.len() { begin + "…" } else { begin }
}

impl Place {
    /// The place behind the last character of `text`.
    pub(super) fn behind(text: &str) -> Self {
        let line = text.matches('\n').count() + 1;
        Place { line, column: text.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1 }
    }
}

impl YamlError {
    /// YAML that does not have the expected form.
    pub fn new(message: impl Into<String>, location: impl Into<Option<Place>>) -> Self {
        YamlError { message: message.into(), location: location.into(), is_syntax: false }
    }

    pub(super) fn syntax(message: impl Into<String>, location: Place) -> Self {
        YamlError { is_syntax: true, ..YamlError::new(message, location) }
    }

    /// Whether the text is not YAML at all, whatever its reader expects.
    pub fn is_syntax(&self) -> bool {
        self.is_syntax
    }

    /// `file` with line and column, if they are known.
    pub fn place(&self, file: &str) -> String {
        self.location.map_or_else(|| file.to_owned(), |place| format!("{file}:{place}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for YamlError {}

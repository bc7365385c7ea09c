//! Path patterns of the GitHub action `dorny/paths-filter`, which calls `picomatch(pattern, {dot: true})` of
//! [picomatch](https://github.com/micromatch/picomatch) 2.3.1.
//!
//! A pattern that is taken gives picomatch's answer for every path; all others are refused. What patterns mean
//! stands in `syntax`, `class` (brackets) and `shortcut` (what picomatch does not parse); `tree` has the parts
//! that they are made of, and `program` matches paths.

mod class;
mod error;
mod escape;
mod program;
mod shortcut;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use program::Program;
use tree::{Node, UnitSet};

pub use error::PatternError;

/// A path pattern. Many services may watch the same, so that a copy shares all of it.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: Arc<str>,
    is_negated: bool,
    /// What every path begins with that the pattern matches, but for its negation.
    prefix: Arc<[u16]>,
    program: Arc<Program>,
}

/// A path, prepared to be matched against many patterns.
#[derive(Debug, Clone)]
pub struct PathText {
    text: String,
    units: Vec<u16>,
    is_one_line: bool,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// Refuses a pattern that is malformed, that picomatch reads in a way which is not reproduced here, or that
    /// is too long or too deep.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        let (tree, is_negated) = syntax::parse(text)?;
        Ok(Pattern {
            text: text.into(),
            is_negated,
            prefix: literal_prefix(&tree).into(),
            program: Arc::new(Program::new(&tree)),
        })
    }

    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern begins with an odd number of `!`, the one of a group `!(…)` not counted.
    pub fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// The directory, from the root, that every path is in that the pattern matches, without a slash at its end; empty for the
    /// root.
    pub fn directory(&self) -> String {
        if self.is_negated {
            return String::new();
        }
        let prefix = String::from_utf16_lossy(&self.prefix);
        prefix.rfind('/').and_then(|slash| prefix.get(..slash)).unwrap_or_default().to_owned()
    }

    /// Whether the pattern matches the path.
    ///
    /// No pattern matches the empty path, every one matches its own text, and a negated one matches no other
    /// path of several lines.
    pub fn matches(&self, path: &PathText) -> bool {
        if path.text.is_empty() || *path.text == *self.text {
            return !path.text.is_empty();
        }
        let holds = path.units.starts_with(&self.prefix) && self.program.matches(&path.units);
        if self.is_negated { !holds && path.is_one_line } else { holds }
    }
}

/// Two patterns are equal if they are written the same.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl PathText {
    /// Prepares a path. What is not UTF-8 in it becomes U+FFFD, as in Node.
    pub fn new(path: &[u8]) -> Self {
        let text = String::from_utf8_lossy(path).into_owned();
        let units: Vec<u16> = text.encode_utf16().collect();
        let is_one_line = !units.iter().copied().any(tree::is_line_break);
        PathText { text, units, is_one_line }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// The code units that a tree begins with.
fn literal_prefix(tree: &Node) -> Vec<u16> {
    match tree {
        Node::Sequence(nodes) => nodes
            .iter()
            .map_while(|node| match node {
                Node::Unit(UnitSet::One(unit)) => Some(*unit),
                _ => None,
            })
            .collect(),
        Node::OneOf(nodes) => match nodes.as_slice() {
            [only] => literal_prefix(only),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

//! What is behind a key, and what errors say of it.

use crate::yaml::tree::{Node, NodeKind, Scalar};
use crate::yaml::{YamlError, shown};

/// A value with the key that it is behind.
#[derive(Clone, Copy)]
pub(super) struct Field<'n> {
    /// The key as errors name it.
    pub(super) name: &'n str,
    /// The value, or an item of it.
    pub(super) node: &'n Node,
}

impl<'n> Field<'n> {
    /// The same key with an item of its value.
    pub(super) fn item(self, node: &'n Node) -> Self {
        Field { node, ..self }
    }

    /// An error about the value.
    pub(super) fn error(self, what: &str) -> YamlError {
        YamlError::new(format!("`{}`: {what}", self.name), self.node.place)
    }

    /// An error about the text of the value.
    pub(super) fn refused(self, text: &str, why: &str) -> YamlError {
        self.error(&format!("cannot use '{}': {why}", shown(text)))
    }

    /// The value is not what is `expected`.
    pub(super) fn unexpected(self, expected: &str) -> YamlError {
        let found = self.node.describe();
        let hint = if self.node.is_null() { ": write it, or leave it out" } else { "" };
        self.error(&format!("expected {expected}, but found {found}{hint}"))
    }

    /// The value as text.
    pub(super) fn text(self, expected: &str) -> Result<&'n str, YamlError> {
        match self.node.scalar() {
            Some(Scalar::Text(text)) => Ok(text),
            Some(Scalar::Number | Scalar::Boolean) => {
                let found = self.node.describe();
                Err(self.error(&format!("expected {expected}, but found {found}: put quotes around text")))
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// The items of the value; a value that is no list is the only one.
    pub(super) fn items(self) -> impl Iterator<Item = Field<'n>> {
        let items = match &self.node.kind {
            NodeKind::List(items) if !self.node.has_custom_tag() => items.as_slice(),
            _ => std::slice::from_ref(self.node),
        };
        items.iter().map(move |item| self.item(item))
    }

    /// As [`Field::items`], of which there must be one at least.
    pub(super) fn some_items(self, expected: &str) -> Result<impl Iterator<Item = Field<'n>>, YamlError> {
        let mut items = self.items().peekable();
        if items.peek().is_none() {
            return Err(self.error(&format!(
                "expected {expected}, but the list is empty: leave the key out for the default"
            )));
        }
        Ok(items)
    }

    /// The value as `true` or `false`.
    pub(super) fn boolean(self) -> Result<bool, YamlError> {
        let expected = "true or false, without quotes";
        match (self.node.scalar(), self.node.text()) {
            (Some(Scalar::Boolean), Some("true" | "True" | "TRUE")) => Ok(true),
            (Some(Scalar::Boolean), Some("false" | "False" | "FALSE")) => Ok(false),
            (Some(Scalar::Boolean | Scalar::Number | Scalar::Text(_)), Some(text)) => {
                Err(self.error(&format!("expected {expected}, but found '{}'", shown(text))))
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    /// The value as one of the `known` names.
    pub(super) fn choice<T: Copy>(self, known: &[(&str, T)]) -> Result<T, YamlError> {
        let names = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let expected = if known.len() > 1 { format!("one of {names}") } else { names };
        let Some(Scalar::Text(text)) = self.node.scalar() else { return Err(self.unexpected(&expected)) };
        let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or_else(|| self.refused(text, &format!("expected {expected}")))
    }

    /// The entries of the value, which must be a map.
    pub(super) fn map(self, expected: &str) -> Result<Vec<(&'n Node, &'n Node)>, YamlError> {
        match &self.node.kind {
            NodeKind::Map(_) if !self.node.has_custom_tag() => self.node.merged_entries(),
            _ => Err(self.unexpected(expected)),
        }
    }
}

//! The event file: the payload of a webhook as JSON (`GITHUB_EVENT_PATH` in GitHub's "Variables reference").

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};

/// What the file should be.
const HINT: &str = "GITHUB_EVENT_PATH or --event-path must name a file with the JSON payload of the event";

/// A payload. Only the fields that are asked for are checked.
#[derive(Debug, Clone)]
pub struct Payload {
    file: String,
    fields: Map<String, Value>,
}

impl Payload {
    /// Parses the content of the event file called `file`.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        match serde_json::from_slice(text) {
            Ok(Value::Object(fields)) => Ok(Payload { file: file.to_owned(), fields }),
            Ok(_) => {
                Err(Error::new(Kind::Input, format!("{file}: the event is not a JSON object")).hint(HINT))
            }
            Err(error) => {
                let place = format!("{file}:{}:{}", error.line(), error.column());
                Err(Error::new(Kind::Input, format!("{place}: the event is not valid JSON"))
                    .because(error)
                    .hint(HINT))
            }
        }
    }

    /// The string at `path`, e.g. `pull_request.base.sha`; none if it is absent or null.
    ///
    /// # Errors
    /// It is not a string, or an ancestor is not an object.
    pub fn text(&self, path: &str) -> Result<Option<&str>> {
        match self.value(path)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(path, "a string")),
        }
    }

    /// As [`Payload::text`], but it must be there.
    ///
    /// # Errors
    /// There is none, too.
    pub fn required_text(&self, path: &str) -> Result<&str> {
        self.text(path)?.ok_or_else(|| self.lacks(path))
    }

    /// Whether `path` is true; it is not if it is absent or null.
    ///
    /// # Errors
    /// It is not a boolean, or an ancestor is not an object.
    pub fn is_true(&self, path: &str) -> Result<bool> {
        match self.value(path)? {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(self.wrong(path, "true or false")),
        }
    }

    fn value(&self, path: &str) -> Result<Option<&Value>> {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        let mut fields = &self.fields;
        for (name, end) in path.split('.').zip(ends) {
            match fields.get(name) {
                None | Some(Value::Null) => return Ok(None),
                value if end == path.len() => return Ok(value),
                Some(Value::Object(inner)) => fields = inner,
                Some(_) => return Err(self.wrong(path.get(..end).unwrap_or(path), "an object")),
            }
        }
        Ok(None)
    }

    /// The error for `path` being absent where it is needed.
    pub(super) fn lacks(&self, path: &str) -> Error {
        Error::new(Kind::Input, format!("{}: the event lacks the field '{path}'", self.file)).hint(HINT)
    }

    fn wrong(&self, path: &str, expected: &str) -> Error {
        Error::new(Kind::Input, format!("{} is not {expected}", self.field(path))).hint(HINT)
    }

    /// How errors call the field at `path`.
    pub(super) fn field(&self, path: &str) -> String {
        format!("{}: the event's field '{path}'", self.file)
    }
}

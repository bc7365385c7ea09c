//! The event file: a webhook's payload as JSON (`GITHUB_EVENT_PATH` in GitHub's documentation of variables).

use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};

/// What to do about a file that is another one than was meant.
const PAYLOAD: &str = "GITHUB_EVENT_PATH or --event-path names the payload, as JSON, of the event in GITHUB_EVENT_NAME or --event-name";

/// A payload. Fields that nobody asks for may be anything.
#[derive(Debug, Clone)]
pub struct Payload {
    file: String,
    fields: Map<String, Value>,
}

impl Payload {
    /// Reads the text of the event file called `file`.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        match serde_json::from_slice(text) {
            Ok(Value::Object(fields)) => Ok(Payload { file: file.to_owned(), fields }),
            Ok(_) => Err(Error::new(Kind::Input, format!("{file}: an event is a JSON object, this is none"))
                .hint(PAYLOAD)),
            Err(error) => {
                let place = format!("{file}:{}:{}", error.line(), error.column());
                Err(Error::new(Kind::Input, format!("{place}: the event is no JSON"))
                    .because(error)
                    .hint(PAYLOAD))
            }
        }
    }

    /// The text at `path`, names joined by dots; none where it is absent or null.
    ///
    /// # Errors
    /// Something else than text is there.
    pub fn text(&self, path: &str) -> Result<Option<&str>> {
        match self.value(path)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(path, "a string")),
        }
    }

    /// The text at `path`.
    ///
    /// # Errors
    /// There is none.
    pub fn required_text(&self, path: &str) -> Result<&str> {
        self.text(path)?.ok_or_else(|| self.lacks(path))
    }

    /// Whether `path` is true; it is not where it is absent or null.
    ///
    /// # Errors
    /// Something else than a boolean is there.
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

    /// What to say where `path` is needed and there is nothing.
    pub(super) fn lacks(&self, path: &str) -> Error {
        Error::new(Kind::Input, format!("{}: the event lacks the field '{path}'", self.file)).hint(PAYLOAD)
    }

    fn wrong(&self, path: &str, expected: &str) -> Error {
        Error::new(Kind::Input, format!("{} is not {expected}", self.field(path))).hint(PAYLOAD)
    }

    /// What errors call the field at `path`.
    pub(super) fn field(&self, path: &str) -> String {
        format!("{}: the event's field '{path}'", self.file)
    }
}

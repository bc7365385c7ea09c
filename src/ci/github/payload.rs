//! The event file: the payload of a webhook as JSON (`GITHUB_EVENT_PATH` in GitHub's "Variables reference").

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Kind, Result};

/// What the file should be.
const HINT: &str = "GITHUB_EVENT_PATH or --event-path must name a file with the JSON payload of the event";

/// Far deeper than any field that is asked for.
const DEPTH_MAX: usize = 5;

/// More than twenty times as many as an event of GitHub's has, down to that depth.
const FIELDS_MAX: usize = 20_000;

/// A payload. Only the fields that are asked for are checked.
#[derive(Debug, Clone)]
pub struct Payload {
    file: String,
    fields: Fields,
}

type Fields = HashMap<String, Field>;

/// A field, as far as anything asks for it: lists are left out, as is what is nested too deeply.
#[derive(Debug, Clone)]
enum Field {
    Null,
    Text(String),
    Bool(bool),
    Object(Fields),
    Other,
}

impl Payload {
    /// Parses the content of the event file called `file`.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut json = serde_json::Deserializer::from_slice(text);
        let left = Cell::new(FIELDS_MAX);
        let read = FieldSeed { depth: 0, left: &left }.deserialize(&mut json);
        match read.and_then(|read| json.end().map(|()| read)) {
            Ok(Field::Object(fields)) => Ok(Payload { file: file.to_owned(), fields }),
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
            Some(Field::Text(text)) => Ok(Some(text)),
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
            Some(Field::Bool(value)) => Ok(*value),
            Some(_) => Err(self.wrong(path, "true or false")),
        }
    }

    fn value(&self, path: &str) -> Result<Option<&Field>> {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        let mut fields = &self.fields;
        for (name, end) in path.split('.').zip(ends) {
            match fields.get(name) {
                None | Some(Field::Null) => return Ok(None),
                value if end == path.len() => return Ok(value),
                Some(Field::Object(inner)) => fields = inner,
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

/// Reads a field at some depth, while there are not too many.
struct FieldSeed<'c> {
    depth: usize,
    left: &'c Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Field, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> std::result::Result<Field, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Field, E> {
        Ok(Field::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> std::result::Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, _: u64) -> std::result::Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> std::result::Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Field, E> {
        Ok(Field::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Field, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Field, A::Error> {
        if self.depth == DEPTH_MAX {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Field::Other);
        }
        let mut fields = Fields::new();
        while let Some(name) = map.next_key()? {
            let left = self.left.get().checked_sub(1);
            self.left.set(left.ok_or_else(|| A::Error::custom("there are too many fields"))?);
            let seed = FieldSeed { depth: self.depth + 1, left: self.left };
            fields.insert(name, map.next_value_seed(seed)?);
        }
        Ok(Field::Object(fields))
    }
}

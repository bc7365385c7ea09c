//! The part of JSON Schema (draft 7) that our schema uses. A keyword that is not known here fails the test, so that none is
//! passed over.

use std::collections::HashMap;
use std::sync::Mutex;

use regex::Regex;
use serde_json::Value;

/// A schema that documents are compared with.
pub(crate) struct Schema {
    root: Value,
    /// The patterns that were needed so far.
    patterns: Mutex<HashMap<String, Regex>>,
}

/// Keywords that explain, and do not restrict.
const ANNOTATIONS: [&str; 6] = ["$schema", "title", "description", "default", "examples", "definitions"];

impl Schema {
    /// The schema of this text.
    pub(crate) fn parse(text: &str) -> Self {
        Schema { root: serde_json::from_str(text).expect("the schema is JSON"), patterns: Mutex::default() }
    }

    /// The schema at `path`, by JSON pointer.
    pub(crate) fn at(&self, path: &str) -> &Value {
        self.root.pointer(path).unwrap_or_else(|| panic!("nothing at {path}"))
    }

    /// Whether it allows `value`.
    pub(crate) fn allows(&self, value: &Value) -> bool {
        self.is_valid(&self.root, value)
    }

    fn is_valid(&self, schema: &Value, value: &Value) -> bool {
        match schema {
            Value::Bool(allowed) => *allowed,
            Value::Object(keywords) => {
                // Draft 7 passes over what is beside a reference.
                assert!(keywords.len() == 1 || !keywords.contains_key("$ref"), "$ref is not alone: {schema}");
                keywords.iter().all(|(keyword, wanted)| self.holds(schema, keyword, wanted, value))
            }
            _ => panic!("no schema: {schema}"),
        }
    }

    fn is_match(&self, pattern: &str, text: &str) -> bool {
        let compiled = || Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let mut patterns = self.patterns.lock().unwrap();
        patterns.entry(pattern.to_owned()).or_insert_with(compiled).is_match(text)
    }

    fn holds(&self, schema: &Value, keyword: &str, wanted: &Value, value: &Value) -> bool {
        let (text, items, map) = (value.as_str(), value.as_array(), value.as_object());
        let schemas = || wanted.as_array().expect("a list of schemas").iter();
        let every =
            |schema: &Value| items.is_none_or(|items| items.iter().all(|item| self.is_valid(schema, item)));
        let count = || usize::try_from(wanted.as_u64().unwrap()).unwrap();
        match keyword {
            _ if ANNOTATIONS.contains(&keyword) => true,
            "$ref" => self.is_valid(self.at(wanted.as_str().unwrap().trim_start_matches('#')), value),
            "type" => match wanted {
                Value::String(name) => is_a(name, value),
                names => names.as_array().unwrap().iter().any(|name| is_a(name.as_str().unwrap(), value)),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "allOf" => schemas().all(|schema| self.is_valid(schema, value)),
            "anyOf" => schemas().any(|schema| self.is_valid(schema, value)),
            "not" => !self.is_valid(wanted, value),
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "minLength" => text.is_none_or(|text| text.chars().count() >= count()),
            "pattern" => text.is_none_or(|text| self.is_match(wanted.as_str().unwrap(), text)),
            "minItems" => items.is_none_or(|items| items.len() >= count()),
            "items" => every(wanted),
            "uniqueItems" => items.is_none_or(|items| {
                !wanted.as_bool().unwrap()
                    || items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
            }),
            "required" => {
                map.is_none_or(|map| schemas().all(|name| map.contains_key(name.as_str().unwrap())))
            }
            "propertyNames" => {
                map.is_none_or(|map| map.keys().all(|name| self.is_valid(wanted, &Value::from(&**name))))
            }
            "properties" => map.is_none_or(|map| {
                let properties = wanted.as_object().unwrap();
                properties
                    .iter()
                    .all(|(name, schema)| map.get(name).is_none_or(|value| self.is_valid(schema, value)))
            }),
            "patternProperties" => map.is_none_or(|map| {
                map.iter().all(|(name, value)| {
                    let mut schemas = wanted.as_object().unwrap().iter();
                    schemas.all(|(pattern, schema)| {
                        !self.is_match(pattern, name) || self.is_valid(schema, value)
                    })
                })
            }),
            "additionalProperties" => map.is_none_or(|map| {
                let is_named = |name: &str| {
                    let patterns = schema["patternProperties"].as_object().into_iter().flatten();
                    schema["properties"].get(name).is_some()
                        || patterns.into_iter().any(|(pattern, _)| self.is_match(pattern, name))
                };
                map.iter().all(|(name, value)| is_named(name) || self.is_valid(wanted, value))
            }),
            _ => panic!("unknown keyword {keyword}"),
        }
    }
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("unknown type {name}"),
    }
}

//! Reads `imgver.yaml`.

use std::collections::HashMap;

use super::field::Field;
use super::keys::{TopKey, fields};
use super::service::{Services, file, image};
use super::{Config, Floating, Placed, Scope};
use crate::domain::{Bump, TagFormat, is_identifier};
use crate::filters::Quantifier;
use crate::yaml::YamlError;
use crate::yaml::tree::{self, Node, NodeKind, Scalar};

impl Config {
    /// Reads the text of an `imgver.yaml`. An empty one says nothing, so that everything is as without it.
    ///
    /// # Errors
    /// Text that is not YAML, keys that do not exist, and values that cannot be used; each with its place.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let Some(root) = tree::parse_only(text)? else { return Ok(Config::default()) };
        if root.has_custom_tag() || !matches!(root.kind, NodeKind::Map(_)) {
            let what = format!("expected a map with keys such as `services`, but found {}", root.describe());
            return Err(YamlError::new(what, root.place));
        }
        read(text, &root)
    }
}

fn read(text: &str, root: &Node) -> Result<Config, YamlError> {
    let mut config = Config::default();
    for (key, field) in fields::<TopKey>(root)? {
        match key {
            TopKey::TagFormat => config.tag_formats = tag_formats(field)?,
            TopKey::Image => config.image = Some(image(field)?),
            TopKey::Prereleases => config.prereleases = distinct(field.items(), prerelease)?,
            TopKey::Floating => config.floating = distinct(field.items(), |item| item.choice(&FLOATING))?,
            TopKey::Scope => {
                config.scope = Some(Placed { value: field.choice(&Scope::NAMES)?, place: field.node.place });
            }
            TopKey::Next => config.next = Some(field.choice(&NEXT)?),
            TopKey::FirstParent => config.first_parent = Some(field.boolean()?),
            TopKey::Filters => config.filters = Some(file(field)?),
            TopKey::Quantifier => config.quantifier = Some(field.choice(&Quantifier::NAMES)?),
            TopKey::Services => config.services = Services::new(text).read(field)?,
        }
    }
    Ok(config)
}

/// What `next` can be.
const NEXT: [(&str, Bump); 2] = [("patch", Bump::Patch), ("minor", Bump::Minor)];

/// What `floating` can list.
const FLOATING: [(&str, Floating); 3] =
    [("latest", Floating::Latest), ("minor", Floating::Minor), ("major", Floating::Major)];

fn tag_formats(field: Field<'_>) -> Result<Vec<Placed<TagFormat>>, YamlError> {
    let expected = "a tag format in quotes, such as '{service}@{version}', or a list of them";
    // An empty list would leave no way to spell a tag.
    distinct(field.some_items(expected)?, |item| {
        let text = item.text(expected)?;
        text.parse::<TagFormat>().map_err(|error| item.refused(text, &error.to_string()))
    })
}

/// The values that `read` makes of `items`, none of which may be written twice.
fn distinct<'n, T>(
    items: impl Iterator<Item = Field<'n>>,
    read: impl Fn(Field<'n>) -> Result<T, YamlError>,
) -> Result<Vec<Placed<T>>, YamlError> {
    let mut lines = HashMap::new();
    let value = |item: Field<'n>| {
        let value = Placed { value: read(item)?, place: item.node.place };
        let text = item.node.text().unwrap_or_default();
        match lines.insert(text, value.place.line) {
            Some(line) => Err(item.error(&format!("'{text}' is duplicated (first on line {line})"))),
            None => Ok(value),
        }
    };
    items.map(value).collect()
}

/// An identifier of pre-releases ([SemVer, item 9](https://semver.org/#spec-item-9)).
fn prerelease(field: Field<'_>) -> Result<String, YamlError> {
    let expected = "an identifier such as rc, or a list of them";
    let text = match (field.node.scalar(), field.node.text()) {
        (Some(Scalar::Number), Some(number)) => number,
        _ => field.text(expected)?,
    };
    if is_identifier(text) {
        return Ok(text.to_owned());
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    Err(field.refused(
        text,
        if is_number {
            "it has only digits, and imgver adds the number itself: write a word"
        } else {
            "an identifier has letters, digits and dashes; imgver adds '.' and a number itself"
        },
    ))
}

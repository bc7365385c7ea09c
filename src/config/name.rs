//! The names of entries below `services`: paths of services, and wildcards.
//!
//! A name with one of picomatch's special characters is a wildcard. A backslash before such a character takes its meaning
//! away, so that `app/\[id\]` is the directory `app/[id]`; before any other it is a mistake for a slash.

use super::field::Field;
use super::{EntryName, path};
use crate::filters::parse_at;
use crate::yaml::YamlError;
use crate::yaml::tree::{Node, Scalar};

/// Characters that mean something to picomatch wherever they stand.
const SPECIAL: [char; 9] = ['*', '?', '[', ']', '{', '}', '(', ')', '|'];

/// Characters that mean something to picomatch in some places, and may be escaped everywhere.
const SPECIAL_SOMEWHERE: [char; 4] = ['!', '+', '@', '"'];

/// The name that `key` is, in the file `source`.
pub(super) fn entry_name(source: &str, key: &Node) -> Result<EntryName, YamlError> {
    let field = Field { name: "services", node: key };
    let text = match (key.scalar(), key.text()) {
        // A directory may be called by a number.
        (Some(Scalar::Text(_) | Scalar::Number | Scalar::Boolean), Some(text)) => text,
        _ => return Err(field.unexpected("the path of a service")),
    };
    let refused = |why: &str| field.refused(text, why);
    if text.is_empty() {
        return Err(refused("it is empty: write the path of the service's directory"));
    }
    // An escaped character may be the first.
    let escaped = text
        .strip_prefix('\\')
        .filter(|rest| rest.starts_with(SPECIAL) || rest.starts_with(SPECIAL_SOMEWHERE));
    if let Some(fault) = path::form_fault(escaped.unwrap_or(text)) {
        return Err(refused(fault));
    }
    if text.starts_with('!') {
        return Err(refused(
            "a name cannot exclude services: write \\! for a directory that begins with '!'",
        ));
    }
    match literal(text).map_err(refused)? {
        Some(literal) => match path::normal(&literal).map_err(|fault| refused(&fault))? {
            path if path.is_empty() => Err(refused(
                "the root of the repository has no name: choose one, and write `directory: .` below it",
            )),
            path => Ok(EntryName::Exact(path)),
        },
        None => {
            let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
            if parts.contains(&"..") {
                return Err(refused(path::LEAVES));
            }
            Ok(EntryName::Wildcard(parse_at(source, &parts.join("/"), key.place)?))
        }
    }
}

/// The path that `text` means if it is no wildcard.
fn literal(text: &str) -> Result<Option<String>, &'static str> {
    let (mut literal, mut is_wildcard) = (String::with_capacity(text.len()), false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped) if SPECIAL.contains(&escaped) || SPECIAL_SOMEWHERE.contains(&escaped) => {
                    literal.push(escaped);
                }
                _ => return Err("it has a backslash: write / between directories"),
            },
            _ => {
                is_wildcard |= SPECIAL.contains(&character);
                literal.push(character);
            }
        }
    }
    Ok((!is_wildcard).then_some(literal))
}

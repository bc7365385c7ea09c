//! Text as YAML.

use crate::display::is_hidden;
use crate::domain::is_yaml_word;

/// The longest line that a list is written on.
const WIDTH: usize = 110;

/// `text` as a scalar on one line that every reader of YAML takes for this text, in a block, in a list in brackets and as a
/// key: without quotes if it needs none, and with escapes only if it contains what a person could not see.
pub(in crate::init) fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if !text.chars().any(is_escaped) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            _ if !is_escaped(character) => quoted.push(character),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(character))),
        }
    }
    quoted + "\""
}

/// Whether `text` is text without quotes as well: it begins like a word or a path, and contains nothing that means anything to
/// YAML.
fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let begins = match characters.next() {
        Some('.') => characters.next().is_some_and(|second| second.is_ascii_alphabetic()),
        first => first.is_some_and(|first| first.is_ascii_alphabetic()),
    };
    let is_word_part = |c: char| c.is_ascii_alphanumeric() || " ._/@-".contains(c);
    // `.inf` and `.nan` are numbers.
    begins
        && text.chars().all(is_word_part)
        && !text.ends_with(' ')
        && !is_yaml_word(text)
        && !matches!(&*text.to_ascii_lowercase(), ".inf" | ".nan")
}

/// Whether a reader would see nothing, or something else, or YAML does not allow the character as it is ("Character Set").
fn is_escaped(character: char) -> bool {
    is_hidden(character) || matches!(u32::from(character) & 0xffff, 0xfffe | 0xffff)
}

/// A key with a list of texts: on one line where that is short, otherwise a line each.
pub(in crate::init) fn list(key: &str, texts: &[String]) -> Vec<String> {
    let texts: Vec<String> = texts.iter().map(|text| scalar(text)).collect();
    let line = format!("{key}: [{}]", texts.join(", "));
    if line.chars().count() <= WIDTH {
        return vec![line];
    }
    let items = texts.iter().map(|text| format!("  - {text}"));
    std::iter::once(format!("{key}:")).chain(items).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes_are_for_those_that_need_them() {
        for (text, expected) in [
            ("services/go/api-golang", "services/go/api-golang"),
            (".github/workflows/x.yaml", ".github/workflows/x.yaml"),
            ("Log in to ghcr.io", "Log in to ghcr.io"),
            ("services/**", "'services/**'"),
            ("it's", "'it''s'"),
            ("1.0", "'1.0'"),
            ("No", "'No'"),
            (".inf", "'.inf'"),
            ("...", "'...'"),
            ("", "''"),
            ("a ", "'a '"),
            ("a: b", "'a: b'"),
            ("a\n\"b\\", "\"a\\U0000000a\\\"b\\\\\""),
            ("ü", "'ü'"),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(
            text in "(\\PC|[\\x00-\\x{ff}]|\u{2028}|\u{feff}|\u{fffe}|\u{1ffff}|[ '\"#:*&!|>%@`{}\\[\\],\n]|\\$\\{\\{|true|null|1){0,8}"
        ) {
            let written = scalar(&text);
            let texts = vec![text.clone(); 3];
            for document in [
                format!("a: {written}\n"), format!("a: [{written}, {written}]\n"), format!("- {written} # x\n"),
                format!("{written}: 1\n"), list("a", &texts).join("\n"),
            ] {
                let value: serde_yaml::Value = serde_yaml::from_str(&document).map_err(|error| {
                    TestCaseError::fail(format!("{error}: {document}"))
                })?;
                prop_assert!(holds(&value, &text), "{document}");
                let tree = crate::yaml::tree::parse(&document).map_err(|error| {
                    TestCaseError::fail(format!("{error}: {document}"))
                })?;
                let mut seen = false;
                if let Some(root) = &tree {
                    root.visit(&mut |node| seen |= node.text() == Some(&*text));
                }
                prop_assert!(seen, "{document}");
            }
        }
    }

    /// Whether all texts below `value`, or its key if that is not `a`, are `text`.
    fn holds(value: &serde_yaml::Value, text: &str) -> bool {
        match value {
            serde_yaml::Value::String(found) => found == text,
            serde_yaml::Value::Sequence(items) => items.iter().all(|item| holds(item, text)),
            serde_yaml::Value::Mapping(map) => map.iter().all(|(key, value)| match value {
                serde_yaml::Value::Number(_) => key.as_str() == Some(text),
                value => holds(value, text),
            }),
            _ => false,
        }
    }
}

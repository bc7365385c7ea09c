//! Text in which variables were replaced.

use std::fmt;

/// The longest text that is kept: what is longer counts as not known.
const LENGTH_MAX: usize = 32 * 1024;

/// Text of a Dockerfile whose variables were replaced by their values, as far as these are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expanded {
    /// No two parts that are known follow one another, and none of them is empty.
    parts: Vec<Part>,
}

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Known(String),
    /// Any text, also none: what the Dockerfile has in its place, such as `${TAG}`.
    Unknown(String),
    /// Text without a slash or a wildcard, but never none, such as the name of an architecture.
    Word(String),
}

impl Expanded {
    /// Text that is known as a whole.
    pub fn known(text: impl Into<String>) -> Self {
        let text: String = text.into();
        if text.is_empty() { Expanded::default() } else { Expanded { parts: vec![Part::Known(text)] } }
    }

    /// Text of which nothing is known but how it is `written`.
    pub(super) fn unknown(written: impl Into<String>) -> Self {
        Expanded { parts: vec![Part::Unknown(written.into())] }
    }

    /// A word of which nothing is known but how it is `written`.
    pub(super) fn word(written: impl Into<String>) -> Self {
        Expanded { parts: vec![Part::Word(written.into())] }
    }

    /// How the first part is written whose value is not known.
    pub(super) fn first_unknown(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| match part {
            Part::Unknown(written) | Part::Word(written) => Some(&**written),
            Part::Known(_) => None,
        })
    }

    /// The text, if all of it is known.
    pub fn text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Known(only)] => Some(only),
            _ => None,
        }
    }

    /// The text with `unknown` in the place of each part that is not known.
    pub fn with_unknown(&self, unknown: char) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Known(known) => text.push_str(known),
                Part::Unknown(_) | Part::Word(_) => text.push(unknown),
            }
        }
        text
    }

    /// Whether it may be `text`: an unknown part is any text, also none.
    pub fn matches(&self, text: &str) -> bool {
        let mut rest = text;
        let mut is_open = false;
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            let Part::Known(known) = part else {
                is_open = true;
                continue;
            };
            rest = match (is_open, parts.peek()) {
                (false, _) => match rest.strip_prefix(&**known) {
                    Some(rest) => rest,
                    None => return false,
                },
                (true, None) => return rest.ends_with(&**known),
                (true, Some(_)) => match rest.split_once(&**known) {
                    Some((_, rest)) => rest,
                    None => return false,
                },
            };
            is_open = false;
        }
        is_open || rest.is_empty()
    }

    /// Whether a part that is known contains `text`.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Known(known) if known.contains(text)))
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The length in bytes, unknown parts as written.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|(Part::Known(text) | Part::Unknown(text) | Part::Word(text))| text.len()).sum()
    }

    /// Whether it is empty; none if that is not known.
    pub(super) fn is_empty(&self) -> Option<bool> {
        let has_known = self.parts.iter().any(|part| matches!(part, Part::Known(_) | Part::Word(_)));
        if has_known { Some(false) } else { self.parts.is_empty().then_some(true) }
    }

    pub(super) fn push(&mut self, character: char) {
        match self.parts.last_mut() {
            Some(Part::Known(text)) => text.push(character),
            _ => self.parts.push(Part::Known(character.to_string())),
        }
    }

    pub(super) fn push_str(&mut self, text: &str) {
        text.chars().for_each(|character| self.push(character));
    }

    pub(super) fn append(&mut self, other: Expanded) {
        for part in other.parts {
            match part {
                Part::Known(text) => self.push_str(&text),
                unknown @ (Part::Unknown(_) | Part::Word(_)) => self.parts.push(unknown),
            }
        }
        if self.len() > LENGTH_MAX {
            *self = Expanded::unknown("...");
        }
    }
}

impl fmt::Display for Expanded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts
            .iter()
            .try_for_each(|(Part::Known(text) | Part::Unknown(text) | Part::Word(text))| f.write_str(text))
    }
}

#[cfg(test)]
mod tests {
    use super::Expanded;

    fn image(parts: &[&str]) -> Expanded {
        let mut text = Expanded::default();
        for part in parts {
            text.append(if part.starts_with('$') {
                Expanded::unknown(*part)
            } else {
                Expanded::known(*part)
            });
        }
        text
    }

    #[test]
    fn an_unknown_part_is_any_text() {
        for (parts, texts, others) in [
            (vec![], vec![""], vec!["a"]),
            (vec!["a"], vec!["a"], vec!["", "ab", "ba"]),
            (vec!["$X"], vec!["", "a", "a/b:c"], vec![]),
            (vec!["a:", "$X"], vec!["a:", "a:1"], vec!["a", "b:1"]),
            (vec!["$X", "/a"], vec!["/a", "b/a", "/a/a"], vec!["a", "b/ab"]),
            (
                vec!["a", "$X", "b", "$Y", "c"],
                vec!["abc", "a1b2c", "abbc", "abcbc"],
                vec!["ac", "abcd", "acb"],
            ),
            (vec!["a", "$X", "a"], vec!["aa", "aba"], vec!["a"]),
            (vec!["$X", "$Y"], vec!["", "ab"], vec![]),
        ] {
            let image = image(&parts);
            for text in texts {
                assert!(image.matches(text), "{image} {text}");
            }
            for text in others {
                assert!(!image.matches(text), "{image} {text}");
            }
        }
    }

    #[test]
    fn an_unknown_part_is_shown_as_it_is_written() {
        let image = image(&["ghcr.io/acme/", "a:", "${TAG}"]);
        assert_eq!(image.to_string(), "ghcr.io/acme/a:${TAG}");
        assert_eq!(image.text(), None);
        assert!(image.mentions("acme/a"));
        assert_eq!(Expanded::known("").text(), Some(""));
    }

    #[test]
    fn a_text_that_grows_too_long_is_not_known() {
        let mut text = Expanded::known("x".repeat(30_000));
        text.append(text.clone());
        assert_eq!(text.text(), None);
        assert!(text.matches("y"));
    }
}

//! Texts in which something may only be known when a build runs.

use crate::domain::ImageRepository;

/// Stands in a text for what is not known. No file of a person's has it.
pub(super) const OPEN: char = '\0';

/// By how many bytes variables may lengthen a text. Beyond that it is no person's, and all of it is open: values that refer to
/// each other multiply.
pub(super) const GROWTH_MAX: usize = 16 * 1024;

/// More bytes than a person's `${…}` has. Those within it are counted, so that this bounds their depth as well.
const REFERENCE_MAX: usize = 1024;

/// A text of a file, as written, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value {
    text: String,
    raw: String,
}

/// An image, without its tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NamedImage {
    /// Its repository.
    Known(String),
    /// As written: only a build knows it.
    Open(String),
}

impl Value {
    /// `text`, all of which is known.
    pub(super) fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        Value { raw: shown(&text), text }
    }

    /// `raw`, of which nothing is known.
    pub(super) fn open(raw: impl Into<String>) -> Self {
        Value { text: OPEN.to_string(), raw: shown(&raw.into()) }
    }

    /// `raw`, and what it is with its variables replaced.
    fn new(text: String, raw: &str) -> Self {
        Value { text, raw: shown(raw) }
    }

    /// The text, if all of it is known.
    pub(super) fn known(&self) -> Option<&str> {
        Some(self.text.as_str()).filter(|text| !text.contains(OPEN))
    }

    /// The text as written.
    pub(super) fn raw(&self) -> &str {
        &self.raw
    }

    /// What is known, with marks for what is not.
    pub(super) fn marked(&self) -> &str {
        &self.text
    }

    /// The one expression (`${{ … }}`) that is open in it, and what is known before and behind it; none if there are several.
    pub(super) fn only_open(&self) -> Option<(&str, &str, &str)> {
        let (before, behind) = self.text.split_once(OPEN).filter(|(_, behind)| !behind.contains(OPEN))?;
        let (_, from) = self.raw.split_once("${{")?;
        let (expression, rest) = from.split_once("}}")?;
        (!rest.contains("${{")).then(|| (expression.trim(), before, behind))
    }

    /// The same in lowercase.
    pub(super) fn in_lowercase(self) -> Self {
        Value { text: self.text.to_lowercase(), ..self }
    }

    /// What is behind the first `=`.
    pub(super) fn behind_equals(&self) -> Self {
        let behind = |text: &str| text.split_once('=').map_or(text, |(_, text)| text).to_owned();
        Value { text: behind(&self.text), raw: behind(&self.raw) }
    }

    /// The lines of a text, or its parts between `separators`; none of them empty.
    pub(super) fn parts(&self, separators: &[char]) -> Vec<Value> {
        let split = |text: &str| -> Vec<String> {
            let parts = text.split(separators).map(|part| part.trim().to_owned());
            parts.filter(|part| !part.is_empty()).collect()
        };
        let (texts, raws) = (split(&self.text), split(&self.raw));
        let is_parallel = texts.len() == raws.len();
        let raw_of = |at: usize, text: &str| {
            raws.get(at).filter(|_| is_parallel).cloned().unwrap_or_else(|| shown(text))
        };
        let parts = texts.into_iter().enumerate();
        parts.map(|(at, text)| Value { raw: raw_of(at, &text), text }).collect()
    }

    /// The image that the text names; none if it names none.
    pub(super) fn image(&self) -> Option<NamedImage> {
        let text = self.text.trim();
        let name = text.split('@').next().unwrap_or(text);
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let colon = name.get(slash..)?.find(':').map(|at| slash + at);
        let repository = colon.and_then(|at| name.get(..at)).unwrap_or(name);
        if repository.is_empty() {
            return None;
        }
        if repository.contains(OPEN) {
            return Some(NamedImage::Open(self.raw.trim().to_owned()));
        }
        let is_image = repository.parse::<ImageRepository>().is_ok();
        Some(if is_image {
            NamedImage::Known(repository.to_owned())
        } else {
            NamedImage::Open(self.raw.trim().to_owned())
        })
    }
}

/// `text` for people.
fn shown(text: &str) -> String {
    text.replace(OPEN, "…")
}

/// `raw` with variables as shells, compose and bake write them (`$A`, `${A}`, `${A:-default}`) replaced by what `lookup` knows.
pub(super) fn with_variables(raw: &Value, lookup: &dyn Fn(&str) -> Option<String>) -> Value {
    let mut text = String::new();
    let mut rest = raw.marked();
    let length_max = rest.len() + GROWTH_MAX;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        if text.len() > length_max {
            return Value::open(raw.raw());
        }
        if let Some(literal) = after.strip_prefix('$') {
            text.push('$');
            rest = literal;
        } else if let Some(inner) = after.strip_prefix('{') {
            let Some(end) = closing(inner) else {
                text.push_str("${");
                rest = inner;
                continue;
            };
            text.push_str(&braced(inner.get(..end).unwrap_or_default(), lookup));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let end = after.find(|letter: char| !is_word(letter)).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            match name {
                "" if after.starts_with('(') => text.push(OPEN),
                "" => text.push('$'),
                name => text.push_str(&lookup(name).unwrap_or(OPEN.to_string())),
            }
            rest = tail;
        }
    }
    text.push_str(rest);
    if text.len() > length_max { Value::open(raw.raw()) } else { Value::new(text, raw.raw()) }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Where the brace closes that was opened before `text`, if that is near enough.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices().take_while(|(at, _)| *at < REFERENCE_MAX) {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands between the braces of `${…}`.
fn braced(inner: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let end = inner.find(|letter: char| !is_word(letter)).unwrap_or(inner.len());
    let (name, operator) = inner.split_at(end);
    let default = |text: &str| with_variables(&Value::literal(text), lookup).text;
    let value = lookup(name).filter(|_| !name.is_empty());
    let non_empty = value.clone().filter(|value| !value.is_empty());
    if let Some(text) = operator.strip_prefix(":-") {
        non_empty.unwrap_or_else(|| default(text))
    } else if let Some(text) = operator.strip_prefix('-') {
        value.unwrap_or_else(|| default(text))
    } else if operator == ",," {
        value.map_or(OPEN.to_string(), |value| value.to_lowercase())
    } else if operator.is_empty() || operator.starts_with([':', '?']) && !operator.starts_with(":+") {
        value.unwrap_or(OPEN.to_string())
    } else {
        OPEN.to_string()
    }
}

/// `raw` with every `${{ … }}` replaced by what `evaluate` makes of the text within.
pub(super) fn with_expressions(raw: &str, evaluate: &dyn Fn(&str) -> Option<String>) -> Value {
    let (mut text, mut rest) = (String::new(), raw);
    let length_max = raw.len() + GROWTH_MAX;
    while let Some((before, after)) = rest.split_once("${{") {
        text.push_str(before);
        if text.len() > length_max {
            return Value::open(raw);
        }
        let Some((inner, tail)) = after.split_once("}}") else {
            text.push(OPEN);
            return Value::new(text, raw);
        };
        text.push_str(&evaluate(inner.trim()).unwrap_or(OPEN.to_string()));
        rest = tail;
    }
    text.push_str(rest);
    if text.len() > length_max { Value::open(raw) } else { Value::new(text, raw) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "A" => Some("a".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced_where_they_are_known() {
        for (raw, text) in [
            ("x/$A:1", "x/a:1"),
            ("x/${A}b", "x/ab"),
            ("${B:-b}", "b"),
            ("${EMPTY:-b}", "b"),
            ("${EMPTY-b}", ""),
            ("${B:-${A}}", "a"),
            ("${B}", "\0"),
            ("$B/x", "\0/x"),
            ("${A:?must be set}", "a"),
            ("${A:+x}", "\0"),
            ("$$A", "$A"),
            ("$(git describe)", "\0(git describe)"),
            ("${A", "${A"),
            ("$", "$"),
            ("${}", "\0"),
            ("é$é", "é$é"),
        ] {
            assert_eq!(with_variables(&Value::literal(raw), &lookup).text, text, "{raw}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_deep_stays_open() {
        let long = |name: &str| (name == "L").then(|| "x".repeat(GROWTH_MAX / 2));
        assert_eq!(with_variables(&Value::literal("$L$L"), &long).text.len(), GROWTH_MAX);
        assert_eq!(with_variables(&Value::literal("$L$L$L"), &long).known(), None);
        assert_eq!(with_expressions("${{ L }}${{ L }}${{ L }}", &|name| long(name)).known(), None);
        let nested = |depth: usize| format!("{}a{}", "${B:-".repeat(depth), "}".repeat(depth));
        assert_eq!(with_variables(&Value::literal(nested(100)), &lookup).text, "a");
        for text in [nested(100_000), "${".repeat(100_000), "${B:-".repeat(100_000)] {
            assert_ne!(with_variables(&Value::literal(&*text), &lookup).text, "a");
        }
    }

    #[test]
    fn images_lose_their_tags() {
        let known = |text: &str| Some(NamedImage::Known(text.to_owned()));
        let open = |text: &str| Some(NamedImage::Open(text.to_owned()));
        for (raw, image) in [
            ("ghcr.io/acme/web:${B}", known("ghcr.io/acme/web")),
            ("ghcr.io/acme/web", known("ghcr.io/acme/web")),
            ("registry.example:5000/web", known("registry.example:5000/web")),
            ("registry.example:5000/web:1@sha256:00", known("registry.example:5000/web")),
            ("$B/web:1", open("$B/web:1")),
            ("acme/web-$B", open("acme/web-$B")),
            ("Acme/Web:1", open("Acme/Web:1")),
            ("", None),
            (":1", None),
        ] {
            assert_eq!(with_variables(&Value::literal(raw), &lookup).image(), image, "{raw}");
        }
    }

    #[test]
    fn lists_keep_what_was_written() {
        let value = with_variables(&Value::literal("a:$B\n\n $B/c:1\n"), &lookup);
        let parts: Vec<_> = value.parts(&['\n', ',']).iter().map(|part| part.raw().to_owned()).collect();
        assert_eq!(parts, ["a:$B", "$B/c:1"]);
    }
}

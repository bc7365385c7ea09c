//! Reads filter files.

use std::collections::HashMap;

use super::file::{Filter, FilterFile, FilterRule, Listed};
use super::pattern::Pattern;
use super::placed::parse_at;
use crate::domain::{ChangeKind, ChangeKinds};
use crate::yaml::YamlError;
use crate::yaml::tree::{self, Node, NodeKind, Scalar};

/// More rules than any team writes; lists of aliases could make billions.
const RULES_MAX: usize = 100_000;

impl FilterFile {
    /// Reads the text of a filter file. An empty one has no filters.
    ///
    /// # Errors
    /// Text that is not YAML or not in the form of a filter file, and patterns that cannot be matched exactly.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let Some(root) = tree::parse_only(text)? else { return Ok(FilterFile::default()) };
        let mut reader = Reader { text, rules: 0, patterns: Vec::new(), by_text: HashMap::new() };
        let filters = reader.filters(&root)?;
        Ok(FilterFile { filters, patterns: reader.patterns })
    }
}

struct Reader<'t> {
    text: &'t str,
    /// How many rules were read.
    rules: usize,
    /// The patterns that were read.
    patterns: Vec<Pattern>,
    by_text: HashMap<String, usize>,
}

impl Reader<'_> {
    fn filters(&mut self, root: &Node) -> Result<Vec<Filter>, YamlError> {
        if root.has_custom_tag() || !matches!(root.kind, NodeKind::Map(_)) {
            return Err(unexpected(root, "a map from filter names to patterns"));
        }
        let filter = |(key, value): (&Node, &Node)| {
            let mut rules = Vec::new();
            let name = name(key)?.to_owned();
            self.rules(value, &mut rules)?;
            Ok(Filter { name, place: key.place, is_shared: value.is_shared, rules })
        };
        root.merged_entries()?.into_iter().map(filter).collect()
    }

    /// Reads what a filter has.
    fn rules(&mut self, node: &Node, rules: &mut Vec<FilterRule>) -> Result<(), YamlError> {
        match &node.kind {
            NodeKind::List(items) if !node.has_custom_tag() => {
                items.iter().try_for_each(|item| self.rules(item, rules))
            }
            NodeKind::Map(_) if !node.has_custom_tag() => {
                for (key, value) in node.merged_entries()? {
                    let mut rule = FilterRule { kinds: Some(kinds(key)?), patterns: Vec::new() };
                    self.patterns(value, &mut rule.patterns)?;
                    rules.push(rule);
                }
                Ok(())
            }
            _ => {
                let expected =
                    "a pattern in quotes, a list of patterns, or a map from change types to patterns";
                rules.push(FilterRule { kinds: None, patterns: vec![self.pattern(node, expected)?] });
                Ok(())
            }
        }
    }

    /// Reads what a change type has.
    fn patterns(&mut self, node: &Node, patterns: &mut Vec<Listed>) -> Result<(), YamlError> {
        match &node.kind {
            NodeKind::List(items) if !node.has_custom_tag() => {
                items.iter().try_for_each(|item| self.patterns(item, patterns))
            }
            _ => {
                patterns.push(self.pattern(node, "a pattern in quotes or a list of patterns")?);
                Ok(())
            }
        }
    }

    fn pattern(&mut self, node: &Node, expected: &str) -> Result<Listed, YamlError> {
        let place = node.place;
        let text = match node.scalar() {
            Some(Scalar::Text(text)) => text,
            // To YAML, a name with nothing behind it, or with a comment there, has no value.
            Some(Scalar::Null) => {
                let message = "a pattern is missing here: write one, in quotes if it begins with '#'";
                return Err(YamlError::new(message, place));
            }
            _ if node.has_custom_tag() => {
                let message = "this is a tag to YAML: put quotes around a pattern that begins with '!'";
                return Err(YamlError::new(message, place));
            }
            _ => return Err(unexpected(node, expected)),
        };
        self.rules += 1;
        if self.rules > RULES_MAX {
            let message = format!("the file has more than {RULES_MAX} rules: write fewer, broader ones");
            return Err(YamlError::new(message, place));
        }
        if let Some(position) = self.by_text.get(text) {
            return Ok(Listed { position: *position, place });
        }
        let pattern = parse_at(self.text, text, place)?;
        let position = self.patterns.len();
        self.patterns.push(pattern);
        self.by_text.insert(text.to_owned(), position);
        Ok(Listed { position, place })
    }
}

fn unexpected(node: &Node, expected: &str) -> YamlError {
    YamlError::new(format!("expected {expected}, but found {}", node.describe()), node.place)
}

/// The name of a filter. A directory may be called by a number.
fn name(key: &Node) -> Result<&str, YamlError> {
    match (key.scalar(), key.text()) {
        (Some(Scalar::Text(name)), _) => Ok(name),
        (Some(Scalar::Number), Some(number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(number)
        }
        _ => Err(unexpected(key, "the name of a filter")),
    }
}

/// Change types, joined by `|`.
fn kinds(key: &Node) -> Result<ChangeKinds, YamlError> {
    let Some(Scalar::Text(text)) = key.scalar() else { return Err(unexpected(key, "a change type")) };
    let refused = |what: String| {
        let known = ChangeKind::NAMES.map(|(name, _)| name).join(", ");
        YamlError::new(format!("{what}: use one of {known}, or several joined by '|'"), key.place)
    };
    let names = text.split('|').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty());
    let kind = |name: String| {
        ChangeKind::named(&name).ok_or_else(|| refused(format!("'{name}' is not a change type")))
    };
    let kinds = names.map(kind).collect::<Result<ChangeKinds, _>>()?;
    if kinds == ChangeKinds::default() {
        return Err(refused(format!("'{text}' names no change type")));
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Place;

    #[test]
    fn lists_anchors_and_merge_keys_are_read_through() {
        let filters = "
x: &shared [docs/**]
base: &base {modified: '**'}
services/go/api:
  - *shared
  - [[services/node/**]]
  - {<<: *base, deleted: '**/*.md'}
";
        let file = FilterFile::parse(filters).unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["x", "base", "services/go/api"]);
        let api = &file.filters[2].rules;
        assert_eq!(api.len(), 4);
        assert_eq!(file.patterns.len(), 4, "'docs/**' and '**' are shared");
        let merged = FilterFile::parse("a: &a {api: x, web: y}\n").map(|_| ()).unwrap_err();
        assert!(merged.message.contains("change type"), "{merged}");
        let file = FilterFile::parse("<<: {api: x, web: y}\napi: z\n").unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["api", "web"]);
        assert_eq!(file.patterns[file.filters[0].rules[0].patterns[0].position].as_str(), "z");
    }

    #[test]
    fn what_is_wrong_is_located() {
        for (text, line, column) in [
            ("api:\n  - 1\n", 2, 5),
            ("api:\n  - a\n  - {addded: b}\n", 3, 6),
            ("api: a\n\napi: b\n", 3, 1),
            ("api:\n  - {added: {b: c}}\n", 2, 13),
            ("api: !docs/**\n", 1, 6),
            ("api: [a\nb: c\n", 2, 2),
            ("- a\n", 1, 1),
        ] {
            assert_eq!(FilterFile::parse(text).unwrap_err().location, Some(Place { line, column }), "{text}");
        }
        assert!(FilterFile::parse("a: x\n---\nb: y\n").is_err());
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(FilterFile::parse(&text).is_err());
    }
}

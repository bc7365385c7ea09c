//! Reads filter files. Every part is read where it stands, so that errors can say where that is.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::file::{FilterFile, Rule};
use super::pattern::Pattern;
use crate::domain::{ChangeKind, ChangeKinds};
use crate::yaml::{self, YamlError};

/// More rules than any team writes; a list of lists of anchors could make billions.
const RULES_MAX: usize = 100_000;

/// How many characters of a pattern an error shows.
const SHOWN_MAX: usize = 200;

impl FilterFile {
    /// Reads the text of a filter file. An empty one has no filters.
    ///
    /// # Errors
    /// Text that is not YAML or not of the shape that a filter file has, a pattern that cannot be matched exactly.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let mut documents = yaml::documents(text)?;
        let Some(first) = documents.next() else { return Ok(FilterFile::default()) };
        let patterns = RefCell::default();
        let filters = FiltersSeed(&patterns).deserialize(first).map_err(|error| {
            let mut error = YamlError::from(error);
            if let (Some((line, column)), Some((pattern, character))) =
                (&mut error.location, &patterns.borrow().refused)
            {
                let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
                *column += offset(line, *column, pattern, *character);
            }
            error
        })?;
        if documents.next().is_some() {
            let message = "a second document begins: write all filters in one".to_owned();
            return Err(YamlError { message, location: second_document(text) });
        }
        Ok(FilterFile { filters, patterns: patterns.into_inner().known })
    }
}

/// Line and column, from 1, of the line `---` that ends the first document; none where it is not seen.
fn second_document(text: &str) -> Option<(usize, usize)> {
    let is_content = |line: &str| !line.trim().is_empty() && !line.starts_with(['#', '%']);
    let lines = text.lines().zip(1..).filter(|(line, _)| is_content(line));
    let mut behind_first = lines.skip_while(|(line, _)| line.starts_with("---"));
    behind_first.find(|(line, _)| line.starts_with("---")).map(|(_, number)| (number, 1))
}

/// How far behind the `column` of `line`, where `pattern` is written, its `character` stands; nothing where YAML has it
/// written in another way than it is meant.
fn offset(line: &str, column: usize, pattern: &str, character: usize) -> usize {
    let written: String = line.chars().skip(column.saturating_sub(1)).collect();
    let quote = written.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let inner = quote.map_or(&*written, |quote| written.strip_prefix(quote).unwrap_or(&written));
    let before = |text: &str| text.chars().take(character).collect::<String>();
    if before(inner) == before(pattern) { character - 1 + usize::from(quote.is_some()) } else { 0 }
}

/// Patterns met so far.
#[derive(Default)]
struct Patterns {
    known: Vec<Pattern>,
    by_text: HashMap<String, usize>,
    rules: usize,
    /// The pattern that cannot be used, and the character of it, from 1, that is to blame.
    refused: Option<(String, usize)>,
}

impl Patterns {
    fn position<E: Error>(&mut self, text: &str) -> Result<usize, E> {
        self.rules += 1;
        if self.rules > RULES_MAX {
            return Err(E::custom(format!(
                "the file has more than {RULES_MAX} rules: write fewer and wider ones"
            )));
        }
        if let Some(position) = self.by_text.get(text) {
            return Ok(*position);
        }
        let pattern = Pattern::parse(text).map_err(|error| {
            let shown: String = text.chars().take(SHOWN_MAX).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            self.refused = Some((text.to_owned(), error.column()));
            E::custom(format!("the pattern '{shown}{more}' cannot be used: {error}"))
        })?;
        let position = self.known.len();
        self.known.push(pattern);
        self.by_text.insert(text.to_owned(), position);
        Ok(position)
    }
}

/// Reads the whole file.
struct FiltersSeed<'p>(&'p RefCell<Patterns>);

impl<'de> DeserializeSeed<'de> for FiltersSeed<'_> {
    type Value = Vec<(String, Vec<Rule>)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FiltersSeed<'_> {
    type Value = Vec<(String, Vec<Rule>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from filters' names to patterns")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        MapOf::new("filter", RulesSeed(self.0)).visit_map(map)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

/// Reads the rules of one filter.
#[derive(Clone, Copy)]
struct RulesSeed<'p>(&'p RefCell<Patterns>);

impl<'de> DeserializeSeed<'de> for RulesSeed<'_> {
    type Value = Vec<Rule>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RulesSeed<'_> {
    type Value = Vec<Rule>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pattern in quotes, a list of them, or a map from change types to patterns")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let pattern = self.0.borrow_mut().position(text)?;
        Ok(vec![Rule { kinds: None, patterns: vec![pattern] }])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut rules = Vec::new();
        while let Some(more) = list.next_element_seed(self)? {
            rules.extend(more);
        }
        Ok(rules)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let by_kind = MapOf::<_, KindsKey>::new("change type", PatternsSeed(self.0)).visit_map(map)?;
        let rule = |(KindsKey { kinds, .. }, patterns)| Rule { kinds: Some(kinds), patterns };
        Ok(by_kind.into_iter().map(rule).collect())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Err(nothing())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(unquoted())
    }
}

/// Reads the patterns of one change type.
#[derive(Clone, Copy)]
struct PatternsSeed<'p>(&'p RefCell<Patterns>);

impl<'de> DeserializeSeed<'de> for PatternsSeed<'_> {
    type Value = Vec<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PatternsSeed<'_> {
    type Value = Vec<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pattern in quotes or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![self.0.borrow_mut().position(text)?])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut patterns = Vec::new();
        while let Some(more) = list.next_element_seed(self)? {
            patterns.extend(more);
        }
        Ok(patterns)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Err(nothing())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(unquoted())
    }
}

/// To YAML, `!docs/**` without quotes is a tag without a value.
fn unquoted<E: Error>() -> E {
    E::custom("a YAML tag stands here; put quotes around a pattern that begins with '!'")
}

/// To YAML, a name with nothing behind it, or with a comment there, has no value.
fn nothing<E: Error>() -> E {
    E::custom("no pattern stands here: write one, in quotes if it begins with '#'")
}

/// What a key of a map means.
trait MapKey: Sized {
    fn read(text: &str) -> Result<Self, String>;
    fn text(&self) -> &str;
}

impl MapKey for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn text(&self) -> &str {
        self
    }
}

/// Change types, joined by `|`.
struct KindsKey {
    text: String,
    kinds: ChangeKinds,
}

impl MapKey for KindsKey {
    fn read(text: &str) -> Result<Self, String> {
        let known = || ChangeKind::NAMES.map(|(name, _)| name).join(", ");
        let names: Vec<String> = text.split('|').map(|name| name.trim().to_lowercase()).collect();
        let kind = |name: &String| {
            ChangeKind::named(name)
                .ok_or_else(|| format!("'{name}' is no change type: {} are, joined by '|'", known()))
        };
        let kinds = names.iter().filter(|name| !name.is_empty()).map(kind).collect::<Result<_, _>>()?;
        if kinds == ChangeKinds::default() {
            return Err(format!("'{text}' names no change type: {} are, joined by '|'", known()));
        }
        Ok(KindsKey { text: text.to_owned(), kinds })
    }

    fn text(&self) -> &str {
        &self.text
    }
}

/// Reads a map in its order, with YAML's merge keys (`<<`): what a map says itself comes before what it merges.
struct MapOf<S, K = String> {
    what: &'static str,
    value: S,
    key: PhantomData<K>,
}

impl<S, K> MapOf<S, K> {
    fn new(what: &'static str, value: S) -> Self {
        MapOf { what, value, key: PhantomData }
    }
}

impl<'de, S: DeserializeSeed<'de> + Copy, K: MapKey> Visitor<'de> for MapOf<S, K> {
    type Value = Vec<(K, S::Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map, or a list of maps, to merge")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut own: Self::Value = Vec::new();
        let mut merged: Self::Value = Vec::new();
        let mut names = HashSet::new();
        while let Some(key) = map.next_key_seed(Key::<K>::new(self.what, &mut names))? {
            match key {
                Some(key) => own.push((key, map.next_value_seed(self.value)?)),
                None => merged.extend(map.next_value_seed(MapOf::new(self.what, self.value))?),
            }
        }
        own.extend(merged.into_iter().filter(|(key, _)| names.insert(key.text().to_owned())));
        Ok(own)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(more) = list.next_element_seed(MapOf::new(self.what, self.value))? {
            entries.extend(more);
        }
        Ok(entries)
    }
}

/// So it reads what is merged, too.
impl<'de, S: DeserializeSeed<'de> + Copy, K: MapKey> DeserializeSeed<'de> for MapOf<S, K> {
    type Value = Vec<(K, S::Value)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Reads a key that is not among `names` yet; none for the merge key.
struct Key<'n, K> {
    what: &'static str,
    names: &'n mut HashSet<String>,
    key: PhantomData<K>,
}

impl<'n, K> Key<'n, K> {
    fn new(what: &'static str, names: &'n mut HashSet<String>) -> Self {
        Key { what, names, key: PhantomData }
    }
}

impl<'de, K: MapKey> DeserializeSeed<'de> for Key<'_, K> {
    type Value = Option<K>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<K: MapKey> Visitor<'_> for Key<'_, K> {
    type Value = Option<K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name of a {}", self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text == "<<" {
            return Ok(None);
        }
        if !self.names.insert(text.to_owned()) {
            return Err(E::custom(format!("the {} '{text}' stands twice", self.what)));
        }
        K::read(text).map(Some).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let api = &file.filters[2].1;
        assert_eq!(api.len(), 4);
        assert_eq!(file.patterns.len(), 4, "'docs/**' and '**' are shared");
        let merged = FilterFile::parse("a: &a {api: x, web: y}\n").map(|_| ()).unwrap_err();
        assert!(merged.message.contains("change type"), "{merged}");
        let file = FilterFile::parse("<<: {api: x, web: y}\napi: z\n").unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["api", "web"]);
        assert_eq!(file.patterns[file.filters[0].1[0].patterns[0]].as_str(), "z");
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
            assert_eq!(FilterFile::parse(text).unwrap_err().location, Some((line, column)), "{text}");
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

//! The parts of a document.

use std::collections::HashMap;

use crate::yaml::error::{Place, YamlError};

/// Tags that YAML itself defines begin so.
const CORE_TAG: &str = "tag:yaml.org,2002:";

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins. What an alias repeats has the place of its anchor.
    pub place: Place,
    /// What it is.
    pub kind: NodeKind,
    /// Its tag in full, such as `!local` or `tag:yaml.org,2002:str`.
    pub tag: Option<Box<str>>,
    /// Whether an alias refers to it.
    pub is_shared: bool,
}

/// What a part of a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// Text, a number, nothing at all: see [`Node::scalar`].
    Scalar {
        /// As written, but without quotes and escapes.
        text: String,
        /// Whether it is written without quotes, so that it may be something other than text.
        is_plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map in its order. Keys may be duplicated, and `<<` is one of them.
    Map(Vec<(Node, Node)>),
}

/// What a scalar means by the core schema of YAML 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar<'n> {
    /// No value.
    Null,
    /// `true` or `false`.
    Boolean,
    /// An integer or a fraction.
    Number,
    /// Everything else.
    Text(&'n str),
}

impl Node {
    pub(super) fn new(place: Place, kind: NodeKind, tag: Option<Box<str>>) -> Self {
        Node { place, kind, tag, is_shared: false }
    }

    fn children(&self) -> Vec<&Node> {
        match &self.kind {
            NodeKind::Scalar { .. } => Vec::new(),
            NodeKind::List(items) => items.iter().collect(),
            NodeKind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        }
    }

    /// How many nodes it consists of, long texts counted as several; anything above `limit` means more than that.
    pub(super) fn size(&self, limit: usize) -> usize {
        /// So much text takes about as much memory as a few nodes.
        const TEXT: usize = 1_000;
        let (mut size, mut waiting) = (0, vec![self]);
        while let Some(node) = waiting.pop() {
            size += 1 + node.text().map_or(0, |text| text.len() / TEXT);
            if size > limit {
                break;
            }
            waiting.extend(node.children());
        }
        size
    }

    pub(super) fn depth(&self) -> usize {
        1 + self.children().into_iter().map(Node::depth).max().unwrap_or(0)
    }

    /// The text of a scalar as written, whatever it means.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What a scalar means; none for lists, maps, and scalars with a tag that YAML does not define.
    pub fn scalar(&self) -> Option<Scalar<'_>> {
        let NodeKind::Scalar { text, is_plain } = &self.kind else { return None };
        match self.tag.as_deref().map(|tag| tag.strip_prefix(CORE_TAG)) {
            None if *is_plain => Some(resolve(text)),
            None => Some(Scalar::Text(text)),
            Some(None) => None,
            Some(Some("null")) => Some(Scalar::Null),
            Some(Some("bool")) => Some(Scalar::Boolean),
            Some(Some("int" | "float")) => Some(Scalar::Number),
            Some(Some(_)) => Some(Scalar::Text(text)),
        }
    }

    /// Whether it has a tag that YAML does not define, such as `!local`.
    pub fn has_custom_tag(&self) -> bool {
        self.tag.as_ref().is_some_and(|tag| !tag.starts_with(CORE_TAG))
    }

    /// Whether it is the absence of a value.
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }

    /// Whether it is a merge key (`<<`), if it is the key of a map.
    pub fn is_merge_key(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { text, is_plain: true } if text == "<<")
    }

    /// What it is, in the words of an error message.
    pub fn describe(&self) -> &'static str {
        match (&self.kind, self.scalar()) {
            _ if self.has_custom_tag() => "a value with a tag",
            (NodeKind::List(_), _) => "a list",
            (NodeKind::Map(_), _) => "a map",
            (_, Some(Scalar::Null)) => "nothing",
            (_, Some(Scalar::Boolean)) => "a boolean",
            (_, Some(Scalar::Number)) => "a number",
            (_, Some(Scalar::Text(_)) | None) => "text",
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a map as written; none of anything else.
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of a map: its own in their order, then those that merge keys (`<<`) bring and it lacks.
    ///
    /// # Errors
    /// A duplicate key, or a merge of what is neither a map nor a list of maps.
    pub fn merged_entries(&self) -> Result<Vec<(&Node, &Node)>, YamlError> {
        let mut places: HashMap<&str, Place> = HashMap::new();
        let (mut own, mut merged) = (Vec::new(), Vec::new());
        for (key, value) in self.entries() {
            if key.is_merge_key() {
                merge(value, &mut merged)?;
                continue;
            }
            if let Some(text) = key.text()
                && let Some(first) = places.insert(text, key.place)
            {
                let message = format!("the key '{text}' is duplicated (first on line {})", first.line);
                return Err(YamlError::new(message, key.place));
            }
            own.push((key, value));
        }
        for (key, value) in merged {
            if key.text().is_none_or(|text| places.insert(text, key.place).is_none()) {
                own.push((key, value));
            }
        }
        Ok(own)
    }

    /// The value of `key` in a map: the last, if it is duplicated, else what a merge key (`<<`) brings.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// As [`Node::get`], with the key.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let own = self.entries().iter().rfind(|(found, _)| found.text() == Some(key));
        let merged = || {
            let merges = self.entries().iter().filter(|(key, _)| key.is_merge_key()).map(|(_, value)| value);
            let maps = merges.flat_map(|value| std::iter::once(value).chain(value.items()));
            maps.filter_map(|map| map.entry(key)).next()
        };
        own.map(|(key, value)| (key, value)).or_else(merged)
    }

    /// Calls `look` on every node, a parent before what is in it.
    pub fn visit<'n>(&'n self, look: &mut impl FnMut(&'n Node)) {
        look(self);
        self.children().into_iter().for_each(|child| child.visit(look));
    }
}

/// Adds the entries that a merge of `value` brings.
fn merge<'n>(value: &'n Node, entries: &mut Vec<(&'n Node, &'n Node)>) -> Result<(), YamlError> {
    match &value.kind {
        _ if value.has_custom_tag() => {}
        NodeKind::Map(_) => {
            entries.extend(value.merged_entries()?);
            return Ok(());
        }
        NodeKind::List(maps) => return maps.iter().try_for_each(|map| merge(map, entries)),
        NodeKind::Scalar { .. } => {}
    }
    let message = format!("expected a map, or a list of maps, to merge, but found {}", value.describe());
    Err(YamlError::new(message, value.place))
}

/// What `text` means without quotes.
fn resolve(text: &str) -> Scalar<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Scalar::Boolean,
        _ if is_number(text) => Scalar::Number,
        _ => Scalar::Text(text),
    }
}

/// Whether `text` is a number. Digits behind a leading zero are text, as a version or a date may be.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)];
    let digits = radix.iter().find_map(|(prefix, radix)| Some((unsigned.strip_prefix(prefix)?, *radix)));
    if let Some((digits, radix)) = digits {
        return !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    }
    match unsigned {
        ".inf" | ".Inf" | ".INF" => true,
        ".nan" | ".NaN" | ".NAN" => text == unsigned,
        _ if !unsigned.starts_with(|first: char| first == '.' || first.is_ascii_digit()) => false,
        _ if unsigned.len() > 1 && unsigned.bytes().all(|byte| byte.is_ascii_digit()) => {
            !unsigned.starts_with('0')
        }
        _ => unsigned.parse::<f64>().is_ok_and(f64::is_finite),
    }
}

//! A YAML document as a tree in which everything knows where it stands.
//!
//! Scalars are kept as they are written: to YAML 1.2, and so to GitHub, the key `on` is a text like any other. Keys that
//! stand twice are kept, too, so that somebody can be told of them.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::{YamlError, checked};

/// More parts than any file of a person's has, what aliases repeat included.
const NODES_MAX: usize = 200_000;

/// Deeper than any file of a person's.
const DEPTH_MAX: usize = 100;

/// Where something stands: line and column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins. What an alias repeats stands where it is written.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// Whether an alias refers to it.
    pub is_shared: bool,
}

/// What a part of a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A text, a number, nothing at all.
    Scalar {
        /// As it is written, but without quotes and escapes.
        text: String,
        /// Whether it has no quotes, so that it may be something else than text.
        is_plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map in its order. Keys may stand twice, and `<<` is one of them.
    Map(Vec<(Node, Node)>),
}

/// The first document of `text`; none if there is none, or nothing in it.
///
/// # Errors
/// Text that is no YAML, that is nested deeper than anybody writes, or whose aliases make too much of it.
pub fn parse(text: &str) -> Result<Option<Node>, YamlError> {
    let events = first_document(checked(text)?)?;
    let alias =
        |(event, _): &(Event<'_>, Span)| if let Event::Alias(anchor) = event { Some(*anchor) } else { None };
    let shared = events.iter().filter_map(alias).collect();
    let mut tree = Tree { shared, ..Tree::default() };
    for (event, span) in events {
        tree.take(event, place(span.start))?;
    }
    Ok(tree.root.filter(|root| !root.is_null()))
}

fn place(at: Marker) -> Place {
    Place { line: at.line().max(1), column: at.col() + 1 }
}

fn refused(message: impl Into<String>, at: Place) -> YamlError {
    YamlError { message: message.into(), location: Some((at.line, at.column)) }
}

fn first_document(text: &str) -> Result<Vec<(Event<'_>, Span)>, YamlError> {
    let mut parser = Parser::new_from_str(text);
    let mut events = Vec::new();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| refused(error.info(), place(*error.marker())))?;
        match event {
            Event::DocumentEnd | Event::StreamEnd => break,
            Event::DocumentStart(_) | Event::StreamStart | Event::Nothing => {}
            _ if events.len() > NODES_MAX => return Err(too_much(place(span.start))),
            event => events.push((event, span)),
        }
    }
    Ok(events)
}

fn too_much(at: Place) -> YamlError {
    refused(format!("the document has more than {NODES_MAX} parts, what aliases repeat included"), at)
}

/// A copy of `node`, which is needed at `at`, unless there are too many `nodes` then.
fn copied(node: &Node, nodes: &mut usize, at: Place) -> Result<Node, YamlError> {
    *nodes += node.size(NODES_MAX);
    if *nodes > NODES_MAX { Err(too_much(at)) } else { Ok(node.clone()) }
}

/// A tree that is being put together.
#[derive(Default)]
struct Tree {
    root: Option<Node>,
    open: Vec<Open>,
    /// What anchors stand for, if there is an alias of them.
    anchors: HashMap<usize, Node>,
    /// The anchors of which there are aliases.
    shared: HashSet<usize>,
    nodes: usize,
}

/// A list or map whose end is still to come.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<Node>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), YamlError> {
        self.nodes += 1;
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_plain = style == ScalarStyle::Plain;
                self.add(Node::new(place, Kind::Scalar { text: text.into_owned(), is_plain }), anchor)
            }
            Event::Alias(anchor) => {
                let within = || refused("an alias stands within what it refers to", place);
                let node = self.anchors.get(&anchor).ok_or_else(within)?;
                if self.open.len() + node.depth() > DEPTH_MAX {
                    return Err(too_deep(place));
                }
                let copy = copied(node, &mut self.nodes, place)?;
                self.add(copy, 0)
            }
            Event::SequenceStart(anchor, _) => self.open(Kind::List(Vec::new()), anchor, place),
            Event::MappingStart(anchor, _) => self.open(Kind::Map(Vec::new()), anchor, place),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { node, anchor, .. }) => self.add(node, anchor),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn open(&mut self, kind: Kind, anchor: usize, place: Place) -> Result<(), YamlError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(too_deep(place));
        }
        self.open.push(Open { node: Node::new(place, kind), anchor, key: None });
        Ok(())
    }

    /// Puts a whole node where it belongs.
    fn add(&mut self, mut node: Node, anchor: usize) -> Result<(), YamlError> {
        if self.shared.contains(&anchor) {
            node.is_shared = true;
            let copy = copied(&node, &mut self.nodes, node.place)?;
            self.anchors.insert(anchor, copy);
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { node: Node { kind: Kind::List(items), .. }, .. }) => items.push(node),
            Some(Open { node: Node { kind: Kind::Map(entries), .. }, key, .. }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
            Some(_) => {}
        }
        Ok(())
    }
}

fn too_deep(at: Place) -> YamlError {
    refused(format!("the document is nested deeper than {DEPTH_MAX} levels"), at)
}

impl Node {
    fn new(place: Place, kind: Kind) -> Self {
        Node { place, kind, is_shared: false }
    }

    fn children(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Scalar { .. } => Vec::new(),
            Kind::List(items) => items.iter().collect(),
            Kind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        }
    }

    /// How many nodes it consists of; anything above `limit` is more than that.
    fn size(&self, limit: usize) -> usize {
        let (mut size, mut waiting) = (0, vec![self]);
        while let Some(node) = waiting.pop() {
            size += 1;
            if size > limit {
                break;
            }
            waiting.extend(node.children());
        }
        size
    }

    fn depth(&self) -> usize {
        1 + self.children().into_iter().map(Node::depth).max().unwrap_or(0)
    }

    /// Its text, if it is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it is the absence of a value.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, is_plain: true } if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a map as they are written; none of anything else.
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value of `key` in a map: the last, if there are several, else what a merge key (`<<`) brings.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// As [`Node::get`], with the key.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let own = self.entries().iter().rfind(|(found, _)| found.text() == Some(key));
        let merged = || {
            let merges = self.entries().iter().filter(|(key, _)| is_merge(key)).map(|(_, value)| value);
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

fn is_merge(key: &Node) -> bool {
    matches!(&key.kind, Kind::Scalar { text, is_plain: true } if text == "<<")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree(text: &str) -> Node {
        parse(text).unwrap().unwrap_or_else(|| panic!("nothing in {text}"))
    }

    fn at(node: &Node) -> (usize, usize) {
        (node.place.line, node.place.column)
    }

    #[test]
    fn everything_knows_where_it_stands() {
        let tree = tree("\u{feff}# é\non:\n  push: {tags: ['é', \"v\\x2a\"]}\n\r\nname: |\n  a\n  b\n");
        let (on, push) = tree.entry("on").unwrap();
        assert_eq!((at(on), at(push)), ((2, 1), (3, 3)));
        let tags = push.get("push").and_then(|push| push.get("tags")).unwrap();
        let found: Vec<_> = tags.items().iter().map(|item| (item.text().unwrap(), at(item))).collect();
        assert_eq!(found, [("é", (3, 17)), ("v*", (3, 22))]);
        assert_eq!(at(tags), (3, 16));
        assert_eq!(tree.get("name").unwrap().text(), Some("a\nb\n"));
    }

    #[test]
    fn what_stands_twice_is_kept_and_the_last_counts() {
        let tree = tree("a: 1\nb: 2\na: 3\n");
        assert_eq!(tree.entries().len(), 3);
        assert_eq!(tree.get("a").unwrap().text(), Some("3"));
    }

    #[test]
    fn aliases_and_merge_keys_are_read_through() {
        let tree = tree("x: &x [a]\ny: *x\nz: {<<: [{p: 1}, {p: 2, q: 3}], r: 4}\nw: [b]\n");
        let (x, y) = (tree.get("x").unwrap(), tree.get("y").unwrap());
        assert!(x.is_shared && x == y && at(&y.items()[0]) == (1, 8), "{y:?}");
        assert!(!tree.get("w").unwrap().is_shared);
        let z = tree.get("z").unwrap();
        let value = |key| z.get(key).and_then(Node::text);
        assert_eq!([value("p"), value("q"), value("r"), value("s")], [Some("1"), Some("3"), Some("4"), None]);
    }

    #[test]
    fn nothing_is_nothing() {
        for text in ["", "# only this\n", "---\n", "~\n", "null"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
        let tree = tree("a:\nb: ''\nc: ~\n");
        let nulls = ["a", "b", "c"].map(|key| tree.get(key).unwrap().is_null());
        assert_eq!(nulls, [true, false, true]);
    }

    #[test]
    fn what_is_wrong_is_located() {
        for (text, line) in
            [("a: [1\nb: 2\n", 2), ("a:\n\t- b\n", 2), ("a: *b\n", 1), ("a: 'x\n", 2), ("a: b: c\n", 1)]
        {
            let error = parse(text).unwrap_err();
            let found = error.location.map(|(line, _)| line);
            assert!(found.is_some_and(|found| found.abs_diff(line) <= 1), "{text}: {error:?}");
        }
    }

    #[test]
    fn what_multiplies_or_never_ends_is_refused() {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(parse(&text).unwrap_err().message.contains("aliases"));
        assert!(parse("a: &a [*a]\n").unwrap_err().message.contains("within"));
        assert!(parse(&"[".repeat(5_000)).is_err());
        assert!(parse(&"- ".repeat(5_000)).unwrap_err().message.contains("deeper"));
        let mut nested = String::from("a0: &a0 [x]\n");
        for level in 1..200 {
            nested.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert!(parse(&nested).unwrap_err().message.contains("deeper"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics(text in "(\\PC|\n|\r|\t|  |: |- |\\? |---|\\.\\.\\.|%YAML|[&*!#|>,{}'\"\\[\\]]|<<: |on:|[a-c]){0,60}") {
            if let Ok(Some(node)) = parse(&text) {
                node.visit(&mut |node| assert!(node.place.line > 0 && node.place.column > 0));
            }
        }
    }
}

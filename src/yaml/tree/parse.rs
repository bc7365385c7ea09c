//! From text to tree.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

use super::node::{Node, NodeKind};
use crate::yaml::error::{Place, YamlError};

/// More parts than any file of a person's has, including what aliases repeat.
const NODES_MAX: usize = 200_000;

/// Deeper than any file of a person's.
const DEPTH_MAX: usize = 100;

/// More than anybody writes: the parser takes quadratic time for brackets within brackets.
const BRACKETS_MAX: usize = 10_000;

/// More tabs between a key and its value, and brackets too far left, than anybody's file has: the text is read again for each.
const REPAIRS_MAX: usize = 100;

/// The first document of `text`; none if there is none, or nothing in it.
///
/// # Errors
/// Text that is not YAML, that is nested deeper than anybody writes, or whose aliases make too much of it.
pub fn parse(text: &str) -> Result<Option<Node>, YamlError> {
    tolerating(checked(text)?, |text| document(&mut Parser::new_from_str(text)))
}

/// As [`parse`], for a file that has one document only.
///
/// # Errors
/// As [`parse`], and a second document.
pub fn parse_only(text: &str) -> Result<Option<Node>, YamlError> {
    tolerating(checked(text)?, |text| {
        let mut parser = Parser::new_from_str(text);
        let first = document(&mut parser)?;
        match next(&mut parser)? {
            Some((Event::DocumentStart(_), span)) => Err(YamlError::new(
                "a second document begins here: the file may have only one",
                place(span.start),
            )),
            _ => Ok(first),
        }
    })
}

/// What `read` makes of `text`. Two things are read that the parser refuses: a tab between `:` and a value, which YAML allows (its
/// rule `s-separate-in-line`), as a space; and a bracket at the start of a line that closes as far left as its key, which YAML
/// does not allow and every other parser does, as one that is further right.
fn tolerating<T>(text: &str, read: impl Fn(&str) -> Result<T, YamlError>) -> Result<T, YamlError> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..REPAIRS_MAX {
        match read(&text) {
            Err(error) => match (refused_tab(&text, &error), refused_bracket(&text, &error)) {
                (Some(at), _) => text.to_mut().replace_range(at..=at, " "),
                (None, Some(at)) => text.to_mut().insert(at, ' '),
                (None, None) => return Err(error),
            },
            read => return read,
        }
    }
    read(&text)
}

/// The start of the line in `text` that `error` is about, if nothing but a closing bracket is wrong there.
fn refused_bracket(text: &str, error: &YamlError) -> Option<usize> {
    let place = error.location.filter(|_| error.message.starts_with("invalid indentation"))?;
    let start: usize = text.split_inclusive('\n').take(place.line - 1).map(str::len).sum();
    let line = text.get(start..)?.trim_start_matches(' ');
    line.starts_with([']', '}']).then_some(start)
}

/// Where in `text` the tab is that `error` is about, if it is about one behind `:`.
fn refused_tab(text: &str, error: &YamlError) -> Option<usize> {
    let place = error.location.filter(|_| error.message.starts_with("':' must be followed by"))?;
    let start: usize = text.split_inclusive('\n').take(place.line - 1).map(str::len).sum();
    let line = text.get(start..)?;
    let (end, _) = line.char_indices().nth(place.column - 1)?;
    let before = line.get(..end)?.trim_end_matches('\t');
    let at = start + before.len();
    (before.ends_with(':') && text.as_bytes().get(at) == Some(&b'\t')).then_some(at)
}

/// `text` without a byte order mark, if the parser can take it in reasonable time.
fn checked(text: &str) -> Result<&str, YamlError> {
    if let Some((at, _)) = text.match_indices(['[', '{']).nth(BRACKETS_MAX) {
        let place = Place::behind(text.get(..at).unwrap_or_default());
        return Err(YamlError::syntax(format!("the file has more than {BRACKETS_MAX} brackets"), place));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

type Events<'t> = Parser<'t, StrInput<'t>>;

fn next<'t>(parser: &mut Events<'t>) -> Result<Option<(Event<'t>, Span)>, YamlError> {
    parser.next_event().transpose().map_err(|error| YamlError::syntax(error.info(), place(*error.marker())))
}

fn document(parser: &mut Events<'_>) -> Result<Option<Node>, YamlError> {
    let mut events = Vec::new();
    while let Some((event, span)) = next(parser)? {
        match event {
            Event::DocumentEnd | Event::StreamEnd => break,
            Event::DocumentStart(_) | Event::StreamStart | Event::Nothing => {}
            _ if events.len() > NODES_MAX => return Err(too_large(place(span.start))),
            event => events.push((event, span)),
        }
    }
    let alias =
        |(event, _): &(Event<'_>, Span)| if let Event::Alias(anchor) = event { Some(*anchor) } else { None };
    let shared = events.iter().filter_map(alias).collect();
    let mut tree = Tree { shared, ..Tree::default() };
    for (event, span) in events {
        tree.take(event, span)?;
    }
    Ok(tree.root.filter(|root| !root.is_null()))
}

fn place(at: Marker) -> Place {
    Place { line: at.line().max(1), column: at.col() + 1 }
}

fn too_large(at: Place) -> YamlError {
    YamlError::new(format!("the document has more than {NODES_MAX} parts, including what aliases repeat"), at)
}

fn too_deep(at: Place) -> YamlError {
    YamlError::new(format!("the document is nested deeper than {DEPTH_MAX} levels"), at)
}

fn whole(tag: Option<Cow<'_, Tag>>) -> Option<Box<str>> {
    tag.map(|tag| format!("{}{}", tag.handle, tag.suffix).into())
}

/// A copy of `node`, which is needed at `at`, unless there are too many `nodes` then.
fn copied(node: &Node, nodes: &mut usize, at: Place) -> Result<Node, YamlError> {
    *nodes += node.size(NODES_MAX);
    if *nodes > NODES_MAX { Err(too_large(at)) } else { Ok(node.clone()) }
}

/// A tree that is being put together.
#[derive(Default)]
struct Tree {
    root: Option<Node>,
    open: Vec<Open>,
    /// What anchors stand for, if an alias refers to them.
    anchors: HashMap<usize, Node>,
    /// The anchors that aliases refer to.
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
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        self.nodes += 1;
        let start = place(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                // The parser places a value that is missing at the colon, and so before where it would be.
                let is_missing = text.is_empty() && span.start == span.end && self.expects_value();
                let place = Place { column: start.column + usize::from(is_missing), ..start };
                self.add(
                    Node::new(place, NodeKind::Scalar { text: text.into_owned(), is_plain }, whole(tag)),
                    anchor,
                )
            }
            Event::Alias(anchor) => {
                let within = || {
                    YamlError::new("an alias cannot refer to a part of the document that contains it", start)
                };
                let node = self.anchors.get(&anchor).ok_or_else(within)?;
                if self.open.len() + node.depth() > DEPTH_MAX {
                    return Err(too_deep(start));
                }
                let copy = copied(node, &mut self.nodes, start)?;
                self.add(copy, 0)
            }
            Event::SequenceStart(anchor, tag) => self.open(NodeKind::List(Vec::new()), anchor, tag, start),
            Event::MappingStart(anchor, tag) => self.open(NodeKind::Map(Vec::new()), anchor, tag, start),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { node, anchor, .. }) => self.add(node, anchor),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn expects_value(&self) -> bool {
        self.open.last().is_some_and(|open| open.key.is_some())
    }

    fn open(
        &mut self,
        kind: NodeKind,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        place: Place,
    ) -> Result<(), YamlError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(too_deep(place));
        }
        self.open.push(Open { node: Node::new(place, kind, whole(tag)), anchor, key: None });
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
            Some(Open { node: Node { kind: NodeKind::List(items), .. }, .. }) => items.push(node),
            Some(Open { node: Node { kind: NodeKind::Map(entries), .. }, key, .. }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
            Some(_) => {}
        }
        Ok(())
    }
}

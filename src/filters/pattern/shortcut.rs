//! Patterns that picomatch does not parse: it has tables and a search-and-replace for them, which give other
//! answers in places than its parser would.

use super::error::{PatternError, Refusal};
use super::escape::escaped;
use super::tree::{Assertion, Node, Times, UnitSet};

/// Whole patterns that are replaced by others.
pub(super) fn replacement(pattern: &str) -> &str {
    match pattern {
        "***" => "*",
        "**/**" | "**/**/**" => "**",
        other => other,
    }
}

/// Patterns on which picomatch fails: it looks them up in an object, and every object has these members.
pub(super) const OBJECT_MEMBERS: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// The commonest patterns, such as `**/*.js`: one of eight forms, then any number of plain extensions.
///
/// All of them match with a slash at the end, too.
pub(super) fn common(pattern: &str) -> Option<Node> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let (mut form, mut extensions) = (pattern, "");
    let mut nodes = loop {
        if let Some(nodes) = common_form(form) {
            break nodes;
        }
        let (shorter, extension) = form.rsplit_once('.')?;
        let is_plain = extension.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if extension.is_empty() || !is_plain {
            return None;
        }
        form = shorter;
        extensions = pattern.get(shorter.len()..)?;
    };
    nodes.extend(Node::literal(extensions));
    nodes.push(Node::slash().repeated(Times::Optional));
    Some(Node::Sequence(nodes))
}

/// The eight forms. Their guards differ from those of a parsed star in where they stand.
fn common_form(form: &str) -> Option<Vec<Node>> {
    let dot = || Node::literal(".");
    let one_or_more = || [Node::Assert(Assertion::Something), Node::star()];
    let not_dots = || Node::Assert(Assertion::NoDotsComponent);
    let (is_below, last) = match form.strip_prefix("**/") {
        Some(last) => (true, last),
        None => (false, form),
    };
    let mut nodes = Vec::new();
    if is_below {
        let folders = vec![not_dots(), Node::globstar(), Node::slash()];
        nodes.push(Node::Sequence(folders).repeated(Times::Optional));
    }
    let beginning = if is_below { Node::Assert(Assertion::NoDots) } else { not_dots() };
    match last {
        "*" => nodes.extend([beginning].into_iter().chain(one_or_more())),
        ".*" => nodes.extend(dot().chain(one_or_more())),
        "*.*" => nodes.extend([beginning, Node::star()].into_iter().chain(dot()).chain(one_or_more())),
        "*/*" if !is_below => nodes.extend([
            beginning,
            Node::star(),
            Node::slash(),
            Node::Assert(Assertion::Something),
            Node::Assert(Assertion::NoDots),
            Node::star(),
        ]),
        "**" if !is_below => nodes.extend([beginning, Node::globstar()]),
        _ => return None,
    }
    Some(nodes)
}

/// Whether picomatch only searches and replaces in the pattern: it has one component, and no brackets, braces
/// or parentheses.
pub(super) fn is_flat(pattern: &str) -> bool {
    !pattern.starts_with(['*', '!']) && !pattern.contains(['/', '(', ')', '[', ']', '{', '}', '"'])
}

/// A flat pattern, from `begin` on: `*` and `?` are special, all else is literal. Unlike in other patterns
///
/// - `|` is literal,
/// - a `*` takes a component `.` or `..`, and no slash may follow it,
/// - of two `+`, the second repeats the first, and `\\` loses itself before punctuation.
pub(super) fn flat(text: &[char], begin: usize) -> Result<Node, PatternError> {
    let mut nodes = Vec::new();
    let mut at = begin;
    while let Some(character) = text.get(at).copied() {
        let run = text.iter().skip(at).take_while(|other| **other == character).count();
        match character {
            '*' => nodes.push(Node::star()),
            '?' => nodes.extend((0..run).map(|_| Node::any_unit())),
            '\\' => {
                at = flat_escape(text, at, run, &mut nodes)?;
                continue;
            }
            _ => literal_run(character, run, at, &mut nodes)?,
        }
        at += run;
    }
    Ok(Node::Sequence(nodes))
}

/// Reads an escape and what it is taken together with; gives the place behind it.
fn flat_escape(text: &[char], at: usize, run: usize, nodes: &mut Vec<Node>) -> Result<usize, PatternError> {
    let followed_by = text.get(at + run).copied();
    match (run, followed_by) {
        (1, Some(character @ ('*' | '?'))) => {
            nodes.extend(Node::units(character));
            Ok(at + 2)
        }
        (1, _) => {
            let (character, end) = escaped(text, at)?;
            let run = text.iter().skip(end - 1).take_while(|other| **other == character).count();
            literal_run(character, run, end - 1, nodes)?;
            Ok(end - 1 + run)
        }
        (2, None | Some('*' | '?' | '_')) => {
            nodes.extend(Node::units('\\'));
            Ok(at + 2)
        }
        (2, Some(character)) if character.is_ascii_alphanumeric() => {
            nodes.extend(Node::units('\\'));
            Ok(at + 2)
        }
        (2, _) => Err(PatternError::new(Refusal::BackslashLost, at)),
        _ => Err(PatternError::new(Refusal::ManyBackslashes, at)),
    }
}

/// The same character several times. picomatch guards the first one only.
fn literal_run(character: char, run: usize, at: usize, nodes: &mut Vec<Node>) -> Result<(), PatternError> {
    match character {
        '+' if run == 2 => {
            let plus = Node::Unit(UnitSet::One(u16::from(b'+')));
            nodes.push(plus.repeated(Times::Some));
        }
        '+' | '|' | '$' | '^' if run > 1 => {
            return Err(PatternError::new(Refusal::RepeatedOperator(character), at));
        }
        _ => nodes.extend((0..run).flat_map(|_| Node::units(character))),
    }
    Ok(())
}

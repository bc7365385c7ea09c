//! As much of HCL as plain bake files have: blocks, and attributes that are texts, lists and maps.
//!
//! Source: "Bake file reference" of docker's documentation, and HCL's native syntax specification. Whatever is more than that
//! (calls, conditions, arithmetic) is kept as it is written, as [`Attribute::Open`].

use std::iter::Peekable;
use std::str::CharIndices;

/// A block at the top of a file: `target "api" { … }`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Such as `target`.
    pub(super) kind: String,
    /// Its label; empty if it has none.
    pub(super) label: String,
    /// The line it begins on.
    pub(super) line: usize,
    /// Its attributes in their order; inner blocks are left out.
    pub(super) attributes: Vec<(String, Attribute)>,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attribute {
    /// A text, in which `${…}` may stand.
    Text(String),
    /// A list.
    List(Vec<Attribute>),
    /// A map.
    Map(Vec<(String, Attribute)>),
    /// Anything else, as written.
    Open(String),
}

/// Deeper than anybody writes.
const DEPTH_MAX: usize = 32;

/// The blocks of `text`. What is no block is passed over.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut reader = Reader { text, letters: text.char_indices().peekable(), line: 1 };
    let mut blocks = Vec::new();
    while reader.skip_blank() {
        let line = reader.line;
        let kind = reader.word();
        if kind.is_empty() {
            reader.next();
            continue;
        }
        let mut label = String::new();
        reader.skip_spaces();
        while reader.peek() == Some('"') {
            label = reader.quoted();
            reader.skip_spaces();
        }
        match reader.peek() {
            Some('{') => {
                reader.next();
                let attributes = reader.entries('}', 0);
                blocks.push(Block { kind, label, line, attributes });
            }
            _ => drop(reader.rest_of_line()),
        }
    }
    blocks
}

struct Reader<'t> {
    text: &'t str,
    letters: Peekable<CharIndices<'t>>,
    line: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.letters.peek().map(|(_, letter)| *letter)
    }

    fn next(&mut self) -> Option<char> {
        let (_, letter) = self.letters.next()?;
        self.line += usize::from(letter == '\n');
        Some(letter)
    }

    fn at(&mut self) -> usize {
        self.letters.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn ahead(&mut self) -> &str {
        let at = self.at();
        self.text.get(at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(|letter| letter == ' ' || letter == '\t') {
            self.next();
        }
    }

    /// Passes over blanks, line ends and comments; whether anything is left.
    fn skip_blank(&mut self) -> bool {
        loop {
            while self.peek().is_some_and(char::is_whitespace) {
                self.next();
            }
            if self.peek() == Some('#') || self.ahead().starts_with("//") {
                while self.peek().is_some_and(|letter| letter != '\n') {
                    self.next();
                }
            } else if self.ahead().starts_with("/*") {
                let end = self.ahead().find("*/").map_or(usize::MAX, |end| end + 2);
                let until = self.at().saturating_add(end);
                while self.at() < until && self.next().is_some() {}
            } else {
                return self.peek().is_some();
            }
        }
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.peek().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            word.push(letter);
            self.next();
        }
        word
    }

    /// The text of a quoted string, whose quote comes next.
    fn quoted(&mut self) -> String {
        self.next();
        let (mut text, mut depth) = (String::new(), 0_usize);
        while let Some(letter) = self.next() {
            match letter {
                '"' if depth == 0 => break,
                '\\' => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other) => text.push(other),
                    None => break,
                },
                '{' if depth > 0 || text.ends_with('$') => {
                    depth += 1;
                    text.push(letter);
                }
                '}' => {
                    depth = depth.saturating_sub(1);
                    text.push(letter);
                }
                _ => text.push(letter),
            }
        }
        text
    }

    /// `KEY = VALUE` pairs up to `end`.
    fn entries(&mut self, end: char, depth: usize) -> Vec<(String, Attribute)> {
        let mut entries = Vec::new();
        while self.skip_blank() {
            match self.peek() {
                Some(letter) if letter == end => {
                    self.next();
                    break;
                }
                Some(',') => drop(self.next()),
                Some('"') => {
                    let key = self.quoted();
                    self.entry(key, depth, &mut entries);
                }
                _ => {
                    let key = self.word();
                    if key.is_empty() {
                        self.next();
                    } else {
                        self.entry(key, depth, &mut entries);
                    }
                }
            }
        }
        entries
    }

    fn entry(&mut self, key: String, depth: usize, entries: &mut Vec<(String, Attribute)>) {
        self.skip_spaces();
        match self.peek() {
            Some('=' | ':') => {
                self.next();
                let value = self.value(depth);
                entries.push((key, value));
            }
            // A block within.
            Some('{') if depth < DEPTH_MAX => {
                self.next();
                self.entries('}', depth + 1);
            }
            _ => {}
        }
    }

    fn value(&mut self, depth: usize) -> Attribute {
        self.skip_blank();
        let start = self.at();
        let value = match self.peek() {
            Some('"') => Attribute::Text(self.quoted()),
            Some('[') if depth < DEPTH_MAX => self.list(depth),
            Some('{') if depth < DEPTH_MAX => {
                self.next();
                Attribute::Map(self.entries('}', depth + 1))
            }
            _ => return self.open(start),
        };
        self.skip_spaces();
        match self.peek() {
            None | Some(',' | ']' | '}' | '\n' | '\r' | '#' | '/') => value,
            _ => self.open(start),
        }
    }

    fn list(&mut self, depth: usize) -> Attribute {
        self.next();
        let mut items = Vec::new();
        while self.skip_blank() {
            match self.peek() {
                Some(']') => {
                    self.next();
                    break;
                }
                Some(',') => drop(self.next()),
                _ => {
                    let before = self.at();
                    items.push(self.value(depth + 1));
                    if self.at() == before {
                        self.next();
                    }
                }
            }
        }
        Attribute::List(items)
    }

    /// An expression from `start` on, which ends with its line or before what closes around it.
    fn open(&mut self, start: usize) -> Attribute {
        let mut depth = 0_usize;
        while let Some(letter) = self.peek() {
            match letter {
                '"' => {
                    self.quoted();
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => break,
                ')' | ']' | '}' => depth -= 1,
                '\n' | ',' if depth == 0 => break,
                _ => {}
            }
            self.next();
        }
        let end = self.at();
        Attribute::Open(self.text.get(start..end).unwrap_or_default().trim().to_owned())
    }

    fn rest_of_line(&mut self) -> Attribute {
        let start = self.at();
        self.open(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_files_are_read() {
        let text = "# a\nvariable \"TAG\" { default = \"1\" }\n/* b\n */ group \"default\" {\n  targets = [\"api\"]\n}\n\ntarget \"api\" {\n  context = \".\" // here\n  tags = [\n    \"acme/api:${TAG}\", # one\n    notequal(\"\", TAG) ? \"a,b\" : \"\",\n  ]\n  args = { A = \"1\", \"B\" : null }\n  x = y ? [1] : {\n  }\n  attest { type = \"sbom\" }\n}\nfunction \"f\" { result = upper(x) }\n";
        let blocks = blocks(text);
        let brief: Vec<_> = blocks.iter().map(|it| (&*it.kind, &*it.label, it.line)).collect();
        assert_eq!(
            brief,
            [("variable", "TAG", 2), ("group", "default", 4), ("target", "api", 8), ("function", "f", 19)]
        );
        let text = |text: &str| Attribute::Text(text.to_owned());
        let open = |text: &str| Attribute::Open(text.to_owned());
        let expected = [
            ("context", text(".")),
            (
                "tags",
                Attribute::List(vec![text("acme/api:${TAG}"), open("notequal(\"\", TAG) ? \"a,b\" : \"\"")]),
            ),
            ("args", Attribute::Map(vec![("A".to_owned(), text("1")), ("B".to_owned(), open("null"))])),
            ("x", open("y ? [1] : {\n  }")),
        ];
        assert_eq!(blocks[2].attributes, expected.map(|(key, value)| (key.to_owned(), value)));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\PC|\n|target \"x\" \\{|[\\[\\]{}=\",:$()#]|//|/\\*|\\*/|é){0,60}") {
            blocks(&text);
        }
    }
}

//! Brackets: `[abc]`, `[^0-9]`, `[[:alpha:]]`.
//!
//! picomatch hands brackets to its regular expression, so that `^` negates and `!` does not: `[!a]` is `!` or
//! `a`. Three things it adds:
//!
//! - A negated class leaves out the slash, unless a POSIX class is in it.
//! - Brackets without any of `-*+?.^${}(|)[]` match as they are written, too: `[id]` matches `i`, `d` and the
//!   text `[id]`.
//! - A POSIX class is replaced by its characters, whatever surrounds it.

use super::error::{PatternError, Refusal};
use super::escape::escaped;
use super::tree::{Node, SLASH, UnitSet};

/// Brackets that have been read.
pub(super) struct Brackets {
    pub(super) node: Node,
    /// The place behind the `]`.
    pub(super) end: usize,
    /// Whether a class such as `[:alpha:]` is in them.
    pub(super) posix: bool,
}

/// The characters that make brackets a class only. A negating `^` is one.
const SPECIAL: &str = "-*+?.^${}(|)[]";

/// A part of what is in the brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Unit(u16),
    /// A `-` without a backslash: makes a range of the items at its sides.
    Dash,
    /// A range of a POSIX class.
    Range(u16, u16),
}

/// Reads the brackets that open at `open`.
pub(super) fn read(text: &[char], open: usize) -> Result<Brackets, PatternError> {
    let mut reader = Reader { text, at: open + 1, literal: vec!['['], ..Reader::default() };
    let negated = reader.peek(0) == Some('^');
    if negated {
        reader.take('^');
    }
    loop {
        let refuse = |refusal| Err(PatternError::new(refusal, reader.at));
        match reader.peek(0) {
            None => return Err(PatternError::new(Refusal::Unclosed('['), open)),
            Some(']') if !reader.items.is_empty() => break,
            Some('\\') => {
                let (character, end) = escaped(text, reader.at)?;
                reader.at = end - 1;
                reader.bracket_inside |= character == '[';
                reader.take(character);
                reader.push_units(character);
            }
            Some('[') if reader.peek(1) == Some(':') => reader.posix_class()?,
            Some(':') if reader.bracket_inside => return refuse(Refusal::ClassColon),
            Some('-') if reader.peek(1) != Some(']') => {
                if matches!(reader.items.last(), Some(Item::Range(..))) {
                    return refuse(Refusal::ClassDash);
                }
                reader.take('-');
                reader.items.push(Item::Dash);
            }
            Some(character) => {
                reader.bracket_inside |= character == '[';
                reader.take(character);
                reader.push_units(character);
            }
        }
    }
    let mut ranges = ranges(&reader.items).ok_or_else(|| PatternError::new(Refusal::ClassRange, open))?;
    if negated && !reader.posix {
        ranges.push((SLASH, SLASH));
    }
    let class = Node::Unit(UnitSet::Class { ranges, negated });
    let node = if reader.special {
        class
    } else {
        let text: String = reader.literal.iter().chain([&']']).collect();
        Node::OneOf(vec![Node::Sequence(Node::literal(&text).collect()), class])
    };
    Ok(Brackets { node, end: reader.at + 1, posix: reader.posix })
}

#[derive(Default)]
struct Reader<'p> {
    text: &'p [char],
    at: usize,
    items: Vec<Item>,
    /// The text that brackets without special characters match, too.
    literal: Vec<char>,
    special: bool,
    posix: bool,
    /// Whether picomatch would look for a POSIX class at a `:`.
    bracket_inside: bool,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn take(&mut self, character: char) {
        self.at += 1;
        self.special |= SPECIAL.contains(character);
        self.literal.push(character);
    }

    /// In a class, the two halves of a character beyond U+FFFF are two members.
    fn push_units(&mut self, character: char) {
        self.items.extend(character.encode_utf16(&mut [0; 2]).iter().copied().map(Item::Unit));
    }

    /// Reads `[:name:]`. A `-` beside it is refused: it would make a range of the class's first or last text.
    fn posix_class(&mut self) -> Result<(), PatternError> {
        let refuse = |refusal| Err(PatternError::new(refusal, self.at));
        let name: String =
            self.text.iter().skip(self.at + 2).take_while(|letter| letter.is_ascii_lowercase()).collect();
        let end = self.at + 2 + name.len();
        let Some(class) =
            PosixClass::named(&name).filter(|_| self.text.get(end..end + 2) == Some(&[':', ']']))
        else {
            return refuse(Refusal::ClassName);
        };
        if self.items.last() == Some(&Item::Dash) {
            return refuse(Refusal::ClassDash);
        }
        self.at = end + 2;
        self.posix = true;
        self.special |= class.is_special;
        self.bracket_inside |= name == "punct";
        self.literal.extend(class.ranges.iter().map(|(first, _)| char::from(*first)));
        let range = |(first, last): &(u8, u8)| Item::Range(u16::from(*first), u16::from(*last));
        self.items.extend(class.ranges.iter().map(range));
        Ok(())
    }
}

/// A POSIX class as picomatch knows it: ASCII only.
struct PosixClass {
    ranges: &'static [(u8, u8)],
    /// Whether picomatch's text for it has special characters.
    is_special: bool,
}

impl PosixClass {
    fn named(name: &str) -> Option<Self> {
        let (ranges, is_special): (&[(u8, u8)], bool) = match name {
            "alnum" => (&[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')], true),
            "alpha" => (&[(b'a', b'z'), (b'A', b'Z')], true),
            "ascii" => (&[(0, 0x7F)], true),
            "blank" => (&[(b' ', b' '), (b'\t', b'\t')], false),
            "cntrl" => (&[(0, 0x1F), (0x7F, 0x7F)], true),
            "digit" => (&[(b'0', b'9')], true),
            "graph" => (&[(0x21, 0x7E)], true),
            "lower" => (&[(b'a', b'z')], true),
            "print" => (&[(0x20, 0x7E)], true),
            "punct" => (&[(b'!', b'/'), (b':', b'@'), (b'[', b'['), (b']', b'`'), (b'{', b'~')], true),
            "space" => {
                let each = &[
                    (b' ', b' '),
                    (b'\t', b'\t'),
                    (b'\r', b'\r'),
                    (b'\n', b'\n'),
                    (0x0B, 0x0B),
                    (0x0C, 0x0C),
                ];
                (each, false)
            }
            "upper" => (&[(b'A', b'Z')], true),
            "word" => (&[(b'A', b'Z'), (b'a', b'z'), (b'0', b'9'), (b'_', b'_')], true),
            "xdigit" => (&[(b'A', b'F'), (b'a', b'f'), (b'0', b'9')], true),
            _ => return None,
        };
        Some(PosixClass { ranges, is_special })
    }
}

/// The ranges of a class, unless one ends before it begins.
fn ranges(items: &[Item]) -> Option<Vec<(u16, u16)>> {
    let unit = |item: &Item| match item {
        Item::Unit(unit) => *unit,
        Item::Dash => u16::from(b'-'),
        Item::Range(first, _) => *first,
    };
    let mut ranges = Vec::new();
    let mut rest = items;
    loop {
        rest = match rest {
            [] => return Some(ranges),
            [Item::Range(first, last), rest @ ..] => {
                ranges.push((*first, *last));
                rest
            }
            [first, Item::Dash, last, rest @ ..] => {
                ranges.push((unit(first), unit(last)));
                rest
            }
            [single, rest @ ..] => {
                ranges.push((unit(single), unit(single)));
                rest
            }
        };
        if ranges.last().is_some_and(|(first, last)| first > last) {
            return None;
        }
    }
}

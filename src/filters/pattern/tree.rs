//! What a pattern means, as a tree.
//!
//! picomatch turns a pattern into a regular expression of JavaScript without the `u` flag. This tree has what
//! such an expression can say, no more, and is read the same way: over UTF-16 code units, from the start of
//! the path to its end.

/// A part of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// One code unit out of a set.
    Unit(UnitSet),
    /// Nothing, where the assertion holds.
    Assert(Assertion),
    /// Nothing, where the part does not match, up to any later place.
    NotAhead(Box<Node>),
    /// The parts after each other.
    Sequence(Vec<Node>),
    /// One of the parts.
    OneOf(Vec<Node>),
    /// The part again and again.
    Repeat(Box<Node>, Times),
}

/// How often a part is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// Never or once.
    Optional,
    /// Any number of times, never included.
    Any,
    /// Once or more.
    Some,
}

/// A set of UTF-16 code units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UnitSet {
    /// The one.
    One(u16),
    /// All but the slash.
    NotSlash,
    /// All but line breaks: the `.` of JavaScript.
    NotLineBreak,
    /// All within the ranges (ends included), or all others.
    Class { ranges: Vec<(u16, u16)>, negated: bool },
}

/// A condition on a place in a path. Every one looks at four code units at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    /// The start of the path.
    Start,
    /// The end of the path.
    End,
    /// A code unit follows, and it is no line break.
    Something,
    /// What follows up to the next slash is neither `.` nor `..`.
    NoDots,
    /// What follows up to the next slash is neither nothing nor `.`: the place is behind a `.`.
    NoDotBehindDot,
    /// No component `.` or `..` begins here, or behind the slash that stands here.
    NoDotsComponent,
}

pub(super) const SLASH: u16 = b'/' as u16;
const DOT: u16 = b'.' as u16;

/// Whether JavaScript's `.` leaves out the code unit.
pub(super) fn is_line_break(unit: u16) -> bool {
    matches!(unit, 0x0A | 0x0D | 0x2028 | 0x2029)
}

impl UnitSet {
    /// Whether the code unit is in the set.
    pub(super) fn contains(&self, unit: u16) -> bool {
        match self {
            UnitSet::One(one) => *one == unit,
            UnitSet::NotSlash => unit != SLASH,
            UnitSet::NotLineBreak => !is_line_break(unit),
            UnitSet::Class { ranges, negated } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&unit)) != *negated
            }
        }
    }
}

impl Assertion {
    /// Whether the condition holds at the place `at` of the path.
    pub(super) fn holds(self, path: &[u16], at: usize) -> bool {
        let unit = path.get(at).copied();
        match self {
            Assertion::Start => at == 0,
            Assertion::End => unit.is_none(),
            Assertion::Something => unit.is_some_and(|unit| !is_line_break(unit)),
            Assertion::NoDots => !(1..=2).contains(&dots_only(path, at).unwrap_or(0)),
            Assertion::NoDotBehindDot => dots_only(path, at).is_none_or(|dots| dots > 1),
            Assertion::NoDotsComponent => {
                (at != 0 || Assertion::NoDots.holds(path, at))
                    && (unit != Some(SLASH) || Assertion::NoDots.holds(path, at + 1))
            }
        }
    }
}

/// How many dots stand between `at` and the next slash or the end, if nothing else does and they are few.
fn dots_only(path: &[u16], at: usize) -> Option<usize> {
    let dots = path.iter().skip(at).take(3).take_while(|unit| **unit == DOT).count();
    path.get(at + dots).is_none_or(|unit| *unit == SLASH).then_some(dots)
}

impl Node {
    /// The code units of a character, which are two beyond U+FFFF.
    pub(super) fn units(character: char) -> impl Iterator<Item = Node> {
        let mut buffer = [0; 2];
        let count = character.encode_utf16(&mut buffer).len();
        buffer.into_iter().take(count).map(|unit| Node::Unit(UnitSet::One(unit)))
    }

    /// The text as it is.
    pub(super) fn literal(text: &str) -> impl Iterator<Item = Node> {
        text.encode_utf16().map(|unit| Node::Unit(UnitSet::One(unit)))
    }

    /// A slash.
    pub(super) fn slash() -> Node {
        Node::Unit(UnitSet::One(SLASH))
    }

    /// `?`: anything but a slash.
    pub(super) fn any_unit() -> Node {
        Node::Unit(UnitSet::NotSlash)
    }

    /// `*`: any text within a component.
    pub(super) fn star() -> Node {
        Node::any_unit().repeated(Times::Any)
    }

    /// `**`: any text on one line that enters no component `.` or `..`.
    pub(super) fn globstar() -> Node {
        let step = vec![Node::Assert(Assertion::NoDotsComponent), Node::Unit(UnitSet::NotLineBreak)];
        Node::Sequence(step).repeated(Times::Any)
    }

    /// The part, repeated.
    pub(super) fn repeated(self, times: Times) -> Node {
        Node::Repeat(Box::new(self), times)
    }
}

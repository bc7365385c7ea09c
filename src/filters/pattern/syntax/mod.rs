//! The dialect: what each construct of a pattern means.
//!
//! | written | matches |
//! |---|---|
//! | `?` | one code unit, not a slash |
//! | `*` | any text without a slash; as a whole component not `.` or `..` |
//! | `**` | any text on one line; see below for where it is only a `*` |
//! | `[…]` | one of a class, see `class` |
//! | `{a,b}`, `(a\|b)`, `@(a\|b)` | one of the alternatives |
//! | `?(a\|b)`, `*(a\|b)`, `+(a\|b)` | them at most once, any number of times, at least once |
//! | `!(a\|b)` | a `*` from a place where none of them lies ahead, see `Parser::close_negation` |
//! | `{1..3}` | the class `[1-3]`, whatever the ends are |
//! | `!a` | what `a` does not match; `!!a` is `a` again |
//! | `\x` | the character `x` |
//!
//! Everything else matches itself; `./` at the start is left out. picomatch's oddities are, by the names that they
//! have in the comments here:
//!
//! - *Crossing stars.* `**` crosses slashes only at the start, behind a slash or a parenthesis, and inside
//!   braces behind a comma or a brace; and only if a slash, a parenthesis, the end, or inside braces a comma or
//!   a brace follows. Elsewhere it is a `*`.
//! - *Guard.* A star where a component begins matches neither `.` nor `..`, and behind a `.` there neither
//!   nothing nor `.`.
//! - *Even negation.* Behind an even number of `!`, a star at the start has no guard, and `./` is not left out.
//! - *Tolerated slash.* A pattern that ends in `*` or `]` matches with a slash behind it.
//! - *Regular expression showing through.* A `+` behind a bracket, brace or parenthesis, or anywhere inside
//!   parentheses, repeats the token before it, and a `?` after `)` makes the group optional. `|` separates
//!   alternatives everywhere, even outside of all groups.
//! - *Rebuilt expressions.* A brace range, a POSIX class or `***` makes picomatch put its expression together
//!   again from its tokens, which have lost text where two tokens of text met. That is refused. What remains
//!   different is a leading `**/`, which then takes no component `.` or `..`.
//! - *Literal braces.* Braces without a comma stand for themselves. Their content is put together again in the
//!   same way, and is refused if that changes it.

mod groups;
mod stars;
mod text;

use super::error::{PatternError, Rebuild, Refusal};
use super::shortcut;
use super::tree::{Assertion, Node, Times};

/// The longest pattern, in characters: bounds the size of the program.
const MAX_LENGTH: usize = 10_000;

/// How deep groups may stand inside each other: bounds recursion over the tree.
const MAX_DEPTH: usize = 100;

/// Characters that end a token of plain text.
const SPECIAL: &str = "@![].,$*+?^{}()|\\/";

/// Reads a pattern: its tree, and whether it is negated.
pub(super) fn parse(pattern: &str) -> Result<(Node, bool), PatternError> {
    let text: Vec<char> = pattern.chars().collect();
    let refuse = |refusal, at| Err(PatternError::new(refusal, at));
    if text.is_empty() {
        return refuse(Refusal::Empty, 0);
    }
    if text.len() > MAX_LENGTH {
        return refuse(Refusal::TooLong { limit: MAX_LENGTH }, MAX_LENGTH);
    }
    if let Some(at) = text.iter().position(|character| *character == '\0') {
        return refuse(Refusal::Nul, at);
    }
    if shortcut::OBJECT_MEMBERS.contains(&pattern) {
        return refuse(Refusal::ObjectMember, 0);
    }
    let replaced = shortcut::replacement(pattern);
    if let Some(tree) = shortcut::common(replaced) {
        return Ok((tree, false));
    }
    let begin = if pattern.starts_with("./") { 2 } else { 0 };
    if shortcut::is_flat(pattern.get(begin..).unwrap_or_default()) {
        return Ok((shortcut::flat(&text, begin)?, false));
    }
    let bangs = leading_bangs(&text, begin);
    let mut parser = Parser::new(&text, begin + bangs);
    if bangs > 0 && bangs.is_multiple_of(2) {
        // Even negation: picomatch does not count the last one, and takes the start of the rest for its middle.
        parser.start -= 1;
    }
    Ok((parser.read()?, bangs % 2 == 1))
}

/// How many `!` negate; one before `(` belongs to the group.
fn leading_bangs(text: &[char], begin: usize) -> usize {
    let bangs = text.iter().skip(begin).take_while(|character| **character == '!').count();
    if text.get(begin + bangs) == Some(&'(') { bangs.saturating_sub(1) } else { bangs }
}

/// The tokens before a position. The meaning of a token depends on at most two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Start,
    /// Literal text; `is_changed` if the regular expression spells it with a backslash.
    Text {
        is_changed: bool,
    },
    /// A `.` where a component begins, or inside a group.
    Dot,
    Slash,
    AnyUnit,
    Star,
    Globstar,
    Brackets,
    Open,
    Close,
    OpenBrace,
    CloseBrace,
    Comma,
    Plus,
}

/// What groups a part of the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    /// `(…)` and `@(…)`.
    Plain,
    /// `?(…)`, `*(…)` and `+(…)`.
    Repeated(Times),
    /// `!(…)`
    Negation,
    Brace,
}

/// A group that is being read.
#[derive(Debug)]
struct Group {
    kind: Kind,
    opened_at: usize,
    alternatives: Vec<Node>,
    /// The alternative that is being read.
    sequence: Vec<Node>,
    has_comma: bool,
    traits: Traits,
}

/// What picomatch remembers of a group's text.
#[derive(Debug, Clone, Copy, Default)]
struct Traits {
    /// Tokens, parentheses not counted.
    tokens: usize,
    has_slash: bool,
    has_star: bool,
    /// Tokens that are spelled otherwise in literal braces.
    is_distorted: bool,
}

/// Reads a pattern from its start to its end, with the groups that are open on a stack.
struct Parser<'p> {
    text: &'p [char],
    /// The next character.
    at: usize,
    /// Where the pattern begins behind `!` and `./`.
    start: usize,
    group: Group,
    /// The groups around it, the whole pattern first.
    around: Vec<Group>,
    /// The token before the next one, and the one before that.
    behind: [Token; 2],
    /// Why picomatch rebuilds the expression, if it does.
    rebuilt_by: Option<Rebuild>,
    /// Where text is lost if the expression is rebuilt.
    lost_text: Option<usize>,
    /// Whether the pattern begins with `**/` that forgoes the guard of a leading star.
    is_unguarded: bool,
}

impl<'p> Parser<'p> {
    fn new(text: &'p [char], start: usize) -> Self {
        Parser {
            text,
            at: start,
            start,
            group: Group::new(Kind::Whole, start),
            around: Vec::new(),
            behind: [Token::Start; 2],
            rebuilt_by: None,
            lost_text: None,
            is_unguarded: false,
        }
    }

    /// Reads to the end.
    fn read(mut self) -> Result<Node, PatternError> {
        while let Some(character) = self.peek(0) {
            match character {
                '\\' => self.escape()?,
                '[' => self.brackets()?,
                '(' => self.open(Kind::Plain, self.at)?,
                ')' => self.close()?,
                '{' => self.open_brace()?,
                '}' => self.close_brace()?,
                '?' | '+' | '@' | '!' if self.peek(1) == Some('(') => self.open_extglob(character)?,
                '*' => self.stars()?,
                '?' => self.question_mark()?,
                '+' => self.plus()?,
                '|' => self.bar(),
                ',' => self.comma(),
                '/' => self.slash(),
                '.' => self.dot()?,
                '"' => return Err(self.refusal(Refusal::Quote)),
                _ => self.text(),
            }
        }
        self.finish()
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn refusal(&self, refusal: Refusal) -> PatternError {
        PatternError::new(refusal, self.at)
    }

    /// Notes that `token` has been read.
    fn push(&mut self, token: Token) {
        self.behind = [token, self.behind[0]];
        if !matches!(token, Token::Open | Token::Close) {
            self.group.traits.tokens += 1;
        }
    }

    fn is_behind(&self, token: Token) -> bool {
        self.behind[0] == token
    }

    fn is_inside(&self, is_kind: impl Fn(Kind) -> bool) -> bool {
        self.around.iter().skip(1).chain([&self.group]).any(|group| is_kind(group.kind))
    }

    fn is_in_braces(&self) -> bool {
        self.is_inside(|kind| kind == Kind::Brace)
    }

    fn is_in_parentheses(&self) -> bool {
        self.is_inside(|kind| !matches!(kind, Kind::Brace | Kind::Whole))
    }

    /// Ends the pattern here.
    fn finish(mut self) -> Result<Node, PatternError> {
        match self.group.kind {
            Kind::Whole => {}
            Kind::Brace => return Err(PatternError::new(Refusal::Unclosed('{'), self.group.opened_at)),
            _ => return Err(PatternError::new(Refusal::Unclosed('('), self.group.opened_at)),
        }
        // The tolerated slash.
        if matches!(self.behind[0], Token::Star | Token::Brackets) {
            self.group.sequence.push(Node::slash().repeated(Times::Optional));
        }
        // The rebuilt expression.
        if let (Some(rebuild), Some(at)) = (self.rebuilt_by, self.lost_text) {
            return Err(PatternError::new(Refusal::Garbled(rebuild), at));
        }
        if self.is_unguarded && self.rebuilt_by.is_some() {
            let first = match self.group.alternatives.first_mut() {
                Some(Node::Sequence(first)) => first,
                _ => &mut self.group.sequence,
            };
            first.insert(0, Node::Assert(Assertion::NoDots));
        }
        Ok(self.group.into_node())
    }
}

impl Group {
    fn new(kind: Kind, opened_at: usize) -> Self {
        Group {
            kind,
            opened_at,
            alternatives: Vec::new(),
            sequence: Vec::new(),
            has_comma: false,
            traits: Traits::default(),
        }
    }

    fn next_alternative(&mut self) {
        self.alternatives.push(Node::Sequence(std::mem::take(&mut self.sequence)));
    }

    /// Whether nothing of the whole pattern has been read.
    fn is_untouched(&self) -> bool {
        self.kind == Kind::Whole && self.alternatives.is_empty() && self.sequence.is_empty()
    }

    fn repeat_last(&mut self, times: Times) {
        if let Some(last) = self.sequence.pop() {
            self.sequence.push(last.repeated(times));
        }
    }

    fn into_node(mut self) -> Node {
        self.next_alternative();
        Node::OneOf(self.alternatives)
    }
}

//! Why a pattern is refused.

use std::fmt;

/// A pattern that picomatch 2.3.1 reads in a way we do not reproduce, or that it never matches with.
///
/// Displays as one line: the construct, which character of the pattern begins it, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    refusal: Refusal,
    column: usize,
}

/// What is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Empty,
    TooLong { limit: usize },
    TooDeep { limit: usize },
    Nul,
    ObjectMember,
    Unclosed(char),
    Unopened(char),
    Quote,
    EndingBackslash,
    ManyBackslashes,
    BackslashLost,
    EscapedSlash,
    RegexEscape(char),
    RegexGroup,
    RegexLookbehind,
    NothingToRepeat,
    RepeatedOperator(char),
    ClassRange,
    ClassName,
    ClassColon,
    ClassDash,
    DotsInBraces,
    LiteralBraces,
    NegationBeforeDot,
    Garbled(Rebuild),
}

/// A construct that makes picomatch put its regular expression together a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rebuild {
    BraceRange,
    PosixClass,
    ThreeStars,
}

impl PatternError {
    /// Refuses the construct that is `before` characters into the pattern.
    pub(super) fn new(refusal: Refusal, before: usize) -> Self {
        PatternError { refusal, column: before + 1 }
    }

    /// The position of the construct: characters into the pattern, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = format!("at character {}", self.column);
        match self.refusal {
            Refusal::Empty => f.write_str("it is empty: write `**` for every path"),
            Refusal::TooLong { limit } => {
                write!(f, "it is longer than {limit} characters: write several patterns")
            }
            Refusal::TooDeep { limit } => {
                write!(f, "there are more than {limit} groups inside each other {at}: write several patterns")
            }
            Refusal::Nul => write!(f, "the NUL {at} can be in no path: remove it"),
            Refusal::ObjectMember => f.write_str(
                "picomatch fails on this name, a member of every JavaScript object: write `./` before it",
            ),
            Refusal::Unclosed(open) => {
                write!(f, "the `{open}` {at} is not closed: write `\\{open}` for the character itself")
            }
            Refusal::Unopened(close) => {
                write!(f, "the `{close}` {at} closes nothing: write `\\{close}` for the character itself")
            }
            Refusal::Quote => {
                write!(
                    f,
                    "the `\"` {at} is part of the pattern: remove the quotes, or write `\\\"` for the character itself"
                )
            }
            Refusal::EndingBackslash => {
                write!(f, "the `\\` {at} ends the pattern: write `\\\\` for the character itself")
            }
            Refusal::ManyBackslashes => {
                write!(
                    f,
                    "there are too many `\\` in a row {at}: write `\\\\` for a single one, `[\\\\]` next to others"
                )
            }
            Refusal::BackslashLost => {
                write!(f, "picomatch drops the `\\\\` {at} because of what follows: write `[\\\\]`")
            }
            Refusal::EscapedSlash => {
                write!(f, "the `\\` {at} escapes a slash, which needs no escape: write `/`")
            }
            Refusal::RegexEscape(name) => write!(
                f,
                "`\\{name}` {at} is an escape of regular expressions: write `{name}` for the character itself"
            ),
            Refusal::RegexGroup => {
                write!(
                    f,
                    "`(?` {at} begins a group of regular expressions: write `(\\?` for the character, `([^/]` for any"
                )
            }
            Refusal::RegexLookbehind => {
                write!(f, "`?<` {at} may begin a group of regular expressions: write `\\?<` or `[<]`")
            }
            Refusal::NothingToRepeat => {
                write!(f, "the `+` {at} follows something that cannot be repeated: write `\\+`")
            }
            Refusal::RepeatedOperator(operator) => write!(
                f,
                "of several `{operator}` in a row {at} picomatch takes one as an operator: write `\\{operator}` for each"
            ),
            Refusal::ClassRange => {
                write!(
                    f,
                    "the brackets {at} contain a range that ends before it begins: write the lower character first"
                )
            }
            Refusal::ClassName => {
                write!(f, "`[:` {at} begins no known class: write one such as `[:alpha:]`, or `\\[`")
            }
            Refusal::ClassColon => {
                write!(f, "the `:` {at} follows a `[` inside brackets: write it before the `[`")
            }
            Refusal::ClassDash => {
                write!(
                    f,
                    "the `-` {at} is next to a class such as `[:alpha:]`: write `\\-` for the character itself"
                )
            }
            Refusal::DotsInBraces => write!(
                f,
                "`..` inside braces {at} is only for a range such as `{{1..3}}`: write separate patterns"
            ),
            Refusal::LiteralBraces => write!(
                f,
                "picomatch changes the text in the braces {at}, which have no comma: remove them, \
                 or write `\\{{` and `\\}}` for the characters"
            ),
            Refusal::NegationBeforeDot => write!(
                f,
                "picomatch misreads what follows the `!(…)` {at} with a `*` in it: write several patterns"
            ),
            Refusal::Garbled(rebuild) => {
                let (by, instead) = match rebuild {
                    Rebuild::BraceRange => ("a range such as `{1..3}`", "`[1-3]` or `{1,2,3}`"),
                    Rebuild::PosixClass => ("a class such as `[:alpha:]`", "`[a-zA-Z]`"),
                    Rebuild::ThreeStars => ("three `*` in a row", "`*` or `**`"),
                };
                write!(f, "picomatch changes the text {at} when the pattern has {by}: write {instead}")
            }
        }
    }
}

impl std::error::Error for PatternError {}

//! One pattern of a `.dockerignore`, of `--exclude` or of `--parents`.
//!
//! moby turns a pattern into a regular expression, unless it is plain text or has `**` at one end only. Its own grammar, that
//! of Go's `filepath.Match`, only decides whether the pattern is valid. What the two understand in different ways is not
//! defined anywhere, and no file is known to depend on it: such a pattern has no answer here.

/// A valid pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// The path itself.
    Exact(String),
    /// What the path begins with: the pattern ended with `**`.
    Prefix(String),
    /// What the path ends with: the pattern began with `**`.
    Suffix(String),
    /// Anything else: what the path certainly begins and ends with, and the whole pattern. Most paths have another end.
    Tokens { begin: String, end: String, tokens: Vec<Token> },
    /// Depends on what no documentation defines.
    Undefined,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Character(char),
    /// `?`.
    One,
    /// `*`.
    Any,
    /// `**` before something else: any number of directories.
    Directories,
    /// `**` at the end.
    Rest,
    /// `[…]`, with its ranges.
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `^`, which to a regular expression is the beginning.
    Begin,
}

impl Pattern {
    /// Reads a pattern that is cleaned as a path; none where it is not valid.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let characters: Vec<char> = text.chars().collect();
        is_valid(&characters)?;
        Some(Pattern(form(text, &characters)))
    }

    /// Whether it means something that is defined.
    pub(super) fn is_defined(&self) -> bool {
        self.0 != Form::Undefined
    }

    /// Whether it matches the whole of `path`; none where that is not defined.
    pub(super) fn matches(&self, path: &str) -> Option<bool> {
        Some(match &self.0 {
            Form::Exact(text) => path == text,
            Form::Prefix(text) => path.starts_with(&**text),
            Form::Suffix(text) => {
                path.ends_with(&**text) || text.strip_prefix('/').is_some_and(|rest| path == rest)
            }
            Form::Tokens { begin, end, tokens } => {
                path.starts_with(&**begin)
                    && path.ends_with(&**end)
                    && match_tokens(tokens, &path.chars().collect::<Vec<_>>())
            }
            Form::Undefined => return None,
        })
    }
}

/// Whether Go's `filepath.Match` accepts the pattern.
fn is_valid(mut rest: &[char]) -> Option<()> {
    while let [first, after @ ..] = rest {
        rest = match first {
            '\\' => after.get(1..)?,
            '[' => valid_class(after)?,
            _ => after,
        };
    }
    Some(())
}

/// What follows a class that begins `rest`, without its opening bracket.
fn valid_class(rest: &[char]) -> Option<&[char]> {
    let mut rest = rest.strip_prefix(&['^']).unwrap_or(rest);
    let mut ranges = 0;
    loop {
        if let ([']', after @ ..], 1..) = (rest, ranges) {
            return Some(after);
        }
        let (_, after) = class_character(rest)?;
        rest = match after {
            ['-', after @ ..] => class_character(after)?.1,
            _ => after,
        };
        ranges += 1;
    }
}

/// A character of a class, and what follows it.
fn class_character(rest: &[char]) -> Option<(char, &[char])> {
    match rest {
        [] | ['-' | ']', ..] | ['\\'] => None,
        // Something has to close the class.
        ['\\', character, after @ ..] | [character, after @ ..] => {
            Some((*character, after)).filter(|_| !after.is_empty())
        }
    }
}

/// What moby makes of a pattern that is valid.
fn form(text: &str, characters: &[char]) -> Form {
    let mut tokens = Vec::new();
    let mut kind = Kind::Exact;
    let mut rest = characters;
    while let [first, after @ ..] = rest {
        let is_first = rest.len() == characters.len();
        rest = after;
        match first {
            '*' if rest.first() == Some(&'*') => {
                rest = rest.get(1..).unwrap_or_default();
                rest = rest.strip_prefix(&['/']).unwrap_or(rest);
                if !rest.is_empty() {
                    tokens.push(Token::Directories);
                    kind = Kind::Tokens;
                } else if kind == Kind::Exact {
                    kind = Kind::Prefix;
                } else {
                    tokens.push(Token::Rest);
                    kind = Kind::Tokens;
                }
                if is_first {
                    kind = Kind::Suffix;
                }
                continue;
            }
            '*' => tokens.push(Token::Any),
            '?' => tokens.push(Token::One),
            '[' => match class(rest) {
                Some((class, after)) => {
                    tokens.push(class);
                    rest = after;
                }
                None => return Form::Undefined,
            },
            '\\' => match rest.split_first() {
                // To a regular expression, a letter or digit behind it means something else.
                Some((escaped, after)) if escaped.is_ascii() && !escaped.is_ascii_alphanumeric() => {
                    tokens.push(Token::Character(*escaped));
                    rest = after;
                }
                _ => return Form::Undefined,
            },
            // Only as a regular expression, it separates two of them.
            '|' if characters.iter().any(|other| "*?[]\\".contains(*other)) => return Form::Undefined,
            // Not among what makes a regular expression of a pattern, but once it is one it is no longer itself.
            '^' => {
                tokens.push(Token::Begin);
                continue;
            }
            character => {
                tokens.push(Token::Character(*character));
                if *character != ']' {
                    continue;
                }
            }
        }
        kind = Kind::Tokens;
    }
    match kind {
        Kind::Exact => Form::Exact(text.to_owned()),
        Kind::Prefix => Form::Prefix(text.get(..text.len().saturating_sub(2)).unwrap_or_default().to_owned()),
        Kind::Suffix => Form::Suffix(text.get(2..).unwrap_or_default().to_owned()),
        Kind::Tokens => {
            let begin = literals(tokens.iter()).collect();
            let end: Vec<char> = literals(tokens.iter().rev()).collect();
            Form::Tokens { begin, end: end.into_iter().rev().collect(), tokens }
        }
    }
}

/// The characters up to the first token that is anything else.
fn literals<'t>(tokens: impl Iterator<Item = &'t Token>) -> impl Iterator<Item = char> {
    tokens.map_while(|token| match token {
        Token::Character(character) => Some(*character),
        _ => None,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exact,
    Prefix,
    Suffix,
    Tokens,
}

/// The class that begins `rest`, and what follows it; none where a regular expression reads it in another way.
fn class(rest: &[char]) -> Option<(Token, &[char])> {
    let (is_negated, mut rest) = match rest.strip_prefix(&['^']) {
        Some(after) => (true, after),
        None => (false, rest),
    };
    let mut ranges = Vec::new();
    loop {
        if let [']', after @ ..] = rest {
            return Some((Token::Class { is_negated, ranges }, after));
        }
        let (low, after) = literal(rest)?;
        let (high, after) = match after {
            ['-', after @ ..] => literal(after)?,
            _ => (low, after),
        };
        if low > high {
            return None;
        }
        ranges.push((low, high));
        rest = after;
    }
}

/// A character of a class that is itself in a regular expression, too.
fn literal(rest: &[char]) -> Option<(char, &[char])> {
    match rest {
        ['\\', character, after @ ..] if character.is_ascii_punctuation() => Some((*character, after)),
        ['*' | '?' | '\\', ..] | ['[', ':', ..] => None,
        [character, after @ ..] => Some((*character, after)),
        [] => None,
    }
}

/// Whether `tokens` match all of `path`. The states are the positions in `tokens` that can be reached, so that the time is
/// proportional to the product of the lengths.
fn match_tokens(tokens: &[Token], path: &[char]) -> bool {
    // A state within `**` that has not yet come to the end of a directory is kept apart.
    let mut at = vec![false; tokens.len() + 1];
    let mut within = vec![false; tokens.len() + 1];
    advance(&mut at, 0, tokens, true);
    for character in path {
        let (mut next, mut next_within) = (vec![false; at.len()], vec![false; at.len()]);
        for (position, token) in tokens.iter().enumerate() {
            let is_at = at.get(position) == Some(&true);
            let is_within = within.get(position) == Some(&true);
            let steps = match token {
                Token::Directories if (is_at || is_within) && *character != '\n' => {
                    set(&mut next_within, position);
                    *character == '/'
                }
                Token::Directories | Token::Begin => false,
                Token::Any | Token::Rest if is_at => {
                    let goes_on = if *token == Token::Any { *character != '/' } else { *character != '\n' };
                    if goes_on {
                        advance(&mut next, position, tokens, false);
                    }
                    false
                }
                Token::Any | Token::Rest => false,
                Token::One => is_at && *character != '/',
                Token::Character(wanted) => is_at && character == wanted,
                Token::Class { is_negated, ranges } => {
                    let is_in = ranges.iter().any(|(low, high)| (low..=high).contains(&character));
                    is_at && is_in != *is_negated
                }
            };
            if steps {
                advance(&mut next, position + 1, tokens, false);
            }
        }
        (at, within) = (next, next_within);
    }
    at.last() == Some(&true)
}

/// Marks `position`, and those behind it that need no character.
fn advance(states: &mut [bool], mut position: usize, tokens: &[Token], is_begin: bool) {
    loop {
        set(states, position);
        match tokens.get(position) {
            Some(Token::Any | Token::Rest | Token::Directories) => position += 1,
            Some(Token::Begin) if is_begin => position += 1,
            _ => return,
        }
    }
}

fn set(states: &mut [bool], position: usize) {
    if let Some(state) = states.get_mut(position) {
        *state = true;
    }
}

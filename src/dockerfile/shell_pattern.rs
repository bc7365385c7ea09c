//! Patterns within variables, such as `${file%.*}` and `${name//-/_}`: `*` and `?`, without classes.

use regex::{Regex, RegexBuilder};

/// The most memory that one may take.
const SIZE_MAX: usize = 1 << 20;

/// A pattern.
pub(super) struct ShellPattern(Vec<Token>);

enum Token {
    Any,
    One,
    Character(char),
}

impl ShellPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A backslash in front of a character that the builder does not let it escape.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            tokens.push(match character {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => match characters.peek().copied() {
                    Some('}' | '/') => continue,
                    Some(escaped @ ('*' | '?' | '\\')) => {
                        characters.next();
                        Token::Character(escaped)
                    }
                    _ => return Err(format!("'{text}' has a backslash that escapes nothing")),
                },
                character => Token::Character(character),
            });
        }
        Ok(ShellPattern(tokens))
    }

    /// `value` without what the pattern matches at its beginning or end, the shortest or longest; none if that is too costly.
    pub(super) fn trimmed(&self, value: &str, is_prefix: bool, is_longest: bool) -> Option<String> {
        let reversed = |text: &str| text.chars().rev().collect::<String>();
        if is_prefix {
            let pattern = regex(self.0.iter(), true, is_longest)?;
            let end = pattern.find(value).map_or(0, |found| found.end());
            return value.get(end..).map(ToOwned::to_owned);
        }
        let pattern = regex(self.0.iter().rev(), true, is_longest)?;
        let value = reversed(value);
        let end = pattern.find(&value).map_or(0, |found| found.end());
        value.get(end..).map(reversed)
    }

    /// `value` with `text` in place of what the pattern matches; none if that is too costly.
    pub(super) fn replaced(&self, value: &str, text: &str, is_all: bool) -> Option<String> {
        // To the builder, a dollar sign means something else where it replaces all of them.
        if is_all && text.contains('$') || value.len().saturating_mul(text.len() + 1) > SIZE_MAX {
            return None;
        }
        let pattern = regex(self.0.iter(), false, true)?;
        let text = regex::NoExpand(text);
        Some(pattern.replacen(value, usize::from(!is_all), text).into_owned())
    }
}

fn regex<'a>(tokens: impl Iterator<Item = &'a Token>, is_anchored: bool, is_longest: bool) -> Option<Regex> {
    let mut text = String::from(if is_anchored { "^" } else { "" });
    for token in tokens {
        match token {
            Token::Any if is_longest => text.push_str(".*"),
            Token::Any => text.push_str(".*?"),
            Token::One => text.push('.'),
            Token::Character(character) => text.push_str(&regex::escape(&character.to_string())),
        }
    }
    RegexBuilder::new(&text).size_limit(SIZE_MAX).build().ok()
}

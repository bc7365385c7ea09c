//! Patterns of the sources of `COPY` and `ADD`: the grammar and meaning of Go's `filepath.Match`, of which BuildKit ignores
//! that it works on directories: a class such as `[^a]` may be a slash.

/// A pattern, of which any beginning of a path may be matched that ends with a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Character(char),
    /// `?`.
    One,
    /// `*`.
    Any,
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Glob {
    /// The pattern of a path that is clean: what is in front of the first part with a wildcard is that text, also where it has
    /// a backslash.
    ///
    /// # Errors
    /// It is not a pattern.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        let first = parts.iter().position(|part| has_wildcards(part)).unwrap_or(parts.len());
        let literal = parts.get(..first)?.join("/");
        let pattern = parts.get(first..)?.join("/");
        let mut tokens: Vec<Token> = literal.chars().map(Token::Character).collect();
        if !literal.is_empty() && !pattern.is_empty() {
            tokens.push(Token::Character('/'));
        }
        let characters: Vec<char> = pattern.chars().collect();
        let mut rest = &*characters;
        while let Some((token, after)) = token(rest)? {
            tokens.push(token);
            rest = after;
        }
        Some(Glob(tokens))
    }

    /// The pattern that matches just `path`.
    pub(super) fn literal(path: &str) -> Self {
        Glob(path.chars().map(Token::Character).collect())
    }

    /// The bytes of `path`, from `start` on, that it matches, each as its end: the whole of `path`, or up to a slash.
    pub(super) fn ends(&self, path: &str, start: usize) -> Vec<usize> {
        let mut ends = Vec::new();
        self.walk(path, start, |end| ends.push(end));
        ends
    }

    /// Whether it may match a path below `directory`.
    pub(super) fn goes_below(&self, directory: &str) -> bool {
        self.walk(&format!("{directory}/"), 0, |_| ())
    }

    /// Whether more could be matched at the end. The time is proportional to the product of the lengths.
    fn walk(&self, path: &str, start: usize, mut found: impl FnMut(usize)) -> bool {
        let mut at = vec![false; self.0.len() + 1];
        self.advance(&mut at, 0);
        let text = path.get(start..).unwrap_or_default();
        for (offset, character) in text.char_indices() {
            if character == '/' && at.last() == Some(&true) {
                found(start + offset);
            }
            let mut next = vec![false; at.len()];
            for (position, token) in
                self.0.iter().enumerate().filter(|(position, _)| at.get(*position) == Some(&true))
            {
                match token {
                    Token::Any if character != '/' => self.advance(&mut next, position),
                    Token::One if character != '/' => self.advance(&mut next, position + 1),
                    Token::Character(wanted) if *wanted == character => self.advance(&mut next, position + 1),
                    Token::Class { is_negated, ranges } => {
                        let is_in = ranges.iter().any(|(low, high)| (low..=high).contains(&&character));
                        if is_in != *is_negated {
                            self.advance(&mut next, position + 1);
                        }
                    }
                    _ => {}
                }
            }
            at = next;
            if !at.contains(&true) {
                return false;
            }
        }
        if at.last() == Some(&true) {
            found(path.len());
        }
        at.contains(&true)
    }

    /// Marks `position`, and those behind it that need no character.
    fn advance(&self, states: &mut [bool], mut position: usize) {
        loop {
            if let Some(state) = states.get_mut(position) {
                *state = true;
            }
            match self.0.get(position) {
                Some(Token::Any) => position += 1,
                _ => return,
            }
        }
    }
}

/// Whether the builder takes a part of a path for a pattern.
pub(super) fn has_wildcards(part: &str) -> bool {
    let mut characters = part.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// The token that begins `rest`, and what follows it; none of it at the end, and none where it is not valid.
#[expect(clippy::option_option, reason = "the outer one is an error")]
fn token(rest: &[char]) -> Option<Option<(Token, &[char])>> {
    Some(Some(match rest {
        [] => return Some(None),
        ['*', after @ ..] => (Token::Any, after),
        ['?', after @ ..] => (Token::One, after),
        ['[', after @ ..] => class(after)?,
        ['\\', character, after @ ..] => (Token::Character(*character), after),
        ['\\'] => return None,
        [character, after @ ..] => (Token::Character(*character), after),
    }))
}

fn class(rest: &[char]) -> Option<(Token, &[char])> {
    let (is_negated, mut rest) = rest.strip_prefix(&['^']).map_or((false, rest), |rest| (true, rest));
    let mut ranges = Vec::new();
    loop {
        if let ([']', after @ ..], false) = (rest, ranges.is_empty()) {
            return Some((Token::Class { is_negated, ranges }, after));
        }
        let (low, after) = class_character(rest)?;
        let (high, after) = match after {
            ['-', after @ ..] => class_character(after)?,
            _ => (low, after),
        };
        ranges.push((low, high));
        rest = after;
    }
}

fn class_character(rest: &[char]) -> Option<(char, &[char])> {
    match rest {
        [] | ['-' | ']', ..] | ['\\'] => None,
        ['\\', character, after @ ..] | [character, after @ ..] => Some((*character, after)),
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn paths_are_matched_as_by_go() {
        for (pattern, paths, others) in [
            ("a", vec!["a", "a/b", "a/b/c"], vec!["ab", "b/a", "b"]),
            ("a/b.txt", vec!["a/b.txt"], vec!["a", "a/bxtxt"]),
            ("*", vec!["a", "a/b", ".x"], vec![]),
            ("*.txt", vec!["a.txt", ".txt", "a.txt/b"], vec!["a/b.txt", "a.txt2"]),
            ("a/*/c", vec!["a/b/c", "a/b/c/d"], vec!["a/c", "a/b/d", "a/b/b/c"]),
            ("?", vec!["a", "é", "a/b"], vec!["ab"]),
            ("[a-c]x", vec!["ax", "cx"], vec!["dx", "x"]),
            ("[^a-c]x", vec!["dx"], vec!["ax", "x"]),
            ("a[^b]c", vec!["axc", "a/c"], vec!["abc"]),
            ("[\\]]", vec!["]"], vec!["\\"]),
            ("\\*", vec!["\\*"], vec!["*", "a"]),
            ("a\\b/*", vec!["a\\b/c"], vec!["ab/c"]),
            ("*/\\a", vec!["x/a"], vec!["x/\\a"]),
            ("**", vec!["a", "a/b"], vec![]),
            ("**/a", vec!["b/a"], vec!["a", "c/b/a"]),
            ("a*b*c", vec!["abc", "axbxc", "abbcc"], vec!["ab", "ac"]),
        ] {
            let glob = Glob::parse(pattern).expect(pattern);
            for path in paths {
                assert!(!glob.ends(path, 0).is_empty(), "{pattern} {path}");
            }
            for path in others {
                assert!(glob.ends(path, 0).is_empty(), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn what_go_does_not_accept_is_not_a_pattern() {
        for pattern in ["[", "[a", "[]a]", "[-a]", "[a-]", "[a-", "*\\", "[\\", "[^]", "[^]a]"] {
            assert_eq!(Glob::parse(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_may_go_below_a_directory() {
        for (pattern, directory, goes_below) in [
            ("a/b", "a", true),
            ("a/b", "c", false),
            ("*/b", "c", true),
            ("a", "a", false),
            ("*.txt", "a", false),
        ] {
            assert_eq!(Glob::parse(pattern).unwrap().goes_below(directory), goes_below, "{pattern}");
        }
    }
}

//! Commits by their message: `REV^{/TEXT}`.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use gix::bstr::ByteSlice as _;
use regex::bytes::Regex;

use super::{Commit, Resolver};
use crate::error::Result;

impl Resolver<'_> {
    /// The newest commit behind `tip` (which counts) whose message matches `text`.
    pub(super) fn newest_matching(&self, tip: Commit, text: &[u8]) -> Result<Option<gix::ObjectId>> {
        // git looks no further than the first brace here.
        if text.is_empty() || text.starts_with(b"}") {
            return Ok(Some(tip.id));
        }
        let (pattern, negated) = match text {
            [b'!', b'-', pattern @ ..] => (pattern, true),
            [b'!', b'!', ..] => (text.get(1..).unwrap_or_default(), false),
            [b'!', ..] => {
                return Ok(self.nothing(
                    "a '!' at the start of a message is reserved",
                    "write '!!' for a message with '!', '!-' for one without the text",
                ));
            }
            _ => (text, false),
        };
        let Some(regex) = translated(pattern) else {
            let cause = "only a part of regular expressions is supported";
            return Ok(self.nothing(cause, "write plain text, '.', '*', '^' and '$', or the commit's hash"));
        };
        self.first_by_date(tip, |data| {
            let message = data.find(b"\n\n").and_then(|end| data.get(end + 2..));
            // git ends a message at a NUL.
            let message = message.map(|message| message.split(|&byte| byte == 0).next().unwrap_or_default());
            message.is_some_and(|message| regex.is_match(message)) != negated
        })
    }

    /// The first commit that `accepts` takes, in the order of their dates, from `tip` back.
    fn first_by_date(&self, tip: Commit, accepts: impl Fn(&[u8]) -> bool) -> Result<Option<gix::ObjectId>> {
        let mut seen = HashSet::from([tip.id]);
        // Of commits with one date, that which was met first.
        let mut queue = BinaryHeap::from([(tip.time, Reverse(0), tip.id)]);
        while let Some((_, _, id)) = queue.pop() {
            let Some(commit) = self.commit(id)? else { continue };
            if accepts(&commit.data) {
                return Ok(Some(id));
            }
            for parent in commit.parents {
                if let Some(parent) = self.commit(parent)?.filter(|parent| seen.insert(parent.id)) {
                    queue.push((parent.time, Reverse(seen.len()), parent.id));
                }
            }
        }
        Ok(self.absent("no commit has a message that matches"))
    }
}

/// A POSIX extended regular expression, of the part that means the same on every system.
fn translated(pattern: &[u8]) -> Option<Regex> {
    let pattern = pattern.to_str().ok()?;
    let mut translation = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    let mut after_atom = false;
    while let Some(character) = characters.next() {
        match character {
            '.' => translation.push('.'),
            '*' if after_atom => translation.push('*'),
            '^' if translation.is_empty() => translation.push('^'),
            '$' if characters.as_str().is_empty() => translation.push('$'),
            '\\' => {
                let escaped = characters.next().filter(|escaped| r".[\()*+?{|^$/".contains(*escaped))?;
                translation.push_str(&regex::escape(escaped.encode_utf8(&mut [0; 4])));
            }
            '*' | '^' | '$' | '[' | '(' | ')' | '+' | '?' | '{' | '|' => return None,
            plain => translation.push_str(&regex::escape(plain.encode_utf8(&mut [0; 4]))),
        }
        after_atom = !matches!(character, '*' | '^');
    }
    // A dot takes a byte, as in the C locale: the answer is the same in all languages.
    Regex::new(&format!("(?s-u:{translation})")).ok()
}

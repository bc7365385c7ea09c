//! Groups and braces.

use super::super::error::{PatternError, Rebuild, Refusal};
use super::super::tree::{Assertion, Node, Times, UnitSet};
use super::{Group, Kind, MAX_DEPTH, Parser, Token, Traits};

impl Parser<'_> {
    /// Opens a group at an operator; a `(` follows.
    pub(super) fn open_extglob(&mut self, operator: char) -> Result<(), PatternError> {
        let kind = match operator {
            '?' => Kind::Repeated(Times::Optional),
            '*' => Kind::Repeated(Times::Any),
            '+' => Kind::Repeated(Times::Some),
            '!' => Kind::Negation,
            _ => Kind::Plain,
        };
        if kind != Kind::Plain && self.group.is_untouched() {
            self.group.sequence.push(Node::Assert(Assertion::Something));
        }
        self.group.traits.tokens += 1;
        self.group.traits.has_star |= operator == '*';
        self.group.traits.is_distorted = true;
        self.at += 1;
        self.open(kind, self.at - 1)
    }

    /// Opens a group at a `(` or `{`.
    pub(super) fn open(&mut self, kind: Kind, opened_at: usize) -> Result<(), PatternError> {
        if self.around.len() == MAX_DEPTH {
            return Err(self.refusal(Refusal::TooDeep { limit: MAX_DEPTH }));
        }
        if kind == Kind::Brace {
            self.push(Token::OpenBrace);
        } else if self.peek(1) == Some('?') {
            return Err(self.refusal(Refusal::RegexGroup));
        } else {
            self.push(Token::Open);
        }
        self.around.push(std::mem::replace(&mut self.group, Group::new(kind, opened_at)));
        self.at += 1;
        Ok(())
    }

    /// Goes back to the group around the one that has been read; there is one.
    fn leave(&mut self) -> Option<Group> {
        let around = self.around.pop()?;
        let group = std::mem::replace(&mut self.group, around);
        let (inner, outer) = (group.traits, &mut self.group.traits);
        outer.is_distorted |= inner.is_distorted;
        if matches!(group.kind, Kind::Plain | Kind::Brace) {
            outer.tokens += inner.tokens;
            outer.has_slash |= inner.has_slash;
            outer.has_star |= inner.has_star;
        }
        self.at += 1;
        Some(group)
    }

    /// `)`
    pub(super) fn close(&mut self) -> Result<(), PatternError> {
        if self.group.kind == Kind::Brace {
            return Err(PatternError::new(Refusal::Unclosed('{'), self.group.opened_at));
        }
        let unopened = self.refusal(Refusal::Unopened(')'));
        let group = self.leave().ok_or(unopened)?;
        match group.kind {
            Kind::Negation => self.close_negation(group)?,
            Kind::Repeated(times) => self.group.sequence.push(group.into_node().repeated(times)),
            _ => self.group.sequence.push(group.into_node()),
        }
        self.push(Token::Close);
        Ok(())
    }

    /// `!(…)` is a star from a place where what is in it does not lie ahead. How far picomatch looks ahead
    /// depends on what follows:
    ///
    /// - If nothing but `)` follows, what lies ahead must reach the end of the path to count. So `!(a)` matches
    ///   `ab`.
    /// - With a slash in it (beside other text) the star is a `**`, and again the end must be reached.
    /// - With a star in it, and behind it a dot and then text up to the end that has no dot, slash or backslash,
    ///   that text is looked for, too. So `!(*.d).ts` matches `a.ts`, but neither `a.d.ts` nor `a.d.tsx.ts`.
    /// - Else nothing more is looked for. So `!(a)b` does not match `acb`.
    fn close_negation(&mut self, group: Group) -> Result<(), PatternError> {
        let Traits { tokens, has_slash, has_star, .. } = group.traits;
        let crosses = has_slash && tokens > 1;
        let star = if crosses { Node::globstar() } else { Node::star() };
        let rest: &[char] = self.text.get(self.at..).unwrap_or_default();
        let not_ahead = |nodes| Node::NotAhead(Box::new(Node::Sequence(nodes)));
        if has_star && is_extension(rest) {
            if !self.around.is_empty() {
                // picomatch looks for the closing parentheses as text, too.
                return Err(PatternError::new(Refusal::NegationBeforeDot, group.opened_at));
            }
            let extension = Parser::new(self.text, self.at).read()?;
            if matches!(&extension, Node::OneOf(ways) if ways.len() > 1) {
                return Err(PatternError::new(Refusal::NegationBeforeDot, group.opened_at));
            }
            let not_ahead = not_ahead(vec![group.into_node(), extension]);
            self.group.sequence.push(Node::OneOf(vec![Node::Sequence(vec![not_ahead, star])]));
        } else if crosses || rest.iter().all(|character| *character == ')') {
            self.group.sequence.push(not_ahead(vec![group.into_node(), Node::Assert(Assertion::End)]));
            self.group.sequence.push(star);
        } else {
            let not_ahead = not_ahead(vec![group.into_node()]);
            self.group.sequence.push(Node::OneOf(vec![Node::Sequence(vec![not_ahead, star])]));
        }
        Ok(())
    }

    /// `{`, or a brace range, which makes a rebuilt expression.
    pub(super) fn open_brace(&mut self) -> Result<(), PatternError> {
        let Some((class, end)) = self.brace_range() else { return self.open(Kind::Brace, self.at) };
        self.rebuilt_by = Some(Rebuild::BraceRange);
        self.group.sequence.push(Node::Unit(class));
        self.push(Token::CloseBrace);
        self.at = end;
        Ok(())
    }

    /// `{1..3}`, and the place behind it. The ends are sorted as text and become a class, so that `{3..1}` is
    /// `[1-3]` and `{1..10}` is `[1-10]`, which is `0` or `1`.
    fn brace_range(&self) -> Option<(UnitSet, usize)> {
        let inside: String =
            self.text.iter().skip(self.at + 1).take_while(|character| **character != '}').collect();
        let (one, other) = inside.split_once("..")?;
        let is_plain = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_plain(one) || !is_plain(other) {
            return None;
        }
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let (before, first) = low.as_bytes().split_last().map(|(last, before)| (before, *last))?;
        let (last, behind) = high.as_bytes().split_first()?;
        let end = self.at + inside.len() + 2;
        if first > *last || self.text.get(end - 1) != Some(&'}') {
            return None;
        }
        let single = before.iter().chain(behind).map(|byte| (*byte, *byte));
        let ranges =
            single.chain([(first, *last)]).map(|(first, last)| (first.into(), last.into())).collect();
        Some((UnitSet::Class { ranges, negated: false }, end))
    }

    /// `}`. Without a comma the braces are literal braces.
    pub(super) fn close_brace(&mut self) -> Result<(), PatternError> {
        match self.group.kind {
            Kind::Brace => {}
            Kind::Whole => return Err(self.refusal(Refusal::Unopened('}'))),
            _ => return Err(PatternError::new(Refusal::Unclosed('('), self.group.opened_at)),
        }
        let unopened = self.refusal(Refusal::Unopened('}'));
        let group = self.leave().ok_or(unopened)?;
        if group.has_comma {
            self.group.sequence.push(group.into_node());
        } else if group.traits.is_distorted || !group.alternatives.is_empty() {
            return Err(PatternError::new(Refusal::LiteralBraces, group.opened_at));
        } else {
            self.push_units('{');
            self.group.sequence.extend(group.sequence);
            self.push_units('}');
        }
        self.push(Token::CloseBrace);
        Ok(())
    }
}

/// Whether picomatch looks ahead for the text together with what a `!(…)` before it has.
fn is_extension(rest: &[char]) -> bool {
    matches!(rest, ['.', extension @ ..]
        if !extension.is_empty() && !extension.iter().any(|character| matches!(character, '\\' | '/' | '.')))
}

//! Text, and what regular expressions take for operators.

use super::super::class;
use super::super::error::{PatternError, Rebuild, Refusal};
use super::super::escape::escaped;
use super::super::tree::{Assertion, Node, Times};
use super::{Kind, Parser, SPECIAL, Token};

impl Parser<'_> {
    /// A token of text has been read from `from` on.
    fn push_text(&mut self, from: usize, is_changed: bool) {
        match self.behind[0] {
            Token::Text { is_changed: first_is_changed } => {
                // The two become one token. Rebuilt, that has the text of the first only if it was changed,
                // and the text of the second as it is written.
                if !first_is_changed || is_changed {
                    self.lost_text.get_or_insert(from);
                    self.group.traits.is_distorted = true;
                }
                self.group.traits.tokens += 1;
            }
            _ => self.push(Token::Text { is_changed }),
        }
    }

    pub(super) fn push_units(&mut self, character: char) {
        self.group.sequence.extend(Node::units(character));
    }

    /// Text up to the next character that may be special. The first one is not, here.
    pub(super) fn text(&mut self) {
        let from = self.at;
        while let Some(character) = self.peek(0)
            && (self.at == from || !SPECIAL.contains(character))
        {
            self.push_units(character);
            self.at += 1;
            if character == '@' || character == ']' {
                break;
            }
        }
        self.push_text(from, self.text.get(from) == Some(&']'));
    }

    pub(super) fn escape(&mut self) -> Result<(), PatternError> {
        let (character, end) = escaped(self.text, self.at)?;
        let from = self.at;
        match character {
            // picomatch drops the backslash, and the dot keeps its meaning.
            '.' => {
                self.at += 1;
                return self.dot();
            }
            ';' => {
                self.at += 1;
                self.text();
                return Ok(());
            }
            _ => self.at = end,
        }
        self.push_units(character);
        self.group.traits.has_star |= character == '*';
        self.push_text(from, false);
        if character.len_utf16() > 1 {
            // The backslash takes the first half only.
            self.push_text(from, false);
        }
        Ok(())
    }

    /// `|`, which is a token of text, but separates alternatives.
    pub(super) fn bar(&mut self) {
        self.push_text(self.at, false);
        self.group.next_alternative();
        self.at += 1;
    }

    pub(super) fn comma(&mut self) {
        if self.group.kind == Kind::Brace {
            self.group.has_comma = true;
            self.group.next_alternative();
        } else {
            self.push_units(',');
        }
        self.push(Token::Comma);
        self.at += 1;
    }

    /// A slash, or the end of a `./` that is left out.
    pub(super) fn slash(&mut self) {
        if self.is_behind(Token::Dot) && self.at == self.start + 1 {
            self.group.sequence.clear();
            self.behind = [Token::Start; 2];
            self.start = self.at + 1;
        } else {
            self.push_slash(Node::slash());
        }
        self.at += 1;
    }

    pub(super) fn push_slash(&mut self, node: Node) {
        self.group.sequence.push(node);
        self.group.traits.has_slash = true;
        self.push(Token::Slash);
    }

    /// A dot. Of two in braces, picomatch takes the text around them for a range.
    pub(super) fn dot(&mut self) -> Result<(), PatternError> {
        let is_in_braces = self.is_in_braces();
        if is_in_braces && self.is_behind(Token::Dot) {
            return Err(self.refusal(Refusal::DotsInBraces));
        }
        let begins_component = matches!(self.behind[0], Token::Start | Token::Slash);
        self.push_units('.');
        if begins_component || is_in_braces || self.is_in_parentheses() {
            self.push(Token::Dot);
        } else {
            self.push_text(self.at, true);
        }
        self.at += 1;
        Ok(())
    }

    /// `[…]`
    pub(super) fn brackets(&mut self) -> Result<(), PatternError> {
        let brackets = class::read(self.text, self.at)?;
        if brackets.posix {
            self.rebuilt_by = Some(Rebuild::PosixClass);
            if self.is_behind(Token::Start) {
                // picomatch adds this to a POSIX class at the start only.
                self.group.sequence.push(Node::Assert(Assertion::Something));
            }
        }
        self.group.sequence.push(brackets.node);
        self.push(Token::Brackets);
        self.at = brackets.end;
        Ok(())
    }
}

/// `?` and `+`, which may be those of regular expressions.
impl Parser<'_> {
    pub(super) fn question_mark(&mut self) -> Result<(), PatternError> {
        if !self.is_behind(Token::Close) {
            self.group.sequence.push(Node::any_unit());
            self.push(Token::AnyUnit);
        } else if self.peek(1) == Some('<') {
            // Here picomatch looks for a look-behind.
            return Err(self.refusal(Refusal::RegexLookbehind));
        } else {
            // Behind `?(…)` and the like it makes the repetition a lazy one, which matches the same.
            if let Some(Node::OneOf(_)) = self.group.sequence.last() {
                self.group.repeat_last(Times::Optional);
            }
            self.push_text(self.at, true);
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn plus(&mut self) -> Result<(), PatternError> {
        let behind = self.behind[0];
        let repeats = matches!(behind, Token::Brackets | Token::Close | Token::OpenBrace | Token::CloseBrace)
            || self.is_in_parentheses();
        if behind == Token::Open || !repeats {
            self.push_units('+');
        } else {
            let is_one_unit = matches!(self.group.sequence.last(), Some(Node::Unit(_)));
            let is_group =
                behind != Token::Slash && matches!(self.group.sequence.last(), Some(Node::OneOf(_)));
            if !is_one_unit && !is_group {
                return Err(self.refusal(Refusal::NothingToRepeat));
            }
            self.group.repeat_last(Times::Some);
        }
        self.push(Token::Plus);
        self.at += 1;
        Ok(())
    }
}

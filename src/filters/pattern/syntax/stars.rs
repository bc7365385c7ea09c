//! Stars.

use super::super::error::{PatternError, Rebuild};
use super::super::tree::{Assertion, Node};
use super::{Parser, Token};

impl Parser<'_> {
    /// `*`, `**` and longer.
    pub(super) fn stars(&mut self) -> Result<(), PatternError> {
        let run = self.text.iter().skip(self.at).take_while(|character| **character == '*').count();
        // Crossing stars: what may stand before them. `lets_cross` has what may follow.
        let may_cross = match self.behind[0] {
            Token::Start | Token::Slash | Token::Open | Token::Close => true,
            Token::Comma | Token::OpenBrace | Token::CloseBrace => self.is_in_braces(),
            _ => false,
        };
        // The third crossing star belongs to the run, whatever follows; else the last one may open a group.
        let opens_group = self.peek(run) == Some('(') && !(may_cross && run > 2);
        let stars = if opens_group { run - 1 } else { run };
        if stars > 0 {
            let guard = self.guard();
            self.at += stars;
            self.group.traits.has_star = true;
            if may_cross && stars == 2 {
                self.globstar(guard);
            } else {
                self.star(guard, run == 1);
            }
            if may_cross && stars > 2 {
                self.rebuilt_by = Some(Rebuild::ThreeStars);
            }
            self.group.traits.is_distorted |= stars > 1 && !may_cross;
        }
        if opens_group { self.open_extglob('*') } else { Ok(()) }
    }

    /// The guard of a star at this place.
    fn guard(&self) -> Option<Assertion> {
        match self.behind[0] {
            Token::Dot => Some(Assertion::NoDotBehindDot),
            Token::Slash => Some(Assertion::NoDots),
            _ => (self.at == self.start).then_some(Assertion::NoDots),
        }
    }

    /// A star that crosses nothing. A single one with a guard must find something to match, if only a slash.
    fn star(&mut self, guard: Option<Assertion>, is_single: bool) {
        let something = guard.filter(|_| is_single).map(|_| Assertion::Something);
        self.group.sequence.extend(guard.into_iter().chain(something).map(Node::Assert));
        self.group.sequence.push(Node::star());
        self.push(Token::Star);
    }

    /// `**` where it may cross slashes. The place is behind it.
    fn globstar(&mut self, guard: Option<Assertion>) {
        // `/**/**` is `/**`.
        while self.text.iter().skip(self.at).take(3).eq(&['/', '*', '*'])
            && matches!(self.peek(3), None | Some('/'))
        {
            self.at += 3;
        }
        let is_first = self.is_behind(Token::Start);
        let is_component = self.is_behind(Token::Slash) && self.behind[1] != Token::Start;
        let is_behind_stars = matches!(self.behind[1], Token::Star | Token::Globstar);
        let guarded =
            |guard: Option<Assertion>| guard.map(Node::Assert).into_iter().chain([Node::globstar()]);
        match self.peek(0) {
            None if is_first => self.group.sequence.push(Node::globstar()),
            // `a/**` matches `a`, but `*/**` needs the slash.
            None if is_component && !is_behind_stars => {
                let slash = self.group.sequence.pop();
                let below = Node::Sequence(slash.into_iter().chain(guarded(guard)).collect());
                self.group.sequence.push(Node::OneOf(vec![below, Node::Assert(Assertion::End)]));
            }
            Some('/') if is_first => {
                let below = Node::Sequence(vec![Node::globstar(), Node::slash()]);
                self.is_unguarded = guard.is_some();
                return self.globstar_and_slash(vec![Node::Assert(Assertion::Start), Node::slash(), below]);
            }
            // `a/**/b` matches `a/b`; where the rest matches nothing, `a` does for `a/**/`.
            Some('/') if is_component => {
                let slash = self.group.sequence.pop();
                let below = slash.into_iter().chain(guarded(guard)).chain([Node::slash()]).collect();
                let mut ways = vec![Node::Sequence(below), Node::slash()];
                ways.extend(self.peek(1).map(|_| Node::Assert(Assertion::End)));
                return self.globstar_and_slash(ways);
            }
            next if self.lets_cross(next) => self.group.sequence.extend(guarded(guard)),
            _ => return self.star(guard, false),
        }
        self.push(Token::Globstar);
    }

    fn globstar_and_slash(&mut self, ways: Vec<Node>) {
        self.push(Token::Globstar);
        self.push_slash(Node::OneOf(ways));
        self.group.traits.is_distorted = true;
        self.at += 1;
    }

    /// Whether `**` stays what it is before the character.
    fn lets_cross(&self, next: Option<char>) -> bool {
        match next {
            None | Some('/' | ')' | '{') => true,
            Some(',' | '}') => self.is_in_braces(),
            Some('@') => self.peek(1) == Some('('),
            _ => false,
        }
    }
}

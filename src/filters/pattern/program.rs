//! A pattern as a machine: matches in time linear in the path.
//!
//! The states are those of Thompson's construction, but run from the end of the path to its start. Then one
//! pass finds *every* place from which the part matches, which is what a look-ahead is: the parts that must
//! not lie ahead run first, the innermost foremost, and the parts around them ask what they found.

use super::tree::{Assertion, Node, Times, UnitSet};

/// A compiled tree.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// The parts of look-aheads, each behind those that it asks.
    ahead: Vec<Machine>,
    whole: Machine,
}

#[derive(Debug, Clone, Default)]
struct Machine {
    states: Vec<State>,
    entry: StateId,
}

type StateId = usize;

#[derive(Debug, Clone)]
enum State {
    /// All has been matched.
    Matched,
    /// Steps over one code unit.
    Unit(UnitSet, StateId),
    /// Goes both ways.
    Split(StateId, StateId),
    /// Goes on where the assertion holds.
    Assert(Assertion, StateId),
    /// Goes on where that part of `Program::ahead` does not match.
    NotAhead(usize, StateId),
}

impl Program {
    pub(super) fn new(tree: &Node) -> Self {
        let mut ahead = Vec::new();
        let whole = Machine::new(tree, &mut ahead);
        Program { ahead, whole }
    }

    /// Whether the whole path matches.
    pub(super) fn matches(&self, path: &[u16]) -> bool {
        let mut found: Vec<Vec<bool>> = Vec::with_capacity(self.ahead.len());
        for machine in &self.ahead {
            let mut places = vec![false; path.len() + 1];
            machine.run(path, EndsAt::AnyPlace, &found, |at| {
                if let Some(place) = places.get_mut(at) {
                    *place = true;
                }
            });
            found.push(places);
        }
        let mut matches = false;
        self.whole.run(path, EndsAt::TheEnd, &found, |at| matches |= at == 0);
        matches
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EndsAt {
    TheEnd,
    AnyPlace,
}

impl Machine {
    /// The machine of the tree; those of its look-aheads are appended to `ahead`.
    fn new(tree: &Node, ahead: &mut Vec<Machine>) -> Self {
        let mut machine = Machine::default();
        let matched = machine.add(State::Matched);
        machine.entry = machine.compile(tree, matched, ahead);
        machine
    }

    fn add(&mut self, state: State) -> StateId {
        self.states.push(state);
        self.states.len() - 1
    }

    /// Adds the states of `node`; they lead to `then`, the states of what stands *before* it in the pattern.
    fn compile(&mut self, node: &Node, then: StateId, ahead: &mut Vec<Machine>) -> StateId {
        match node {
            Node::Unit(set) => self.add(State::Unit(set.clone(), then)),
            Node::Assert(assertion) => self.add(State::Assert(*assertion, then)),
            Node::NotAhead(part) => {
                let machine = Machine::new(part, ahead);
                ahead.push(machine);
                self.add(State::NotAhead(ahead.len() - 1, then))
            }
            Node::Sequence(nodes) => nodes.iter().fold(then, |then, node| self.compile(node, then, ahead)),
            Node::OneOf(nodes) => {
                let entries: Vec<StateId> =
                    nodes.iter().map(|node| self.compile(node, then, ahead)).collect();
                entries.into_iter().reduce(|one, other| self.add(State::Split(one, other))).unwrap_or(then)
            }
            Node::Repeat(part, Times::Optional) => {
                let part = self.compile(part, then, ahead);
                self.add(State::Split(part, then))
            }
            Node::Repeat(part, times) => {
                let again = self.add(State::Split(then, then));
                let part = self.compile(part, again, ahead);
                if let Some(state) = self.states.get_mut(again) {
                    *state = State::Split(part, then);
                }
                if *times == Times::Any { again } else { part }
            }
        }
    }

    /// Calls `on_match` with every place of the path from which the machine matches.
    ///
    /// Each state is entered once per place at most.
    fn run(&self, path: &[u16], ends: EndsAt, ahead: &[Vec<bool>], mut on_match: impl FnMut(usize)) {
        let mut entered_at = vec![usize::MAX; self.states.len()];
        let (mut pending, mut waiting) = (vec![self.entry], Vec::new());
        for at in (0..=path.len()).rev() {
            while let Some(id) = pending.pop() {
                let (Some(state), Some(entered)) = (self.states.get(id), entered_at.get_mut(id)) else {
                    continue;
                };
                if *entered == at {
                    continue;
                }
                *entered = at;
                match state {
                    State::Matched => on_match(at),
                    State::Unit(set, then) => waiting.push((set, *then)),
                    State::Split(one, other) => pending.extend([*one, *other]),
                    State::Assert(assertion, then) if assertion.holds(path, at) => pending.push(*then),
                    State::NotAhead(part, then) if !is_ahead(ahead, *part, at) => pending.push(*then),
                    State::Assert(..) | State::NotAhead(..) => {}
                }
            }
            let Some(unit) = at.checked_sub(1).and_then(|before| path.get(before)) else { return };
            pending.extend(waiting.drain(..).filter(|(set, _)| set.contains(*unit)).map(|(_, then)| then));
            if ends == EndsAt::AnyPlace {
                pending.push(self.entry);
            } else if pending.is_empty() {
                return;
            }
        }
    }
}

fn is_ahead(ahead: &[Vec<bool>], part: usize, at: usize) -> bool {
    ahead.get(part).and_then(|places| places.get(at)).copied().unwrap_or_default()
}

//! The commits since another one.
#![expect(clippy::indexing_slicing, reason = "nodes are numbered densely from zero")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{CommitSource, Node};

/// For each of `bases`, the commits that `tip` reaches and that one does not, as far as they are in the repository: children
/// before parents, and otherwise the latest first. `git rev-list BASE..TIP` lists the same set.
///
/// The whole history of each base is walked, so that wrong dates do not matter. No commit is read twice.
///
/// # Errors
/// A commit that cannot be read.
pub fn ranges<'t, S: CommitSource<'t>>(
    source: &mut S,
    tip: Node,
    bases: &[Option<Node>],
) -> Result<Vec<Vec<Node>>, S::Error> {
    let mut parents = Parents::default();
    bases.iter().map(|base| since(source, &mut parents, tip, *base)).collect()
}

fn since<'t, S: CommitSource<'t>>(
    source: &mut S,
    parents: &mut Parents,
    tip: Node,
    base: Option<Node>,
) -> Result<Vec<Node>, S::Error> {
    let mut marking = Marking { marks: Vec::new(), parents };
    if let Some(base) = base {
        marking.mark(source, base, Mark::Old)?;
    }
    let new = marking.mark(source, tip, Mark::New)?;
    // By node, the number of children that are still to be listed.
    let mut waiting = vec![0_usize; marking.marks.len()];
    for node in &new {
        marking.parents.of(*node).iter().for_each(|parent| waiting[*parent as usize] += 1);
    }
    let mut ready: BinaryHeap<_> = new.first().map(|tip| (0, Reverse(*tip))).into_iter().collect();
    let mut listed = Vec::with_capacity(new.len());
    while let Some((_, Reverse(node))) = ready.pop() {
        listed.push(node);
        for parent in marking.parents.of(node) {
            let left = &mut waiting[*parent as usize];
            *left -= 1;
            if *left == 0 && marking.marks[*parent as usize] == Mark::New {
                ready.push((source.rank(*parent).time, Reverse(*parent)));
            }
        }
    }
    Ok(listed)
}

/// The parents of each node that was read.
#[derive(Default)]
struct Parents(Vec<Option<Vec<Node>>>);

impl Parents {
    /// Those of `node`, which must have been read.
    fn of(&self, node: Node) -> &[Node] {
        self.0[node as usize].as_deref().unwrap_or_default()
    }

    /// Those of `node`, read from `source` unless they have been.
    fn read<'t, S: CommitSource<'t>>(&mut self, source: &mut S, node: Node) -> Result<&[Node], S::Error> {
        let at = node as usize;
        if at >= self.0.len() {
            self.0.resize_with(at + 1, || None);
        }
        if self.0[at].is_none() {
            let mut parents = Vec::new();
            source.expand(node, &mut parents)?;
            self.0[at] = Some(parents);
        }
        Ok(self.of(node))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    Old,
    New,
}

struct Marking<'p> {
    marks: Vec<Mark>,
    parents: &'p mut Parents,
}

impl Marking<'_> {
    /// Marks `from` and what it reaches, except what is marked already. Returns what it marked, `from` first.
    fn mark<'t, S: CommitSource<'t>>(
        &mut self,
        source: &mut S,
        from: Node,
        mark: Mark,
    ) -> Result<Vec<Node>, S::Error> {
        let mut marked = Vec::new();
        let mut waiting = vec![from];
        while let Some(node) = waiting.pop() {
            let at = node as usize;
            if at >= self.marks.len() {
                self.marks.resize(at + 1, Mark::Unseen);
            }
            if self.marks[at] != Mark::Unseen {
                continue;
            }
            self.marks[at] = mark;
            marked.push(node);
            waiting.extend(self.parents.read(source, node)?);
        }
        Ok(marked)
    }
}

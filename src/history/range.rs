//! The commits since another one.
#![expect(clippy::indexing_slicing, reason = "nodes are numbered densely from zero")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{CommitSource, Node};

/// The commits that `tip` reaches and `base` does not, as far as they are in the repository: children before parents, and
/// otherwise the latest first. `git rev-list BASE..TIP` lists the same set.
///
/// The whole history of `base` is walked, so that wrong dates do not matter.
///
/// # Errors
/// A commit that cannot be read.
pub fn range<'t, S: CommitSource<'t>>(
    source: &mut S,
    tip: Node,
    base: Option<Node>,
) -> Result<Vec<Node>, S::Error> {
    let mut marking = Marking::default();
    if let Some(base) = base {
        marking.mark(source, base, Mark::Old)?;
    }
    let new = marking.mark(source, tip, Mark::New)?;
    // By node, the number of children that are still to be listed.
    let mut waiting = vec![0_usize; marking.marks.len()];
    for node in &new {
        marking.parents[*node as usize].iter().for_each(|parent| waiting[*parent as usize] += 1);
    }
    let mut ready: BinaryHeap<_> = new.first().map(|tip| (0, Reverse(*tip))).into_iter().collect();
    let mut listed = Vec::with_capacity(new.len());
    while let Some((_, Reverse(node))) = ready.pop() {
        listed.push(node);
        for parent in &marking.parents[node as usize] {
            let left = &mut waiting[*parent as usize];
            *left -= 1;
            if *left == 0 && marking.marks[*parent as usize] == Mark::New {
                ready.push((source.rank(*parent).time, Reverse(*parent)));
            }
        }
    }
    Ok(listed)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    Old,
    New,
}

#[derive(Default)]
struct Marking {
    marks: Vec<Mark>,
    parents: Vec<Vec<Node>>,
}

impl Marking {
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
                self.parents.resize_with(at + 1, Vec::new);
            }
            if self.marks[at] != Mark::Unseen {
                continue;
            }
            self.marks[at] = mark;
            marked.push(node);
            source.expand(node, &mut self.parents[at])?;
            waiting.extend(&self.parents[at]);
        }
        Ok(marked)
    }
}

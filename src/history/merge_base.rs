//! The best common ancestors of two commits.
//!
//! Each side is painted in its own colour, from its commit down. A commit with both colours is a common ancestor, and what
//! lies below it is *stale*: no better one can be there. A best common ancestor is only ever reached through commits of one
//! colour, so all of them are found once only stale commits are queued. Others found until then are stale, too, but the paint
//! that says so may still be on its way: as long as several candidates are left, the walk goes on. The order of the walk, and
//! so the clocks, affect how much work that is, but never the result.
#![expect(clippy::indexing_slicing, reason = "nodes are numbered densely from zero")]

use std::collections::BinaryHeap;

use super::graph::{CommitSource, Expansion, Node, Rank};

/// What is known of a commit, as bits: which side reaches it, and how it stands to the walk.
type Paint = u8;
const ONE: Paint = 1;
const OTHER: Paint = 2;
const COMMON: Paint = ONE | OTHER;
/// Below a common ancestor.
const STALE: Paint = 4;
/// The clone lacks parents of it.
const CUT: Paint = 8;
/// It is in the queue.
const WAITING: Paint = 16;

/// The best common ancestors of `one` and `other`: those that reach no other one. Empty if the histories are unrelated; none
/// where a shallow clone may lack a better one.
///
/// # Errors
/// A commit that cannot be read.
pub fn merge_bases<'t, S: CommitSource<'t>>(
    source: &mut S,
    one: Node,
    other: Node,
) -> Result<Option<Vec<Node>>, S::Error> {
    let mut painting = Painting { source, paint: Vec::new(), queue: BinaryHeap::new(), fresh: 0 };
    painting.add(one, ONE);
    painting.add(other, OTHER);
    let bases = painting.run()?;
    // Where one commit reaches the other, that one is the merge base, whatever the clone lacks.
    let is_tip = bases == [one] || bases == [other];
    // Through history that is hidden below a commit of one colour, any commit of the other could turn out to be common.
    // Through history that is hidden below a common one, only another candidate could turn out to be stale.
    let is_hidden = |paint: &Paint| paint & CUT != 0 && (paint & COMMON != COMMON || bases.len() > 1);
    let is_certain = is_tip || !painting.paint.iter().any(is_hidden);
    Ok(is_certain.then_some(bases))
}

struct Painting<'s, S> {
    source: &'s mut S,
    /// By node.
    paint: Vec<Paint>,
    queue: BinaryHeap<(Rank, Node)>,
    /// Number of queued commits that are not stale.
    fresh: usize,
}

impl<'t, S: CommitSource<'t>> Painting<'_, S> {
    /// Paints `node`, and queues it if that changed anything.
    fn add(&mut self, node: Node, paint: Paint) {
        let at = node as usize;
        if at >= self.paint.len() {
            self.paint.resize(at + 1, 0);
        }
        let before = self.paint[at];
        let after = before | paint;
        if after == before {
            return;
        }
        let is_fresh = |paint: Paint| paint & WAITING != 0 && paint & STALE == 0;
        self.paint[at] = after | WAITING;
        self.fresh -= usize::from(is_fresh(before));
        self.fresh += usize::from(is_fresh(after | WAITING));
        if before & WAITING == 0 {
            self.queue.push((self.source.rank(node), node));
        }
    }

    fn run(&mut self) -> Result<Vec<Node>, S::Error> {
        let mut found = Vec::new();
        let mut parents = Vec::new();
        while let Some((rank, node)) = self.queue.pop() {
            if self.fresh == 0 {
                self.keep_best(&mut found);
                // A commit reaches none of the same or a higher generation.
                let reaches = |base: &Node| self.source.rank(*base).generation < rank.generation;
                let is_ranked = rank.generation != Rank::UNKNOWN;
                if found.len() < 2 || (is_ranked && !found.iter().any(reaches)) {
                    break;
                }
            }
            let paint = self.paint[node as usize] & !WAITING;
            self.paint[node as usize] = paint;
            let is_stale = paint & STALE != 0;
            self.fresh -= usize::from(!is_stale);
            let is_common = paint & COMMON == COMMON;
            if is_common && !is_stale {
                found.push(node);
            }
            parents.clear();
            if self.source.expand(node, &mut parents)? == Expansion::Cut {
                self.paint[node as usize] |= CUT;
            }
            let inherited = if is_common { COMMON | STALE } else { paint & COMMON };
            for parent in &parents {
                self.add(*parent, inherited);
            }
        }
        self.keep_best(&mut found);
        Ok(found)
    }

    fn keep_best(&self, found: &mut Vec<Node>) {
        found.retain(|node| self.paint[*node as usize] & STALE == 0);
    }
}

//! History as a graph of numbered commits: what all walks over it share.
#![expect(clippy::indexing_slicing, reason = "nodes are numbered densely from zero")]

use super::labels::Label;
use crate::domain::Version;

/// A commit, by the number that its source gave it. Sources number commits from 0 in the order they meet them.
pub type Node = u32;

/// What decides which commit is visited next: the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// The topological level, greater than that of every ancestor. [`Rank::UNKNOWN`] where it is not recorded; then it is
    /// not recorded for any descendant either.
    pub generation: u32,
    /// Committer date in seconds since 1970. A hint only.
    pub time: i64,
}

impl Rank {
    /// The generation of a commit for which none is recorded.
    pub const UNKNOWN: u32 = u32::MAX;
}

/// Whether all parents of a commit are in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expansion {
    /// All of them are.
    Whole,
    /// A shallow clone lacks some or all of them.
    Cut,
}

/// Where walks get their commits from.
pub trait CommitSource<'t> {
    /// Why a commit cannot be read.
    type Error;

    /// Appends the parents of `node` to `parents`, numbering those not met before.
    ///
    /// # Errors
    /// A commit that cannot be read.
    fn expand(&mut self, node: Node, parents: &mut Vec<Node>) -> Result<Expansion, Self::Error>;

    /// The rank of a node that has a number already.
    fn rank(&self, node: Node) -> Rank;

    /// The releases whose tag points at `node`.
    fn releases(&self, node: Node) -> impl Iterator<Item = Release<'t>>;
}

/// A release tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release<'t> {
    /// The service that it releases, by position among those asked about.
    pub service: usize,
    /// The version that it releases.
    pub version: Version,
    /// The tag's name, without `refs/tags/`.
    pub tag: &'t str,
}

impl Release<'_> {
    /// The higher of two releases. Of two spellings of one version, the tag's name decides, so that it is always the same.
    #[must_use]
    pub fn higher(self, other: Self) -> Self {
        if (other.version, other.tag) > (self.version, self.tag) { other } else { self }
    }
}

/// What a walk knows of a node.
#[derive(Clone, Copy)]
pub(super) struct NodeInfo {
    /// The releases that reach it, as far as is known.
    pub(super) label: Label,
    pub(super) state: VisitState,
    /// Where its parents are in [`Visited::parents`], once it has been visited.
    parents: Option<(u32, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum VisitState {
    /// It has a number, nothing else.
    Unseen,
    /// It waits in the queue, for the first time or again.
    Queued,
    /// It has been visited and is counted under its label.
    Counted,
}

/// The part of a history that a walk has visited.
#[derive(Default)]
pub(super) struct Visited {
    /// By node.
    infos: Vec<NodeInfo>,
    /// The parents of all visited nodes, one node's after another's.
    parents: Vec<Node>,
    /// The visited nodes, in the order of their first visit.
    order: Vec<Node>,
}

impl Visited {
    /// How many nodes have a number, visited or not.
    pub(super) fn numbered(&self) -> usize {
        self.infos.len()
    }

    /// All visited nodes.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.order
    }

    /// The parents of a visited node; none of another.
    pub(super) fn parents(&self, node: Node) -> &[Node] {
        let (from, to) = self.infos[node as usize].parents.unwrap_or((0, 0));
        &self.parents[from as usize..to as usize]
    }

    /// The label that `node` has so far.
    pub(super) fn label(&self, node: Node) -> Label {
        self.infos[node as usize].label
    }

    /// Whether `node` has been visited.
    pub(super) fn contains(&self, node: Node) -> bool {
        self.infos[node as usize].parents.is_some()
    }

    /// What is known of `node`; of one that was not met before, nothing.
    pub(super) fn info(&mut self, node: Node) -> &mut NodeInfo {
        let at = node as usize;
        if self.infos.len() <= at {
            let unseen = NodeInfo { label: Label::EMPTY, state: VisitState::Unseen, parents: None };
            self.infos.resize(at + 1, unseen);
        }
        &mut self.infos[at]
    }

    /// Adds `node` with its parents from `source`.
    pub(super) fn add<'t, S: CommitSource<'t>>(
        &mut self,
        node: Node,
        source: &mut S,
    ) -> Result<Expansion, S::Error> {
        let from = self.parents.len() as u32;
        let expansion = source.expand(node, &mut self.parents)?;
        let range = (from, self.parents.len() as u32);
        self.info(node).parents = Some(range);
        self.order.push(node);
        Ok(expansion)
    }
}

//! The highest release behind a commit, and what a shallow clone cannot rule out.
//!
//! Hidden history begins at *cuts*: commits whose parents the clone lacks. A release that the commit does not visibly reach
//! is behind it after all if a path leads from a cut down through hidden commits to the release. History has no cycles, so
//! there is no such path where the release itself reaches every cut behind the commit.
//!
//! That leaves releases of hidden commits: a clone has their tags only once it has the commits. Only who knows from
//! elsewhere, such as the remote, that the clone lacks no release can be sure that there are none.
#![expect(clippy::indexing_slicing, reason = "nodes are numbered densely from zero")]

use super::graph::{CommitSource, Expansion, Node, Release, Visited};
use super::labels::Labels;
use super::proof;

/// The largest number of cuts for which releases are compared with each one. Beyond that, any release may be behind a commit.
const CUTS_MAX: usize = 256;

/// The releases behind a commit, as far as a clone can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highest<'t> {
    /// The highest of those that the commit visibly reaches or carries.
    pub seen: Option<Release<'t>>,
    /// What there may be besides; none where the whole history of the commit is there.
    pub hidden: Option<Hidden<'t>>,
}

/// What the hidden part of a history may lead to, besides releases that the clone lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden<'t> {
    /// The highest release of the clone that may be behind the commit, although the commit does not visibly reach it.
    pub possible: Option<Release<'t>>,
}

/// The visible history of a commit.
pub struct Behind<'t> {
    seen: Option<Release<'t>>,
    visited: Visited,
    cuts: Vec<Node>,
}

impl<'t> Behind<'t> {
    /// Walks everything that is visible from `tip`. All releases of `source` are of one service.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn read<S: CommitSource<'t>>(source: &mut S, tip: Node) -> Result<Self, S::Error> {
        let (visited, cuts) = walk(source, &[tip])?;
        let releases = visited.nodes().iter().flat_map(|node| source.releases(*node));
        Ok(Behind { seen: releases.reduce(Release::higher), visited, cuts })
    }

    /// Whether the clone has the whole history of the commit.
    pub fn is_whole(&self) -> bool {
        self.cuts.is_empty()
    }

    /// The answer where the history is whole.
    pub fn seen(&self) -> Highest<'t> {
        Highest { seen: self.seen, hidden: None }
    }

    /// The answer where it is not: `released` are the commits of all releases that the clone has; `absent` is the highest
    /// release whose own commit it lacks.
    ///
    /// # Errors
    /// A commit that cannot be read.
    pub fn with_hidden<S: CommitSource<'t>>(
        self,
        source: &mut S,
        released: &[Node],
        absent: Option<Release<'t>>,
    ) -> Result<Highest<'t>, S::Error> {
        let others = released.iter().copied().filter(|node| !has(&self.visited, *node));
        let others: Vec<Node> = others.collect();
        let may_be_behind = self.not_above(source, &others)?;
        let possible = may_be_behind.into_iter().flat_map(|node| source.releases(node)).chain(absent);
        let possible = possible.reduce(Release::higher);
        Ok(Highest { seen: self.seen, hidden: Some(Hidden { possible }) })
    }

    /// Those of `commits` that do not reach every cut.
    fn not_above<S: CommitSource<'t>>(
        &self,
        source: &mut S,
        commits: &[Node],
    ) -> Result<Vec<Node>, S::Error> {
        if self.cuts.len() > CUTS_MAX {
            return Ok(commits.to_vec());
        }
        let (graph, _) = walk(source, commits)?;
        if !self.cuts.iter().all(|cut| has(&graph, *cut)) {
            return Ok(commits.to_vec());
        }
        let mut labels = Labels::new();
        let reached = proof::reached(&graph, &proof::children_first(&graph), &mut labels, &self.cuts);
        let all = labels.set(&(0..self.cuts.len()).collect::<Vec<_>>());
        Ok(commits.iter().copied().filter(|node| reached[*node as usize] != all).collect())
    }
}

/// All that is visible from `tips`, and the cuts among it.
fn walk<'t, S: CommitSource<'t>>(source: &mut S, tips: &[Node]) -> Result<(Visited, Vec<Node>), S::Error> {
    let (mut visited, mut cuts) = (Visited::default(), Vec::new());
    let mut waiting = tips.to_vec();
    while let Some(node) = waiting.pop() {
        if has(&visited, node) {
            continue;
        }
        if visited.add(node, source)? == Expansion::Cut {
            cuts.push(node);
        }
        waiting.extend_from_slice(visited.parents(node));
    }
    Ok((visited, cuts))
}

fn has(visited: &Visited, node: Node) -> bool {
    (node as usize) < visited.numbered() && visited.contains(node)
}

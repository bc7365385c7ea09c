//! One pass over history for the base releases of all services.
//!
//! Every release commit that no later release of the same service reaches gets a *label*; labels flow from a commit to its
//! parents. The distance of a release is then the number of commits that its label does not reach, which is what
//! `git rev-list --count TAG..COMMIT` counts. Where one release of a service reaches another, the former is always nearer, so
//! the latter needs no label.
//!
//! Commits are visited in the order of their [`Rank`]. Where clocks are skewed, a label can arrive at a commit that was
//! visited without it; the commit is then visited again and its count corrected. So the order affects how much work is done,
//! but never the result.
//!
//! The walk ends early once every queued commit carries every label and what was counted can no longer change. With
//! generation numbers that is certain; without them [`super::proof`] decides.
#![expect(clippy::indexing_slicing, reason = "nodes, labels and services are numbered densely from zero")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{CommitSource, Expansion, Node, Rank, Release, VisitState, Visited};
use super::labels::{Label, Labels};
use super::proof::{self, Bound};

/// The largest frontier for which an early end is attempted.
const FRONTIER_MAX: usize = 256;

/// How a commit stands to the releases of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'t> {
    /// A release is reachable.
    On {
        /// The base release.
        release: Release<'t>,
        /// Number of commits since it: `git rev-list --count TAG..COMMIT`.
        distance: u64,
    },
    /// No release is reachable.
    Unreleased {
        /// Number of commits reachable, the commit itself included.
        commits: u64,
    },
    /// The clone is too shallow to answer.
    Shallow,
}

/// The standing of node 0 of `source` for each of `services` services.
///
/// # Errors
/// A commit that cannot be read.
pub fn standings<'t, S: CommitSource<'t>>(
    source: &mut S,
    services: usize,
) -> Result<Vec<Standing<'t>>, S::Error> {
    let mut walk = Walk::new(source, services);
    let bounds = walk.run()?;
    Ok((0..services).map(|service| walk.standing(service, &bounds)).collect())
}

/// The standing of node 0 of `source` for the one service that its releases are of.
///
/// # Errors
/// A commit that cannot be read.
pub fn standing<'t, S: CommitSource<'t>>(source: &mut S) -> Result<Standing<'t>, S::Error> {
    let mut walk = Walk::new(source, 1);
    let bounds = walk.run()?;
    Ok(walk.standing(0, &bounds))
}

/// A commit with a label of its own.
struct Labelled<'t> {
    node: Node,
    /// Those of its releases that no nearer release of the same service reaches.
    releases: Vec<Release<'t>>,
}

struct Walk<'a, 't, S> {
    source: &'a mut S,
    visited: Visited,
    /// Visited commits that the clone lacks parents of.
    cut: Vec<Node>,
    labels: Labels,
    /// Member `i` of a label is `labelled[i]`.
    labelled: Vec<Labelled<'t>>,
    /// The label with all members.
    full: Label,
    queue: BinaryHeap<(Rank, Reverse<Node>)>,
    /// Number of queued commits, by label.
    queued: Vec<u64>,
    /// Number of counted commits, by label.
    counted: Vec<u64>,
    /// By service, the members that release it.
    members: Vec<Vec<usize>>,
    /// Number of services without a member so far.
    unsettled: usize,
    /// Number of visited commits at which an early end is tried again.
    next_attempt: usize,
}

impl<'a, 't, S: CommitSource<'t>> Walk<'a, 't, S> {
    fn new(source: &'a mut S, services: usize) -> Self {
        Walk {
            source,
            visited: Visited::default(),
            cut: Vec::new(),
            labels: Labels::new(),
            labelled: Vec::new(),
            full: Label::EMPTY,
            queue: BinaryHeap::new(),
            queued: Vec::new(),
            counted: Vec::new(),
            members: vec![Vec::new(); services],
            unsettled: services,
            next_attempt: 0,
        }
    }

    fn run(&mut self) -> Result<Vec<Bound>, S::Error> {
        self.reach(0, Label::EMPTY);
        loop {
            if let Some(bounds) = self.early_end() {
                return Ok(bounds);
            }
            match self.queue.pop() {
                Some((_, Reverse(node))) => self.visit(node)?,
                None => return Ok(self.bounds()),
            }
        }
    }

    /// Adds `label` to `node`, and queues it for a visit if it did not have that label.
    fn reach(&mut self, node: Node, label: Label) {
        let info = self.visited.info(node);
        let before = *info;
        info.label = self.labels.union(before.label, label);
        if before.state != VisitState::Unseen && info.label == before.label {
            return;
        }
        info.state = VisitState::Queued;
        let after = info.label;
        *tally(&mut self.queued, after) += 1;
        match before.state {
            VisitState::Queued => *tally(&mut self.queued, before.label) -= 1,
            VisitState::Counted => *tally(&mut self.counted, before.label) -= 1,
            VisitState::Unseen => {}
        }
        if before.state != VisitState::Queued {
            self.queue.push((self.source.rank(node), Reverse(node)));
        }
    }

    fn visit(&mut self, node: Node) -> Result<(), S::Error> {
        *tally(&mut self.queued, self.visited.label(node)) -= 1;
        if !self.visited.contains(node) {
            self.label_releases(node);
            if self.visited.add(node, self.source)? == Expansion::Cut {
                self.cut.push(node);
            }
        }
        let info = self.visited.info(node);
        info.state = VisitState::Counted;
        let label = info.label;
        *tally(&mut self.counted, label) += 1;
        for at in 0..self.visited.parents(node).len() {
            self.reach(self.visited.parents(node)[at], label);
        }
        Ok(())
    }

    /// Gives `node` a label of its own if it carries the nearest release of some service.
    fn label_releases(&mut self, node: Node) {
        let inherited = self.visited.label(node);
        let is_nearest = |release: &Release<'_>| {
            let nearer = &self.members[release.service];
            inherited == Label::EMPTY || !nearer.iter().any(|&member| self.labels.contains(inherited, member))
        };
        let nearest: Vec<Release<'t>> = self.source.releases(node).filter(is_nearest).collect();
        if nearest.is_empty() {
            return;
        }
        let member = self.labelled.len();
        for release in &nearest {
            let members = &mut self.members[release.service];
            self.unsettled -= usize::from(members.is_empty());
            if members.last() != Some(&member) {
                members.push(member);
            }
        }
        self.labelled.push(Labelled { node, releases: nearest });
        let own = self.labels.set(&[member]);
        self.full = self.labels.union(self.full, own);
        self.visited.info(node).label = self.labels.union(inherited, own);
    }

    /// The final bounds, if no queued commit can change the answer.
    fn early_end(&mut self) -> Option<Vec<Bound>> {
        let waiting = self.queue.len() as u64;
        let all_labelled = self.unsettled == 0 && *tally(&mut self.queued, self.full) == waiting;
        if !all_labelled || self.visited.nodes().len() < self.next_attempt {
            return None;
        }
        // From here on the walk only serves the proof. Trying it at growing intervals keeps the cost linear.
        self.next_attempt = self.visited.nodes().len() + self.visited.nodes().len() / 4 + 16;
        // The proof keeps a set of frontier commits per commit. With so many open branches it will not succeed soon, and
        // walking on is linear.
        if self.frontier().nth(FRONTIER_MAX).is_some() {
            return None;
        }
        let frontier: Vec<Node> = self.frontier().collect();
        if self.cut.iter().any(|&node| self.visited.label(node) != self.full) {
            return None;
        }
        let (counted, labelled) = (&self.counted, self.labelled_nodes());
        let distances =
            proof::exact_distances(&self.visited, counted, &mut self.labels, &labelled, &frontier, self.full);
        distances.map(|distances| distances.into_iter().map(Bound::exact).collect())
    }

    /// The commits below which unread history could lead back to counted commits.
    fn frontier(&self) -> impl Iterator<Item = Node> {
        let waiting = self.queue.iter().filter(|(rank, _)| rank.generation == Rank::UNKNOWN);
        waiting.map(|(_, Reverse(node))| *node).chain(self.cut.iter().copied())
    }

    fn labelled_nodes(&self) -> Vec<Node> {
        self.labelled.iter().map(|labelled| labelled.node).collect()
    }

    /// The bounds of each member's distance.
    fn bounds(&mut self) -> Vec<Bound> {
        let frontier: Vec<Node> = self.frontier().collect();
        let labelled = self.labelled_nodes();
        proof::bounds(&self.visited, &self.counted, &mut self.labels, &labelled, &frontier)
    }

    fn standing(&self, service: usize, bounds: &[Bound]) -> Standing<'t> {
        let mut candidates = Vec::new();
        for &member in &self.members[service] {
            let releases = self.labelled[member].releases.iter().filter(|release| release.service == service);
            candidates.extend(releases.map(|release| (bounds[member], *release)));
        }
        // Nearest first, then highest. Of two spellings of one version, the tag's name decides.
        let order = |distance: u64, release: Release<'t>| (distance, Reverse(release.version), release.tag);
        candidates.sort_by(|a, b| order(a.0.distance, a.1).cmp(&order(b.0.distance, b.1)));
        match candidates.split_first() {
            None if self.cut.is_empty() => {
                Standing::Unreleased { commits: self.visited.nodes().len() as u64 }
            }
            None => Standing::Shallow,
            Some((&(bound, release), others)) => {
                let nearest = order(bound.distance, release);
                let proven = others
                    .iter()
                    .all(|&(other, release)| other.exact || order(other.lower, release) > nearest);
                if bound.exact && proven {
                    Standing::On { release, distance: bound.distance }
                } else {
                    Standing::Shallow
                }
            }
        }
    }
}

fn tally(counts: &mut Vec<u64>, label: Label) -> &mut u64 {
    if counts.len() <= label.index() {
        counts.resize(label.index() + 1, 0);
    }
    &mut counts[label.index()]
}

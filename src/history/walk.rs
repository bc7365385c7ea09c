//! One pass over history for the base releases of all services.
//!
//! Every release commit that no later release of the same service reaches gets a *label*; labels flow from
//! a commit to its parents. The distance of a release is then the number of commits that its label does not
//! reach, which is what `git rev-list --count TAG..COMMIT` counts. Of two releases of one service where one
//! reaches the other, the reaching one is always nearer, so the others need no label.
//!
//! Commits are visited in the order of their [`Rank`]. Where clocks are skewed, a label can arrive at a
//! commit that was visited without it; the commit is then visited again and its count corrected, so the
//! order decides how much work is done and never what comes out.
//!
//! The walk ends early once every commit still waiting carries every label, provided that what was counted
//! so far can no longer change. In ranked history (with generation numbers) that is certain; elsewhere
//! [`super::proof`] decides.
#![expect(clippy::indexing_slicing, reason = "nodes, labels and services are numbered densely from zero")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::labels::{Label, Labels};
use super::proof::{self, Bound};
use crate::domain::Version;

/// The largest frontier that an early end is proven for.
const FRONTIER_MAX: usize = 256;

/// A commit by the number its source gave it: 0 is the commit asked about, others follow as they are met.
pub type Node = u32;

/// What decides which commit is visited next: the greatest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// The topological level: greater than that of every ancestor. [`Rank::UNKNOWN`] where it is not known,
    /// which must then hold for all descendants, too.
    pub generation: u32,
    /// Committer date in seconds since 1970. A hint only.
    pub time: i64,
}

impl Rank {
    /// The generation of a commit that has none recorded.
    pub const UNKNOWN: u32 = u32::MAX;
}

/// Whether all parents of a commit are in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expansion {
    /// The parents given are all there are.
    Whole,
    /// The history below was cut off by a shallow clone.
    Cut,
}

/// Where the walk gets its commits.
pub trait CommitSource<'t> {
    /// What can go wrong when a commit is read.
    type Error;

    /// Appends the parents of `node` to `parents`, numbering those not met before.
    ///
    /// # Errors
    /// A commit that cannot be read.
    fn expand(&mut self, node: Node, parents: &mut Vec<Node>) -> Result<Expansion, Self::Error>;

    /// The rank of a node met before.
    fn rank(&self, node: Node) -> Rank;

    /// The releases whose tag points at `node`.
    fn releases(&self, node: Node) -> impl Iterator<Item = Release<'t>>;
}

/// A release tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release<'t> {
    /// Which service it releases, by position.
    pub service: usize,
    /// What it releases.
    pub version: Version,
    /// Its tag, without `refs/tags/`.
    pub tag: &'t str,
}

/// Where a commit stands for one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'t> {
    /// On a release.
    On {
        /// The base release.
        release: Release<'t>,
        /// Commits since: `git rev-list --count TAG..COMMIT`.
        distance: u64,
    },
    /// On none: no release is reachable.
    Unreleased {
        /// All commits reachable.
        commits: u64,
    },
    /// The clone is too shallow to tell.
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
pub(super) fn standing<'t, S: CommitSource<'t>>(source: &mut S) -> Result<Standing<'t>, S::Error> {
    let mut walk = Walk::new(source, 1);
    let bounds = walk.run()?;
    Ok(walk.standing(0, &bounds))
}

/// What the walk remembers of a commit.
#[derive(Clone, Copy)]
struct NodeInfo {
    label: Label,
    state: State,
    /// Where its parents are in [`Walk::parents`], once it has been visited.
    parents: Option<(u32, u32)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Numbered only.
    Unseen,
    /// Waiting in the queue.
    Queued,
    /// Visited, and counted under its label.
    Counted,
}

/// A commit with a label of its own.
struct Labelled<'t> {
    node: Node,
    /// Its releases that no nearer release of the same service reaches.
    releases: Vec<Release<'t>>,
}

struct Walk<'a, 't, S> {
    source: &'a mut S,
    infos: Vec<NodeInfo>,
    /// Parents of all visited commits, one commit's after another's.
    parents: Vec<Node>,
    /// Visited commits in the order of their first visit.
    visited: Vec<Node>,
    /// Visited commits whose parents were cut off.
    cut: Vec<Node>,
    labels: Labels,
    /// Member `i` of a label stands for `labelled[i]`.
    labelled: Vec<Labelled<'t>>,
    /// The label with all members.
    full: Label,
    queue: BinaryHeap<(Rank, Reverse<Node>)>,
    /// How many commits wait, by label.
    queued: Vec<u64>,
    /// How many commits are counted, by label.
    counted: Vec<u64>,
    /// By service, the members that stand for a release of it.
    members: Vec<Vec<usize>>,
    /// How many services have no member yet.
    unsettled: usize,
    /// How many visits must have been made before an early end is tried again.
    next_attempt: usize,
}

impl<'a, 't, S: CommitSource<'t>> Walk<'a, 't, S> {
    fn new(source: &'a mut S, services: usize) -> Self {
        Walk {
            source,
            infos: Vec::new(),
            parents: Vec::new(),
            visited: Vec::new(),
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

    /// Hands `label` to `node`, which waits for a visit if that is news to it.
    fn reach(&mut self, node: Node, label: Label) {
        if self.infos.len() <= node as usize {
            let unseen = NodeInfo { label: Label::EMPTY, state: State::Unseen, parents: None };
            self.infos.resize(node as usize + 1, unseen);
        }
        let info = &mut self.infos[node as usize];
        let before = *info;
        info.label = self.labels.union(before.label, label);
        if before.state != State::Unseen && info.label == before.label {
            return;
        }
        info.state = State::Queued;
        let after = info.label;
        *tally(&mut self.queued, after) += 1;
        match before.state {
            State::Queued => *tally(&mut self.queued, before.label) -= 1,
            State::Counted => *tally(&mut self.counted, before.label) -= 1,
            State::Unseen => {}
        }
        if before.state != State::Queued {
            self.queue.push((self.source.rank(node), Reverse(node)));
        }
    }

    fn visit(&mut self, node: Node) -> Result<(), S::Error> {
        *tally(&mut self.queued, self.infos[node as usize].label) -= 1;
        let (from, to) = match self.infos[node as usize].parents {
            Some(range) => range,
            None => {
                self.label_releases(node);
                self.read_parents(node)?
            }
        };
        let info = &mut self.infos[node as usize];
        info.state = State::Counted;
        let label = info.label;
        *tally(&mut self.counted, label) += 1;
        for at in from..to {
            self.reach(self.parents[at as usize], label);
        }
        Ok(())
    }

    fn read_parents(&mut self, node: Node) -> Result<(u32, u32), S::Error> {
        let from = self.parents.len() as u32;
        let expansion = self.source.expand(node, &mut self.parents)?;
        let range = (from, self.parents.len() as u32);
        self.infos[node as usize].parents = Some(range);
        self.visited.push(node);
        if expansion == Expansion::Cut {
            self.cut.push(node);
        }
        Ok(range)
    }

    /// Gives `node` a label of its own if it carries the nearest release of some service.
    fn label_releases(&mut self, node: Node) {
        let inherited = self.infos[node as usize].label;
        let is_nearest = |release: &Release<'_>| {
            let nearer = &self.members[release.service];
            !nearer.iter().any(|&member| self.labels.contains(inherited, member))
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
        self.infos[node as usize].label = self.labels.union(inherited, own);
    }

    /// The final bounds, if nothing that still waits can change an answer.
    fn early_end(&mut self) -> Option<Vec<Bound>> {
        let waiting = self.queue.len() as u64;
        let all_labelled = self.unsettled == 0 && *tally(&mut self.queued, self.full) == waiting;
        if !all_labelled || self.visited.len() < self.next_attempt {
            return None;
        }
        // From here on the walk only serves the proof; a try every so often keeps the cost of trying low.
        self.next_attempt = self.visited.len() + self.visited.len() / 4 + 16;
        // The proof keeps a set of frontier commits per commit. So many branches do not end soon, and to walk on is
        // linear.
        if self.frontier().nth(FRONTIER_MAX).is_some() {
            return None;
        }
        let bounds = self.bounds();
        bounds.iter().all(|bound| bound.exact).then_some(bounds)
    }

    /// The commits below which unread history could lead back to counted commits.
    fn frontier(&self) -> impl Iterator<Item = Node> {
        let waiting = self.queue.iter().filter(|(rank, _)| rank.generation == Rank::UNKNOWN);
        waiting.map(|(_, Reverse(node))| *node).chain(self.cut.iter().copied())
    }

    /// What is known of the distance of each member.
    fn bounds(&mut self) -> Vec<Bound> {
        let frontier: Vec<Node> = self.frontier().collect();
        let graph = Visited { infos: &self.infos, parents: &self.parents, order: &self.visited };
        let labelled: Vec<Node> = self.labelled.iter().map(|labelled| labelled.node).collect();
        proof::bounds(&graph, &self.counted, &mut self.labels, &labelled, &frontier)
    }

    fn standing(&self, service: usize, bounds: &[Bound]) -> Standing<'t> {
        let mut candidates = Vec::new();
        for &member in &self.members[service] {
            let releases = self.labelled[member].releases.iter().filter(|release| release.service == service);
            candidates.extend(releases.map(|release| (bounds[member], *release)));
        }
        // Nearest first, then the highest version; the tag's name decides between spellings of one version.
        let order = |distance: u64, release: Release<'t>| (distance, Reverse(release.version), release.tag);
        candidates.sort_by(|a, b| order(a.0.distance, a.1).cmp(&order(b.0.distance, b.1)));
        match candidates.split_first() {
            None if self.cut.is_empty() => Standing::Unreleased { commits: self.visited.len() as u64 },
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

/// The visited commits as a graph.
pub(super) struct Visited<'a> {
    infos: &'a [NodeInfo],
    parents: &'a [Node],
    order: &'a [Node],
}

impl Visited<'_> {
    /// How many commits have a number, visited or not.
    pub(super) fn numbered(&self) -> usize {
        self.infos.len()
    }

    /// All visited commits.
    pub(super) fn nodes(&self) -> &[Node] {
        self.order
    }

    /// The parents of a visited commit; none of another.
    pub(super) fn parents(&self, node: Node) -> &[Node] {
        let (from, to) = self.infos[node as usize].parents.unwrap_or((0, 0));
        &self.parents[from as usize..to as usize]
    }

    /// The label that `node` has by now.
    pub(super) fn label(&self, node: Node) -> Label {
        self.infos[node as usize].label
    }
}

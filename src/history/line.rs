//! Where releases are on the line of first parents.
//!
//! The line is a commit and, again and again, the first parent of the last one. A release on the line has the *place* of its
//! commit there. One that only merges reach has the place right behind the oldest commit of the line that reaches it: nearer than
//! the next commit of the line, farther than that one itself.
//!
//! The walk passes the number of the oldest commit of the line that is known to reach a commit on to its parents. What is known
//! only grows, so that no place ever gets nearer, and that of a release on the line is never wrong. Whatever is not read yet is
//! behind commits that wait in the queue, and not nearer than the nearest of these. So a release on the line is the nearest as
//! soon as everything in the queue is farther. Of one that a merge brings it must be certain, too, that nothing unread reaches it:
//! it is where it has a generation number, or where it reaches all that waits itself, since history has no cycles.
//!
//! A shallow clone lacks parents of some commits. Their history may have any releases and lead anywhere, so such a commit counts
//! as one that waits for ever.
#![expect(clippy::indexing_slicing, reason = "nodes and services are numbered densely from zero")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{CommitSource, Expansion, Node, Rank, Release, Visited};
use super::labels::Labels;
use super::proof::{children_first, reached};

/// Which parents a clone lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Whether it lacks the first one.
    pub first: bool,
    /// Whether it lacks any other.
    pub others: bool,
}

/// Where walks along a line get their commits from.
pub trait LineSource<'t>: CommitSource<'t> {
    /// Which parents of `node`, which is [`Expansion::Cut`], the clone lacks.
    ///
    /// # Errors
    /// A commit that cannot be read.
    fn missing(&mut self, node: Node) -> Result<Missing, Self::Error>;
}

/// Where a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'t> {
    /// The release.
    pub release: Release<'t>,
    /// The commit of the line that carries or brings it: 0 is the one asked about, 1 its first parent.
    pub at: usize,
    /// Whether that commit only brings it: by a merge, from another line.
    pub is_brought: bool,
}

/// What is asked about the releases of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing.
    Nothing,
    /// The nearest release; of several in one place, the highest.
    Nearest,
    /// The nearest that a commit before this one of the line brings.
    BroughtBefore(usize),
}

/// What is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placing<'t> {
    /// It is there.
    At(Place<'t>),
    /// There is none.
    Nowhere,
    /// The clone is too shallow to answer.
    Unknown,
}

/// The answers to what is `wanted` of each service about the line from node 0 of `source`.
///
/// # Errors
/// A commit that cannot be read.
pub fn places<'t, S: LineSource<'t>>(
    source: &mut S,
    wanted: &[Wanted],
) -> Result<Vec<Placing<'t>>, S::Error> {
    Walk::new(source, wanted).run()
}

/// A place as a number: the nearer, the smaller.
type Position = usize;

/// What is known of a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reach {
    /// The oldest commit of the line that reaches it.
    from: u32,
    is_on_line: bool,
    is_queued: bool,
}

impl Reach {
    const NONE: Reach = Reach { from: 0, is_on_line: false, is_queued: false };

    /// The place of its own releases; behind it are only farther ones, or equal ones if it is not on the line.
    fn position(self) -> Position {
        2 * self.from as usize + usize::from(!self.is_on_line)
    }
}

struct Walk<'a, 't, S> {
    source: &'a mut S,
    wanted: &'a [Wanted],
    visited: Visited,
    /// By node; none for those that were not met yet.
    reaches: Vec<Option<Reach>>,
    /// Visited commits that the clone lacks parents of.
    cut: Vec<(Node, Missing)>,
    /// By service, the visited commits that release it.
    candidates: Vec<Vec<(Node, Release<'t>)>>,
    /// Number of services whose nearest release is wanted, and that have none so far.
    without: usize,
    queue: BinaryHeap<(Rank, Reverse<Node>)>,
    /// Number of queued commits by position.
    queued: Vec<u32>,
    /// The least position of a queued commit; it never falls.
    front: Position,
    /// The position that the front has to leave behind before all answers can be known.
    bar: Position,
    /// Number of visited commits at which an early end is tried again.
    next_attempt: usize,
}

impl<'a, 't, S: LineSource<'t>> Walk<'a, 't, S> {
    fn new(source: &'a mut S, wanted: &'a [Wanted]) -> Self {
        Walk {
            source,
            visited: Visited::default(),
            reaches: Vec::new(),
            cut: Vec::new(),
            candidates: vec![Vec::new(); wanted.len()],
            without: wanted.iter().filter(|wanted| **wanted == Wanted::Nearest).count(),
            wanted,
            queue: BinaryHeap::new(),
            queued: Vec::new(),
            front: 0,
            bar: 0,
            next_attempt: 0,
        }
    }

    fn run(&mut self) -> Result<Vec<Placing<'t>>, S::Error> {
        self.reach(0, 0, true);
        while let Some((_, Reverse(node))) = self.queue.pop() {
            self.visit(node)?;
            if let Some(answers) = self.early_end() {
                return Ok(answers);
            }
        }
        Ok(self.answers())
    }

    /// Notes that the commit `from` of the line reaches `node`, or is it, and queues it if that is news.
    fn reach(&mut self, node: Node, from: u32, is_on_line: bool) {
        let at = node as usize;
        if self.reaches.len() <= at {
            self.reaches.resize(at + 1, None);
        }
        self.visited.info(node);
        let before = self.reaches[at];
        let known = before.unwrap_or(Reach::NONE);
        if before.is_some() && (known.is_on_line || !is_on_line && known.from >= from) {
            return;
        }
        let now = Reach { from, is_on_line, is_queued: true };
        self.reaches[at] = Some(now);
        if self.queued.len() <= now.position() {
            self.queued.resize(now.position() + 1, 0);
        }
        self.queued[now.position()] += 1;
        if known.is_queued {
            self.queued[known.position()] -= 1;
        } else {
            self.queue.push((self.source.rank(node), Reverse(node)));
        }
    }

    fn visit(&mut self, node: Node) -> Result<(), S::Error> {
        let Some(reach) = self.reaches[node as usize].as_mut() else { return Ok(()) };
        reach.is_queued = false;
        let reach = *reach;
        self.queued[reach.position()] -= 1;
        if !self.visited.contains(node) {
            self.note_releases(node);
            if self.visited.add(node, self.source)? == Expansion::Cut {
                let missing = self.source.missing(node)?;
                self.cut.push((node, missing));
            }
        }
        let lacks_first = || self.cut.iter().any(|(cut, missing)| *cut == node && missing.first);
        let mut line_parents = usize::from(reach.is_on_line && (self.cut.is_empty() || !lacks_first()));
        for at in 0..self.visited.parents(node).len() {
            let parent = self.visited.parents(node)[at];
            let is_next = line_parents > 0;
            line_parents = 0;
            self.reach(parent, reach.from + u32::from(is_next), is_next);
        }
        Ok(())
    }

    fn note_releases(&mut self, node: Node) {
        for release in self.source.releases(node) {
            let candidates = &mut self.candidates[release.service];
            let is_first = candidates.is_empty() && self.wanted[release.service] == Wanted::Nearest;
            self.without -= usize::from(is_first);
            candidates.push((node, release));
        }
    }

    /// The answers, if no queued commit can change them.
    fn early_end(&mut self) -> Option<Vec<Placing<'t>>> {
        while self.queued.get(self.front) == Some(&0) {
            self.front += 1;
        }
        if self.without > 0 || self.front <= self.bar || self.visited.nodes().len() < self.next_attempt {
            return None;
        }
        let bars = (0..self.wanted.len()).filter_map(|service| self.bar_of(service));
        self.bar = bars.max().unwrap_or(0);
        if self.front <= self.bar {
            return None;
        }
        // Trying at growing intervals keeps the cost of the proof linear.
        self.next_attempt = self.visited.nodes().len() + self.visited.nodes().len() / 4 + 16;
        let answers = self.answers();
        answers.iter().all(|answer| *answer != Placing::Unknown).then_some(answers)
    }

    fn reach_of(&self, node: Node) -> Reach {
        self.reaches[node as usize].unwrap_or(Reach::NONE)
    }

    /// The nearest release of a service that is wanted; of several in one place, the highest.
    fn nearest(&self, service: usize) -> Option<(Node, Release<'t>)> {
        let is_wanted = |node: Node| match self.wanted[service] {
            Wanted::Nothing => false,
            Wanted::Nearest => true,
            Wanted::BroughtBefore(end) => {
                let reach = self.reach_of(node);
                !reach.is_on_line && (reach.from as usize) < end
            }
        };
        let wanted = self.candidates[service].iter().copied().filter(|(node, _)| is_wanted(*node));
        // Of two spellings of one version, the tag's name decides.
        wanted.min_by_key(|(node, release)| {
            (self.reach_of(*node).position(), Reverse(release.version), release.tag)
        })
    }

    /// The greatest position at which something unread could change the answer about a service; none if anything could. What is
    /// unread is never at 0.
    fn bar_of(&self, service: usize) -> Option<Position> {
        let nearest = self.nearest(service).map(|(node, _)| self.reach_of(node).position());
        match self.wanted[service] {
            Wanted::Nothing => Some(0),
            Wanted::Nearest => nearest,
            Wanted::BroughtBefore(end) => nearest.or(Some((2 * end).saturating_sub(1))),
        }
    }

    /// What is known about each service.
    fn answers(&mut self) -> Vec<Placing<'t>> {
        let unread = self.unread();
        let waiting = self.queue.iter().filter(|(rank, _)| rank.generation == Rank::UNKNOWN);
        let frontier: Vec<Node> =
            waiting.map(|(_, Reverse(node))| *node).chain(self.cut.iter().map(|(node, _)| *node)).collect();
        let services = 0..self.wanted.len();
        let nearest: Vec<_> = services.map(|service| (self.nearest(service), self.bar_of(service))).collect();
        // Most releases are on the line, and need no proof that they are.
        let is_doubtful = |(node, _): (Node, _)| !self.reach_of(node).is_on_line;
        let any_doubtful = nearest.iter().any(|(nearest, _)| nearest.is_some_and(is_doubtful));
        let mut ends = Labels::new();
        let reached = match frontier.is_empty() || !any_doubtful {
            true => Vec::new(),
            false => reached(&self.visited, &children_first(&self.visited), &mut ends, &frontier),
        };
        let all_ends = ends.set(&(0..frontier.len()).collect::<Vec<_>>());
        let is_final = |node: Node| {
            let reach = self.reach_of(node);
            reach.is_on_line || frontier.is_empty() || reached.get(node as usize) == Some(&all_ends)
        };
        let answer = |(nearest, bar): (Option<(Node, Release<'t>)>, Option<Position>)| {
            let is_whole = unread.is_none_or(|unread| bar.is_some_and(|bar| unread > bar));
            match nearest {
                Some((node, release)) if is_whole && is_final(node) => {
                    let Reach { from, is_on_line, .. } = self.reach_of(node);
                    Placing::At(Place { release, at: from as usize, is_brought: !is_on_line })
                }
                None if is_whole => Placing::Nowhere,
                _ => Placing::Unknown,
            }
        };
        nearest.into_iter().map(answer).collect()
    }

    /// The least position of a release that was not read; none if all of history was.
    fn unread(&self) -> Option<Position> {
        let hidden = self.cut.iter().map(|(node, missing)| {
            let reach = self.reach_of(*node);
            // Behind a commit of the line is the next one, and before that what its other parents bring.
            let behind = if missing.others { 1 } else { 2 };
            reach.position() + if reach.is_on_line { behind } else { 0 }
        });
        hidden.chain((!self.queue.is_empty()).then_some(self.front)).min()
    }
}

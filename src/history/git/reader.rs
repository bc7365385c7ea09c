//! Reads commits as the walks ask for them.

use gix::commitgraph::{Graph, Position};
use gix::hashtable::HashMap as IdMap;
use gix::objs::{Find as _, Kind as ObjectKind};
use gix::{ObjectId, oid};

use super::commit_graph::finds_all;
use super::view::Objects;
use super::{CommitId, FSCK, Repository, TagTarget, Tags, unreadable};
use crate::error::{Error, Kind, Result};
use crate::history::{CommitSource, Expansion, LineSource, Missing, Node, Rank, Release, commit_header};
use crate::meter::{Measure, Progress};

/// Why a commit cannot be read that nothing has.
pub(super) const MISSING: &str = "it is missing from the object database";

/// Why one cannot be read that does not begin as commits do.
pub(super) const MALFORMED: &str = "its header is malformed";

/// How many commits are counted at once.
const COUNTED: u32 = 1024;

/// No tag.
const NONE: u32 = u32::MAX;

/// The commits of a repository, numbered as walks ask for them: from the commit-graph where it has them, else from objects.
pub(super) struct CommitReader<'r, 't, T, F> {
    repository: &'r Repository,
    tags: &'t Tags<T>,
    release: &'r F,
    shallow: bool,
    first_parent: bool,
    graph: Option<Graph>,
    /// By position in the commit-graph, the node plus one, or zero for a commit without a number.
    known: Vec<u32>,
    /// The nodes of commits that the commit-graph lacks.
    numbers: IdMap<ObjectId, Node>,
    commits: Vec<CommitNode>,
    /// Parents of commits in the commit-graph, as positions there.
    graph_parents: Vec<Position>,
    /// Parents of all other commits.
    object_parents: Vec<ObjectId>,
    /// By object, the last of the tags that point at it.
    last_tag: IdMap<ObjectId, u32>,
    /// By tag, the one before it that points at the same object.
    tag_before: Vec<u32>,
    buffer: Vec<u8>,
    progress: Progress,
    /// Whether a commit of the commit-graph has a number.
    graph_is_used: bool,
    /// Whether the commit-graph finds all its commits, as far as that matters.
    graph_is_checked: bool,
    /// Whether the commit-graph turned out to be inconsistent.
    pub(super) graph_is_unsound: bool,
}

#[derive(Clone, Copy)]
struct CommitNode {
    rank: Rank,
    last_tag: u32,
    parents: ParentRange,
}

/// The list that has the parents of a commit, and their range in it.
#[derive(Clone, Copy)]
enum ParentRange {
    Graph(u32, u32),
    Object(u32, u32),
}

impl<'r, 't, T, F: Fn(&'t str, &'t T) -> Option<Release<'t>>> CommitReader<'r, 't, T, F> {
    pub(super) fn new(
        repository: &'r Repository,
        graph: Option<Graph>,
        tags: &'t Tags<T>,
        release: &'r F,
        first_parent: bool,
    ) -> Self {
        let mut last_tag: IdMap<ObjectId, u32> = IdMap::default();
        last_tag.reserve(tags.len());
        let chain = |(tag, target): (u32, TagTarget)| last_tag.insert(target.0, tag).unwrap_or(NONE);
        let tag_before = (0..).zip(tags.targets()).map(chain).collect();
        CommitReader {
            repository,
            tags,
            release,
            shallow: repository.is_shallow(),
            first_parent,
            known: vec![0; graph.as_ref().map_or(0, |graph| graph.num_commits() as usize)],
            graph,
            numbers: IdMap::default(),
            commits: Vec::new(),
            graph_parents: Vec::new(),
            object_parents: Vec::new(),
            last_tag,
            tag_before,
            buffer: Vec::new(),
            progress: repository.meter().begin("reading history", Measure::Commits),
            graph_is_used: false,
            graph_is_checked: false,
            graph_is_unsound: false,
        }
    }

    /// The node of the commit `id`; none where a shallow clone lacks it.
    pub(super) fn number(&mut self, id: ObjectId) -> Result<Option<Node>> {
        if let Some(graph) = &self.graph {
            if let Some(position) = graph.lookup(id) {
                return self.number_in_graph(position).map(Some);
            }
            // Those numbered so far are compared when a commit of the graph gets its number.
            if self.graph_is_used && !self.graph_is_checked {
                self.graph_is_checked = true;
                if !finds_all(graph) {
                    return Err(self.unsound_graph());
                }
            }
        }
        if let Some(&known) = self.numbers.get(&id) {
            return Ok(Some(known));
        }
        let Some((time, parents)) = self.read(&id)? else {
            return if self.shallow { Ok(None) } else { Err(corrupt(&id, MISSING)) };
        };
        let node = self.add(&id, Rank { generation: Rank::UNKNOWN, time }, parents);
        self.numbers.insert(id, node);
        Ok(Some(node))
    }

    /// The commit of a node.
    pub(super) fn id(&self, node: Node) -> Option<CommitId> {
        let position = self.known.iter().position(|known| *known == node + 1);
        let in_graph = position.zip(self.graph.as_ref());
        let in_graph = in_graph.map(|(at, graph)| graph.commit_at(Position(at as u32)).id().to_owned());
        let numbered = || self.numbers.iter().find(|(_, known)| **known == node).map(|(id, _)| *id);
        in_graph.or_else(numbered).map(CommitId)
    }

    /// The ids of all nodes, by node.
    pub(super) fn ids(&self) -> Vec<ObjectId> {
        let mut ids = vec![self.repository.inner.object_hash().null(); self.commits.len()];
        let mut set = |node: Node, id: ObjectId| {
            if let Some(slot) = ids.get_mut(node as usize) {
                *slot = id;
            }
        };
        if let Some(graph) = &self.graph {
            let known = self.known.iter().zip(0..).filter(|(known, _)| **known != 0);
            known.for_each(|(known, at)| set(known - 1, graph.id_at(Position(at)).to_owned()));
        }
        self.numbers.iter().for_each(|(id, node)| set(*node, *id));
        ids
    }

    fn number_in_graph(&mut self, position: Position) -> Result<Node> {
        let known = self.known.get(position.0 as usize).copied().unwrap_or(0);
        if known != 0 {
            return Ok(known - 1);
        }
        let Some(graph) = self.graph.as_ref().filter(|graph| position.0 < graph.num_commits()) else {
            return Err(self.repository.damaged_graph());
        };
        let commit = graph.commit_at(position);
        let time = i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX);
        let rank = Rank { generation: commit.generation(), time };
        let from = self.graph_parents.len() as u32;
        for parent in commit.iter_parents() {
            let Ok(parent) = parent else { return Err(self.repository.damaged_graph()) };
            self.graph_parents.push(parent);
        }
        let parents = ParentRange::Graph(from, self.graph_parents.len() as u32);
        let id = commit.id().to_owned();
        self.graph_is_used = true;
        if self.numbers.contains_key(&id) {
            return Err(self.unsound_graph());
        }
        let node = self.add(&id, rank, parents);
        if let Some(slot) = self.known.get_mut(position.0 as usize) {
            *slot = node + 1;
        }
        Ok(node)
    }

    /// The error of generation numbers that cannot be right. git does not notice, so commits are read instead.
    fn unsound_graph(&mut self) -> Error {
        self.graph_is_unsound = true;
        self.repository.damaged_graph()
    }

    fn add(&mut self, id: &oid, rank: Rank, parents: ParentRange) -> Node {
        let last_tag = self.last_tag.get(id).copied().unwrap_or(NONE);
        // Memory runs out long before 2^32 commits.
        let node = self.commits.len() as Node;
        self.commits.push(CommitNode { rank, last_tag, parents });
        if node % COUNTED == COUNTED - 1 {
            self.progress.add(COUNTED);
        }
        node
    }

    /// Reads the parents and the date of a commit; none if the object database lacks it.
    fn read(&mut self, id: &oid) -> Result<Option<(i64, ParentRange)>> {
        if !read_commit(self.repository, id, &mut self.buffer)? {
            return Ok(None);
        }
        let (parents, time) = commit_header::parse(&self.buffer).ok_or_else(|| corrupt(id, MALFORMED))?;
        let from = self.object_parents.len() as u32;
        for parent in parents {
            let parent = ObjectId::from_hex(parent).ok().filter(|parent| parent.kind() == id.kind());
            self.object_parents.push(parent.ok_or_else(|| corrupt(id, "a parent is not a valid hash"))?);
        }
        Ok(Some((time, ParentRange::Object(from, self.object_parents.len() as u32))))
    }
}

/// Fills `buffer` with the commit `id`; not if the object database lacks it.
///
/// # Errors
/// It cannot be read, or is no commit.
pub(super) fn read_commit(repository: &Repository, id: &oid, buffer: &mut Vec<u8>) -> Result<bool> {
    if repository.packs().borrow_mut().read(id, buffer).is_some() {
        return Ok(true);
    }
    let found = Objects(repository).try_find(id, buffer);
    match found.map_err(|cause| corrupt(id, &cause.to_string()))? {
        None => Ok(false),
        Some(object) if object.kind == ObjectKind::Commit => Ok(true),
        Some(object) => Err(corrupt(id, &format!("it is a {}, not a commit", object.kind))),
    }
}

pub(super) fn corrupt(id: &oid, cause: &str) -> Error {
    Error::new(Kind::Repository, unreadable("commit", id))
        .because(anyhow::Error::msg(cause.to_owned()))
        .hint(FSCK)
}

impl<'t, T, F: Fn(&'t str, &'t T) -> Option<Release<'t>>> CommitSource<'t> for CommitReader<'_, 't, T, F> {
    type Error = Error;

    fn expand(&mut self, node: Node, parents: &mut Vec<Node>) -> Result<Expansion> {
        let wanted = if self.first_parent { 1 } else { usize::MAX };
        let Some(&CommitNode { rank, parents: listed, .. }) = self.commits.get(node as usize) else {
            return Ok(Expansion::Whole);
        };
        let mut expansion = Expansion::Whole;
        match listed {
            ParentRange::Graph(from, to) => {
                for at in (from..to).take(wanted) {
                    let Some(&position) = self.graph_parents.get(at as usize) else { continue };
                    let parent = self.number_in_graph(position)?;
                    if self.rank(parent).generation >= rank.generation {
                        return Err(self.unsound_graph());
                    }
                    parents.push(parent);
                }
            }
            ParentRange::Object(from, to) => {
                for at in (from..to).take(wanted) {
                    let Some(&id) = self.object_parents.get(at as usize) else { continue };
                    match self.number(id)? {
                        Some(parent) => parents.push(parent),
                        None => expansion = Expansion::Cut,
                    }
                }
            }
        }
        Ok(expansion)
    }

    fn rank(&self, node: Node) -> Rank {
        self.commits.get(node as usize).map_or(Rank { generation: 0, time: 0 }, |commit| commit.rank)
    }

    fn releases(&self, node: Node) -> impl Iterator<Item = Release<'t>> {
        let last = self.commits.get(node as usize).map_or(NONE, |commit| commit.last_tag);
        let before = |tag: &u32| self.tag_before.get(*tag as usize).copied();
        let tags = std::iter::successors(Some(last), before).take_while(|tag| *tag != NONE);
        tags.filter_map(|tag| {
            let (name, chosen) = self.tags.get(tag as usize)?;
            (self.release)(name, chosen)
        })
    }
}

impl<'t, T, F: Fn(&'t str, &'t T) -> Option<Release<'t>>> LineSource<'t> for CommitReader<'_, 't, T, F> {
    fn missing(&mut self, node: Node) -> Result<Missing> {
        let listed = self.commits.get(node as usize).map(|commit| commit.parents);
        let Some(ParentRange::Object(from, to)) = listed else {
            return Ok(Missing { first: false, others: false });
        };
        let mut missing = Missing { first: false, others: false };
        for at in (from..to).take(if self.first_parent { 1 } else { usize::MAX }) {
            let Some(&id) = self.object_parents.get(at as usize) else { continue };
            if self.number(id)?.is_none() {
                *(if at == from { &mut missing.first } else { &mut missing.others }) = true;
            }
        }
        Ok(missing)
    }
}

//! How the trees of two commits differ, as far as anybody wants to know.
//!
//! Only directories whose trees differ are read, and of these only the ones that can have what is wanted.

use std::collections::HashSet;
use std::rc::Rc;

use gix::ObjectId;
use gix::objs::TreeRefIter;
use gix::objs::tree::EntryKind;

use super::bloom::Looks;
use super::line_graph::LineGraph;
use super::paths::{DirectoryId, Interest, Paths};
use super::recent::Recent;
use super::tree_entries::{Entry, compare};
use super::{FirstParent, LineCommit, Repository, with_repair_hints};
use crate::domain::{ChangeKind, ChangeKinds};
use crate::error::{Context as _, Kind, Result};

/// A file by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(super) ObjectId);

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TreeEntry {
    /// Nothing.
    Absent,
    /// A file.
    File(FileId),
    /// A symbolic link, a submodule or a directory.
    Other,
}

/// A path that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeChange {
    /// Its path from the root.
    pub path: Vec<u8>,
    old: Option<Entry>,
    new: Option<Entry>,
}

impl TreeChange {
    /// Whether it is the content of a file that differs, and nothing else.
    pub fn is_of_content(&self) -> bool {
        self.old.is_some() && self.new.is_some() && self.is_of_files()
    }

    /// Whether neither side is anything but a file.
    pub fn is_of_files(&self) -> bool {
        let is_file = |entry: &Entry| matches!(entry.kind, EntryKind::Blob | EntryKind::BlobExecutable);
        self.old.iter().chain(&self.new).all(is_file)
    }

    /// What is at the path on the older side.
    pub fn before(&self) -> TreeEntry {
        self.old.map_or(TreeEntry::Absent, Entry::as_found)
    }

    /// What was deleted.
    fn gone(&self) -> Option<Entry> {
        self.old.filter(|_| self.new.is_none())
    }

    /// What was added.
    fn come(&self) -> Option<Entry> {
        self.new.filter(|_| self.old.is_none())
    }
}

/// Reads trees of one repository.
pub struct Trees<'r> {
    pub(super) repository: &'r Repository,
    pub(super) graph: Option<LineGraph>,
    /// A tree that several steps of a line need is read once.
    recent: Recent<ObjectId, gix::hashtable::hash::Builder>,
    looks: Looks,
}

impl Repository {
    /// A reader of trees.
    ///
    /// # Errors
    /// A commit-graph that git refuses.
    pub fn trees(&self) -> Result<Trees<'_>> {
        Ok(Trees { graph: LineGraph::open(self)?, ..Trees::without_graph(self) })
    }
}

impl<'r> Trees<'r> {
    /// A reader of the trees of `repository` that knows no commit-graph.
    pub(super) fn without_graph(repository: &'r Repository) -> Self {
        Trees { repository, graph: None, recent: Recent::default(), looks: Looks::default() }
    }
}

impl Trees<'_> {
    /// How `new` differs from `old` in `paths`, and perhaps in others; in no order.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn differences(
        &mut self,
        old: &LineCommit,
        new: &LineCommit,
        paths: &Paths,
    ) -> Result<Vec<TreeChange>> {
        let mut looks = std::mem::take(&mut self.looks);
        let filter = self.graph.as_ref().zip(new.position).and_then(|(graph, at)| graph.filter(at));
        // A filter is about the first parent.
        let filter = filter.filter(|_| !paths.are_all() && new.parent == FirstParent::Commit(old.id));
        if let Some(filter) = filter {
            filter.look(paths, paths.keys(), &mut looks);
        }
        let looks_known = filter.is_some().then_some(&looks);
        let found = self.changes_between(Some(old.tree), new.tree, paths, looks_known);
        self.looks = looks;
        found
            .context(Kind::Repository, || format!("cannot read the changes from {} to {}", old.id, new.id))
            .map_err(with_repair_hints)
    }

    /// The files of `commit`, links and submodules included, in `paths`, and perhaps in others, in any order.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn files(&mut self, commit: &LineCommit, paths: &Paths) -> Result<Vec<(Vec<u8>, TreeEntry)>> {
        let all = self.changes_between(None, commit.tree, paths, None);
        let all = all.context(Kind::Repository, || format!("cannot read the files of {}", commit.id));
        let all = all.map_err(with_repair_hints)?;
        let found = |change: TreeChange| (change.path, change.new.map_or(TreeEntry::Absent, Entry::as_found));
        Ok(all.into_iter().map(found).collect())
    }

    /// What is at `path` in `commit`.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn entry(&mut self, commit: &LineCommit, path: &str) -> Result<TreeEntry> {
        let found = self.find(commit.tree, path);
        let found = found.context(Kind::Repository, || format!("cannot read {path} in {}", commit.id));
        found.map_err(with_repair_hints)
    }

    fn find(&mut self, root: ObjectId, path: &str) -> std::result::Result<TreeEntry, gix::Error> {
        let mut found = Entry { kind: EntryKind::Tree, id: root };
        for name in path.split('/').filter(|name| !name.is_empty()) {
            if found.kind != EntryKind::Tree {
                // Behind a symbolic link may be anything.
                return Ok(match found.as_found() {
                    TreeEntry::Other => TreeEntry::Other,
                    TreeEntry::File(_) | TreeEntry::Absent => TreeEntry::Absent,
                });
            }
            let tree = self.read(found.id)?;
            let mut named = None;
            for entry in TreeRefIter::from_bytes(&tree, root.kind()) {
                let entry = entry?;
                if entry.filename == name {
                    named = Some(Entry::of(&entry));
                    break;
                }
            }
            let Some(named) = named else { return Ok(TreeEntry::Absent) };
            found = named;
        }
        Ok(found.as_found())
    }

    /// How two trees differ in `paths`, as far as `looks` do not say that they do not.
    pub(super) fn changes_between(
        &mut self,
        old: Option<ObjectId>,
        new: ObjectId,
        paths: &Paths,
        looks: Option<&Looks>,
    ) -> std::result::Result<Vec<TreeChange>, gix::Error> {
        let may_differ = |id: DirectoryId| looks.is_none_or(|looks| looks.may_differ(id));
        let mut found = Vec::new();
        if !may_differ(0) {
            return Ok(found);
        }
        let root = Directory { path: Vec::new(), inside: Inside::of(0, None, paths) };
        let mut waiting = vec![(root, old, Some(new))];
        // For each directory of which matters that something in it differs, whether that is known.
        let mut touched: Vec<bool> = Vec::new();
        while let Some((directory, old, new)) = waiting.pop() {
            if old == new {
                continue;
            }
            let mut touch = None;
            match directory.inside {
                Inside::All => {}
                Inside::Rest(at) if touched.get(at) == Some(&true) => continue,
                Inside::Rest(at) => touch = Some(at),
                Inside::Node(id, around) => {
                    touch = around;
                    let node = paths.nodes().get(id as usize);
                    if node.is_some_and(|node| node.interest == Interest::Touch) {
                        touch = Some(touched.len());
                        touched.push(false);
                    }
                }
            }
            let here = match directory.inside {
                Inside::Node(id, _) => paths.nodes().get(id as usize),
                Inside::All | Inside::Rest(_) => None,
            };
            let mut differs = |name: &[u8], old: Option<Entry>, new: Option<Entry>| {
                let is_tree = |entry: &Entry| entry.kind == EntryKind::Tree;
                let tree = |entry: Option<Entry>| entry.filter(is_tree).map(|entry| entry.id);
                let (old_tree, new_tree) = (tree(old), tree(new));
                if old_tree.or(new_tree).is_none() {
                    if let Some(known) = touch.and_then(|at| touched.get_mut(at)) {
                        *known = true;
                    }
                    found.push(TreeChange { path: directory.join(name), old, new });
                    return;
                }
                let inside = match (here.and_then(|here| here.child(name)), touch) {
                    (Some(id), _) if may_differ(id) => Inside::of(id, touch, paths),
                    (_, Some(at)) if touched.get(at) == Some(&true) => return,
                    // Nothing that is wanted by itself, but it may be the first thing that differs.
                    (_, Some(at)) => Inside::Rest(at),
                    (_, None) if here.is_some() => return,
                    (_, None) => Inside::All,
                };
                waiting.push((Directory { path: directory.join(name), inside }, old_tree, new_tree));
            };
            let (old, new) = (self.read_or_none(old)?, self.read_or_none(new)?);
            compare(&old, &new, self.repository.inner.object_hash(), &mut differs)?;
        }
        Ok(found)
    }

    fn read_or_none(&mut self, id: Option<ObjectId>) -> std::result::Result<Rc<[u8]>, gix::Error> {
        id.map_or_else(|| Ok(Rc::from([])), |id| self.read(id))
    }

    fn read(&mut self, id: ObjectId) -> std::result::Result<Rc<[u8]>, gix::Error> {
        if let Some(tree) = self.recent.get(&id) {
            return Ok(tree);
        }
        let packed = self.repository.packs().borrow_mut().tree(&id);
        let tree = packed.map_or_else(|| self.repository.tree(&id).map(Rc::from), Ok)?;
        self.recent.insert(id, &tree);
        Ok(tree)
    }
}

/// A directory that differs.
struct Directory {
    path: Vec<u8>,
    inside: Inside,
}

/// What is wanted of what is in a directory.
#[derive(Clone, Copy)]
enum Inside {
    /// All of it.
    All,
    /// Whether anything differs, unless that is known of the directory around it with this number.
    Rest(usize),
    /// What is wanted there, and that again if it is in such a directory.
    Node(DirectoryId, Option<usize>),
}

impl Inside {
    fn of(id: DirectoryId, touch: Option<usize>, paths: &Paths) -> Self {
        match paths.nodes().get(id as usize) {
            Some(node) if node.interest != Interest::Whole => Inside::Node(id, touch),
            _ => Inside::All,
        }
    }
}

impl Directory {
    fn join(&self, name: &[u8]) -> Vec<u8> {
        let mut path = Vec::with_capacity(self.path.len() + 1 + name.len());
        path.extend_from_slice(&self.path);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        path
    }
}

/// The paths of `changes` and how they changed; as [`ChangeKind::Renamed`] only if all changes of two trees are among them.
pub fn kinds_of(changes: &[TreeChange]) -> impl Iterator<Item = (&[u8], ChangeKinds)> {
    let mut gone: HashSet<_> = changes.iter().filter_map(TreeChange::gone).map(Entry::identity).collect();
    let new: HashSet<_> = changes.iter().filter_map(TreeChange::come).map(Entry::identity).collect();
    gone.retain(|identity| new.contains(identity));
    changes.iter().map(move |change| {
        let moved = |entry: Entry| gone.contains(&entry.identity()).then_some(ChangeKind::Renamed);
        let (kind, moved) = match (change.gone(), change.come()) {
            (Some(entry), _) => (ChangeKind::Deleted, moved(entry)),
            (None, Some(entry)) => (ChangeKind::Added, moved(entry)),
            (None, None) => (ChangeKind::Modified, None),
        };
        (&*change.path, ChangeKinds::from_iter([kind].into_iter().chain(moved)))
    })
}
